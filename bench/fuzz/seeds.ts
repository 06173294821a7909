/**
 * Sound frames to begin with: what routers and hosts of a small network say to one another, in both planes,
 * labelled, tagged and cancelled; and packets of real captures, as if they had come over the same link.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readU32 } from '../../src/net/bytes.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, writeEthernet } from '../../src/net/ethernet.ts';
import { DEFAULT_CANCELLATION } from '../../src/routerd/bandwidth/bandwidth.ts';
import { joinMemoryLink } from '../../src/routerd/ports/memory.ts';
import { LsaPool } from '../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../src/routerd/router.ts';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import { Flow } from '../../src/traffic/flow.ts';
import { Host } from '../../src/traffic/host.ts';
import { Sink } from '../../src/traffic/sink.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import type { Frame } from '../../src/world/frame.ts';
import type { Port } from '../../src/world/port.ts';
import { seededRandom } from '../../src/world/random.ts';
import { HOST_ADDRESS, HOST_MAC, ROUTER_MACS } from './world.ts';

const LINK = { rateBps: 1e7, delayNs: 0, jitterNs: 0, loss: 0, queueBytes: 1e6, mtu: 1500 };
const CAPTURES = ['netflix', 'webex', 'wa_video', 'rtsp', 'sanitized4k'].map(
  (name) => `../shared/data/pcap/${name}.pcap`,
);
const PER_CAPTURE = 300;
const PCAP_HEADER = 24;
const RECORD_HEADER = 16;

export interface Seeds {
  readonly frames: readonly Uint8Array[];
  readonly captures: number;
}

export function seeds(): Seeds {
  const own = spoken();
  const captured = CAPTURES.filter(existsSync).flatMap(capturedFrames);
  return { frames: [...own, ...captured], captures: captured.length };
}

/** Every frame that comes to a port is recorded, then passed on. */
function tapped(port: Port, record: (frame: Uint8Array) => void): Port {
  return {
    name: port.name,
    mac: port.mac,
    mtu: port.mtu,
    rateBps: port.rateBps,
    get busyUntilNs() {
      return port.busyUntilNs;
    },
    send: (frame: Frame) => port.send(frame),
    receiver: (receive) =>
      port.receiver((frame) => {
        record(frame.bytes.slice(frame.start, frame.end));
        receive(frame);
      }),
  };
}

/** What comes to router R and to the host of world.ts when there is a router N on link b, with a host behind it. */
function spoken(): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  const record = (frame: Uint8Array): void => void frames.push(frame);
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
  const far = new Host(world, 'far', farPort, { address: 0x0a000402, prefixLength: 24, gateway: 0x0a000401 });
  clock.runUntil(60 * SECOND);
  const sinks = { near: new Sink(clock, near), far: new Sink(clock, far) };
  let id = 0;
  const flow = (from: Host, to: Sink, plane: 'real' | 'shadow', packetBytes: number): Flow =>
    new Flow(world, from, to, {
      id: ++id,
      plane,
      mirror: false,
      packetBytes,
      rateBps: 5e6,
      kind: 'rate',
      arrival: { kind: 'constant' },
      traceEvery: 3,
    });
  const flows = (['real', 'shadow'] as const).flatMap((plane) => [
    flow(far, sinks.near, plane, 300),
    flow(far, sinks.near, plane, 1000),
    flow(near, sinks.far, plane, 400),
  ]);
  for (const one of flows) one.start();
  clock.runUntil(clock.now() + 20 * MILLISECOND);
  // Under tags, as while a commit is under way.
  for (const router of routers) {
    router.manage({ op: 'commit', phase: 'prepare', oldTag: 1, newTag: 2 });
    router.manage({ op: 'commit', phase: 'mark', newTag: 2 });
  }
  far.ping(HOST_ADDRESS, { plane: 'shadow' }, () => undefined);
  clock.runUntil(clock.now() + 20 * MILLISECOND);
  for (const one of flows) one.stop();
  for (const router of routers) router.stop();
  return frames;
}

/** IPv4 packets of a capture with Ethernet link type, readdressed to the router's port. */
function capturedFrames(file: string): readonly Uint8Array[] {
  const data = readFileSync(file);
  const little = readU32(data, 0) === 0xd4c3b2a1;
  const lengthAt = (at: number): number => (little ? data.readUInt32LE(at) : data.readUInt32BE(at));
  const frames: Uint8Array[] = [];
  for (let at = PCAP_HEADER; at + RECORD_HEADER <= data.length && frames.length < PER_CAPTURE; ) {
    const length = lengthAt(at + 8);
    const frame = Uint8Array.from(data.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length));
    at += RECORD_HEADER + length;
    if (frame.length < ETHERNET_HEADER || frame[12] !== 0x08 || frame[13] !== 0x00) continue;
    writeEthernet(frame, 0, ROUTER_MACS.a, 0x02000000001a, ETHERTYPE_IPV4);
    frames.push(frame.subarray(0, 1514));
  }
  return frames;
}
