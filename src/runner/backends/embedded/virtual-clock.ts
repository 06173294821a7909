/**
 * Time of the embedded backend: it stands still while events run and jumps to the next one when they are done.
 *
 * Events wait in a binary heap ordered by time, then by the order in which they were asked for, so one seed
 * gives one history. The heap is two typed arrays, times and the places where callbacks lie: sifting touches no
 * object, and an event makes none unless its timer is kept. A cancelled event stays in the heap, without its
 * callback, until its time comes or until such events are the majority; then the heap is built anew without them.
 *
 * While an event runs the heap has a hole at its top, where the event was. Most events ask for another one (the
 * next frame of a link, the next packet of a source), which is put there and sinks a little: half the work of
 * taking one out and putting one in.
 *
 * Nothing here waits: whoever drives the clock decides how many events run before it looks at the rest of the
 * world.
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

type Callback = () => void;

export class VirtualClock implements Clock {
  #now: TimeNs = 0;
  #order = 0;
  /** Events in the heap; the hole and cancelled ones count. */
  #size = 0;
  #cancelled = 0;
  #hasHole = false;
  /** By position in the heap: when. */
  #times = new Float64Array(1024);
  /** By position in the heap: the place where the event lies. Behind the heap: the places that are free. */
  #places = Int32Array.from({ length: 1024 }, (_, place) => place);
  /** By place. Orders are never given twice: they tell an event from a later one at its place. */
  #orders = new Float64Array(1024);
  /** By place; undefined where the event ran or was cancelled. */
  readonly #callbacks: (Callback | undefined)[] = new Array(1024).fill(undefined);
  readonly #limit: number;

  constructor(maxPendingEvents = MAX_PENDING_EVENTS) {
    this.#limit = maxPendingEvents;
  }

  now(): TimeNs {
    return this.#now;
  }

  /** Events that will still run. */
  get pending(): number {
    return this.#size - this.#cancelled - (this.#hasHole ? 1 : 0);
  }

  /** Throws TooManyEventsError at the limit, RangeError on a delay that is negative or no number. */
  after(delayNs: TimeNs, callback: Callback): Timer {
    const place = this.#add(delayNs, callback);
    return new PlacedTimer(this, place, this.#orders[place]);
  }

  /** Throws as `after` does. */
  call(delayNs: TimeNs, callback: Callback): void {
    this.#add(delayNs, callback);
  }

  /** Runs the next event that is due up to and including `untilNs`, moving time to it. False where none is. */
  step(untilNs: TimeNs = Number.POSITIVE_INFINITY): boolean {
    if (this.#hasHole) this.#closeHole();
    while (this.#size > 0 && this.#times[0] <= untilNs) {
      const place = this.#places[0];
      const callback = this.#callbacks[place];
      this.#hasHole = true;
      if (callback === undefined) {
        this.#cancelled--;
        this.#closeHole();
        continue;
      }
      this.#callbacks[place] = undefined;
      this.#now = this.#times[0];
      callback();
      if (this.#hasHole) this.#closeHole();
      return true;
    }
    return false;
  }

  /**
   * Runs what is due up to and including `untilNs`, then moves time there. Returns false, with time where the
   * last event left it, when `maxEvents` ran before that was done: call again to go on.
   */
  runUntil(untilNs: TimeNs, { maxEvents = Number.POSITIVE_INFINITY } = {}): boolean {
    for (let count = 0; count < maxEvents; count++) {
      if (this.step(untilNs)) continue;
      if (untilNs > this.#now) this.#now = untilNs;
      return true;
    }
    return false;
  }

  /** For timers: calls off the event of that order, if it still lies at that place and did not run. */
  cancel(place: number, order: number): void {
    if (this.#orders[place] !== order || this.#callbacks[place] === undefined) return;
    this.#callbacks[place] = undefined;
    this.#cancelled++;
    if (this.#cancelled > COMPACT_FROM && this.#cancelled * 2 > this.#size) this.#compact();
  }

  /** The place where the new event lies. */
  #add(delayNs: TimeNs, callback: Callback): number {
    if (!(delayNs >= 0)) throw new RangeError(`a delay of ${delayNs} ns`);
    if (this.pending >= this.#limit) throw new TooManyEventsError(this.#limit, this.#now);
    if (this.#size === this.#times.length) this.#grow();
    const place = this.#places[this.#hasHole ? 0 : this.#size];
    this.#callbacks[place] = callback;
    this.#orders[place] = this.#order++;
    const time = this.#now + delayNs;
    if (this.#hasHole) {
      this.#hasHole = false;
      this.#siftDown(0, time, place);
    } else {
      this.#siftUp(this.#size++, time, place);
    }
    return place;
  }

  /** The last event of the heap takes the place at the top, and the hole's place becomes free. */
  #closeHole(): void {
    this.#hasHole = false;
    const last = --this.#size;
    const moved = this.#places[last];
    this.#places[last] = this.#places[0];
    if (last > 0) this.#siftDown(0, this.#times[last], moved);
  }

  /** Walks up from the position `at` to where the event belongs. Its order is the largest: ties stay below. */
  #siftUp(at: number, time: TimeNs, place: number): void {
    const times = this.#times;
    const places = this.#places;
    let hole = at;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (times[parent] <= time) break;
      times[hole] = times[parent];
      places[hole] = places[parent];
      hole = parent;
    }
    times[hole] = time;
    places[hole] = place;
  }

  #siftDown(at: number, time: TimeNs, place: number): void {
    const times = this.#times;
    const places = this.#places;
    const orders = this.#orders;
    const order = orders[place];
    const size = this.#size;
    let hole = at;
    for (let child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
      const right = child + 1;
      if (
        right < size &&
        (times[right] < times[child] ||
          (times[right] === times[child] && orders[places[right]] < orders[places[child]]))
      ) {
        child = right;
      }
      if (time < times[child] || (time === times[child] && order < orders[places[child]])) break;
      times[hole] = times[child];
      places[hole] = places[child];
      hole = child;
    }
    times[hole] = time;
    places[hole] = place;
  }

  #compact(): void {
    if (this.#hasHole) this.#closeHole();
    const free: number[] = [];
    let kept = 0;
    for (let at = 0; at < this.#size; at++) {
      const place = this.#places[at];
      if (this.#callbacks[place] === undefined) {
        free.push(place);
        continue;
      }
      this.#times[kept] = this.#times[at];
      this.#places[kept++] = place;
    }
    this.#places.set(free, kept);
    this.#size = kept;
    this.#cancelled = 0;
    for (let at = (kept >> 1) - 1; at >= 0; at--) this.#siftDown(at, this.#times[at], this.#places[at]);
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    const times = new Float64Array(capacity);
    const orders = new Float64Array(capacity);
    times.set(this.#times);
    orders.set(this.#orders);
    const places = Int32Array.from({ length: capacity }, (_, place) => place);
    places.set(this.#places);
    this.#times = times;
    this.#orders = orders;
    this.#places = places;
    while (this.#callbacks.length < capacity) this.#callbacks.push(undefined);
  }
}

class PlacedTimer implements Timer {
  readonly #clock: VirtualClock;
  readonly #place: number;
  readonly #order: number;

  constructor(clock: VirtualClock, place: number, order: number) {
    this.#clock = clock;
    this.#place = place;
    this.#order = order;
  }

  cancel(): void {
    this.#clock.cancel(this.#place, this.#order);
  }
}
