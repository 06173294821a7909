/** Frames for packets that the router makes itself. */
import { IPV4_HEADER, type Ipv4Header, writeIpv4 } from '../../net/ipv4.ts';
import { type Frame, HEADROOM, newFrame } from '../../world/frame.ts';
import { HEADER_ROOM } from './mark.ts';

/** Where the IPv4 packet begins in a frame of `ownFrame`. */
export const OWN_IP_AT = HEADROOM + HEADER_ROOM;

export type OwnHeader = Omit<Ipv4Header, 'totalLength' | 'identification' | 'dontFragment'>;

/**
 * A frame with its IPv4 header written, and `payloadLength` zero bytes after it. Such packets are never to be
 * fragmented, so that none needs an identification of its own (RFC 6864 4.1).
 */
export function ownFrame(header: OwnHeader, payloadLength: number): Frame {
  const totalLength = IPV4_HEADER + payloadLength;
  const frame = newFrame(HEADER_ROOM + totalLength);
  writeIpv4(frame.bytes, OWN_IP_AT, { ...header, totalLength, identification: 0, dontFragment: true });
  return frame;
}
