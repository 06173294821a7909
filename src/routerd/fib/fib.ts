/**
 * The forwarding table: one table, one trie, for every slot.
 *
 * A leaf of the trie is the number of a row (lookup-trie.ts); a row holds one column per slot; in a column stands the
 * number of a next-hop group, or NONE (rows.ts). Equal rows are one row: two slots that agree cost what one costs,
 * and two that differ cost their different pairs of groups, and leaves where neighbours were equal before.
 * Swapping planes does not touch the table: it changes which column is read. A row without a route in this slot
 * is not there for this slot: the longest match falls back to the next shorter prefix that has one.
 *
 * Beside what is looked up in stands what changes need to know: the prefixes with their own routes
 * (route-tree.ts). A change goes there first, then to the leaves below the prefix, as far as no longer prefix covers
 * them. The default route is in neither: it is what a column says of NO_ROW, so changing it does not touch every leaf. Everything lies in typed arrays whose blocks are reused (arena.ts); none belongs to a prefix.
 * docs/fib.md has the figures. What the numbers of groups mean is the engine's affair
 * (src/routerd/forwarding/groups.ts).
 */
import type { Ipv4, Prefix } from '../../net/address.ts';
import type { Slot } from '../forwarding/contract.ts';
import { LookupTrie } from './lookup-trie.ts';
import { RouteTree } from './route-tree.ts';
import { NO_ROW, NONE, Rows } from './rows.ts';

export { NONE };

/** Twice the routes of today's whole Internet. */
export const MAX_PREFIXES = 2_097_152;

/**
 * A table of fewer prefixes has no trie before something is looked up in it: building it at once is a sixth of the
 * work of changing it for every route, and many routers of a large network forward nothing. Building takes a few
 * milliseconds at most.
 */
const BUILT_FROM = 16_384;

export interface Fib {
  /** Sets the slot's route for the prefix; NONE withdraws it. Throws FibFullError at the table's limit. */
  set(prefix: Prefix, slot: Slot, group: number): void;
  /** The slot's route for exactly this prefix, or NONE. */
  get(prefix: Prefix, slot: Slot): number;
  /** Longest match: the group that the slot sends the address to, or NONE. */
  lookup(address: Ipv4, slot: Slot): number;
  /** The slot's routes by address, then length. The table must not change meanwhile. */
  entries(slot: Slot): Iterable<{ readonly prefix: Prefix; readonly group: number }>;
  /** Prefixes that have a route in either slot. */
  readonly prefixes: number;
  /** Bytes that the table has taken, its reserves included. */
  readonly memory: FibMemory;
}

export interface FibMemory {
  /** What lookups read. */
  readonly lookupBytes: number;
  /** Of these, what is free or in reserve: how much, depends on when the table last grew. */
  readonly idleBytes: number;
  /** What only changes read. */
  readonly changeBytes: number;
}

export class FibFullError extends Error {
  constructor(limit: number) {
    super(`the forwarding table is full: ${limit} prefixes`);
    this.name = 'FibFullError';
  }
}

export function makeFib(maxPrefixes = MAX_PREFIXES): Fib {
  return new CompressedFib(maxPrefixes);
}

class CompressedFib implements Fib {
  readonly #maxPrefixes: number;
  readonly #rows = new Rows();
  readonly #routes = new RouteTree();
  readonly #trie = new LookupTrie(this.#rows, this.#routes);
  #prefixes = 0;
  #isBuilt = false;

  constructor(maxPrefixes: number) {
    this.#maxPrefixes = maxPrefixes;
  }

  get prefixes(): number {
    return this.#prefixes;
  }

  get memory(): FibMemory {
    if (!this.#isBuilt) this.#build();
    return {
      lookupBytes: this.#trie.byteLength + this.#rows.groupBytes,
      idleBytes: this.#trie.idleBytes,
      changeBytes: this.#routes.byteLength + this.#rows.indexBytes,
    };
  }

  lookup(address: Ipv4, slot: Slot): number {
    if (!this.#isBuilt) this.#build();
    const { groups } = this.#rows;
    const group = groups[2 * this.#trie.lookup(address) + slot];
    // The default route where group is NONE, without a branch: half of all random addresses have no other.
    return group | (((group - 1) >> 31) & groups[slot]);
  }

  get(prefix: Prefix, slot: Slot): number {
    if (prefix.length === 0) return this.#rows.groups[slot];
    return this.#rows.group(this.#routes.read(this.#routes.find(prefix)), slot);
  }

  set(prefix: Prefix, slot: Slot, group: number): void {
    if (prefix.length === 0) this.#setDefault(slot, group);
    else this.#setRoute(prefix, slot, group);
  }

  *entries(slot: Slot): Generator<{ readonly prefix: Prefix; readonly group: number }> {
    const byDefault = this.#rows.groups[slot];
    if (byDefault !== NONE) yield { prefix: { address: 0, length: 0 }, group: byDefault };
    for (const { prefix, row } of this.#routes.entries()) {
      const group = this.#rows.group(row, slot);
      if (group !== NONE) yield { prefix, group };
    }
  }

  #setDefault(slot: Slot, group: number): void {
    const { groups } = this.#rows;
    const known = groups[0] !== NONE || groups[1] !== NONE;
    if (!known && group !== NONE) this.#admit();
    groups[slot] = group;
    if (known && groups[0] === NONE && groups[1] === NONE) this.#prefixes--;
  }

  #setRoute(prefix: Prefix, slot: Slot, group: number): void {
    const place = this.#routes.find(prefix);
    const before = this.#routes.read(place);
    if (this.#rows.group(before, slot) === group) return;
    if (before === NO_ROW) this.#admit();
    const row = this.#rows.changed(before, slot, group);
    this.#rows.retain(row);
    if (before !== NO_ROW && row !== NO_ROW) this.#routes.write(place, row);
    else this.#routes.set(prefix, row);
    if (this.#isBuilt) this.#trie.refresh(prefix, slot, group);
    this.#rows.release(before);
    this.#rows.sweep();
    if (row === NO_ROW) this.#prefixes--;
    if (this.#isBuilt) this.#trie.fit(this.#prefixes);
    else if (this.#prefixes >= BUILT_FROM) this.#build();
  }

  #build(): void {
    this.#isBuilt = true;
    this.#trie.build(this.#prefixes);
    this.#rows.sweep();
  }

  #admit(): void {
    if (this.#prefixes >= this.#maxPrefixes) throw new FibFullError(this.#maxPrefixes);
    this.#prefixes++;
  }
}
