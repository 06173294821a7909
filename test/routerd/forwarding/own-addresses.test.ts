import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { OwnAddresses } from '../../../src/routerd/forwarding/own-addresses.ts';

describe('own addresses', () => {
  it('are those that were added since they were cleared, and no others', () => {
    const address = fc.oneof(fc.nat(0xffffffff), fc.nat(2000));
    const some = fc.array(address, { maxLength: 100 });
    fc.assert(
      fc.property(some, some, some, (before, added, asked) => {
        const own = new OwnAddresses();
        for (const one of before) own.add(one);
        own.clear();
        for (const one of added) own.add(one);
        for (const one of [...before, ...added, ...asked]) expect(own.has(one)).to.equal(added.includes(one));
      }),
    );
  });
});
