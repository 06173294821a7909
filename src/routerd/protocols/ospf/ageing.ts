/**
 * Watches for LSAs that reach MaxAge (RFC 2328 14) with a single timer: it is set for the earliest time at
 * which any can, and the database is looked through only then. Refreshed LSAs never get there.
 */
import type { Clock, Timer } from '../../../world/clock.ts';
import { MAX_AGE_S } from './constants.ts';
import { nowMs } from './context.ts';
import type { Lsdb, LsdbEntry } from './lsdb.ts';

export class Ageing {
  readonly #clock: Clock;
  readonly #lsdb: Lsdb;
  readonly #expire: (entry: LsdbEntry) => void;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, lsdb: Lsdb, expire: (entry: LsdbEntry) => void) {
    this.#clock = clock;
    this.#lsdb = lsdb;
    this.#expire = expire;
  }

  /** A new instance is in the database. */
  watch(entry: LsdbEntry): void {
    if (!entry.maxAged) this.#wakeAt(entry.bornMs + MAX_AGE_S * 1000);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #wakeAt(dueMs: number): void {
    if (dueMs >= this.#dueMs) return;
    this.stop();
    this.#dueMs = dueMs;
    const delayMs = Math.max(0, dueMs - nowMs(this.#clock));
    this.#timer = this.#clock.after(delayMs * 1e6, () => this.#wake());
  }

  #wake(): void {
    this.stop();
    const now = nowMs(this.#clock);
    const { entries, nextMs } = this.#lsdb.expired(now);
    for (const entry of entries) this.#expire(entry);
    // At most one look a second: ages are whole seconds.
    if (nextMs < Number.POSITIVE_INFINITY) this.#wakeAt(Math.max(nextMs, now + 1000));
  }
}
