/** How long to wait for an acknowledgement: RFC 6298, in nanoseconds. */
import { SECOND, type TimeNs } from '../world/clock.ts';

const INITIAL_TIMEOUT_NS = SECOND;
/** Where the SYN had to be sent again and there are no timestamps, RFC 6298 (5.7). */
const CAUTIOUS_TIMEOUT_NS = 3 * SECOND;
/** RFC 6298 (2.5) asks for at least 60 s; Linux has 120 s. */
export const MAX_TIMEOUT_NS = 60 * SECOND;

export class RoundTrip {
  readonly #granularityNs: TimeNs;
  #smoothedNs: TimeNs | undefined;
  #variationNs: TimeNs = 0;
  #timeoutNs = INITIAL_TIMEOUT_NS;

  /**
   * `granularityNs`: what is added to the smoothed time at least, G in RFC 6298. Linux adds 200 ms; so a peer may
   * put off an acknowledgement for that long, and a queue may fill in one round trip, and nothing is sent twice.
   */
  constructor(granularityNs: TimeNs) {
    this.#granularityNs = granularityNs;
  }

  /** With what was backed off. */
  get timeoutNs(): TimeNs {
    return this.#timeoutNs;
  }

  /** The smoothed round-trip time; undefined before the first sample. */
  get smoothedNs(): TimeNs | undefined {
    return this.#smoothedNs;
  }

  /**
   * Takes a sample, of something that was sent once or told apart by timestamps (Karn), and forgets the backing
   * off. `samplesPerRoundTrip` >= 1 weakens each of many (RFC 7323 appendix G).
   */
  sample(roundTripNs: TimeNs, samplesPerRoundTrip = 1): void {
    if (this.#smoothedNs === undefined) {
      this.#smoothedNs = roundTripNs;
      this.#variationNs = roundTripNs / 2;
    } else {
      const error = Math.abs(this.#smoothedNs - roundTripNs);
      this.#variationNs += (error - this.#variationNs) / (4 * samplesPerRoundTrip);
      this.#smoothedNs += (roundTripNs - this.#smoothedNs) / (8 * samplesPerRoundTrip);
    }
    const marginNs = Math.max(this.#granularityNs, 4 * this.#variationNs);
    this.#timeoutNs = Math.min(Math.round(this.#smoothedNs + marginNs), MAX_TIMEOUT_NS);
  }

  /** RFC 6298 (5.5). */
  backOff(): void {
    this.#timeoutNs = Math.min(2 * this.#timeoutNs, MAX_TIMEOUT_NS);
  }

  /** The handshake is over without a sample: its SYN was sent more than once. */
  handshakeWithoutSample(): void {
    if (this.#smoothedNs === undefined) this.#timeoutNs = CAUTIOUS_TIMEOUT_NS;
  }
}
