/**
 * Putting the mark on: Ethernet header and, where the packet carries one, the label. Taking it off needs no
 * work: a router reads past the label, and a frame's headers are written anew in front of its IPv4 packet.
 *
 * TTL is uniform (RFC 3443 2.1): the label carries the packet's own TTL, and where something on the way has
 * counted the label alone down, the packet's is brought in line when the label is read.
 */
import type { Mac } from '../../net/address.ts';
import {
  ETHERNET_HEADER,
  ETHERTYPE_IPV4,
  ETHERTYPE_MPLS,
  etherType,
  readMac,
  writeEthernet,
} from '../../net/ethernet.ts';
import { ipv4Dscp, ipv4Ttl } from '../../net/ipv4.ts';
import { labelAt, MPLS_ENTRY, writeLabel } from '../../net/mpls.ts';
import { labelOf, NO_TAG, type Plane, SHADOW_MARK, type Tag } from '../../net/wire.ts';
import type { Frame } from '../../world/frame.ts';

/** The room that headers need in front of an IPv4 packet. */
export const HEADER_ROOM = ETHERNET_HEADER + MPLS_ENTRY;

/** A real packet without a tag travels as it is. */
export function needsLabel(plane: Plane, tag: Tag): boolean {
  return plane === 'shadow' || tag !== NO_TAG;
}

/** Writes the headers of a frame without label in front of its IPv4 packet at `ipAt`. */
export function writeBareHeader(frame: Frame, ipAt: number, destination: Mac, source: Mac): void {
  frame.start = ipAt - ETHERNET_HEADER;
  writeEthernet(frame.bytes, frame.start, destination, source, ETHERTYPE_IPV4);
}

/** Writes Ethernet header and label in front of the IPv4 packet at `ipAt`, which needs HEADER_ROOM there. */
export function writeLabelledHeader(
  frame: Frame,
  ipAt: number,
  destination: Mac,
  source: Mac,
  plane: Plane,
  tag: Tag,
): void {
  const { bytes } = frame;
  const trafficClass = ipv4Dscp(bytes, ipAt) >>> 3;
  frame.start = ipAt - HEADER_ROOM;
  writeEthernet(bytes, frame.start, destination, source, ETHERTYPE_MPLS);
  writeLabel(bytes, ipAt - MPLS_ENTRY, labelOf(tag, plane), trafficClass, true, ipv4Ttl(bytes, ipAt));
}

/** Undefined where the frame has none. */
export function labelOfFrame({ bytes, start }: Frame): number | undefined {
  return etherType(bytes, start) === ETHERTYPE_MPLS ? labelAt(bytes, start + ETHERNET_HEADER) : undefined;
}

/** Puts the tag of its plane's slot on a frame that waits to leave for a router without one: marking has begun. */
export function markWaiting(frame: Frame, tagOf: (plane: Plane) => Tag): void {
  const { bytes, start } = frame;
  const isShadow = labelOfFrame(frame) === SHADOW_MARK;
  if (!isShadow && etherType(bytes, start) !== ETHERTYPE_IPV4) return;
  const plane = isShadow ? 'shadow' : 'real';
  const ipAt = start + (isShadow ? HEADER_ROOM : ETHERNET_HEADER);
  const [destination, source] = [readMac(bytes, start), readMac(bytes, start + 6)];
  writeLabelledHeader(frame, ipAt, destination, source, plane, tagOf(plane));
}
