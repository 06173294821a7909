/** Real tables, with the next hops that they had, and real updates to them. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { contains, formatPrefix, type Prefix } from '../../../src/net/address.ts';
import { type Fib, makeFib, NONE } from '../../../src/routerd/fib/fib.ts';
import { SLOTS, type Slot } from '../../../src/routerd/forwarding/contract.ts';
import { type Random, seededRandom } from '../../../src/world/random.ts';
import { Pair } from './pair.ts';
import { bgpUpdates, fullTablePrefixes, internet2Tables, jinxTable, type RealRoute } from './real-tables.ts';

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);
const anySlot = (random: Random): Slot => (random.next() < 0.5 ? 0 : 1);
const anyGroup = (random: Random): number => 1 + below(random, 64);

/** Next hops as the groups that a router would number them by: from 1, as they appear. */
class Numbers {
  readonly #known = new Map<string, number>();

  of(nextHop: string | undefined): number {
    if (nextHop === undefined) return NONE;
    const number = this.#known.get(nextHop) ?? this.#known.size + 1;
    this.#known.set(nextHop, number);
    return number;
  }
}

/** The longest match as its definition has it, from all routes. */
function naiveLookup(routes: readonly RealRoute[], address: number, numbers: Numbers): number {
  const matching = routes.filter(({ prefix }) => contains(prefix, address));
  const longest = matching.sort((a, b) => b.prefix.length - a.prefix.length)[0];
  return longest === undefined ? NONE : numbers.of(longest.nextHop);
}

function expectNaiveAnswers(fib: Fib, slot: Slot, routes: readonly RealRoute[], numbers: Numbers): void {
  for (let at = 0; at < routes.length; at += 300) {
    const { address } = routes[at].prefix;
    for (const asked of [address, (address - 1) >>> 0, (address + 77) >>> 0]) {
      expect(fib.lookup(asked, slot), String(asked)).to.equal(naiveLookup(routes, asked, numbers));
    }
  }
}

describe('the forwarding table with real routes', () => {
  it('holds a full table of the Internet, sampled, in either slot, with changes', function () {
    const sampled = fullTablePrefixes()?.filter((_, at) => at % 8 === 0);
    if (sampled === undefined) return this.skip();
    expect(sampled.length).to.be.above(100_000);
    const random = seededRandom(1, 'full table');
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
    pair.expectSameEntries();
  });

  it("holds a peer's table at JINX", function () {
    const table = jinxTable()?.filter(({ prefix }) => prefix.address % 0x500 === 0);
    if (table === undefined) return this.skip();
    expect(table.length).to.be.above(65_536);
    const numbers = new Numbers();
    const pair = new Pair();
    for (const { prefix, nextHop } of table) pair.set(prefix, 0, numbers.of(nextHop));
    pair.expectSameAnswers(
      table.map(({ prefix }) => prefix),
      3,
    );
    pair.expectSameEntries();
  });

  it('follows what BGP speakers announced and withdrew, half of them in each slot', function () {
    const updates = bgpUpdates();
    if (updates === undefined) return this.skip();
    const withdrawals = updates.filter(({ nextHop }) => nextHop === undefined).length;
    expect([updates.length > 130_000, withdrawals > 10_000]).to.deep.equal([true, true]);
    const numbers = new Numbers();
    const peers = new Numbers();
    const pair = new Pair();
    const prefixes = updates.map(({ prefix }) => prefix);
    for (const [at, { peer, prefix, nextHop }] of updates.entries()) {
      pair.set(prefix, peers.of(peer) % 2 === 0 ? 0 : 1, numbers.of(nextHop));
      if (at % 30_000 === 0) pair.expectSameAnswers(prefixes, 29);
    }
    pair.expectSameAnswers(prefixes, 7);
    pair.expectSameEntries();
  });

  it("turns its shadow from each of Internet2's nine tables into the next one's", function () {
    const tables = internet2Tables();
    if (tables === undefined) return this.skip();
    const numbers = new Numbers();
    const pair = new Pair();
    const real = tables.get('kans') ?? expect.fail('no table of kans');
    for (const { prefix, nextHop } of real) pair.set(prefix, 0, numbers.of(nextHop));
    let held = new Map<string, Prefix>();
    for (const [router, routes] of tables) {
      expect(routes.length, router).to.be.above(12_000);
      expect(routes.filter(({ nextHop }) => nextHop === '').length, router).to.equal(0);
      const wanted = new Map(routes.map(({ prefix }) => [formatPrefix(prefix), prefix]));
      for (const { prefix, nextHop } of routes) pair.set(prefix, 1, numbers.of(nextHop));
      for (const [text, prefix] of held) if (!wanted.has(text)) pair.set(prefix, 1, NONE);
      pair.expectSameAnswers([...held.values(), ...wanted.values()], 5);
      pair.expectSameEntries();
      expectNaiveAnswers(pair.fib, 1, routes, numbers);
      held = wanted;
    }
    expectNaiveAnswers(pair.fib, 0, real, numbers);
    for (const prefix of [...held.values(), ...real.map(({ prefix }) => prefix)]) {
      for (const slot of SLOTS) pair.set(prefix, slot, NONE);
    }
    expect(pair.fib.memory).to.deep.equal(makeFib().memory);
  });
});
