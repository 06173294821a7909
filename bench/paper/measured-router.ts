/**
 * One router's engine by itself: packets go in at one port and out of eight, with eight neighbours behind each. No
 * time passes, no link is slow, and nobody else works: what is measured is the packet path. Packets are made before
 * the time is taken, as many at once as a network card hands over; what was sent on is looked at afterwards.
 */
import { formatIpv4, type Ipv4, type Mac, type Prefix } from '../../src/net/address.ts';
import { ARP_LENGTH, ARP_REPLY, decodeArp, encodeArp } from '../../src/net/arp.ts';
import {
  ETHERNET_HEADER,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_MPLS,
  etherType,
  writeEthernet,
} from '../../src/net/ethernet.ts';
import { IPV4_HEADER, PROTOCOL_UDP, writeIpv4 } from '../../src/net/ipv4.ts';
import { MPLS_ENTRY, writeLabel } from '../../src/net/mpls.ts';
import { writeUdp } from '../../src/net/udp.ts';
import { type Plane, SHADOW_MARK } from '../../src/net/wire.ts';
import type { Fib } from '../../src/routerd/fib/fib.ts';
import { type Forwarding, SLOTS } from '../../src/routerd/forwarding/contract.ts';
import { makeForwarding } from '../../src/routerd/forwarding/engine.ts';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import type { Clock } from '../../src/world/clock.ts';
import { type Frame, HEADROOM, newFrame } from '../../src/world/frame.ts';
import type { NextHop } from '../../src/world/observation.ts';
import type { Port } from '../../src/world/port.ts';
import { seededRandom } from '../../src/world/random.ts';
import { median } from '../figure.ts';

export const BATCH = 1024;
const PORTS = 8;
const NEIGHBOURS = 8;
export const IN_MAC = 0x020000000001;
const PEER_MAC = 0x020000000002;
const SOURCE = 0x0a000001;
const TTL = 64;

/** An end without a link. It takes a frame at once, or, where it has a clock, when the one before has left. */
export class LooseEnd implements Port {
  readonly name: string;
  readonly mac: Mac;
  readonly mtu = 1500;
  readonly rateBps: number;
  busyUntilNs = 0;
  readonly #clock: Clock | undefined;
  readonly #take: (frame: Frame) => void;
  #receive: ((frame: Frame) => void) | undefined;

  constructor(name: string, mac: Mac, take: (frame: Frame) => void, rateBps = 1e12, clock?: Clock) {
    this.name = name;
    this.mac = mac;
    this.rateBps = rateBps;
    this.#clock = clock;
    this.#take = take;
  }

  send(frame: Frame): boolean {
    if (this.#clock !== undefined) {
      const beginNs = Math.max(this.#clock.now(), this.busyUntilNs);
      this.busyUntilNs = beginNs + Math.ceil((frame.length * 8e9) / this.rateBps);
    }
    this.#take(frame);
    return true;
  }

  receiver(receive: (frame: Frame) => void): void {
    this.#receive = receive;
  }

  arrive(frame: Frame): void {
    this.#receive?.(frame);
  }
}

export class MeasuredRouter {
  readonly engine: Forwarding;
  /** To each neighbour. */
  readonly nextHops: readonly (readonly NextHop[])[];
  readonly #in: LooseEnd;
  readonly #frames: readonly Frame[];
  #sent = 0;

  constructor(packetBytes: number, fib?: Fib) {
    const questions: { readonly port: LooseEnd; readonly frame: Frame }[] = [];
    const outside = Array.from({ length: PORTS }, (_, index) => {
      const port: LooseEnd = new LooseEnd(`out${index}`, IN_MAC + 256 + index, (frame) => {
        if (etherType(frame.bytes, frame.start) === ETHERTYPE_ARP) questions.push({ port, frame });
        else this.#sent++;
      });
      return port;
    });
    this.#in = new LooseEnd('in', IN_MAC, () => undefined);
    const world = { clock: new VirtualClock(), random: seededRandom(1), log: () => undefined };
    const ports = [this.#in, ...outside].map((port) => ({ port, edge: false }));
    this.engine = makeForwarding(world, 'router', ports, () => undefined, fib);
    for (const slot of SLOTS) {
      ports.forEach(({ port: { name } }, index) => {
        this.engine.configurePort(slot, name, { up: true, addresses: [subnet(index)], mtu: 1500 });
      });
    }
    this.nextHops = outside.flatMap(({ name }, index) =>
      Array.from({ length: NEIGHBOURS }, (_, neighbour): readonly NextHop[] => [
        { kind: 'gateway', port: name, gateway: formatIpv4(subnet(index + 1).address + 1 + neighbour) },
      ]),
    );
    // A route names each neighbour, so that the engine asks for it.
    this.nextHops.forEach((nextHop, index) => {
      this.engine.route(0, { address: 0xf0000000 + index, length: 32 }, nextHop);
    });
    for (const { port, frame } of questions) port.arrive(answerTo(frame));
    this.#frames = Array.from({ length: BATCH }, () => packetFrame(packetBytes));
  }

  /**
   * Sends a packet to each of at most BATCH addresses from `first` on, in the real plane, or every second one in the
   * shadow. Returns the seconds that the router took. Throws an Error where one is not sent on.
   */
  forward(addresses: Uint32Array, first: number, half: boolean): number {
    const count = Math.min(BATCH, addresses.length - first);
    const frames = this.#frames;
    for (let at = 0; at < count; at++) {
      writeHeaders(frames[at], half && (at & 1) === 1 ? 'shadow' : 'real', addresses[first + at]);
    }
    const before = this.#sent;
    const port = this.#in;
    const startedMs = performance.now();
    for (let at = 0; at < count; at++) port.arrive(frames[at]);
    const took = (performance.now() - startedMs) / 1000;
    if (this.#sent - before !== count) {
      throw new Error(`${count - this.#sent + before} of ${count} packets were not sent on`);
    }
    return took;
  }
}

/**
 * The mean of those that are no longer than three times their median. What takes a millisecond and is interrupted,
 * for others on the machine or by the collector of garbage, takes many; and processor time, which would not count
 * that, is told in steps of four.
 */
export function undisturbedMean(seconds: readonly number[]): number {
  const limit = 3 * median(seconds);
  const kept = seconds.filter((value) => value <= limit);
  return kept.reduce((sum, value) => sum + value, 0) / kept.length;
}

const IP_AT = HEADROOM + ETHERNET_HEADER + MPLS_ENTRY;

/** A UDP packet, as the router before sends it. */
export function packetFrame(packetBytes: number, plane: Plane = 'real', destination: Ipv4 = SOURCE): Frame {
  const frame = newFrame(ETHERNET_HEADER + MPLS_ENTRY + packetBytes);
  writeHeaders(frame, plane, destination);
  writeUdp(frame.bytes, IP_AT + IPV4_HEADER, frame.end, 5000, 5001, IP_AT);
  return frame;
}

/** As the packet arrives. The router writes over it, but not over what follows: that is written once. */
function writeHeaders(frame: Frame, plane: Plane, destination: Ipv4): void {
  const { bytes, end } = frame;
  const isLabelled = plane === 'shadow';
  frame.start = IP_AT - ETHERNET_HEADER - (isLabelled ? MPLS_ENTRY : 0);
  writeEthernet(bytes, frame.start, IN_MAC, PEER_MAC, isLabelled ? ETHERTYPE_MPLS : ETHERTYPE_IPV4);
  if (isLabelled) writeLabel(bytes, IP_AT - MPLS_ENTRY, SHADOW_MARK, 0, true, TTL);
  writeIpv4(bytes, IP_AT, {
    source: SOURCE,
    destination,
    protocol: PROTOCOL_UDP,
    ttl: TTL,
    tos: 0,
    totalLength: end - IP_AT,
    identification: 0,
    dontFragment: true,
  });
}

/** 10.254.index.1/24 is the router's. */
export function subnet(index: number): Prefix {
  return { address: 0x0afe0001 + 256 * index, length: 24 };
}

/** What the neighbour says that is asked for: that it is there. */
export function answerTo(question: Frame): Frame {
  const { bytes, start, end } = question;
  const asked = decodeArp(bytes, start + ETHERNET_HEADER, end);
  if (asked === undefined) throw new Error('a question that is none');
  const frame = newFrame(ETHERNET_HEADER + ARP_LENGTH);
  writeEthernet(frame.bytes, frame.start, asked.senderMac, PEER_MAC, ETHERTYPE_ARP);
  encodeArp(frame.bytes, frame.start + ETHERNET_HEADER, {
    operation: ARP_REPLY,
    senderMac: PEER_MAC + asked.targetAddress,
    senderAddress: asked.targetAddress,
    targetMac: asked.senderMac,
    targetAddress: asked.senderAddress,
  });
  return frame;
}
