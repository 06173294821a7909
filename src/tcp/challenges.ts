/** Bounds the answers to segments that should not be (RFC 5961 7), so that two ends never answer each other for ever. */
import { type Clock, SECOND, type TimeNs } from '../world/clock.ts';

const MAX_PER_SECOND = 10;

export class Challenges {
  readonly #clock: Clock;
  #count = 0;
  #sinceNs: TimeNs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there may be one more now. */
  allow(): boolean {
    const nowNs = this.#clock.now();
    if (nowNs - this.#sinceNs >= SECOND) {
      this.#sinceNs = nowNs;
      this.#count = 0;
    }
    return ++this.#count <= MAX_PER_SECOND;
  }
}
