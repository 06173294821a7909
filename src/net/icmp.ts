/** ICMP, RFC 792: the messages that routers and hosts here send and understand. 8-byte header. */
import { writeU16, writeU32 } from './bytes.ts';
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
