/**
 * Link state advertisements on the wire (RFC 2328 A.4, RFC 3101 A): header, bodies, checksum, and which of two
 * instances is newer. Opaque LSAs (RFC 5250) are stored and flooded unread.
 */
import type { Ipv4 } from '../../../net/address.ts';
import { readU16, readU32, writeU16, writeU32 } from '../../../net/bytes.ts';
import { fletcherChecksum, fletcherSums } from '../../../net/fletcher.ts';
import { LS_INFINITY, MAX_AGE_DIFF_S, MAX_AGE_S } from './constants.ts';

export const LSA_HEADER = 20;
export const ROUTER_LSA = 1;
export const NETWORK_LSA = 2;
export const SUMMARY_LSA = 3;
export const ASBR_SUMMARY_LSA = 4;
export const EXTERNAL_LSA = 5;
export const NSSA_LSA = 7;
/** Link, area, AS (RFC 5250 3). */
export const LINK_OPAQUE_LSA = 9;
export const AREA_OPAQUE_LSA = 10;
export const AS_OPAQUE_LSA = 11;

/** Router-LSA flags (A.4.2, RFC 3101 B): area border router, AS boundary router, translates whatever others do. */
export const FLAG_B = 1;
export const FLAG_E = 2;
export const FLAG_NT = 16;

/** Router-LSA link types (A.4.2). */
export const LINK_POINT_TO_POINT = 1;
export const LINK_TRANSIT = 2;
export const LINK_STUB = 3;

const ROUTER_LINK = 12;
const CHECKSUM_AT = 16;
/** The length field has 16 bits. */
const MAX_LSA_LENGTH = 0xffff;

/** What names an LSA, whatever its instance (12.1). */
export interface LsaIdentity {
  readonly type: number;
  readonly id: Ipv4;
  readonly advertisingRouter: Ipv4;
}

/** What tells instances of one LSA apart (13.1). */
export interface LsaInstance {
  /** Seconds, 0 .. 3600. */
  readonly age: number;
  /** Signed, -0x7fffffff .. 0x7fffffff. */
  readonly sequence: number;
  readonly checksum: number;
}

export interface LsaHeader extends LsaIdentity, LsaInstance {
  readonly options: number;
  /** Header and body, bytes. */
  readonly length: number;
}

export interface RouterLink {
  readonly type: number;
  readonly id: Ipv4;
  readonly data: Ipv4;
  readonly metric: number;
}

export type LsaBody =
  | { readonly kind: 'router'; readonly flags: number; readonly links: readonly RouterLink[] }
  | { readonly kind: 'network'; readonly mask: Ipv4; readonly routers: readonly Ipv4[] }
  /** Types 3 and 4; the mask of a type 4 says nothing. */
  | { readonly kind: 'summary'; readonly mask: Ipv4; readonly metric: number }
  /** Types 5 and 7. */
  | {
      readonly kind: 'external';
      readonly mask: Ipv4;
      readonly metricType: 1 | 2;
      readonly metric: number;
      /** 0 for none. */
      readonly forwarding: Ipv4;
      readonly tag: number;
    }
  | { readonly kind: 'opaque' };

/** A body that we can write ourselves. */
export type OwnBody = Exclude<LsaBody, { readonly kind: 'opaque' }>;

const SUMMARY_LENGTH = LSA_HEADER + 8;
const EXTERNAL_LENGTH = LSA_HEADER + 16;

/** The header at `at`; the caller has made sure that 20 bytes are there. An age beyond MaxAge reads as MaxAge. */
export function readLsaHeader(bytes: Uint8Array, at: number): LsaHeader {
  return {
    age: Math.min(readU16(bytes, at), MAX_AGE_S),
    options: bytes[at + 2],
    type: bytes[at + 3],
    id: readU32(bytes, at + 4),
    advertisingRouter: readU32(bytes, at + 8),
    sequence: readU32(bytes, at + 12) | 0,
    checksum: readU16(bytes, at + CHECKSUM_AT),
    length: readU16(bytes, at + 18),
  };
}

export function writeLsaHeader(bytes: Uint8Array, at: number, header: LsaHeader): void {
  writeU16(bytes, at, header.age);
  bytes[at + 2] = header.options;
  bytes[at + 3] = header.type;
  writeU32(bytes, at + 4, header.id);
  writeU32(bytes, at + 8, header.advertisingRouter);
  writeU32(bytes, at + 12, header.sequence);
  writeU16(bytes, at + CHECKSUM_AT, header.checksum);
  writeU16(bytes, at + 18, header.length);
}

/** Opaque LSAs go only to those who welcome them. */
export function isOpaqueType(type: number): boolean {
  return type >= LINK_OPAQUE_LSA && type <= AS_OPAQUE_LSA;
}

/** The body of the LSA in bytes[at, at + length); undefined where it is malformed. */
export function decodeLsaBody(bytes: Uint8Array, at: number, header: LsaHeader): LsaBody | undefined {
  switch (header.type) {
    case ROUTER_LSA:
      return header.id === header.advertisingRouter ? decodeRouterBody(bytes, at, header.length) : undefined;
    case NETWORK_LSA:
      return decodeNetworkBody(bytes, at, header.length);
    case SUMMARY_LSA:
    case ASBR_SUMMARY_LSA:
      return decodeSummaryBody(bytes, at, header.length);
    case EXTERNAL_LSA:
    case NSSA_LSA:
      return decodeExternalBody(bytes, at, header.length);
    default:
      return { kind: 'opaque' };
  }
}

function decodeRouterBody(bytes: Uint8Array, at: number, length: number): LsaBody | undefined {
  if (length < LSA_HEADER + 4) return undefined;
  const end = at + length;
  const links: RouterLink[] = [];
  const count = readU16(bytes, at + LSA_HEADER + 2);
  let link = at + LSA_HEADER + 4;
  for (let i = 0; i < count; i++) {
    if (link + ROUTER_LINK > end) return undefined;
    links.push({
      id: readU32(bytes, link),
      data: readU32(bytes, link + 4),
      type: bytes[link + 8],
      metric: readU16(bytes, link + 10),
    });
    // Metrics for other types of service follow, 4 bytes each (A.4.2); nobody uses them since RFC 2328.
    link += ROUTER_LINK + 4 * bytes[link + 9];
  }
  return link === end ? { kind: 'router', flags: bytes[at + LSA_HEADER], links } : undefined;
}

function decodeNetworkBody(bytes: Uint8Array, at: number, length: number): LsaBody | undefined {
  if (length < LSA_HEADER + 4 || length % 4 !== 0) return undefined;
  const routers: Ipv4[] = [];
  for (let router = at + LSA_HEADER + 4; router < at + length; router += 4) {
    routers.push(readU32(bytes, router));
  }
  return { kind: 'network', mask: readU32(bytes, at + LSA_HEADER), routers };
}

/** Metrics for other types of service may follow (A.4.4). */
function decodeSummaryBody(bytes: Uint8Array, at: number, length: number): LsaBody | undefined {
  if (length < SUMMARY_LENGTH || length % 4 !== 0) return undefined;
  const metric = readU32(bytes, at + LSA_HEADER + 4) & LS_INFINITY;
  return { kind: 'summary', mask: readU32(bytes, at + LSA_HEADER), metric };
}

function decodeExternalBody(bytes: Uint8Array, at: number, length: number): LsaBody | undefined {
  if (length < EXTERNAL_LENGTH || (length - EXTERNAL_LENGTH) % 12 !== 0) return undefined;
  const body = at + LSA_HEADER;
  return {
    kind: 'external',
    mask: readU32(bytes, body),
    metricType: bytes[body + 4] >= 0x80 ? 2 : 1,
    metric: readU32(bytes, body + 4) & LS_INFINITY,
    forwarding: readU32(bytes, body + 8),
    tag: readU32(bytes, body + 12),
  };
}

/** The bytes of an LSA, age 0, with checksum. Undefined where it would not fit one (more than about 5,400 links). */
export function encodeLsa(
  identity: LsaIdentity,
  options: number,
  sequence: number,
  body: OwnBody,
): Uint8Array | undefined {
  const length = lengthOf(body);
  if (length > MAX_LSA_LENGTH) return undefined;
  const bytes = new Uint8Array(length);
  const { type, id, advertisingRouter } = identity;
  writeLsaHeader(bytes, 0, { age: 0, options, type, id, advertisingRouter, sequence, checksum: 0, length });
  writeBody(bytes, body);
  writeU16(bytes, CHECKSUM_AT, fletcherChecksum(bytes, 2, length, CHECKSUM_AT));
  return bytes;
}

function lengthOf(body: OwnBody): number {
  switch (body.kind) {
    case 'router':
      return LSA_HEADER + 4 + body.links.length * ROUTER_LINK;
    case 'network':
      return LSA_HEADER + 4 + body.routers.length * 4;
    case 'summary':
      return SUMMARY_LENGTH;
    case 'external':
      return EXTERNAL_LENGTH;
  }
}

function writeBody(bytes: Uint8Array, body: OwnBody): void {
  let at = LSA_HEADER + 4;
  switch (body.kind) {
    case 'router':
      bytes[LSA_HEADER] = body.flags;
      writeU16(bytes, LSA_HEADER + 2, body.links.length);
      for (const link of body.links) {
        writeU32(bytes, at, link.id);
        writeU32(bytes, at + 4, link.data);
        bytes[at + 8] = link.type;
        writeU16(bytes, at + 10, link.metric);
        at += ROUTER_LINK;
      }
      break;
    case 'network':
      writeU32(bytes, LSA_HEADER, body.mask);
      for (const router of body.routers) {
        writeU32(bytes, at, router);
        at += 4;
      }
      break;
    case 'summary':
      writeU32(bytes, LSA_HEADER, body.mask);
      writeU32(bytes, at, body.metric);
      break;
    case 'external':
      writeU32(bytes, LSA_HEADER, body.mask);
      writeU32(bytes, at, body.metric);
      bytes[at] = body.metricType === 2 ? 0x80 : 0;
      writeU32(bytes, at + 4, body.forwarding);
      writeU32(bytes, at + 8, body.tag);
      break;
  }
}

/** LS checksum (12.1.7): over everything but the age. */
export function lsaChecksumHolds(bytes: Uint8Array, at: number, length: number): boolean {
  return readU16(bytes, at + CHECKSUM_AT) !== 0 && fletcherSums(bytes, at + 2, at + length) === 0;
}

/** Of two ages of the same contents: above zero where `a` makes the newer instance, below where `b` does (13.1). */
export function compareAges(a: number, b: number): number {
  if (a === b) return 0;
  if (a === MAX_AGE_S) return 1;
  if (b === MAX_AGE_S) return -1;
  return Math.abs(a - b) > MAX_AGE_DIFF_S ? b - a : 0;
}
