import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { TrafficLimitError } from '../../src/traffic/limit.ts';
import { MAX_PACKETS, SequenceSet } from '../../src/traffic/sequence-set.ts';

describe('a set of sequence numbers', () => {
  it('says of each number whether it is new, as a plain set would', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 500, size: 'max' }), (numbers) => {
        const set = new SequenceSet();
        const plain = new Set<number>();
        for (const number of numbers) {
          expect(set.add(number)).to.equal(!plain.has(number));
          plain.add(number);
        }
      }),
    );
  });

  it('refuses by name what would take more than its bound of memory', () => {
    expect(() => new SequenceSet().add(MAX_PACKETS)).to.throw(
      TrafficLimitError,
      'more than 134217728 packets',
    );
  });
});
