/**
 * The rows that leaves and routes name: one next-hop group per slot. Equal rows are one row, found through a hash
 * table with open addressing (D. Knuth, TAOCP 3, 6.4: algorithms L and R), so two slots cost what their different
 * pairs of groups cost, not what their routes cost. A row is counted by those who hold it; one that nobody holds
 * is given back by `sweep`, at the end of a change, as in the middle of one a row may be between two holders.
 */
import type { Slot } from '../forwarding/contract.ts';

/** No route. Groups are numbered from 1. */
export const NONE = 0;

/** The row that has no route in either slot. Its columns hold the default route, which is no leaf's. */
export const NO_ROW = 0;

const SMALLEST = 16;
const GIVEN_BACK = -1;

export class Rows {
  /** The group of a row and slot at 2 * row + slot. Read by lookups. Those of NO_ROW are the default routes. */
  groups = new Int32Array(2 * SMALLEST);
  #holders = new Int32Array(SMALLEST);
  /** Rows by hash; NO_ROW where there is none. At most half full. */
  #index = new Uint32Array(2 * SMALLEST);
  #used = 1;
  readonly #free: number[] = [];
  /** Rows that may have no holder. */
  readonly #idle: number[] = [];

  /** Bytes that lookups read. */
  get groupBytes(): number {
    return this.groups.byteLength;
  }

  /** Bytes that only changes read. */
  get indexBytes(): number {
    return this.#holders.byteLength + this.#index.byteLength + 8 * (this.#free.length + this.#idle.length);
  }

  get count(): number {
    return this.#used - this.#free.length - 1;
  }

  group(row: number, slot: Slot): number {
    return row === NO_ROW ? NONE : this.groups[2 * row + slot];
  }

  /** The row that differs from `row` in one slot. */
  changed(row: number, slot: Slot, group: number): number {
    return slot === 0 ? this.#find(group, this.group(row, 1)) : this.#find(this.group(row, 0), group);
  }

  /** The row that says what `row` says, and in a slot where that says nothing what `above` says. */
  over(row: number, above: number): number {
    const first = this.group(row, 0);
    const second = this.group(row, 1);
    if (first !== NONE && second !== NONE) return row;
    return this.#find(
      first === NONE ? this.group(above, 0) : first,
      second === NONE ? this.group(above, 1) : second,
    );
  }

  retain(row: number): void {
    if (row !== NO_ROW) this.#holders[row]++;
  }

  release(row: number): void {
    if (row !== NO_ROW && --this.#holders[row] === 0) this.#idle.push(row);
  }

  /** Gives back the rows that nobody holds. */
  sweep(): void {
    for (let row = this.#idle.pop(); row !== undefined; row = this.#idle.pop()) {
      if (this.#holders[row] !== 0) continue;
      this.#holders[row] = GIVEN_BACK;
      this.#removeFromIndex(row);
      this.#free.push(row);
    }
    if (this.count === 0 && this.#used > 1) this.#startOver();
  }

  #find(first: number, second: number): number {
    if (first === NONE && second === NONE) return NO_ROW;
    const { groups } = this;
    const mask = this.#index.length - 1;
    let at = hash(first, second) & mask;
    for (let row = this.#index[at]; row !== NO_ROW; row = this.#index[at]) {
      if (groups[2 * row] === first && groups[2 * row + 1] === second) return row;
      at = (at + 1) & mask;
    }
    return this.#make(first, second);
  }

  #make(first: number, second: number): number {
    const row = this.#free.pop() ?? this.#extend();
    this.groups[2 * row] = first;
    this.groups[2 * row + 1] = second;
    this.#holders[row] = 0;
    this.#idle.push(row);
    this.#addToIndex(row);
    return row;
  }

  #extend(): number {
    if (this.#used === this.#holders.length) {
      const length = this.#used * 2;
      const holders = new Int32Array(length);
      holders.set(this.#holders);
      this.#holders = holders;
      this.groups = resized(this.groups, 2 * length);
      this.#index = new Uint32Array(2 * length);
      for (let row = 1; row < this.#used; row++) {
        if (holders[row] !== GIVEN_BACK) this.#addToIndex(row);
      }
    }
    return this.#used++;
  }

  /** Empty again, and small; the default route stays. */
  #startOver(): void {
    this.#used = 1;
    this.#free.length = 0;
    if (this.#holders.length === SMALLEST) return;
    this.groups = resized(this.groups.subarray(0, 2), 2 * SMALLEST);
    this.#holders = new Int32Array(SMALLEST);
    this.#index = new Uint32Array(2 * SMALLEST);
  }

  #addToIndex(row: number): void {
    const mask = this.#index.length - 1;
    let at = this.#home(row);
    while (this.#index[at] !== NO_ROW) at = (at + 1) & mask;
    this.#index[at] = row;
  }

  #removeFromIndex(row: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let hole = this.#home(row);
    while (index[hole] !== row) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; index[at] !== NO_ROW; at = (at + 1) & mask) {
      // What lies behind the hole moves into it, unless that is before its home.
      if (((at - this.#home(index[at])) & mask) < ((at - hole) & mask)) continue;
      index[hole] = index[at];
      hole = at;
    }
    index[hole] = NO_ROW;
  }

  #home(row: number): number {
    return hash(this.groups[2 * row], this.groups[2 * row + 1]) & (this.#index.length - 1);
  }
}

function hash(first: number, second: number): number {
  const mixed = Math.imul(Math.imul(first, 0x9e3779b1) ^ second, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function resized(groups: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length);
  copy.set(groups);
  return copy;
}
