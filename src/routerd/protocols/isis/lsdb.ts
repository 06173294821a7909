/**
 * The link state database of one level. An entry stands for one LSP ID, whichever LSP of it is the newest; entries
 * are what queues hold, so that a newer LSP replaces the old one everywhere at once. Lifetimes are not counted down:
 * an entry knows when its LSP expires, and for how long it is kept as purged.
 */
import { ZERO_AGE_LIFETIME_S } from './constants.ts';
import { compareLspIds, type LspId, type SystemId } from './ids.ts';
import { FLAGS_AT } from './lsp.ts';
import { type Edge, type Lsp, type LspPool, type VertexReach, withLifetime } from './pool.ts';
import type { LspSummary } from './snp.ts';

export class LspEntry {
  lsp: Lsp;
  /** When the LSP's lifetime ends; of a purged one, when it is forgotten. Milliseconds. */
  dueMs: number;
  /** Its lifetime is 0 (7.3.16.4): it counts for nothing but for being told on. */
  purged: boolean;

  constructor(lsp: Lsp, dueMs: number, purged: boolean) {
    this.lsp = lsp;
    this.dueMs = dueMs;
    this.purged = purged;
  }

  lifetimeS(nowMs: number): number {
    return this.purged ? 0 : Math.max(1, Math.min(0xffff, Math.ceil((this.dueMs - nowMs) / 1000)));
  }

  /** The LSP as it is to be sent now. Not to be written to: others send the same bytes. */
  pdu(nowMs: number): Uint8Array {
    return withLifetime(this.lsp, this.lifetimeS(nowMs));
  }

  summary(nowMs: number): LspSummary {
    const { system, local, sequence, checksum } = this.lsp;
    return { system, local, sequence, checksum, lifetimeS: this.lifetimeS(nowMs) };
  }

  /**
   * Above zero where `other` is newer than what we have, below where it is older, zero where it is the same
   * (7.3.16.3; of two of one sequence that differ, the other one counts as newer: 7.3.16.2 ends in a purge).
   */
  compare(other: Pick<LspSummary, 'sequence' | 'checksum' | 'lifetimeS'>): number {
    if (other.sequence !== this.lsp.sequence) return other.sequence > this.lsp.sequence ? 1 : -1;
    const isPurge = other.lifetimeS === 0;
    if (isPurge !== this.purged) return isPurge ? 1 : -1;
    return isPurge || other.checksum === this.lsp.checksum ? 0 : 1;
  }
}

/** What a new LSP means to SPF: nothing, other prefixes, or another graph. */
export type Change = 'nothing' | 'prefixes' | 'graph';

export class Lsdb {
  readonly pool: LspPool;
  /** By number of LSP ID. */
  readonly #entries: (LspEntry | undefined)[] = [];
  /** By vertex: fragment 0 of each that lives; without it the others do not count (7.2.5). */
  readonly #topology: (Lsp | undefined)[] = [];
  /** By vertex: the other fragments, in order. Few vertices have any. */
  readonly #fragments = new Map<number, readonly Lsp[]>();
  readonly #changed: (change: Change) => void;
  #size = 0;
  #sorted: readonly LspEntry[] | undefined;

  /** `changed` is told of every change that SPF could see. */
  constructor(pool: LspPool, changed: (change: Change) => void) {
    this.pool = pool;
    this.#changed = changed;
  }

  get size(): number {
    return this.#size;
  }

  get topology(): readonly (Lsp | undefined)[] {
    return this.#topology;
  }

  fragmentsOf(vertex: number): readonly Lsp[] {
    return (this.#fragments.size > 0 && this.#fragments.get(vertex)) || NONE;
  }

  find(system: SystemId, local: number): LspEntry | undefined {
    const number = this.pool.findLsp(system, local);
    return number < 0 ? undefined : this.#entries[number];
  }

  /** All entries in the order of their IDs. */
  sorted(): readonly LspEntry[] {
    this.#sorted ??= this.#entries
      .filter((entry) => entry !== undefined)
      .sort((a, b) => compareLspIds(a.lsp, b.lsp));
    return this.#sorted;
  }

  /** Those with IDs from `first` to `last`. */
  between(first: LspId, last: LspId): readonly LspEntry[] {
    const sorted = this.sorted();
    const from = lowerBound(sorted, first);
    let to = lowerBound(sorted, last);
    if (to < sorted.length && compareLspIds(sorted[to].lsp, last) === 0) to++;
    return sorted.slice(from, to);
  }

  /** Takes over an LSP that the pool handed out, as the newest one; a lifetime of 0 is a purge. */
  install(lsp: Lsp, lifetimeS: number, nowMs: number): LspEntry {
    const purged = lifetimeS === 0;
    const dueMs = nowMs + 1000 * (purged ? ZERO_AGE_LIFETIME_S : lifetimeS);
    const known = this.#entries[lsp.number];
    if (known === undefined) {
      const entry = new LspEntry(lsp, dueMs, purged);
      while (this.#entries.length <= lsp.number) this.#entries.push(undefined);
      this.#entries[lsp.number] = entry;
      this.#size++;
      this.#sorted = undefined;
      if (!purged) this.#place(lsp, undefined);
      return entry;
    }
    const former = known.lsp;
    const formerlyAlive = known.purged ? undefined : former;
    known.lsp = lsp;
    known.dueMs = dueMs;
    known.purged = purged;
    if (!purged) this.#place(lsp, formerlyAlive);
    else if (formerlyAlive !== undefined) this.#displace(formerlyAlive);
    this.pool.release(former);
    return known;
  }

  remove(entry: LspEntry): void {
    const { lsp } = entry;
    if (this.#entries[lsp.number] !== entry) return;
    this.#entries[lsp.number] = undefined;
    this.#size--;
    this.#sorted = undefined;
    if (!entry.purged) this.#displace(lsp);
    this.pool.release(lsp);
  }

  clear(): void {
    for (const entry of this.#entries) if (entry !== undefined) this.pool.release(entry.lsp);
    this.#entries.length = 0;
    this.#topology.length = 0;
    this.#fragments.clear();
    this.#size = 0;
    this.#sorted = undefined;
  }

  /** Entries that are due by now, and when the next one will be (Infinity: none). */
  due(nowMs: number): { readonly entries: readonly LspEntry[]; readonly nextMs: number } {
    const entries: LspEntry[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries) {
      if (entry === undefined) continue;
      if (entry.dueMs <= nowMs) entries.push(entry);
      else if (entry.dueMs < nextMs) nextMs = entry.dueMs;
    }
    return { entries, nextMs };
  }

  #place(lsp: Lsp, former: Lsp | undefined): void {
    const { vertex } = lsp;
    if ((lsp.local & 0xff) === 0) {
      while (this.#topology.length <= vertex) this.#topology.push(undefined);
      this.#topology[vertex] = lsp;
    } else {
      const others = this.fragmentsOf(vertex).filter((each) => each.number !== lsp.number);
      this.#fragments.set(
        vertex,
        [...others, lsp].sort((a, b) => a.local - b.local),
      );
    }
    const change = former === undefined ? 'graph' : changeBetween(former, lsp);
    if (change !== 'nothing') this.#changed(change);
  }

  #displace(lsp: Lsp): void {
    const { vertex } = lsp;
    if ((lsp.local & 0xff) === 0) {
      this.#topology[vertex] = undefined;
    } else {
      const others = this.fragmentsOf(vertex).filter((each) => each.number !== lsp.number);
      if (others.length === 0) this.#fragments.delete(vertex);
      else this.#fragments.set(vertex, others);
    }
    this.#changed('graph');
  }
}

const NONE: readonly Lsp[] = [];

function lowerBound(sorted: readonly LspEntry[], id: LspId): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compareLspIds(sorted[middle].lsp, id) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function changeBetween(a: Lsp, b: Lsp): Change {
  if (a === b || sameContents(a.bytes, b.bytes)) return 'nothing';
  const isSameGraph =
    a.flags === b.flags &&
    a.areas.join() === b.areas.join() &&
    a.reach.transition.every((reach, index) => sameEdges(reach, b.reach.transition[index]));
  return isSameGraph ? 'prefixes' : 'graph';
}

/** Flags and TLVs agree. */
function sameContents(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = FLAGS_AT; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function sameEdges({ edges: a }: VertexReach, { edges: b }: VertexReach): boolean {
  return a.length === b.length && a.every((edge, index) => sameEdge(edge, b[index]));
}

function sameEdge(a: Edge, b: Edge): boolean {
  return a.vertex === b.vertex && a.metric === b.metric;
}
