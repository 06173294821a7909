/** IPv4 packets as hosts make them, and the plane they say they travel in. */
import type { Ipv4 } from '../net/address.ts';
import { ETHERNET_HEADER } from '../net/ethernet.ts';
import { IPV4_HEADER, ipv4Dscp, writeIpv4 } from '../net/ipv4.ts';
import { type Plane, SHADOW_DSCP } from '../net/wire.ts';
import { type Frame, newFrame } from '../world/frame.ts';

/** What Linux and most hosts start with. */
export const DEFAULT_TTL = 64;

/** Offset of the IPv4 header in the frame of a host. */
export const ipv4At = (frame: Frame): number => frame.start + ETHERNET_HEADER;
/** Offset of the IPv4 payload in a frame made by `newPacket`. */
export const payloadAt = (frame: Frame): number => frame.start + ETHERNET_HEADER + IPV4_HEADER;

/** By its DSCP a host sends into the shadow plane, and learns that a packet came from there. */
export function planeAt(bytes: Uint8Array, ipAt: number): Plane {
  return ipv4Dscp(bytes, ipAt) === SHADOW_DSCP ? 'shadow' : 'real';
}

/**
 * A frame with room for the Ethernet header, an IPv4 header, and `payloadLength` zero bytes. The identification is
 * 0, as it may be where nothing is ever fragmented (RFC 6864 4.1); who permits it has to number the packets.
 */
export function newPacket(packet: {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  readonly plane: Plane;
  readonly ttl: number;
  readonly payloadLength: number;
  /** Of a packet in the real plane; the shadow's have their own. Default: 0. */
  readonly dscp?: number;
  /** Default: no. */
  readonly mayFragment?: boolean;
}): Frame {
  const totalLength = IPV4_HEADER + packet.payloadLength;
  const frame = newFrame(ETHERNET_HEADER + totalLength);
  writeIpv4(frame.bytes, ipv4At(frame), {
    source: packet.source,
    destination: packet.destination,
    protocol: packet.protocol,
    ttl: packet.ttl,
    tos: (packet.plane === 'shadow' ? SHADOW_DSCP : (packet.dscp ?? 0)) << 2,
    totalLength,
    identification: 0,
    dontFragment: packet.mayFragment !== true,
  });
  return frame;
}
