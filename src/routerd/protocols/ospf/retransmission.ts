/**
 * LSAs that were flooded to a neighbour and not yet acknowledged (RFC 2328 13.6): sent again, to that neighbour
 * alone, every RxmtInterval. Bounded by the database: it holds entries, each once.
 */
import { MILLISECOND, type TimeNs, type Timer } from '../../../world/clock.ts';
import { MAX_UPDATES_PER_RETRANSMISSION } from './constants.ts';
import { type Context, nowMs } from './context.ts';
import type { LsdbEntry } from './lsdb.ts';
import type { AgedLsa } from './packet.ts';

/** The neighbour. */
export interface RetransmissionOwner {
  readonly packetSize: number;
  readonly retransmitIntervalNs: TimeNs;
  sendUpdates(lsas: readonly AgedLsa[]): void;
}

export class RetransmissionList {
  /** When each was last sent, milliseconds; the longest waiting first. */
  readonly #sentMs = new Map<LsdbEntry, number>();
  readonly #context: Context;
  readonly #owner: RetransmissionOwner;
  #timer: Timer | undefined;

  constructor(context: Context, owner: RetransmissionOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  get size(): number {
    return this.#sentMs.size;
  }

  has(entry: LsdbEntry): boolean {
    return this.#sentMs.has(entry);
  }

  /** The entry is being flooded now. */
  add(entry: LsdbEntry): void {
    this.delete(entry);
    this.#sentMs.set(entry, nowMs(this.#context.clock));
    entry.retransmitting++;
    this.#timer ??= this.#context.clock.after(this.#owner.retransmitIntervalNs, () => this.#retransmit());
  }

  /** True where it was on the list. */
  delete(entry: LsdbEntry): boolean {
    // Most are on no list: nothing to look for.
    if (entry.retransmitting === 0 || !this.#sentMs.delete(entry)) return false;
    entry.retransmitting--;
    return true;
  }

  clear(): void {
    for (const entry of this.#sentMs.keys()) entry.retransmitting--;
    this.#sentMs.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #retransmit(): void {
    this.#timer = undefined;
    const now = nowMs(this.#context.clock);
    const intervalMs = this.#owner.retransmitIntervalNs / MILLISECOND;
    const due: LsdbEntry[] = [];
    const lsas: AgedLsa[] = [];
    let room = MAX_UPDATES_PER_RETRANSMISSION * this.#owner.packetSize;
    for (const [entry, sentMs] of this.#sentMs) {
      if (sentMs + intervalMs > now || room <= 0) break;
      due.push(entry);
      lsas.push(entry.aged(now));
      room -= entry.lsa.bytes.length;
    }
    for (const entry of due) {
      this.#sentMs.delete(entry);
      this.#sentMs.set(entry, now);
    }
    this.#owner.sendUpdates(lsas);
    const [oldestMs] = this.#sentMs.values();
    if (oldestMs === undefined) return;
    const delayMs = Math.max(oldestMs + intervalMs - now, due.length > 0 ? 100 : 1);
    this.#timer = this.#context.clock.after(delayMs * MILLISECOND, () => this.#retransmit());
  }
}
