/** The table under test and another trie, changed alike: for tables too large for the naive one. */
import { expect } from 'chai';
import { maskOf, type Prefix } from '../../../src/net/address.ts';
import { type Fib, makeFib } from '../../../src/routerd/fib/fib.ts';
import { SLOTS, type Slot } from '../../../src/routerd/forwarding/contract.ts';
import { BinaryTrie } from './binary-trie.ts';

export class Pair {
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

  /** All routes of both slots. */
  expectSameEntries(): void {
    for (const slot of SLOTS) {
      expect(digest(this.fib.entries(slot))).to.equal(digest(this.reference.entries(slot)));
    }
  }
}

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
