/**
 * When to run SPF: as FRR's `timers throttle spf DELAY HOLD MAX` (ospf_spf_calculate_schedule). The first event
 * after a quiet time is served DELAY later. One that comes within the hold time of the last run waits for its
 * end, and makes the next hold time longer by HOLD, up to MAX.
 */
import { type Clock, MILLISECOND, type Timer } from '../../../world/clock.ts';

export interface ThrottleMs {
  readonly delay: number;
  readonly hold: number;
  readonly max: number;
}

export class SpfThrottle {
  readonly #clock: Clock;
  readonly #run: () => void;
  #settings: ThrottleMs;
  #lastNs = Number.NEGATIVE_INFINITY;
  #holds = 1;
  #timer: Timer | undefined;

  constructor(clock: Clock, settings: ThrottleMs, run: () => void) {
    this.#clock = clock;
    this.#settings = settings;
    this.#run = run;
  }

  adjust(settings: ThrottleMs): void {
    this.#settings = settings;
  }

  /** A run is due. */
  get isDue(): boolean {
    return this.#timer !== undefined;
  }

  /** Something changed; while a run is due already, it will see that too. */
  schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.after(this.#delayMs() * MILLISECOND, () => {
      this.#timer = undefined;
      this.#lastNs = this.#clock.now();
      this.#run();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #delayMs(): number {
    const { delay, hold, max } = this.#settings;
    const elapsedMs = (this.#clock.now() - this.#lastNs) / MILLISECOND;
    const holdMs = Math.min(hold * this.#holds, max);
    if (elapsedMs >= holdMs) {
      this.#holds = 1;
      return delay;
    }
    if (holdMs < max) this.#holds++;
    return Math.max(delay, holdMs - elapsedMs);
  }
}
