/** IPv4 header, RFC 791. Readers take the offset of the header; options are skipped, never interpreted. */
import type { Ipv4 } from './address.ts';
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import { internetChecksum, replaceU16 } from './checksum.ts';

export const IPV4_HEADER = 20;
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_GRE = 47;
export const PROTOCOL_OSPF = 89;
export const DONT_FRAGMENT = 0x4000;

/** Version 4, a whole header, and a total length that fits; says nothing of the checksum. */
export function isIpv4(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < IPV4_HEADER || bytes[at] >>> 4 !== 4) return false;
  const header = ipv4HeaderLength(bytes, at);
  const total = ipv4TotalLength(bytes, at);
  return header >= IPV4_HEADER && header <= total && total <= end - at;
}

export function ipv4ChecksumHolds(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0x45) return internetChecksum(bytes, at, at + ipv4HeaderLength(bytes, at)) === 0;
  // Nearly all headers have no options: their ten words without a loop.
  const sum =
    readU16(bytes, at) +
    readU16(bytes, at + 2) +
    readU16(bytes, at + 4) +
    readU16(bytes, at + 6) +
    readU16(bytes, at + 8) +
    readU16(bytes, at + 10) +
    readU16(bytes, at + 12) +
    readU16(bytes, at + 14) +
    readU16(bytes, at + 16) +
    readU16(bytes, at + 18);
  return sum % 0xffff === 0;
}

export const ipv4HeaderLength = (bytes: Uint8Array, at: number): number => (bytes[at] & 15) * 4;
export const ipv4TotalLength = (bytes: Uint8Array, at: number): number => readU16(bytes, at + 2);
export const ipv4Dscp = (bytes: Uint8Array, at: number): number => bytes[at + 1] >>> 2;
/** Flags and fragment offset, the whole 16-bit word. */
export const ipv4Fragment = (bytes: Uint8Array, at: number): number => readU16(bytes, at + 6);
export const ipv4Ttl = (bytes: Uint8Array, at: number): number => bytes[at + 8];
export const ipv4Protocol = (bytes: Uint8Array, at: number): number => bytes[at + 9];
export const ipv4Source = (bytes: Uint8Array, at: number): Ipv4 => readU32(bytes, at + 12);
export const ipv4Destination = (bytes: Uint8Array, at: number): Ipv4 => readU32(bytes, at + 16);

/** Sets the TTL and mends the checksum. */
export function setIpv4Ttl(bytes: Uint8Array, at: number, ttl: number): void {
  replaceU16(bytes, at + 8, (ttl << 8) | bytes[at + 9], at + 10);
}

/** Sets the identification and mends the checksum. */
export function setIpv4Identification(bytes: Uint8Array, at: number, identification: number): void {
  replaceU16(bytes, at + 4, identification, at + 10);
}

/** Sets the DSCP, keeps ECN, mends the checksum. */
export function setIpv4Dscp(bytes: Uint8Array, at: number, dscp: number): void {
  replaceU16(bytes, at, (bytes[at] << 8) | (dscp << 2) | (bytes[at + 1] & 3), at + 10);
}

export interface Ipv4Header {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  readonly ttl: number;
  /** The whole former type-of-service byte: DSCP << 2 | ECN. */
  readonly tos: number;
  /** Header and payload, bytes. */
  readonly totalLength: number;
  readonly identification: number;
  readonly dontFragment: boolean;
}

/** Writes a 20-byte header with its checksum. */
export function writeIpv4(bytes: Uint8Array, at: number, header: Ipv4Header): void {
  bytes[at] = 0x45;
  bytes[at + 1] = header.tos;
  writeU16(bytes, at + 2, header.totalLength);
  writeU16(bytes, at + 4, header.identification);
  writeU16(bytes, at + 6, header.dontFragment ? DONT_FRAGMENT : 0);
  bytes[at + 8] = header.ttl;
  bytes[at + 9] = header.protocol;
  writeU16(bytes, at + 10, 0);
  writeU32(bytes, at + 12, header.source);
  writeU32(bytes, at + 16, header.destination);
  writeU16(bytes, at + 10, internetChecksum(bytes, at, at + IPV4_HEADER));
}
