/**
 * MPLS in GRE (RFC 4023), the tunnels of IP VPNs: an IPv4 header from router to router, GRE, one label stack entry,
 * and the customer's IPv4 packet. docs/vpn.md says why.
 */
import type { Ipv4 } from './address.ts';
import { readU32 } from './bytes.ts';
import { GRE_HEADER, GRE_MPLS, writeGre } from './gre.ts';
import {
  IPV4_HEADER,
  ipv4Dscp,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4TotalLength,
  ipv4Ttl,
  PROTOCOL_GRE,
  writeIpv4,
} from './ipv4.ts';
import { isBottomOfStack, MPLS_ENTRY, writeLabel } from './mpls.ts';

/** Bytes that a tunnel puts in front of a packet. */
export const TUNNEL_HEADERS = IPV4_HEADER + GRE_HEADER + MPLS_ENTRY;

/**
 * Of the outer header. The core is one hop to the customer (a pipe, RFC 3443 3.1): how many routers it has is seen
 * from outside by nobody.
 */
const OUTER_TTL = 255;

const FRAGMENTED = 0x3fff;

/**
 * Where the packet begins that the IPv4 packet at `ipAt` carries in a tunnel, as routers make them: no options of
 * GRE, one label, IPv4, nothing behind it. -1 where it is no such packet. Of its header only version and length
 * were looked at.
 */
export function tunnelledAt(bytes: Uint8Array, ipAt: number): number {
  if (ipv4Protocol(bytes, ipAt) !== PROTOCOL_GRE || (ipv4Fragment(bytes, ipAt) & FRAGMENTED) !== 0) return -1;
  const greAt = ipAt + ipv4HeaderLength(bytes, ipAt);
  const at = greAt + GRE_HEADER + MPLS_ENTRY;
  const room = ipAt + ipv4TotalLength(bytes, ipAt) - at;
  const isPlain =
    room >= IPV4_HEADER &&
    readU32(bytes, greAt) === GRE_MPLS &&
    isBottomOfStack(bytes, greAt + GRE_HEADER) &&
    bytes[at] >>> 4 === 4 &&
    ipv4HeaderLength(bytes, at) >= IPV4_HEADER &&
    ipv4TotalLength(bytes, at) === room;
  return isPlain ? at : -1;
}

/**
 * Writes the headers of a tunnel into the TUNNEL_HEADERS bytes in front of the IPv4 packet at `ipAt`. The label has
 * the packet's TTL, the outer header and the label its class (RFC 2983 3, RFC 6040 4.1). No router on the way may
 * fragment it: nobody would put it together at the end (RFC 4023 5.1).
 */
export function writeTunnel(
  bytes: Uint8Array,
  ipAt: number,
  tunnel: { readonly source: Ipv4; readonly destination: Ipv4; readonly label: number },
): void {
  const outerAt = ipAt - TUNNEL_HEADERS;
  writeIpv4(bytes, outerAt, {
    source: tunnel.source,
    destination: tunnel.destination,
    protocol: PROTOCOL_GRE,
    ttl: OUTER_TTL,
    tos: bytes[ipAt + 1],
    totalLength: TUNNEL_HEADERS + ipv4TotalLength(bytes, ipAt),
    identification: 0,
    dontFragment: true,
  });
  writeGre(bytes, outerAt + IPV4_HEADER, GRE_MPLS);
  const trafficClass = ipv4Dscp(bytes, ipAt) >>> 3;
  writeLabel(bytes, ipAt - MPLS_ENTRY, tunnel.label, trafficClass, true, ipv4Ttl(bytes, ipAt));
}
