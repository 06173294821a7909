/** A port as the engine keeps it: what both slots say of it, its neighbours, its counts, its way out. */
import type { Ipv4 } from '../../net/address.ts';
import type { Plane } from '../../net/wire.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { Port } from '../../world/port.ts';
import type { OutputQueue } from '../bandwidth/bandwidth.ts';
import type { SlotQueues } from '../bandwidth/class-queue-slots.ts';
import { Policy } from '../qos/policy.ts';
import { type AccessList, compileAccessList } from './acl.ts';
import type { ArpTable } from './arp.ts';
import type { ForwardingPort, Slot, SlotPort } from './contract.ts';
import { Counters } from './counters.ts';
import type { Mirror } from './mirror.ts';
import type { Vrf } from './vrfs.ts';

/** What one slot says of the port. */
export class PortSettings {
  #configured: SlotPort = { up: false, addresses: [], mtu: 0 };
  #failed = false;
  /** Up and not failed: packets of the slot may pass. */
  usable = false;
  mtu = 0;
  vrf: Vrf;
  accessIn: AccessList | undefined = undefined;
  accessOut: AccessList | undefined = undefined;
  policyIn: Policy | undefined = undefined;
  policyOut: Policy | undefined = undefined;

  constructor(vrf: Vrf) {
    this.vrf = vrf;
  }

  get addresses(): SlotPort['addresses'] {
    return this.usable ? this.#configured.addresses : [];
  }

  /** A policy that stays keeps its policers as full as they are. */
  configure(settings: SlotPort, vrf: Vrf, nowNs: TimeNs): void {
    const { policyIn, policyOut } = this.#configured;
    if (settings.policyIn !== policyIn) {
      this.policyIn = settings.policyIn && new Policy(settings.policyIn, nowNs);
    }
    if (settings.policyOut !== policyOut) {
      this.policyOut = settings.policyOut && new Policy(settings.policyOut, nowNs);
    }
    this.#configured = settings;
    this.mtu = settings.mtu;
    this.vrf = vrf;
    this.accessIn = settings.accessIn && compileAccessList(settings.accessIn);
    this.accessOut = settings.accessOut && compileAccessList(settings.accessOut);
    this.usable = settings.up && !this.#failed;
  }

  fail(failed: boolean): void {
    this.#failed = failed;
    this.usable = this.#configured.up && !failed;
  }
}

export class EnginePort {
  readonly port: Port;
  readonly edge: boolean;
  readonly hostsOnly: boolean;
  /** What of each plane waits for `output` to send it. */
  readonly queues: Readonly<Record<Plane, SlotQueues>>;
  readonly output: OutputQueue;
  readonly arp: ArpTable;
  readonly slots: readonly [PortSettings, PortSettings];
  readonly #real = new Counters();
  readonly #shadow = new Counters();
  mirror: Mirror | undefined = undefined;

  /** `vrf`: the default one. `makeArp` is told how the port's own addresses are found: they are not known yet. */
  constructor(
    port: Port,
    { edge, hostsOnly = false }: Pick<ForwardingPort, 'edge' | 'hostsOnly'>,
    vrf: Vrf,
    queues: Readonly<Record<Plane, SlotQueues>>,
    output: OutputQueue,
    makeArp: (port: EnginePort) => ArpTable,
  ) {
    this.port = port;
    this.edge = edge;
    this.hostsOnly = hostsOnly;
    this.slots = [new PortSettings(vrf), new PortSettings(vrf)];
    this.queues = queues;
    this.output = output;
    this.arp = makeArp(this);
  }

  configure(slot: Slot, settings: SlotPort, vrf: Vrf, nowNs: TimeNs): void {
    this.slots[slot].configure(settings, vrf, nowNs);
    const referenceBps = settings.bandwidthBps ?? this.port.rateBps;
    for (const queue of [this.queues.real, this.queues.shadow]) {
      queue.configure(slot, settings.policyOut, referenceBps);
    }
  }

  counters(plane: Plane): Counters {
    return plane === 'real' ? this.#real : this.#shadow;
  }

  /** May anything pass, in either slot? */
  get usable(): boolean {
    return this.slots[0].usable || this.slots[1].usable;
  }

  /** The address by which the slot is known on the link; undefined where it has none. */
  addressOf(slot: Slot): Ipv4 | undefined {
    return this.slots[slot].addresses[0]?.address;
  }
}
