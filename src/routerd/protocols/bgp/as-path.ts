/** AS_PATH as bytes (RFC 4271 4.3, RFC 5065), in two and in four bytes a number (RFC 6793). */
import { readU16, readU32, writeU16, writeU32 } from '../../../net/bytes.ts';
import type { AsSegment } from './attributes.ts';
import { AS_TRANS } from './open.ts';

const TYPES: readonly AsSegment['type'][] = [
  'set',
  'sequence',
  'confederation-sequence',
  'confederation-set',
];
const MAX_NUMBERS = 255;

/** Bytes of an AS number. */
export type AsBytes = 2 | 4;

/** RFC 7606 7.2, RFC 7607 (AS 0): undefined where malformed. */
export function decodeAsPath(
  bytes: Uint8Array,
  from: number,
  end: number,
  asBytes: AsBytes,
): readonly AsSegment[] | undefined {
  const segments: AsSegment[] = [];
  for (let at = from; at < end; ) {
    if (at + 2 > end) return undefined;
    const type = TYPES[bytes[at] - 1];
    const count = bytes[at + 1];
    at += 2;
    if (type === undefined || count === 0 || at + count * asBytes > end) return undefined;
    const numbers: number[] = [];
    for (let i = 0; i < count; i++, at += asBytes) {
      const as = asBytes === 4 ? readU32(bytes, at) : readU16(bytes, at);
      if (as === 0) return undefined;
      numbers.push(as);
    }
    segments.push({ type, numbers });
  }
  return segments;
}

/** A segment of more than 255 numbers goes out as several. */
export function encodeAsPath(segments: readonly AsSegment[], asBytes: AsBytes): Uint8Array {
  let length = 0;
  for (const { numbers } of segments) {
    length += 2 * Math.ceil(numbers.length / MAX_NUMBERS) + asBytes * numbers.length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const { type, numbers } of segments) {
    for (let i = 0; i < numbers.length; i++) {
      if (i % MAX_NUMBERS === 0) {
        bytes[at] = TYPES.indexOf(type) + 1;
        bytes[at + 1] = Math.min(numbers.length - i, MAX_NUMBERS);
        at += 2;
      }
      const as = numbers[i];
      if (asBytes === 4) writeU32(bytes, at, as);
      else writeU16(bytes, at, as > 0xffff ? AS_TRANS : as);
      at += asBytes;
    }
  }
  return bytes;
}

/** How many AS numbers a path counts for (RFC 4271 9.1.2.2 a, RFC 5065 5.3). */
export function asPathLength(path: readonly AsSegment[]): number {
  let length = 0;
  for (const { type, numbers } of path) {
    if (type === 'sequence') length += numbers.length;
    else if (type === 'set') length++;
  }
  return length;
}

/** The path of which an old speaker passed on AS_PATH in two bytes and AS4_PATH untouched (RFC 6793 4.2.3). */
export function mergeAs4Path(
  path: readonly AsSegment[],
  as4Path: readonly AsSegment[],
): readonly AsSegment[] {
  let ahead = asPathLength(path) - asPathLength(as4Path);
  if (ahead < 0) return path;
  const leading: AsSegment[] = [];
  for (const segment of path) {
    const { type, numbers } = segment;
    const isConfederation = type === 'confederation-sequence' || type === 'confederation-set';
    if (isConfederation) {
      // Counts for nothing: kept where it leads, or stands beside what leads.
      leading.push(segment);
      continue;
    }
    if (ahead === 0) break;
    const taken = type === 'sequence' ? numbers.slice(0, ahead) : numbers;
    leading.push({ type, numbers: taken });
    ahead -= type === 'sequence' ? taken.length : 1;
  }
  const last = leading.at(-1);
  const [first, ...rest] = as4Path;
  if (last?.type !== 'sequence' || first?.type !== 'sequence') return [...leading, ...as4Path];
  // One sequence again, as it was before the old speaker put itself in front.
  const numbers = [...last.numbers, ...first.numbers];
  if (numbers.length > MAX_NUMBERS) return [...leading, ...as4Path];
  return [...leading.slice(0, -1), { type: 'sequence', numbers }, ...rest];
}
