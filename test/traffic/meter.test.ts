import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { FlowMeter, type WindowResult } from '../../src/traffic/meter.ts';

/** Sends packets 0, 1, ... at these times, marks at 100, 200, ..., and lets copies arrive. */
interface History {
  readonly sentNs: readonly number[];
  /** In any order; sorted by time before they are played. */
  readonly arrivals: readonly { readonly sequence: number; readonly atNs: number }[];
}

const BYTES = 100;
const END = 1000;

/** Random times of sending; each packet is lost, late, early or doubled. */
const histories: fc.Arbitrary<History> = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 30 }),
      delays: fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 3 }),
    }),
    { maxLength: 60, size: 'max' },
  )
  .map((packets) => {
    const sentNs: number[] = [];
    let now = 0;
    for (const { gap } of packets) {
      now += gap;
      sentNs.push(now);
    }
    const arrivals = packets.flatMap(({ delays }, sequence) =>
      delays.map((delay) => ({ sequence, atNs: sentNs[sequence] + delay })),
    );
    return { sentNs, arrivals: arrivals.sort((a, b) => a.atNs - b.atNs || a.sequence - b.sequence) };
  });

/** Plays a history in order of time; a mark comes before what is sent at the same time. */
function play(history: History): FlowMeter {
  const meter = new FlowMeter(0, ['real']);
  const events: { readonly atNs: number; readonly order: number; readonly run: () => void }[] = [];
  for (let at = 100; at <= 2 * END; at += 100) events.push({ atNs: at, order: 0, run: () => meter.mark(at) });
  history.sentNs.forEach((atNs, sequence) => {
    events.push({ atNs, order: 1, run: () => meter.sent(sequence, atNs) });
  });
  for (const { sequence, atNs } of history.arrivals) {
    const run = () =>
      meter.arrived({
        plane: 'real',
        sequence,
        piece: 0,
        sentNs: history.sentNs[sequence],
        arrivedNs: atNs,
        bytes: BYTES,
      });
    events.push({ atNs, order: 2, run });
  }
  events.sort((a, b) => a.atNs - b.atNs || a.order - b.order);
  for (const { run } of events) run();
  return meter;
}

/** The same by keeping everything and following the definitions word by word. */
function recorded(history: History, fromNs: number, toNs: number): WindowResult {
  const inWindow = (sequence: number) =>
    history.sentNs[sequence] >= fromNs && history.sentNs[sequence] < toNs;
  const firsts = history.arrivals.filter(
    ({ sequence }, i) => history.arrivals.findIndex((other) => other.sequence === sequence) === i,
  );
  const mine = firsts.filter(({ sequence }) => inWindow(sequence));
  const delays = mine.map(({ sequence, atNs }) => atNs - history.sentNs[sequence]).sort((a, b) => a - b);
  const reordered = firsts.filter(
    ({ sequence }, i) =>
      inWindow(sequence) && firsts.slice(0, i).some((earlier) => earlier.sequence > sequence),
  ).length;
  let jitter = 0;
  let jitterNs: number | null = null;
  firsts.forEach(({ sequence, atNs }, i) => {
    const before = firsts[i - 1];
    if (before !== undefined) {
      const difference = atNs - before.atNs - (history.sentNs[sequence] - history.sentNs[before.sequence]);
      jitter += (Math.abs(difference) - jitter) / 16;
    }
    if (inWindow(sequence)) jitterNs = Math.round(jitter);
  });
  const sum = delays.reduce((total, delay) => total + delay, 0);
  return {
    sent: history.sentNs.filter((_, sequence) => inWindow(sequence)).length,
    received: mine.length,
    duplicated: history.arrivals.filter(({ sequence }) => inWindow(sequence)).length - mine.length,
    reordered,
    bytes: BYTES * mine.length,
    delayNs: {
      min: delays[0] ?? null,
      mean: delays.length === 0 ? null : Math.round(sum / delays.length),
      p99: delays[Math.ceil(0.99 * delays.length) - 1] ?? null,
      max: delays[delays.length - 1] ?? null,
    },
    jitterNs,
  };
}

describe('a flow meter', () => {
  it('tells of any window what a recorder of every packet tells, under any loss, doubling and reordering', () => {
    const edges = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(histories, edges, (history, [a, b]) => {
        const [fromNs, toNs] = [100 * Math.min(a, b), 100 * Math.max(a, b)];
        const seen = play(history).window('real', fromNs, toNs);
        const expected = recorded(history, fromNs, toNs);
        // p99 comes from bins: exact up to 255 ns, then one part in 256.
        expect(seen.delayNs.p99 ?? -1).to.be.closeTo(expected.delayNs.p99 ?? -1, 2);
        expect({ ...seen, delayNs: { ...seen.delayNs, p99: 0 } }).to.deep.equal({
          ...expected,
          delayNs: { ...expected.delayNs, p99: 0 },
        });
      }),
      { numRuns: 500 },
    );
  });

  it('neither shares a packet between windows that meet nor misses one', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const meter = play(history);
        const whole = meter.window('real', 0, 2 * END);
        const parts = Array.from({ length: 20 }, (_, i) => meter.window('real', 100 * i, 100 * (i + 1)));
        for (const count of ['sent', 'received', 'duplicated', 'reordered', 'bytes'] as const) {
          expect(parts.reduce((sum, part) => sum + part[count], 0)).to.equal(whole[count]);
        }
      }),
    );
  });

  const arrive = (meter: FlowMeter, sequence: number, sentNs: number, arrivedNs: number) =>
    meter.arrived({ plane: 'real', sequence, piece: 0, sentNs, arrivedNs, bytes: BYTES });

  it('counts as reordered what arrives after a later one, as RFC 4737 3.3 defines', () => {
    const reordered = (order: readonly number[]) => {
      const meter = new FlowMeter(0, ['real']);
      for (let sequence = 0; sequence < 10; sequence++) meter.sent(sequence, sequence);
      order.forEach((sequence, i) => {
        arrive(meter, sequence, sequence, 100 + i);
      });
      meter.mark(1000);
      return meter.window('real', 0, 1000).reordered;
    };
    expect(reordered([0, 1, 2, 4, 3, 5])).to.equal(1); // one late by one place
    expect(reordered([4, 0, 1, 2, 3, 5])).to.equal(4); // one early makes all it overtook late
    expect(reordered([0, 2, 4, 6])).to.equal(0); // a loss is no reordering
    expect(reordered([0, 1, 1, 0, 2])).to.equal(0); // nor is a duplicate
  });

  it('follows RFC 3550 in jitter: a sixteenth of each change of transit time', () => {
    const meter = new FlowMeter(0, ['real']);
    [1000, 1160, 1000].forEach((transit, sequence) => {
      meter.sent(sequence, 20_000 * sequence);
      arrive(meter, sequence, 20_000 * sequence, 20_000 * sequence + transit);
    });
    meter.mark(100_000);
    // J1 = 160 / 16 = 10; J2 = 10 + (160 - 10) / 16 = 19.375
    expect(meter.window('real', 0, 100_000).jitterNs).to.equal(19);
  });

  it('keeps the planes of a mirrored flow apart, and counts what arrives where none was expected', () => {
    const mirrored = new FlowMeter(0, ['real', 'shadow']);
    mirrored.sent(0, 5);
    mirrored.arrived({ plane: 'shadow', sequence: 0, piece: 0, sentNs: 5, arrivedNs: 9, bytes: BYTES });
    mirrored.mark(10);
    expect(mirrored.window('shadow', 0, 10)).to.include({ sent: 1, received: 1 });
    expect(mirrored.window('real', 0, 10)).to.include({ sent: 1, received: 0 });

    const shadow = new FlowMeter(0, ['shadow']);
    shadow.sent(0, 5);
    arrive(shadow, 0, 5, 9);
    shadow.mark(10);
    expect(shadow.strays).to.equal(1);
    expect(shadow.window('shadow', 0, 10)).to.include({ sent: 1, received: 0 });
    expect(() => shadow.window('real', 0, 10)).to.throw(RangeError, 'not measured in the real plane');
  });

  it('answers only for marks, and for windows that began before the flow did', () => {
    const meter = new FlowMeter(500, ['real']);
    meter.sent(0, 600);
    meter.mark(700);
    meter.mark(700);
    expect(meter.window('real', 0, 700).sent).to.equal(1);
    expect(meter.window('real', 0, 100).sent).to.equal(0);
    expect(() => meter.window('real', 600, 700)).to.throw(RangeError, 'no mark was made at 600 ns');
    expect(() => meter.mark(650)).to.throw(RangeError);
  });

  it('takes a second mark at the same time for the first, whatever was sent in between', () => {
    const meter = new FlowMeter(0, ['real']);
    meter.mark(700);
    meter.sent(0, 700);
    meter.mark(700);
    meter.mark(800);
    expect([meter.window('real', 0, 700).sent, meter.window('real', 700, 800).sent]).to.deep.equal([0, 1]);
  });

  it('does not count as received what was never sent', () => {
    const meter = new FlowMeter(0, ['real']);
    meter.sent(0, 1);
    arrive(meter, 1, 2, 3);
    meter.sent(1, 4);
    meter.mark(10);
    expect(meter.window('real', 0, 10)).to.include({ sent: 2, received: 0 });
    expect(meter.strays).to.equal(1);
  });
});
