/**
 * A group of flows in one plane over time, for plots. Packets are counted in the bin they were sent in, so
 * that the lost ones stand where they were lost. A run may be longer than foreseen: when the bins are used
 * up, each two are merged into one of twice the width.
 */
import type { TimeNs } from '../world/clock.ts';

export interface BinsResult {
  readonly fromNs: TimeNs;
  readonly binNs: TimeNs;
  /** Packets, by bin. All arrays are equally long. */
  readonly sent: readonly number[];
  readonly received: readonly number[];
  /** Bytes of IPv4 packet received. */
  readonly bytes: readonly number[];
  /** Mean one-way delay, whole nanoseconds; null where nothing was received. */
  readonly delayNs: readonly (number | null)[];
}

export class TimeBins {
  readonly #fromNs: TimeNs;
  readonly #limit: number;
  #binNs: TimeNs;
  readonly #sent: number[] = [];
  readonly #received: number[] = [];
  readonly #bytes: number[] = [];
  readonly #delaySumNs: number[] = [];

  /** Packets sent before `fromNs` are not counted. `limit`: the largest number of bins, even. */
  constructor(fromNs: TimeNs, binNs: TimeNs, limit = 4096) {
    this.#fromNs = fromNs;
    this.#binNs = binNs;
    this.#limit = limit;
  }

  sent(sentNs: TimeNs): void {
    if (sentNs >= this.#fromNs) this.#sent[this.#bin(sentNs)]++;
  }

  /** Counts one packet that was told as `sent` before; not to be called for duplicates. */
  received(sentNs: TimeNs, bytes: number, delayNs: TimeNs): void {
    if (sentNs < this.#fromNs) return;
    const bin = this.#bin(sentNs);
    this.#received[bin]++;
    this.#bytes[bin] += bytes;
    this.#delaySumNs[bin] += delayNs;
  }

  /** The bins up to the last packet's. */
  result(): BinsResult {
    return {
      fromNs: this.#fromNs,
      binNs: this.#binNs,
      sent: [...this.#sent],
      received: [...this.#received],
      bytes: [...this.#bytes],
      delayNs: this.#delaySumNs.map((sum, bin) =>
        this.#received[bin] === 0 ? null : Math.round(sum / this.#received[bin]),
      ),
    };
  }

  /** Index of the bin of a time, which exists from here on. */
  #bin(timeNs: TimeNs): number {
    while (timeNs - this.#fromNs >= this.#binNs * this.#limit) this.#widen();
    const bin = Math.floor((timeNs - this.#fromNs) / this.#binNs);
    if (bin < this.#sent.length) return bin;
    for (const list of this.#lists()) while (list.length <= bin) list.push(0);
    return bin;
  }

  #widen(): void {
    this.#binNs *= 2;
    for (const list of this.#lists()) {
      const half = Math.ceil(list.length / 2);
      for (let i = 0; i < half; i++) list[i] = list[2 * i] + (list[2 * i + 1] ?? 0);
      list.length = half;
    }
  }

  #lists(): readonly number[][] {
    return [this.#sent, this.#received, this.#bytes, this.#delaySumNs];
  }
}
