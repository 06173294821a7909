/** Forwarding tables for tests, small and large. */
import fc from 'fast-check';
import { formatPrefix, prefixOf } from '../../src/net/address.ts';
import type { FibEntry, NextHop } from '../../src/world/observation.ts';
import { seededRandom } from '../../src/world/random.ts';

export const by = (port: string): NextHop => ({ kind: 'gateway', port, gateway: '10.0.0.1' });

export const entry = (prefix: string, ...ports: readonly string[]): FibEntry => ({
  prefix,
  nextHops: ports.map(by),
});

/** A table of few, crowded prefixes (so that they nest and touch), each by one of three ports. */
export const crowdedTable: fc.Arbitrary<readonly FibEntry[]> = fc
  .uniqueArray(
    fc
      .tuple(fc.nat(0xff), fc.integer({ min: 0, max: 8 }), fc.constantFrom('a', 'b', 'c'))
      .map(([low, length, port]) => ({
        prefix: formatPrefix(prefixOf(low << 16, 8 + length)),
        port,
      })),
    { maxLength: 40, selector: ({ prefix }) => prefix },
  )
  .map((rows) => rows.map(({ prefix, port }) => entry(prefix, port)));

/** A table as large as it is asked for, of prefixes as long as those of the Internet's, in order of addresses. */
export function largeTable(routes: number, seed: number): readonly FibEntry[] {
  const random = seededRandom(seed);
  const table = new Map<string, FibEntry>();
  while (table.size < routes) {
    const prefix = formatPrefix(
      prefixOf(Math.floor(random.next() * 2 ** 32), 12 + Math.floor(random.next() * 13)),
    );
    table.set(prefix, entry(prefix, `p${Math.floor(random.next() * 16)}`));
  }
  return [...table.values()];
}
