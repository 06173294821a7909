/**
 * LSAs that were flooded to a neighbour and not yet acknowledged (RFC 2328 13.6): sent again, to that neighbour
 * alone, every RxmtInterval. Bounded by the database: it holds entries, each once.
 */
import type { Timer } from '../../../world/clock.ts';
import { MAX_UPDATES_PER_RETRANSMISSION, RXMT_INTERVAL_NS } from './constants.ts';
import { type Context, nowMs } from './context.ts';
import type { LsdbEntry } from './lsdb.ts';
import { type AgedLsa, encodeUpdate, splitUpdate } from './packet.ts';

export class RetransmissionList {
  /** When each was last sent, milliseconds; the longest waiting first. */
  readonly #sentMs = new Map<LsdbEntry, number>();
  readonly #context: Context;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #packetSize: () => number;
  #timer: Timer | undefined;

  constructor(context: Context, packetSize: () => number, send: (bytes: Uint8Array) => void) {
    this.#context = context;
    this.#packetSize = packetSize;
    this.#send = send;
  }

  get size(): number {
    return this.#sentMs.size;
  }

  has(entry: LsdbEntry): boolean {
    return this.#sentMs.has(entry);
  }

  /** The entry is being flooded now. */
  add(entry: LsdbEntry): void {
    if (this.#sentMs.delete(entry)) entry.retransmitting--;
    this.#sentMs.set(entry, nowMs(this.#context.clock));
    entry.retransmitting++;
    this.#timer ??= this.#context.clock.after(RXMT_INTERVAL_NS, () => this.#retransmit());
  }

  /** True where it was on the list. */
  delete(entry: LsdbEntry): boolean {
    if (!this.#sentMs.delete(entry)) return false;
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
    const intervalMs = RXMT_INTERVAL_NS / 1e6;
    const due: LsdbEntry[] = [];
    const lsas: AgedLsa[] = [];
    let room = MAX_UPDATES_PER_RETRANSMISSION * this.#packetSize();
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
    for (const packet of splitUpdate(lsas, this.#packetSize())) {
      this.#send(encodeUpdate(this.#context, packet));
    }
    const [oldestMs] = this.#sentMs.values();
    if (oldestMs === undefined) return;
    const delayMs = Math.max(oldestMs + intervalMs - now, due.length > 0 ? 100 : 1);
    this.#timer = this.#context.clock.after(delayMs * 1e6, () => this.#retransmit());
  }
}
