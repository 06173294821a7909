/** Values of BGP for tests: arbitrary attributes and routes, and messages put together byte by byte. */
import fc from 'fast-check';
import { prefixOf } from '../../../../src/net/address.ts';
import { compareLarge } from '../../../../src/routerd/protocols/bgp/attribute-codec.ts';
import type {
  AsSegment,
  LargeCommunity,
  PathAttributes,
} from '../../../../src/routerd/protocols/bgp/attributes.ts';
import type { Nlri } from '../../../../src/routerd/protocols/bgp/contract.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const as = fc.integer({ min: 1, max: 0xffffffff });
const hostAddress = fc.integer({ min: 0x01000000, max: 0x7effffff });

const segment: fc.Arbitrary<AsSegment> = fc.record({
  type: fc.constantFrom('set', 'sequence'),
  numbers: fc.array(as, { minLength: 1, maxLength: 12 }),
});

const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

const large: fc.Arbitrary<LargeCommunity> = fc.record({ global: u32, local1: u32, local2: u32 });

const hex = (digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((list) => list.join(''));

const required = fc.record({
  origin: fc.constantFrom(0 as const, 1 as const, 2 as const),
  asPath: fc.array(segment, { maxLength: 4 }),
  nextHop: hostAddress,
  communities: fc.array(u32, { maxLength: 80 }).map(ascending),
  largeCommunities: fc
    .uniqueArray(large, { maxLength: 30, comparator: (a, b) => compareLarge(a, b) === 0 })
    .map((list) => list.sort(compareLarge)),
  extendedCommunities: fc.uniqueArray(hex(16), { maxLength: 5 }).map((list) => list.sort()),
  clusterList: fc.array(u32, { maxLength: 5 }),
  unknown: fc
    .uniqueArray(
      fc.record({
        flags: fc.constant(0xe0),
        type: fc.integer({ min: 40, max: 255 }),
        value: fc.uint8Array({ maxLength: 300 }),
      }),
      { maxLength: 3, selector: ({ type }) => type },
    )
    .map((list) => list.sort((a, b) => a.type - b.type)),
});

const optional = fc.record(
  {
    med: u32,
    atomicAggregate: fc.constant(true as const),
    aggregator: fc.record({ as, address: u32 }),
    originatorId: u32,
  },
  { requiredKeys: [] },
);

/** Any that may come from a neighbour in the same AS. */
export const anyAttributes: fc.Arbitrary<PathAttributes> = fc
  .tuple(required, optional, u32)
  .map(([always, sometimes, localPreference]) => ({ ...always, ...sometimes, localPreference }));

export const anyNlri: fc.Arbitrary<Nlri> = fc
  .tuple(u32, fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => ({ prefix: prefixOf(address, length) }));

export const anyVpnNlri: fc.Arbitrary<Nlri> = fc
  .tuple(anyNlri, hex(16), fc.integer({ min: 0, max: 0xfffff }))
  .map(([{ prefix }, rd, label]) => ({ prefix, rd, label }));

/** An attribute: flags, type, value; long ones get a long length. */
export function attribute(flags: number, type: number, ...value: readonly number[]): readonly number[] {
  return value.length > 255
    ? [flags | 0x10, type, value.length >>> 8, value.length & 255, ...value]
    : [flags, type, value.length, ...value];
}

/** An UPDATE of these bytes. */
export function updateOf(parts: {
  readonly withdrawn?: readonly number[];
  readonly attributes?: readonly (readonly number[])[];
  readonly nlri?: readonly number[];
}): Uint8Array {
  const withdrawn = parts.withdrawn ?? [];
  const attributes = (parts.attributes ?? []).flat();
  const nlri = parts.nlri ?? [];
  const length = 23 + withdrawn.length + attributes.length + nlri.length;
  return new Uint8Array([
    ...Array<number>(16).fill(0xff),
    length >>> 8,
    length & 255,
    2,
    withdrawn.length >>> 8,
    withdrawn.length & 255,
    ...withdrawn,
    attributes.length >>> 8,
    attributes.length & 255,
    ...attributes,
    ...nlri,
  ]);
}
