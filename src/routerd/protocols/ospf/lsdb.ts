/**
 * The link state database of one flooding scope: an area, the AS, or a link (RFC 2328 12.2). An entry stands for one LSA, whichever instance of it is
 * the newest; entries are what retransmission lists and queues hold, so that a newer instance replaces the old
 * one everywhere at once. Ages are not counted up: an entry knows when its LSA was born.
 */
import type { Ipv4 } from '../../../net/address.ts';
import { MAX_AGE_S } from './constants.ts';
import { compareAges, LSA_HEADER, type LsaIdentity, type LsaInstance, NSSA_LSA, SUMMARY_LSA } from './lsa.ts';
import { LsaTable } from './lsa-table.ts';
import type { AgedLsa } from './packet.ts';
import type { Lsa, LsaPool } from './pool.ts';

/** Before any time an entry can have. */
const NEVER_MS = -2_000_000_000;

export class LsdbEntry {
  lsa: Lsa;
  /** When the LSA's age was 0, milliseconds. */
  bornMs: number;
  /** When the instance came by flooding; NEVER_MS for one of our own. */
  arrivedMs = NEVER_MS;
  /** When it was last sent back to a neighbour that had an older one (13, step 8). */
  sentBackMs = NEVER_MS;
  /** On how many retransmission lists it is. */
  retransmitting = 0;
  /** For who looks for entries that stand twice in a list; false at all other times. */
  isMarked = false;
  /** Reached MaxAge, or was given that age to be flushed (14, 14.1). */
  maxAged: boolean;

  constructor(lsa: Lsa, bornMs: number, maxAged: boolean) {
    this.lsa = lsa;
    this.bornMs = bornMs;
    this.maxAged = maxAged;
  }

  get identity(): LsaIdentity {
    return this.lsa.identity;
  }

  /** Seconds, 0 .. MaxAge. */
  age(nowMs: number): number {
    if (this.maxAged) return MAX_AGE_S;
    return Math.max(0, Math.min(MAX_AGE_S, Math.floor((nowMs - this.bornMs) / 1000)));
  }

  /** Above zero where `other` is newer than what we have, below where it is older, zero where it is the same (13.1). */
  compare(other: LsaInstance, nowMs: number): number {
    const { sequence, checksum } = this.lsa;
    if (other.sequence !== sequence) return other.sequence > sequence ? 1 : -1;
    if (other.checksum !== checksum) return other.checksum - checksum;
    return compareAges(other.age, this.age(nowMs));
  }

  aged(nowMs: number): AgedLsa {
    return { bytes: this.lsa.bytes, at: 0, age: this.age(nowMs) };
  }
}

export class Lsdb {
  readonly pool: LsaPool;
  readonly #table: LsaTable<LsdbEntry>;
  readonly #maxAged = new Set<LsdbEntry>();
  readonly #topology: (Lsa | undefined)[] = [];
  /**
   * Network-LSAs that describe one network, by vertex: several routers may claim it while its designated router
   * changes its Router ID. Rare, so that most vertices have none here.
   */
  readonly #rivals = new Map<number, Set<LsdbEntry>>();
  /** Summary and external LSAs, less those at MaxAge. */
  readonly #announcements = new Set<LsdbEntry>();
  readonly #changed: (type: number) => void;

  /** `changed` is told the LS type of every change that could change a route (13.2). */
  constructor(pool: LsaPool, seed: number, changed: (type: number) => void) {
    this.pool = pool;
    this.#table = new LsaTable(seed);
    this.#changed = changed;
  }

  get size(): number {
    return this.#table.size;
  }

  /** By vertex number: the LSA that describes the vertex, if there is one that counts (not at MaxAge). */
  get topology(): readonly (Lsa | undefined)[] {
    return this.#topology;
  }

  /** LSAs of types 3, 4, 5 and 7 that count, in the order in which they came. */
  get announcements(): ReadonlySet<LsdbEntry> {
    return this.#announcements;
  }

  find(type: number, id: Ipv4, advertisingRouter: Ipv4): LsdbEntry | undefined {
    return this.#table.find(type, id, advertisingRouter);
  }

  [Symbol.iterator](): Iterator<LsdbEntry> {
    return this.#table[Symbol.iterator]();
  }

  /** Takes over an LSA that the pool handed out, as the newest instance. Age in seconds. */
  install(lsa: Lsa, age: number, nowMs: number): LsdbEntry {
    const { type, id, advertisingRouter } = lsa.identity;
    const bornMs = nowMs - age * 1000;
    const maxAged = age >= MAX_AGE_S;
    const known = this.#table.find(type, id, advertisingRouter);
    const entry = known ?? new LsdbEntry(lsa, bornMs, maxAged);
    const old = known?.lsa;
    const changed = old === undefined || entry.maxAged !== maxAged || !sameContents(old, lsa);
    entry.lsa = lsa;
    entry.bornMs = bornMs;
    entry.maxAged = maxAged;
    entry.arrivedMs = NEVER_MS;
    if (known === undefined) this.#table.set(entry);
    if (maxAged) this.#maxAged.add(entry);
    else this.#maxAged.delete(entry);
    this.#place(entry, old, changed);
    if (old !== undefined) this.pool.release(old);
    if (isAnnouncement(type)) {
      if (maxAged) this.#announcements.delete(entry);
      else this.#announcements.add(entry);
    }
    if (changed) this.#changed(type);
    return entry;
  }

  /** The entry's age is MaxAge from now on; it counts no more and waits to be purged. */
  expire(entry: LsdbEntry): void {
    if (entry.maxAged) return;
    entry.maxAged = true;
    this.#maxAged.add(entry);
    this.#announcements.delete(entry);
    this.#displace(entry.lsa);
    this.#changed(entry.identity.type);
  }

  /** Entries that are at MaxAge and on no retransmission list: they may go when no exchange is under way (14). */
  purgeable(): LsdbEntry[] {
    if (this.#maxAged.size === 0) return [];
    return [...this.#maxAged].filter((entry) => entry.retransmitting === 0);
  }

  remove(entry: LsdbEntry): void {
    if (!this.#table.delete(entry.identity)) return;
    this.#maxAged.delete(entry);
    this.#announcements.delete(entry);
    this.#displace(entry.lsa);
    this.pool.release(entry.lsa);
  }

  clear(): void {
    for (const entry of this.#table) this.pool.release(entry.lsa);
    this.#table.clear();
    this.#maxAged.clear();
    this.#announcements.clear();
    this.#rivals.clear();
    this.#topology.length = 0;
  }

  /** Entries whose age has come to MaxAge by now, and when the next one's will (Infinity: none). */
  expired(nowMs: number): { readonly entries: readonly LsdbEntry[]; readonly nextMs: number } {
    const entries: LsdbEntry[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#table) {
      if (entry.maxAged) continue;
      const dueMs = entry.bornMs + MAX_AGE_S * 1000;
      if (dueMs <= nowMs) entries.push(entry);
      else if (dueMs < nextMs) nextMs = dueMs;
    }
    return { entries, nextMs };
  }

  #place(entry: LsdbEntry, old: Lsa | undefined, changed: boolean): void {
    const { lsa } = entry;
    if (entry.maxAged) {
      if (old !== undefined) this.#displace(old);
      return;
    }
    if (lsa.vertex < 0) return;
    while (this.#topology.length <= lsa.vertex) this.#topology.push(undefined);
    const used = this.#topology[lsa.vertex];
    if (used !== undefined && used !== old) this.#addRivals(used, entry);
    if (changed || used === undefined || used === old) this.#topology[lsa.vertex] = lsa;
  }

  #addRivals(used: Lsa, entry: LsdbEntry): void {
    const { type, id, advertisingRouter } = used.identity;
    const holder = this.#table.find(type, id, advertisingRouter);
    const rivals = this.#rivals.get(used.vertex) ?? new Set();
    if (holder !== undefined) rivals.add(holder);
    this.#rivals.set(used.vertex, rivals.add(entry));
  }

  /** The LSA counts no more: a rival takes its place in the topology, where there is one. */
  #displace(lsa: Lsa): void {
    const { vertex } = lsa;
    if (vertex < 0 || this.#topology[vertex] !== lsa) return;
    this.#topology[vertex] = undefined;
    const rivals = this.#rivals.get(vertex);
    for (const rival of rivals ?? []) {
      const { type, id, advertisingRouter } = rival.identity;
      const counts = !rival.maxAged && this.#table.find(type, id, advertisingRouter) === rival;
      if (counts && rival.lsa !== lsa) {
        this.#topology[vertex] = rival.lsa;
        return;
      }
      rivals?.delete(rival);
    }
    this.#rivals.delete(vertex);
  }
}

function isAnnouncement(type: number): boolean {
  return type >= SUMMARY_LSA && type <= NSSA_LSA;
}

/** Options and body agree: SPF would find the same (13.2). */
function sameContents(a: Lsa, b: Lsa): boolean {
  if (a === b) return true;
  if (a.bytes.length !== b.bytes.length || a.options !== b.options) return false;
  for (let at = LSA_HEADER; at < a.bytes.length; at++) if (a.bytes[at] !== b.bytes[at]) return false;
  return true;
}
