/** UDP header, RFC 768. 8 bytes. The checksum covers the pseudo header; 0 on the wire means none was made. */
import { readU16, writeU16 } from './bytes.ts';
import { addToChecksum, transportChecksum } from './checksum.ts';

export const UDP_HEADER = 8;

export const udpSourcePort = (bytes: Uint8Array, at: number): number => readU16(bytes, at);
export const udpDestinationPort = (bytes: Uint8Array, at: number): number => readU16(bytes, at + 2);
export const udpLength = (bytes: Uint8Array, at: number): number => readU16(bytes, at + 4);

/** Writes the header before a payload that is in place already, with its checksum. `ipAt` is the IPv4 header, written already. */
export function writeUdp(
  bytes: Uint8Array,
  at: number,
  end: number,
  sourcePort: number,
  destinationPort: number,
  ipAt: number,
): void {
  writeU16(bytes, at, sourcePort);
  writeU16(bytes, at + 2, destinationPort);
  writeU16(bytes, at + 4, end - at);
  writeU16(bytes, at + 6, 0);
  const checksum = transportChecksum(bytes, at, end, ipAt);
  writeU16(bytes, at + 6, checksum === 0 ? 0xffff : checksum);
}

/** Mends the checksum of the datagram at `at` after bytes[start, end) of it were written, which had been zeros. */
export function mendUdpChecksum(bytes: Uint8Array, at: number, start: number, end: number): void {
  addToChecksum(bytes, start, end, at + 6);
  if (readU16(bytes, at + 6) === 0) writeU16(bytes, at + 6, 0xffff);
}

/** True where the checksum is right or was not made. */
export function udpChecksumHolds(bytes: Uint8Array, at: number, end: number, ipAt: number): boolean {
  return readU16(bytes, at + 6) === 0 || transportChecksum(bytes, at, end, ipAt) === 0;
}
