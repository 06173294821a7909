/** NewReno's window: slow start and congestion avoidance of RFC 5681, counted in bytes (RFC 3465). */
import type { TimeNs } from '../world/clock.ts';
import { type CongestionControl, initialWindow } from './congestion.ts';

export class NewReno implements CongestionControl {
  window: number;
  #threshold = Number.POSITIVE_INFINITY;
  #segmentBytes: number;
  /** Acknowledged since the window last grew. */
  #counted = 0;

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes;
    this.window = initialWindow(segmentBytes);
  }

  get inSlowStart(): boolean {
    return this.window < this.#threshold;
  }

  acknowledged(bytes: number, _nowNs: TimeNs, _roundTripNs: TimeNs): void {
    if (this.inSlowStart) {
      this.window += Math.min(bytes, 2 * this.#segmentBytes);
      return;
    }
    this.#counted += bytes;
    if (this.#counted < this.window) return;
    this.#counted -= this.window;
    this.window += this.#segmentBytes;
  }

  lost(flight: number): void {
    this.#threshold = Math.max(flight / 2, 2 * this.#segmentBytes);
    this.window = this.#threshold;
    this.#counted = 0;
  }

  timedOut(flight: number, again: boolean): void {
    if (!again) this.#threshold = Math.max(flight / 2, 2 * this.#segmentBytes);
    this.window = this.#segmentBytes;
    this.#counted = 0;
  }

  restart(): void {
    this.window = Math.min(this.window, initialWindow(this.#segmentBytes));
    this.#counted = 0;
  }

  resize(segmentBytes: number): void {
    this.#segmentBytes = segmentBytes;
  }
}
