/**
 * The simulated management network: every message takes its delay, some are lost, and a router may be cut off
 * from it. Real and shadow traffic do not pass here.
 */
import type { ManagementAnswer, ManagementRequest } from '../../../routerd/management/contract.ts';
import type { Router } from '../../../routerd/router.ts';
import type { World } from '../../../world/world.ts';
import type { Experiment } from '../../experiment/resolved.ts';
import type { RouterHandle } from '../../lab.ts';

type Network = Experiment['management'];

/** A handle that reaches `router` over the management network. */
export function overNetwork(world: World, network: Network, router: Router): RouterHandle {
  const random = world.random.fork(`management/${router.name}`);
  const cutOff = network.unreachable.find((entry) => entry.router === router.name);
  let reachable = true;

  /** Calls `arrive` after the time a message takes; never where it is lost. */
  const travel = (arrive: () => void): void => {
    const delayNs = network.delayNs + Math.floor(random.next() * network.jitterNs);
    const lost = random.next() < network.loss;
    if (!lost && reachable) world.clock.after(delayNs, arrive);
  };

  return {
    name: router.name,
    ask(request: ManagementRequest, answered: (answer: ManagementAnswer) => void): void {
      if (request.op === 'commit' && request.phase === cutOff?.from) reachable = false;
      let open = true;
      travel(() => {
        const answer = router.manage(request);
        travel(() => {
          if (open) answered(answer);
          open = false;
        });
      });
    },
  };
}
