/** Tables too large for the naive one: held against another trie, at the edges of prefixes, where faults live. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { maskOf, type Prefix, parseIpv4, parsePrefix, prefixOf } from '../../../src/net/address.ts';
import { type Fib, makeFib, NONE } from '../../../src/routerd/fib/fib.ts';
import { SLOTS, type Slot } from '../../../src/routerd/forwarding/contract.ts';
import { type Random, seededRandom } from '../../../src/world/random.ts';
import { BinaryTrie } from './binary-trie.ts';

const FULL_TABLE = '../shared/data/bgp/bart-fulltable-prefixes.txt.gz';
const JINX_TABLE = '../shared/data/bgp/jinx-20140530-2200-ipv4.prefix-nexthop-aspath.txt.gz';
const GROUPS = 64;

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);
const anySlot = (random: Random): Slot => (random.next() < 0.5 ? 0 : 1);
const anyGroup = (random: Random): number => 1 + below(random, GROUPS);

/** Both tables, changed alike. */
class Pair {
  readonly fib: Fib = makeFib();
  readonly reference = new BinaryTrie();

  set(prefix: Prefix, slot: Slot, group: number): void {
    this.fib.set(prefix, slot, group);
    this.reference.set(prefix, slot, group);
  }

  /** The first and last address of prefixes, and the ones before and after; each asked for in both slots. */
  expectSameAnswers(prefixes: readonly Prefix[], every = 1): void {
    for (let at = 0; at < prefixes.length; at += every) {
      const { address, length } = prefixes[at];
      const last = (address | ~maskOf(length)) >>> 0;
      for (const asked of [address, last, (address - 1) >>> 0, (last + 1) >>> 0]) {
        for (const slot of SLOTS) {
          const answer = this.fib.lookup(asked, slot);
          if (answer !== this.reference.lookup(asked, slot)) {
            expect(answer, `${asked} in slot ${slot}`).to.equal(this.reference.lookup(asked, slot));
          }
        }
      }
    }
  }
}

/** Lengths of all kinds, half of them /24, in a part of the address space, so that they nest. */
function randomPrefixes(count: number, random: Random): readonly Prefix[] {
  return Array.from({ length: count }, () => {
    const length = random.next() < 0.5 ? 24 : 1 + below(random, 32);
    return prefixOf(0x0a000000 + below(random, 0x06000000), length);
  });
}

describe('the forwarding table at scale', function () {
  this.timeout(60_000);

  it('answers as another trie does while its direct table grows, and while it shrinks again', () => {
    const random = seededRandom(1, 'growth');
    const pair = new Pair();
    const prefixes = randomPrefixes(120_000, random);
    for (const [at, prefix] of prefixes.entries()) {
      pair.set(prefix, anySlot(random), anyGroup(random));
      if ([500, 1500, 30_000].includes(at)) pair.expectSameAnswers(prefixes.slice(0, at), 7);
    }
    expect(pair.fib.prefixes).to.be.above(65_536);
    pair.expectSameAnswers(prefixes, 17);
    for (const [at, prefix] of prefixes.entries()) {
      for (const slot of SLOTS) pair.set(prefix, slot, NONE);
      if ([60_000, 115_000, 119_900].includes(at)) pair.expectSameAnswers(prefixes, 37);
    }
    expect(pair.fib.prefixes).to.equal(0);
    expect(pair.fib.memory).to.deep.equal(makeFib().memory);
  });

  it('changes short prefixes over many longer ones, in one slot and in both', () => {
    const random = seededRandom(1, 'short');
    const pair = new Pair();
    const long = randomPrefixes(70_000, random);
    for (const prefix of long) pair.set(prefix, anySlot(random), anyGroup(random));
    for (let change = 0; change < 40; change++) {
      const short = prefixOf(0x0a000000 + below(random, 0x06000000), change % 20);
      const group = random.next() < 0.4 ? NONE : anyGroup(random);
      pair.set(short, anySlot(random), group);
      pair.expectSameAnswers([short, ...long.slice(0, 200)]);
    }
    pair.expectSameAnswers(long, 11);
  });

  it('takes no more after many changes than a new table with the same routes, but for its reserves', () => {
    const random = seededRandom(1, 'churn');
    const fib = makeFib();
    const pool = randomPrefixes(6000, random);
    for (let change = 0; change < 150_000; change++) {
      const group = random.next() < 0.4 ? NONE : anyGroup(random);
      fib.set(pool[below(random, pool.length)], anySlot(random), group);
    }
    const fresh = makeFib();
    for (const slot of SLOTS) {
      for (const { prefix, group } of fib.entries(slot)) fresh.set(prefix, slot, group);
    }
    expect(fib.prefixes).to.equal(fresh.prefixes);
    // A fifth may be free, an eighth is reserve; rows double.
    expect(fib.memory.lookupBytes).to.be.below(fresh.memory.lookupBytes * 1.45);
    expect(fib.memory.changeBytes).to.be.below(fresh.memory.changeBytes * 1.45);
  });

  it('is small for a small router', () => {
    const bytesWith = (count: number): number => {
      const fib = makeFib();
      for (let at = 0; at < count; at++) {
        for (const slot of SLOTS) fib.set(prefixOf(0x0a000000 + at * 256, 24), slot, 1 + (at % 4));
      }
      return fib.memory.lookupBytes + fib.memory.changeBytes;
    };
    expect(bytesWith(0)).to.be.below(2048);
    expect(bytesWith(43)).to.be.below(6 * 1024);
    expect(bytesWith(2000)).to.be.below(64 * 1024);
  });

  it('holds a full table of the Internet, sampled, in either slot, with changes', function () {
    if (!existsSync(FULL_TABLE)) this.skip();
    const random = seededRandom(1, 'full table');
    const lines = gunzipSync(readFileSync(FULL_TABLE)).toString('latin1').split('\n');
    const sampled = lines.filter((_, at) => at % 8 === 0).flatMap((line) => parsePrefix(line.trim()) ?? []);
    expect(sampled.length).to.be.above(100_000);
    const pair = new Pair();
    for (const prefix of sampled) {
      const group = anyGroup(random);
      pair.set(prefix, 0, group);
      if (random.next() < 0.9) pair.set(prefix, 1, random.next() < 0.1 ? anyGroup(random) : group);
    }
    pair.expectSameAnswers(sampled, 3);
    for (let change = 0; change < 20_000; change++) {
      const group = random.next() < 0.3 ? NONE : anyGroup(random);
      pair.set(sampled[below(random, sampled.length)], anySlot(random), group);
    }
    pair.expectSameAnswers(sampled, 3);
    for (const slot of SLOTS) {
      expect(digest(pair.fib.entries(slot))).to.equal(digest(pair.reference.entries(slot)));
    }
  });

  it('holds the JINX table with its real next hops', function () {
    if (!existsSync(JINX_TABLE)) this.skip();
    const groups = new Map<string, number>();
    const prefixes: Prefix[] = [];
    const pair = new Pair();
    for (const line of gunzipSync(readFileSync(JINX_TABLE)).toString('latin1').split('\n')) {
      const [text, nextHop] = line.split('\t');
      const prefix = parsePrefix(text);
      if (prefix === undefined || parseIpv4(nextHop) === undefined || prefix.address % 0x500 !== 0) continue;
      const group = groups.get(nextHop) ?? groups.size + 1;
      groups.set(nextHop, group);
      prefixes.push(prefix);
      pair.set(prefix, 0, group);
    }
    expect(prefixes.length).to.be.above(65_536);
    pair.expectSameAnswers(prefixes, 3);
    expect(digest(pair.fib.entries(0))).to.equal(digest(pair.reference.entries(0)));
  });
});

/** Of entries in their order. */
function digest(entries: Iterable<{ readonly prefix: Prefix; readonly group: number }>): string {
  let hash = 0;
  let count = 0;
  for (const { prefix, group } of entries) {
    count++;
    for (const value of [prefix.address, prefix.length, group]) hash = Math.imul(hash ^ value, 0x01000193);
  }
  return `${count} ${hash}`;
}
