/**
 * The five OSPF packets (RFC 2328 A.3), as yet without authentication (authentication.ts). Decoding checks everything
 * that can be checked without knowing who asks; what it refuses, it refuses by name, and it never throws.
 */
import type { Ipv4 } from '../../../net/address.ts';
import { packetBytes, readU16, readU32, writeU16, writeU32 } from '../../../net/bytes.ts';
import { internetChecksum } from '../../../net/checksum.ts';
import { INF_TRANS_DELAY_S, MAX_AGE_S, OSPF_VERSION } from './constants.ts';
import { LSA_HEADER, type LsaHeader, type LsaIdentity, readLsaHeader } from './lsa.ts';

export const PACKET_HEADER = 24;
const HELLO_FIXED = 20;
const DD_FIXED = 8;
const REQUEST = 12;
const UPDATE_FIXED = 4;
const CHECKSUM_AT = 12;
const AUTHENTICATION_TYPE_AT = 14;
const AUTHENTICATION_AT = 16;
const CRYPTOGRAPHIC = 2;

const HELLO = 1;
const DATABASE_DESCRIPTION = 2;
const LINK_STATE_REQUEST = 3;
const LINK_STATE_UPDATE = 4;
const LINK_STATE_ACKNOWLEDGEMENT = 5;

/** Flags of a Database Description packet (A.3.3). */
const DD_INITIAL = 4;
const DD_MORE = 2;
const DD_MASTER = 1;

/** From whom, in which area. */
export interface Sender {
  readonly routerId: Ipv4;
  readonly areaId: Ipv4;
}

export interface Hello {
  readonly mask: Ipv4;
  readonly helloIntervalS: number;
  readonly options: number;
  readonly priority: number;
  readonly deadIntervalS: number;
  /** Interface addresses; 0 for none. */
  readonly designatedRouter: Ipv4;
  readonly backup: Ipv4;
  /** Router IDs heard of lately. */
  readonly neighbours: readonly Ipv4[];
}

export interface DatabaseDescription {
  readonly mtu: number;
  readonly options: number;
  readonly initial: boolean;
  readonly more: boolean;
  readonly master: boolean;
  readonly sequence: number;
}

/** An LSA in a received update: its header, and where it begins in the packet. */
export interface ReceivedLsa {
  readonly header: LsaHeader;
  readonly at: number;
}

export type Packet = Sender &
  (
    | { readonly type: 'hello'; readonly hello: Hello }
    | {
        readonly type: 'database-description';
        readonly description: DatabaseDescription;
        readonly headers: readonly LsaHeader[];
      }
    | { readonly type: 'request'; readonly requests: readonly LsaIdentity[] }
    | { readonly type: 'update'; readonly bytes: Uint8Array; readonly lsas: readonly ReceivedLsa[] }
    | { readonly type: 'acknowledgement'; readonly headers: readonly LsaHeader[] }
  );

/** Why a packet was refused before anyone looked at what it says. */
export type Malformed = 'length' | 'version' | 'authentication' | 'checksum' | 'type' | 'body';

/** Reads the packet that begins at bytes[0]. Bytes after its own length are ignored (they are no part of it, D.4). */
export function decodePacket(bytes: Uint8Array): Packet | Malformed {
  if (bytes.length < PACKET_HEADER) return 'length';
  if (bytes[0] !== OSPF_VERSION) return 'version';
  const end = readU16(bytes, 2);
  if (end < PACKET_HEADER || end > bytes.length) return 'length';
  const authentication = readU16(bytes, AUTHENTICATION_TYPE_AT);
  if (authentication > CRYPTOGRAPHIC) return 'authentication';
  // A digest says what a checksum would (D.4.3).
  if (authentication !== CRYPTOGRAPHIC && packetChecksum(bytes, end) !== 0) return 'checksum';
  const sender = { routerId: readU32(bytes, 4), areaId: readU32(bytes, 8) };
  switch (bytes[1]) {
    case HELLO: {
      const hello = decodeHello(bytes, end);
      return hello === undefined ? 'body' : { ...sender, type: 'hello', hello };
    }
    case DATABASE_DESCRIPTION: {
      if (end < PACKET_HEADER + DD_FIXED) return 'body';
      const headers = decodeHeaders(bytes, PACKET_HEADER + DD_FIXED, end);
      if (headers === undefined) return 'body';
      return { ...sender, type: 'database-description', description: decodeDescription(bytes), headers };
    }
    case LINK_STATE_REQUEST: {
      const requests = decodeRequests(bytes, end);
      return requests === undefined ? 'body' : { ...sender, type: 'request', requests };
    }
    case LINK_STATE_UPDATE: {
      const lsas = decodeUpdate(bytes, end);
      return lsas === undefined ? 'body' : { ...sender, type: 'update', bytes, lsas };
    }
    case LINK_STATE_ACKNOWLEDGEMENT: {
      const headers = decodeHeaders(bytes, PACKET_HEADER, end);
      return headers === undefined ? 'body' : { ...sender, type: 'acknowledgement', headers };
    }
    default:
      return 'type';
  }
}

function decodeHello(bytes: Uint8Array, end: number): Hello | undefined {
  const at = PACKET_HEADER;
  if (end < at + HELLO_FIXED || (end - at) % 4 !== 0) return undefined;
  const neighbours: Ipv4[] = [];
  for (let neighbour = at + HELLO_FIXED; neighbour < end; neighbour += 4) {
    neighbours.push(readU32(bytes, neighbour));
  }
  return {
    mask: readU32(bytes, at),
    helloIntervalS: readU16(bytes, at + 4),
    options: bytes[at + 6],
    priority: bytes[at + 7],
    deadIntervalS: readU32(bytes, at + 8),
    designatedRouter: readU32(bytes, at + 12),
    backup: readU32(bytes, at + 16),
    neighbours,
  };
}

function decodeDescription(bytes: Uint8Array): DatabaseDescription {
  const at = PACKET_HEADER;
  const flags = bytes[at + 3];
  return {
    mtu: readU16(bytes, at),
    options: bytes[at + 2],
    initial: (flags & DD_INITIAL) !== 0,
    more: (flags & DD_MORE) !== 0,
    master: (flags & DD_MASTER) !== 0,
    sequence: readU32(bytes, at + 4),
  };
}

function decodeHeaders(bytes: Uint8Array, start: number, end: number): LsaHeader[] | undefined {
  if ((end - start) % LSA_HEADER !== 0) return undefined;
  const headers: LsaHeader[] = [];
  for (let at = start; at < end; at += LSA_HEADER) headers.push(readLsaHeader(bytes, at));
  return headers;
}

function decodeRequests(bytes: Uint8Array, end: number): LsaIdentity[] | undefined {
  if ((end - PACKET_HEADER) % REQUEST !== 0) return undefined;
  const requests: LsaIdentity[] = [];
  for (let at = PACKET_HEADER; at < end; at += REQUEST) {
    const type = readU32(bytes, at);
    requests.push({ type, id: readU32(bytes, at + 4), advertisingRouter: readU32(bytes, at + 8) });
  }
  return requests;
}

function decodeUpdate(bytes: Uint8Array, end: number): ReceivedLsa[] | undefined {
  let at = PACKET_HEADER + UPDATE_FIXED;
  if (end < at) return undefined;
  const count = readU32(bytes, PACKET_HEADER);
  const lsas: ReceivedLsa[] = [];
  for (let i = 0; i < count; i++) {
    if (at + LSA_HEADER > end) return undefined;
    const header = readLsaHeader(bytes, at);
    if (header.length < LSA_HEADER || at + header.length > end) return undefined;
    lsas.push({ header, at });
    at += header.length;
  }
  return at === end ? lsas : undefined;
}

/** Over the packet without its 64-bit authentication field (D.4.1); 0 where the packet's own is right. */
function packetChecksum(bytes: Uint8Array, end: number): number {
  const header = ~internetChecksum(bytes, 0, AUTHENTICATION_AT) & 0xffff;
  const sum = header + (~internetChecksum(bytes, PACKET_HEADER, end) & 0xffff);
  return ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
}

/** The header of a packet that is to fill `bytes`. */
function begin(sender: Sender, type: number, bytes: Uint8Array): Uint8Array {
  bytes[0] = OSPF_VERSION;
  bytes[1] = type;
  writeU16(bytes, 2, bytes.length);
  writeU32(bytes, 4, sender.routerId);
  writeU32(bytes, 8, sender.areaId);
  return bytes;
}

/** Writes the checksum of a packet whose header is otherwise complete, and hands the packet back. */
export function sealWithChecksum(bytes: Uint8Array): Uint8Array {
  writeU16(bytes, CHECKSUM_AT, 0);
  writeU16(bytes, CHECKSUM_AT, packetChecksum(bytes, bytes.length));
  return bytes;
}

export function encodeHello(sender: Sender, hello: Hello): Uint8Array {
  const at = PACKET_HEADER;
  const bytes = begin(sender, HELLO, new Uint8Array(at + HELLO_FIXED + 4 * hello.neighbours.length));
  writeU32(bytes, at, hello.mask);
  writeU16(bytes, at + 4, hello.helloIntervalS);
  bytes[at + 6] = hello.options;
  bytes[at + 7] = hello.priority;
  writeU32(bytes, at + 8, hello.deadIntervalS);
  writeU32(bytes, at + 12, hello.designatedRouter);
  writeU32(bytes, at + 16, hello.backup);
  hello.neighbours.forEach((neighbour, i) => {
    writeU32(bytes, at + HELLO_FIXED + 4 * i, neighbour);
  });
  return sealWithChecksum(bytes);
}

/** An LSA about to be sent, or to be described by its header: its bytes from `at` on, and its age now. */
export interface AgedLsa {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly age: number;
}

export function encodeDatabaseDescription(
  sender: Sender,
  description: DatabaseDescription,
  headers: readonly AgedLsa[],
): Uint8Array {
  const at = PACKET_HEADER;
  const bytes = begin(
    sender,
    DATABASE_DESCRIPTION,
    new Uint8Array(at + DD_FIXED + LSA_HEADER * headers.length),
  );
  writeU16(bytes, at, description.mtu);
  bytes[at + 2] = description.options;
  bytes[at + 3] =
    (description.initial ? DD_INITIAL : 0) |
    (description.more ? DD_MORE : 0) |
    (description.master ? DD_MASTER : 0);
  writeU32(bytes, at + 4, description.sequence);
  copyHeaders(bytes, at + DD_FIXED, headers);
  return sealWithChecksum(bytes);
}

export function encodeRequest(sender: Sender, requests: readonly LsaIdentity[]): Uint8Array {
  const bytes = begin(sender, LINK_STATE_REQUEST, new Uint8Array(PACKET_HEADER + REQUEST * requests.length));
  let at = PACKET_HEADER;
  for (const request of requests) {
    writeU32(bytes, at, request.type);
    writeU32(bytes, at + 4, request.id);
    writeU32(bytes, at + 8, request.advertisingRouter);
    at += REQUEST;
  }
  return sealWithChecksum(bytes);
}

/** Whole LSAs, each sent as `transmitDelayS` older than it is (13.3). */
export function encodeUpdate(
  sender: Sender,
  lsas: readonly AgedLsa[],
  transmitDelayS = INF_TRANS_DELAY_S,
): Uint8Array {
  let length = PACKET_HEADER + UPDATE_FIXED;
  for (const lsa of lsas) length += lsa.bytes.length - lsa.at;
  const bytes = begin(sender, LINK_STATE_UPDATE, packetBytes(length));
  writeU32(bytes, PACKET_HEADER, lsas.length);
  let at = PACKET_HEADER + UPDATE_FIXED;
  for (const lsa of lsas) {
    bytes.set(lsa.at === 0 ? lsa.bytes : lsa.bytes.subarray(lsa.at), at);
    writeU16(bytes, at, Math.min(lsa.age + transmitDelayS, MAX_AGE_S));
    at += lsa.bytes.length - lsa.at;
  }
  return sealWithChecksum(bytes);
}

export function encodeAcknowledgement(sender: Sender, headers: readonly AgedLsa[]): Uint8Array {
  const length = PACKET_HEADER + LSA_HEADER * headers.length;
  const bytes = begin(sender, LINK_STATE_ACKNOWLEDGEMENT, packetBytes(length));
  copyHeaders(bytes, PACKET_HEADER, headers);
  return sealWithChecksum(bytes);
}

function copyHeaders(bytes: Uint8Array, start: number, headers: readonly AgedLsa[]): void {
  let at = start;
  for (const header of headers) {
    for (let i = 2; i < LSA_HEADER; i++) bytes[at + i] = header.bytes[header.at + i];
    writeU16(bytes, at, header.age);
    at += LSA_HEADER;
  }
}

/** How many headers fit a Database Description of `size` bytes; at least one. */
export function descriptionCapacity(size: number): number {
  return Math.max(1, Math.floor((size - PACKET_HEADER - DD_FIXED) / LSA_HEADER));
}

export function requestCapacity(size: number): number {
  return Math.max(1, Math.floor((size - PACKET_HEADER) / REQUEST));
}

/**
 * Cuts LSAs into lists that fit one update of `size` bytes each, in order. An LSA larger than that goes alone:
 * IP fragments it (A.1).
 */
export function splitUpdate(lsas: readonly AgedLsa[], size: number): AgedLsa[][] {
  const packets: AgedLsa[][] = [];
  let room = 0;
  for (const lsa of lsas) {
    const length = lsa.bytes.length - lsa.at;
    if (packets.length === 0 || length > room) {
      packets.push([]);
      room = size - PACKET_HEADER - UPDATE_FIXED;
    }
    packets[packets.length - 1].push(lsa);
    room -= length;
  }
  return packets;
}

/** The same for acknowledgements, which carry headers. */
export function splitAcknowledgement(headers: readonly AgedLsa[], size: number): AgedLsa[][] {
  const capacity = Math.max(1, Math.floor((size - PACKET_HEADER) / LSA_HEADER));
  const packets: AgedLsa[][] = [];
  for (let at = 0; at < headers.length; at += capacity) packets.push(headers.slice(at, at + capacity));
  return packets;
}
