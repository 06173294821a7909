/**
 * How the receiver of a stream asks for pieces of it: UDP between the ports REQUEST_PORT, from the stream's
 * receiver to its sender, in the stream's plane. 12 bytes, big-endian:
 *
 *     0  magic 'SHLR'      4  flow      6  count      8  first piece
 *
 * It is shorter than any measured packet, so packet cancellation never cuts it.
 */
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';

const MAGIC = 0x53484c52;
const PIECE_REQUEST = 12;

export interface PieceRequest {
  /** The stream's number on the wire. */
  readonly flow: number;
  /** The pieces from the first on: 1 .. 65535. */
  readonly count: number;
  readonly first: number;
}

/** The UDP payload that asks. */
export function encodePieceRequest({ flow, count, first }: PieceRequest): Uint8Array {
  const bytes = new Uint8Array(PIECE_REQUEST);
  writeU32(bytes, 0, MAGIC);
  writeU16(bytes, 4, flow);
  writeU16(bytes, 6, count);
  writeU32(bytes, 8, first);
  return bytes;
}

/** Undefined where bytes[start, end) ask for nothing. */
export function decodePieceRequest(bytes: Uint8Array, start: number, end: number): PieceRequest | undefined {
  if (end - start < PIECE_REQUEST || readU32(bytes, start) !== MAGIC) return undefined;
  const count = readU16(bytes, start + 6);
  return count === 0
    ? undefined
    : { flow: readU16(bytes, start + 4), count, first: readU32(bytes, start + 8) };
}
