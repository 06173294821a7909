/**
 * Which prefixes there are, each with the row of its own routes: what a change needs to know and a lookup does
 * not. A tree of 6-bit strides with a bitmap each (W. Eatherton, G. Varghese, Z. Dittia, "Tree bitmap", CCR
 * 34(2), 2004), its nodes blocks of an arena:
 *
 *     words 0..3   which of the node's 126 prefixes there are: bit i for the prefix that a complete binary tree,
 *                  counted from 1 at its root, has at i. The root itself (1) belongs to the node above
 *     words 4..5   which of its 64 slots have a node below
 *     then         the nodes below, by slot; then the rows, by i
 *
 * A node without prefixes and without nodes below is not kept. /0 has no place here.
 */
import type { Prefix } from '../../net/address.ts';
import { Arena } from './arena.ts';
import { popcount } from './bits.ts';
import { NO_ROW } from './rows.ts';

/** Bits of the address that one node looks at. */
export const STRIDE: number = 6;
export const SLOTS_PER_NODE = 64;
export const NO_NODE = 0;
export const NOWHERE = 0;

const CHILDREN = 4;
const HEADER = 6;
const LARGEST_NODE = HEADER + 126 + 64;

/** Where the node's 6 bits of the address point; below the last bit the address goes on with zeros. */
export function slotAt(address: number, depth: number): number {
  return (address << depth) >>> (32 - STRIDE);
}

/** How many bits are above the node that has the prefixes of this length (1 .. 32). */
export function depthOf(length: number): number {
  return length - 1 - ((length - 1) % STRIDE);
}

/** The prefix's place in its node's binary tree: 2 .. 127. */
export function indexOf({ address, length }: Prefix): number {
  const below = length - depthOf(length);
  return (1 << below) | ((address >>> (32 - length)) & ((1 << below) - 1));
}

export class RouteTree {
  #arena = new Arena(LARGEST_NODE);
  #root = NO_NODE;

  get root(): number {
    return this.#root;
  }

  get byteLength(): number {
    return this.#arena.byteLength;
  }

  /** Where the prefix's row stands, until the tree changes; NOWHERE if the prefix is not in it. */
  find(prefix: Prefix): number {
    const depth = depthOf(prefix.length);
    let node = this.#root;
    for (let above = 0; above < depth && node !== NO_NODE; above += STRIDE) {
      node = this.child(node, slotAt(prefix.address, above));
    }
    return node === NO_NODE ? NOWHERE : this.#placeOf(node, indexOf(prefix));
  }

  /** The row that stands there. */
  read(place: number): number {
    return place === NOWHERE ? NO_ROW : this.#arena.words[place];
  }

  /** Puts a row there in place of another. */
  write(place: number, row: number): void {
    this.#arena.words[place] = row;
  }

  /** Puts the prefix in, or takes it out: NO_ROW. */
  set(prefix: Prefix, row: number): void {
    this.#root = this.#put(this.#root, 0, prefix, row);
    if (this.#arena.isLoose) this.#compact();
  }

  child(node: number, slot: number): number {
    if (node === NO_NODE) return NO_NODE;
    const { words } = this.#arena;
    const high = slot >>> 5;
    const bits = words[node + CHILDREN + high];
    if (((bits >>> (slot & 31)) & 1) === 0) return NO_NODE;
    return words[node + HEADER + rankIn(words, node + CHILDREN, slot)];
  }

  /** A bit for each of the node's prefixes at 32 * `part` and the 31 places after it. */
  prefixesIn(node: number, part: number): number {
    return node === NO_NODE ? 0 : this.#arena.words[node + part];
  }

  /** The row of the prefix at this place of the node; NO_ROW where there is none. */
  rowAt(node: number, index: number): number {
    return this.read(this.#placeOf(node, index));
  }

  /** All prefixes by address, then length. */
  *entries(): Generator<{ readonly prefix: Prefix; readonly row: number }> {
    const ahead = this.#root === NO_NODE ? [] : [{ node: this.#root, depth: 0, address: 0, index: 1 }];
    for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
      const { node, depth, address, index } = place;
      const length = depth + 31 - Math.clz32(index);
      const row = index === 1 ? NO_ROW : this.rowAt(node, index);
      if (row !== NO_ROW) yield { prefix: { address, length }, row };
      if (index >= SLOTS_PER_NODE) {
        const child = this.child(node, index - SLOTS_PER_NODE);
        if (child !== NO_NODE) ahead.push({ node: child, depth: depth + STRIDE, address, index: 1 });
      } else if (length < 32) {
        const one = (address | (1 << (31 - length))) >>> 0;
        ahead.push({ node, depth, address: one, index: 2 * index + 1 });
        ahead.push({ node, depth, address, index: 2 * index });
      }
    }
  }

  #placeOf(node: number, index: number): number {
    const { words } = this.#arena;
    if (((words[node + (index >>> 5)] >>> (index & 31)) & 1) === 0) return NOWHERE;
    return node + HEADER + childCount(words, node) + rankIn(words, node, index);
  }

  /** The node with the change made: another one, where its size changes. */
  #put(node: number, depth: number, prefix: Prefix, row: number): number {
    if (prefix.length - depth <= STRIDE) return this.#withRow(node, indexOf(prefix), row);
    const slot = slotAt(prefix.address, depth);
    const child = this.child(node, slot);
    const changed = this.#put(child, depth + STRIDE, prefix, row);
    return changed === child ? node : this.#withChild(node, slot, changed);
  }

  #withRow(node: number, index: number, row: number): number {
    const { words } = this.#arena;
    const known = node !== NO_NODE && ((words[node + (index >>> 5)] >>> (index & 31)) & 1) === 1;
    const before = node === NO_NODE ? 0 : childCount(words, node) + rankIn(words, node, index);
    return this.#edit(node, index, HEADER + before, known, row);
  }

  #withChild(node: number, slot: number, child: number): number {
    const known = this.child(node, slot) !== NO_NODE;
    const before = node === NO_NODE ? 0 : rankIn(this.#arena.words, node + CHILDREN, slot);
    return this.#edit(node, CHILDREN * 32 + slot, HEADER + before, known, child);
  }

  /** Sets, puts in or (0) takes out the word that stands at `place` for a bit of the header. */
  #edit(node: number, bit: number, place: number, known: boolean, word: number): number {
    if (known && word !== 0) {
      this.#arena.words[node + place] = word;
      return node;
    }
    if (!known && word === 0) return node;
    const size = node === NO_NODE ? HEADER : sizeOf(this.#arena.words, node);
    const newSize = known ? size - 1 : size + 1;
    const changed = newSize === HEADER ? NO_NODE : this.#arena.allocate(newSize);
    const { words } = this.#arena;
    if (changed !== NO_NODE) {
      if (node === NO_NODE) words.fill(0, changed, changed + HEADER);
      else for (let at = 0; at < place; at++) words[changed + at] = words[node + at];
      const [from, to] = known ? [place + 1, place] : [place, place + 1];
      for (let at = from; at < size; at++) words[changed + to + at - from] = words[node + at];
      if (!known) words[changed + place] = word;
      words[changed + (bit >>> 5)] ^= 1 << (bit & 31);
    }
    if (node !== NO_NODE) this.#arena.release(node, size);
    return changed;
  }

  #compact(): void {
    const from = this.#arena.words;
    const to = this.#arena.successor();
    const move = (node: number): number => {
      const copy = to.adopt(from, node, sizeOf(from, node));
      const children = childCount(from, node);
      for (let at = HEADER; at < HEADER + children; at++) {
        const child = move(from[node + at]);
        to.words[copy + at] = child;
      }
      return copy;
    };
    if (this.#root !== NO_NODE) this.#root = move(this.#root);
    this.#arena = to;
  }
}

function sizeOf(words: Int32Array, node: number): number {
  let size = HEADER;
  for (let at = 0; at < HEADER; at++) size += popcount(words[node + at]);
  return size;
}

function childCount(words: Int32Array, node: number): number {
  return popcount(words[node + CHILDREN]) + popcount(words[node + CHILDREN + 1]);
}

/** How many bits are set before this one in the bitmap that begins at a word. */
function rankIn(words: Int32Array, bitmap: number, bit: number): number {
  const last = bitmap + (bit >>> 5);
  let rank = popcount(words[last] & ((1 << (bit & 31)) - 1));
  for (let at = bitmap; at < last; at++) rank += popcount(words[at]);
  return rank;
}
