/**
 * A forwarding table of one plane, to measure what two cost: the same trie and the same routes as in
 * src/routerd/fib/fib.ts, but a leaf is the number of a next-hop group itself, not of a row that has one for each
 * slot.
 */
import type { Ipv4, Prefix } from '../../src/net/address.ts';
import { type Fib, type FibMemory, NONE } from '../../src/routerd/fib/fib.ts';
import { LookupTrie } from '../../src/routerd/fib/lookup-trie.ts';
import { RouteTree } from '../../src/routerd/fib/route-tree.ts';
import { NO_ROW, Rows } from '../../src/routerd/fib/rows.ts';
import type { Slot } from '../../src/routerd/forwarding/contract.ts';

/** A row is its group, and nobody counts it. */
class GroupsAsRows extends Rows {
  override group(row: number): number {
    return row;
  }

  override changed(_row: number, _slot: Slot, group: number): number {
    return group;
  }

  override retain(): void {}

  override release(): void {}
}

export class PlainFib implements Fib {
  readonly #routes = new RouteTree();
  readonly #trie = new LookupTrie(new GroupsAsRows(), this.#routes);
  #byDefault = NONE;
  #prefixes = 0;

  get prefixes(): number {
    return this.#prefixes;
  }

  get memory(): FibMemory {
    const { byteLength: lookupBytes, idleBytes } = this.#trie;
    return { lookupBytes, idleBytes, changeBytes: this.#routes.byteLength };
  }

  lookup(address: Ipv4, _slot: Slot): number {
    const group = this.#trie.lookup(address);
    return group | (((group - 1) >> 31) & this.#byDefault);
  }

  get(prefix: Prefix, _slot: Slot): number {
    return prefix.length === 0 ? this.#byDefault : this.#routes.read(this.#routes.find(prefix));
  }

  /** Throws an Error for slot 1: there is one plane. */
  set(prefix: Prefix, slot: Slot, group: number): void {
    if (slot !== 0) throw new Error('a table of one plane has slot 0 alone');
    const before = this.get(prefix, slot);
    if (before === group) return;
    this.#prefixes += Number(before === NONE) - Number(group === NONE);
    if (prefix.length === 0) {
      this.#byDefault = group;
      return;
    }
    const place = this.#routes.find(prefix);
    if (before !== NO_ROW && group !== NO_ROW) this.#routes.write(place, group);
    else this.#routes.set(prefix, group);
    this.#trie.refresh(prefix, slot, group);
    this.#trie.fit(this.#prefixes);
  }

  *entries(_slot: Slot): Generator<{ readonly prefix: Prefix; readonly group: number }> {
    if (this.#byDefault !== NONE) yield { prefix: { address: 0, length: 0 }, group: this.#byDefault };
    for (const { prefix, row } of this.#routes.entries()) yield { prefix, group: row };
  }
}
