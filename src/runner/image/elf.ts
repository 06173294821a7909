/** What of an ELF program a computer loads: Node as it is distributed carries 18 MB of symbols that only debuggers read. */

const MAGIC = 0x464c457f;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;

/**
 * The same program without what follows the last byte that any of its segments takes from the file: symbols, debug
 * information, and the table of sections that describes them (System V ABI, chapters 4 and 5). Throws Error where the
 * bytes are no 64-bit little-endian ELF file, or are cut off.
 */
export function trimElf(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isElf(bytes) || bytes[4] !== CLASS_64 || bytes[5] !== LITTLE_ENDIAN) {
    throw new Error('it is no 64-bit little-endian ELF file');
  }
  const segmentsAt = Number(view.getBigUint64(32, true));
  const segmentCount = view.getUint16(56, true);
  if (view.getUint16(54, true) !== SEGMENT_BYTES || segmentCount === 0) throw new Error('it has no segments');

  let end = segmentsAt + segmentCount * SEGMENT_BYTES;
  if (end > bytes.length) throw new Error('it ends before its segments begin');
  for (let at = segmentsAt; at < segmentsAt + segmentCount * SEGMENT_BYTES; at += SEGMENT_BYTES) {
    end = Math.max(end, Number(view.getBigUint64(at + 8, true) + view.getBigUint64(at + 32, true)));
  }
  if (end > bytes.length) throw new Error('it ends before its last segment does');

  // A copy of its own: a Buffer may be a part of a larger one.
  const trimmed = new Uint8Array(bytes.subarray(0, end));
  const header = new DataView(trimmed.buffer);
  header.setBigUint64(40, 0n, true); // where the table of sections is: there is none
  header.setUint16(60, 0, true);
  header.setUint16(62, 0, true);
  return trimmed;
}

export function isElf(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES) return false;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC;
}
