/**
 * A small network for the engine's tests: routers by name, links in memory, and wires that end in the test's
 * hand, where frames are made and read byte by byte.
 *
 *     h1 10.1.0.2 ── .1 R1 10.12.0.1 ── 10.12.0.2 R2 .1 ── 10.2.0.2 h2
 */
import { expect } from 'chai';
import { formatIpv4, parseInterfaceAddress, parseIpv4, parsePrefix } from '../../../src/net/address.ts';
import { ARP_REPLY, ARP_REQUEST, decodeArp, encodeArp } from '../../../src/net/arp.ts';
import { readU32 } from '../../../src/net/bytes.ts';
import {
  ETHERNET_HEADER,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_MPLS,
  etherType,
  readMac,
  writeEthernet,
} from '../../../src/net/ethernet.ts';
import {
  IPV4_HEADER,
  ipv4ChecksumHolds,
  ipv4Destination,
  ipv4Dscp,
  ipv4Protocol,
  ipv4Source,
  ipv4Ttl,
  PROTOCOL_ICMP,
  PROTOCOL_UDP,
  writeIpv4,
} from '../../../src/net/ipv4.ts';
import { labelAt, labelTtlAt, trafficClassAt, writeLabel } from '../../../src/net/mpls.ts';
import { PROBE_HEADER, probeAt, probeSequence, writeProbe } from '../../../src/net/probe.ts';
import { UDP_HEADER, writeUdp } from '../../../src/net/udp.ts';
import { labelOf, type Plane, PROBE_PORT, type Tag } from '../../../src/net/wire.ts';
import type {
  DeliverLocal,
  Forwarding,
  ForwardingPort,
  SlotPort,
} from '../../../src/routerd/forwarding/contract.ts';
import { makeForwarding } from '../../../src/routerd/forwarding/engine.ts';
import { joinMemoryLink, type LinkParameters } from '../../../src/routerd/ports/memory.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import { type Frame, frameOf, newFrame } from '../../../src/world/frame.ts';
import type { NextHop } from '../../../src/world/observation.ts';
import type { Port } from '../../../src/world/port.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { tapped } from '../../support/tap.ts';

export const address = (text: string): number => parseIpv4(text) ?? expect.fail(`${text} is no address`);
export const prefix = (text: string) => parsePrefix(text) ?? expect.fail(`${text} is no prefix`);
const ownAddress = (text: string) => parseInterfaceAddress(text) ?? expect.fail(`${text} is no address`);

export const LINK: LinkParameters = {
  rateBps: 1e9,
  delayNs: MILLISECOND,
  jitterNs: 0,
  loss: 0,
  queueBytes: 1e6,
  mtu: 1500,
};

let macs = 0x020000000000;

/** The two ports of a new link. Names are those of the ports. */
export function join(clock: VirtualClock, a: string, b: string, parameters: Partial<LinkParameters> = {}) {
  const ends = [a, b].map((name) => ({ name, mac: ++macs }));
  const [first, second] = joinMemoryLink(clock, seededRandom(1), { ...LINK, ...parameters }, ends);
  return [first, second] as const;
}

export function engine(
  clock: VirtualClock,
  name: string,
  ports: readonly ForwardingPort[],
  deliver: DeliverLocal = () => undefined,
): Forwarding {
  return makeForwarding({ clock, random: seededRandom(1), log: () => undefined }, name, ports, deliver);
}

export const up = (address: string, more: Partial<SlotPort> = {}): SlotPort => ({
  up: true,
  addresses: [ownAddress(address)],
  mtu: 1500,
  ...more,
});

export const via = (port: string, gateway: string): NextHop => ({ kind: 'gateway', port, gateway });
export const on = (port: string): NextHop => ({ kind: 'connected', port });

export interface UdpPacket {
  readonly from?: string;
  readonly to: string;
  readonly ttl?: number;
  readonly dscp?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly sequence?: number;
  readonly traced?: boolean;
  readonly dontFragment?: boolean;
  /** Of the IPv4 packet. */
  readonly length?: number;
  readonly protocol?: number;
}

/** The bytes of an IPv4 packet that carries a probe. */
export function packetBytes(packet: UdpPacket): Uint8Array {
  const totalLength = packet.length ?? 100;
  const bytes = new Uint8Array(totalLength);
  const protocol = packet.protocol ?? PROTOCOL_UDP;
  writeIpv4(bytes, 0, {
    source: address(packet.from ?? '10.1.0.2'),
    destination: address(packet.to),
    protocol,
    ttl: packet.ttl ?? 64,
    tos: (packet.dscp ?? 0) << 2,
    totalLength,
    identification: 1,
    dontFragment: packet.dontFragment ?? false,
  });
  if (protocol !== PROTOCOL_UDP) return bytes;
  if (totalLength >= IPV4_HEADER + UDP_HEADER + PROBE_HEADER) {
    writeProbe(bytes, IPV4_HEADER + UDP_HEADER, {
      flow: 7,
      sequence: packet.sequence ?? 1,
      traced: packet.traced ?? true,
      sentNs: 0,
    });
  }
  writeUdp(
    bytes,
    IPV4_HEADER,
    totalLength,
    packet.sourcePort ?? 5000,
    packet.destinationPort ?? PROBE_PORT,
    0,
  );
  return bytes;
}

/** What a frame says, read to the end. */
export interface Seen {
  readonly type: 'ipv4' | 'mpls';
  readonly label?: number;
  readonly labelTtl?: number;
  readonly trafficClass?: number;
  readonly source: string;
  readonly destination: string;
  readonly dscp: number;
  readonly ttl: number;
  readonly protocol: number;
  readonly icmp?: { readonly type: number; readonly code: number; readonly rest: number };
  readonly sequence?: number;
}

/** The end of a wire. As a host would, it answers ARP for its address; all else is kept. */
export class WireEnd {
  readonly port: Port;
  readonly #address: number;
  readonly frames: Frame[] = [];
  /** Who was asked for by ARP, by whom, and when. */
  readonly asked: { readonly timeNs: number; readonly address: string; readonly by: string }[] = [];
  answersArp = true;

  constructor(clock: VirtualClock, port: Port, text: string) {
    this.port = port;
    this.#address = address(text);
    port.receiver((frame) => {
      if (etherType(frame.bytes, frame.start) !== ETHERTYPE_ARP) {
        this.frames.push(frame);
        return;
      }
      const message = decodeArp(frame.bytes, frame.start + ETHERNET_HEADER, frame.end);
      if (message === undefined) return;
      if (message.operation === ARP_REPLY) return;
      this.asked.push({
        timeNs: clock.now(),
        address: formatIpv4(message.targetAddress),
        by: formatIpv4(message.senderAddress),
      });
      if (this.answersArp && message.targetAddress === this.#address) {
        this.arp(ARP_REPLY, message.senderMac, message.senderAddress);
      }
    });
  }

  arp(
    operation: typeof ARP_REQUEST | typeof ARP_REPLY,
    targetMac: number,
    targetAddress: number,
    sender: { readonly mac: number; readonly address: number } = {
      mac: this.port.mac,
      address: this.#address,
    },
  ): void {
    const frame = newFrame(ETHERNET_HEADER + 28);
    const to = operation === ARP_REQUEST ? 0xffffffffffff : targetMac;
    writeEthernet(frame.bytes, frame.start, to, sender.mac, ETHERTYPE_ARP);
    encodeArp(frame.bytes, frame.start + ETHERNET_HEADER, {
      operation,
      senderMac: sender.mac,
      senderAddress: sender.address,
      targetMac,
      targetAddress,
    });
    this.port.send(frame);
  }

  /** Sends an IPv4 packet to the router, under a label where one is given. */
  send(
    packet: Uint8Array,
    toMac: number,
    mark?: { readonly plane: Plane; readonly tag: Tag },
    labelTtl = 64,
  ): void {
    const room = mark === undefined ? 0 : 4;
    const frame = newFrame(ETHERNET_HEADER + room + packet.length);
    const type = mark === undefined ? ETHERTYPE_IPV4 : ETHERTYPE_MPLS;
    writeEthernet(frame.bytes, frame.start, toMac, this.port.mac, type);
    if (mark !== undefined) {
      const at = frame.start + ETHERNET_HEADER;
      writeLabel(frame.bytes, at, labelOf(mark.tag, mark.plane), 0, true, labelTtl);
    }
    frame.bytes.set(packet, frame.start + ETHERNET_HEADER + room);
    this.port.send(frame);
  }

  raw(bytes: Uint8Array): void {
    this.port.send(frameOf(bytes));
  }

  /** What arrived since the last time it was asked. */
  take(): Seen[] {
    return this.frames.splice(0).map(read);
  }
}

export function read(frame: Frame): Seen {
  const { bytes, start } = frame;
  expect(start, 'the frame lies within its bytes').to.be.at.least(0);
  const labelled = etherType(bytes, start) === ETHERTYPE_MPLS;
  const ipAt = start + ETHERNET_HEADER + (labelled ? 4 : 0);
  expect(readMac(bytes, start + 6), 'the sender names itself').to.be.greaterThan(0);
  expect(ipv4ChecksumHolds(bytes, ipAt), 'header checksum').to.equal(true);
  const probe = probeAt(bytes, ipAt);
  const icmpAt = ipAt + IPV4_HEADER;
  return {
    type: labelled ? 'mpls' : 'ipv4',
    ...(labelled && {
      label: labelAt(bytes, ipAt - 4),
      labelTtl: labelTtlAt(bytes, ipAt - 4),
      trafficClass: trafficClassAt(bytes, ipAt - 4),
    }),
    source: formatIpv4(ipv4Source(bytes, ipAt)),
    destination: formatIpv4(ipv4Destination(bytes, ipAt)),
    dscp: ipv4Dscp(bytes, ipAt),
    ttl: ipv4Ttl(bytes, ipAt),
    protocol: ipv4Protocol(bytes, ipAt),
    ...(ipv4Protocol(bytes, ipAt) === PROTOCOL_ICMP && {
      icmp: { type: bytes[icmpAt], code: bytes[icmpAt + 1], rest: readU32(bytes, icmpAt + 4) },
    }),
    ...(probe >= 0 && { sequence: probeSequence(bytes, probe) }),
  };
}

/** R1 and R2 between two hosts, both slots configured alike; every neighbour is known already. */
export function twoRouters(core: Partial<LinkParameters> = {}) {
  const clock = new VirtualClock();
  const [h1Port, r1Edge] = join(clock, 'eth0', 'to-h1');
  const [r1Core, r2Core] = join(clock, 'to-R2', 'to-R1', core);
  const [r2Edge, h2Port] = join(clock, 'to-h2', 'eth0');
  /** Frames on the wire between the routers, as R2 got them. */
  const between: Seen[] = [];
  const watched = tapped(r2Core, (frame) => {
    if (etherType(frame.bytes, frame.start) !== ETHERTYPE_ARP) between.push(read(frame));
  });
  const r1 = engine(clock, 'R1', [
    { port: r1Edge, edge: true },
    { port: r1Core, edge: false },
  ]);
  const r2 = engine(clock, 'R2', [
    { port: watched, edge: false },
    { port: r2Edge, edge: true },
  ]);
  const h1 = new WireEnd(clock, h1Port, '10.1.0.2');
  const h2 = new WireEnd(clock, h2Port, '10.2.0.2');
  for (const slot of [0, 1] as const) {
    r1.configurePort(slot, 'to-h1', up('10.1.0.1/24'));
    r1.configurePort(slot, 'to-R2', up('10.12.0.1/24'));
    r1.route(slot, prefix('10.1.0.0/24'), [on('to-h1')]);
    r1.route(slot, prefix('10.12.0.0/24'), [on('to-R2')]);
    r1.route(slot, prefix('10.2.0.0/24'), [via('to-R2', '10.12.0.2')]);
    r2.configurePort(slot, 'to-h2', up('10.2.0.1/24'));
    r2.configurePort(slot, 'to-R1', up('10.12.0.2/24'));
    r2.route(slot, prefix('10.2.0.0/24'), [on('to-h2')]);
    r2.route(slot, prefix('10.12.0.0/24'), [on('to-R1')]);
    r2.route(slot, prefix('10.1.0.0/24'), [via('to-R1', '10.12.0.1')]);
  }
  const pass = (ns = 100 * MILLISECOND): void => {
    clock.runUntil(clock.now() + ns);
  };
  /** Sends from h1 through R1 and lets the packet arrive. */
  const send = (packet: UdpPacket, mark?: { plane: Plane; tag: Tag }, labelTtl?: number): void => {
    h1.send(packetBytes(packet), r1Edge.mac, mark, labelTtl);
    pass();
  };
  h1.arp(ARP_REQUEST, 0, address('10.1.0.1'));
  h2.arp(ARP_REQUEST, 0, address('10.2.0.1'));
  pass(SECOND);
  return { clock, h1, h2, r1, r2, r1Edge, r2Edge, between, send, pass };
}

/** Drops that a router counted, summed over its ports, as `plane reason`. */
export function drops(router: Forwarding): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { plane, drops } of router.counters()) {
    for (const [reason, count] of Object.entries(drops)) {
      sums[`${plane} ${reason}`] = (sums[`${plane} ${reason}`] ?? 0) + count;
    }
  }
  return sums;
}
