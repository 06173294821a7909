import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { AccessRule, PortMatch } from '../../../src/config/model.ts';
import { contains, prefixOf } from '../../../src/net/address.ts';
import { readU16 } from '../../../src/net/bytes.ts';
import {
  ipv4Destination,
  ipv4Dscp,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalLength,
  writeIpv4,
} from '../../../src/net/ipv4.ts';
import { compileAccessList } from '../../../src/routerd/forwarding/acl.ts';
import { findByVectors } from '../../../src/routerd/forwarding/acl-vectors.ts';
import { findByWalking } from '../../../src/routerd/forwarding/acl-walk.ts';

const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17, ospf: 89 };

/** What a line means, said as plainly as can be. */
function matches(rule: AccessRule, packet: Uint8Array): boolean {
  const protocol = ipv4Protocol(packet, 0);
  if (rule.protocol !== 'ip' && PROTOCOLS[rule.protocol] !== protocol) return false;
  if (!contains(rule.source, ipv4Source(packet, 0))) return false;
  if (!contains(rule.destination, ipv4Destination(packet, 0))) return false;
  if (rule.dscp !== undefined && rule.dscp !== ipv4Dscp(packet, 0)) return false;
  if (rule.sourcePort === undefined && rule.destinationPort === undefined) return true;
  const isFirst = (ipv4Fragment(packet, 0) & 0x1fff) === 0;
  const at = ipv4HeaderLength(packet, 0);
  if ((protocol !== 6 && protocol !== 17) || !isFirst || ipv4TotalLength(packet, 0) < at + 4) return false;
  const within = (range: PortMatch | undefined, port: number): boolean =>
    range === undefined || (port >= range.from && port <= range.to);
  return (
    within(rule.sourcePort, readU16(packet, at)) && within(rule.destinationPort, readU16(packet, at + 2))
  );
}

// Few values, near one another and at the ends, so that lines overlap and packets hit their edges.
const addresses = fc.oneof(
  fc.constantFrom(0, 0xffffffff, 0x7fffffff, 0x80000000, 0x0a000000, 0x0a0000ff, 0x0a000100),
  fc.integer({ min: 0x0a000000, max: 0x0a0003ff }),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const prefixes = fc
  .tuple(addresses, fc.constantFrom(0, 0, 1, 8, 22, 24, 24, 30, 31, 32, 32))
  .map(([address, length]) => prefixOf(address, length));
const ports = fc.oneof(
  fc.constantFrom(0, 1, 79, 80, 81, 1023, 1024, 65535),
  fc.integer({ min: 0, max: 65535 }),
);
const ranges = fc.tuple(ports, ports).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const dscps = fc.constantFrom(0, 1, 10, 46, 63);

const rule: fc.Arbitrary<AccessRule> = fc.record(
  {
    sequence: fc.constant(10),
    action: fc.constantFrom('permit' as const, 'deny' as const),
    protocol: fc.constantFrom(
      'ip' as const,
      'icmp' as const,
      'tcp' as const,
      'udp' as const,
      'ospf' as const,
    ),
    source: prefixes,
    destination: prefixes,
    sourcePort: ranges,
    destinationPort: ranges,
    dscp: dscps,
  },
  { requiredKeys: ['sequence', 'action', 'protocol', 'source', 'destination'] },
);

const packet: fc.Arbitrary<Uint8Array> = fc
  .record({
    source: addresses,
    destination: addresses,
    protocol: fc.constantFrom(1, 6, 17, 89, 0, 255),
    dscp: dscps,
    sourcePort: ports,
    destinationPort: ports,
    fragment: fc.constantFrom(0, 0, 0, 0x2000, 1, 0x1fff, 0x4000),
    totalLength: fc.constantFrom(20, 23, 24, 60),
  })
  .map(({ dscp, sourcePort, destinationPort, fragment, ...header }) => {
    const bytes = new Uint8Array(60);
    writeIpv4(bytes, 0, { ...header, tos: dscp << 2, ttl: 64, identification: 0, dontFragment: false });
    bytes.set([fragment >>> 8, fragment & 255], 6);
    bytes.set([sourcePort >>> 8, sourcePort & 255, destinationPort >>> 8, destinationPort & 255], 20);
    return bytes;
  });

function agree(rules: readonly AccessRule[], packets: readonly Uint8Array[]): void {
  const finders = { byVectors: findByVectors(rules), byWalking: findByWalking(rules) };
  for (const bytes of packets) {
    const first = rules.findIndex((candidate) => matches(candidate, bytes));
    const found = { byVectors: finders.byVectors(bytes, 0), byWalking: finders.byWalking(bytes, 0) };
    expect(found).to.deep.equal({ byVectors: first, byWalking: first });
  }
}

describe('a compiled access list', () => {
  it('finds the line that reading from top to bottom finds, in short lists of any kind', () => {
    const lists = fc.array(rule, { maxLength: 40 });
    fc.assert(fc.property(lists, fc.array(packet, { minLength: 10 }), agree), { numRuns: 300 });
  });

  it('finds it in lists of a thousand lines and more', () => {
    const lists = fc.array(rule, { minLength: 900, maxLength: 1100, size: 'max' });
    const packets = fc.array(packet, { minLength: 50, maxLength: 100, size: 'max' });
    fc.assert(fc.property(lists, packets, agree), { numRuns: 12 });
  }).timeout(20_000);

  it('finds the very last of 4,096 lines, and the implicit deny behind it', () => {
    const rules = Array.from(
      { length: 4096 },
      (_, index): AccessRule => ({
        sequence: index + 1,
        action: 'permit',
        protocol: 'ip',
        source: prefixOf(0x0a000000 + index, 32),
        destination: prefixOf(0, 0),
      }),
    );
    const list = compileAccessList({ name: 'LONG', kind: 'extended', rules });
    const textOf = (source: number): string => {
      const bytes = new Uint8Array(20);
      const header = { destination: 1, protocol: 17, ttl: 1, tos: 0, totalLength: 20, identification: 0 };
      writeIpv4(bytes, 0, { ...header, source, dontFragment: true });
      return list(bytes, 0).text;
    };
    expect(textOf(0x0a000000)).to.equal('access-list LONG seq 1');
    expect(textOf(0x0a000000 + 1023)).to.equal('access-list LONG seq 1024');
    expect(textOf(0x0a000000 + 1024)).to.equal('access-list LONG seq 1025');
    expect(textOf(0x0a000000 + 4095)).to.equal('access-list LONG seq 4096');
    expect(textOf(0x0a000000 + 4096)).to.equal('access-list LONG implicit deny');
  });
});
