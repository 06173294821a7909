import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Fib } from '../../src/analysis/fib.ts';
import {
  contains,
  formatIpv4,
  formatPrefix,
  type Prefix,
  parsePrefix,
  prefixOf,
} from '../../src/net/address.ts';
import { entry } from './fib-support.ts';

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
