/**
 * Time, as a machine is given it. A router, a host and a coordinator never read a clock of their own: they
 * hold a `Clock` that was handed to them, virtual in one process, real in a daemon.
 */

/** Nanoseconds since the world began. A double counts 104 days of them exactly. */
export type TimeNs = number;

export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;

/** Something that will happen, and can be called off. Cancelling twice, or too late, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  now(): TimeNs;
  /** Calls `callback` once, `delayNs` (>= 0) from now. Equal times fire in the order they were asked for. */
  after(delayNs: TimeNs, callback: () => void): Timer;
  /** As `after`, for what nobody will call off: makes no timer. */
  call(delayNs: TimeNs, callback: () => void): void;
}
