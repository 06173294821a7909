/**
 * Into and out of the tunnels of IP VPNs: MPLS in GRE (RFC 4023), from router to router by whatever way the core
 * has. A tunnel has no state: a route names its end and a label, and at the end the label names the VRF.
 */
import { formatIpv4, type Ipv4 } from '../../net/address.ts';
import { copyBytes } from '../../net/bytes.ts';
import { GRE_HEADER, GRE_MPLS, grePayloadAt, greProtocol } from '../../net/gre.ts';
import {
  ipv4Destination,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Ttl,
  PROTOCOL_GRE,
  setIpv4Ttl,
} from '../../net/ipv4.ts';
import { isBottomOfStack, labelAt, labelTtlAt, MPLS_ENTRY } from '../../net/mpls.ts';
import { TUNNEL_HEADERS, tunnelledAt, writeTunnel } from '../../net/tunnel.ts';
import { type Frame, unwrittenFrame } from '../../world/frame.ts';
import type { DropReason } from '../../world/observation.ts';
import { isCongestionMarked, markCongestion } from '../qos/ecn.ts';
import { cutToPacket } from './intake.ts';
import { HEADER_ROOM } from './mark.ts';
import type { Packet } from './packet.ts';
import type { Vrfs } from './vrfs.ts';

export interface Tunnel {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly label: number;
}

/** Bytes of the longest packet for a tunnel that goes out by a port of this MTU. */
export const tunnelMtu = (mtu: number): number => mtu - TUNNEL_HEADERS;

/** Puts the tunnel's headers in front of the packet; `ipAt` is where they begin from then on. */
export function intoTunnel(packet: Packet, tunnel: Tunnel): void {
  if (packet.ipAt < TUNNEL_HEADERS + HEADER_ROOM) makeRoom(packet);
  writeTunnel(packet.frame.bytes, packet.ipAt, tunnel);
  packet.ipAt -= TUNNEL_HEADERS;
  packet.tunnelled = true;
}

/** Does it carry MPLS in GRE? */
export function isLabelPacket({ frame: { bytes, end }, ipAt }: Packet): boolean {
  if (ipv4Protocol(bytes, ipAt) !== PROTOCOL_GRE) return false;
  const greAt = ipAt + ipv4HeaderLength(bytes, ipAt);
  return greAt + GRE_HEADER <= end && greProtocol(bytes, greAt) === GRE_MPLS;
}

/**
 * Takes the packet of VRF's out of its tunnel: it is the inner one from then on, of the VRF that the label names. Or
 * says why it is to be dropped, and leaves it as it is.
 */
export function outOfTunnel(packet: Packet, vrfs: Vrfs): DropReason | undefined {
  const { frame, ipAt } = packet;
  const { bytes } = frame;
  const at = grePayloadAt(bytes, ipAt + ipv4HeaderLength(bytes, ipAt), frame.end);
  const innerAt = at + MPLS_ENTRY;
  if (at < 0 || innerAt > frame.end || !isBottomOfStack(bytes, at)) return 'malformed';
  const vrf = vrfs.atLabel(packet.slot, labelAt(bytes, at));
  if (vrf === undefined) return 'unknown-label';
  const problem = cutToPacket(frame, innerAt);
  if (problem !== undefined) return problem;
  // RFC 6040 4.2: what the core has to say of congestion, the packet says from now on, or is lost.
  if (isCongestionMarked(bytes, ipAt) && !markCongestion(bytes, innerAt)) return 'queue';
  const labelTtl = labelTtlAt(bytes, at);
  if (labelTtl < ipv4Ttl(bytes, innerAt)) setIpv4Ttl(bytes, innerAt, labelTtl);
  packet.ipAt = innerAt;
  packet.vrf = vrf;
  return undefined;
}

/** The end of the tunnel that the packet is in; undefined where it is in none. */
export function tunnelEnd({ frame: { bytes }, ipAt }: Packet): string | undefined {
  if (ipv4Protocol(bytes, ipAt) !== PROTOCOL_GRE || tunnelledAt(bytes, ipAt) < 0) return undefined;
  return formatIpv4(ipv4Destination(bytes, ipAt));
}

/** Moves the packet into a frame with room in front, as a frame from elsewhere may have none. */
function makeRoom(packet: Packet): void {
  const { frame, ipAt } = packet;
  const roomy: Frame = unwrittenFrame(HEADER_ROOM + TUNNEL_HEADERS + frame.end - ipAt);
  const at = roomy.end - (frame.end - ipAt);
  copyBytes(frame.bytes, ipAt, roomy.bytes, at, frame.end - ipAt);
  roomy.cancelled = frame.cancelled;
  roomy.lateNs = frame.lateNs;
  frame.release();
  packet.frame = roomy;
  packet.ipAt = at;
}
