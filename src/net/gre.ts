/**
 * GRE, RFC 2784: two bytes of flags and version, the type of what follows, and where its flag is set a checksum. We
 * send none; what is flagged otherwise (routing, key, sequence: RFC 1701, RFC 2890) is refused, as section 2.3 says.
 */
import { readU16, writeU16 } from './bytes.ts';
import { internetChecksum } from './checksum.ts';
import { ETHERTYPE_MPLS } from './ethernet.ts';

export const GRE_HEADER = 4;
/** Protocol types are EtherTypes. */
export const GRE_MPLS = ETHERTYPE_MPLS;

const CHECKSUM = 0x8000;
const CHECKSUM_BYTES = 4;
/** Bits 1 to 5 and the version must be zero; what stands in bits 6 to 12 is to be ignored. */
const REFUSED = 0x7c07;

export const greProtocol = (bytes: Uint8Array, at: number): number => readU16(bytes, at + 2);

/** Where the payload of the header in bytes[at, end) begins; -1 where it is refused or its checksum does not hold. */
export function grePayloadAt(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < GRE_HEADER) return -1;
  const flags = readU16(bytes, at);
  if ((flags & REFUSED) !== 0) return -1;
  if ((flags & CHECKSUM) === 0) return at + GRE_HEADER;
  const payloadAt = at + GRE_HEADER + CHECKSUM_BYTES;
  return payloadAt <= end && internetChecksum(bytes, at, end) === 0 ? payloadAt : -1;
}

export function writeGre(bytes: Uint8Array, at: number, protocol: number): void {
  writeU16(bytes, at, 0);
  writeU16(bytes, at + 2, protocol);
}
