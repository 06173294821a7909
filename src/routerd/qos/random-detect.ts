/**
 * Random early detection (S. Floyd, V. Jacobson, "Random early detection gateways for congestion avoidance",
 * IEEE/ACM ToN 1993). The average length of a queue tells its senders to slow down before it is full: between
 * two thresholds a growing share of arriving packets is dropped, or marked where their senders understand
 * (RFC 3168), above the upper one all are dropped (RFC 7567 4.2.1). Lengths are bytes; long packets are not more
 * likely to be chosen than short ones (RFC 7141).
 */
import type { TimeNs } from '../../world/clock.ts';
import type { Random } from '../../world/random.ts';

/** Of the average: 2^-9, IOS's exponential weighting constant, close to the paper's 0.002. */
const WEIGHT = 1 / 512;
/** Of the queue's limit. */
const LOWER = 1 / 4;
const UPPER = 1 / 2;
/** Of packets where the average reaches the upper threshold: IOS's mark probability denominator is 10. */
const GREATEST_SHARE = 0.1;
/** While the queue is empty, the average falls as if packets of so many bytes arrived at link rate. */
const TYPICAL_BYTES = 500;

export class RandomDetect {
  readonly #random: Random;
  readonly #lowerBytes: number;
  readonly #upperBytes: number;
  readonly #typicalNs: TimeNs;
  #averageBytes = 0;
  /** Packets since one was chosen. */
  #passed = 0;

  constructor(random: Random, limitBytes: number, rateBps: number) {
    this.#random = random;
    this.#lowerBytes = limitBytes * LOWER;
    this.#upperBytes = limitBytes * UPPER;
    this.#typicalNs = (TYPICAL_BYTES * 8e9) / rateBps;
  }

  /** A packet arrives and finds so many bytes waiting, or nothing since `emptyNs` ago. */
  judge(waitingBytes: number, emptyNs: TimeNs): 'pass' | 'choose' | 'drop' {
    if (waitingBytes > 0) this.#averageBytes += WEIGHT * (waitingBytes - this.#averageBytes);
    else this.#averageBytes *= (1 - WEIGHT) ** (emptyNs / this.#typicalNs);
    if (this.#averageBytes < this.#lowerBytes) {
      this.#passed = 0;
      return 'pass';
    }
    if (this.#averageBytes >= this.#upperBytes) {
      this.#passed = 0;
      return 'drop';
    }
    const depth = (this.#averageBytes - this.#lowerBytes) / (this.#upperBytes - this.#lowerBytes);
    // The share as it is wanted would bunch the chosen; corrected like this they lie evenly apart.
    const share = GREATEST_SHARE * depth;
    const corrected = share / Math.max(1 - this.#passed * share, share);
    this.#passed++;
    if (this.#random.next() >= corrected) return 'pass';
    this.#passed = 0;
    return 'choose';
  }
}
