import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { DelayHistogram } from '../../src/traffic/histogram.ts';

const delays = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 1e9 }), fc.maxSafeNat()),
  { minLength: 1, maxLength: 300, size: 'max' },
);

function histogramOf(values: readonly number[]): DelayHistogram {
  const histogram = new DelayHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe('a delay histogram', () => {
  it('tells quantiles by nearest rank within one part in 256, and the rest exactly', () => {
    fc.assert(
      fc.property(delays, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, share) => {
        const histogram = histogramOf(values);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(share * sorted.length) - 1];
        expect(histogram.quantile(share)).to.be.closeTo(exact, exact / 256);
        expect(histogram.min).to.equal(sorted[0]);
        expect(histogram.max).to.equal(sorted[sorted.length - 1]);
        expect(histogram.count).to.equal(values.length);
        expect(histogram.mean).to.equal(values.reduce((sum, value) => sum + value, 0) / values.length);
      }),
    );
  });

  it('is exact up to 255 ns, and for a single value', () => {
    expect(histogramOf([7, 254, 255]).quantile(0.6)).to.equal(254);
    expect(histogramOf([123_456_789]).quantile(0.99)).to.equal(123_456_789);
  });

  it('added to another gives the histogram of all values', () => {
    fc.assert(
      fc.property(delays, delays, (some, others) => {
        const sum = histogramOf(some);
        sum.addAll(histogramOf(others));
        const whole = histogramOf([...some, ...others]);
        for (const share of [0.01, 0.5, 0.99, 1]) {
          expect(sum.quantile(share)).to.equal(whole.quantile(share));
        }
        expect([sum.count, sum.min, sum.max]).to.deep.equal([whole.count, whole.min, whole.max]);
      }),
    );
  });

  it('knows nothing where nothing was added', () => {
    const empty = new DelayHistogram();
    expect([empty.min, empty.mean, empty.max, empty.quantile(0.99)]).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
