/**
 * One slot's own addresses. Every packet is asked for, and hardly any is for one of them: a small table by hash
 * says so at once for nearly all others.
 */
import type { Ipv4 } from '../../net/address.ts';

const FILTER_BITS = 10;

export class OwnAddresses {
  /** As signed 32-bit numbers: those a Set finds without boxing them. */
  readonly #addresses = new Set<number>();
  /** By hash: is there an own address with it? */
  readonly #filter = new Uint8Array(2 ** FILTER_BITS);

  has(address: Ipv4): boolean {
    return this.#filter[hashOf(address)] === 1 && this.#addresses.has(address | 0);
  }

  add(address: Ipv4): void {
    this.#filter[hashOf(address)] = 1;
    this.#addresses.add(address | 0);
  }

  clear(): void {
    this.#filter.fill(0);
    this.#addresses.clear();
  }
}

/** D. Knuth, The Art of Computer Programming, 6.4: multiplicative, by 2^32 over the golden ratio. */
function hashOf(address: Ipv4): number {
  return Math.imul(address, 0x9e3779b1) >>> (32 - FILTER_BITS);
}
