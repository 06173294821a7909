/** TCP segments signed with a password that both ends know (RFC 2385). MD5 is weak by now; routers still ask for it. */
import { md5 } from '@noble/hashes/legacy.js';
import type { Ipv4 } from './address.ts';
import { writeU16, writeU32 } from './bytes.ts';
import { PROTOCOL_TCP } from './ipv4.ts';
import { TCP_HEADER } from './tcp.ts';

const PSEUDO_HEADER = 12;
const CHECKSUM_AT = 16;

/** The 16 bytes of a segment's signature: of its pseudo header, its header without options, its data, and the key. */
export function tcpSignature(
  source: Ipv4,
  destination: Ipv4,
  segment: Uint8Array,
  key: Uint8Array,
): Uint8Array {
  const headers = new Uint8Array(PSEUDO_HEADER + TCP_HEADER);
  writeU32(headers, 0, source);
  writeU32(headers, 4, destination);
  headers[9] = PROTOCOL_TCP;
  writeU16(headers, 10, segment.length);
  headers.set(segment.subarray(0, TCP_HEADER), PSEUDO_HEADER);
  writeU16(headers, PSEUDO_HEADER + CHECKSUM_AT, 0);
  const data = segment.subarray((segment[12] >>> 4) * 4);
  return md5.create().update(headers).update(data).update(key).digest();
}

/** Equal, in a time that says nothing of where they differ. */
export function sameSignature(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}
