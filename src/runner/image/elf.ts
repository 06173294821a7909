/**
 * Programs made smaller by what is not needed to run them (System V ABI, chapters 4 and 5). Node as it is distributed
 * carries 18 MB of symbols that only debuggers read.
 */

const MAGIC = 0x464c457f;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const LOADED = 1;
const NOTE = 4;
const WRITABLE = 2;
const PAGE = 4096;

export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The same program without what follows the last byte that any of its segments takes from the file: symbols, debug
 * information, and the table of sections that describes them. Throws Error where the bytes are no 64-bit little-endian
 * ELF file, or are cut off.
 */
export function trimElf(bytes: Uint8Array): Uint8Array {
  const segments = readSegments(bytes);
  const tableEnd = Number(viewOf(bytes).getBigUint64(32, true)) + segments.length * SEGMENT_BYTES;
  const end = Math.max(tableEnd, ...segments.map(({ offset, size }) => offset + size));
  if (end > bytes.length) throw new Error('it ends before its last segment does');

  // A copy of its own: a Buffer may be a part of a larger one.
  const trimmed = new Uint8Array(bytes.subarray(0, end));
  const header = viewOf(trimmed);
  header.setBigUint64(40, 0n, true); // where the table of sections is: there is none
  header.setUint16(60, 0, true);
  header.setUint16(62, 0, true);
  return trimmed;
}

/**
 * The program without bytes that it never reads: as many whole pages of the range as there are. They are no longer in
 * the file, nor in its memory; all else stays at its address. The segment that held them becomes two, for which a note
 * (what the program was built from) gives its place in the table; where there is none, or the range is not in a segment
 * that is only read, the program stays as it is. Sections must have been trimmed. Throws as `trimElf` does.
 */
export function cutOut(bytes: Uint8Array, { from, to }: Range): Uint8Array {
  const segments = readSegments(bytes);
  const holder = segments.find(
    ({ type, flags, offset, size }) =>
      type === LOADED && (flags & WRITABLE) === 0 && offset < from && to < offset + size,
  );
  const note = segments.find(({ type }) => type === NOTE);
  if (holder === undefined || note === undefined) return bytes;
  const page = Math.max(PAGE, holder.align);
  const shift = holder.address - holder.offset;
  const start = Math.ceil((from + shift) / page) * page - shift;
  const end = Math.floor((to + shift) / page) * page - shift;
  if (end <= start) return bytes;

  const gone = end - start;
  const moved = segments.flatMap((segment): readonly Segment[] => {
    if (segment === note) return [];
    if (segment !== holder)
      return [segment.offset < end ? segment : { ...segment, offset: segment.offset - gone }];
    const before = start - holder.offset;
    const after = holder.offset + holder.size - end;
    return [
      { ...holder, size: before, memory: before },
      { ...holder, offset: start, address: end + shift, size: after, memory: holder.memory - before - gone },
    ];
  });
  const cut = new Uint8Array(bytes.length - gone);
  cut.set(bytes.subarray(0, start));
  cut.set(bytes.subarray(end), start);
  writeSegments(cut, moved);
  return cut;
}

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_BYTES && viewOf(bytes).getUint32(0, true) === MAGIC;
}

/** A line of the table of segments. */
interface Segment {
  readonly type: number;
  readonly flags: number;
  /** In the file. */
  readonly offset: number;
  readonly size: number;
  /** In memory. The physical address means nothing here, and is the same. */
  readonly address: number;
  readonly memory: number;
  readonly align: number;
}

function readSegments(bytes: Uint8Array): readonly Segment[] {
  if (!isElf(bytes) || bytes[4] !== CLASS_64 || bytes[5] !== LITTLE_ENDIAN) {
    throw new Error('it is no 64-bit little-endian ELF file');
  }
  const view = viewOf(bytes);
  const tableAt = Number(view.getBigUint64(32, true));
  const count = view.getUint16(56, true);
  if (view.getUint16(54, true) !== SEGMENT_BYTES || count === 0) throw new Error('it has no segments');
  if (tableAt + count * SEGMENT_BYTES > bytes.length) throw new Error('it ends before its segments begin');
  return Array.from({ length: count }, (_, index): Segment => {
    const at = tableAt + index * SEGMENT_BYTES;
    const long = (place: number): number => Number(view.getBigUint64(at + place, true));
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: long(8),
      address: long(16),
      size: long(32),
      memory: long(40),
      align: long(48),
    };
  });
}

function writeSegments(bytes: Uint8Array, segments: readonly Segment[]): void {
  const view = viewOf(bytes);
  const tableAt = Number(view.getBigUint64(32, true));
  for (const [index, { type, flags, offset, address, size, memory, align }] of segments.entries()) {
    const at = tableAt + index * SEGMENT_BYTES;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    for (const [place, value] of [offset, address, address, size, memory, align].entries()) {
      view.setBigUint64(at + 8 + 8 * place, BigInt(value), true);
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
