/**
 * Numbers for prefixes (with a route distinguisher, those of VPNs), so that everything that is known of one lies in
 * arrays at its number. Numbers are small, and given again when their prefix is released. The way from a prefix to its
 * number is a hash table with open addressing (D. Knuth, TAOCP 3, 6.4: algorithms L and R): half a million prefixes
 * take 9 MB with it, as keys of a Map they would take three times that.
 */
import type { Prefix } from '../../../net/address.ts';
import type { Nlri } from './contract.ts';

export const NO_DESTINATION = -1;

/** Four times the Internet of today. */
export const MAX_DESTINATIONS = 4_000_000;

const EMPTY = 0;
/** No prefix is as long. */
const RELEASED = 255;

export class Destinations {
  #addresses = new Uint32Array(16);
  /** Of prefixes; RELEASED where the number is free. */
  #lengths = new Uint8Array(16).fill(RELEASED);
  /** Route distinguishers, where there are any. */
  readonly #rds: (string | undefined)[] = [];
  /** By hash: a number + 1, or EMPTY. Its length is a power of two. */
  #slots = new Int32Array(32);
  readonly #free: number[] = [];
  readonly #limit: number;
  #end = 0;

  constructor(limit = MAX_DESTINATIONS) {
    this.#limit = limit;
  }

  /** All numbers in use are less. */
  get end(): number {
    return this.#end;
  }

  /** How many there are. */
  get size(): number {
    return this.#end - this.#free.length;
  }

  isUsed(number: number): boolean {
    return number < this.#end && this.#lengths[number] !== RELEASED;
  }

  prefix(number: number): Prefix {
    return { address: this.#addresses[number], length: this.#lengths[number] };
  }

  /** The prefix, with what tells it from others' of the same. */
  nlri(number: number, label?: number): Nlri {
    const rd = this.#rds[number];
    const prefix = this.prefix(number);
    return rd === undefined ? { prefix } : { prefix, rd, ...(label !== undefined && { label }) };
  }

  /** The prefix's number, or NO_DESTINATION. */
  find({ prefix, rd }: Nlri): number {
    return this.#slots[this.#slotOf(prefix, rd)] - 1;
  }

  /** The prefix's number, a new one where it has none; NO_DESTINATION where there are too many. */
  take({ prefix, rd }: Nlri): number {
    const slot = this.#slotOf(prefix, rd);
    if (this.#slots[slot] !== EMPTY) return this.#slots[slot] - 1;
    if (this.size >= this.#limit) return NO_DESTINATION;
    const number = this.#free.pop() ?? this.#end++;
    if (number >= this.#addresses.length) this.#growArrays();
    this.#addresses[number] = prefix.address;
    this.#lengths[number] = prefix.length;
    if (rd !== undefined) this.#rds[number] = rd;
    this.#slots[slot] = number + 1;
    if (2 * this.size > this.#slots.length) this.#growSlots();
    return number;
  }

  release(number: number): void {
    this.#vacate(this.#slotOf(this.prefix(number), this.#rds[number]));
    this.#lengths[number] = RELEASED;
    if (number in this.#rds) this.#rds[number] = undefined;
    this.#free.push(number);
  }

  /** Where the prefix stands, or would. */
  #slotOf({ address, length }: Prefix, rd: string | undefined): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash(address, length, rd) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] - 1;
      if (number < 0) return slot;
      if (
        this.#addresses[number] === address &&
        this.#lengths[number] === length &&
        this.#rds[number] === rd
      ) {
        return slot;
      }
    }
  }

  /** Closes the gap: what stands behind and could not be found over it moves up (algorithm R). */
  #vacate(gap: number): void {
    const mask = this.#slots.length - 1;
    let hole = gap;
    for (let slot = (gap + 1) & mask; this.#slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const wanted = this.#homeOf(this.#slots[slot] - 1) & mask;
      if (((slot - wanted) & mask) < ((slot - hole) & mask)) continue;
      this.#slots[hole] = this.#slots[slot];
      hole = slot;
    }
    this.#slots[hole] = EMPTY;
  }

  #homeOf(number: number): number {
    return hash(this.#addresses[number], this.#lengths[number], this.#rds[number]);
  }

  #growArrays(): void {
    const addresses = new Uint32Array(2 * this.#addresses.length);
    addresses.set(this.#addresses);
    const lengths = new Uint8Array(addresses.length).fill(RELEASED);
    lengths.set(this.#lengths);
    this.#addresses = addresses;
    this.#lengths = lengths;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#end; number++) {
      if (this.#lengths[number] === RELEASED) continue;
      let slot = this.#homeOf(number) & mask;
      while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

/** Multiplied by odd numbers and folded: prefixes differ in their upper bits, slots are chosen by the lower ones. */
function hash(address: number, length: number, rd: string | undefined): number {
  let mixed = Math.imul(address ^ Math.imul(length, 0x9e3779b1), 0x85ebca6b);
  if (rd !== undefined) {
    for (let at = 0; at < rd.length; at++) mixed = Math.imul(mixed ^ rd.charCodeAt(at), 0x01000193);
  }
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 13);
}
