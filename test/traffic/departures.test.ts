import { expect } from 'chai';
import { describe, it } from 'mocha';
import { departures, every, intervalOf } from '../../src/traffic/departures.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { seededRandom } from '../../src/world/random.ts';

const random = () => seededRandom(4711).fork('flow 1');

/** The first `count` departures. */
function take(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

describe('departures', () => {
  it('of a constant rate are exact after millions of packets, however odd the interval', () => {
    const intervalNs = intervalOf(1237, 7_777_777);
    const next = every(intervalNs);
    const last = take(3_000_001, next)[3_000_000];
    expect(Math.abs(last - (3_000_000 * 1237 * 8 * 1e9) / 7_777_777)).to.be.lessThan(1);
  });

  it('of a constant rate begin at a phase within the first interval, another for another flow', () => {
    const phases = [1, 2, 3, 4, 5].map((flow) =>
      departures({ kind: 'constant' }, 1000, seededRandom(1).fork(`flow ${flow}`))(),
    );
    for (const phase of phases) expect(phase).to.be.within(0, 1000);
    expect(new Set(phases).size).to.equal(5);
  });

  it('are the same for the same seed', () => {
    for (const arrival of [
      { kind: 'constant' },
      { kind: 'poisson' },
      { kind: 'on-off', onNs: 5000, offNs: 9000 },
    ] as const) {
      expect(take(1000, departures(arrival, 1000, random()))).to.deep.equal(
        take(1000, departures(arrival, 1000, random())),
      );
    }
  });

  it('of a Poisson process lie apart by exponential times: mean and standard deviation are the interval', () => {
    const count = 200_000;
    const times = take(count, departures({ kind: 'poisson' }, 1000, random()));
    const gaps = times.map((time, i) => time - (i === 0 ? 0 : times[i - 1]));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / count;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / count;
    // Standard errors: 1000 / sqrt(count) = 2.2 for the mean, about twice that for the deviation.
    expect(mean).to.be.closeTo(1000, 9);
    expect(Math.sqrt(variance)).to.be.closeTo(1000, 18);
    const longerThanMean = gaps.filter((gap) => gap > 1000).length / count;
    expect(longerThanMean).to.be.closeTo(Math.exp(-1), 0.005);
  });

  it('of a Poisson process fall into equal times by Poisson counts: variance equals mean', () => {
    const counts = new Array<number>(20_000).fill(0);
    for (const time of take(200_000, departures({ kind: 'poisson' }, 1000, random()))) {
      const slot = Math.floor(time / 10_000);
      if (slot < counts.length) counts[slot]++;
    }
    const used = counts.slice(0, 19_000);
    const mean = used.reduce((sum, n) => sum + n, 0) / used.length;
    const variance = used.reduce((sum, n) => sum + (n - mean) ** 2, 0) / used.length;
    expect(variance / mean).to.be.closeTo(1, 0.05);
  });

  it('of an on-off source keep the constant interval while on, and the share of on time in the long run', () => {
    const onNs = 20 * MILLISECOND;
    const offNs = 30 * MILLISECOND;
    const intervalNs = MILLISECOND;
    const times = take(400_000, departures({ kind: 'on-off', onNs, offNs }, intervalNs, random()));
    const gaps = times.slice(1).map((time, i) => time - times[i]);
    expect(gaps.every((gap) => gap > intervalNs - 1)).to.equal(true);
    const sameBurst = gaps.filter((gap) => gap < intervalNs + 1).length / gaps.length;
    // A burst goes on for the next interval with probability e^(-interval / on).
    expect(sameBurst).to.be.closeTo(Math.exp(-intervalNs / onNs), 0.003);
    const duty = (times.length * intervalNs) / times[times.length - 1];
    expect(duty).to.be.closeTo(0.4, 0.01);
  });

  it('of an on-off source are no denser at the start than later', () => {
    let early = 0;
    const flows = 4000;
    for (let flow = 0; flow < flows; flow++) {
      const arrival = { kind: 'on-off', onNs: 20 * MILLISECOND, offNs: 30 * MILLISECOND } as const;
      const next = departures(arrival, MILLISECOND, seededRandom(flow));
      while (next() < 5 * MILLISECOND) early++;
    }
    expect(early / flows).to.be.closeTo(5 * 0.4, 0.15);
  });

  it('refuse intervals and on times of which no schedule can be made', () => {
    for (const intervalNs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => every(intervalNs)).to.throw(RangeError);
      expect(() => departures({ kind: 'poisson' }, intervalNs, random())).to.throw(RangeError);
    }
    expect(() => departures({ kind: 'on-off', onNs: 0, offNs: 1 }, 1000, random())).to.throw(RangeError);
    expect(() => departures({ kind: 'on-off', onNs: 1, offNs: SECOND }, SECOND, random())).to.throw(
      RangeError,
    );
  });
});
