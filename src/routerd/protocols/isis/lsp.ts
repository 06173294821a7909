/** What a link state PDU says: neighbours and prefixes, by narrow metrics (RFC 1195) and by wide ones (RFC 5305). */
import type { IsisLevel, IsisPassword } from '../../../config/isis-model.ts';
import { type Ipv4, lengthOfMask, maskOf, type Prefix, prefixOf } from '../../../net/address.ts';
import { readU32, writeU16, writeU32 } from '../../../net/bytes.ts';
import { fletcherChecksum, fletcherSums } from '../../../net/fletcher.ts';
import { sign, writeAuthentication } from './authentication.ts';
import { MAX_LINK_METRIC, MAX_NARROW_METRIC, MAX_PATH_METRIC, NLPID_IPV4, PDU, TLV } from './constants.ts';
import { beginPdu, LSP_HEADER, readAreas, writeAreas } from './header.ts';
import { type LspId, readSystemId, type SystemId, writeSystemId } from './ids.ts';
import { type PduWriter, visitTlvs } from './tlv.ts';

export const LIFETIME_AT = 10;
export const CHECKSUM_AT = 24;
export const FLAGS_AT = 26;
/** The checksum begins behind the remaining lifetime, which changes on the way (7.3.11). */
const CHECKED_FROM = 12;

const NARROW_NEIGHBOUR = 11;
const NARROW_PREFIX = 12;
const NARROW_DOWN = 0x80;
const NARROW_EXTERNAL = 0x40;
/** "Not supported", in the places of the other three metrics. */
const NO_METRIC = 0x80;
const WIDE_DOWN = 0x80;
const WIDE_SUBTLVS = 0x40;

/** A system or a pseudonode that the one who says so reaches directly. */
export interface NodeReach {
  readonly system: SystemId;
  readonly pseudonode: number;
  readonly metric: number;
}

export interface PrefixReach {
  readonly prefix: Prefix;
  readonly metric: number;
  /** Came down from level 2 once, and must not go up again (RFC 5302). */
  readonly down: boolean;
  /** With a metric that counts only where all else is equal (RFC 1195 3.10.2, RFC 5302 3.2). Narrow alone. */
  readonly externalMetric: boolean;
}

export interface Reach {
  readonly nodes: readonly NodeReach[];
  readonly prefixes: readonly PrefixReach[];
}

export interface LspBody {
  readonly areas: readonly string[];
  readonly hostname: string;
  readonly narrow: Reach;
  readonly wide: Reach;
  /** Has nothing but what a purge may have (RFC 5304 2.1, RFC 6233). */
  readonly bare: boolean;
}

/**
 * Reads an LSP's body. Undefined where its TLVs go beyond its end; of a TLV whose entries do not add up, what comes
 * after the last sound one counts for nothing (RFC 8918 3.2: an LSP is not refused for it).
 */
export function decodeLspBody(bytes: Uint8Array): LspBody | undefined {
  const areas: string[] = [];
  let hostname = '';
  let bare = true;
  const narrow = { nodes: [] as NodeReach[], prefixes: [] as PrefixReach[] };
  const wide = { nodes: [] as NodeReach[], prefixes: [] as PrefixReach[] };
  const isWhole = visitTlvs(bytes, LSP_HEADER, (code, at, end) => {
    bare &&= code === TLV.authentication || code === TLV.purgeOriginator || code === TLV.hostname;
    switch (code) {
      case TLV.areas:
        readAreas(bytes, at, end, areas);
        break;
      case TLV.hostname:
        hostname = readHostname(bytes, at, end);
        break;
      case TLV.neighbours:
        readNarrowNodes(bytes, at + 1, end, narrow.nodes);
        break;
      case TLV.extendedNeighbours:
        readWideNodes(bytes, at, end, wide.nodes);
        break;
      case TLV.internalPrefixes:
      case TLV.externalPrefixes:
        readNarrowPrefixes(bytes, at, end, narrow.prefixes);
        break;
      case TLV.extendedPrefixes:
        readWidePrefixes(bytes, at, end, wide.prefixes);
        break;
    }
  });
  return isWhole ? { areas, hostname, narrow, wide, bare } : undefined;
}

/** RFC 5301: 1 .. 255 bytes of ASCII; anything else in it is not shown. */
function readHostname(bytes: Uint8Array, at: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(at, end)).replace(/[^\x21-\x7e]/g, '?');
}

function readNarrowNodes(bytes: Uint8Array, from: number, end: number, nodes: NodeReach[]): void {
  for (let at = from; at + NARROW_NEIGHBOUR <= end; at += NARROW_NEIGHBOUR) {
    const metric = bytes[at] & MAX_NARROW_METRIC;
    nodes.push({ system: readSystemId(bytes, at + 4), pseudonode: bytes[at + 10], metric });
  }
}

function readWideNodes(bytes: Uint8Array, from: number, end: number, nodes: NodeReach[]): void {
  for (let at = from; at + 11 <= end; at += 11 + bytes[at + 10]) {
    if (at + 11 + bytes[at + 10] > end) return;
    const metric = readU32(bytes, at + 6) & 0xffffff;
    if (metric === MAX_LINK_METRIC) continue;
    nodes.push({ system: readSystemId(bytes, at), pseudonode: bytes[at + 6], metric });
  }
}

function readNarrowPrefixes(bytes: Uint8Array, from: number, end: number, prefixes: PrefixReach[]): void {
  for (let at = from; at + NARROW_PREFIX <= end; at += NARROW_PREFIX) {
    const length = lengthOfMask(readU32(bytes, at + 8));
    if (length === undefined) return;
    const metric = bytes[at] & MAX_NARROW_METRIC;
    const [down, externalMetric] = [(bytes[at] & NARROW_DOWN) !== 0, (bytes[at] & NARROW_EXTERNAL) !== 0];
    prefixes.push({ prefix: prefixOf(readU32(bytes, at + 4), length), metric, down, externalMetric });
  }
}

function readWidePrefixes(bytes: Uint8Array, from: number, end: number, prefixes: PrefixReach[]): void {
  for (let at = from; at + 5 <= end; ) {
    const control = bytes[at + 4];
    const length = control & 0x3f;
    const octets = (length + 7) >> 3;
    const after = at + 5 + octets;
    const next = (control & WIDE_SUBTLVS) === 0 ? after : after + 1 + bytes[after];
    if (length > 32 || after > end || !(next <= end)) return;
    const metric = readU32(bytes, at);
    if (metric <= MAX_PATH_METRIC) {
      const prefix = prefixOf(readAddress(bytes, at + 5, octets), length);
      prefixes.push({ prefix, metric, down: (control & WIDE_DOWN) !== 0, externalMetric: false });
    }
    at = next;
  }
}

function readAddress(bytes: Uint8Array, at: number, octets: number): Ipv4 {
  let address = 0;
  for (let index = 0; index < 4; index++) address = address * 256 + (index < octets ? bytes[at + index] : 0);
  return address;
}

/** Also of an LSP without checksum, where its lifetime is 0 (RFC 3719 7). */
export function lspChecksumHolds(bytes: Uint8Array): boolean {
  return fletcherSums(bytes, CHECKED_FROM, bytes.length) === 0;
}

/** One entry of a TLV in a fragment. */
export interface LspEntryBytes {
  readonly code: number;
  readonly bytes: Uint8Array;
}

export type MetricStyle = 'narrow' | 'transition' | 'wide';

/** What a link is written as: by narrow metrics, wide ones, or both. */
export function nodeEntries(
  style: MetricStyle,
  { system, pseudonode, metric }: NodeReach,
): readonly LspEntryBytes[] {
  const entries: LspEntryBytes[] = [];
  if (style !== 'wide') {
    const bytes = new Uint8Array(NARROW_NEIGHBOUR).fill(NO_METRIC, 1, 4);
    bytes[0] = Math.min(metric, MAX_NARROW_METRIC);
    writeSystemId(bytes, 4, system);
    bytes[10] = pseudonode;
    entries.push({ code: TLV.neighbours, bytes });
  }
  if (style !== 'narrow') {
    const bytes = new Uint8Array(11);
    writeU32(bytes, 6, Math.min(metric, MAX_LINK_METRIC));
    writeSystemId(bytes, 0, system);
    bytes[6] = pseudonode;
    entries.push({ code: TLV.extendedNeighbours, bytes });
  }
  return entries;
}

/** As `nodeEntries`; narrow external ones (from other protocols) have a TLV of their own. */
export function prefixEntries(
  style: MetricStyle,
  { prefix, metric, down }: PrefixReach,
  isExternal: boolean,
): readonly LspEntryBytes[] {
  const entries: LspEntryBytes[] = [];
  if (style !== 'wide') {
    const bytes = new Uint8Array(NARROW_PREFIX).fill(NO_METRIC, 1, 4);
    bytes[0] = Math.min(metric, MAX_NARROW_METRIC) | (down ? NARROW_DOWN : 0);
    writeU32(bytes, 4, prefix.address);
    writeU32(bytes, 8, maskOf(prefix.length));
    entries.push({ code: isExternal ? TLV.externalPrefixes : TLV.internalPrefixes, bytes });
  }
  if (style !== 'narrow') {
    const octets = (prefix.length + 7) >> 3;
    const bytes = new Uint8Array(9);
    writeU32(bytes, 0, Math.min(metric, MAX_PATH_METRIC));
    bytes[4] = prefix.length | (down ? WIDE_DOWN : 0);
    writeU32(bytes, 5, prefix.address);
    entries.push({ code: TLV.extendedPrefixes, bytes: bytes.subarray(0, 5 + octets) });
  }
  return entries;
}

export interface LspHead extends LspId {
  readonly level: IsisLevel;
  readonly sequence: number;
  readonly flags: number;
}

/** What fragment 0 of a router says besides what `entries` say. */
export interface LspFacts {
  readonly areas: readonly string[];
  readonly hostname: string;
  readonly addresses: readonly Ipv4[];
}

/** The TLVs of `facts`, in front of the entries. */
export function writeFacts(writer: PduWriter, facts: LspFacts): void {
  writeAreas(writer, facts.areas);
  writer.tlv(TLV.protocols).u8(NLPID_IPV4);
  const name = new TextEncoder().encode(facts.hostname).subarray(0, 255);
  if (name.length > 0) writer.tlv(TLV.hostname).put(name);
  for (const address of facts.addresses) {
    const bytes = new Uint8Array(4);
    writeU32(bytes, 0, address);
    writer.entry(TLV.addresses, bytes);
  }
}

/** A whole LSP; its remaining lifetime is 0 and to be written where it is sent. Without body it is what a purge is. */
export function encodeLsp(
  { level, system, local, sequence, flags }: LspHead,
  limit: number,
  password: IsisPassword | undefined,
  body?: { readonly facts: LspFacts | undefined; readonly entries: readonly LspEntryBytes[] },
): Uint8Array {
  const writer = beginPdu(level === 1 ? PDU.lsp1 : PDU.lsp2, limit)
    .u16(0)
    .u16(0);
  writer.system(system).u16(local).u32(sequence).u16(0).u8(flags);
  writeAuthentication(writer, password);
  if (body?.facts !== undefined) writeFacts(writer, body.facts);
  for (const { code, bytes } of body?.entries ?? []) writer.entry(code, bytes);
  const pdu = writer.finish(8);
  sign(pdu, LSP_HEADER, true, password);
  writeU16(pdu, CHECKSUM_AT, fletcherChecksum(pdu, CHECKED_FROM, pdu.length, CHECKSUM_AT));
  return pdu;
}
