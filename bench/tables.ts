/** The forwarding table by itself, beside the simplest table that is not slow: a hash per prefix length. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Ipv4, maskOf, type Prefix, parsePrefix, prefixOf } from '../src/net/address.ts';
import { type Fib, makeFib, NONE } from '../src/routerd/fib/fib.ts';
import { SLOTS } from '../src/routerd/forwarding/contract.ts';
import { seededRandom } from '../src/world/random.ts';
import { type Figure, median } from './figure.ts';

const FULL_TABLE = '../shared/data/bgp/bart-fulltable-prefixes.txt.gz';
const GROUPS = 64;

/** Prefixes of the Internet's full table where it is at hand, made up otherwise: `from` says which. */
export function prefixesToHold(limit: number): {
  readonly from: string;
  readonly prefixes: readonly Prefix[];
} {
  if (!existsSync(FULL_TABLE)) return { from: 'random ones', prefixes: randomPrefixes(limit) };
  const lines = gunzipSync(readFileSync(FULL_TABLE)).toString('latin1').split('\n', limit);
  const prefixes = lines.flatMap((line) => parsePrefix(line.trim()) ?? []);
  return { from: 'a full table of the Internet', prefixes };
}

export function tables(
  from: string,
  prefixes: readonly Prefix[],
  lookups: number,
  rounds: number,
): readonly Figure[] {
  const random = seededRandom(1, 'lookups');
  const addresses = Uint32Array.from({ length: lookups }, () => {
    const { address, length } = prefixes[Math.floor(random.next() * prefixes.length)];
    return (address | (Math.floor(random.next() * 0x100000000) & ~maskOf(length))) >>> 0;
  });
  const trie = measure(makeFib, prefixes, addresses, rounds);
  const hash = measure(() => new HashTable(), prefixes, addresses, rounds);
  if (trie.sum !== hash.sum) throw new Error('the two tables give different answers');
  return [
    { name: `prefixes in both slots (${from})`, value: prefixes.length, unit: '' },
    { name: 'lookups', value: trie.lookupsPerSecond, unit: '/s' },
    { name: 'inserts', value: trie.insertsPerSecond, unit: '/s' },
    { name: 'lookups in a hash per length', value: hash.lookupsPerSecond, unit: '/s' },
    { name: 'inserts there', value: hash.insertsPerSecond, unit: '/s' },
  ];
}

interface Rates {
  readonly lookupsPerSecond: number;
  readonly insertsPerSecond: number;
  /** Of all answers: equal tables, equal sums. */
  readonly sum: number;
}

type Table = Pick<Fib, 'set' | 'lookup'>;

function measure(
  make: () => Table,
  prefixes: readonly Prefix[],
  addresses: Uint32Array,
  rounds: number,
): Rates {
  const insertRates: number[] = [];
  const lookupRates: number[] = [];
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    const table = make();
    let startedMs = performance.now();
    for (let at = 0; at < prefixes.length; at++) {
      for (const slot of SLOTS) table.set(prefixes[at], slot, 1 + ((at + slot) % GROUPS));
    }
    insertRates.push((prefixes.length * SLOTS.length * 1000) / (performance.now() - startedMs));
    startedMs = performance.now();
    sum = 0;
    for (let at = 0; at < addresses.length; at++) sum += table.lookup(addresses[at], at & 1 ? 1 : 0);
    lookupRates.push((addresses.length * 1000) / (performance.now() - startedMs));
  }
  return { lookupsPerSecond: median(lookupRates), insertsPerSecond: median(insertRates), sum };
}

class HashTable implements Table {
  readonly #slots = SLOTS.map(() => Array.from({ length: 33 }, () => new Map<number, number>()));

  set({ address, length }: Prefix, slot: number, group: number): void {
    this.#slots[slot][length].set(address, group);
  }

  lookup(address: Ipv4, slot: number): number {
    const byLength = this.#slots[slot];
    for (let length = 32; length >= 0; length--) {
      if (byLength[length].size === 0) continue;
      const group = byLength[length].get((address & maskOf(length)) >>> 0);
      if (group !== undefined) return group;
    }
    return NONE;
  }
}

/** Lengths as on the Internet, roughly: three of five are /24, the others between /12 and /23. */
function randomPrefixes(count: number): readonly Prefix[] {
  const random = seededRandom(1, 'prefixes');
  const byKey = new Map<number, Prefix>();
  while (byKey.size < count) {
    const length = random.next() < 0.6 ? 24 : 12 + Math.floor(random.next() * 12);
    const prefix = prefixOf(Math.floor(random.next() * 0xe0000000), length);
    byKey.set(prefix.address * 64 + length, prefix);
  }
  return [...byKey.values()];
}
