import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  contains,
  formatPrefix,
  maskOf,
  type Prefix,
  parseIpv4,
  parsePrefix,
} from '../../../src/net/address.ts';
import { FibFullError, makeFib, NONE } from '../../../src/routerd/fib/fib.ts';
import { SLOTS, type Slot } from '../../../src/routerd/forwarding/contract.ts';

const prefix = (text: string): Prefix => parsePrefix(text) ?? expect.fail(`${text} is no prefix`);
const address = (text: string): number => parseIpv4(text) ?? expect.fail(`${text} is no address`);

/** The table as anyone would write it first: a list per slot, searched from end to end. */
class NaiveTable {
  readonly #routes = SLOTS.map(() => new Map<string, { prefix: Prefix; group: number }>());

  set(prefix: Prefix, slot: Slot, group: number): void {
    if (group === NONE) this.#routes[slot].delete(formatPrefix(prefix));
    else this.#routes[slot].set(formatPrefix(prefix), { prefix, group });
  }

  lookup(address: number, slot: Slot): number {
    const matching = [...this.#routes[slot].values()].filter((route) => contains(route.prefix, address));
    return matching.sort((a, b) => b.prefix.length - a.prefix.length)[0]?.group ?? NONE;
  }

  entries(slot: Slot): { prefix: Prefix; group: number }[] {
    return [...this.#routes[slot].values()].sort(
      (a, b) => a.prefix.address - b.prefix.address || a.prefix.length - b.prefix.length,
    );
  }
}

/** Addresses that differ in few bits, so that prefixes nest and part at every length. */
const clustered = fc
  .array(fc.nat(31), { maxLength: 3 })
  .map((bits) => bits.reduce((sum, bit) => (sum ^ (1 << bit)) >>> 0, address('10.1.0.0')));
const change = fc.record({
  address: clustered,
  length: fc.nat(32),
  slot: fc.constantFrom<Slot>(0, 1),
  group: fc.oneof(fc.constant(NONE), fc.integer({ min: 1, max: 9 })),
});

describe('the forwarding table', () => {
  it('loses no route when a new one makes it grow', () => {
    const fib = makeFib();
    const prefixes = Array.from({ length: 5000 }, (_, index) => ({
      address: (index << 12) >>> 0,
      length: 24,
    }));
    for (const [index, prefix] of prefixes.entries()) {
      for (const slot of SLOTS) fib.set(prefix, slot, index + 1);
    }
    for (const slot of SLOTS) expect([...fib.entries(slot)]).to.have.length(prefixes.length);
  });

  it('answers as a naive table does, through inserts and withdrawals in both slots', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 120 }),
        fc.array(clustered, { minLength: 20 }),
        // What is looked up in is built from what is there by then, and changed from then on.
        fc.nat(120),
        (changes, asked, askedAfter) => {
          const fib = makeFib();
          const naive = new NaiveTable();
          for (const [index, { address, length, slot, group }] of changes.entries()) {
            if (index === askedAfter) expect(fib.lookup(asked[0], 0)).to.equal(naive.lookup(asked[0], 0));
            const prefix = { address: (address & maskOf(length)) >>> 0, length };
            fib.set(prefix, slot, group);
            naive.set(prefix, slot, group);
            expect(fib.get(prefix, slot)).to.equal(group);
          }
          for (const slot of SLOTS) {
            expect([...fib.entries(slot)]).to.deep.equal(naive.entries(slot));
            for (const address of [...asked, ...changes.map((change) => change.address)]) {
              expect(fib.lookup(address, slot)).to.equal(naive.lookup(address, slot));
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps nothing of what is withdrawn', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
        const fib = makeFib();
        for (const group of [1, NONE]) {
          for (const { address, length, slot } of changes) {
            fib.set({ address: (address & maskOf(length)) >>> 0, length }, slot, group);
          }
          fib.lookup(0, 0);
        }
        expect(fib.prefixes).to.equal(0);
        expect(fib.memory).to.deep.equal(makeFib().memory);
      }),
    );
  });

  it('has no route in one slot for what only the other slot knows', () => {
    const fib = makeFib();
    fib.set(prefix('10.0.0.0/8'), 0, 1);
    fib.set(prefix('10.0.0.0/8'), 1, 2);
    fib.set(prefix('10.1.0.0/16'), 1, 3);
    expect(fib.lookup(address('10.1.2.3'), 0)).to.equal(1);
    expect(fib.lookup(address('10.1.2.3'), 1)).to.equal(3);
    expect(fib.lookup(address('11.0.0.1'), 1)).to.equal(NONE);
  });

  it('knows the ends of the address space: the default route and host routes', () => {
    const fib = makeFib();
    fib.set(prefix('0.0.0.0/0'), 0, 1);
    fib.set(prefix('255.255.255.255/32'), 0, 2);
    fib.set(prefix('0.0.0.0/32'), 0, 3);
    expect(fib.lookup(address('255.255.255.255'), 0)).to.equal(2);
    expect(fib.lookup(address('255.255.255.254'), 0)).to.equal(1);
    expect(fib.lookup(0, 0)).to.equal(3);
    expect(fib.lookup(0, 1)).to.equal(NONE);
  });

  it('refuses, by name, more prefixes than its limit, and still answers', () => {
    const fib = makeFib(2);
    fib.set(prefix('10.0.0.0/8'), 0, 1);
    fib.set(prefix('192.0.0.0/8'), 0, 2);
    expect(() => fib.set(prefix('172.16.0.0/12'), 0, 3)).to.throw(FibFullError, '2 prefixes');
    expect(fib.lookup(address('10.0.0.1'), 0)).to.equal(1);
    expect(fib.lookup(address('192.0.0.1'), 0)).to.equal(2);
  });
});
