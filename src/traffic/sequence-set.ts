/** Which packets of a flow have arrived: one bit a packet, so that millions of them stay small. */
import { TrafficLimitError } from './limit.ts';

/** 16 MiB of bits for each plane of a flow. */
export const MAX_PACKETS = 2 ** 27;

export class SequenceSet {
  #words = new Uint32Array(32);

  /** True where `sequence` (>= 0) was not in the set before. TrafficLimitError from MAX_PACKETS on. */
  add(sequence: number): boolean {
    if (sequence >= MAX_PACKETS) throw new TrafficLimitError(`more than ${MAX_PACKETS} packets in one flow`);
    const word = sequence >>> 5;
    if (word >= this.#words.length) this.#grow(word + 1);
    const bit = 1 << (sequence & 31);
    if ((this.#words[word] & bit) !== 0) return false;
    this.#words[word] |= bit;
    return true;
  }

  #grow(needed: number): void {
    const words = new Uint32Array(Math.max(needed, this.#words.length * 2));
    words.set(this.#words);
    this.#words = words;
  }
}
