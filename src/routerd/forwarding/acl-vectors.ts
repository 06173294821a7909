/**
 * Which lines of an access list allow a value in one field of a packet, as a vector of bits: T. V. Lakshman and
 * D. Stiliadis, "High-speed policy-based packet forwarding using efficient multi-dimensional range matching",
 * SIGCOMM 1998. The lines' ranges cut the values of a field into intervals, each with one vector; a packet's
 * vectors of all its fields, ANDed, name the lines that match it, and the first bit is the line that decides.
 *
 * A vector is LINES bits in words, and before them a word with a bit for each of those that is not empty (F.
 * Baboescu, G. Varghese, "Scalable packet classification", SIGCOMM 2001): almost all words need no look.
 */
import type { AccessRule } from '../../config/model.ts';
import { maskOf, type Prefix } from '../../net/address.ts';
import { readU16 } from '../../net/bytes.ts';
import { ipv4Destination, ipv4Dscp, ipv4Protocol, ipv4Source } from '../../net/ipv4.ts';
import { findPorts, type LineFinder, NO_LINE, NO_PORTS, protocolNumber } from './acl-fields.ts';

/** So many that one word tells which of the others are empty. Longer lists are taken in pieces. */
const LINES = 1024;
const WORD = 32;
/** A field is cut into at most 2^BUCKET_BITS buckets, so that few intervals are left to search in each. */
const BUCKET_BITS = 11;

/** The values of a field that a line allows, both ends included. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Time grows with the pieces of 1,024 lines, memory with the lines. */
export function findByVectors(rules: readonly AccessRule[]): LineFinder {
  const pieces: LineFinder[] = [];
  for (let from = 0; from < rules.length; from += LINES) {
    pieces.push(compilePiece(rules.slice(from, from + LINES)));
  }
  if (pieces.length === 1) return pieces[0];
  return (bytes, ipAt) => {
    for (let piece = 0; piece < pieces.length; piece++) {
      const line = pieces[piece](bytes, ipAt);
      if (line !== NO_LINE) return piece * LINES + line;
    }
    return NO_LINE;
  };
}

function compilePiece(rules: readonly AccessRule[]): LineFinder {
  const store = new VectorStore(rules.length);
  const fieldOf = (rangeOf: (rule: AccessRule) => Range | undefined): Field =>
    new Field(store, rules.map(rangeOf));
  const sources = fieldOf(({ source }) => addresses(source));
  const destinations = fieldOf(({ destination }) => addresses(destination));
  const protocols = fieldOf(({ protocol }) => only(protocolNumber(protocol)));
  const dscps = fieldOf(({ dscp }) => only(dscp));
  const sourcePorts = fieldOf(({ sourcePort }) => sourcePort);
  const destinationPorts = fieldOf(({ destinationPort }) => destinationPort);
  const withoutPorts = store.add(
    rules.flatMap((rule, line) => (rule.sourcePort || rule.destinationPort ? [] : [line])),
  );
  const { bits } = store;
  return (bytes, ipAt) => {
    const portsAt = findPorts(bytes, ipAt);
    const a = sources.vectorOf(ipv4Source(bytes, ipAt));
    const b = destinations.vectorOf(ipv4Destination(bytes, ipAt));
    const c = protocols.vectorOf(ipv4Protocol(bytes, ipAt));
    const d = dscps.vectorOf(ipv4Dscp(bytes, ipAt));
    const e = portsAt === NO_PORTS ? withoutPorts : sourcePorts.vectorOf(readU16(bytes, portsAt));
    const f = portsAt === NO_PORTS ? withoutPorts : destinationPorts.vectorOf(readU16(bytes, portsAt + 2));
    let words = bits[a] & bits[b] & bits[c] & bits[d] & bits[e] & bits[f];
    while (words !== 0) {
      const word = lowestBit(words);
      const at = 1 + word;
      const lines = bits[a + at] & bits[b + at] & bits[c + at] & bits[d + at] & bits[e + at] & bits[f + at];
      if (lines !== 0) return word * WORD + lowestBit(lines);
      words &= words - 1;
    }
    return NO_LINE;
  };
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function addresses({ address, length }: Prefix): Range | undefined {
  return length === 0 ? undefined : { from: address, to: (address | ~maskOf(length)) >>> 0 };
}

function only(value: number | undefined): Range | undefined {
  return value === undefined ? undefined : { from: value, to: value };
}

/** The vectors of all fields of one list. A vector is named by where it begins. */
class VectorStore {
  /** Words of a vector behind the first. */
  readonly #words: number;
  #bits: Int32Array;
  #used = 0;

  constructor(lines: number) {
    this.#words = Math.ceil(lines / WORD);
    this.#bits = new Int32Array(64 * (this.#words + 1));
  }

  /** Valid until the next vector is added. */
  get bits(): Int32Array {
    return this.#bits;
  }

  /** Adds the vector of these lines, in any order. */
  add(lines: Iterable<number>): number {
    const at = this.#room();
    for (const line of lines) this.#change(at, line, true);
    return at;
  }

  /** Adds a vector that is like the one at `from` but for these lines. */
  addLike(from: number, without: readonly number[], and: readonly number[]): number {
    const at = this.#room();
    this.#bits.copyWithin(at, from, from + this.#words + 1);
    for (const line of without) this.#change(at, line, false);
    for (const line of and) this.#change(at, line, true);
    return at;
  }

  #change(at: number, line: number, isSet: boolean): void {
    const word = line >>> 5;
    const bit = 1 << (line & 31);
    const bits = this.#bits;
    if (isSet) bits[at + 1 + word] |= bit;
    else bits[at + 1 + word] &= ~bit;
    if (bits[at + 1 + word] === 0) bits[at] &= ~(1 << word);
    else bits[at] |= 1 << word;
  }

  #room(): number {
    const at = this.#used;
    this.#used += this.#words + 1;
    if (this.#used > this.#bits.length) {
      const larger = new Int32Array(this.#bits.length * 2);
      larger.set(this.#bits);
      this.#bits = larger;
    }
    return at;
  }
}

/** One field: its intervals, and their vectors. */
class Field {
  /** Where the intervals begin, but for the first, which begins at 0. */
  readonly #begins: Uint32Array;
  readonly #vectors: Int32Array;
  /** What lies between the first and the last beginning, in buckets of 2^shift values: how many begin before each. */
  readonly #before: Uint16Array;
  readonly #base: number;
  readonly #shift: number;

  /** One range for each line; undefined where it does not ask. */
  constructor(store: VectorStore, ranges: readonly (Range | undefined)[]) {
    /** Value → the lines whose range begins, and those whose range ended, there. */
    const changes = new Map<number, { readonly begin: number[]; readonly end: number[] }>();
    const at = (value: number) => {
      const found = changes.get(value) ?? { begin: [], end: [] };
      changes.set(value, found);
      return found;
    };
    const first: number[] = [];
    ranges.forEach((range, line) => {
      if (range !== undefined && range.from > range.to) return;
      if (range === undefined || range.from === 0) first.push(line);
      else at(range.from).begin.push(line);
      if (range !== undefined && range.to < 0xffffffff) at(range.to + 1).end.push(line);
    });
    const sorted = [...changes].sort(([a], [b]) => a - b);
    const begins = Uint32Array.from(sorted, ([value]) => value);
    this.#begins = begins;
    this.#vectors = new Int32Array(sorted.length + 1);
    this.#vectors[0] = store.add(first);
    sorted.forEach(([, { begin, end }], index) => {
      this.#vectors[index + 1] = store.addLike(this.#vectors[index], end, begin);
    });
    this.#base = begins.at(0) ?? 0;
    const span = (begins.at(-1) ?? 0) - this.#base;
    this.#shift = Math.max(0, 32 - Math.clz32(span) - BUCKET_BITS);
    this.#before = new Uint16Array((span >>> this.#shift) + 2);
    for (const begin of begins) this.#before[((begin - this.#base) >>> this.#shift) + 1]++;
    for (let bucket = 1; bucket < this.#before.length; bucket++) {
      this.#before[bucket] += this.#before[bucket - 1];
    }
  }

  /** Where the vector of the lines that allow the value begins. */
  vectorOf(value: number): number {
    if (value < this.#base) return this.#vectors[0];
    const bucket = ((value | 0) - (this.#base | 0)) >>> this.#shift;
    if (bucket + 1 >= this.#before.length) return this.#vectors[this.#begins.length];
    let low = this.#before[bucket];
    let high = this.#before[bucket + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#begins[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return this.#vectors[low];
  }
}
