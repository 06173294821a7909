/** Which packets to the router itself are for its BGP. */
import { readU16 } from '../../net/bytes.ts';
import { ICMP_HEADER, ICMP_UNREACHABLE, UNREACHABLE_FRAGMENTATION_NEEDED } from '../../net/icmp.ts';
import {
  IPV4_HEADER,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4TotalLength,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
} from '../../net/ipv4.ts';
import { BGP_PORT } from '../../net/wire.ts';
import type { Packet } from './packet.ts';

/** What an ICMP error quotes of a segment at least: both ports and the sequence number (RFC 792). */
const QUOTED_BYTES = 8;

/** A TCP segment from or to port 179; or word that one was too big for its way (RFC 1191). */
export function isOfBgp({ frame, ipAt }: Packet): boolean {
  const { bytes } = frame;
  if (frame.cancelled > 0) return false;
  const at = ipAt + ipv4HeaderLength(bytes, ipAt);
  const end = ipAt + ipv4TotalLength(bytes, ipAt);
  const protocol = ipv4Protocol(bytes, ipAt);
  if (protocol === PROTOCOL_TCP) return hasBgpPort(bytes, at, end);
  if (protocol !== PROTOCOL_ICMP) return false;
  const quotedAt = at + ICMP_HEADER;
  if (end - quotedAt < IPV4_HEADER + QUOTED_BYTES) return false;
  return (
    bytes[at] === ICMP_UNREACHABLE &&
    bytes[at + 1] === UNREACHABLE_FRAGMENTATION_NEEDED &&
    ipv4Protocol(bytes, quotedAt) === PROTOCOL_TCP &&
    hasBgpPort(bytes, quotedAt + ipv4HeaderLength(bytes, quotedAt), end)
  );
}

function hasBgpPort(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= 4 && (readU16(bytes, at) === BGP_PORT || readU16(bytes, at + 2) === BGP_PORT);
}
