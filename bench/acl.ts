/**
 * Access lists of 1 to 1,000 lines, as they are compiled, and each way by itself. The lines are what a provider's edge has:
 * hosts and networks of many lengths, some ports, some protocols, the last one permitting the rest; packets are
 * drawn so that every line decides some of them, and many none but the last.
 */
import type { AccessRule } from '../src/config/model.ts';
import { maskOf, type Prefix, prefixOf } from '../src/net/address.ts';
import {
  IPV4_HEADER,
  PROTOCOL_ICMP,
  PROTOCOL_OSPF,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  writeIpv4,
} from '../src/net/ipv4.ts';
import { finderOf } from '../src/routerd/forwarding/acl.ts';
import { type LineFinder, NO_LINE } from '../src/routerd/forwarding/acl-fields.ts';
import { findByVectors } from '../src/routerd/forwarding/acl-vectors.ts';
import { findByWalking } from '../src/routerd/forwarding/acl-walk.ts';
import { type Random, seededRandom } from '../src/world/random.ts';
import { type Figure, median } from './figure.ts';

const PACKETS = 4096;
const LENGTHS = [18, 20, 22, 24, 24, 24, 28, 32, 32, 32];
const PROTOCOLS = ['ip', 'ip', 'tcp', 'tcp', 'tcp', 'udp', 'udp', 'icmp'] as const;
const NUMBERS = { icmp: PROTOCOL_ICMP, tcp: PROTOCOL_TCP, udp: PROTOCOL_UDP, ospf: PROTOCOL_OSPF };

/** Decisions a second by lists of so many lines. Throws where the ways do not agree on every packet. */
export function accessLists(lines: readonly number[], decisions: number, rounds: number): readonly Figure[] {
  return lines.flatMap((count) => {
    const random = seededRandom(1, `list of ${count}`);
    const rules = rulesOf(count, random);
    const packets = Array.from({ length: PACKETS }, () => packetOf(rules, random));
    const finders = [finderOf(rules), findByVectors(rules), findByWalking(rules)];
    for (const packet of packets) {
      const found = finders.map((find) => find(packet, 0));
      if (new Set(found).size > 1) throw new Error(`lines ${found} are found in one list`);
    }
    const [asUsed, byVectors, byWalking] = finders.map((find) => rate(find, packets, decisions, rounds));
    return [
      { name: `decisions a second, ${count} lines`, value: asUsed, unit: '/s' },
      { name: 'by vectors', value: byVectors, unit: '/s' },
      { name: 'walked line by line', value: byWalking, unit: '/s' },
      { name: 'vectors, so many times as fast', value: byVectors / byWalking, unit: 'x' },
    ];
  });
}

function rate(find: LineFinder, packets: readonly Uint8Array[], decisions: number, rounds: number): number {
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    let found = 0;
    const startedMs = performance.now();
    for (let count = 0; count < decisions; count++) {
      if (find(packets[count % PACKETS], 0) !== NO_LINE) found++;
    }
    const seconds = (performance.now() - startedMs) / 1000;
    if (found === 0) throw new Error('no packet matches a line');
    // The first round warms up.
    if (round > 0) rates.push(decisions / seconds);
  }
  return median(rates);
}

function rulesOf(count: number, random: Random): readonly AccessRule[] {
  const draw = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)];
  const net = (): Prefix => prefixOf(0x0a000000 + Math.floor(random.next() * 0x01000000), draw(LENGTHS));
  const anything = prefixOf(0, 0);
  return Array.from({ length: count }, (_, index): AccessRule => {
    const protocol = draw(PROTOCOLS);
    const isLast = index === count - 1;
    const port = Math.floor(random.next() * 1024);
    return {
      sequence: (index + 1) * 10,
      action: isLast || random.next() < 0.5 ? 'permit' : 'deny',
      protocol: isLast ? 'ip' : protocol,
      source: isLast || random.next() < 0.3 ? anything : net(),
      destination: isLast ? anything : net(),
      ...(!isLast &&
        (protocol === 'tcp' || protocol === 'udp') && { destinationPort: { from: port, to: port + 5 } }),
    };
  });
}

function packetOf(rules: readonly AccessRule[], random: Random): Uint8Array {
  const rule = rules[Math.floor(random.next() * rules.length)];
  const inside = ({ address, length }: Prefix): number =>
    (address | (Math.floor(random.next() * 0x100000000) & ~maskOf(length))) >>> 0;
  const bytes = new Uint8Array(60);
  writeIpv4(bytes, 0, {
    source: inside(rule.source),
    destination: inside(rule.destination),
    protocol: rule.protocol === 'ip' ? PROTOCOL_UDP : NUMBERS[rule.protocol],
    ttl: 64,
    tos: 0,
    totalLength: bytes.length,
    identification: 0,
    dontFragment: true,
  });
  const port = (rule.destinationPort?.from ?? 0) + Math.floor(random.next() * 8);
  bytes.set([port >>> 8, port & 0xff], IPV4_HEADER + 2);
  return bytes;
}
