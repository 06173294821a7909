/**
 * Watches for LSPs whose lifetime ends, and for purged ones that are to be forgotten, with a single timer: it is set
 * for the earliest time at which any can, and the database is looked through only then.
 */
import type { Clock, Timer } from '../../../world/clock.ts';
import { nowMs } from './context.ts';
import type { Lsdb, LspEntry } from './lsdb.ts';

export class Ageing {
  readonly #clock: Clock;
  readonly #lsdb: Lsdb;
  readonly #due: (entry: LspEntry) => void;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, lsdb: Lsdb, due: (entry: LspEntry) => void) {
    this.#clock = clock;
    this.#lsdb = lsdb;
    this.#due = due;
  }

  /** Something new is in the database. */
  watch({ dueMs }: LspEntry): void {
    if (dueMs >= this.#dueMs) return;
    this.stop();
    this.#dueMs = dueMs;
    const delayMs = Math.max(0, dueMs - nowMs(this.#clock));
    this.#timer = this.#clock.after(delayMs * 1e6, () => this.#wake());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #wake(): void {
    this.stop();
    const now = nowMs(this.#clock);
    for (const entry of this.#lsdb.due(now).entries) this.#due(entry);
    const { nextMs } = this.#lsdb.due(now);
    if (nextMs === Number.POSITIVE_INFINITY) return;
    // At most one look a second: lifetimes are whole seconds.
    this.#dueMs = Math.max(nextMs, now + 1000);
    this.#timer = this.#clock.after((this.#dueMs - now) * 1e6, () => this.#wake());
  }
}
