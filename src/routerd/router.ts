/**
 * One router put together: a machine without a world. Frames, timers and management requests go in; frames,
 * timers and answers come out. It is handed its clock, its chance, its log and its ports, and reads nothing
 * else, so the same router runs by the hundred on a virtual clock or as a daemon on real interfaces.
 *
 *     management      contract.ts, answered by management.ts
 *     control plane   slot 0: ospf, static, connected → rib        slot 1: the same
 *     forwarding      one engine, a FIB column per slot
 */
import { PROTOCOL_OSPF } from '../net/ipv4.ts';
import type { TimeNs } from '../world/clock.ts';
import type { World } from '../world/world.ts';
import { CommitParticipant } from './commit/participant.ts';
import { type ForwardingPort, otherSlot } from './forwarding/contract.ts';
import { makeForwarding } from './forwarding/engine.ts';
import type { ManagementAnswer, ManagementRequest } from './management/contract.ts';
import { Management } from './management/management.ts';
import type { MakeOspf } from './protocols/ospf/contract.ts';
import { makeOspf } from './protocols/ospf/instance.ts';
import type { LsaPool } from './protocols/ospf/pool.ts';
import { RouterSlot } from './slot.ts';

export interface RouterSettings {
  /** Time to write one route into the FIB; see rib/fib-writer.ts. */
  readonly fibUpdateNs: TimeNs;
  /** Routers of one process share it, to hold each LSA once; they can tell no difference. */
  readonly lsaPool: LsaPool;
}

export class Router {
  readonly name: string;
  readonly #slots: readonly [RouterSlot, RouterSlot];
  readonly #management: Management;

  constructor(world: World, name: string, ports: readonly ForwardingPort[], settings: RouterSettings) {
    this.name = name;
    const forwarding = makeForwarding(world, name, ports, (packet) => {
      if (packet.protocol !== PROTOCOL_OSPF) return;
      slots[packet.slot].receiveOspf(packet.port, packet.source, packet.destination, packet.payload);
    });
    const bare = ports.map(({ port }) => port);
    const ospf: MakeOspf = (own, outputs) => makeOspf(own, outputs, settings.lsaPool);
    const slots = [
      new RouterSlot(world, 0, bare, forwarding, ospf, settings.fibUpdateNs),
      new RouterSlot(world, 1, bare, forwarding, ospf, settings.fibUpdateNs),
    ] as const;
    this.#slots = slots;
    const participant = new CommitParticipant(world.clock, forwarding, () => {
      const real = slots[forwarding.realSlot].failures.join();
      const shadow = slots[otherSlot(forwarding.realSlot)].failures.join();
      return real === shadow
        ? undefined
        : `failed in one plane alone (real: ${real || 'nothing'}; shadow: ${shadow || 'nothing'}); restore first`;
    });
    this.#management = new Management(
      world.clock,
      bare.map((port) => port.name),
      forwarding,
      slots,
      participant,
    );
  }

  /** Carries out one management request. Never throws on a wrong one: the answer says what is wrong. */
  manage(request: ManagementRequest): ManagementAnswer {
    return this.#management.handle(request);
  }

  /** Ends the control plane: nothing is sent any more, no timer is left. */
  stop(): void {
    for (const slot of this.#slots) slot.stop();
  }
}
