/** ARP for IPv4 over Ethernet, RFC 826. 28 bytes. */
import type { Ipv4, Mac } from './address.ts';
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import { readMac, writeMac } from './ethernet.ts';

export const ARP_LENGTH = 28;
export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

export interface ArpPacket {
  readonly operation: typeof ARP_REQUEST | typeof ARP_REPLY;
  readonly senderMac: Mac;
  readonly senderAddress: Ipv4;
  readonly targetMac: Mac;
  readonly targetAddress: Ipv4;
}

/** Undefined where it is not a whole IPv4-over-Ethernet request or reply. */
export function decodeArp(bytes: Uint8Array, at: number, end: number): ArpPacket | undefined {
  if (end - at < ARP_LENGTH) return undefined;
  if (readU16(bytes, at) !== 1 || readU16(bytes, at + 2) !== 0x0800 || readU16(bytes, at + 4) !== 0x0604) {
    return undefined;
  }
  const operation = readU16(bytes, at + 6);
  if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return undefined;
  return {
    operation,
    senderMac: readMac(bytes, at + 8),
    senderAddress: readU32(bytes, at + 14),
    targetMac: readMac(bytes, at + 18),
    targetAddress: readU32(bytes, at + 24),
  };
}

export function encodeArp(bytes: Uint8Array, at: number, packet: ArpPacket): void {
  writeU16(bytes, at, 1);
  writeU16(bytes, at + 2, 0x0800);
  writeU16(bytes, at + 4, 0x0604);
  writeU16(bytes, at + 6, packet.operation);
  writeMac(bytes, at + 8, packet.senderMac);
  writeU32(bytes, at + 14, packet.senderAddress);
  writeMac(bytes, at + 18, packet.targetMac);
  writeU32(bytes, at + 24, packet.targetAddress);
}
