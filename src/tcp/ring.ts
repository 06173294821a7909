/**
 * A stretch of a byte stream, addressed by sequence number: what was sent and not yet acknowledged, or received
 * and not yet read. Memory grows with what is in it, up to the limit, and does not shrink.
 */

const FIRST_SIZE = 16_384;

export class ByteRing {
  /** Bytes that fit at most. */
  readonly limit: number;
  /** A power of two: an index is the last bits of the sequence number. */
  #bytes = new Uint8Array(0);
  #from: number;

  /** `from`: the first sequence number. */
  constructor(from: number, limit: number) {
    this.limit = limit;
    this.#from = from;
  }

  /** Copies `bytes` to where `sequence` is; all of them within `limit` of what was released. */
  put(sequence: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const needed = sequence + bytes.length - this.#from;
    if (sequence < this.#from || needed > this.limit) {
      throw new RangeError(`${bytes.length} bytes at ${sequence - this.#from} of ${this.limit}`);
    }
    if (needed > this.#bytes.length) this.#grow(needed);
    const at = sequence & (this.#bytes.length - 1);
    const first = this.#bytes.length - at;
    if (bytes.length <= first) this.#bytes.set(bytes, at);
    else {
      this.#bytes.set(bytes.subarray(0, first), at);
      this.#bytes.set(bytes.subarray(first), 0);
    }
  }

  /** The bytes from `sequence` on that lie together: `length`, or fewer where the ring turns. A view. */
  view(sequence: number, length: number): Uint8Array {
    const at = sequence & (this.#bytes.length - 1);
    return this.#bytes.subarray(at, Math.min(at + length, this.#bytes.length));
  }

  /** A view of `length` bytes, or a copy where the ring turns: good until the next change. */
  slice(sequence: number, length: number): Uint8Array {
    const view = this.view(sequence, length);
    if (view.length === length) return view;
    const whole = new Uint8Array(length);
    whole.set(view);
    whole.set(this.#bytes.subarray(0, length - view.length), view.length);
    return whole;
  }

  /** Forgets everything before `sequence`. */
  release(sequence: number): void {
    this.#from = sequence;
  }

  #grow(needed: number): void {
    const old = this.#bytes;
    let size = Math.max(old.length, FIRST_SIZE);
    while (size < needed) size *= 2;
    this.#bytes = new Uint8Array(size);
    for (let at = 0; at < old.length; ) {
      const sequence = this.#from + at;
      const from = sequence & (old.length - 1);
      const to = sequence & (size - 1);
      const length = Math.min(old.length - at, old.length - from, size - to);
      this.#bytes.set(old.subarray(from, from + length), to);
      at += length;
    }
  }
}
