/**
 * What packets are looked up in: a multibit trie whose leaves are rows (H. Asai, Y. Ohara, "Poptrie", SIGCOMM
 * 2015). The first bits of the address choose a word of a direct table, each 6 bits that follow a word of a block,
 * until the word is a leaf. Every prefix is pushed down to the leaves, so that a lookup never looks back.
 *
 *     word    >= 0: a leaf, the number of a row
 *             < 0:  bit 31, then 5 bits: the block's runs that begin in its slots 0..31, less one, then 26 bits:
 *                   where the block begins
 *     block   two words, a bit for each of 64 slots: here begins a run of equal words; then a word for each run
 *
 * Poptrie keeps nodes and leaves apart; here a block holds both, so that one array and one free store serve, and
 * that the pointer to a block is the only one there is. Carrying the runs of the lower half in the pointer saves
 * the second popcount, which JavaScript would pay for. A block of one run of leaves is not kept: it is that leaf.
 *
 * A change builds new blocks first, then switches to them by writing one word, in the block above or the direct
 * table (a change shorter than the direct bits writes one for each of its words), and gives old blocks back when
 * all is done. A reader at any moment finds for an address what held before the change or what holds after it.
 * JavaScript has one thread, so nothing more is needed; readers of shared memory would need the old blocks to be
 * kept until they have moved on, and one pointer to the arrays, which are replaced when they grow or are compacted.
 *
 * The direct table grows with the routes, so that a small router has a small one.
 */
import type { Prefix } from '../../net/address.ts';
import type { Slot } from '../forwarding/contract.ts';
import { Arena } from './arena.ts';
import { popcount } from './bits.ts';
import { depthOf, indexOf, NO_NODE, type RouteTree, SLOTS_PER_NODE, STRIDE, slotAt } from './route-tree.ts';
import { NO_ROW, NONE, type Rows } from './rows.ts';

const POINTER = 1 << 31;
const LOWER_RUNS_AT = 26;
const BLOCK = (1 << LOWER_RUNS_AT) - 1;
const HEADER = 2;
const LARGEST_BLOCK = HEADER + SLOTS_PER_NODE;
const LEVELS = 6;

/**
 * The direct table looks at 6 bits, and at 6 more from so many routes on; it goes back at a quarter of that. So it
 * takes 16 bytes for each of the routes that called for it, and 1 MB at most.
 */
const UNFOLD_AT = [1024, 65_536, Number.POSITIVE_INFINITY] as const;

/** Scratch for one change at a time, one part per level: the words of a block's slots ... */
const spread = new Int32Array(LEVELS * SLOTS_PER_NODE);
/** ... the rows that hold at each place of a node's binary tree, and whether the change reaches there. */
const holding = new Int32Array(LEVELS * 2 * SLOTS_PER_NODE);
const reached = new Uint8Array(LEVELS * 2 * SLOTS_PER_NODE);
const runs = new Int32Array(SLOTS_PER_NODE);

export class LookupTrie {
  readonly #rows: Rows;
  readonly #routes: RouteTree;
  #bits = STRIDE;
  #direct = new Int32Array(1 << STRIDE);
  #blocks = new Arena(LARGEST_BLOCK);
  /** Blocks that the change under way has replaced. */
  readonly #replaced: number[] = [];
  /** The change under way. */
  #prefix: Prefix = { address: 0, length: 0 };
  #slot: Slot = 0;

  constructor(rows: Rows, routes: RouteTree) {
    this.#rows = rows;
    this.#routes = routes;
  }

  get byteLength(): number {
    return this.#direct.byteLength + this.#blocks.byteLength;
  }

  /** The row of the longest match, per slot; NO_ROW where only the default route is left. */
  lookup(address: number): number {
    const bits = this.#bits;
    let word = this.#direct[address >>> (32 - bits)];
    if (word < 0) {
      const { words } = this.#blocks;
      let rest = address << bits;
      do {
        const slot = rest >>> 26;
        const block = word & BLOCK;
        const upper = slot >>> 5;
        const begun =
          popcount(words[block + upper] << ~slot) + (-upper & (((word >>> LOWER_RUNS_AT) & 31) + 1));
        word = words[block + 1 + begun];
        rest <<= STRIDE;
      } while (word < 0);
    }
    return word;
  }

  /** Brings the trie up to date with the slot's route for the prefix, which the route tree has already. */
  refresh(prefix: Prefix, slot: Slot): void {
    this.#prefix = prefix;
    this.#slot = slot;
    const { address } = prefix;
    const stop = Math.min(depthOf(prefix.length), this.#bits);
    let node = this.#routes.root;
    let row = NO_ROW;
    let depth = 0;
    for (; depth < stop && node !== NO_NODE; depth += STRIDE) {
      row = this.#rowAbove(node, slotAt(address, depth), row);
      node = this.#routes.child(node, slotAt(address, depth));
    }
    const position = depth === 0 ? 0 : address >>> (32 - depth);
    if (depth < this.#bits) {
      this.#spreadDirectly(node, depth, position, row, depth === stop ? indexOf(prefix) : 1);
    } else {
      this.#setDirect(position, this.#changed(node, depth, this.#direct[position], row));
    }
    this.#tidy();
  }

  /** Makes the direct table as large as so many routes deserve. */
  fit(routes: number): void {
    const level = this.#bits / STRIDE - 1;
    if (routes >= UNFOLD_AT[level]) this.#unfold();
    else if (level > 0 && routes < UNFOLD_AT[level - 1] / 4) this.#fold();
  }

  /** The word for what lies below a node on the way to the change. */
  #changed(node: number, depth: number, word: number, row: number): number {
    if (node === NO_NODE) {
      this.#replaceAll(word);
      return row;
    }
    if (depth === depthOf(this.#prefix.length))
      return this.#rebuilt(node, depth, word, row, indexOf(this.#prefix));
    const slot = slotAt(this.#prefix.address, depth);
    const rowBelow = this.#rowAbove(node, slot, row);
    const before = this.#wordAt(word, slot);
    const after = this.#changed(this.#routes.child(node, slot), depth + STRIDE, before, rowBelow);
    if (after === before) return word;
    if (before < 0 && after < 0) {
      this.#blocks.words[this.#placeOf(word, slot)] = after;
      return word;
    }
    const at = (depth / STRIDE) * SLOTS_PER_NODE;
    spread[at + slot] = after;
    return this.#spliced(word, slot, slot, at);
  }

  /** The word for what lies below a node whose prefix at `index` has changed; 1: one above it has. */
  #rebuilt(node: number, depth: number, word: number, row: number, index: number): number {
    const places = this.#push(node, depth, row, index);
    const at = (depth / STRIDE) * SLOTS_PER_NODE;
    const first = firstSlot(index);
    const last = lastSlot(index);
    for (let slot = first; slot <= last; slot++) {
      const place = places + SLOTS_PER_NODE + slot;
      if (reached[place] === 0) {
        spread[at + slot] = this.#wordAt(word, slot);
        continue;
      }
      const child = this.#routes.child(node, slot);
      spread[at + slot] =
        child === NO_NODE
          ? holding[place]
          : this.#rebuilt(child, depth + STRIDE, this.#wordAt(word, slot), holding[place], 1);
    }
    return this.#spliced(word, first, last, at);
  }

  /** As above, where the direct table looks at the bits that the node is about. */
  #spreadDirectly(node: number, depth: number, position: number, row: number, index: number): void {
    if (node === NO_NODE) {
      const width = 1 << (this.#bits - depth);
      for (let at = position * width; at < (position + 1) * width; at++) {
        const before = this.#direct[at];
        this.#setDirect(at, row);
        this.#replaceAll(before);
      }
      return;
    }
    const places = this.#push(node, depth, row, index);
    const below = depth + STRIDE;
    const last = lastSlot(index);
    for (let slot = firstSlot(index); slot <= last; slot++) {
      const place = places + SLOTS_PER_NODE + slot;
      if (reached[place] === 0) continue;
      const child = this.#routes.child(node, slot);
      const at = position * SLOTS_PER_NODE + slot;
      if (below < this.#bits) this.#spreadDirectly(child, below, at, holding[place], 1);
      else if (child === NO_NODE) this.#setDirect(at, holding[place]);
      else this.#setDirect(at, this.#rebuilt(child, below, this.#direct[at], holding[place], 1));
    }
  }

  /**
   * Pushes rows down the node's binary tree, from `index` on: what holds at each place, and whether the change
   * reaches it or a longer prefix of the slot covers it. Returns where the node's level begins in the scratch.
   */
  #push(node: number, depth: number, row: number, index: number): number {
    const routes = this.#routes;
    const rows = this.#rows;
    const slot = this.#slot;
    const at = (depth / STRIDE) * 2 * SLOTS_PER_NODE;
    let above = row;
    for (let up = 31 - Math.clz32(index); up > 0; up--) {
      const place = index >>> (up - 1);
      above = rows.merged(above, routes.rowAt(node, place));
    }
    holding[at + index] = above;
    reached[at + index] = 1;
    for (let first = 2 * index, count = 2; first < 2 * SLOTS_PER_NODE; first *= 2, count *= 2) {
      const hasOwn = routes.hasPrefixesAt(node, first, count);
      for (let place = first; place < first + count; place++) {
        const parent = at + (place >>> 1);
        holding[at + place] = holding[parent];
        reached[at + place] = reached[parent];
        const own = hasOwn ? routes.rowAt(node, place) : NO_ROW;
        if (own === NO_ROW) continue;
        holding[at + place] = rows.merged(holding[parent], own);
        if (rows.group(own, slot) !== NONE) reached[at + place] = 0;
      }
    }
    return at;
  }

  /** The row that holds for a slot of the node. */
  #rowAbove(node: number, slot: number, row: number): number {
    if (!this.#routes.hasPrefixes(node)) return row;
    let above = row;
    for (let up = STRIDE - 1; up >= 0; up--) {
      above = this.#rows.merged(above, this.#routes.rowAt(node, (SLOTS_PER_NODE | slot) >>> up));
    }
    return above;
  }

  #setDirect(position: number, word: number): void {
    const before = this.#direct[position];
    if (word >= 0) this.#rows.retain(word);
    this.#direct[position] = word;
    if (before >= 0) this.#rows.release(before);
  }

  #placeOf(pointer: number, slot: number): number {
    const { words } = this.#blocks;
    const block = pointer & BLOCK;
    const upper = slot >>> 5;
    const lower = ((pointer >>> LOWER_RUNS_AT) & 31) + 1;
    return block + 1 + popcount(words[block + upper] << ~slot) + (-upper & lower);
  }

  #wordAt(word: number, slot: number): number {
    return word >= 0 ? word : this.#blocks.words[this.#placeOf(word, slot)];
  }

  /**
   * A word for the slots `first` to `last` from the scratch and the others from the old word, which is replaced.
   * It goes by runs, not by slots, as blocks have few.
   */
  #spliced(before: number, first: number, last: number, from: number): number {
    const block = before & BLOCK;
    const { words } = this.#blocks;
    // A leaf is one run.
    const lowerBefore = before < 0 ? words[block] : 1;
    const upperBefore = before < 0 ? words[block + 1] : 0;
    let lower = lowerBefore & lowerMask(first);
    let upper = upperBefore & upperMask(first);
    let count = popcount(lower) + popcount(upper);
    if (before < 0) for (let run = 0; run < count; run++) runs[run] = words[block + HEADER + run];
    else if (count > 0) runs[0] = before;
    for (let slot = first; slot <= last; slot++) {
      const word = spread[from + slot];
      if (count > 0 && word === runs[count - 1]) continue;
      runs[count++] = word;
      if (slot < 32) lower |= 1 << slot;
      else upper |= 1 << (slot & 31);
    }
    const next = last + 1;
    if (next < SLOTS_PER_NODE) {
      const word = this.#wordAt(before, next);
      if (word !== runs[count - 1]) {
        runs[count++] = word;
        if (next < 32) lower |= 1 << next;
        else upper |= 1 << (next & 31);
      }
      const lowerAfter = lowerBefore & ~lowerMask(next + 1);
      const upperAfter = upperBefore & ~upperMask(next + 1);
      const after = popcount(lowerAfter) + popcount(upperAfter);
      const end = block + HEADER + popcount(lowerBefore) + popcount(upperBefore);
      for (let at = end - after; at < end; at++) runs[count++] = words[at];
      lower |= lowerAfter;
      upper |= upperAfter;
    }
    if (before < 0) this.#replaced.push(before);
    return this.#packed(lower, upper, count);
  }

  /** A word for a new block of `count` runs. */
  #packed(lower: number, upper: number, count: number): number {
    if (count === 1) return runs[0];
    const block = this.#blocks.allocate(HEADER + count);
    const { words } = this.#blocks;
    words[block] = lower;
    words[block + 1] = upper;
    for (let run = 0; run < count; run++) {
      const word = runs[run];
      if (word >= 0) this.#rows.retain(word);
      words[block + HEADER + run] = word;
    }
    return POINTER | ((popcount(lower) - 1) << LOWER_RUNS_AT) | block;
  }

  /** Whatever the word names is replaced, with all that lies below. */
  #replaceAll(word: number): void {
    if (word >= 0) return;
    this.#replaced.push(word);
    const { words } = this.#blocks;
    const block = word & BLOCK;
    const end = block + sizeOf(words, block);
    for (let at = block + HEADER; at < end; at++) this.#replaceAll(words[at]);
  }

  /** Gives back what the change has replaced. */
  #tidy(): void {
    const { words } = this.#blocks;
    for (let pointer = this.#replaced.pop(); pointer !== undefined; pointer = this.#replaced.pop()) {
      const block = pointer & BLOCK;
      const size = sizeOf(words, block);
      for (let at = block + HEADER; at < block + size; at++) {
        if (words[at] >= 0) this.#rows.release(words[at]);
      }
      this.#blocks.release(block, size);
    }
    if (this.#blocks.isLoose) this.#compact();
  }

  #compact(): void {
    const from = this.#blocks.words;
    const to = this.#blocks.successor();
    const move = (word: number): number => {
      if (word >= 0) return word;
      const block = word & BLOCK;
      const size = sizeOf(from, block);
      const copy = to.adopt(from, block, size);
      for (let at = HEADER; at < size; at++) {
        const below = move(from[block + at]);
        to.words[copy + at] = below;
      }
      return (word & ~BLOCK) | copy;
    };
    this.#direct = this.#direct.map(move);
    this.#blocks = to;
  }

  /** The first blocks go up into a direct table of 6 bits more. */
  #unfold(): void {
    const larger = new Int32Array(this.#direct.length * SLOTS_PER_NODE);
    for (const [position, word] of this.#direct.entries()) {
      for (let slot = 0; slot < SLOTS_PER_NODE; slot++) {
        const below = this.#wordAt(word, slot);
        if (below >= 0) this.#rows.retain(below);
        larger[position * SLOTS_PER_NODE + slot] = below;
      }
      if (word < 0) this.#replaced.push(word);
      else this.#rows.release(word);
    }
    this.#direct = larger;
    this.#bits += STRIDE;
    this.#tidy();
  }

  /** The direct table's last 6 bits go down into blocks. */
  #fold(): void {
    const smaller = new Int32Array(this.#direct.length / SLOTS_PER_NODE);
    for (let position = 0; position < smaller.length; position++) {
      spread.set(this.#direct.subarray(position * SLOTS_PER_NODE, (position + 1) * SLOTS_PER_NODE));
      const word = this.#spliced(NO_ROW, 0, SLOTS_PER_NODE - 1, 0);
      if (word >= 0) this.#rows.retain(word);
      smaller[position] = word;
    }
    for (const word of this.#direct) if (word >= 0) this.#rows.release(word);
    this.#direct = smaller;
    this.#bits -= STRIDE;
    this.#tidy();
  }
}

/** The slots of a node below a place of its binary tree. */
function firstSlot(index: number): number {
  return (index << (STRIDE - (31 - Math.clz32(index)))) - SLOTS_PER_NODE;
}

function lastSlot(index: number): number {
  return ((index + 1) << (STRIDE - (31 - Math.clz32(index)))) - SLOTS_PER_NODE - 1;
}

/** The bits of slots before this one, 0 .. 64, in the halves of a block's bitmap. */
function lowerMask(slot: number): number {
  return slot < 32 ? (1 << slot) - 1 : -1;
}

function upperMask(slot: number): number {
  return slot < 32 ? 0 : slot < 64 ? (1 << (slot - 32)) - 1 : -1;
}

function sizeOf(words: Int32Array, block: number): number {
  return HEADER + popcount(words[block]) + popcount(words[block + 1]);
}
