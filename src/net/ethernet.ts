/** Ethernet II header: destination, source, type. 14 bytes. */
import type { Mac } from './address.ts';
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';

export const ETHERNET_HEADER = 14;
export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_MPLS = 0x8847;

export function readMac(bytes: Uint8Array, at: number): Mac {
  return readU16(bytes, at) * 4294967296 + readU32(bytes, at + 2);
}

/** As comparing what `readMac` returns, which makes an object of a number that long. */
export function hasMac(bytes: Uint8Array, at: number, mac: Mac): boolean {
  return readU16(bytes, at) * 4294967296 + readU32(bytes, at + 2) === mac;
}

export function writeMac(bytes: Uint8Array, at: number, mac: Mac): void {
  writeU16(bytes, at, Math.floor(mac / 4294967296));
  // Shifts take a number modulo 2^32: the lower four octets.
  writeU32(bytes, at + 2, mac);
}

export function etherType(bytes: Uint8Array, frameAt: number): number {
  return readU16(bytes, frameAt + 12);
}

export function writeEthernet(
  bytes: Uint8Array,
  at: number,
  destination: Mac,
  source: Mac,
  type: number,
): void {
  writeMac(bytes, at, destination);
  writeMac(bytes, at + 6, source);
  writeU16(bytes, at + 12, type);
}

/** MAC address of an IPv4 multicast group, RFC 1112 6.4. */
export function multicastMac(group: number): Mac {
  return 0x01005e000000 + (group & 0x7fffff);
}
