/**
 * A hash table keyed by what names an LSA (type, id, advertising router). A thousand routers in one process
 * hold a million entries between them: open addressing needs two words for each, where a `Map` needs a key
 * object and five.
 */
import type { Ipv4 } from '../../../net/address.ts';
import type { LsaIdentity } from './lsa.ts';

const SMALLEST = 8;

export class LsaTable<Item extends { readonly identity: LsaIdentity }> {
  #slots: (Item | undefined)[] = new Array(SMALLEST).fill(undefined);
  #size = 0;
  readonly #seed: number;

  /** `seed` (32 bits) is mixed into the hash, so that nobody can choose keys that collide. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  find(type: number, id: Ipv4, advertisingRouter: Ipv4): Item | undefined {
    return this.#slots[this.#slotOf(type, id, advertisingRouter)];
  }

  /** Adds the item; one of the same name is replaced. */
  set(item: Item): void {
    const { type, id, advertisingRouter } = item.identity;
    let slot = this.#slotOf(type, id, advertisingRouter);
    if (this.#slots[slot] === undefined) {
      this.#size++;
      if (this.#size * 4 > this.#slots.length * 3) {
        this.#resize(this.#slots.length * 2);
        slot = this.#slotOf(type, id, advertisingRouter);
      }
    }
    this.#slots[slot] = item;
  }

  delete(identity: LsaIdentity): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#slotOf(identity.type, identity.id, identity.advertisingRouter);
    if (slots[hole] === undefined) return false;
    slots[hole] = undefined;
    this.#size--;
    // Linear probing without tombstones: move up whatever the hole would hide (Knuth 6.4, algorithm R).
    for (let slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      const item = slots[slot];
      if (item === undefined) break;
      const { type, id, advertisingRouter } = item.identity;
      const home = this.#hash(type, id, advertisingRouter) & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        slots[hole] = item;
        slots[slot] = undefined;
        hole = slot;
      }
    }
    if (slots.length > SMALLEST && this.#size * 8 < slots.length) this.#resize(slots.length / 2);
    return true;
  }

  clear(): void {
    this.#slots = new Array(SMALLEST).fill(undefined);
    this.#size = 0;
  }

  /** The items in no order that means anything. The table must not change meanwhile. */
  *[Symbol.iterator](): Generator<Item> {
    for (const item of this.#slots) if (item !== undefined) yield item;
  }

  #slotOf(type: number, id: Ipv4, advertisingRouter: Ipv4): number {
    const mask = this.#slots.length - 1;
    let slot = this.#hash(type, id, advertisingRouter) & mask;
    for (;;) {
      const identity = this.#slots[slot]?.identity;
      if (
        identity === undefined ||
        (identity.id === id && identity.advertisingRouter === advertisingRouter && identity.type === type)
      ) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  #hash(type: number, id: Ipv4, advertisingRouter: Ipv4): number {
    let hash = Math.imul(id ^ this.#seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ advertisingRouter, 0x85ebca77);
    hash = Math.imul(hash ^ (hash >>> 13) ^ type, 0xc2b2ae3d);
    return hash ^ (hash >>> 16);
  }

  #resize(length: number): void {
    const items = this.#slots;
    this.#slots = new Array(length).fill(undefined);
    for (const item of items) {
      if (item === undefined) continue;
      const { type, id, advertisingRouter } = item.identity;
      this.#slots[this.#slotOf(type, id, advertisingRouter)] = item;
    }
  }
}
