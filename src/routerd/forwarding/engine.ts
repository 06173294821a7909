/**
 * The forwarding engine: everything between two ports.
 *
 *     intake.ts   frame → packet of a plane and slot         port.ts     what both slots say of a port
 *     path.ts     the way of a packet through the router     planes.ts   which slot is real, tags, marking
 *     acl, ecmp, arp, icmp, mark, mirror: a step each        groups.ts   next hops that table columns name
 *
 * The control plane of each slot fills in the slot's own settings; management moves the pointers between planes
 * and slots. What must stay true: a packet is forwarded by one slot, whatever is changed while it waits; no
 * bytes from the wire make the engine throw; whatever is kept is bounded.
 */
import { formatPrefix, type Ipv4, type Mac, type Prefix } from '../../net/address.ts';
import { labelOf, NO_TAG, type Plane, type Tag } from '../../net/wire.ts';
import type { Clock } from '../../world/clock.ts';
import type { FibEntry, NextHop, PortCounters, Postcard } from '../../world/observation.ts';
import type { World } from '../../world/world.ts';
import { type BandwidthSettings, CONTROL } from '../bandwidth/bandwidth.ts';
import { SlotQueues } from '../bandwidth/class-queue-slots.ts';
import { makeOutputQueue } from '../bandwidth/output-queue.ts';
import { type Fib, makeFib, NONE } from '../fib/fib.ts';
import type { MirrorRule } from '../management/contract.ts';
import { ArpTable } from './arp.ts';
import {
  DEFAULT_QUEUE_BYTES,
  DEFAULT_VRF,
  type DeliverLocal,
  type Forwarding,
  type ForwardingPort,
  type MakeForwarding,
  type OwnPacket,
  otherSlot,
  type Slot,
  type SlotPort,
  type VrfLabel,
} from './contract.ts';
import { NextHopGroups } from './groups.ts';
import { Intake } from './intake.ts';
import { labelOfFrame, markWaiting } from './mark.ts';
import { compileMirror } from './mirror.ts';
import { isOsiFrame, labelOsi, OsiPath } from './osi.ts';
import { OWN_IP_AT, ownFrame } from './own.ts';
import { Packet } from './packet.ts';
import { PacketPath } from './path.ts';
import { Planes } from './planes.ts';
import { EnginePort } from './port.ts';
import { Vrfs } from './vrfs.ts';

const FAIR: BandwidthSettings = { mode: 'fair' };

/** The table may be of another kind, to be compared with. */
export const makeForwarding = ((world, router, ports, deliver, fib: Fib = makeFib()): Forwarding =>
  new Engine(world, router, ports, deliver, fib)) satisfies MakeForwarding;

class Engine implements Forwarding {
  readonly #clock: Clock;
  readonly #planes = new Planes();
  readonly #vrfs: Vrfs;
  readonly #ports = new Map<string, EnginePort>();
  readonly #groups = new NextHopGroups(this.#ports);
  readonly #path: PacketPath;
  readonly #osi: OsiPath;

  constructor(
    world: World,
    router: string,
    ports: readonly ForwardingPort[],
    deliver: DeliverLocal,
    fib: Fib,
  ) {
    this.#clock = world.clock;
    this.#vrfs = new Vrfs(fib);
    this.#path = new PacketPath(
      world.clock,
      router,
      {
        planes: this.#planes,
        vrfs: this.#vrfs,
        groups: this.#groups,
      },
      deliver,
    );
    this.#osi = new OsiPath(this.#planes, deliver, (tag) => this.#path.seen(tag));
    const intake = new Intake(this.#planes, this.#vrfs.default, this.#path, this.#osi);
    for (const given of ports) {
      const port = this.#addPort(world, given);
      given.port.receiver((frame) => intake.receive(port, frame));
    }
  }

  get realSlot(): Slot {
    return this.#planes.realSlot;
  }

  get marking(): boolean {
    return this.#planes.marking;
  }

  tagOf(slot: Slot): Tag {
    return this.#planes.tagOf(slot);
  }

  setTag(slot: Slot, tag: Tag): void {
    this.#planes.setTag(slot, tag);
  }

  setMarking(marking: boolean): void {
    if (marking && !this.#planes.marking) this.#markWaiting();
    this.#planes.marking = marking;
  }

  /** What waits may leave long after a swap; by then the next router must know which slot it was sent by. */
  #markWaiting(): void {
    const tagOf = (plane: Plane): Tag => this.#planes.tagOf(this.#planes.slotOf(plane));
    for (const { edge, hostsOnly, output, arp } of this.#ports.values()) {
      output.forEach((frame) => {
        if (isOsiFrame(frame)) labelOsi(frame, 'real', tagOf('real'));
        else if (!hostsOnly && !(edge && arp.isAtDestination(frame))) markWaiting(frame, tagOf);
      });
    }
  }

  swapPlanes(): void {
    this.#planes.swap();
  }

  configurePort(slot: Slot, port: string, settings: SlotPort): void {
    this.#port(port).configure(
      slot,
      settings,
      this.#vrfs.take(settings.vrf ?? DEFAULT_VRF),
      this.#clock.now(),
    );
    this.#collectOwn(slot);
  }

  configureLoopback(slot: Slot, addresses: readonly Ipv4[], vrf = DEFAULT_VRF): void {
    this.#vrfs.take(vrf).loopbacks[slot] = addresses;
    this.#collectOwn(slot);
  }

  configureLabels(slot: Slot, labels: readonly VrfLabel[]): void {
    this.#vrfs.setLabels(slot, labels);
  }

  failPort(slot: Slot, port: string, failed: boolean): void {
    this.#port(port).slots[slot].fail(failed);
    this.#collectOwn(slot);
  }

  route(slot: Slot, prefix: Prefix, nextHops: readonly NextHop[] | undefined, vrf = DEFAULT_VRF): void {
    const { fib } = this.#vrfs.take(vrf);
    const former = fib.get(prefix, slot);
    fib.set(prefix, slot, nextHops === undefined ? NONE : this.#groups.take(nextHops));
    this.#groups.giveBack(former);
  }

  originate(slot: Slot, port: string, packet: OwnPacket): void {
    this.#path.sendOnLink(this.#ownPacket(slot, packet), this.#port(port), packet.destination);
  }

  originateOsi(slot: Slot, port: string, destination: Mac, pdu: Uint8Array): void {
    this.#osi.send(slot, this.#port(port), destination, pdu);
  }

  send(slot: Slot, packet: OwnPacket): void {
    this.#path.sendRouted(this.#ownPacket(slot, packet), packet.destination);
  }

  #ownPacket(slot: Slot, packet: OwnPacket): Packet {
    const { payload } = packet;
    const frame = ownFrame(packet, payload.length);
    frame.bytes.set(payload, frame.end - payload.length);
    const vrf = this.#vrfs.take(packet.vrf ?? DEFAULT_VRF);
    return new Packet(frame, OWN_IP_AT, this.#planes.planeOf(slot), slot, NO_TAG, vrf, undefined, CONTROL);
  }

  mirror(rules: readonly MirrorRule[]): void {
    const compiled = new Map(
      [...this.#ports.keys()].map((name) => [name, compileMirror(rules.filter(({ port }) => port === name))]),
    );
    for (const [name, port] of this.#ports) port.mirror = compiled.get(name);
  }

  fib(slot: Slot, vrf?: string): readonly FibEntry[] {
    const entries: FibEntry[] = [];
    for (const { name, fib } of this.#vrfs.all()) {
      if (vrf !== undefined && name !== vrf) continue;
      const of = name === DEFAULT_VRF ? undefined : { vrf: name };
      for (const { prefix, group } of fib.entries(slot)) {
        const nextHops = this.#groups.at(group)?.nextHops ?? [];
        entries.push({ ...of, prefix: formatPrefix(prefix), nextHops });
      }
    }
    return entries;
  }

  counters(): readonly PortCounters[] {
    return [...this.#ports]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, port]) => [
        port.counters('real').view(name, 'real'),
        port.counters('shadow').view(name, 'shadow'),
      ]);
  }

  takePostcards(): { readonly postcards: readonly Postcard[]; readonly dropped: number } {
    return this.#path.postcards.take();
  }

  lastSeenNs(tag: Tag): number | null {
    const label = labelOf(tag, 'real');
    let isWaiting = false;
    for (const { output } of this.#ports.values()) {
      output.forEach((frame) => {
        isWaiting ||= labelOfFrame(frame) === label;
      });
    }
    if (isWaiting) this.#path.seen(tag);
    return this.#path.lastSeenNs(tag);
  }

  #addPort(world: World, given: ForwardingPort): EnginePort {
    const { port, edge, queueBytes = DEFAULT_QUEUE_BYTES, bandwidth = FAIR } = given;
    const queueOf = (plane: Plane): SlotQueues => {
      const random = world.random.fork(`queue ${port.name} ${plane}`);
      const own = { clock: world.clock, random, rateBps: port.rateBps };
      return new SlotQueues(own, queueBytes, () => this.#planes.slotOf(plane));
    };
    const queues = { real: queueOf('real'), shadow: queueOf('shadow') };
    const output = makeOutputQueue(world.clock, port, queues, edge ? FAIR : bandwidth);
    const added = new EnginePort(port, given, this.#vrfs.default, queues, output, (self) => {
      return new ArpTable(world.clock, {
        mac: port.mac,
        addresses: () =>
          [this.realSlot, otherSlot(this.realSlot)].flatMap((slot) => self.slots[slot].addresses),
        send: (frame) => {
          if (self.usable) output.send(frame, 'real', this.realSlot, CONTROL);
        },
      });
    });
    if (this.#ports.has(port.name)) throw new RangeError(`two ports are called ${port.name}`);
    this.#ports.set(port.name, added);
    return added;
  }

  #port(name: string): EnginePort {
    const port = this.#ports.get(name);
    if (port !== undefined) return port;
    throw new RangeError(`no port is called ${name}; there are ${[...this.#ports.keys()].join(', ')}`);
  }

  #collectOwn(slot: Slot): void {
    const ports = [...this.#ports.values()].map(({ slots }) => slots[slot]);
    for (const vrf of this.#vrfs.all()) {
      const carried = ports.filter((port) => port.vrf === vrf).flatMap(({ addresses }) => addresses);
      vrf.setOwn(slot, [...vrf.loopbacks[slot], ...carried.map(({ address }) => address)]);
    }
  }
}
