/**
 * What of one plane and slot waits at a port, by the classes of the slot's output policy. Priority classes go
 * first, in the order of the policy. The others share what is left in proportion to their bandwidth, by
 * start-time fair queueing (P. Goyal, H. Vin, H. Cheng, SIGCOMM 1996): a class's tag is what it has sent over
 * its share, and the smallest tag goes next. That is deficit round robin without its rounds, in which a class of
 * 99 % would send a hundred packets in one go. A shaped class takes part while it owes nothing.
 *
 * Frames are refused only when they come; what waits is sent, whatever becomes of the policy meanwhile.
 */
import { ETHERNET_HEADER, ETHERTYPE_MPLS, etherType } from '../../net/ethernet.ts';
import { ipv4TotalLength } from '../../net/ipv4.ts';
import { MPLS_ENTRY } from '../../net/mpls.ts';
import type { Clock, TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { Random } from '../../world/random.ts';
import { markCongestion } from '../qos/ecn.ts';
import type { Queueing, QueueSettings } from '../qos/queueing.ts';
import { RandomDetect } from '../qos/random-detect.ts';
import { TokenBucket } from '../qos/token-bucket.ts';
import type { PlaneQueue, QueueClass } from './bandwidth.ts';
import { FrameQueue } from './frame-queue.ts';

/** A priority class may be so long ahead of its rate, as in IOS. */
const PRIORITY_BURST_S = 0.2;
/** A shaped class may send so much of its rate at once, as in IOS. */
const SHAPE_BURST_S = 0.004;
const LEAST_BURST_BYTES = 1500;

/** What a class queue is built with. */
export interface ClassQueueWorld {
  readonly clock: Clock;
  readonly random: Random;
  /** Of the port. */
  readonly rateBps: number;
}

export class ClassQueue implements PlaneQueue {
  length = 0;
  bytes = 0;
  /** Of all classes together. */
  readonly limitBytes: number;
  readonly #clock: Clock;
  readonly #queueOf: readonly number[];
  readonly #classes: readonly WaitingClass[];
  /** Frames in classes without priority. */
  #ordinary = 0;
  /** The tag of the class that was served last. */
  #virtual = 0;
  #next: WaitingClass | undefined = undefined;

  /** Takes over from `former` the classes that both have, with all that waits in them. */
  constructor(world: ClassQueueWorld, queueing: Queueing, former?: ClassQueue) {
    this.#clock = world.clock;
    this.#queueOf = queueing.queueOf;
    this.limitBytes = queueing.queues.reduce((sum, { limitBytes }) => sum + limitBytes, 0);
    const formerClasses = former === undefined ? [] : former.#classes;
    this.#classes = queueing.queues.map((settings) => {
      const waiting = new WaitingClass(world, settings);
      const known = formerClasses.find(({ name }) => name === settings.name);
      if (known === undefined) return waiting;
      waiting.frames = known.frames;
      this.#count(waiting, known.frames.length, known.frames.bytes);
      known.frames = new FrameQueue(Number.POSITIVE_INFINITY);
      return waiting;
    });
  }

  passes(): boolean {
    return false;
  }

  push(frame: Frame, _slot: 0 | 1, queueClass: QueueClass): boolean {
    const last = this.#classes.length - 1;
    const waiting = this.#classes[this.#queueOf[queueClass] ?? last];
    const now = this.#clock.now();
    if (!waiting.admits(frame, this.#ordinary > 0, now)) return false;
    if (waiting.frames.length === 0) waiting.tag = Math.max(waiting.tag, this.#virtual);
    waiting.frames.push(frame);
    this.#count(waiting, 1, frame.virtualLength);
    this.#next = undefined;
    return true;
  }

  peek(): Frame | undefined {
    this.#next ??= this.#choose(this.#clock.now());
    return this.#next?.frames.peek();
  }

  shift(): Frame | undefined {
    const now = this.#clock.now();
    const chosen = this.#next ?? this.#choose(now);
    const frame = chosen?.frames.shift();
    if (chosen === undefined || frame === undefined) return undefined;
    this.#next = undefined;
    this.#count(chosen, -1, -frame.virtualLength);
    this.#virtual = Math.max(this.#virtual, chosen.tag);
    chosen.sent(frame, now);
    if (this.length === 0) this.#beginAnew();
    return frame;
  }

  forEach(visit: (frame: Frame) => void): void {
    for (const waiting of this.#classes) {
      const before = waiting.frames.bytes;
      waiting.frames.forEach(visit);
      this.#count(waiting, 0, waiting.frames.bytes - before);
    }
  }

  get readyNs(): TimeNs {
    let readyNs = Number.POSITIVE_INFINITY;
    for (const waiting of this.#classes) {
      if (waiting.frames.length > 0) readyNs = Math.min(readyNs, waiting.clearNs);
    }
    return readyNs;
  }

  /** All that waits, class by class, whether or not it may go yet. */
  *leave(): Generator<Frame> {
    for (const waiting of this.#classes) {
      for (let frame = waiting.frames.shift(); frame !== undefined; frame = waiting.frames.shift()) {
        this.#count(waiting, -1, -frame.virtualLength);
        yield frame;
      }
    }
    this.#next = undefined;
  }

  #choose(now: TimeNs): WaitingClass | undefined {
    let chosen: WaitingClass | undefined;
    for (const waiting of this.#classes) {
      if (waiting.frames.length === 0 || waiting.clearNs > now) continue;
      if (waiting.hasPriority) return waiting;
      if (chosen === undefined || waiting.tag < chosen.tag) chosen = waiting;
    }
    return chosen;
  }

  #count(waiting: WaitingClass, frames: number, bytes: number): void {
    this.length += frames;
    this.bytes += bytes;
    if (!waiting.hasPriority) this.#ordinary += frames;
  }

  /** Tags only compare classes that wait together: small numbers keep their precision. */
  #beginAnew(): void {
    this.#virtual = 0;
    for (const waiting of this.#classes) waiting.tag = 0;
  }
}

/** One class: its frames, and what decides when they may come and go. */
class WaitingClass {
  frames = new FrameQueue(Number.POSITIVE_INFINITY);
  tag = 0;
  readonly name: string;
  readonly hasPriority: boolean;
  readonly #settings: QueueSettings;
  readonly #policer: TokenBucket | undefined;
  readonly #shaper: TokenBucket | undefined;
  readonly #detect: RandomDetect | undefined;
  #emptySinceNs: TimeNs;

  constructor({ clock, random, rateBps }: ClassQueueWorld, settings: QueueSettings) {
    const { name, limitBytes, priorityBps, shapeBps, randomDetect } = settings;
    const now = clock.now();
    const bucket = (bps: number, burstS: number): TokenBucket =>
      new TokenBucket(bps, Math.max((bps * burstS) / 8, LEAST_BURST_BYTES), now);
    this.name = name;
    this.hasPriority = priorityBps !== undefined;
    this.#settings = settings;
    this.#policer = priorityBps === undefined ? undefined : bucket(priorityBps, PRIORITY_BURST_S);
    this.#shaper = shapeBps === undefined ? undefined : bucket(shapeBps, SHAPE_BURST_S);
    this.#detect = randomDetect && new RandomDetect(random.fork(name), limitBytes, rateBps);
    this.#emptySinceNs = now;
  }

  /** When the next frame may go: in the past, or now, where it may already. */
  get clearNs(): TimeNs {
    return this.#shaper === undefined ? 0 : this.#shaper.clearNs;
  }

  /** May the frame come in? It may be marked on the way. */
  admits(frame: Frame, othersWait: boolean, now: TimeNs): boolean {
    const { limitBytes, randomDetect } = this.#settings;
    const { bytes } = this.frames;
    const verdict = this.#detect?.judge(bytes, now - this.#emptySinceNs) ?? 'pass';
    if (bytes + frame.virtualLength > limitBytes) return false;
    if (verdict === 'drop') return false;
    if (verdict === 'choose' && !(randomDetect === 'ecn' && markCongestion(frame.bytes, ipv4At(frame))))
      return false;
    return this.#policer === undefined || this.#policer.take(packetBytes(frame), now) || !othersWait;
  }

  sent(frame: Frame, now: TimeNs): void {
    this.#shaper?.owe(packetBytes(frame), now);
    this.tag += frame.virtualLength / this.#settings.shareBps;
    if (this.frames.length === 0) this.#emptySinceNs = now;
  }
}

/** Frames at a port hold IPv4, or one label and then IPv4. */
function ipv4At({ bytes, start }: Frame): number {
  return start + ETHERNET_HEADER + (etherType(bytes, start) === ETHERTYPE_MPLS ? MPLS_ENTRY : 0);
}

/** Rates are those of IPv4 packets: the label of the shadow plane makes no difference. */
function packetBytes(frame: Frame): number {
  return ipv4TotalLength(frame.bytes, ipv4At(frame));
}
