/** One timer, set to the earliest time that was asked for. */
import type { Clock, TimeNs, Timer } from '../../world/clock.ts';

export class Wake {
  readonly #clock: Clock;
  readonly #fire: () => void;
  #timer: Timer | undefined = undefined;
  #atNs: TimeNs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, woken: () => void) {
    this.#clock = clock;
    this.#fire = () => {
      this.#timer = undefined;
      this.#atNs = Number.POSITIVE_INFINITY;
      woken();
    };
  }

  /** Wakes at `timeNs`, or earlier where that was asked for. Infinity: no need. */
  at(timeNs: TimeNs): void {
    if (timeNs >= this.#atNs) return;
    this.#timer?.cancel();
    this.#atNs = timeNs;
    this.#timer = this.#clock.after(Math.max(Math.ceil(timeNs - this.#clock.now()), 0), this.#fire);
  }
}
