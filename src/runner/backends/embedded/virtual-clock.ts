/**
 * Time of the embedded backend: it stands still while events run and jumps to the next one when they are done.
 *
 * Events wait in a binary heap ordered by time, then by the order in which they were asked for, so one seed
 * gives one history. Times and orders lie in typed arrays beside the events: sifting touches no object. A
 * cancelled event stays in the heap, empty, until its time comes or until such events are the majority; then
 * the heap is built anew without them. Nothing here waits: whoever drives the clock decides how many events run
 * before it looks at the rest of the world.
 */
import type { Clock, TimeNs, Timer } from '../../../world/clock.ts';

/** More events are waiting than a sound world ever has: something asks for new ones without end. */
export class TooManyEventsError extends Error {
  constructor(limit: number, nowNs: TimeNs) {
    super(`more than ${limit} events are pending at ${nowNs} ns of virtual time`);
    this.name = 'TooManyEventsError';
  }
}

export const MAX_PENDING_EVENTS = 16_000_000;

/** Fewer cancelled events than this are not worth building the heap anew. */
const COMPACT_FROM = 4096;

class Event implements Timer {
  callback: (() => void) | undefined;
  readonly #clock: VirtualClock;

  constructor(callback: () => void, clock: VirtualClock) {
    this.callback = callback;
    this.#clock = clock;
  }

  cancel(): void {
    if (this.callback === undefined) return;
    this.callback = undefined;
    this.#clock.forget();
  }
}

export class VirtualClock implements Clock {
  #now: TimeNs = 0;
  #order = 0;
  #size = 0;
  #cancelled = 0;
  #times = new Float64Array(1024);
  #orders = new Float64Array(1024);
  #events: (Event | undefined)[] = new Array(1024).fill(undefined);
  readonly #limit: number;

  constructor(maxPendingEvents = MAX_PENDING_EVENTS) {
    this.#limit = maxPendingEvents;
  }

  now(): TimeNs {
    return this.#now;
  }

  /** Events that will still run. */
  get pending(): number {
    return this.#size - this.#cancelled;
  }

  /** Throws TooManyEventsError at the limit, RangeError on a delay that is negative or no number. */
  after(delayNs: TimeNs, callback: () => void): Timer {
    if (!(delayNs >= 0)) throw new RangeError(`a delay of ${delayNs} ns`);
    if (this.pending >= this.#limit) throw new TooManyEventsError(this.#limit, this.#now);
    if (this.#size === this.#times.length) this.#grow();
    const event = new Event(callback, this);
    this.#siftUp(this.#size++, this.#now + delayNs, this.#order++, event);
    return event;
  }

  /** Runs the next event, moving time to it. False where none is pending. */
  step(): boolean {
    return this.#runNext(Number.POSITIVE_INFINITY);
  }

  /**
   * Runs what is due up to and including `untilNs`, then moves time there. Returns false, with time where the
   * last event left it, when `maxEvents` ran before that was done: call again to go on.
   */
  runUntil(untilNs: TimeNs, { maxEvents = Number.POSITIVE_INFINITY } = {}): boolean {
    for (let count = 0; count < maxEvents; count++) {
      if (this.#runNext(untilNs)) continue;
      if (untilNs > this.#now) this.#now = untilNs;
      return true;
    }
    return false;
  }

  /** A timer tells that it was cancelled; its event may be swept out. */
  forget(): void {
    this.#cancelled++;
    if (this.#cancelled > COMPACT_FROM && this.#cancelled * 2 > this.#size) this.#compact();
  }

  #runNext(untilNs: TimeNs): boolean {
    while (this.#size > 0 && this.#times[0] <= untilNs) {
      const time = this.#times[0];
      const event = this.#removeFirst();
      const callback = event?.callback;
      if (event === undefined || callback === undefined) {
        this.#cancelled--;
        continue;
      }
      event.callback = undefined;
      this.#now = time;
      callback();
      return true;
    }
    return false;
  }

  #removeFirst(): Event | undefined {
    const first = this.#events[0];
    const last = --this.#size;
    const moved = this.#events[last];
    this.#events[last] = undefined;
    if (last > 0) this.#siftDown(0, this.#times[last], this.#orders[last], moved);
    return first;
  }

  /** Walks up from the hole at `at` to where (time, order) belongs. A new order is the largest: ties stay below. */
  #siftUp(at: number, time: TimeNs, order: number, event: Event): void {
    const times = this.#times;
    let hole = at;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (times[parent] <= time) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, time, order, event);
  }

  #siftDown(at: number, time: TimeNs, order: number, event: Event | undefined): void {
    const times = this.#times;
    const orders = this.#orders;
    const size = this.#size;
    let hole = at;
    for (let child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
      const right = child + 1;
      if (
        right < size &&
        (times[right] < times[child] || (times[right] === times[child] && orders[right] < orders[child]))
      ) {
        child = right;
      }
      if (time < times[child] || (time === times[child] && order < orders[child])) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, time, order, event);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from];
    this.#orders[to] = this.#orders[from];
    this.#events[to] = this.#events[from];
  }

  #put(at: number, time: TimeNs, order: number, event: Event | undefined): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#events[at] = event;
  }

  #compact(): void {
    let kept = 0;
    for (let at = 0; at < this.#size; at++) {
      if (this.#events[at]?.callback !== undefined) this.#move(at, kept++);
    }
    this.#events.fill(undefined, kept, this.#size);
    this.#size = kept;
    this.#cancelled = 0;
    for (let at = (kept >> 1) - 1; at >= 0; at--) {
      this.#siftDown(at, this.#times[at], this.#orders[at], this.#events[at]);
    }
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    const orders = new Float64Array(times.length);
    times.set(this.#times);
    orders.set(this.#orders);
    this.#times = times;
    this.#orders = orders;
    while (this.#events.length < times.length) this.#events.push(undefined);
  }
}
