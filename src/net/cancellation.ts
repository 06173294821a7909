/**
 * Packet cancellation on the wire: one frame that carries headers of shadow packets, behind a real packet or by
 * themselves. After the Ethernet header, big-endian (docs/wire-format.md):
 *
 *     0  version 1                 1  number of records, 1 .. 255
 *     2  EtherType of the real part, 0 where there is none
 *     4  length of the real part   6  the real part
 *
 * and then each record:
 *
 *     0  label stack entry         4  kept: bytes of the IPv4 packet that follow
 *     6  late: by how many byte times of this link it left too late       8  the first bytes of the packet
 *
 * The IPv4 header keeps the total length that the packet would have: its virtual length. Readers take the offset
 * of what follows the Ethernet header, or of a record; only `isBundle` looks at bytes that may be anything.
 */
import { copyBytes, readU16, writeU16 } from './bytes.ts';
import { transportChecksum } from './checksum.ts';
import {
  IPV4_HEADER,
  ipv4Dscp,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4TotalLength,
  isIpv4,
  PROTOCOL_GRE,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from './ipv4.ts';
import { MPLS_ENTRY } from './mpls.ts';
import { PROBE_HEADER } from './probe.ts';
import { TCP_HEADER } from './tcp.ts';
import { TUNNEL_HEADERS, tunnelledAt } from './tunnel.ts';
import { UDP_HEADER, udpLength } from './udp.ts';

/** IEEE 802 local experimental EtherType 1 (IEEE Std 802, 9.2.4). */
export const ETHERTYPE_CANCELLATION = 0x88b5;
/** Before the real part. */
export const BUNDLE_HEADER = 6;
/** Before the kept bytes of a shadow packet, its label included. */
export const RECORD_HEADER = 8;
export const MAX_RECORDS = 255;
export const MAX_LATE = 0xffff;

const VERSION = 1;
/** CS6 and above: network control, RFC 4594 3.1. */
const FIRST_CONTROL_DSCP = 48;
/** More fragments follow, or this one is not the first. */
const FRAGMENTED = 0x3fff;

export const bundleRecords = (bytes: Uint8Array, at: number): number => bytes[at + 1];
export const bundleRealType = (bytes: Uint8Array, at: number): number => readU16(bytes, at + 2);
export const bundleRealLength = (bytes: Uint8Array, at: number): number => readU16(bytes, at + 4);
/** Offset of the first record. */
export const firstRecordAt = (bytes: Uint8Array, at: number): number =>
  at + BUNDLE_HEADER + bundleRealLength(bytes, at);

export const recordKept = (bytes: Uint8Array, at: number): number => readU16(bytes, at + MPLS_ENTRY);
export const recordLate = (bytes: Uint8Array, at: number): number => readU16(bytes, at + MPLS_ENTRY + 2);
/** Offset of the record after this one. */
export const nextRecordAt = (bytes: Uint8Array, at: number): number =>
  at + RECORD_HEADER + recordKept(bytes, at);

/** What begins before the real part: of EtherType `realType` and `realLength` bytes, both 0 where there is none. */
export function writeBundle(
  bytes: Uint8Array,
  at: number,
  records: number,
  realType: number,
  realLength: number,
): void {
  bytes[at] = VERSION;
  bytes[at + 1] = records;
  writeU16(bytes, at + 2, realType);
  writeU16(bytes, at + 4, realLength);
}

/** Copies label stack entry and the first `kept` bytes of the packet from `from[labelAt...]`; `late` in byte times. */
export function writeRecord(
  bytes: Uint8Array,
  at: number,
  from: Uint8Array,
  labelAt: number,
  kept: number,
  late: number,
): void {
  writeRecordHeader(bytes, at, from, labelAt, kept, late);
  copyBytes(from, labelAt + MPLS_ENTRY, bytes, at + RECORD_HEADER, kept);
}

/** As `writeRecord`, where the packet is in place already. */
export function writeRecordHeader(
  bytes: Uint8Array,
  at: number,
  from: Uint8Array,
  labelAt: number,
  kept: number,
  late: number,
): void {
  copyBytes(from, labelAt, bytes, at, MPLS_ENTRY);
  writeU16(bytes, at + MPLS_ENTRY, kept);
  writeU16(bytes, at + MPLS_ENTRY + 2, Math.min(late, MAX_LATE));
}

/**
 * True where bytes[at, end) are whole: this version, a real part that is none of these frames itself, and
 * records of IPv4 packets that are whole or were cut where they may be. What follows the last one is padding.
 */
export function isBundle(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < BUNDLE_HEADER || bytes[at] !== VERSION) return false;
  const realType = bundleRealType(bytes, at);
  if (realType === ETHERTYPE_CANCELLATION || (realType === 0) !== (bundleRealLength(bytes, at) === 0)) {
    return false;
  }
  const records = bundleRecords(bytes, at);
  let recordAt = firstRecordAt(bytes, at);
  for (let record = 0; record < records; record++) {
    if (end - recordAt < RECORD_HEADER) return false;
    const next = nextRecordAt(bytes, recordAt);
    if (next > end || !isWholeOrCut(bytes, recordAt + RECORD_HEADER, next)) return false;
    recordAt = next;
  }
  return records > 0;
}

/** Bytes [at, end) begin an IPv4 packet, and its first bytes may be kept alone if these are not all. */
function isWholeOrCut(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < IPV4_HEADER) return false;
  const total = ipv4TotalLength(bytes, at);
  if (total <= end - at) return total === end - at && isIpv4(bytes, at, end);
  const least = leastKept(bytes, at, end);
  return isIpv4(bytes, at, at + total) && least > 0 && least <= end - at;
}

/**
 * How many bytes of the sound IPv4 packet at `at`, of which bytes[at, end) are there, are to be kept: all that
 * are there, where nothing may be cut; else `headerBytes`, counted with an IPv4 header without options, and in
 * any case the transport header and, with UDP, the header of measured traffic.
 */
export function keptLength(bytes: Uint8Array, at: number, end: number, headerBytes: number): number {
  const least = leastKept(bytes, at, end);
  if (least < 0) return end - at;
  return Math.min(end - at, Math.max(least, ipv4HeaderLength(bytes, at) - IPV4_HEADER + headerBytes));
}

/**
 * The fewest bytes that may be kept of a packet; -1 where it travels whole: not UDP or TCP, a fragment (also the
 * first: nobody could mend the checksum of the datagram), network control by its DSCP, or of lengths that do not
 * agree.
 */
function leastKept(bytes: Uint8Array, at: number, end: number): number {
  if (ipv4Protocol(bytes, at) !== PROTOCOL_GRE) return leastKeptPlain(bytes, at, end);
  // Of a packet in a VPN's tunnel, what is to be kept of it itself, and the tunnel's headers.
  const inner = end - at > TUNNEL_HEADERS + IPV4_HEADER ? tunnelledAt(bytes, at) : -1;
  const least = inner < 0 ? -1 : leastKeptPlain(bytes, inner, end);
  return least < 0 ? -1 : inner - at + least;
}

function leastKeptPlain(bytes: Uint8Array, at: number, end: number): number {
  const transportAt = at + ipv4HeaderLength(bytes, at);
  const payload = ipv4TotalLength(bytes, at) - (transportAt - at);
  if ((ipv4Fragment(bytes, at) & FRAGMENTED) !== 0 || ipv4Dscp(bytes, at) >= FIRST_CONTROL_DSCP) return -1;
  switch (ipv4Protocol(bytes, at)) {
    case PROTOCOL_UDP: {
      if (end - transportAt < UDP_HEADER || udpLength(bytes, transportAt) !== payload) return -1;
      return transportAt - at + Math.min(payload, UDP_HEADER + PROBE_HEADER);
    }
    case PROTOCOL_TCP: {
      if (end - transportAt < TCP_HEADER) return -1;
      const header = (bytes[transportAt + 12] >>> 4) * 4;
      return header < TCP_HEADER || header > payload ? -1 : transportAt - at + header;
    }
    default:
      return -1;
  }
}

/**
 * Makes the checksum right of the UDP datagram or TCP segment in the IPv4 packet at `outerAt`, or in the one that
 * it is the tunnel of, whose cancelled payload has been put back as zeros. Where it was zeros, the checksum comes out as it was. A datagram without checksum
 * stays without.
 */
export function mendTransportChecksum(bytes: Uint8Array, outerAt: number): void {
  const inner = tunnelledAt(bytes, outerAt);
  const at = inner < 0 ? outerAt : inner;
  const transportAt = at + ipv4HeaderLength(bytes, at);
  const isUdp = ipv4Protocol(bytes, at) === PROTOCOL_UDP;
  const checksumAt = transportAt + (isUdp ? 6 : 16);
  if (isUdp && readU16(bytes, checksumAt) === 0) return;
  writeU16(bytes, checksumAt, 0);
  const checksum = transportChecksum(bytes, transportAt, at + ipv4TotalLength(bytes, at), at);
  writeU16(bytes, checksumAt, isUdp && checksum === 0 ? 0xffff : checksum);
}
