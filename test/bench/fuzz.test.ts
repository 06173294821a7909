import { expect } from 'chai';
import { describe, it } from 'mocha';
import { fuzz } from '../../bench/fuzz/fuzz.ts';

describe('a malformed frame', () => {
  it('makes no machine throw or read past its end, 30,000 times', () => {
    const { thrown, throws, readPastEnd, framesOut } = fuzz(30_000, 4711);
    expect(thrown).to.deep.equal([]);
    expect({ throws, readPastEnd }).to.deep.equal({ throws: 0, readPastEnd: 0 });
    expect(framesOut, 'damage that goes deep enough to be forwarded or answered').to.be.above(5000);
  });
});
