/**
 * The receiving half: puts what arrives in order, says how much more may come, and which bytes are here already
 * though others before them are missing (SACK, RFC 2018).
 *
 * Everything lies in one ring at the place of its sequence number, so that nothing is kept twice and the memory has
 * one bound, the receive buffer.
 */
import type { SackBlock } from '../net/tcp.ts';
import { ByteRing } from './ring.ts';
import { toWire } from './sequence.ts';

/** Holes between early bytes: what would make more is dropped. */
const MAX_ISLANDS = 4096;
/** Of so many early segments the last ones are remembered: more blocks than one option holds. */
const MAX_RECENT = 8;

/** Early bytes that lie together. */
interface Island {
  readonly start: number;
  readonly end: number;
}

/** What became of a segment. */
export type Taken =
  /** It continued the stream; `filled`: and closed a gap. */
  | { readonly kind: 'next'; readonly filled: boolean }
  /** It came before others that are missing, or there is no room for it. */
  | { readonly kind: 'early' }
  /** Nothing in it was new. */
  | { readonly kind: 'old' };

export class Reassembly {
  readonly #ring: ByteRing;
  /** Sorted, apart from each other, all behind `next`. */
  #islands: Island[] = [];
  /** Where the last early segments began, the last one first. */
  #recent: number[] = [];
  #read: number;
  /** The next sequence number that is missing. */
  next: number;
  /** What was announced: nothing behind it is taken. */
  #edge: number;
  /** Sequence number of the other end's FIN, once it is known. */
  #fin: number | undefined;

  /** `next`: the first byte's sequence number. */
  constructor(next: number, limit: number) {
    this.#ring = new ByteRing(next, limit);
    this.next = next;
    this.#read = next;
    this.#edge = next;
  }

  /** Bytes in order that nobody has read. */
  get readable(): number {
    return this.next - this.#read - (this.finished ? 1 : 0);
  }

  /** All before the other end's FIN has arrived. */
  get finished(): boolean {
    return this.#fin !== undefined && this.next > this.#fin;
  }

  /** Something arrived before what it follows on. */
  get hasGap(): boolean {
    return this.#islands.length > 0;
  }

  /** The first sequence number that was not announced. */
  get edge(): number {
    return this.#edge;
  }

  /**
   * What may be announced now: never less than before, and more only in steps that are worth a segment (RFC 9293
   * 3.8.6.2.2).
   */
  window(segmentBytes: number): number {
    const possible = this.#read + this.#ring.limit;
    if (possible - this.#edge >= Math.min(segmentBytes, this.#ring.limit / 2)) this.#edge = possible;
    return Math.max(0, this.#edge - this.next);
  }

  /** How much more than was announced could be now. */
  get unannounced(): number {
    return this.#read + this.#ring.limit - this.#edge;
  }

  /** Takes what is new and within the window of a segment whose first byte is `sequence`. */
  take(sequence: number, payload: Uint8Array, fin: boolean): Taken {
    const end = sequence + payload.length;
    const start = Math.max(sequence, this.next);
    if (fin && this.#mayEndAt(end)) this.#fin = end;
    const stop = Math.min(end, this.#edge, this.#fin ?? end);
    if (stop <= start) {
      if (this.#fin === this.next) {
        this.next++;
        return { kind: 'next', filled: false };
      }
      return { kind: end > this.next ? 'early' : 'old' };
    }
    if (start > this.next) {
      if (this.#addIsland(start, stop))
        this.#ring.put(start, payload.subarray(start - sequence, stop - sequence));
      return { kind: 'early' };
    }
    this.#ring.put(start, payload.subarray(start - sequence, stop - sequence));
    this.next = stop;
    const filled = this.#islands.length > 0;
    while (this.#islands.length > 0 && this.#islands[0].start <= this.next) {
      this.next = Math.max(this.next, this.#islands[0].end);
      this.#islands.shift();
    }
    if (this.#fin === this.next) this.next++;
    return { kind: 'next', filled };
  }

  /** The next bytes, `limit` at most: a copy, empty where there are none. */
  read(limit: number): Uint8Array {
    const bytes = this.#ring.slice(this.#read, Math.min(limit, this.readable)).slice();
    this.#read += bytes.length;
    this.#ring.release(this.#read);
    return bytes;
  }

  /** The islands that grew last, at most `limit`, the last one first (RFC 2018 4). */
  sackBlocks(limit: number): readonly SackBlock[] {
    if (this.#islands.length === 0) return [];
    const islands = new Set<Island>();
    for (const sequence of this.#recent) {
      const island = this.#islands[this.#firstEndingAfter(sequence)];
      if (island !== undefined && island.start <= sequence) islands.add(island);
      if (islands.size === limit) break;
    }
    return [...islands].map(({ start, end }) => ({ left: toWire(start), right: toWire(end) }));
  }

  /** Once, within the window, and not before what arrived already. */
  #mayEndAt(end: number): boolean {
    if (this.#fin !== undefined || end < this.next || end > this.#edge) return false;
    return end >= (this.#islands.at(-1)?.end ?? end);
  }

  /** False where it would be one island too many. */
  #addIsland(start: number, end: number): boolean {
    // One that ends where this begins is joined too.
    const first = this.#firstEndingAfter(start - 1);
    let last = first;
    let island = { start, end };
    for (; last < this.#islands.length && this.#islands[last].start <= end; last++) {
      const { start: left, end: right } = this.#islands[last];
      island = { start: Math.min(island.start, left), end: Math.max(island.end, right) };
    }
    if (last === first && this.#islands.length >= MAX_ISLANDS) return false;
    this.#islands.splice(first, last - first, island);
    this.#recent = [start, ...this.#recent.slice(0, MAX_RECENT - 1)];
    return true;
  }

  /** Index of the first island that ends behind `sequence`. */
  #firstEndingAfter(sequence: number): number {
    let low = 0;
    let high = this.#islands.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#islands[middle].end <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
