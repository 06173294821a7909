/**
 * shadowlab's own header, the first bytes of the UDP payload of measured traffic (UDP destination port
 * PROBE_PORT). 24 bytes, big-endian:
 *
 *     0  magic 'SHLB'      4  version 1    5  flags (bit 0: trace)    6  flow
 *     8  sequence          12 piece                                   16 time of sending, ns (64 bit)
 *
 * Piece: which part of a stream the packet carries (src/traffic/stream.ts); 0 in other traffic.
 */
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './bytes.ts';
import {
  IPV4_HEADER,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4TotalLength,
  PROTOCOL_GRE,
  PROTOCOL_UDP,
} from './ipv4.ts';
import { tunnelledAt } from './tunnel.ts';
import { UDP_HEADER, udpDestinationPort } from './udp.ts';
import { PROBE_PORT } from './wire.ts';

export const PROBE_HEADER = 24;
/** The smallest IPv4 packet that carries a measured payload. */
export const SMALLEST_PROBE_PACKET = IPV4_HEADER + UDP_HEADER + PROBE_HEADER;

const MAGIC = 0x53484c42;
const VERSION = 1;
/** First byte of an IPv4 header without options. */
const PLAIN_IPV4 = 0x45;

/** Offset of the header in a measured IPv4 packet, also one in a VPN's tunnel; -1 where the packet is no such packet. */
export function probeAt(bytes: Uint8Array, ipAt: number): number {
  if (ipv4Protocol(bytes, ipAt) !== PROTOCOL_GRE) return plainProbeAt(bytes, ipAt);
  const innerAt = tunnelledAt(bytes, ipAt);
  return innerAt < 0 ? -1 : plainProbeAt(bytes, innerAt);
}

function plainProbeAt(bytes: Uint8Array, ipAt: number): number {
  if (ipv4Protocol(bytes, ipAt) !== PROTOCOL_UDP || (ipv4Fragment(bytes, ipAt) & 0x1fff) !== 0) return -1;
  const udpAt = ipAt + ipv4HeaderLength(bytes, ipAt);
  if (ipAt + ipv4TotalLength(bytes, ipAt) - udpAt < UDP_HEADER + PROBE_HEADER) return -1;
  if (udpDestinationPort(bytes, udpAt) !== PROBE_PORT) return -1;
  const at = udpAt + UDP_HEADER;
  return readU32(bytes, at) === MAGIC && bytes[at + 4] === VERSION ? at : -1;
}

/** One look instead of the many of `probeAt`: true of all that are traced, false of nearly all that are not. */
export function mayBeTraced(bytes: Uint8Array, ipAt: number): boolean {
  return (
    (bytes[ipAt + IPV4_HEADER + UDP_HEADER + 5] & 1) === 1 ||
    bytes[ipAt] !== PLAIN_IPV4 ||
    ipv4Protocol(bytes, ipAt) === PROTOCOL_GRE
  );
}

export const probeTraced = (bytes: Uint8Array, at: number): boolean => (bytes[at + 5] & 1) === 1;
export const probeFlow = (bytes: Uint8Array, at: number): number => readU16(bytes, at + 6);
export const probeSequence = (bytes: Uint8Array, at: number): number => readU32(bytes, at + 8);
export const probePiece = (bytes: Uint8Array, at: number): number => readU32(bytes, at + 12);
export const probeSentNs = (bytes: Uint8Array, at: number): number => readU64(bytes, at + 16);

export function writeProbe(
  bytes: Uint8Array,
  at: number,
  probe: {
    readonly flow: number;
    readonly sequence: number;
    /** Default 0. */
    readonly piece?: number;
    readonly traced: boolean;
    readonly sentNs: number;
  },
): void {
  writeU32(bytes, at, MAGIC);
  bytes[at + 4] = VERSION;
  bytes[at + 5] = probe.traced ? 1 : 0;
  writeU16(bytes, at + 6, probe.flow);
  writeU32(bytes, at + 8, probe.sequence);
  writeU32(bytes, at + 12, probe.piece ?? 0);
  writeU64(bytes, at + 16, probe.sentNs);
}
