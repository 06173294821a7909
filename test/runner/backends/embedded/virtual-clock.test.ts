import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { TooManyEventsError, VirtualClock } from '../../../../src/runner/backends/embedded/virtual-clock.ts';
import type { Clock, Timer } from '../../../../src/world/clock.ts';

/** What the clock is checked against: all events in a list, sorted anew for each. */
class SortedList {
  now = 0;
  #events: { readonly time: number; readonly callback: () => void }[] = [];

  after(delay: number, callback: () => void): Timer {
    const event = { time: this.now + delay, callback };
    this.#events.push(event);
    return { cancel: () => (this.#events = this.#events.filter((other) => other !== event)) };
  }

  run(): void {
    for (;;) {
      const [next] = this.#events.toSorted((a, b) => a.time - b.time);
      if (next === undefined) return;
      this.#events = this.#events.filter((other) => other !== next);
      this.now = next.time;
      next.callback();
    }
  }
}

describe('the virtual clock', () => {
  it('runs events by time, and equal times in the order they were asked for, none that was cancelled', () => {
    const events = fc.array(fc.record({ delay: fc.nat(20), cancel: fc.boolean() }), { maxLength: 200 });
    fc.assert(
      fc.property(events, (asked) => {
        const clock = new VirtualClock();
        const ran: string[] = [];
        const timers = asked.map(({ delay }, index) =>
          clock.after(delay, () => ran.push(`${clock.now()}/${index}`)),
        );
        asked.forEach(({ cancel }, index) => {
          if (cancel) timers[index].cancel();
        });
        while (clock.step());
        const expected = asked
          .map(({ delay, cancel }, index) => ({ delay, cancel, index }))
          .filter(({ cancel }) => !cancel)
          .sort((a, b) => a.delay - b.delay || a.index - b.index)
          .map(({ delay, index }) => `${delay}/${index}`);
        expect(ran).to.deep.equal(expected);
      }),
    );
  });

  it('moves to the time it was run to, even when nothing happens there', () => {
    const clock = new VirtualClock();
    let ran = 0;
    clock.after(10, () => ran++);
    clock.after(11, () => ran++);
    expect(clock.runUntil(10)).to.equal(true);
    expect([clock.now(), ran, clock.pending]).to.deep.equal([10, 1, 1]);
    expect(clock.runUntil(100)).to.equal(true);
    expect([clock.now(), ran, clock.pending]).to.deep.equal([100, 2, 0]);
  });

  it('stops after the number of events that was asked for, and goes on from there', () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    for (const delay of [1, 2, 3]) clock.after(delay, () => ran.push(delay));
    expect(clock.runUntil(10, { maxEvents: 2 })).to.equal(false);
    expect([clock.now(), ...ran]).to.deep.equal([2, 1, 2]);
    expect(clock.runUntil(10, { maxEvents: 2 })).to.equal(true);
    expect([clock.now(), ...ran]).to.deep.equal([10, 1, 2, 3]);
  });

  it('runs what an event asks for at the same time before time goes on', () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.after(5, () => {
      ran.push('a');
      clock.after(0, () => ran.push(`b at ${clock.now()}`));
    });
    clock.after(6, () => ran.push('c'));
    clock.runUntil(10);
    expect(ran).to.deep.equal(['a', 'b at 5', 'c']);
  });

  it('keeps its order when many events are cancelled and the heap is built anew', () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    const expected: number[] = [];
    for (let index = 0; index < 20_000; index++) {
      const delay = (index * 7919) % 20_011;
      const timer = clock.after(delay, () => ran.push(delay));
      if (index % 10 === 0) expected.push(delay);
      else timer.cancel();
    }
    expect(clock.pending).to.equal(2000);
    while (clock.step());
    expect(ran).to.deep.equal(expected.sort((a, b) => a - b));
    expect(clock.pending).to.equal(0);
  });

  it('runs as a sorted list would what events ask for and call off while they run', () => {
    const deed = fc.record({ asks: fc.array(fc.nat(5), { maxLength: 3 }), cancels: fc.option(fc.nat(60)) });
    fc.assert(
      fc.property(fc.array(fc.nat(8), { minLength: 1, maxLength: 8 }), fc.array(deed), (first, deeds) => {
        /** Runs the deeds, one an event, in a world of that `after`; tells when which event ran. */
        const history = (now: () => number, after: Clock['after'], run: () => void): readonly string[] => {
          const ran: string[] = [];
          const timers: Timer[] = [];
          const ask = (delay: number): void => {
            const index = timers.length;
            const event = (): void => {
              const { asks, cancels } = deeds[ran.length] ?? { asks: [], cancels: null };
              ran.push(`${index} at ${now()}`);
              if (cancels !== null) timers[cancels]?.cancel();
              asks.forEach(ask);
              if (cancels !== null) timers[cancels]?.cancel();
            };
            timers.push(after(delay, event));
          };
          first.forEach(ask);
          run();
          return ran;
        };
        const clock = new VirtualClock();
        const naive = new SortedList();
        expect(
          history(
            () => clock.now(),
            (delay, callback) => clock.after(delay, callback),
            () => {
              while (clock.step());
            },
          ),
        ).to.deep.equal(
          history(
            () => naive.now,
            (delay, callback) => naive.after(delay, callback),
            () => naive.run(),
          ),
        );
        expect(clock.pending).to.equal(0);
      }),
      { numRuns: 500 },
    );
  });

  it('takes a second or late cancel for nothing', () => {
    const clock = new VirtualClock();
    const timer = clock.after(1, () => undefined);
    clock.after(2, () => undefined);
    clock.step();
    timer.cancel();
    timer.cancel();
    expect(clock.pending).to.equal(1);
  });

  it('refuses, by name, more pending events than its limit', () => {
    const clock = new VirtualClock(2);
    clock.after(1, () => undefined).cancel();
    clock.after(1, () => undefined);
    clock.after(1, () => undefined);
    expect(() => clock.after(1, () => undefined)).to.throw(TooManyEventsError, 'more than 2 events');
  });

  it('refuses a delay into the past', () => {
    expect(() => new VirtualClock().after(-1, () => undefined)).to.throw(RangeError);
    expect(() => new VirtualClock().after(Number.NaN, () => undefined)).to.throw(RangeError);
  });
});
