/**
 * PDUs of OSI's network layer, which IS-IS speaks, on Ethernet: in a frame with a length where others have a type
 * (IEEE 802.3) and the LLC header FE FE 03 (ISO 8802-2, ISO 10589 8.4.8). Where a label goes in front, which needs a
 * packet behind it that names what it carries, they travel in GRE (protocol type 0x00FE, RFC 2784) over IPv4, to the
 * groups that IANA keeps for IS-IS over IP.
 */
import type { Ipv4, Mac } from './address.ts';
import { writeU16 } from './bytes.ts';
import { ETHERNET_HEADER, writeMac } from './ethernet.ts';
import { GRE_HEADER, greProtocol } from './gre.ts';
import { IPV4_HEADER, ipv4Destination, ipv4Protocol, PROTOCOL_GRE } from './ipv4.ts';

/** Largest value of the field behind the addresses that is a length, not a type. */
export const MAX_LENGTH_FIELD = 1500;
export const GRE_OSI = 0x00fe;
const LLC = [0xfe, 0xfe, 0x03] as const;
export const LLC_HEADER = LLC.length;
/** What stands in front of a PDU within a frame; and within an IPv4 packet. */
export const OSI_FRAME_HEADER = ETHERNET_HEADER + LLC_HEADER;
export const OSI_PACKET_HEADER = IPV4_HEADER + GRE_HEADER;

/** 224.0.0.19 to 21: all level 1, all level 2, all systems. */
const GROUPS: readonly (readonly [Mac, Ipv4])[] = [
  [0x0180c2000014, 0xe0000013],
  [0x0180c2000015, 0xe0000014],
  [0x09002b000005, 0xe0000015],
];
const FIRST_GROUP = GROUPS[0][1];
const LAST_GROUP = GROUPS[GROUPS.length - 1][1];

/** The IPv4 group of a MAC group; that of all systems for any other. */
export function osiGroup(mac: Mac): Ipv4 {
  return GROUPS.find(([group]) => group === mac)?.[1] ?? LAST_GROUP;
}

/** Does the LLC header at `at` say that a PDU of OSI follows? */
export function isOsiLlc(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === LLC[0] && bytes[at + 1] === LLC[1] && bytes[at + 2] === LLC[2];
}

/** Is the whole IPv4 packet at `at` one that carries a PDU? */
export function isOsiPacket(bytes: Uint8Array, at: number): boolean {
  if (ipv4Protocol(bytes, at) !== PROTOCOL_GRE) return false;
  const group = ipv4Destination(bytes, at);
  return group >= FIRST_GROUP && group <= LAST_GROUP && greProtocol(bytes, at + IPV4_HEADER) === GRE_OSI;
}

/** Writes the headers of a frame whose PDU of `length` bytes begins OSI_FRAME_HEADER behind `at`. */
export function writeOsiHeader(
  bytes: Uint8Array,
  at: number,
  destination: Mac,
  source: Mac,
  length: number,
): void {
  writeMac(bytes, at, destination);
  writeMac(bytes, at + 6, source);
  writeU16(bytes, at + 12, LLC_HEADER + length);
  for (let index = 0; index < LLC_HEADER; index++) bytes[at + ETHERNET_HEADER + index] = LLC[index];
}
