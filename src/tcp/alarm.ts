/**
 * A timer that is put off with nearly every segment and seldom rings. Putting it off costs nothing: the clock's
 * timer stays where it is, and when it fires too early a new one is asked for.
 */
import type { Clock, TimeNs, Timer } from '../world/clock.ts';

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #dueNs: TimeNs | undefined;
  #timer: Timer | undefined;
  #timerNs: TimeNs = 0;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  get isSet(): boolean {
    return this.#dueNs !== undefined;
  }

  /** Rings once, `delayNs` from now, and not when it was to ring before. */
  set(delayNs: TimeNs): void {
    const dueNs = this.#clock.now() + delayNs;
    this.#dueNs = dueNs;
    if (this.#timer !== undefined && this.#timerNs <= dueNs) return;
    this.#timer?.cancel();
    this.#ask(dueNs);
  }

  clear(): void {
    this.#dueNs = undefined;
  }

  /** Leaves nothing behind in the clock either. */
  cancel(): void {
    this.#dueNs = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #ask(dueNs: TimeNs): void {
    this.#timerNs = dueNs;
    this.#timer = this.#clock.after(Math.max(0, dueNs - this.#clock.now()), this.#fire);
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    if (this.#dueNs === undefined) return;
    if (this.#clock.now() < this.#dueNs) {
      this.#ask(this.#dueNs);
      return;
    }
    this.#dueNs = undefined;
    this.#ring();
  };
}
