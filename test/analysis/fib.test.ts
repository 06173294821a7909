import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { diffFibs, Fib, formatNextHops, groupDifferences } from '../../src/analysis/fib.ts';
import {
  contains,
  formatIpv4,
  formatPrefix,
  type Prefix,
  parsePrefix,
  prefixOf,
} from '../../src/net/address.ts';
import type { FibEntry, NextHop } from '../../src/world/observation.ts';

const by = (port: string): NextHop => ({ kind: 'gateway', port, gateway: '10.0.0.1' });
const entry = (prefix: string, ...ports: readonly string[]): FibEntry => ({
  prefix,
  nextHops: ports.map(by),
});

describe('a FIB snapshot', () => {
  it('finds the longest prefix, as a naive search does', () => {
    const prefix = fc
      .tuple(fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 }))
      .map(([address, length]) => prefixOf(address, length));
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 40 }), fc.nat(0xffffffff), (prefixes, address) => {
        const unique = [...new Set(prefixes.map(formatPrefix))];
        const fib = new Fib(unique.map((text) => entry(text, 'p')));
        const best = unique
          .map((text) => parsePrefix(text))
          .filter((candidate): candidate is Prefix => candidate !== undefined && contains(candidate, address))
          .reduce<Prefix | undefined>((a, b) => (a === undefined || b.length > a.length ? b : a), undefined);
        expect(fib.lookup(formatIpv4(address))?.prefix).to.equal(
          best === undefined ? undefined : formatPrefix(best),
        );
      }),
    );
  });

  it('has no route for what is no address', () => {
    expect(new Fib([entry('0.0.0.0/0', 'p')]).lookup('<nowhere>')).to.equal(undefined);
  });
});

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
});
