/**
 * Real time, as a loop lives it. Reading a clock costs a quarter of a microsecond and more, so time stands still
 * between two readings, as in libuv: the loop reads it (`tick`) once a batch of frames.
 *
 * While a timer runs it is the time that the timer was due at, however late the loop is. What is paced by timers (a
 * shaper, the writing of a FIB) therefore keeps its rate, even where many of its times pass during one wait. Time
 * never goes back.
 */
import type { Clock, TimeNs, Timer } from '../../world/clock.ts';

export class LoopClock implements Clock {
  readonly #read: () => TimeNs;
  #nowNs: TimeNs;
  #order = 0;
  /** A binary heap: by time, then by the order of asking. */
  readonly #heap: Due[] = [];

  constructor(read: () => TimeNs) {
    this.#read = read;
    this.#nowNs = read();
  }

  now(): TimeNs {
    return this.#nowNs;
  }

  /** Reads the clock. */
  tick(): TimeNs {
    this.#nowNs = Math.max(this.#nowNs, this.#read());
    return this.#nowNs;
  }

  /**
   * A delay may be negative, as real time goes on while nobody looks: what should have happened already comes first.
   * Throws RangeError where it is no number.
   */
  after(delayNs: TimeNs, callback: () => void): Timer {
    if (Number.isNaN(delayNs)) throw new RangeError('a delay that is no number');
    const due: Due = {
      atNs: this.#nowNs + delayNs,
      order: this.#order++,
      callback,
      place: this.#heap.length,
    };
    this.#heap.push(due);
    this.#rise(due);
    return { cancel: () => this.#remove(due) };
  }

  call(delayNs: TimeNs, callback: () => void): void {
    this.after(delayNs, callback);
  }

  /** When the next timer is due. Infinity: there is none. */
  get nextNs(): TimeNs {
    return this.#heap[0]?.atNs ?? Number.POSITIVE_INFINITY;
  }

  /** How long until then, by a look at the clock that does not move it: what is due meanwhile keeps its time. */
  get dueInNs(): number {
    return this.nextNs - Math.max(this.#nowNs, this.#read());
  }

  /** Reads the clock and runs what is due, `atMost` timers: the rest is for the next turn, behind others' work. */
  runDue(atMost: number): void {
    const untilNs = Math.max(this.#nowNs, this.#read());
    for (let left = atMost; left > 0; left--) {
      const due = this.#heap[0];
      if (due === undefined || due.atNs > untilNs) break;
      this.#remove(due);
      this.#nowNs = Math.max(this.#nowNs, due.atNs);
      due.callback();
    }
    this.#nowNs = untilNs;
  }

  #remove(due: Due): void {
    const { place } = due;
    if (place < 0) return;
    due.place = GONE;
    const last = this.#heap.pop();
    if (last === undefined || last === due) return;
    last.place = place;
    this.#heap[place] = last;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(due: Due): void {
    while (due.place > 0) {
      const parent = this.#heap[(due.place - 1) >> 1];
      if (!isBefore(due, parent)) return;
      this.#swap(parent, due);
    }
  }

  #sink(due: Due): void {
    for (;;) {
      const left = this.#heap[2 * due.place + 1];
      const right = this.#heap[2 * due.place + 2];
      if (left === undefined) return;
      const first = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(first, due)) return;
      this.#swap(due, first);
    }
  }

  #swap(above: Due, below: Due): void {
    const { place } = above;
    above.place = below.place;
    below.place = place;
    this.#heap[above.place] = above;
    this.#heap[below.place] = below;
  }
}

interface Due {
  readonly atNs: TimeNs;
  readonly order: number;
  readonly callback: () => void;
  /** In the heap, or GONE. */
  place: number;
}

const GONE = -1;

function isBefore(a: Due, b: Due): boolean {
  return a.atNs < b.atNs || (a.atNs === b.atNs && a.order < b.order);
}
