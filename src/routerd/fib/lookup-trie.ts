/**
 * What packets are looked up in: a multibit trie whose leaves are rows (H. Asai, Y. Ohara, "Poptrie", SIGCOMM
 * 2015). The first bits of the address choose a word of a direct table, each 6 bits that follow a word of a block,
 * until the word is a leaf. Every prefix is pushed down to the leaves, so that a lookup never looks back.
 *
 *     word    bits 31, 30 clear: a leaf, the number of a row
 *             else a block: bit 31 says narrow, bit 30 wide; then 5 bits: its runs that begin in its slots 0..31,
 *             less one; then 25 bits: where it begins
 *     block   two words, a bit for each of 64 slots: here begins a run of equal words. Then a word for each run (wide),
 *             or 16 bits (narrow) where all runs are leaves whose rows have numbers below 65,536, as nearly all are
 *
 * Poptrie keeps nodes and leaves apart; here a block holds both, so that one array and one free store serve, and
 * that the pointer to a block is the only one there is. Carrying the runs of the lower half in the pointer saves
 * the second popcount, which JavaScript would pay for. A block of one run of leaves is not kept: it is that leaf.
 *
 * A change goes only where its slot is concerned: each leaf below the prefix that no longer prefix of the slot covers
 * gets the row that differs from its own in this slot's group. Where one run of a block changes and the runs begin
 * where they began, it is written over. Otherwise a new block is built, switched to by writing one word, in the block
 * above or the direct table, and the old one is given back when all is done. A reader at any moment finds for an
 * address what held before the change or what holds after it.
 * JavaScript has one thread, so nothing more is needed; readers of shared memory would need the old blocks to be
 * kept until they have moved on, and one pointer to the arrays, which are replaced when they grow or are compacted.
 *
 * The direct table grows with the routes, so that a small router has a small one.
 */
import type { Prefix } from '../../net/address.ts';
import type { Slot } from '../forwarding/contract.ts';
import { Arena } from './arena.ts';
import { popcount as popcountOf } from './bits.ts';
import { depthOf, indexOf, NO_NODE, type RouteTree, SLOTS_PER_NODE, STRIDE, slotAt } from './route-tree.ts';
import { NO_ROW, NONE, type Rows } from './rows.ts';

/** Names of this module's own, as V8 compiles them in, but looks up at every use what is imported. */
const popcount = popcountOf;
const STEP = STRIDE;

const WIDE = 1 << 30;
const NARROW = 1 << 31;
const LOWER_RUNS_AT = 25;
/** 2^25 words hold MAX_PREFIXES prefixes however they lie: at worst 13 words each, and a quarter may be free. */
const BLOCK = (1 << LOWER_RUNS_AT) - 1;
const HEADER = 2;
const LARGEST_BLOCK = HEADER + SLOTS_PER_NODE;
const LEVELS = 6;

/**
 * The direct table looks at 6 bits, and at 6 more from so many routes on; it goes back at a quarter of that. So it
 * takes 16 bytes for each of the routes that called for it, and 1 MB at most.
 */
const UNFOLD_AT = [1024, 65_536, Number.POSITIVE_INFINITY] as const;

/** Scratch for one change at a time: the words of a block's slots, one part per level ... */
const spread = new Int32Array(LEVELS * SLOTS_PER_NODE);
/** ... a bit for each slot that a longer prefix covers, the same; ... */
const covered = new Int32Array(LEVELS * 2);
/** ... and the words of a block's runs. */
const runs = new Int32Array(SLOTS_PER_NODE);

export class LookupTrie {
  readonly #rows: Rows;
  readonly #routes: RouteTree;
  #bits = STRIDE;
  #direct = new Int32Array(1 << STRIDE);
  #blocks = new Arena(LARGEST_BLOCK);
  /** Blocks that the change under way has replaced. */
  readonly #replaced: number[] = [];
  /** The change under way: what the slot says from now on where only its prefix holds. */
  #slot: Slot = 0;
  #group = NONE;

  constructor(rows: Rows, routes: RouteTree) {
    this.#rows = rows;
    this.#routes = routes;
  }

  get byteLength(): number {
    return this.#direct.byteLength + this.#blocks.byteLength;
  }

  /** Of these, what is free or in reserve. */
  get idleBytes(): number {
    return this.#blocks.idleBytes;
  }

  /**
   * The row of the longest match, per slot; NO_ROW where only the default route is left. On the Internet's tables it
   * takes no branch that the processor could guess wrong: there every second address ends in the direct table, every
   * second one in a narrow block, and a wrong guess costs more than both. So the last step is always that of
   * a narrow block; for a leaf it reads from block 0 and forgets it.
   */
  lookup(address: number): number {
    const bits = this.#bits;
    const { words, halves } = this.#blocks;
    let word = this.#direct[address >>> (32 - bits)];
    let rest = address << bits;
    while (word >= WIDE) {
      word = words[(word & BLOCK) + 1 + begun(words, word & BLOCK, word, rest >>> 26)];
      rest <<= STEP;
    }
    const narrow = word >> 31;
    const block = word & BLOCK & narrow;
    const at = 2 * block + 3 + begun(words, block, word, rest >>> 26);
    return (halves[at & narrow] & narrow) | (word & ~narrow);
  }

  /** Makes an empty trie that of all the routes in the tree: each block once, where changes would make most many times. */
  build(routes: number): void {
    this.#spread(this.#routes.root, 0, NO_ROW);
    for (let slot = 0; slot < SLOTS_PER_NODE; slot++) this.#setDirect(slot, spread[slot]);
    for (let bits = 0; bits < this.#bits; ) {
      bits = this.#bits;
      this.fit(routes);
    }
  }

  /** Brings the trie up to date with the slot's route for the prefix, which the route tree has already. */
  refresh(prefix: Prefix, slot: Slot, group: number): void {
    this.#slot = slot;
    this.#group = group === NONE ? this.#groupAbove(prefix) : group;
    const { address } = prefix;
    const target = depthOf(prefix.length);
    let node = this.#routes.root;
    for (let depth = 0; depth < Math.min(target, this.#bits); depth += STRIDE) {
      node = this.#routes.child(node, slotAt(address, depth));
    }
    if (target < this.#bits) {
      this.#changeDirectly(node, target, target === 0 ? 0 : address >>> (32 - target), indexOf(prefix));
    } else {
      const at = address >>> (32 - this.#bits);
      this.#setDirect(at, this.#changed(prefix, node, this.#bits, this.#direct[at]));
    }
    this.#tidy();
  }

  /** Makes the direct table as large as so many routes deserve. */
  fit(routes: number): void {
    const level = this.#bits / STRIDE - 1;
    if (routes >= UNFOLD_AT[level]) this.#unfold();
    else if (level > 0 && routes < UNFOLD_AT[level - 1] / 4) this.#fold();
  }

  /** Puts into the scratch what is in the slots of a node; `above` is the row of all that covers the node. */
  #spread(node: number, depth: number, above: number): void {
    const from = (depth / STRIDE) * SLOTS_PER_NODE;
    spread.fill(above, from, from + SLOTS_PER_NODE);
    if (node === NO_NODE) return;
    // Shorter prefixes have lower places.
    for (let part = 0; part < 4; part++) {
      for (let bits = this.#routes.prefixesIn(node, part); bits !== 0; bits &= bits - 1) {
        const place = 32 * part + 31 - Math.clz32(bits & -bits);
        const row = this.#routes.rowAt(node, place);
        const last = from + lastSlot(place);
        for (let at = from + firstSlot(place); at <= last; at++)
          spread[at] = this.#rows.over(row, spread[at]);
      }
    }
    for (let slot = 0; slot < SLOTS_PER_NODE; slot++) {
      const child = this.#routes.child(node, slot);
      if (child === NO_NODE) continue;
      this.#spread(child, depth + STRIDE, spread[from + slot]);
      spread[from + slot] = this.#spliced(NO_ROW, 0, SLOTS_PER_NODE - 1, from + SLOTS_PER_NODE);
    }
  }

  /** What the slot's longest route that covers the prefix says; NONE where there is none. */
  #groupAbove(prefix: Prefix): number {
    const routes = this.#routes;
    const target = depthOf(prefix.length);
    let group = NONE;
    let node = routes.root;
    for (let depth = 0; depth <= target && node !== NO_NODE; depth += STRIDE) {
      const slot = slotAt(prefix.address, depth);
      let place = depth === target ? indexOf(prefix) >>> 1 : SLOTS_PER_NODE | slot;
      for (; place > 1; place >>>= 1) {
        const own = this.#rows.group(routes.rowAt(node, place), this.#slot);
        if (own === NONE) continue;
        group = own;
        break;
      }
      node = routes.child(node, slot);
    }
    return group;
  }

  /** The word for what lies below a node on the way to the prefix. */
  #changed(prefix: Prefix, node: number, depth: number, word: number): number {
    if (depth === depthOf(prefix.length)) return this.#changedBelow(node, depth, word, indexOf(prefix));
    const slot = slotAt(prefix.address, depth);
    const before = this.#wordAt(word, slot);
    const after = this.#changed(prefix, this.#routes.child(node, slot), depth + STRIDE, before);
    if (after === before) return word;
    if (!isLeaf(before) && !isLeaf(after)) {
      // Two pointers: it stays a run of its own.
      const block = word & BLOCK;
      this.#blocks.words[block + 1 + begun(this.#blocks.words, block, word, slot)] = after;
      return word;
    }
    const at = (depth / STRIDE) * SLOTS_PER_NODE;
    spread[at + slot] = after;
    return this.#spliced(word, slot, slot, at);
  }

  /** The word for what lies below a node, of which all below a place of its binary tree changes (1: all). */
  #changedBelow(node: number, depth: number, word: number, index: number): number {
    this.#cover(node, depth, index);
    const at = (depth / STRIDE) * SLOTS_PER_NODE;
    const first = firstSlot(index);
    const last = lastSlot(index);
    // Neighbours often hold the same leaf.
    let leaf = -1;
    let changed = -1;
    for (let slot = first; slot <= last; slot++) {
      const before = this.#wordAt(word, slot);
      spread[at + slot] = before;
      if (isCovered(depth, slot)) continue;
      const child = this.#routes.child(node, slot);
      if (child !== NO_NODE) {
        spread[at + slot] = this.#changedBelow(child, depth + STRIDE, before, 1);
        continue;
      }
      if (before !== leaf) {
        leaf = before;
        changed = this.#rows.changed(before, this.#slot, this.#group);
      }
      spread[at + slot] = changed;
    }
    return this.#spliced(word, first, last, at);
  }

  /** As above, where the direct table looks at the bits that the node is about. */
  #changeDirectly(node: number, depth: number, position: number, index: number): void {
    this.#cover(node, depth, index);
    const below = depth + STRIDE;
    const last = lastSlot(index);
    for (let slot = firstSlot(index); slot <= last; slot++) {
      if (isCovered(depth, slot)) continue;
      const child = this.#routes.child(node, slot);
      const at = position * SLOTS_PER_NODE + slot;
      const word = this.#direct[at];
      if (below < this.#bits) this.#changeDirectly(child, below, at, 1);
      else if (child !== NO_NODE) this.#setDirect(at, this.#changedBelow(child, below, word, 1));
      else this.#setDirect(at, this.#rows.changed(word, this.#slot, this.#group));
    }
  }

  /** Finds which slots below a place of the node longer prefixes of the changing slot cover. */
  #cover(node: number, depth: number, index: number): void {
    const level = depth / STRIDE;
    covered[2 * level] = 0;
    covered[2 * level + 1] = 0;
    if (index >= SLOTS_PER_NODE) return;
    for (let part = 0; part < 4; part++) {
      for (let bits = this.#routes.prefixesIn(node, part); bits !== 0; bits &= bits - 1) {
        const place = 32 * part + 31 - Math.clz32(bits & -bits);
        const above = place >>> Math.max(0, Math.clz32(index) - Math.clz32(place));
        if (place === index || above !== index) continue;
        if (this.#rows.group(this.#routes.rowAt(node, place), this.#slot) === NONE) continue;
        const first = firstSlot(place);
        const next = lastSlot(place) + 1;
        covered[2 * level] |= lowerMask(next) & ~lowerMask(first);
        covered[2 * level + 1] |= upperMask(next) & ~upperMask(first);
      }
    }
  }

  #setDirect(position: number, word: number): void {
    const before = this.#direct[position];
    if (word === before) return;
    this.#hold(word);
    this.#direct[position] = word;
    this.#letGo(before);
  }

  /** The word of a slot of what a word names; of a leaf, that leaf. */
  #wordAt(word: number, slot: number): number {
    if (isLeaf(word)) return word;
    const block = word & BLOCK;
    return this.#runOf(word, begun(this.#blocks.words, block, word, slot) - 1);
  }

  /** The word of the block's n-th run, from 0. */
  #runOf(pointer: number, run: number): number {
    const first = (pointer & BLOCK) + HEADER;
    return pointer < 0 ? this.#blocks.halves[2 * first + run] : this.#blocks.words[first + run];
  }

  /**
   * A word for the slots `first` to `last` from the scratch and the others from the old word, which is replaced.
   * It goes by runs, not by slots, as blocks have few.
   */
  #spliced(before: number, first: number, last: number, from: number): number {
    const { words } = this.#blocks;
    // A leaf is one run.
    const leaf = isLeaf(before);
    const lowerBefore = leaf ? 1 : words[before & BLOCK];
    const upperBefore = leaf ? 0 : words[(before & BLOCK) + 1];
    let lower = lowerBefore & lowerMask(first);
    let upper = upperBefore & upperMask(first);
    let count = popcount(lower) + popcount(upper);
    for (let run = 0; run < count; run++) runs[run] = leaf ? before : this.#runOf(before, run);
    for (let slot = first; slot <= last; slot++) {
      const word = spread[from + slot];
      if (count > 0 && word === runs[count - 1]) continue;
      runs[count++] = word;
      lower |= bitIn(0, slot);
      upper |= bitIn(1, slot);
    }
    const next = last + 1;
    if (next < SLOTS_PER_NODE) {
      const word = this.#wordAt(before, next);
      if (word !== runs[count - 1]) {
        runs[count++] = word;
        lower |= bitIn(0, next);
        upper |= bitIn(1, next);
      }
      const lowerAfter = lowerBefore & ~lowerMask(next + 1);
      const upperAfter = upperBefore & ~upperMask(next + 1);
      const end = popcount(lowerBefore) + popcount(upperBefore);
      const after = popcount(lowerAfter) + popcount(upperAfter);
      for (let run = end - after; run < end; run++) runs[count++] = this.#runOf(before, run);
      lower |= lowerAfter;
      upper |= upperAfter;
    }
    if (!leaf) {
      if (lower === lowerBefore && upper === upperBefore && this.#wroteOver(before, count)) return before;
      this.#replaced.push(before);
    }
    return this.#packed(lower, upper, count);
  }

  /** Writes over a block's run, if it is the only one that changes and the block can be of the same kind. */
  #wroteOver(pointer: number, count: number): boolean {
    let changed = -1;
    for (let run = 0; run < count; run++) {
      if (runs[run] === this.#runOf(pointer, run)) continue;
      if (changed >= 0) return false;
      changed = run;
    }
    if (changed < 0) return true;
    const before = this.#runOf(pointer, changed);
    const after = runs[changed];
    if (fitsNarrow(after) !== fitsNarrow(before)) return false;
    const first = (pointer & BLOCK) + HEADER;
    this.#hold(after);
    if (pointer < 0) this.#blocks.halves[2 * first + changed] = after;
    else this.#blocks.words[first + changed] = after;
    this.#letGo(before);
    return true;
  }

  /** A word for a new block of `count` runs. */
  #packed(lower: number, upper: number, count: number): number {
    if (count === 1) return runs[0];
    let narrow = true;
    for (let run = 0; run < count; run++) {
      this.#hold(runs[run]);
      narrow &&= fitsNarrow(runs[run]);
    }
    const block = this.#blocks.allocate(narrow ? HEADER + ((count + 1) >>> 1) : HEADER + count);
    const { words, halves } = this.#blocks;
    words[block] = lower;
    words[block + 1] = upper;
    const first = block + HEADER;
    if (narrow) for (let run = 0; run < count; run++) halves[2 * first + run] = runs[run];
    else for (let run = 0; run < count; run++) words[first + run] = runs[run];
    return (narrow ? NARROW : WIDE) | ((popcount(lower) - 1) << LOWER_RUNS_AT) | block;
  }

  #hold(word: number): void {
    if (isLeaf(word)) this.#rows.retain(word);
  }

  #letGo(word: number): void {
    if (isLeaf(word)) this.#rows.release(word);
  }

  /** Gives back what the change has replaced. */
  #tidy(): void {
    for (let pointer = this.#replaced.pop(); pointer !== undefined; pointer = this.#replaced.pop()) {
      const count = runsIn(this.#blocks.words, pointer);
      for (let run = 0; run < count; run++) this.#letGo(this.#runOf(pointer, run));
      this.#blocks.release(pointer & BLOCK, sizeOf(this.#blocks.words, pointer));
    }
    if (this.#blocks.isLoose) this.#compact();
  }

  #compact(): void {
    const from = this.#blocks.words;
    const to = this.#blocks.successor();
    const move = (word: number): number => {
      if (isLeaf(word)) return word;
      const block = word & BLOCK;
      const size = sizeOf(from, word);
      const copy = to.adopt(from, block, size);
      for (let at = HEADER; word > 0 && at < size; at++) {
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
        this.#hold(below);
        larger[position * SLOTS_PER_NODE + slot] = below;
      }
      if (isLeaf(word)) this.#rows.release(word);
      else this.#replaced.push(word);
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
      this.#hold(word);
      smaller[position] = word;
    }
    for (const word of this.#direct) this.#letGo(word);
    this.#direct = smaller;
    this.#bits -= STRIDE;
    this.#tidy();
  }
}

function isLeaf(word: number): boolean {
  return word >>> 30 === 0;
}

function fitsNarrow(word: number): boolean {
  return word >>> 16 === 0;
}

/** How many of the block's runs begin in the slots up to this one. The pointer knows those of the lower half. */
function begun(words: Int32Array, block: number, pointer: number, slot: number): number {
  const upper = slot >>> 5;
  return popcount(words[block + upper] << ~slot) + (-upper & (((pointer >>> LOWER_RUNS_AT) & 31) + 1));
}

/** The slots of a node below a place of its binary tree. */
function firstSlot(index: number): number {
  return (index << (STRIDE - (31 - Math.clz32(index)))) - SLOTS_PER_NODE;
}

function lastSlot(index: number): number {
  return ((index + 1) << (STRIDE - (31 - Math.clz32(index)))) - SLOTS_PER_NODE - 1;
}

function isCovered(depth: number, slot: number): boolean {
  return ((covered[(2 * depth) / STRIDE + (slot >>> 5)] >>> (slot & 31)) & 1) === 1;
}

/** The slot's bit in the lower (0) or upper (1) half of a bitmap; 0 where it belongs to the other. */
function bitIn(half: number, slot: number): number {
  return slot >>> 5 === half ? 1 << (slot & 31) : 0;
}

/** The bits of slots before this one, 0 .. 64, in the halves of a block's bitmap. */
function lowerMask(slot: number): number {
  return slot < 32 ? (1 << slot) - 1 : -1;
}

function upperMask(slot: number): number {
  return slot < 32 ? 0 : slot < 64 ? (1 << (slot - 32)) - 1 : -1;
}

function runsIn(words: Int32Array, pointer: number): number {
  return popcount(words[pointer & BLOCK]) + popcount(words[(pointer & BLOCK) + 1]);
}

function sizeOf(words: Int32Array, pointer: number): number {
  const count = runsIn(words, pointer);
  return HEADER + (pointer < 0 ? (count + 1) >>> 1 : count);
}
