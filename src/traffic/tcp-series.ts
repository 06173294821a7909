/**
 * A TCP flow over time, for plots. As in bins.ts, when the bins are used up each two are merged into one of twice
 * the width; but bytes count where they arrived: that is what a sender, and a user, feels.
 */
import { MILLISECOND, SECOND, type TimeNs } from '../world/clock.ts';

export interface TcpSeriesResult {
  readonly fromNs: TimeNs;
  readonly binNs: TimeNs;
  /** Bits per second that the receiver got in order, by bin. All arrays are equally long. */
  readonly goodputBps: readonly number[];
  /** Segments sent again. */
  readonly retransmittedSegments: readonly number[];
  /** Mean round-trip time, whole nanoseconds; null where none was measured. */
  readonly roundTripNs: readonly (number | null)[];
}

const FIRST_BIN_NS = 100 * MILLISECOND;
const MAX_BINS = 4096;

interface Bin {
  bytes: number;
  retransmitted: number;
  roundTrips: number;
  roundTripSumNs: number;
}

export class TcpSeries {
  readonly #fromNs: TimeNs;
  #binNs = FIRST_BIN_NS;
  #bins: Bin[] = [];

  constructor(fromNs: TimeNs) {
    this.#fromNs = fromNs;
  }

  received(nowNs: TimeNs, bytes: number, retransmitted: number): void {
    const bin = this.#bin(nowNs);
    bin.bytes += bytes;
    bin.retransmitted += retransmitted;
  }

  roundTrip(nowNs: TimeNs, roundTripNs: TimeNs): void {
    const bin = this.#bin(nowNs);
    bin.roundTrips++;
    bin.roundTripSumNs += roundTripNs;
  }

  /** The bins up to the last in which anything happened. */
  result(): TcpSeriesResult {
    return {
      fromNs: this.#fromNs,
      binNs: this.#binNs,
      goodputBps: this.#bins.map(({ bytes }) => Math.round((bytes * 8 * SECOND) / this.#binNs)),
      retransmittedSegments: this.#bins.map(({ retransmitted }) => retransmitted),
      roundTripNs: this.#bins.map(({ roundTrips, roundTripSumNs }) => {
        return roundTrips === 0 ? null : Math.round(roundTripSumNs / roundTrips);
      }),
    };
  }

  /** The bin of a time that is not before the beginning; it exists from here on. */
  #bin(timeNs: TimeNs): Bin {
    while (timeNs - this.#fromNs >= this.#binNs * MAX_BINS) this.#widen();
    const index = Math.floor((timeNs - this.#fromNs) / this.#binNs);
    while (this.#bins.length <= index) this.#bins.push(emptyBin());
    return this.#bins[index];
  }

  #widen(): void {
    this.#binNs *= 2;
    const bins = this.#bins;
    this.#bins = Array.from({ length: Math.ceil(bins.length / 2) }, (_, index) => {
      const second = bins[2 * index + 1] ?? emptyBin();
      const first = bins[2 * index];
      return {
        bytes: first.bytes + second.bytes,
        retransmitted: first.retransmitted + second.retransmitted,
        roundTrips: first.roundTrips + second.roundTrips,
        roundTripSumNs: first.roundTripSumNs + second.roundTripSumNs,
      };
    });
  }
}

function emptyBin(): Bin {
  return { bytes: 0, retransmitted: 0, roundTrips: 0, roundTripSumNs: 0 };
}
