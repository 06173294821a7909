/**
 * Work that may be long, done a slice at a time: between two slices everything else has its turn, so that a full table
 * delays no hello of another protocol. The pauses are as long as a slice may take, or a loop in real time would never
 * catch up with its clock.
 */
import { type Clock, MILLISECOND, type Timer } from '../../../world/clock.ts';

/** Destinations that a slice looks at closely: about 2 to 4 ms of a processor of 2020. */
export const SLICE = 1024;
const PAUSE_NS = 4 * MILLISECOND;

export class Slices {
  readonly #clock: Clock;
  readonly #step: () => boolean;
  #timer: Timer | undefined;
  #isStopped = false;

  /** `step` does at most a slice of work, and says whether there is more. */
  constructor(clock: Clock, step: () => boolean) {
    this.#clock = clock;
    this.#step = step;
  }

  get isIdle(): boolean {
    return this.#timer === undefined;
  }

  /** There is work: it begins when what is going on now is done, or `delayNs` later. */
  wake(delayNs = 0): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = this.#clock.after(delayNs, () => {
      this.#timer = undefined;
      if (this.#step()) this.wake(PAUSE_NS);
    });
  }

  /** For good, though it may be in the middle of a step. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
