/**
 * CUBIC, RFC 9438: after a loss the window comes back quickly to where it was, stays near it for a while, then goes
 * looking for more; the pace follows time, not round trips. Windows here are in segments where a formula of the
 * RFC is, in bytes where the sender reads them.
 */
import { SECOND, type TimeNs } from '../world/clock.ts';
import { type CongestionControl, initialWindow } from './congestion.ts';

/** How fast the cubic grows, segments/s^3 (5.1). */
const C = 0.4;
/** What is left of the window after a loss (4.6). */
const BETA = 0.7;
/** Growth in segments a round trip that makes the Reno-friendly estimate as fast as Reno (4.3). */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

export class Cubic implements CongestionControl {
  window: number;
  #threshold = Number.POSITIVE_INFINITY;
  #segmentBytes: number;
  /** Window before the last loss, segments; the plateau. */
  #plateau = 0;
  /** Window when the last loss was noticed, segments. */
  #before = 0;
  /** The stage of congestion avoidance that has begun since then. */
  #stage: Stage | undefined;

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes;
    this.window = initialWindow(segmentBytes);
  }

  get inSlowStart(): boolean {
    return this.window < this.#threshold;
  }

  acknowledged(bytes: number, nowNs: TimeNs, roundTripNs: TimeNs): void {
    if (this.inSlowStart) {
      this.window += Math.min(bytes, 2 * this.#segmentBytes);
      return;
    }
    const window = this.window / this.#segmentBytes;
    const acknowledged = bytes / this.#segmentBytes;
    this.#stage ??= this.#begin(window, nowNs);
    const stage = this.#stage;
    // Time in which the window was not what held the sender back does not count (4.2, 5.8).
    stage.elapsedNs += Math.min(nowNs - stage.lastNs, Math.max(roundTripNs, SECOND / 1000));
    stage.lastNs = nowNs;

    stage.reno += (stage.reno < this.#before ? ALPHA : 1) * (acknowledged / window);
    const cubic = (atNs: TimeNs): number => C * (atNs / SECOND - stage.k) ** 3 + this.#plateau;
    if (cubic(stage.elapsedNs) < stage.reno) {
      this.window = Math.max(this.window, stage.reno * this.#segmentBytes);
      return;
    }
    const target = Math.min(Math.max(cubic(stage.elapsedNs + roundTripNs), window), 1.5 * window);
    this.window += ((target - window) / window) * bytes;
  }

  lost(flight: number): void {
    this.#remember();
    this.#threshold = this.#reduced(flight);
    this.window = this.#threshold;
  }

  timedOut(flight: number, again: boolean): void {
    if (!again) {
      this.#remember();
      this.#threshold = this.#reduced(flight);
    }
    // The next stage begins at its own plateau (4.8).
    this.#plateau = 0;
    this.#stage = undefined;
    this.window = this.#segmentBytes;
  }

  restart(): void {
    this.window = Math.min(this.window, initialWindow(this.#segmentBytes));
    this.#stage = undefined;
  }

  resize(segmentBytes: number): void {
    this.#segmentBytes = segmentBytes;
  }

  #reduced(flight: number): number {
    return Math.max(BETA * flight, 2 * this.#segmentBytes);
  }

  /** The plateau is where the loss was, or lower where the last one was higher: room for others (4.7). */
  #remember(): void {
    const window = this.window / this.#segmentBytes;
    this.#plateau = window < this.#plateau ? (window * (1 + BETA)) / 2 : window;
    this.#before = window;
    this.#stage = undefined;
  }

  #begin(window: number, nowNs: TimeNs): Stage {
    this.#plateau = Math.max(this.#plateau, window);
    return { elapsedNs: 0, lastNs: nowNs, reno: window, k: Math.cbrt((this.#plateau - window) / C) };
  }
}

interface Stage {
  elapsedNs: TimeNs;
  /** When it was last added to. */
  lastNs: TimeNs;
  /** What Reno would have by now, segments: W_est. */
  reno: number;
  /** Seconds from the beginning of the stage to the plateau. */
  readonly k: number;
}
