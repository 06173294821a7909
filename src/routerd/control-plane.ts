/**
 * The half of a router that thinks: two slots, commitment and management. The other half is a forwarding engine, in
 * the same thread (router.ts) or in one of its own (daemon/). All that goes from one to the other is in
 * forwarding/contract.ts.
 */
import type { TimeNs } from '../world/clock.ts';
import type { World } from '../world/world.ts';
import { CommitParticipant } from './commit/participant.ts';
import { type DeliverLocal, type Forwarding, otherSlot } from './forwarding/contract.ts';
import type { ManagementAnswer, ManagementRequest } from './management/contract.ts';
import { Management } from './management/management.ts';
import { AttributePool } from './protocols/bgp/attribute-pool.ts';
import { makeIsis } from './protocols/isis/instance.ts';
import { LspPool } from './protocols/isis/pool.ts';
import { makeOspf } from './protocols/ospf/instance.ts';
import type { LsaPool } from './protocols/ospf/pool.ts';
import { BgpSpeaker } from './slot/bgp-speaker.ts';
import { IsisSpeaker } from './slot/isis-speaker.ts';
import { OspfSpeaker } from './slot/ospf-speaker.ts';
import { RouterSlot } from './slot/slot.ts';
import type { MakeSpeaker, PortFacts } from './slot/speaker.ts';
import { RouterTcp } from './slot/tcp.ts';

export interface RouterSettings {
  /** Time to write one route into the FIB; see rib/fib-writer.ts. */
  readonly fibUpdateNs: TimeNs;
  /** Routers of one process share it, to hold each LSA once; they can tell no difference. */
  readonly lsaPool: LsaPool;
  /** Shared in the same way: each LSP of IS-IS once. Left out: one of the router's own. */
  readonly lspPool?: LspPool;
  /** Shared in the same way: each set of path attributes once. Left out: one of the router's own. */
  readonly attributePool?: AttributePool;
}

export class ControlPlane {
  readonly #slots: readonly [RouterSlot, RouterSlot];
  readonly #management: Management;

  constructor(world: World, ports: readonly PortFacts[], forwarding: Forwarding, settings: RouterSettings) {
    const bgp = { tcp: new RouterTcp(), pool: settings.attributePool ?? new AttributePool() };
    const lspPool = settings.lspPool ?? new LspPool();
    const speakers: readonly MakeSpeaker[] = [
      (surroundings) =>
        new OspfSpeaker(surroundings, (own, outputs) => makeOspf(own, outputs, settings.lsaPool)),
      (surroundings) => new IsisSpeaker(surroundings, (own, outputs) => makeIsis(own, outputs, lspPool)),
      (surroundings) => new BgpSpeaker(surroundings, bgp),
    ];
    const slots = [
      new RouterSlot(world, 0, ports, forwarding, speakers, settings.fibUpdateNs),
      new RouterSlot(world, 1, ports, forwarding, speakers, settings.fibUpdateNs),
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
      ports.map((port) => port.name),
      forwarding,
      slots,
      participant,
    );
  }

  /** Takes what the forwarding engine hands up. */
  readonly receive: DeliverLocal = (packet) => {
    this.#slots[packet.slot].receive(packet);
  };

  /** A port's wire is lost, or there again: to both slots, whatever else has failed there. */
  wire(port: string, isUp: boolean): void {
    for (const slot of this.#slots) slot.wire(port, isUp);
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
