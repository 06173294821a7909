/** The way through `bench/host`: generator - router - sink, each in a namespace of its own, over veth. */
import { formatMac, type Ipv4, type Mac, parseIpv4 } from '../../src/net/address.ts';
import { writeEthernet } from '../../src/net/ethernet.ts';
import { IPV4_HEADER, PROTOCOL_UDP, writeIpv4 } from '../../src/net/ipv4.ts';
import { writeUdp } from '../../src/net/udp.ts';
import { type Frame, newFrame } from '../../src/world/frame.ts';
import { run } from './network.ts';

export const GENERATOR_MAC: Mac = 0x020000000001;
export const IN_MAC: Mac = 0x020000000002;
export const OUT_MAC: Mac = 0x020000000003;
export const SINK_MAC: Mac = 0x020000000004;
export const GENERATOR = '10.0.0.2';
export const ROUTER_IN = '10.0.0.1';
export const ROUTER_OUT = '10.0.1.1';
export const SINK = '10.0.1.2';
/** Routed to the sink, which drops it: nobody there has the address. */
export const FLOWS = '10.9.0.0';
/** Destinations in turn. */
export const FLOW_COUNT = 64;
const PACKET_BYTES = 300;
/** The router's, and the one where packets are made and measured. */
export const ROUTER_CORE = 0;
export const GENERATOR_CORE = 1;

export function numberOf(address: string): Ipv4 {
  const number = parseIpv4(address);
  if (number === undefined) throw new Error(`${address} is no address`);
  return number;
}

/** A packet to the router, on its way to the sink. `number` comes back as its identification. */
export function packetOf(flow: number, number = 0): Frame {
  const frame = newFrame(14 + PACKET_BYTES);
  const ipAt = frame.start + 14;
  writeEthernet(frame.bytes, frame.start, IN_MAC, GENERATOR_MAC, 0x0800);
  writeIpv4(frame.bytes, ipAt, {
    source: numberOf(GENERATOR),
    destination: numberOf(FLOWS) + 256 + flow,
    protocol: PROTOCOL_UDP,
    ttl: 64,
    tos: 0,
    totalLength: PACKET_BYTES,
    identification: number,
    dontFragment: true,
  });
  writeUdp(frame.bytes, ipAt + IPV4_HEADER, frame.end, 5000, 5001, ipAt);
  return frame;
}

type End = readonly [namespace: string, name: string, mac: Mac];

/** A veth pair, both ends up. */
export function wire([a, aName, aMac]: End, [b, bName, bMac]: End): void {
  const peer = ['peer', 'name', bName, 'address', formatMac(bMac), 'netns', b];
  run('ip', ['-n', a, 'link', 'add', 'name', aName, 'address', formatMac(aMac), 'type', 'veth', ...peer]);
  run('ip', ['-n', a, 'link', 'set', 'dev', aName, 'up']);
  run('ip', ['-n', b, 'link', 'set', 'dev', bName, 'up']);
}

/** Generator `g0` - `r0` router `r1` - `s0` sink; the sink has its address, the router none yet. */
export function wireWay(generator: string, router: string, sink: string): void {
  wire([generator, 'g0', GENERATOR_MAC], [router, 'r0', IN_MAC]);
  wire([router, 'r1', OUT_MAC], [sink, 's0', SINK_MAC]);
  run('ip', ['-n', sink, 'address', 'add', `${SINK}/24`, 'dev', 's0']);
}

/**
 * The kernel forwards. `steered`: on the router's core, by receive packet steering; else it does so on the
 * generator's, inside the call that sends.
 */
export function routeByKernel(router: string, steered: boolean): void {
  run('ip', ['-n', router, 'address', 'add', `${ROUTER_IN}/24`, 'dev', 'r0']);
  run('ip', ['-n', router, 'address', 'add', `${ROUTER_OUT}/24`, 'dev', 'r1']);
  run('ip', ['-n', router, 'route', 'add', `${FLOWS}/16`, 'via', SINK]);
  run('ip', ['netns', 'exec', router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  if (!steered) return;
  const steer = `echo ${(1 << ROUTER_CORE).toString(16)} > /sys/class/net/r0/queues/rx-0/rps_cpus`;
  run('ip', ['netns', 'exec', router, 'sh', '-c', steer]);
}

/** We forward: the kernel keeps quiet. */
export function routeByOurs(router: string): void {
  run('ip', ['netns', 'exec', router, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1']);
}
