/**
 * How often each delay was seen, in little memory: bins of 1 ns up to 255 ns, above that 128 bins of equal
 * width in each octave, as in G. Tene's HdrHistogram. A quantile is told as the middle of its bin, so it is
 * wrong by at most one part in 256. Count, sum, minimum and maximum are kept exactly.
 */
import type { TimeNs } from '../world/clock.ts';

const BINS_PER_OCTAVE = 128;
const TWO_32 = 4294967296;

export class DelayHistogram {
  /** Only bins that hold something: the delays of one flow lie close together. */
  readonly #bins = new Map<number, number>();
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  get count(): number {
    return this.#count;
  }

  /** A whole number of nanoseconds. Below 0 (two clocks that differ) it counts in the lowest bin. */
  add(delayNs: TimeNs): void {
    const bin = binOf(Math.max(0, delayNs));
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
    this.#count++;
    this.#sum += delayNs;
    this.#min = Math.min(this.#min, delayNs);
    this.#max = Math.max(this.#max, delayNs);
  }

  addAll(other: DelayHistogram): void {
    for (const [bin, count] of other.#bins) this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count);
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /** Undefined where nothing was added; likewise `max`, `mean` and `quantile`. */
  get min(): TimeNs | undefined {
    return this.#count === 0 ? undefined : this.#min;
  }

  get max(): TimeNs | undefined {
    return this.#count === 0 ? undefined : this.#max;
  }

  get mean(): number | undefined {
    return this.#count === 0 ? undefined : this.#sum / this.#count;
  }

  /** By nearest rank: the smallest delay that at least `share` (0 < share <= 1) of all do not exceed. */
  quantile(share: number): TimeNs | undefined {
    const rank = Math.ceil(share * this.#count);
    let seen = 0;
    for (const bin of [...this.#bins.keys()].sort((a, b) => a - b)) {
      seen += this.#bins.get(bin) ?? 0;
      if (seen >= rank) return Math.min(Math.max(middleOf(bin), this.#min), this.#max);
    }
    return undefined;
  }
}

/** Bins are numbered without gaps: octave `n` above the exact ones begins at 128 (n + 1). */
function binOf(value: number): number {
  const bits = value < TWO_32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / TWO_32));
  const octave = Math.max(0, bits - 8);
  return BINS_PER_OCTAVE * octave + Math.floor(value / 2 ** octave);
}

function middleOf(bin: number): number {
  const octave = Math.max(0, Math.floor(bin / BINS_PER_OCTAVE) - 1);
  const width = 2 ** octave;
  return (bin - BINS_PER_OCTAVE * octave) * width + Math.floor((width - 1) / 2);
}
