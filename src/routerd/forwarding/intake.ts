/**
 * From a frame to a packet of a plane: is it ours, is it whole, and by which slot is it forwarded? An unlabelled
 * packet is real, unless its DSCP is the shadow's, as hosts send it. A label says plane and tag; a label that is
 * not shadowlab's, or that has others below it, is refused for now. A frame of packet cancellation is taken apart.
 */
import { ETHERTYPE_CANCELLATION } from '../../net/cancellation.ts';
import {
  ETHERNET_HEADER,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_MPLS,
  etherType,
  hasMac,
} from '../../net/ethernet.ts';
import {
  ipv4ChecksumHolds,
  ipv4Dscp,
  ipv4Source,
  ipv4TotalLength,
  ipv4Ttl,
  isIpv4,
  setIpv4Ttl,
} from '../../net/ipv4.ts';
import { isBottomOfStack, labelAt, labelTtlAt, MPLS_ENTRY } from '../../net/mpls.ts';
import { isOsiPacket, MAX_LENGTH_FIELD } from '../../net/osi.ts';
import {
  isShadowlabLabel,
  NO_TAG,
  type Plane,
  planeOfLabel,
  SHADOW_DSCP,
  tagOfLabel,
} from '../../net/wire.ts';
import { type Frame, frameOf, newFrame } from '../../world/frame.ts';
import type { DropReason } from '../../world/observation.ts';
import { takeApart } from '../bandwidth/bundle.ts';
import type { OsiPath } from './osi.ts';
import { Packet } from './packet.ts';
import type { Planes } from './planes.ts';
import type { EnginePort } from './port.ts';
import type { Vrf } from './vrfs.ts';

/** What becomes of what came in. The packet is valid only during the call. */
export interface IntakeOutputs {
  accept(packet: Packet, port: EnginePort): void;
  drop(packet: Packet, reason: DropReason): void;
}

export class Intake {
  readonly #planes: Planes;
  readonly #outputs: IntakeOutputs;
  readonly #osi: OsiPath;
  /** The packet that was received last: each is done with, or kept elsewhere, before the next one. */
  readonly #packet: Packet;

  constructor(planes: Planes, defaultVrf: Vrf, outputs: IntakeOutputs, osi: OsiPath) {
    this.#planes = planes;
    this.#outputs = outputs;
    this.#osi = osi;
    this.#packet = new Packet(newFrame(0), 0, 'real', 0, NO_TAG, defaultVrf, undefined);
  }

  receive(port: EnginePort, frame: Frame): void {
    if (frame.length < ETHERNET_HEADER) {
      port.counters('real').countDrop('malformed');
      return;
    }
    const { bytes, start } = frame;
    const isGroup = (bytes[start] & 1) === 1;
    if (!isGroup && !hasMac(bytes, start, port.port.mac)) return;
    switch (etherType(bytes, start)) {
      case ETHERTYPE_IPV4:
        this.#unlabelled(port, start < MPLS_ENTRY ? withHeadroom(frame) : frame);
        break;
      case ETHERTYPE_MPLS:
        this.#labelled(port, frame);
        break;
      case ETHERTYPE_ARP:
        if (port.usable) port.arp.receive(bytes, start + ETHERNET_HEADER, frame.end);
        break;
      case ETHERTYPE_CANCELLATION:
        this.#bundle(port, frame);
        break;
      default:
        if (etherType(bytes, start) <= MAX_LENGTH_FIELD) this.#osi.acceptFrame(frame, port);
        else port.counters('real').countDrop('not-for-us');
    }
  }

  /** A real packet and headers of shadow packets: each as if it had come alone. */
  #bundle(port: EnginePort, frame: Frame): void {
    const parts: Frame[] = [];
    if (takeApart(frame, 8e9 / port.port.rateBps, parts)) for (const part of parts) this.receive(port, part);
    else port.counters('real').countDrop('malformed');
  }

  #unlabelled(port: EnginePort, frame: Frame): void {
    const ipAt = frame.start + ETHERNET_HEADER;
    if (!isWhole(port, 'real', frame, ipAt)) return;
    const plane = ipv4Dscp(frame.bytes, ipAt) === SHADOW_DSCP ? 'shadow' : 'real';
    const mirrored = plane === 'real' && port.mirror?.(frame.bytes, ipAt) ? frame.clone() : undefined;
    this.#accept(port, frame, ipAt, plane);
    if (mirrored !== undefined) this.#accept(port, mirrored, ipAt, 'shadow');
  }

  #accept(port: EnginePort, frame: Frame, ipAt: number, plane: Plane): void {
    const slot = this.#planes.slotOf(plane);
    this.#outputs.accept(this.#packet.become(frame, ipAt, plane, slot, NO_TAG, port), port);
  }

  #labelled(port: EnginePort, frame: Frame): void {
    const { bytes } = frame;
    const labelledAt = frame.start + ETHERNET_HEADER;
    const ipAt = labelledAt + MPLS_ENTRY;
    const label = ipAt <= frame.end ? labelAt(bytes, labelledAt) : 0;
    if (!isShadowlabLabel(label) || !isBottomOfStack(bytes, labelledAt)) {
      port.counters('real').countDrop('malformed');
      return;
    }
    const plane = planeOfLabel(label);
    const tag = tagOfLabel(label);
    if (!isWhole(port, plane, frame, ipAt)) return;
    const labelTtl = labelTtlAt(bytes, labelledAt);
    if (labelTtl < ipv4Ttl(bytes, ipAt)) setIpv4Ttl(bytes, ipAt, labelTtl);
    const slot = tag === NO_TAG ? this.#planes.slotOf(plane) : this.#planes.slotWithTag(tag);
    const packet = this.#packet.become(frame, ipAt, plane, slot ?? this.#planes.slotOf(plane), tag, port);
    if (slot === undefined) this.#outputs.drop(packet, 'unknown-tag');
    else if (isOsiPacket(bytes, ipAt)) this.#osi.acceptPacket(packet, port);
    else this.#outputs.accept(packet, port);
  }
}

function isWhole(port: EnginePort, plane: Plane, frame: Frame, ipAt: number): boolean {
  const problem = cutToPacket(frame, ipAt);
  if (problem !== undefined) port.counters(plane).countDrop(problem);
  return problem === undefined;
}

/**
 * What is wrong with the IPv4 packet, unless it is whole and has a sound header; what follows it in the frame
 * (padding) is cut off.
 */
export function cutToPacket(frame: Frame, ipAt: number): 'malformed' | 'checksum' | undefined {
  const { bytes } = frame;
  if (!isIpv4(bytes, ipAt, frame.end + frame.cancelled) || isMartian(ipv4Source(bytes, ipAt)))
    return 'malformed';
  if (!ipv4ChecksumHolds(bytes, ipAt)) return 'checksum';
  frame.end = ipAt + ipv4TotalLength(bytes, ipAt) - frame.cancelled;
  return undefined;
}

/** RFC 1812 5.3.7: a source that is a group, a broadcast or loopback. */
function isMartian(source: number): boolean {
  return source >= 0xe0000000 || source >>> 24 === 127;
}

function withHeadroom(frame: Frame): Frame {
  return frameOf(frame.bytes.subarray(frame.start, frame.end));
}
