/**
 * Real time among promises and sockets: a clock that Node's own event loop drives. Node's timers are no finer than a
 * millisecond; LoopClock makes up for that.
 */
import { type Clock, MILLISECOND, type TimeNs, type Timer } from '../../world/clock.ts';
import { TurnClock } from './turn-clock.ts';

/** Node takes no longer time-out. */
const LONGEST_MS = 2 ** 31 - 1;
/** Timers in a row before sockets have their turn. */
const TIMERS_PER_TURN = 1024;

export class TimerClock implements Clock {
  readonly #loop: TurnClock;
  #armed: NodeJS.Timeout | undefined;
  #armedNs: TimeNs = Number.POSITIVE_INFINITY;

  /** Nanoseconds of the system's monotonic clock that are this clock's 0. */
  constructor(epochNs: TimeNs) {
    this.#loop = new TurnClock(monotonic(epochNs));
  }

  now(): TimeNs {
    return this.#loop.now();
  }

  after(delayNs: TimeNs, callback: () => void): Timer {
    const timer = this.#loop.after(delayNs, callback);
    this.#arm();
    return timer;
  }

  call(delayNs: TimeNs, callback: () => void): void {
    this.after(delayNs, callback);
  }

  #arm(): void {
    const { nextNs } = this.#loop;
    if (this.#loop.isInTurn || nextNs >= this.#armedNs || nextNs === Number.POSITIVE_INFINITY) return;
    clearTimeout(this.#armed);
    this.#armedNs = nextNs;
    const ms = Math.ceil((nextNs - this.#loop.now()) / MILLISECOND);
    this.#armed = setTimeout(() => this.#fire(), Math.min(Math.max(ms, 0), LONGEST_MS));
  }

  #fire(): void {
    this.#armedNs = Number.POSITIVE_INFINITY;
    try {
      this.#loop.turn(() => this.#loop.runDue(TIMERS_PER_TURN));
    } finally {
      this.#arm();
    }
  }
}

/** The system's monotonic clock, which all processes of one machine share, from `epochNs` on. */
export function monotonic(epochNs: TimeNs): () => TimeNs {
  const epoch = BigInt(Math.trunc(epochNs));
  return () => Number(process.hrtime.bigint() - epoch);
}
