/**
 * A packet on its way through one router: the frame, where its IPv4 header is, and what was decided of it. The
 * intake has one for whatever it has just received; who lets a packet wait keeps a copy of it.
 */
import type { Plane, Tag } from '../../net/wire.ts';
import type { Frame } from '../../world/frame.ts';
import type { QueueClass } from '../bandwidth/bandwidth.ts';
import type { Neighbour } from './arp.ts';
import type { Slot } from './contract.ts';
import type { EnginePort } from './port.ts';
import type { Vrf } from './vrfs.ts';

export class Packet {
  frame: Frame;
  ipAt: number;
  /** The plane that it was sent in: stays as it is to the end. */
  plane: Plane;
  /** The slot that forwards it. */
  slot: Slot;
  /** The tag that it arrived with, or NO_TAG. */
  tag: Tag;
  /** In whose table it is looked up. */
  vrf: Vrf;
  /** Undefined where the router itself made the packet. */
  in: EnginePort | undefined;
  /** Of the service policy at the port that it leaves by, or CONTROL. */
  queueClass: QueueClass;
  out: EnginePort | undefined = undefined;
  nextHop: Neighbour | undefined = undefined;
  /** A tunnel's headers were put in front of it here; `ipAt` is where they begin. */
  tunnelled = false;
  /** Goes out without a label where the next hop is the destination itself and may be a host. */
  bare = false;
  /** Bytes of the longest packet that goes its way, where that is why it was dropped. */
  mtu = 0;
  /** The line of an access list that decided last. */
  acl: string | undefined = undefined;
  /** The class of a policy map that dropped it. */
  policy: string | undefined = undefined;

  constructor(
    frame: Frame,
    ipAt: number,
    plane: Plane,
    slot: Slot,
    tag: Tag,
    vrf: Vrf,
    inPort: EnginePort | undefined,
    queueClass: QueueClass = 0,
  ) {
    this.frame = frame;
    this.ipAt = ipAt;
    this.plane = plane;
    this.slot = slot;
    this.tag = tag;
    this.vrf = vrf;
    this.in = inPort;
    this.queueClass = queueClass;
  }

  /** Makes it another packet, of which nothing is decided yet. */
  become(frame: Frame, ipAt: number, plane: Plane, slot: Slot, tag: Tag, inPort: EnginePort): Packet {
    this.frame = frame;
    this.ipAt = ipAt;
    this.plane = plane;
    this.slot = slot;
    this.tag = tag;
    this.vrf = inPort.slots[slot].vrf;
    this.in = inPort;
    this.queueClass = 0;
    this.out = undefined;
    this.nextHop = undefined;
    this.tunnelled = false;
    this.bare = false;
    this.acl = undefined;
    this.policy = undefined;
    return this;
  }

  /** The same, to be kept. */
  copy(): Packet {
    const copy = this.withFrame(this.frame, this.ipAt);
    copy.nextHop = this.nextHop;
    copy.policy = this.policy;
    return copy;
  }

  /** A part of it: another frame, and all that was decided of the whole. */
  withFrame(frame: Frame, ipAt: number): Packet {
    const { plane, slot, tag, vrf, queueClass, out, tunnelled, bare, acl } = this;
    const part = new Packet(frame, ipAt, plane, slot, tag, vrf, this.in, queueClass);
    part.tunnelled = tunnelled;
    part.out = out;
    part.bare = bare;
    part.acl = acl;
    return part;
  }
}
