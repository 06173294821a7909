import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Fib, formatNextHops } from '../../src/analysis/fib.ts';
import { diffFibs, groupDifferences } from '../../src/analysis/fib-diff.ts';
import type { FibEntry } from '../../src/world/observation.ts';
import { crowdedTable, entry } from './fib-support.ts';

describe('the difference of two FIBs', () => {
  const before = [entry('10.0.0.0/8', 'a'), entry('9.0.0.0/8', 'a'), entry('11.0.0.0/8', 'a', 'b')];
  const after = [entry('10.0.0.0/8', 'b'), entry('11.0.0.0/8', 'b', 'a'), entry('12.0.0.0/8', 'a')];

  it('names what was added, removed and changed, by prefix; the order of an ECMP group means nothing', () => {
    expect(diffFibs(before, after).map(({ prefix, change }) => `${prefix} ${change}`)).to.deep.equal([
      '9.0.0.0/8 removed',
      '10.0.0.0/8 changed',
      '12.0.0.0/8 added',
    ]);
    expect(diffFibs(before, before)).to.deep.equal([]);
  });

  it('is grouped by what changed to what, most prefixes first', () => {
    const many = [entry('1.0.0.0/8', 'a'), entry('2.0.0.0/8', 'a'), entry('3.0.0.0/8', 'b')];
    const moved = [entry('1.0.0.0/8', 'b'), entry('2.0.0.0/8', 'b')];
    const groups = groupDifferences(diffFibs(many, moved));
    expect(
      groups.map(({ from, to, prefixes }) => [formatNextHops(from), formatNextHops(to), prefixes]),
    ).to.deep.equal([
      ['10.0.0.1 by a', '10.0.0.1 by b', ['1.0.0.0/8', '2.0.0.0/8']],
      ['10.0.0.1 by b', 'no route', ['3.0.0.0/8']],
    ]);
  });

  it('tells what a table does with a prefix that it lacks: the longest shorter one has it', () => {
    const table = [entry('0.0.0.0/0', 'a'), entry('10.0.0.0/8', 'b'), entry('10.1.0.0/16', 'c')];
    const without = table.filter(({ prefix }) => prefix !== '10.1.0.0/16');
    const [removed] = diffFibs(table, without);
    expect([removed.change, removed.instead]).to.deep.equal(['removed', entry('10.0.0.0/8', 'b')]);
    const [added] = diffFibs(without, table);
    expect([added.change, added.instead]).to.deep.equal(['added', entry('10.0.0.0/8', 'b')]);
    expect(diffFibs([], table).every(({ instead }) => instead === undefined)).to.equal(true);
  });

  it('sets apart prefixes that vanished into different routes, and not those into the same by different prefixes', () => {
    const shorter = [entry('10.0.0.0/8', 'x'), entry('11.0.0.0/8', 'x'), entry('12.0.0.0/8', 'y')];
    const longer = ['10.1.0.0/16', '11.1.0.0/16', '12.1.0.0/16'].map((prefix) => entry(prefix, 'z'));
    const groups = groupDifferences(diffFibs([...shorter, ...longer], shorter));
    expect(groups.map(({ prefixes, instead }) => [prefixes, instead?.prefixes])).to.deep.equal([
      [
        ['10.1.0.0/16', '11.1.0.0/16'],
        ['10.0.0.0/8', '11.0.0.0/8'],
      ],
      [['12.1.0.0/16'], ['12.0.0.0/8']],
    ]);
  });

  it('is what a naive comparison finds, in any order of the tables', () => {
    fc.assert(
      fc.property(crowdedTable, crowdedTable, (a, b) => {
        const differences = diffFibs(a, b);
        expect(new Map(differences.map(({ prefix, from, to }) => [prefix, [from, to]]))).to.deep.equal(
          naive(a, b),
        );
        for (const { prefix, change, instead } of differences) {
          const other = change === 'added' ? a : b;
          const expected =
            change === 'changed' ? undefined : new Fib(other).lookup(prefix.replace(/\/.*/, ''));
          // Where a longer prefix begins at the same address the naive lookup finds that one.
          if (expected === undefined || lengthOf(expected) < lengthOf({ prefix })) {
            expect(instead).to.deep.equal(expected);
          }
        }
      }),
    );
  });
});

const lengthOf = ({ prefix }: Pick<FibEntry, 'prefix'>): number => Number(prefix.split('/')[1]);

function naive(a: readonly FibEntry[], b: readonly FibEntry[]): ReadonlyMap<string, unknown> {
  const hops = (table: readonly FibEntry[], prefix: string): FibEntry['nextHops'] =>
    table.find((candidate) => candidate.prefix === prefix)?.nextHops ?? [];
  const prefixes = new Set([...a, ...b].map(({ prefix }) => prefix));
  return new Map(
    [...prefixes]
      .map((prefix): [string, unknown[]] => [prefix, [hops(a, prefix), hops(b, prefix)]])
      .filter(([, [from, to]]) => JSON.stringify(from) !== JSON.stringify(to)),
  );
}
