/**
 * In which fragment of an LSP an entry stands. An entry stays where it is as long as it fits there (7.3.3 wants as
 * few LSPs changed as can be); a new one goes to the first fragment with room.
 */
import { MAX_FRAGMENTS } from './constants.ts';
import type { LspEntryBytes } from './lsp.ts';
import { MAX_TLV_VALUE, tlvPreamble } from './tlv.ts';

/** Two entries of one TLV code have different keys. */
export interface KeyedEntry extends LspEntryBytes {
  readonly key: string;
}

/** No entry of ours is longer: what a TLV that is not the last one of its code may leave empty. */
const LONGEST_ENTRY = 12;

export class Placement {
  #places = new Map<string, number>();

  /**
   * The entries of each fragment, from 0 to the last one that has any; each sorted, so that equal contents are
   * equal bytes. `left` counts those for which all fragments together have no room.
   */
  place(
    entries: readonly KeyedEntry[],
    capacityOf: (fragment: number) => number,
  ): { readonly fragments: readonly (readonly KeyedEntry[])[]; readonly left: number } {
    const rooms: Room[] = [new Room(capacityOf(0))];
    const roomAt = (fragment: number): Room => {
      while (rooms.length <= fragment) rooms.push(new Room(capacityOf(rooms.length)));
      return rooms[fragment];
    };
    const places = new Map<string, number>();
    const homeless: KeyedEntry[] = [];
    for (const entry of entries) {
      const place = this.#places.get(placeKey(entry));
      if (place !== undefined && roomAt(place).take(entry)) places.set(placeKey(entry), place);
      else homeless.push(entry);
    }
    let first = 0;
    let left = 0;
    for (const entry of homeless) {
      while (first < MAX_FRAGMENTS && roomAt(first).isFull) first++;
      let fragment = first;
      while (fragment < MAX_FRAGMENTS && !roomAt(fragment).take(entry)) fragment++;
      if (fragment < MAX_FRAGMENTS) places.set(placeKey(entry), fragment);
      else left++;
    }
    this.#places = places;
    while (rooms.length > 1 && rooms[rooms.length - 1].entries.length === 0) rooms.pop();
    return { fragments: rooms.map(({ entries: placed }) => [...placed].sort(byCodeAndKey)), left };
  }
}

/** What a fragment holds, counted so that any order of its entries fits. */
class Room {
  readonly entries: KeyedEntry[] = [];
  readonly #capacity: number;
  readonly #bytesByCode = new Map<number, number>();
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get isFull(): boolean {
    return this.#capacity - this.#used < LONGEST_ENTRY + 3;
  }

  take(entry: KeyedEntry): boolean {
    const { code, bytes } = entry;
    const before = this.#bytesByCode.get(code) ?? 0;
    const after = before + bytes.length;
    const used = this.#used - sizeOf(code, before) + sizeOf(code, after);
    if (used > this.#capacity) return false;
    this.#bytesByCode.set(code, after);
    this.#used = used;
    this.entries.push(entry);
    return true;
  }
}

/** The most that so many bytes of entries take with the TLVs around them. */
function sizeOf(code: number, bytes: number): number {
  const perTlv = MAX_TLV_VALUE - tlvPreamble(code) - LONGEST_ENTRY + 1;
  return bytes + Math.ceil(bytes / perTlv) * (2 + tlvPreamble(code));
}

function placeKey({ code, key }: KeyedEntry): string {
  return `${code} ${key}`;
}

function byCodeAndKey(a: KeyedEntry, b: KeyedEntry): number {
  if (a.code !== b.code) return a.code - b.code;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
