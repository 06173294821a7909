/** Blocks cut from a prefix one after the other, around what is taken already. */
import { type Ipv4, maskOf, type Prefix } from '../../../net/address.ts';

/** Addresses from first to last, both included. */
export interface Block {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

export function blockOf(prefix: Prefix): Block {
  return { first: prefix.address, last: prefix.address + sizeOf(prefix.length) - 1 };
}

export function sizeOf(length: number): number {
  return 2 ** (32 - length);
}

export class AddressPool {
  readonly #last: Ipv4;
  readonly #taken: readonly Block[];
  #next: Ipv4;
  #passed = 0;

  /** `taken` is sorted and without overlaps. */
  constructor(prefix: Prefix, taken: readonly Block[]) {
    const { first, last } = blockOf(prefix);
    this.#next = first;
    this.#last = last;
    this.#taken = taken;
  }

  /** Leaves out what lies before `address`. */
  skipTo(address: Ipv4): void {
    this.#next = Math.max(this.#next, address);
  }

  /** The next free block of that length, aligned to its size; undefined where the pool is exhausted. */
  take(length: number): Prefix | undefined {
    const size = sizeOf(length);
    for (;;) {
      const first = Math.ceil(this.#next / size) * size;
      if (first + size - 1 > this.#last) return undefined;
      while (this.#passed < this.#taken.length && this.#taken[this.#passed].last < first) this.#passed += 1;
      const taken = this.#taken.at(this.#passed);
      if (this.#passed === this.#taken.length || taken === undefined || taken.first > first + size - 1) {
        this.#next = first + size;
        return { address: (first & maskOf(length)) >>> 0, length };
      }
      this.#next = taken.last + 1;
    }
  }
}
