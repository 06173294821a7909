/** A port with a way out in some mode, fed with frames of both planes; what comes out at the far end is listed. */

import { readU16 } from '../../../src/net/bytes.ts';
import { ETHERTYPE_CANCELLATION } from '../../../src/net/cancellation.ts';
import {
  ETHERNET_HEADER,
  ETHERTYPE_IPV4,
  ETHERTYPE_MPLS,
  etherType,
  writeEthernet,
} from '../../../src/net/ethernet.ts';
import { IPV4_HEADER, PROTOCOL_UDP, writeIpv4 } from '../../../src/net/ipv4.ts';
import { MPLS_ENTRY, writeLabel } from '../../../src/net/mpls.ts';
import { writeUdp } from '../../../src/net/udp.ts';
import { type Plane, SHADOW_MARK } from '../../../src/net/wire.ts';
import type { BandwidthSettings, PlaneQueue } from '../../../src/routerd/bandwidth/bandwidth.ts';
import { takeApart } from '../../../src/routerd/bandwidth/bundle.ts';
import { FrameQueue } from '../../../src/routerd/bandwidth/frame-queue.ts';
import { makeOutputQueue } from '../../../src/routerd/bandwidth/output-queue.ts';
import { joinMemoryLink } from '../../../src/routerd/ports/memory.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { type Frame, newFrame } from '../../../src/world/frame.ts';
import { seededRandom } from '../../../src/world/random.ts';

export interface Arrived {
  readonly plane: Plane;
  /** The IPv4 identification that it was sent with. */
  readonly number: number;
  /** Virtual length of the frame. */
  readonly length: number;
  readonly cancelled: number;
  readonly lateNs: number;
  /** When the frame that it came in had arrived. */
  readonly timeNs: number;
  /** Counts the frames on the wire, from 0. */
  readonly wireFrame: number;
  readonly bytes: Uint8Array;
}

export interface PacketOptions {
  readonly number?: number;
  readonly protocol?: number;
  readonly dscp?: number;
  readonly neighbour?: number;
}

/** A frame of `length` bytes in all: a UDP datagram, labelled in the shadow plane. */
export function packetFrame(plane: Plane, length: number, options: PacketOptions = {}): Frame {
  const { number = 0, protocol = PROTOCOL_UDP, dscp = 0, neighbour = 2 } = options;
  const frame = newFrame(length);
  const { bytes, start, end } = frame;
  const ipAt = start + ETHERNET_HEADER + (plane === 'shadow' ? MPLS_ENTRY : 0);
  writeEthernet(bytes, start, neighbour, 1, plane === 'shadow' ? ETHERTYPE_MPLS : ETHERTYPE_IPV4);
  if (plane === 'shadow') writeLabel(bytes, ipAt - MPLS_ENTRY, SHADOW_MARK, 0, true, 63);
  writeIpv4(bytes, ipAt, {
    source: 0x0a000001,
    destination: 0x0a000002,
    protocol,
    ttl: 63,
    tos: dscp << 2,
    totalLength: end - ipAt,
    identification: number,
    dontFragment: true,
  });
  if (protocol === PROTOCOL_UDP) writeUdp(bytes, ipAt + IPV4_HEADER, end, 5000, 6000, ipAt);
  return frame;
}

export interface RigOptions {
  readonly rateBps?: number;
  readonly limitBytes?: number;
  readonly mtu?: number;
  readonly queues?: Readonly<Record<Plane, PlaneQueue>>;
  readonly clock?: VirtualClock;
}

/** By default a port of 1000 bytes a millisecond. */
export function portRig(settings: BandwidthSettings, options: RigOptions = {}) {
  const { rateBps = 8e6, limitBytes = 1e6, mtu = 1500, clock = new VirtualClock() } = options;
  const link = { rateBps, delayNs: 0, jitterNs: 0, loss: 0, queueBytes: 1e6, mtu };
  const [near, far] = joinMemoryLink(clock, seededRandom(1), link, [
    { name: 'near', mac: 1 },
    { name: 'far', mac: 2 },
  ]);
  const queues = options.queues ?? { real: new FrameQueue(limitBytes), shadow: new FrameQueue(limitBytes) };
  const output = makeOutputQueue(clock, near, queues, settings);
  const arrived: Arrived[] = [];
  let wireFrame = 0;
  far.receiver((frame) => {
    const parts: Frame[] = [];
    if (etherType(frame.bytes, frame.start) !== ETHERTYPE_CANCELLATION) parts.push(frame);
    else if (!takeApart(frame, 8e9 / rateBps, parts)) throw new Error('a malformed frame was sent');
    for (const part of parts) {
      const isShadow = etherType(part.bytes, part.start) === ETHERTYPE_MPLS;
      const ipAt = part.start + ETHERNET_HEADER + (isShadow ? MPLS_ENTRY : 0);
      arrived.push({
        plane: isShadow ? 'shadow' : 'real',
        number: readU16(part.bytes, ipAt + 4),
        length: part.virtualLength,
        cancelled: part.cancelled,
        lateNs: part.lateNs,
        timeNs: clock.now(),
        wireFrame,
        bytes: part.bytes.slice(part.start, part.end),
      });
    }
    wireFrame++;
  });
  return {
    clock,
    near,
    output,
    queues,
    arrived,
    of: (plane: Plane): readonly Arrived[] => arrived.filter((one) => one.plane === plane),
    send(plane: Plane, length: number, packet: PacketOptions & { queueClass?: number } = {}): boolean {
      return output.send(packetFrame(plane, length, packet), plane, 0, packet.queueClass ?? 0);
    },
  };
}

export const bytesOf = (arrived: readonly Arrived[]): number =>
  arrived.reduce((sum, { length }) => sum + length, 0);
