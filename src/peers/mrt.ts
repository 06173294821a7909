/**
 * Reads MRT (RFC 6396), the format that collectors of routes write: tables (TABLE_DUMP_V2) and messages as they came
 * (BGP4MP, BGP4MP_ET, with two-byte and four-byte AS numbers).
 *
 *     chunks of bytes ──▶ MrtReader ──▶ records          attributes and messages as bytes, not decoded:
 *                                        │               most of a file is of feeds that nobody asked for
 *                                        ├─▶ mrt-table.ts     one feed's table
 *                                        └─▶ mrt-updates.ts   one feed's messages, and when they came
 *
 * A reader is handed chunks of any size and hands on each record as soon as it is whole, so that a file need not be
 * in memory. What must stay true: no input makes it read past its end or keep more than one record; what is wrong
 * is an MrtError with the byte at which it stands.
 */
import type { Ipv4, Prefix } from '../net/address.ts';
import { prefixOf } from '../net/address.ts';
import { readU16, readU32 } from '../net/bytes.ts';

export type MrtRecord =
  | PeerIndexTable
  | RibRecord
  | MessageRecord
  | StateChange
  /** A kind of record, or a family of addresses, that is not read here. */
  | { readonly kind: 'other'; readonly at: number; readonly type: number; readonly subtype: number };

/** RFC 6396 4.3.1: whom the entries of the RIB records that follow were learned from. */
export interface PeerIndexTable {
  readonly kind: 'peer-index-table';
  readonly at: number;
  /** When the table was written, seconds since 1970. */
  readonly timeS: number;
  readonly peers: readonly MrtPeer[];
}

export interface MrtPeer {
  readonly as: number;
  /** Undefined where it is an IPv6 address. */
  readonly address: Ipv4 | undefined;
  readonly routerId: Ipv4;
}

/** RFC 6396 4.3.2, RIB_IPV4_UNICAST. */
export interface RibRecord {
  readonly kind: 'rib';
  readonly at: number;
  readonly prefix: Prefix;
  readonly entries: readonly RibEntry[];
}

export interface RibEntry {
  /** Index into the peer index table. */
  readonly peer: number;
  /** When it was learned, seconds since 1970. */
  readonly originatedS: number;
  /** BGP path attributes, AS numbers of four bytes. Valid only during the call. */
  readonly attributes: Uint8Array;
}

/** RFC 6396 4.4.2 and 4.4.3: a BGP message between a collector and one that feeds it. */
export interface MessageRecord extends Bgp4mp {
  readonly kind: 'message';
  /** How AS paths are written in it. */
  readonly fourByteAs: boolean;
  /** Written by the collector itself (RFC 6396, _LOCAL). */
  readonly local: boolean;
  /** From its marker on. Valid only during the call. */
  readonly message: Uint8Array;
}

/** RFC 6396 4.4.1. States are numbered as in RFC 4271 8.2.2: 1 Idle … 6 Established. */
export interface StateChange extends Bgp4mp {
  readonly kind: 'state-change';
  readonly oldState: number;
  readonly newState: number;
}

interface Bgp4mp {
  readonly at: number;
  /** Microseconds since 1970: BGP4MP_ET tells them, BGP4MP whole seconds. */
  readonly timeUs: number;
  readonly peerAs: number;
  readonly localAs: number;
  /** Undefined where the session ran over IPv6. */
  readonly peerAddress: Ipv4 | undefined;
}

/** The file is cut, or no MRT; the message names the byte. */
export class MrtError extends Error {
  override readonly name = 'MrtError';
  readonly at: number;

  constructor(at: number, what: string) {
    super(`is damaged at byte ${at}: ${what}`);
    this.at = at;
  }
}

const HEADER = 12;
/** RFC 6396 names no limit. Records of a prefix with 4,000 feeds of 1,000 bytes of attributes fit. */
const MAX_RECORD_BYTES = 4 << 20;

const TABLE_DUMP_V2 = 13;
const BGP4MP = 16;
const BGP4MP_ET = 17;
/** RFC 6396 4 and RFC 8050: types that exist. A file that begins with another is no MRT. */
const KNOWN_TYPES: ReadonlySet<number> = new Set([11, 12, TABLE_DUMP_V2, BGP4MP, BGP4MP_ET, 32, 33, 48, 49]);

const PEER_INDEX_TABLE = 1;
const RIB_IPV4_UNICAST = 2;

const AFI_IPV4 = 1;
const AFI_IPV6 = 2;
/** RFC 6396 4.4: subtypes of messages, what they say of AS numbers and of who wrote them. */
const MESSAGES: ReadonlyMap<number, { readonly fourByteAs: boolean; readonly local: boolean }> = new Map([
  [1, { fourByteAs: false, local: false }],
  [4, { fourByteAs: true, local: false }],
  [6, { fourByteAs: false, local: true }],
  [7, { fourByteAs: true, local: true }],
]);
const STATE_CHANGE = 0;
const STATE_CHANGE_AS4 = 5;

export class MrtReader {
  readonly #take: (record: MrtRecord) => void;
  /** What came of a record that is not whole yet. */
  #rest = new Uint8Array(0);
  /** Of the first byte of `#rest` in the file. */
  #at = 0;

  /** `take` is handed each record in turn. What it throws comes out of `push`. */
  constructor(take: (record: MrtRecord) => void) {
    this.#take = take;
  }

  /** The next bytes of the file. Throws MrtError. */
  push(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    let start = 0;
    for (let end = this.#endOf(bytes, start); end <= bytes.length; end = this.#endOf(bytes, start)) {
      this.#take(readRecord(bytes.subarray(start, end), this.#at));
      this.#at += end - start;
      start = end;
    }
    this.#rest = bytes.slice(start);
  }

  /** The file has ended. Throws MrtError where a record has not. */
  end(): void {
    if (this.#rest.length > 0) throw new MrtError(this.#at, 'it ends within the record that begins there');
    if (this.#at === 0) throw new MrtError(0, 'it is empty');
  }

  /** Where the record at `start` ends; infinite while that cannot be told. */
  #endOf(bytes: Uint8Array, start: number): number {
    if (bytes.length - start < HEADER) return Number.POSITIVE_INFINITY;
    const type = readU16(bytes, start + 4);
    const length = readU32(bytes, start + 8);
    if (!KNOWN_TYPES.has(type)) throw new MrtError(this.#at, `there is no MRT record of type ${type}`);
    if (length > MAX_RECORD_BYTES) throw new MrtError(this.#at, `a record of ${length} bytes`);
    return start + HEADER + length;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** One whole record, header included, `at` being its place in the file. */
function readRecord(bytes: Uint8Array, at: number): MrtRecord {
  const type = readU16(bytes, 4);
  const subtype = readU16(bytes, 6);
  const fields = new Fields(bytes, HEADER, at);
  const timeS = readU32(bytes, 0);
  if (type === TABLE_DUMP_V2 && subtype === PEER_INDEX_TABLE) return readPeers(fields, at, timeS);
  if (type === TABLE_DUMP_V2 && subtype === RIB_IPV4_UNICAST) return readRib(fields, at);
  if (type === BGP4MP || type === BGP4MP_ET) {
    // RFC 6396 3: the microseconds are the first of the message, and count for its length.
    const timeUs = timeS * 1e6 + (type === BGP4MP_ET ? fields.u32() : 0);
    const message = readBgp4mp(fields, { at, timeUs, subtype });
    if (message !== undefined) return message;
  }
  return { kind: 'other', at, type, subtype };
}

function readPeers(fields: Fields, at: number, timeS: number): PeerIndexTable {
  fields.u32(); // the collector's BGP ID
  fields.bytes(fields.u16()); // the name of its view
  const peers = Array.from({ length: fields.u16() }, (): MrtPeer => {
    const type = fields.u8();
    const routerId = fields.u32();
    const address = fields.address((type & 1) === 0 ? AFI_IPV4 : AFI_IPV6);
    return { routerId, address, as: (type & 2) === 0 ? fields.u16() : fields.u32() };
  });
  fields.end();
  return { kind: 'peer-index-table', at, timeS, peers };
}

function readRib(fields: Fields, at: number): RibRecord {
  fields.u32(); // the record's number
  const prefix = fields.prefix();
  const entries = Array.from({ length: fields.u16() }, (): RibEntry => {
    const peer = fields.u16();
    const originatedS = fields.u32();
    return { peer, originatedS, attributes: fields.bytes(fields.u16()) };
  });
  fields.end();
  return { kind: 'rib', at, prefix, entries };
}

function readBgp4mp(
  fields: Fields,
  { at, timeUs, subtype }: { readonly at: number; readonly timeUs: number; readonly subtype: number },
): MrtRecord | undefined {
  const message = MESSAGES.get(subtype);
  const isState = subtype === STATE_CHANGE || subtype === STATE_CHANGE_AS4;
  if (message === undefined && !isState) return undefined;
  const fourByte = message?.fourByteAs ?? subtype === STATE_CHANGE_AS4;
  const peerAs = fourByte ? fields.u32() : fields.u16();
  const localAs = fourByte ? fields.u32() : fields.u16();
  fields.u16(); // the collector's interface
  const family = fields.u16();
  const peerAddress = fields.address(family);
  fields.address(family);
  const common = { at, timeUs, peerAs, localAs, peerAddress };
  if (message !== undefined) return { kind: 'message', ...common, ...message, message: fields.rest() };
  const change = { kind: 'state-change', ...common, oldState: fields.u16(), newState: fields.u16() } as const;
  fields.end();
  return change;
}

/** The fields of one record, from the first to the last. */
class Fields {
  readonly #bytes: Uint8Array;
  readonly #recordAt: number;
  #next: number;

  constructor(bytes: Uint8Array, start: number, recordAt: number) {
    this.#bytes = bytes;
    this.#next = start;
    this.#recordAt = recordAt;
  }

  u8(): number {
    return this.#bytes[this.#skip(1)];
  }

  u16(): number {
    return readU16(this.#bytes, this.#skip(2));
  }

  u32(): number {
    return readU32(this.#bytes, this.#skip(4));
  }

  bytes(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#next);
  }

  /** Undefined for an IPv6 address. */
  address(family: number): Ipv4 | undefined {
    if (family === AFI_IPV4) return this.u32();
    if (family !== AFI_IPV6) throw this.#damage(this.#next, `there is no family of addresses ${family}`);
    this.bytes(16);
    return undefined;
  }

  /** RFC 4271 4.3: a length in bits, and as many bytes as hold it. Host bits are not told apart from padding. */
  prefix(): Prefix {
    const at = this.#next;
    const length = this.u8();
    if (length > 32) throw this.#damage(at, `an IPv4 prefix of length ${length}`);
    let address = 0;
    for (let octet = 0; octet < 4; octet++) address = address * 256 + (octet * 8 < length ? this.u8() : 0);
    return prefixOf(address, length);
  }

  end(): void {
    const left = this.#bytes.length - this.#next;
    if (left > 0) throw this.#damage(this.#next, `${left} bytes more than the record says that it holds`);
  }

  #skip(length: number): number {
    const start = this.#next;
    if (start + length > this.#bytes.length) {
      throw this.#damage(start, 'the record that it belongs to ends before what it says that it holds');
    }
    this.#next = start + length;
    return start;
  }

  #damage(at: number, what: string): MrtError {
    return new MrtError(this.#recordAt + at, what);
  }
}
