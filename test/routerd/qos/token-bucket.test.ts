import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { TokenBucket } from '../../../src/routerd/qos/token-bucket.ts';

const steps = fc.array(fc.record({ gapNs: fc.nat(5_000_000), bytes: fc.integer({ min: 1, max: 1500 }) }), {
  maxLength: 300,
});

describe('a token bucket', () => {
  it('never lets more pass in any time than the rate brings and one burst', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 8_000, max: 1e8 }), (steps, rateBps) => {
        const bucket = new TokenBucket(rateBps, 3000, 0);
        let now = 0;
        const passed: { now: number; bytes: number }[] = [];
        for (const { gapNs, bytes } of steps) {
          now += gapNs;
          if (bucket.take(bytes, now)) passed.push({ now, bytes });
        }
        for (const [from, first] of passed.entries()) {
          let sum = 0;
          for (const { now, bytes } of passed.slice(from)) {
            sum += bytes;
            expect(sum).to.be.at.most(3000 + ((now - first.now) * rateBps) / 8e9 + 1e-6);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('that is owed to is clear when the rate has paid it back, to the nanosecond', () => {
    const bucket = new TokenBucket(8e6, 1000, 0);
    expect(bucket.clearNs).to.equal(0);
    bucket.owe(1000, 0);
    expect(bucket.clearNs).to.equal(0);
    bucket.owe(1500, 0);
    expect(bucket.clearNs).to.equal(1_500_000);
    bucket.owe(500, 1_500_000);
    expect(bucket.clearNs).to.equal(2_000_000);
  });

  it('sends exactly its rate in the long run, whatever the lengths', () => {
    const bucket = new TokenBucket(1e6, 1500, 0);
    let now = 0;
    let bytes = 0;
    for (let count = 0; count < 10_000; count++) {
      now = Math.max(now, bucket.clearNs);
      const length = 40 + ((count * 997) % 1461);
      bucket.owe(length, now);
      bytes += length;
    }
    expect((bytes * 8e9) / now).to.be.closeTo(1e6, 1e3);
  });
});
