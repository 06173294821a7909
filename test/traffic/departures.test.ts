import { expect } from 'chai';
import { describe, it } from 'mocha';
import { changingDepartures, departures, every, intervalOf } from '../../src/traffic/departures.ts';
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

describe('departures at rates that change', () => {
  const NEVER = Number.POSITIVE_INFINITY;
  /** 1,000 a second for a second, then none for two, then 100 a second. */
  const STRETCHES = [
    { fromNs: 0, intervalNs: MILLISECOND },
    { fromNs: SECOND, intervalNs: NEVER },
    { fromNs: 3 * SECOND, intervalNs: 10 * MILLISECOND },
  ];
  const ARRIVALS = [
    { kind: 'constant' },
    { kind: 'poisson' },
    { kind: 'on-off', onNs: 20 * MILLISECOND, offNs: 20 * MILLISECOND },
  ] as const;

  /** Departures before a time. */
  function until(endNs: number, next: () => number): readonly number[] {
    const times: number[] = [];
    for (let at = next(); at < endNs; at = next()) times.push(at);
    return times;
  }

  it('have each rate in its stretch, pause where it is 0, and hold the last to the end', () => {
    for (const arrival of ARRIVALS) {
      const times = until(13 * SECOND, changingDepartures(arrival, STRETCHES, random()));
      const between = (from: number, to: number) => times.filter((at) => at >= from && at < to).length;
      const share = arrival.kind === 'on-off' ? 0.5 : 1;
      expect(between(0, SECOND)).to.be.closeTo(1000 * share, arrival.kind === 'constant' ? 1 : 200);
      expect(between(SECOND, 3 * SECOND)).to.equal(0);
      expect(between(3 * SECOND, 13 * SECOND)).to.be.closeTo(
        1000 * share,
        arrival.kind === 'constant' ? 1 : 200,
      );
      expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
    }
  });

  it('end for good where the last rate is 0, and may begin with a pause', () => {
    const next = changingDepartures(ARRIVALS[0], STRETCHES.slice(0, 2), random());
    expect(until(100 * SECOND, next)).to.have.length(1000);
    expect([next(), next()]).to.deep.equal([NEVER, NEVER]);
    const late = changingDepartures(
      ARRIVALS[0],
      [
        { fromNs: 0, intervalNs: NEVER },
        { fromNs: SECOND, intervalNs: MILLISECOND },
      ],
      random(),
    );
    expect(late()).to.be.within(SECOND, SECOND + MILLISECOND);
  });

  it('are on average those of the rate, however short the stretches', () => {
    // 2,000 stretches of 0.7 packets each, at two rates in turn.
    for (const arrival of ARRIVALS.slice(0, 2)) {
      const stretches = Array.from({ length: 2000 }, (_, n) => ({
        fromNs: n * 7 * MILLISECOND,
        intervalNs: n % 2 === 0 ? 10 * MILLISECOND : 20 * MILLISECOND,
      }));
      const times = until(14 * SECOND, changingDepartures(arrival, stretches, random()));
      expect(times.length).to.be.closeTo(700 + 350, 120);
    }
  });

  it('are refused where any stretch makes no schedule', () => {
    const onOff = { kind: 'on-off', onNs: 1, offNs: 1 } as const;
    const stretches = [
      { fromNs: 0, intervalNs: 1 },
      { fromNs: SECOND, intervalNs: SECOND },
    ];
    expect(() => changingDepartures(onOff, stretches, random())).to.throw(RangeError);
  });
});
