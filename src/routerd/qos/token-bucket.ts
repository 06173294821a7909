/**
 * A token bucket (RFC 2697 with one bucket): it fills at a rate up to a burst, and begins full. A policer takes
 * what is there or refuses; a shaper takes in any case, and waits until nothing is owed, so that its average is
 * exact whatever the lengths of the frames.
 */
import type { TimeNs } from '../../world/clock.ts';

export class TokenBucket {
  readonly #bytesPerNs: number;
  readonly #burstBytes: number;
  #bytes: number;
  #filledNs: TimeNs;

  constructor(rateBps: number, burstBytes: number, nowNs: TimeNs) {
    this.#bytesPerNs = rateBps / 8e9;
    this.#burstBytes = burstBytes;
    this.#bytes = burstBytes;
    this.#filledNs = nowNs;
  }

  /** Takes `bytes` where there are as many. */
  take(bytes: number, nowNs: TimeNs): boolean {
    this.#fill(nowNs);
    if (this.#bytes < bytes) return false;
    this.#bytes -= bytes;
    return true;
  }

  /** Takes `bytes`, there or not. */
  owe(bytes: number, nowNs: TimeNs): void {
    this.#fill(nowNs);
    this.#bytes -= bytes;
  }

  /** When nothing is owed: in the past, or now, where that is so already. */
  get clearNs(): TimeNs {
    return this.#bytes >= 0 ? this.#filledNs : this.#filledNs + Math.ceil(-this.#bytes / this.#bytesPerNs);
  }

  #fill(nowNs: TimeNs): void {
    this.#bytes = Math.min(this.#burstBytes, this.#bytes + (nowNs - this.#filledNs) * this.#bytesPerNs);
    this.#filledNs = nowNs;
  }
}
