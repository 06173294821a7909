/**
 * Captures where machines are real: a packet socket at each end of the link, in the machine's network namespace, that
 * only listens. The kernel keeps what arrives, with the time at which it did, so it is enough to look now and then: the
 * loop does not wait for these sockets. What a sender left to hardware is finished first, as a router's port does it
 * (routerd/ports/offload.ts): frames are captured as they would be on a wire.
 */
import { closeSync } from 'node:fs';
import { ETHERNET_HEADER } from '../../../net/ethernet.ts';
import { interfaceFacts } from '../../../routerd/ports/interface.ts';
import { realTime } from '../../../routerd/ports/libc.ts';
import { bindPacketSocket, ETH_P_ALL, hearAll, packetSocket } from '../../../routerd/ports/packet-socket.ts';
import { ReceiveRing } from '../../../routerd/ports/receive-ring.ts';
import { type Clock, MILLISECOND, SECOND, type TimeNs, type Timer } from '../../../world/clock.ts';
import { type Frame, HEADROOM } from '../../../world/frame.ts';
import { messageOf } from '../../../world/message-of.ts';
import type { Link } from '../../experiment/resolved.ts';
import { LabError, type TakeFrame, type Tap } from '../../lab.ts';
import { inNamespace } from './namespace.ts';
import type { LabPlan } from './plan.ts';

/** Four thousand frames of 1,500 bytes: the loop may come late. A power of two. */
const RING_BYTES = 1 << 23;
const LOOK_EVERY_NS = MILLISECOND;
/** A frame that is so old is in its ring, at whichever end: the frames of all ends are given in the order of time. */
const SETTLED_NS = MILLISECOND;
/** More than a ring has slots. */
const FRAMES_AT_ONCE = 8192;
const CLOCK_TRIES = 3;
/** An interface that came back as another one is listened to again. */
const REFRESH_EVERY_NS = SECOND;

export interface CaptureEnd {
  /** Path of the machine's network namespace. */
  readonly netns: string;
  readonly interface: string;
}

/** Where the link's frames arrive, in the order of its ends. `netnsOf`: of a machine. */
export function captureEnds(
  { wires }: LabPlan,
  { ends }: Link,
  netnsOf: (machine: string) => string,
): readonly CaptureEnd[] {
  const wireEnds = wires.flatMap((wire) => wire.ends);
  return ends.map(({ node, mac }) => {
    const found = wireEnds.find((end) => end.machine === node && end.mac === mac);
    if (found === undefined) throw new Error(`${node} has no such interface`);
    return { netns: netnsOf(node), interface: found.interface };
  });
}

/**
 * Listens at the ends until it is stopped; `now` is the lab's time as it is read, not that of a turn. Throws LabError
 * where an end cannot be listened at.
 */
export function captureLink(
  clock: Clock,
  now: () => TimeNs,
  link: Link,
  ends: readonly CaptureEnd[],
  take: TakeFrame,
): Tap {
  const ears: Ear[] = [];
  try {
    for (const end of ends) ears.push(new Ear(end, link.mtu + ETHERNET_HEADER + HEADROOM));
  } catch (error) {
    for (const ear of ears) ear.close();
    const reason = messageOf(error);
    throw new LabError(`the link ${link.name} cannot be captured: ${reason}`);
  }
  return new LinkCapture(clock, now, ears, take);
}

interface Arrived {
  readonly end: number;
  readonly frame: Frame;
  readonly timeNs: TimeNs;
}

class LinkCapture implements Tap {
  readonly #clock: Clock;
  readonly #now: () => TimeNs;
  readonly #ears: readonly Ear[];
  readonly #take: TakeFrame;
  /** Not given yet: a frame of another end may be older. */
  #arrived: Arrived[] = [];
  #timer: Timer;
  #refreshedNs: TimeNs;

  constructor(clock: Clock, now: () => TimeNs, ears: readonly Ear[], take: TakeFrame) {
    this.#clock = clock;
    this.#now = now;
    this.#ears = ears;
    this.#take = take;
    this.#refreshedNs = now();
    this.#timer = clock.after(LOOK_EVERY_NS, () => this.#look());
  }

  stop(): readonly number[] {
    this.#timer.cancel();
    this.#receive();
    this.#give(Number.POSITIVE_INFINITY);
    return this.#ears.map((ear) => ear.close());
  }

  #look(): void {
    this.#timer = this.#clock.after(LOOK_EVERY_NS, () => this.#look());
    const nowNs = this.#receive();
    this.#give(nowNs - SETTLED_NS);
    if (nowNs - this.#refreshedNs < REFRESH_EVERY_NS) return;
    this.#refreshedNs = nowNs;
    for (const ear of this.#ears) ear.refresh();
  }

  /** Takes what the kernel has; returns the time before it was asked. */
  #receive(): TimeNs {
    const { nowNs, seconds, nanoseconds } = readTogether(this.#now);
    for (const [end, { ring }] of this.#ears.entries()) {
      ring.take(FRAMES_AT_ONCE, (frame) => {
        // The kernel's stamps are of the clock that people set; how old they are, no matter how it is set.
        const ageNs = (seconds - ring.seconds) * SECOND + (nanoseconds - ring.nanoseconds);
        this.#arrived.push({ end, frame, timeNs: Math.max(0, nowNs - ageNs) });
      });
    }
    return nowNs;
  }

  #give(untilNs: TimeNs): void {
    if (this.#arrived.length === 0) return;
    const inOrder = this.#arrived.toSorted((a, b) => a.timeNs - b.timeNs);
    const young = inOrder.findIndex(({ timeNs }) => timeNs > untilNs);
    const count = young < 0 ? inOrder.length : young;
    this.#arrived = inOrder.slice(count);
    for (const { end, frame, timeNs } of inOrder.slice(0, count)) {
      this.#take(end, frame, timeNs);
      frame.release();
    }
  }
}

/** Both clocks at one moment. The process may have to wait between two readings: of some tries the shortest counts. */
function readTogether(now: () => TimeNs) {
  const tries = Array.from({ length: CLOCK_TRIES }, () => {
    const beforeNs = now();
    const time = realTime();
    return { ...time, nowNs: beforeNs, tookNs: now() - beforeNs };
  });
  return tries.reduce((best, one) => (one.tookNs < best.tookNs ? one : best));
}

/** One end: a socket that hears what the interface receives, and not what it sends. */
class Ear {
  readonly ring: ReceiveRing;
  readonly #fd: number;
  readonly #interface: string;
  #index: number;

  /** Throws Error. */
  constructor(end: CaptureEnd, longest: number) {
    this.#interface = end.interface;
    this.#fd = inNamespace(end.netns, packetSocket);
    try {
      const facts = interfaceFacts(this.#fd, end.interface);
      if (facts === undefined) throw new Error(`there is no interface ${end.interface}`);
      this.ring = new ReceiveRing(this.#fd, longest, RING_BYTES);
      this.#index = facts.index;
      this.#listen();
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** The interface may have gone and come back. Never throws: while it is away there is nothing to hear. */
  refresh(): void {
    const index = interfaceFacts(this.#fd, this.#interface)?.index;
    if (index === undefined || index === this.#index) return;
    this.#index = index;
    try {
      this.#listen();
    } catch {
      // It went again meanwhile: the next look finds it otherwise.
      this.#index = 0;
    }
  }

  /** How many frames arrived that the ring did not give. */
  close(): number {
    this.ring.close();
    closeSync(this.#fd);
    return this.ring.overflown + this.ring.refused;
  }

  #listen(): void {
    hearAll(this.#fd, this.#index);
    bindPacketSocket(this.#fd, this.#index, ETH_P_ALL);
  }
}
