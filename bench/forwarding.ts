/**
 * How many packet-hops a second of wall time one core forwards: the backbone of Abilene (11 routers, 14 links,
 * as in the Internet2 maps of 2004), engines joined by links in memory on the virtual clock, static routes by
 * least hops, no control plane. A host at every router sends 300-byte packets to the host farthest from it.
 * A packet-hop is a packet that a router has sent on, to the next router or to a host.
 */
import { BROADCAST_MAC, formatIpv4, type Ipv4 } from '../src/net/address.ts';
import { ARP_LENGTH, ARP_REQUEST, encodeArp } from '../src/net/arp.ts';
import { ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_IPV4, writeEthernet } from '../src/net/ethernet.ts';
import { IPV4_HEADER, PROTOCOL_UDP, writeIpv4 } from '../src/net/ipv4.ts';
import { writeUdp } from '../src/net/udp.ts';
import { SHADOW_DSCP } from '../src/net/wire.ts';
import type { Forwarding, ForwardingPort } from '../src/routerd/forwarding/contract.ts';
import { makeForwarding } from '../src/routerd/forwarding/engine.ts';
import { joinMemoryLink } from '../src/routerd/ports/memory.ts';
import { VirtualClock } from '../src/runner/backends/embedded/virtual-clock.ts';
import { MICROSECOND, MILLISECOND, SECOND } from '../src/world/clock.ts';
import { type Frame, newFrame } from '../src/world/frame.ts';
import type { NextHop } from '../src/world/observation.ts';
import type { Port } from '../src/world/port.ts';
import { seededRandom } from '../src/world/random.ts';

const LINKS = `STTL-SNVA STTL-DNVR SNVA-LOSA SNVA-DNVR LOSA-HSTN DNVR-KSCY KSCY-HSTN KSCY-IPLS HSTN-ATLA
  IPLS-CHIN IPLS-ATLA CHIN-NYCM ATLA-WASH WASH-NYCM`
  .split(/\s+/)
  .map((link) => link.split('-'));
const NAMES = [...new Set(LINKS.flat())].sort();
const PACKET_BYTES = 300;
const LINK = { rateBps: 1e10, delayNs: MILLISECOND, jitterNs: 0, loss: 0, queueBytes: 1e6, mtu: 1500 };

export interface ForwardingBench {
  readonly packets: number;
  readonly packetHops: number;
  /** Median of the rounds. */
  readonly packetHopsPerSecond: number;
  readonly rounds: readonly number[];
}

interface Node {
  readonly name: string;
  readonly hostAddress: Ipv4;
  readonly hostPort: Port;
  readonly edgeMac: number;
  readonly engine: Forwarding;
  /** Neighbour's name → how to get there. */
  readonly ways: ReadonlyMap<string, NextHop>;
}

/** Sends `packets` packets through the network, `rounds` times over; every second flow is a shadow one. */
export function benchForwarding(packets = 100_000, rounds = 5): ForwardingBench {
  const rates: number[] = [];
  let packetHops = 0;
  for (let round = 0; round < rounds; round++) {
    const clock = new VirtualClock();
    const nodes = build(clock);
    let arrived = 0;
    for (const node of nodes) {
      node.hostPort.receiver((frame) => {
        arrived++;
        frame.release();
      });
    }
    for (const node of nodes) announce(node);
    clock.runUntil(SECOND);
    const announced = arrived;
    schedule(clock, nodes, packets);
    const before = performance.now();
    clock.runUntil(1000 * SECOND);
    const seconds = (performance.now() - before) / 1000;
    if (arrived - announced !== packets)
      throw new Error(`${packets - arrived + announced} packets are missing`);
    packetHops = nodes
      .flatMap(({ engine }) => engine.counters())
      .reduce((sum, { outPackets }) => sum + outPackets, 0);
    rates.push(packetHops / seconds);
  }
  const sorted = [...rates].sort((a, b) => a - b);
  return { packets, packetHops, packetHopsPerSecond: sorted[Math.floor(rounds / 2)], rounds: rates };
}

function build(clock: VirtualClock): readonly Node[] {
  const world = { clock, random: seededRandom(1), log: () => undefined };
  const ports = new Map<string, ForwardingPort[]>(NAMES.map((name) => [name, []]));
  const ways = new Map<string, Map<string, NextHop>>(NAMES.map((name) => [name, new Map()]));
  const settings: { node: string; port: string; address: Ipv4 }[] = [];
  let mac = 0x020000000000;
  const connect = (nodeA: string, nodeB: string, edge: boolean): readonly Port[] => {
    const ends = [`to-${nodeB}`, `to-${nodeA}`].map((name) => ({ name, mac: ++mac }));
    const [a, b] = joinMemoryLink(clock, world.random, LINK, ends);
    ports.get(nodeA)?.push({ port: a, edge });
    ports.get(nodeB)?.push({ port: b, edge });
    return [a, b];
  };
  LINKS.forEach(([a, b], index) => {
    const net = 0x0aff0000 + index * 4;
    connect(a, b, false);
    settings.push(
      { node: a, port: `to-${b}`, address: net + 1 },
      { node: b, port: `to-${a}`, address: net + 2 },
    );
    ways.get(a)?.set(b, { kind: 'gateway', port: `to-${b}`, gateway: formatIpv4(net + 2) });
    ways.get(b)?.set(a, { kind: 'gateway', port: `to-${a}`, gateway: formatIpv4(net + 1) });
  });
  const nodes = NAMES.map((name, index): Node => {
    const net = 0x0a000000 + (index + 1) * 256;
    const [edgePort, hostPort] = connect(name, 'host', true);
    settings.push({ node: name, port: edgePort.name, address: net + 1 });
    const engine = makeForwarding(world, name, ports.get(name) ?? [], () => undefined);
    return {
      name,
      hostAddress: net + 2,
      hostPort,
      edgeMac: edgePort.mac,
      engine,
      ways: ways.get(name) ?? new Map(),
    };
  });
  for (const { name, engine } of nodes) {
    for (const { node, port, address } of settings) {
      if (node !== name) continue;
      for (const slot of [0, 1] as const) {
        engine.configurePort(slot, port, { up: true, addresses: [{ address, length: 24 }], mtu: 1500 });
      }
    }
  }
  for (const node of nodes) addRoutes(node, nodes);
  return nodes;
}

/** Routes to the subnet of every host, by the first of the shortest paths. */
function addRoutes(node: Node, nodes: readonly Node[]): void {
  for (const slot of [0, 1] as const) {
    for (const target of nodes) {
      const prefix = { address: target.hostAddress - 2, length: 24 };
      const next = target === node ? undefined : shortestPath(node.name, target.name)[1];
      const nextHop: NextHop | undefined =
        next === undefined ? { kind: 'connected', port: 'to-host' } : node.ways.get(next);
      if (nextHop !== undefined) node.engine.route(slot, prefix, [nextHop]);
    }
  }
}

function shortestPath(from: string, to: string): readonly string[] {
  const paths = [[from]];
  const seen = new Set([from]);
  for (const path of paths) {
    const last = path[path.length - 1];
    if (last === to) return path;
    for (const [a, b] of LINKS) {
      const next = a === last ? b : b === last ? a : undefined;
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      paths.push([...path, next]);
    }
  }
  throw new Error(`no path from ${from} to ${to}`);
}

/** The host asks for its router by ARP, so that the router knows it before traffic starts. */
function announce({ hostPort, hostAddress }: Node): void {
  const frame = newFrame(ETHERNET_HEADER + ARP_LENGTH);
  writeEthernet(frame.bytes, frame.start, BROADCAST_MAC, hostPort.mac, ETHERTYPE_ARP);
  encodeArp(frame.bytes, frame.start + ETHERNET_HEADER, {
    operation: ARP_REQUEST,
    senderMac: hostPort.mac,
    senderAddress: hostAddress,
    targetMac: 0,
    targetAddress: hostAddress - 1,
  });
  hostPort.send(frame);
}

/** Every node sends its share to the node farthest from it, a packet every 10 microseconds. */
function schedule(clock: VirtualClock, nodes: readonly Node[], packets: number): void {
  nodes.forEach((node, index) => {
    const farthest = [...nodes].sort(
      (a, b) => shortestPath(node.name, b.name).length - shortestPath(node.name, a.name).length,
    )[0];
    const template = packetFrame(node, farthest, index % 2 === 1 ? SHADOW_DSCP : 0);
    let left = Math.floor(packets / nodes.length) + (index < packets % nodes.length ? 1 : 0);
    const send = (): void => {
      if (left-- === 0) return;
      node.hostPort.send(template.clone());
      clock.after(10 * MICROSECOND, send);
    };
    clock.after(index * 100, send);
  });
}

function packetFrame(from: Node, to: Node, dscp: number): Frame {
  const frame = newFrame(ETHERNET_HEADER + PACKET_BYTES);
  const ipAt = frame.start + ETHERNET_HEADER;
  writeEthernet(frame.bytes, frame.start, from.edgeMac, from.hostPort.mac, ETHERTYPE_IPV4);
  writeIpv4(frame.bytes, ipAt, {
    source: from.hostAddress,
    destination: to.hostAddress,
    protocol: PROTOCOL_UDP,
    ttl: 64,
    tos: dscp << 2,
    totalLength: PACKET_BYTES,
    identification: 0,
    dontFragment: true,
  });
  writeUdp(frame.bytes, ipAt + IPV4_HEADER, frame.end, 5000, 5001, ipAt);
  return frame;
}

if (import.meta.main) {
  const { packets, packetHops, packetHopsPerSecond, rounds } = benchForwarding();
  console.log(`${packets} packets, ${packetHops} packet-hops`);
  console.log(`rounds: ${rounds.map((rate) => Math.round(rate)).join(' ')} packet-hops/s`);
  console.log(`median: ${Math.round(packetHopsPerSecond)} packet-hops/s`);
}
