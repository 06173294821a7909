/**
 * A router and a host to throw frames at: a router `R` between a neighbour on port `a`, one on port `b` (whose
 * link cancels shadow packets) and a host on `h`, OSPF, filters, a service policy and a mirror in both planes. The
 * host measures flows, serves and plays streams and speaks TCP, as those of seeds.ts do that the frames are from.
 * Everything that comes out of it anywhere goes into one digest.
 */

import { BROADCAST_MAC, formatIpv4, type Ipv4, type Mac } from '../../src/net/address.ts';
import { ARP_LENGTH, ARP_REQUEST, encodeArp } from '../../src/net/arp.ts';
import { ETHERNET_HEADER, ETHERTYPE_ARP, readMac, writeEthernet } from '../../src/net/ethernet.ts';
import { DEFAULT_CANCELLATION } from '../../src/routerd/bandwidth/bandwidth.ts';
import { joinMemoryLink } from '../../src/routerd/ports/memory.ts';
import { LsaPool } from '../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../src/routerd/router.ts';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import { Flow } from '../../src/traffic/flow.ts';
import { Host } from '../../src/traffic/host.ts';
import { RequestDesk } from '../../src/traffic/request-desk.ts';
import { Sink } from '../../src/traffic/sink.ts';
import { sourcePortOf } from '../../src/traffic/source.ts';
import { Stream } from '../../src/traffic/stream.ts';
import { TcpFlow } from '../../src/traffic/tcp-flow.ts';
import { TcpHost } from '../../src/traffic/tcp-host.ts';
import { MICROSECOND } from '../../src/world/clock.ts';
import { Frame, HEADROOM } from '../../src/world/frame.ts';
import type { Port } from '../../src/world/port.ts';
import { type Random, seededRandom } from '../../src/world/random.ts';
import type { World } from '../../src/world/world.ts';

const LINK = { rateBps: 1e9, delayNs: 0, jitterNs: 0, loss: 0, queueBytes: 1e6, mtu: 1500 };
export const ROUTER_MACS = { a: 0x02000000000a, b: 0x02000000000b, h: 0x02000000000c } as const;
export const HOST_MAC = 0x02000000001c;
export const HOST_ADDRESS = 0x0a000302;
export const FAR_ADDRESS = 0x0a000402;

/** Flows between the host and one that is far away, by number. `read`: what the host reads of them is looked at. */
export const FLOWS = {
  read: [1, 2],
  measured: [3, 4],
  mirrored: 5,
  away: 6,
  served: 7,
  played: 8,
  tcpIn: 9,
  tcpOut: 10,
} as const;
export const STREAM = {
  kind: 'stream',
  bitrateBps: 4e6,
  segmentNs: 5e6,
  bufferNs: 2e7,
  startupNs: 1e7,
  paceBps: 8e6,
  packetBytes: 500,
  mirror: false,
  traceEvery: 3,
} as const;

/** So many lines that the list is compiled. */
const LINES = 40;

const CONFIG = `
access-list 101 deny udp any any eq 53
access-list 101 permit ip any any
${Array.from({ length: LINES }, (_, line) => `access-list 102 deny udp any eq ${1000 + line} any`).join('\n')}
access-list 102 permit ip any any
class-map match-any VOICE
 match dscp ef
policy-map EDGE
 class VOICE
  priority 1000
 class class-default
  police cir 500000000
interface lo
 ip address 10.255.0.1/32
interface a
 ip address 10.0.1.1/24
 ip ospf area 0
 ip ospf network point-to-point
 ip access-group 101 in
interface b
 ip address 10.0.2.1/24
 ip ospf area 0
 mtu 1000
 ip access-group 102 in
 service-policy output EDGE
interface h
 ip address 10.0.3.1/24
 ip ospf area 0
 ip access-group 101 out
router ospf
 ospf router-id 10.255.0.1
 passive-interface h
ip route 10.9.0.0/16 10.0.2.2
ip route 10.8.0.0/16 10.0.1.2
ip route 0.0.0.0/0 10.0.2.2
ip route 0.0.0.0/0 10.0.1.2
`;

/** Where a frame is thrown in: at the router from a neighbour or from the host's link, or at the host itself. */
export const TARGETS = ['a', 'b', 'h', 'host'] as const;
export type Target = (typeof TARGETS)[number];

export class FuzzWorld {
  readonly #clock = new VirtualClock();
  readonly #router: Router;
  readonly #host: Host;
  readonly #far = new Map<Target, Port>();
  readonly #filling: number;
  #hash = 0x811c9dc5;
  #out = 0;

  /** `filling`: what lies in memory before and behind every frame thrown in. */
  constructor(filling: number) {
    this.#filling = filling;
    const world = { clock: this.#clock, random: seededRandom(1), log: () => undefined };
    const join = (name: 'a' | 'b' | 'h', far: number, delayNs = 0): readonly Port[] =>
      joinMemoryLink(this.#clock, world.random.fork(name), { ...LINK, delayNs }, [
        { name, mac: ROUTER_MACS[name] },
        { name: `far-${name}`, mac: far },
      ]);
    const [a, farA] = join('a', 0x02000000001a);
    const [b, farB] = join('b', 0x02000000001b);
    const [h, farH] = join('h', HOST_MAC);
    const [hostSide, farHost] = joinMemoryLink(this.#clock, world.random.fork('host'), LINK, [
      { name: 'host', mac: HOST_MAC },
      { name: 'far-host', mac: ROUTER_MACS.h },
    ]);
    this.#router = new Router(
      world,
      'R',
      [
        { port: a, edge: false },
        { port: b, edge: false, bandwidth: DEFAULT_CANCELLATION },
        { port: h, edge: true },
      ],
      { fibUpdateNs: 0, lsaPool: new LsaPool() },
    );
    for (const [tag, plane] of (['real', 'shadow'] as const).entries()) {
      const answer = this.#router.manage({ op: 'load', plane, config: CONFIG, tag: tag + 1 });
      if (!answer.ok) throw new Error(answer.error);
    }
    this.#router.manage({
      op: 'mirror',
      rules: [
        {
          port: 'h',
          sourceMac: HOST_MAC,
          source: formatIpv4(HOST_ADDRESS),
          destination: formatIpv4(FAR_ADDRESS),
          sourcePort: sourcePortOf(FLOWS.mirrored),
        },
      ],
    });
    const settings = { address: HOST_ADDRESS, prefixLength: 24, gateway: 0x0a000301 };
    this.#host = new Host(world, 'host', hostSide, settings);
    this.#useHost(world);
    const ports: readonly (readonly [Target, Port])[] = [
      ['a', farA],
      ['b', farB],
      ['h', farH],
      ['host', farHost],
    ];
    for (const [target, port] of ports) {
      this.#far.set(target, port);
      port.receiver((frame) => this.#came(frame));
    }
    this.throwIn('a', arpFrom(0x02000000001a, 0x0a000102, 0x0a000101));
    this.throwIn('b', arpFrom(0x02000000001b, 0x0a000202, 0x0a000201));
    this.throwIn('h', arpFrom(HOST_MAC, HOST_ADDRESS, 0x0a000301));
    this.throwIn('host', arpFrom(ROUTER_MACS.h, 0x0a000301, HOST_ADDRESS));
  }

  /** Throws the frame in and lets 50 microseconds go by. Whatever the machines throw comes out of here. */
  throwIn(target: Target, contents: Uint8Array): void {
    const bytes = new Uint8Array(HEADROOM + contents.length + HEADROOM).fill(this.#filling);
    bytes.set(contents, HEADROOM);
    this.#far.get(target)?.send(new Frame(bytes, HEADROOM, HEADROOM + contents.length));
    this.#clock.runUntil(this.#clock.now() + 50 * MICROSECOND);
  }

  /** Everything that came out, and what the router counted and traced, as a number. */
  digest(): number {
    const counters = this.#router.manage({ op: 'counters' });
    this.#mix(JSON.stringify([counters, this.#host.counters()]));
    return this.#hash >>> 0;
  }

  /** Frames that came out. */
  get out(): number {
    return this.#out;
  }

  /** Has it hear all that hosts hear in an experiment. Where it is at both ends, nobody answers it. */
  #useHost(world: World): void {
    const [sink, desk, tcp] = [
      new Sink(this.#clock, this.#host),
      new RequestDesk(this.#host),
      new TcpHost(world, this.#host),
    ];
    for (const id of FLOWS.read) sink.expect(id, { arrived: (packet) => this.#mix(JSON.stringify(packet)) });
    for (const [index, id] of FLOWS.measured.entries()) {
      const plane = index === 0 ? 'real' : 'shadow';
      const sending = {
        kind: 'rate',
        rateBps: 1e6,
        packetBytes: 300,
        arrival: { kind: 'constant' },
      } as const;
      new Flow(world, this.#host, sink, { id, plane, mirror: false, traceEvery: 0, ...sending });
    }
    for (const id of [FLOWS.served, FLOWS.played]) {
      new Stream(world, desk, sink, { id, plane: 'real', ...STREAM }).start();
    }
    for (const id of [FLOWS.tcpIn, FLOWS.tcpOut]) {
      new TcpFlow(world, tcp, tcp, { id, plane: 'real', kind: 'tcp', congestionControl: 'cubic' }).start();
    }
  }

  #came({ bytes, start, end }: Frame): void {
    this.#out++;
    let hash = this.#hash ^ (end - start);
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
    this.#hash = hash;
  }

  #mix(text: string): void {
    for (let at = 0; at < text.length; at++)
      this.#hash = Math.imul(this.#hash ^ text.charCodeAt(at), 0x01000193);
  }
}

/** A neighbour asks for an address, and so tells its own. */
function arpFrom(senderMac: Mac, senderAddress: Ipv4, targetAddress: Ipv4): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER + ARP_LENGTH);
  writeEthernet(frame, 0, BROADCAST_MAC, senderMac, ETHERTYPE_ARP);
  const question = { operation: ARP_REQUEST, senderMac, senderAddress, targetMac: 0, targetAddress } as const;
  encodeArp(frame, ETHERNET_HEADER, question);
  return frame;
}

/** The machine that the frame is addressed to; any where it is addressed to none. */
export function targetOf(frame: Uint8Array, random: Random): Target {
  const destination = frame.length < 6 ? 0 : readMac(frame, 0);
  switch (destination) {
    case ROUTER_MACS.a:
      return 'a';
    case ROUTER_MACS.b:
      return 'b';
    case ROUTER_MACS.h:
      return 'h';
    case HOST_MAC:
      return 'host';
    default:
      return TARGETS[Math.floor(random.next() * TARGETS.length)];
  }
}
