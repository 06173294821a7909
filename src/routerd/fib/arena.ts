/**
 * Blocks of words in one typed array. A block's number is where it begins; it has exactly the words asked for.
 * Freed blocks wait in a list for their size, linked through their first word. Lists of exact sizes waste nothing
 * inside a block, but free blocks of sizes that nobody asks for any more pile up: when they are too many the arena
 * `isLoose`, and its owner moves what is alive into a new one, which also gives memory back.
 *
 * A large arena has at most a fifth free and an eighth in reserve. A small one may waste more: a thousand routers
 * in one process would rather have the time. `words` is replaced when the arena grows; block numbers stay good.
 * `halves` are the same bytes as 16-bit numbers: word n is halves 2n and 2n + 1.
 */
const SMALLEST = 32;
/** Words that may be free, and that may be in reserve, however small the arena is. */
const SLACK = 4096;
const RESERVE = 2048;

export class Arena {
  words: Int32Array<ArrayBuffer>;
  halves: Uint16Array<ArrayBuffer>;
  /** Block 0 is nobody's: it says "none". */
  #used = 1;
  #free = 0;
  /** The first free block by size. */
  readonly #heads: Int32Array;
  readonly #largest: number;

  /** For blocks of 1 to `largest` words, with room for `live` words of them. */
  constructor(largest: number, live = 0) {
    this.#largest = largest;
    this.#heads = new Int32Array(largest + 1);
    this.words = new Int32Array(Math.max(SMALLEST, withReserve(live + 1)));
    this.halves = new Uint16Array(this.words.buffer);
  }

  get byteLength(): number {
    return this.words.byteLength + this.#heads.byteLength;
  }

  /** Bytes that no block has: in free blocks and in reserve. */
  get idleBytes(): number {
    return this.words.byteLength - 4 * this.live;
  }

  /** Words in blocks that are in use. */
  get live(): number {
    return this.#used - this.#free - 1;
  }

  get isLoose(): boolean {
    return this.#free > Math.max(this.live / 4, Math.min(4 * this.live, SLACK));
  }

  /** The words of a new block are whatever was there before. */
  allocate(size: number): number {
    const free = this.#heads[size];
    if (free !== 0) {
      this.#heads[size] = this.words[free];
      this.#free -= size;
      return free;
    }
    const at = this.#used;
    this.#used += size;
    if (this.#used > this.words.length) {
      const larger = new Int32Array(withReserve(this.#used));
      larger.set(this.words);
      this.words = larger;
      this.halves = new Uint16Array(larger.buffer);
    }
    return at;
  }

  release(at: number, size: number): void {
    this.words[at] = this.#heads[size];
    this.#heads[size] = at;
    this.#free += size;
  }

  /** An empty arena that has room for all that is alive here. */
  successor(): Arena {
    return new Arena(this.#largest, this.live);
  }

  /** Copies a block of another arena into this one. */
  adopt(words: Int32Array, at: number, size: number): number {
    const copy = this.allocate(size);
    for (let word = 0; word < size; word++) this.words[copy + word] = words[at + word];
    return copy;
  }
}

function withReserve(words: number): number {
  return words + Math.max(words >>> 3, Math.min(words, RESERVE));
}
