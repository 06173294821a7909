/**
 * PDUs of OSI (IS-IS) through the engine: between the wire and the router's own protocols, and never from port to
 * port. In the real plane they travel in frames of their own kind; where a label is needed, in an IPv4 packet. Access
 * lists and service policies are about IPv4 and see neither.
 */
import type { Ipv4, Mac } from '../../net/address.ts';
import { readU16 } from '../../net/bytes.ts';
import { ETHERNET_HEADER, etherType, readMac } from '../../net/ethernet.ts';
import { grePayloadAt, writeGre } from '../../net/gre.ts';
import { IPV4_HEADER, ipv4HeaderLength, ipv4TotalLength, PROTOCOL_GRE, writeIpv4 } from '../../net/ipv4.ts';
import {
  GRE_OSI,
  isOsiLlc,
  LLC_HEADER,
  MAX_LENGTH_FIELD,
  OSI_FRAME_HEADER,
  OSI_PACKET_HEADER,
  osiGroup,
  writeOsiHeader,
} from '../../net/osi.ts';
import { NO_TAG, type Plane, type Tag } from '../../net/wire.ts';
import { type Frame, HEADROOM, unwrittenFrame } from '../../world/frame.ts';
import type { DropReason } from '../../world/observation.ts';
import { CONTROL } from '../bandwidth/bandwidth.ts';
import { type DeliverLocal, OSI_PDU, type Slot } from './contract.ts';
import { HEADER_ROOM, needsLabel, writeLabelledHeader } from './mark.ts';
import type { Packet } from './packet.ts';
import type { Planes } from './planes.ts';
import type { EnginePort } from './port.ts';

const PDU_AT = HEADROOM + HEADER_ROOM + OSI_PACKET_HEADER;
/** DSCP CS6, and a TTL of one hop. */
const TOS = 0xc0;
const TTL = 1;

export class OsiPath {
  readonly #planes: Planes;
  readonly #deliver: DeliverLocal;
  readonly #seen: (tag: Tag) => void;

  constructor(planes: Planes, deliver: DeliverLocal, seen: (tag: Tag) => void) {
    this.#planes = planes;
    this.#deliver = deliver;
    this.#seen = seen;
  }

  /** Takes a frame with a length, which is the real plane's. */
  acceptFrame(frame: Frame, port: EnginePort): void {
    const { bytes, start } = frame;
    const at = start + ETHERNET_HEADER;
    const end = at + readU16(bytes, at - 2);
    const isOsi = end <= frame.end && end - at > LLC_HEADER && isOsiLlc(bytes, at);
    const slot = this.#planes.realSlot;
    if (!isOsi) drop(frame, port, 'real', 'not-for-us');
    else this.#take(frame, port, 'real', slot, at + LLC_HEADER, end, end - at);
  }

  /** Takes a whole IPv4 packet that `isOsiPacket`. */
  acceptPacket(packet: Packet, port: EnginePort): void {
    const { frame, ipAt, plane, slot, tag } = packet;
    const { bytes } = frame;
    const end = ipAt + ipv4TotalLength(bytes, ipAt);
    const at = grePayloadAt(bytes, ipAt + ipv4HeaderLength(bytes, ipAt), end);
    if (tag !== NO_TAG && plane === 'real') this.#seen(tag);
    if (at < 0) drop(frame, port, plane, 'malformed');
    else this.#take(frame, port, plane, slot, at, end, end - ipAt);
  }

  /** Sends a PDU of the slot's own to a group on the link. */
  send(slot: Slot, port: EnginePort, destination: Mac, pdu: Uint8Array): void {
    const plane = this.#planes.planeOf(slot);
    const tag = this.#planes.tagToLeaveWith(slot, plane, NO_TAG);
    const isLabelled = needsLabel(plane, tag);
    const length = pdu.length + (isLabelled ? OSI_PACKET_HEADER : LLC_HEADER);
    const { usable, mtu } = port.slots[slot];
    if (!usable || length > Math.min(mtu, isLabelled ? mtu : MAX_LENGTH_FIELD)) {
      port.counters(plane).countDrop(usable ? 'mtu' : 'failed');
      return;
    }
    const frame = unwrittenFrame(HEADER_ROOM + OSI_PACKET_HEADER + pdu.length);
    frame.bytes.set(pdu, PDU_AT);
    frame.start = PDU_AT - OSI_FRAME_HEADER;
    writeOsiHeader(frame.bytes, frame.start, destination, port.port.mac, pdu.length);
    if (isLabelled) labelOsi(frame, plane, tag, port.addressOf(slot));
    if (tag !== NO_TAG && plane === 'real') this.#seen(tag);
    if (port.output.send(frame, plane, slot, CONTROL)) port.counters(plane).countOut(length);
    else drop(frame, port, plane, 'queue');
  }

  #take(
    frame: Frame,
    port: EnginePort,
    plane: Plane,
    slot: Slot,
    pduAt: number,
    pduEnd: number,
    length: number,
  ): void {
    port.counters(plane).countIn(length);
    if (!port.slots[slot].usable) {
      drop(frame, port, plane, 'failed');
      return;
    }
    const { bytes, start } = frame;
    this.#deliver({
      slot,
      port: port.port.name,
      source: readMac(bytes, start + 6),
      destination: readMac(bytes, start),
      protocol: OSI_PDU,
      ttl: TTL,
      payload: bytes.subarray(pduAt, pduEnd),
    });
  }
}

/** Is it a frame with a PDU, without label? */
export function isOsiFrame({ bytes, start }: Frame): boolean {
  return etherType(bytes, start) <= MAX_LENGTH_FIELD && isOsiLlc(bytes, start + ETHERNET_HEADER);
}

/** Makes of a frame with a PDU, which was made here, a labelled one. `from` need not be known: nobody answers. */
export function labelOsi(frame: Frame, plane: Plane, tag: Tag, from: Ipv4 = 0): void {
  const { bytes, start, end } = frame;
  const [destination, source] = [readMac(bytes, start), readMac(bytes, start + 6)];
  const ipAt = start + OSI_FRAME_HEADER - OSI_PACKET_HEADER;
  writeIpv4(bytes, ipAt, {
    source: from,
    destination: osiGroup(destination),
    protocol: PROTOCOL_GRE,
    ttl: TTL,
    tos: TOS,
    totalLength: end - ipAt,
    identification: 0,
    dontFragment: true,
  });
  writeGre(bytes, ipAt + IPV4_HEADER, GRE_OSI);
  writeLabelledHeader(frame, ipAt, destination, source, plane, tag);
}

function drop(frame: Frame, port: EnginePort, plane: Plane, reason: DropReason): void {
  port.counters(plane).countDrop(reason);
  frame.release();
}
