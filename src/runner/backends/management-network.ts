/**
 * The simulated management network: every message takes its delay, some are lost, and the coordinator of a
 * commitment may be cut off from a router (what is measured of that router still arrives: it is to be seen what
 * becomes of it). What arrives comes in the order in which it was sent, as over one connection: a request that was
 * repeated must not undo what a later one did. Real and shadow traffic do not pass here.
 */
import type { ManagementAnswer, ManagementRequest } from '../../routerd/management/contract.ts';
import type { World } from '../../world/world.ts';
import type { Experiment } from '../experiment/resolved.ts';
import type { RouterHandle } from '../lab.ts';

type Network = Experiment['management'];

/** A handle that reaches `router` over the management network; what time `router.ask` takes comes on top. */
export function overNetwork(world: World, network: Network, router: RouterHandle): RouterHandle {
  const random = world.random.fork(`management/${router.name}`);
  const cutOff = network.unreachable.find((entry) => entry.router === router.name);
  let isCutOff = false;

  /** One direction. The message calls `arrive` after the time that it takes; never where it is lost. */
  const direction = (): ((request: ManagementRequest, arrive: () => void) => void) => {
    let lastNs = 0;
    return (request, arrive) => {
      const delayNs = network.delayNs + Math.floor(random.next() * network.jitterNs);
      const lost = random.next() < network.loss;
      if (lost || (isCutOff && isCoordinators(request))) return;
      const nowNs = world.clock.now();
      lastNs = Math.max(lastNs, nowNs + delayNs);
      world.clock.after(lastNs - nowNs, arrive);
    };
  };
  const toRouter = direction();
  const toCoordinator = direction();

  return {
    name: router.name,
    ask(request: ManagementRequest, answered: (answer: ManagementAnswer) => void): void {
      if (request.op === 'commit' && request.phase === cutOff?.from) isCutOff = true;
      let open = true;
      toRouter(request, () => {
        router.ask(request, (answer) => {
          toCoordinator(request, () => {
            if (open) answered(answer);
            open = false;
          });
        });
      });
    },
  };
}

function isCoordinators({ op }: ManagementRequest): boolean {
  return op === 'commit' || op === 'lastSeen';
}
