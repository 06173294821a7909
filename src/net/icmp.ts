/** ICMP, RFC 792: the messages that routers and hosts here send and understand. 8-byte header. */
import { readU16, writeU16, writeU32 } from './bytes.ts';
import { internetChecksum } from './checksum.ts';

export const ICMP_HEADER = 8;
export const ICMP_ECHO_REPLY = 0;
export const ICMP_UNREACHABLE = 3;
export const ICMP_ECHO_REQUEST = 8;
export const ICMP_TIME_EXCEEDED = 11;

export const UNREACHABLE_NET = 0;
export const UNREACHABLE_HOST = 1;
export const UNREACHABLE_PROTOCOL = 2;
export const UNREACHABLE_PORT = 3;
export const UNREACHABLE_FRAGMENTATION_NEEDED = 4;
/** Communication administratively prohibited, RFC 1812 5.2.7.1. */
export const UNREACHABLE_PROHIBITED = 13;

/** Writes type, code, the second word and, over bytes[at, end) whose payload is in place already, the checksum. */
export function writeIcmp(
  bytes: Uint8Array,
  at: number,
  end: number,
  type: number,
  code: number,
  rest: number,
): void {
  bytes[at] = type;
  bytes[at + 1] = code;
  writeU16(bytes, at + 2, 0);
  writeU32(bytes, at + 4, rest);
  writeU16(bytes, at + 2, internetChecksum(bytes, at, end));
}

/** MTUs that links are known to have, some of them under many names (RFC 1191 7). */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296];
/** RFC 791 3.2 */
const LEAST_LINK = 68;
const MTU_AT = 6;
const QUOTED_LENGTH_AT = ICMP_HEADER + 2;

/**
 * How long a packet may be, bytes of IPv4, by the "fragmentation needed" at `at` in `bytes`, which quotes at least the
 * IPv4 header of one that was too long. A router older than RFC 1191 says 0: then it is what the next narrower kind of
 * link carries (RFC 1191 5).
 */
export function mtuSaid(bytes: Uint8Array, at: number): number {
  const said = readU16(bytes, at + MTU_AT);
  if (said !== 0) return said;
  const length = readU16(bytes, at + QUOTED_LENGTH_AT);
  return PLATEAUS.find((plateau) => plateau < length) ?? LEAST_LINK;
}
