/** Tables too large for the naive one: held against another trie, at the edges of prefixes, where faults live. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Prefix, prefixOf } from '../../../src/net/address.ts';
import { makeFib, NONE } from '../../../src/routerd/fib/fib.ts';
import { SLOTS, type Slot } from '../../../src/routerd/forwarding/contract.ts';
import { type Random, seededRandom } from '../../../src/world/random.ts';
import { Pair } from './pair.ts';

const GROUPS = 64;

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);
const anySlot = (random: Random): Slot => (random.next() < 0.5 ? 0 : 1);
const anyGroup = (random: Random): number => 1 + below(random, GROUPS);

/** Lengths of all kinds, half of them /24, in a part of the address space, so that they nest. */
function randomPrefixes(count: number, random: Random): readonly Prefix[] {
  return Array.from({ length: count }, () => {
    const length = random.next() < 0.5 ? 24 : 1 + below(random, 32);
    return prefixOf(0x0a000000 + below(random, 0x06000000), length);
  });
}

describe('the forwarding table at scale', () => {
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
});
