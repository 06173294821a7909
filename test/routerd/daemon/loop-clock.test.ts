import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { LoopClock } from '../../../src/routerd/daemon/loop-clock.ts';
import { TurnClock } from '../../../src/routerd/daemon/turn-clock.ts';
import type { Timer } from '../../../src/world/clock.ts';

/** A clock whose hand the test moves. */
function clockAt(startNs: number) {
  const hand = { ns: startNs };
  return { hand, clock: new LoopClock(() => hand.ns) };
}

describe('the clock of a loop', () => {
  it('runs what is due, and nothing else, by time and then in the order of asking, whatever was called off', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ delay: fc.nat(20), cancel: fc.boolean() }), { maxLength: 60 }),
        fc.array(fc.nat(8), { maxLength: 6 }),
        (asked, steps) => {
          const { hand, clock } = clockAt(1000);
          const ran: number[] = [];
          const timers = asked.map(({ delay }, index): Timer => clock.after(delay, () => ran.push(index)));
          for (const [index, { cancel }] of asked.entries()) if (cancel) timers[index].cancel();
          const expected = asked
            .map(({ delay, cancel }, index) => ({ delay, cancel, index }))
            .filter(({ cancel }) => !cancel)
            .sort((a, b) => a.delay - b.delay || a.index - b.index);
          for (const step of steps) {
            hand.ns += step;
            clock.runDue(1000);
            const due = expected.filter(({ delay }) => 1000 + delay <= hand.ns);
            expect(ran).to.deep.equal(due.map(({ index }) => index));
            const next = expected[due.length];
            expect(clock.nextNs).to.equal(next === undefined ? Number.POSITIVE_INFINITY : 1000 + next.delay);
          }
        },
      ),
    );
  });

  it('stands still between readings, and never goes back', () => {
    const { hand, clock } = clockAt(50);
    hand.ns = 70;
    expect(clock.now()).to.equal(50);
    expect(clock.tick()).to.equal(70);
    hand.ns = 60;
    expect(clock.tick()).to.equal(70);
  });

  it('keeps the rate of a chain of timers that is shorter than its readings are apart', () => {
    const { hand, clock } = clockAt(0);
    const times: number[] = [];
    const again = (): void => {
      times.push(clock.now());
      clock.call(110, again);
    };
    clock.call(110, again);
    for (hand.ns = 1000; hand.ns <= 10_000; hand.ns += 1000) clock.runDue(1000);
    expect(times).to.deep.equal(Array.from({ length: 90 }, (_, index) => 110 * (index + 1)));
  });

  it('keeps that rate among turns, and where somebody asks how long there is to wait', () => {
    const hand = { ns: 0 };
    const clock = new TurnClock(() => hand.ns);
    const times: number[] = [];
    const again = (): void => {
      times.push(clock.now());
      clock.call(110, again);
    };
    clock.turn(() => clock.call(110, again));
    for (hand.ns = 1000; hand.ns <= 10_000; hand.ns += 1000) {
      expect(clock.dueInNs).to.equal(110 * (times.length + 1) - hand.ns);
      clock.turn(() => clock.runDue(1000));
    }
    expect(times).to.deep.equal(Array.from({ length: 90 }, (_, index) => 110 * (index + 1)));
  });

  it('leaves what goes beyond its share of a turn for the next, also where timers ask for others at once', () => {
    const { clock } = clockAt(0);
    let ran = 0;
    const again = (): void => {
      ran++;
      clock.call(0, again);
    };
    again();
    clock.runDue(10);
    expect(ran).to.equal(11);
    clock.runDue(10);
    expect(ran).to.equal(21);
  });

  it('puts what should have happened already before everything else, without going back', () => {
    const { clock } = clockAt(100);
    const ran: (readonly [string, number])[] = [];
    for (const [name, delay] of [
      ['now', 0],
      ['late', -30],
      ['later', -20],
    ] as const) {
      clock.call(delay, () => ran.push([name, clock.now()]));
    }
    clock.runDue(10);
    expect(ran).to.deep.equal([
      ['late', 100],
      ['later', 100],
      ['now', 100],
    ]);
    expect(() => clock.after(Number.NaN, () => {})).to.throw(RangeError);
  });
});
