/**
 * Node without the languages of the world: 20 of the 33 MB of ICU's data that are built into it, which no router asks
 * for. What is left is about what Node calls `small-icu`: English, and all that does not depend on a language.
 *
 * ICU's data (its `source/common/ucmndata.h`) begin with a header, then come, counted from its end: the number of
 * items, for each the offsets of its name and of its bytes, sorted by name, the names, and the items. They are called
 * `icudt78l/lang/de.res`.
 */
import { cutOut } from './elf.ts';

/** From the header's beginning; its length in bytes stands before it, the words "common data" far behind. */
const MAGIC_AT = 2;
const FORMAT_AT = 12;
const FORMAT = Buffer.from('CmnD');
const ALIGNMENT = 16;
/** Of any ICU. */
const MAX_ITEMS = 20_000;
/** Resources of a language and a country, but not those of English. */
const OF_A_LANGUAGE = /^[^/]+\/(?:[a-z]+\/)?(?!en[_.])[a-z]{2,3}(?:_\w*)?\.res$/;

interface Item {
  readonly name: string;
  /** From the end of the header. */
  readonly nameAt: number;
  readonly at: number;
  readonly end: number;
}

/** The same program where it has no such data. It must have been trimmed (elf.ts). */
export function withoutLocales(program: Uint8Array): Uint8Array {
  const base = findData(program);
  if (base === undefined) return program;
  const bytes = new Uint8Array(program);
  const view = new DataView(bytes.buffer);
  const items = readItems(Buffer.from(bytes.buffer), base);
  const last = items.at(-1);
  const kept = items.filter((item) => item === last || !OF_A_LANGUAGE.test(item.name));
  if (last === undefined || kept.length === items.length) return program;

  // Items only ever move towards the beginning, so none is written over before it has moved. The last one stays where
  // it is: nothing says where it ends.
  let free = items[0].at;
  for (const [index, item] of kept.entries()) {
    const at = item === last ? item.at : free;
    bytes.copyWithin(base + at, base + item.at, base + item.end);
    view.setUint32(base + 4 + 8 * index, item.nameAt, true);
    view.setUint32(base + 8 + 8 * index, at, true);
    if (item !== last) free = Math.ceil((free + item.end - item.at) / ALIGNMENT) * ALIGNMENT;
  }
  view.setUint32(base, kept.length, true);
  return cutOut(bytes, { from: base + free, to: base + last.at });
}

/** Where the header of the data ends. */
function findData(program: Uint8Array): number | undefined {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.byteLength);
  for (let at = bytes.indexOf(FORMAT); at !== -1; at = bytes.indexOf(FORMAT, at + 1)) {
    const start = at - FORMAT_AT;
    if (start < 0 || bytes[start + MAGIC_AT] !== 0xda || bytes[start + MAGIC_AT + 1] !== 0x27) continue;
    const base = start + bytes.readUInt16LE(start);
    if (readItems(bytes, base).length > 1) return base;
  }
  return undefined;
}

/** None where it is no such list, sorted and in order. */
function readItems(bytes: Buffer, base: number): readonly Item[] {
  const count = base + 4 <= bytes.length ? bytes.readUInt32LE(base) : 0;
  if (count > MAX_ITEMS || base + 4 + 8 * count > bytes.length) return [];
  const items: Item[] = [];
  for (let index = 0; index < count; index++) {
    const nameAt = bytes.readUInt32LE(base + 4 + 8 * index);
    const at = bytes.readUInt32LE(base + 8 + 8 * index);
    const end = index + 1 < count ? bytes.readUInt32LE(base + 16 + 8 * index) : at;
    const nameEnd = bytes.indexOf(0, base + nameAt);
    if (end < at || base + end > bytes.length || nameEnd === -1 || nameEnd > base + nameAt + 200) return [];
    items.push({ name: bytes.toString('latin1', base + nameAt, nameEnd), nameAt, at, end });
  }
  return items;
}
