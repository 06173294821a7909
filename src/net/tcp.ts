/**
 * TCP segments, RFC 9293 3.1, with the options that are in use: MSS, window scale and timestamps (RFC 7323),
 * SACK (RFC 2018). Others are skipped. Nothing here throws or reads outside the segment it was given.
 */
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import { transportChecksum } from './checksum.ts';

export const TCP_HEADER = 20;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/** Bytes [left, right) that arrived, in sequence numbers of the wire. */
export interface SackBlock {
  readonly left: number;
  readonly right: number;
}

export interface TcpOptions {
  readonly mss?: number;
  /** How far the sender's later windows are shifted, 0 .. 14. */
  readonly windowScale?: number;
  readonly sackPermitted?: true;
  readonly timestamps?: { readonly value: number; readonly echo: number };
  /** At most 4; 3 beside timestamps, 2 beside a signature. */
  readonly sackBlocks?: readonly SackBlock[];
  /** RFC 2385: 16 bytes; of zeros, to be filled in (tcp-md5.ts). */
  readonly md5?: Uint8Array;
}

/** A segment as on the wire: sequence numbers modulo 2^32, the window not yet shifted. */
export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  /** 0 where the ACK flag is not set. */
  readonly acknowledgement: number;
  readonly flags: number;
  readonly window: number;
  readonly options: TcpOptions;
  /** A view of the bytes that the segment was read from. */
  readonly payload: Uint8Array;
}

export const NO_OPTIONS: TcpOptions = {};

const END = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const MD5 = 19;
/** The option and two bytes that align it. */
const MD5_BYTES = 20;

/** RFC 7323 2.3: more must be read as this. */
export const MAX_WINDOW_SCALE = 14;
const MAX_SACK_BLOCKS = 4;

/** NOP, NOP, TIMESTAMPS, length, value, echo: the layout of RFC 7323 appendix A, which most segments have. */
const TIMESTAMPS_ALONE = 0x0101080a;

/** The segment in bytes[at, end), its checksum not looked at; undefined where there is none. */
export function readTcp(bytes: Uint8Array, at: number, end: number): TcpSegment | undefined {
  if (end - at < TCP_HEADER) return undefined;
  const payloadAt = at + (bytes[at + 12] >>> 4) * 4;
  if (payloadAt < at + TCP_HEADER || payloadAt > end) return undefined;
  return {
    sourcePort: readU16(bytes, at),
    destinationPort: readU16(bytes, at + 2),
    sequence: readU32(bytes, at + 4),
    acknowledgement: (bytes[at + 13] & ACK) === 0 ? 0 : readU32(bytes, at + 8),
    flags: bytes[at + 13],
    window: readU16(bytes, at + 14),
    options: readOptions(bytes, at + TCP_HEADER, payloadAt),
    payload: bytes.subarray(payloadAt, end),
  };
}

/** True where the checksum is right. `ipAt` is the IPv4 header, whose addresses it covers. */
export function tcpChecksumHolds(bytes: Uint8Array, at: number, end: number, ipAt: number): boolean {
  return transportChecksum(bytes, at, end, ipAt) === 0;
}

/** Bytes of the segment on the wire. */
export function tcpLength(segment: TcpSegment): number {
  return TCP_HEADER + optionsLength(segment.options) + segment.payload.length;
}

/** Bytes of the options on the wire, padded to whole words: 0 .. 40. */
export function optionsLength(options: TcpOptions): number {
  let length = 0;
  if (options.mss !== undefined) length += 4;
  if (options.windowScale !== undefined) length += 4;
  if (options.sackPermitted) length += 4;
  if (options.timestamps !== undefined) length += 12;
  if (options.md5 !== undefined) length += MD5_BYTES;
  if (options.sackBlocks !== undefined) length += 4 + 8 * options.sackBlocks.length;
  return length;
}

/** Writes the segment at `at`, where `tcpLength` bytes are free, with its checksum. `ipAt`: the header, written already. */
export function writeTcp(bytes: Uint8Array, at: number, segment: TcpSegment, ipAt: number): void {
  const payloadAt = writeOptions(bytes, at + TCP_HEADER, segment.options);
  writeU16(bytes, at, segment.sourcePort);
  writeU16(bytes, at + 2, segment.destinationPort);
  writeU32(bytes, at + 4, segment.sequence);
  writeU32(bytes, at + 8, segment.acknowledgement);
  bytes[at + 12] = ((payloadAt - at) / 4) << 4;
  bytes[at + 13] = segment.flags;
  writeU16(bytes, at + 14, segment.window);
  writeU32(bytes, at + 16, 0);
  bytes.set(segment.payload, payloadAt);
  writeU16(bytes, at + 16, transportChecksum(bytes, at, payloadAt + segment.payload.length, ipAt));
}

/** What is malformed ends the list: what was read before it counts (RFC 9293 3.1 leaves it open). */
function readOptions(bytes: Uint8Array, from: number, end: number): TcpOptions {
  if (from === end) return NO_OPTIONS;
  if (end - from === 12 && readU32(bytes, from) === TIMESTAMPS_ALONE) {
    return { timestamps: { value: readU32(bytes, from + 4), echo: readU32(bytes, from + 8) } };
  }
  const options: { -readonly [name in keyof TcpOptions]: TcpOptions[name] } = {};
  for (let at = from; at < end; ) {
    const kind = bytes[at];
    if (kind === END) break;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 1 < end ? bytes[at + 1] : 0;
    if (length < 2 || at + length > end) break;
    if (kind === MSS && length === 4) options.mss = readU16(bytes, at + 2);
    else if (kind === WINDOW_SCALE && length === 3) {
      options.windowScale = Math.min(bytes[at + 2], MAX_WINDOW_SCALE);
    } else if (kind === SACK_PERMITTED && length === 2) options.sackPermitted = true;
    else if (kind === TIMESTAMPS && length === 10) {
      options.timestamps = { value: readU32(bytes, at + 2), echo: readU32(bytes, at + 6) };
    } else if (kind === SACK && length >= 10 && (length - 2) % 8 === 0) {
      options.sackBlocks = readSackBlocks(bytes, at + 2, (length - 2) / 8);
    } else if (kind === MD5 && length === 18) options.md5 = bytes.subarray(at + 2, at + length);
    at += length;
  }
  return options;
}

function readSackBlocks(bytes: Uint8Array, at: number, count: number): readonly SackBlock[] {
  const blocks: SackBlock[] = [];
  for (let i = 0; i < count && i < MAX_SACK_BLOCKS; i++) {
    blocks.push({ left: readU32(bytes, at + 8 * i), right: readU32(bytes, at + 8 * i + 4) });
  }
  return blocks;
}

/** Each option on whole words, so that what follows is aligned. Returns the offset behind them. */
function writeOptions(bytes: Uint8Array, from: number, options: TcpOptions): number {
  let at = from;
  if (options.mss !== undefined) {
    writeU32(bytes, at, (MSS << 24) | (4 << 16) | options.mss);
    at += 4;
  }
  if (options.windowScale !== undefined) {
    writeU32(bytes, at, (NO_OPERATION << 24) | (WINDOW_SCALE << 16) | (3 << 8) | options.windowScale);
    at += 4;
  }
  if (options.sackPermitted) {
    writeU32(bytes, at, (NO_OPERATION << 24) | (NO_OPERATION << 16) | (SACK_PERMITTED << 8) | 2);
    at += 4;
  }
  if (options.timestamps !== undefined) {
    writeU32(bytes, at, TIMESTAMPS_ALONE);
    writeU32(bytes, at + 4, options.timestamps.value);
    writeU32(bytes, at + 8, options.timestamps.echo);
    at += 12;
  }
  if (options.md5 !== undefined) {
    writeU32(bytes, at, (NO_OPERATION << 24) | (NO_OPERATION << 16) | (MD5 << 8) | 18);
    bytes.set(options.md5, at + 4);
    at += MD5_BYTES;
  }
  if (options.sackBlocks !== undefined) {
    const length = 2 + 8 * options.sackBlocks.length;
    writeU32(bytes, at, (NO_OPERATION << 24) | (NO_OPERATION << 16) | (SACK << 8) | length);
    at += 4;
    for (const { left, right } of options.sackBlocks) {
      writeU32(bytes, at, left);
      writeU32(bytes, at + 4, right);
      at += 8;
    }
  }
  return at;
}
