import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type CoveredChange, compareFibs } from '../../src/analysis/fib-covers.ts';
import { formatPrefix, maskOf, type Prefix, parsePrefix, prefixOf } from '../../src/net/address.ts';
import type { FibEntry } from '../../src/world/observation.ts';
import { crowdedTable, entry, largeTable } from './fib-support.ts';

const moved = (table: readonly FibEntry[], ...prefixes: readonly string[]): readonly CoveredChange[] =>
  compareFibs(
    table,
    table.map((row) => (prefixes.includes(row.prefix) ? entry(row.prefix, 'elsewhere') : row)),
  );

const table = [
  '10.1.0.0/16',
  '10.1.4.0/24',
  '10.1.5.0/24',
  '10.1.7.0/24',
  '10.2.0.0/16',
  '10.3.0.0/16',
  '172.16.0.0/12',
].map((prefix) => entry(prefix, 'a'));

describe('the covers of a group of prefixes', () => {
  it('say where a whole region moved: nothing else has a route in a cover', () => {
    const [change] = moved(table, '10.1.4.0/24', '10.1.5.0/24', '10.1.7.0/24');
    expect(change.covers).to.deep.equal(['10.1.4.0/22']);
    expect(change.cover).to.equal('10.1.4.0/22');
  });

  it('stay apart where something between them did not move; the shared cover contains them all', () => {
    const [change] = moved(table, '10.1.4.0/24', '10.1.7.0/24', '10.3.0.0/16');
    expect(change.covers).to.deep.equal(['10.1.4.0/24', '10.1.7.0/24', '10.3.0.0/16']);
    expect(change.cover).to.equal('10.0.0.0/14');
  });

  it('do not take a prefix for its longer ones: moved with one beneath it that stayed, it stands alone', () => {
    const [change] = moved(table, '10.1.0.0/16', '10.1.4.0/24', '10.1.5.0/24');
    expect(change.covers).to.deep.equal(['10.1.0.0/16', '10.1.4.0/23']);
  });

  it('do not climb to a prefix that did not move', () => {
    const [change] = moved(
      ['10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9'].map((prefix) => entry(prefix, 'a')),
      '10.0.0.0/9',
      '10.128.0.0/9',
    );
    expect(change.covers).to.deep.equal(['10.0.0.0/9', '10.128.0.0/9']);
    expect(change.cover).to.equal('10.0.0.0/8');
  });

  it('keep their promise on any two tables', () => {
    fc.assert(
      fc.property(crowdedTable, crowdedTable, (a, b) => {
        const all = [...new Set([...a, ...b].map(({ prefix }) => prefix))].map(read);
        for (const { prefixes, cover, covers } of compareFibs(a, b)) {
          const group = prefixes.map(read);
          const others = all.filter((prefix) => !prefixes.includes(formatPrefix(prefix)));
          expect(read(cover)).to.deep.equal(longestAround(group));
          for (const prefix of group)
            expect(covers.map(read).some((one) => holds(one, prefix))).to.equal(true);
          for (const text of covers) {
            const one = read(text);
            const inside = group.filter((prefix) => holds(one, prefix));
            const strange = others.filter((prefix) => holds(one, prefix));
            if (strange.length > 0) expect(prefixes).to.include(text);
            else expect(one, 'as long as it can be').to.deep.equal(longestAround(inside));
          }
          expect(covers.length, 'the shortest list').to.equal(fewest(group, others));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are found in two tables of 100,000 routes that share a third of their prefixes', () => {
    const shared = largeTable(33_000, 1);
    const a = [...new Map([...shared, ...largeTable(67_000, 2)].map((row) => [row.prefix, row])).values()];
    const b = [...new Map([...shared, ...largeTable(67_000, 3)].map((row) => [row.prefix, row])).values()];
    const changes = compareFibs(a, b);
    const changed = new Set(changes.flatMap(({ prefixes }) => prefixes));
    const same = a.filter((row) => !changed.has(row.prefix));
    const inB = new Map(b.map((row) => [row.prefix, JSON.stringify(row)]));
    expect(same.every((row) => inB.get(row.prefix) === JSON.stringify(row))).to.equal(true);
    expect(changed.size + same.length).to.equal(new Set([...a, ...b].map(({ prefix }) => prefix)).size);
    for (const { prefixes, covers } of changes) expect(covers.length).to.be.at.most(prefixes.length);
  });
});

function read(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`no prefix: ${text}`);
  return prefix;
}

const holds = (outer: Prefix, inner: Prefix): boolean =>
  outer.length <= inner.length && (inner.address & maskOf(outer.length)) >>> 0 === outer.address;

function longestAround(prefixes: readonly Prefix[]): Prefix {
  for (let length = 32; ; length--) {
    const candidate = prefixOf(prefixes[0].address, length);
    if (prefixes.every((prefix) => holds(candidate, prefix))) return candidate;
  }
}

/** Counted from the definition: a prefix of the group begins a cover where no shorter one around it could hold it. */
function fewest(group: readonly Prefix[], others: readonly Prefix[]): number {
  const tops = new Set<string>();
  for (const prefix of group) {
    let top = formatPrefix(prefix);
    for (let length = prefix.length; length >= 0; length--) {
      const candidate = prefixOf(prefix.address, length);
      if (!others.some((other) => holds(candidate, other))) top = formatPrefix(candidate);
    }
    tops.add(top);
  }
  return tops.size;
}
