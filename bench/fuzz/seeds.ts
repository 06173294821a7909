/**
 * Sound frames to begin with: what routers and hosts of a small network say to one another, in both planes,
 * labelled, tagged and cancelled, with streams, TCP and pings; and packets of real captures, as if they had come over the same link.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readU32, writeU32 } from '../../src/net/bytes.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, etherType, writeEthernet } from '../../src/net/ethernet.ts';
import { DEFAULT_CANCELLATION } from '../../src/routerd/bandwidth/bandwidth.ts';
import { joinMemoryLink } from '../../src/routerd/ports/memory.ts';
import { LsaPool } from '../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../src/routerd/router.ts';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import { Flow } from '../../src/traffic/flow.ts';
import { Host } from '../../src/traffic/host.ts';
import { RequestDesk } from '../../src/traffic/request-desk.ts';
import { Sink } from '../../src/traffic/sink.ts';
import { Stream } from '../../src/traffic/stream.ts';
import { TcpFlow } from '../../src/traffic/tcp-flow.ts';
import { TcpHost } from '../../src/traffic/tcp-host.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import type { Frame } from '../../src/world/frame.ts';
import type { Port } from '../../src/world/port.ts';
import { seededRandom } from '../../src/world/random.ts';
import { tapped } from '../../test/support/tap.ts';
import { mendChecksums } from './mutate.ts';
import { FAR_ADDRESS, FLOWS, HOST_ADDRESS, HOST_MAC, ROUTER_MACS, STREAM } from './world.ts';

/** A queue so short that TCP loses segments, and says by SACK which. */
const LINK = { rateBps: 1e7, delayNs: 0, jitterNs: 0, loss: 0, queueBytes: 12_000, mtu: 1500 };
/** Of router R on link b. */
const ROUTER_ADDRESS = 0x0a000201;
const CAPTURES = ['netflix', 'webex', 'wa_video', 'sanitized4k'].map(
  (name) => `../shared/data/pcap/${name}.pcap`,
);
const PER_CAPTURE = 300;
const PCAP_HEADER = 24;
const RECORD_HEADER = 16;
/** IEEE 802.1Q 9.4: four bytes before the EtherType, which begin with this. */
const ETHERTYPE_VLAN = 0x8100;
const VLAN_TAG = 4;
const LONGEST = 1514;
/** Where it stands in an IPv4 header. */
const IPV4_DESTINATION = 16;

export interface Seeds {
  readonly frames: readonly Uint8Array[];
  readonly captures: number;
}

export function seeds(): Seeds {
  const own = spoken();
  const captured = CAPTURES.filter(existsSync).flatMap(capturedFrames);
  return { frames: [...own, ...captured], captures: captured.length };
}

/** What comes to router R and to the host of world.ts when there is a router N on link b, with a host behind it. */
function spoken(): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  const record = ({ bytes, start, end }: Frame): void => void frames.push(bytes.slice(start, end));
  const clock = new VirtualClock();
  const world = { clock, random: seededRandom(1), log: () => undefined };
  const join = (name: string, near: number, far: number): readonly Port[] =>
    joinMemoryLink(clock, world.random.fork(name), LINK, [
      { name, mac: near },
      { name, mac: far },
    ]);
  const [b, nb] = join('b', ROUTER_MACS.b, 0x02000000001b);
  const [h, hostPort] = join('h', ROUTER_MACS.h, HOST_MAC);
  const [nh, farPort] = join('h', 0x02000000002c, 0x02000000003c);
  const settings = { fibUpdateNs: 0, lsaPool: new LsaPool() };
  const routers = [
    new Router(
      world,
      'R',
      [
        { port: tapped(b, record), edge: false, bandwidth: DEFAULT_CANCELLATION },
        { port: tapped(h, record), edge: true },
      ],
      settings,
    ),
    new Router(
      world,
      'N',
      [
        { port: nb, edge: false, bandwidth: DEFAULT_CANCELLATION },
        { port: nh, edge: true },
      ],
      settings,
    ),
  ];
  for (const [index, router] of routers.entries()) {
    for (const [tag, plane] of (['real', 'shadow'] as const).entries()) {
      const config = `interface b
 ip address 10.0.2.${index + 1}/24
 ip ospf area 0
interface h
 ip address 10.0.${3 + index}.1/24
 ip ospf area 0
interface lo
 ip address 10.255.0.${index + 1}/32
 ip ospf area 0
router ospf
 ospf router-id 10.255.0.${index + 1}
 passive-interface h
`;
      const answer = router.manage({ op: 'load', plane, config, tag: tag + 1 });
      if (!answer.ok) throw new Error(answer.error);
    }
  }
  const near = new Host(world, 'near', tapped(hostPort, record), {
    address: HOST_ADDRESS,
    prefixLength: 24,
    gateway: 0x0a000301,
  });
  const far = new Host(world, 'far', farPort, {
    address: FAR_ADDRESS,
    prefixLength: 24,
    gateway: 0x0a000401,
  });
  clock.runUntil(60 * SECOND);
  for (const plane of ['real', 'shadow'] as const) {
    for (const address of [HOST_ADDRESS, ROUTER_ADDRESS]) far.ping(address, { plane }, () => undefined);
  }
  clock.runUntil(clock.now() + 20 * MILLISECOND);
  const sinks = { near: new Sink(clock, near), far: new Sink(clock, far) };
  const flow = (id: number, from: Host, to: Sink, plane: 'real' | 'shadow', packetBytes: number): Flow =>
    new Flow(world, from, to, {
      id,
      plane,
      mirror: false,
      packetBytes,
      rateBps: 5e6,
      kind: 'rate',
      arrival: { kind: 'constant' },
      traceEvery: 3,
    });
  const stream = (id: number, from: Host, to: Sink): Stream =>
    new Stream(world, new RequestDesk(from), to, { id, plane: 'real', ...STREAM });
  const tcp = { near: new TcpHost(world, near), far: new TcpHost(world, far) };
  const tcpFlow = (id: number, from: TcpHost, to: TcpHost): TcpFlow =>
    new TcpFlow(world, from, to, {
      id,
      plane: 'real',
      kind: 'tcp',
      bytes: 200_000,
      congestionControl: 'cubic',
    });
  const flows = [
    flow(FLOWS.read[0], far, sinks.near, 'real', 300),
    flow(FLOWS.read[1], far, sinks.near, 'shadow', 1000),
    flow(FLOWS.measured[0], far, sinks.near, 'real', 1000),
    flow(FLOWS.measured[1], far, sinks.near, 'shadow', 300),
    flow(FLOWS.mirrored, near, sinks.far, 'real', 400),
    flow(FLOWS.away, near, sinks.far, 'shadow', 400),
    stream(FLOWS.served, near, sinks.far),
    stream(FLOWS.played, far, sinks.near),
    tcpFlow(FLOWS.tcpIn, tcp.far, tcp.near),
    tcpFlow(FLOWS.tcpOut, tcp.near, tcp.far),
  ];
  for (const one of flows) one.start();
  clock.runUntil(clock.now() + 20 * MILLISECOND);
  // Under tags, as while a commit is under way.
  for (const router of routers) {
    router.manage({ op: 'commit', phase: 'prepare', oldTag: 1, newTag: 2 });
    router.manage({ op: 'commit', phase: 'mark', newTag: 2 });
  }
  clock.runUntil(clock.now() + 20 * MILLISECOND);
  for (const one of flows) one.stop();
  for (const router of routers) router.stop();
  return frames;
}

/** IPv4 packets of a capture with Ethernet link type, as if they came to the router, and as if to the host. */
function capturedFrames(file: string): readonly Uint8Array[] {
  const data = readFileSync(file);
  const little = readU32(data, 0) === 0xd4c3b2a1;
  const lengthAt = (at: number): number => (little ? data.readUInt32LE(at) : data.readUInt32BE(at));
  const frames: Uint8Array[] = [];
  for (let at = PCAP_HEADER; at + RECORD_HEADER <= data.length && frames.length < 2 * PER_CAPTURE; ) {
    const length = lengthAt(at + 8);
    const captured = data.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    at += RECORD_HEADER + length;
    const tag = captured.length > ETHERNET_HEADER && etherType(captured, 0) === ETHERTYPE_VLAN ? VLAN_TAG : 0;
    const frame = Uint8Array.from(captured.subarray(tag, tag + LONGEST));
    if (frame.length < ETHERNET_HEADER || etherType(frame, 0) !== ETHERTYPE_IPV4) continue;
    writeEthernet(frame, 0, ROUTER_MACS.a, 0x02000000001a, ETHERTYPE_IPV4);
    frames.push(frame, toHost(frame.slice()));
  }
  return frames;
}

function toHost(frame: Uint8Array): Uint8Array {
  writeEthernet(frame, 0, HOST_MAC, ROUTER_MACS.h, ETHERTYPE_IPV4);
  writeU32(frame, ETHERNET_HEADER + IPV4_DESTINATION, HOST_ADDRESS);
  mendChecksums(frame);
  return frame;
}
