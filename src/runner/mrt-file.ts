/** Files of MRT records, plain or packed by gzip or bzip2 (told by how they begin, not by their names). */
import { gunzipSync } from 'node:zlib';
import seekBzip from 'seek-bzip';
import { MrtError, MrtReader, type MrtRecord } from '../peers/mrt.ts';
import { messageOf } from '../world/message-of.ts';
import { readBytes } from './experiment/source-text.ts';

const MIB = 1024 * 1024;
/** A full table of today with forty feeds is 60 MiB packed, 1,000 MiB unpacked. */
const MAX_FILE_BYTES = 256 * MIB;
const MAX_UNPACKED_BYTES = 2048 * MIB;
const CHUNK_BYTES = 256 * 1024;

/**
 * Hands each record of a file to `take`, in turn, until it says false: it wants no more. What is wrong with the file comes back as words that follow its
 * name, where they name a byte as that of the unpacked file; records before it were handed on.
 */
export function readMrtFile(
  file: string,
  take: (record: MrtRecord) => boolean,
): { readonly wrong: string } | undefined {
  const bytes = readBytes(file, MAX_FILE_BYTES);
  if ('wrong' in bytes) return bytes;
  const reader = new MrtReader((record) => {
    if (!take(record)) throw new Enough();
  });
  try {
    unpack(bytes, (chunk) => reader.push(chunk));
    reader.end();
    return undefined;
  } catch (error) {
    if (error instanceof Enough) return undefined;
    if (error instanceof MrtError || error instanceof NotUnpacked) return { wrong: error.message };
    throw error;
  }
}

class NotUnpacked extends Error {}

/** The rest of the file need not be unpacked. */
class Enough extends Error {}

function unpack(bytes: Buffer, take: (chunk: Uint8Array) => void): void {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) take(gunzipped(bytes));
  else if (bytes.toString('latin1', 0, 3) === 'BZh') bunzip(bytes, take);
  else take(bytes);
}

function gunzipped(bytes: Buffer): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    throw new NotUnpacked(`cannot be unpacked by gzip: ${messageOf(error)}`);
  }
}

/** In chunks: what is unpacked is never in memory as a whole. */
function bunzip(bytes: Buffer, take: (chunk: Uint8Array) => void): void {
  let next = 0;
  const readByte = (): number => {
    // The library would go on with bits of nothing.
    if (next >= bytes.length) throw new NotUnpacked('cannot be unpacked by bzip2: it is cut');
    return bytes[next++];
  };
  let chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  let total = 0;
  const flush = (): void => {
    const full = chunk.subarray(0, filled);
    chunk = new Uint8Array(CHUNK_BYTES);
    total += filled;
    filled = 0;
    if (total > MAX_UNPACKED_BYTES) {
      throw new NotUnpacked(`is larger than ${MAX_UNPACKED_BYTES / MIB} MiB when unpacked`);
    }
    take(full);
  };
  const writeByte = (byte: number): void => {
    chunk[filled++] = byte;
    if (filled === CHUNK_BYTES) flush();
  };
  try {
    seekBzip.decode({ readByte, eof: () => next >= bytes.length, read: fill(readByte) }, { writeByte }, true);
  } catch (error) {
    if (error instanceof MrtError || error instanceof NotUnpacked || error instanceof Enough) throw error;
    throw new NotUnpacked(`cannot be unpacked by bzip2: ${messageOf(error)}`);
  }
  flush();
}

function fill(readByte: () => number): (buffer: Uint8Array, at: number, length: number) => number {
  return (buffer, at, length) => {
    for (let index = 0; index < length; index++) buffer[at + index] = readByte();
    return length;
  };
}
