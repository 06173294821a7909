import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { prefixOf } from '../../../../src/net/address.ts';
import type { Nlri } from '../../../../src/routerd/protocols/bgp/contract.ts';
import { Destinations, NO_DESTINATION } from '../../../../src/routerd/protocols/bgp/destinations.ts';

const nlri = fc
  .record({
    address: fc.oneof(fc.constantFrom(0, 0x0a000000, 0xffffffff), fc.nat(0xffffffff)),
    length: fc.constantFrom(0, 8, 24, 32),
    rd: fc.constantFrom(undefined, '0000fde800000001', '0000fde800000002'),
  })
  .map(
    ({ address, length, rd }): Nlri => ({
      prefix: prefixOf(address, length),
      ...(rd !== undefined && { rd }),
    }),
  );

describe('numbers of destinations', () => {
  it('are one for each prefix and distinguisher, and given again once released', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), nlri), { maxLength: 200 }), (steps) => {
        const destinations = new Destinations();
        const known = new Map<string, number>();
        for (const [what, each] of steps) {
          const key = JSON.stringify(each);
          expect(destinations.find(each)).to.equal(known.get(key) ?? NO_DESTINATION);
          const number = known.get(key);
          if (what === 0 && number !== undefined) {
            destinations.release(number);
            known.delete(key);
          } else if (what > 0) {
            const taken = destinations.take(each);
            expect(taken).to.equal(number ?? taken);
            known.set(key, taken);
            expect(destinations.nlri(taken)).to.deep.equal(each);
          }
        }
        expect(destinations.size).to.equal(known.size);
        expect(new Set(known.values()).size).to.equal(known.size);
        for (const [key, number] of known) {
          expect(destinations.find(JSON.parse(key))).to.equal(number);
          expect(destinations.isUsed(number)).to.equal(true);
        }
      }),
    );
  });

  it('stay small where a hundred thousand prefixes come and go', () => {
    const destinations = new Destinations();
    for (let turn = 0; turn < 100; turn++) {
      const numbers = Array.from({ length: 1000 }, (_, at) =>
        destinations.take({ prefix: { address: (turn * 1000 + at) * 256, length: 24 } }),
      );
      expect(Math.max(...numbers)).to.be.below(1000);
      for (const number of numbers) destinations.release(number);
    }
    expect(destinations.size).to.equal(0);
  });
});
