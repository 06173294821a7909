/**
 * What of one plane waits at a port, for both slots. A slot with an output policy has its classes; where neither
 * has one, this is a plain queue. Packets of the slot that no longer plays the plane go first, so that a swap
 * reorders nothing. A policy may come and go while frames wait: those of classes that stay wait on in them, the
 * others go before all else, in their order.
 */
import type { TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { ServicePolicy } from '../forwarding/contract.ts';
import { queueingOf } from '../qos/queueing.ts';
import { CONTROL, type PlaneQueue, type QueueClass } from './bandwidth.ts';
import { ClassQueue, type ClassQueueWorld } from './class-queue.ts';
import { FrameQueue } from './frame-queue.ts';

export class SlotQueues implements PlaneQueue {
  readonly #world: ClassQueueWorld;
  readonly limitBytes: number;
  /** Which slot plays the plane now. */
  readonly #playing: () => 0 | 1;
  readonly #plain: FrameQueue;
  readonly #classes: [ClassQueue | undefined, ClassQueue | undefined] = [undefined, undefined];
  readonly #policies: [ServicePolicy | undefined, ServicePolicy | undefined] = [undefined, undefined];
  readonly #references: [number, number] = [0, 0];
  /** Of classes that are no more. Bounded by what they were allowed. */
  readonly #leaving = new FrameQueue(Number.POSITIVE_INFINITY);
  /** Is there anything but plain frames to look at? */
  #simple = true;
  #next: PlaneQueue | undefined = undefined;
  #ordered: readonly PlaneQueue[] = [];
  #orderedFor: 0 | 1 | undefined = undefined;

  constructor(world: ClassQueueWorld, limitBytes: number, playing: () => 0 | 1) {
    this.#world = world;
    this.limitBytes = limitBytes;
    this.#playing = playing;
    this.#plain = new FrameQueue(limitBytes);
  }

  /** The slot's output policy from now on; `referenceBps` is what its percentages refer to. */
  configure(slot: 0 | 1, policy: ServicePolicy | undefined, referenceBps: number): void {
    const former = this.#classes[slot];
    if (policy === this.#policies[slot] && referenceBps === this.#references[slot]) return;
    this.#policies[slot] = policy;
    this.#references[slot] = referenceBps;
    if (policy === undefined && former === undefined) return;
    const world = { ...this.#world, random: this.#world.random.fork(`${slot}`) };
    this.#classes[slot] =
      policy && new ClassQueue(world, queueingOf(policy, referenceBps, this.limitBytes), former);
    if (former !== undefined) for (const frame of former.leave()) this.#leaving.push(frame);
    else for (let frame = this.#plain.shift(); frame; frame = this.#plain.shift()) this.#leaving.push(frame);
    this.#next = undefined;
    this.#orderedFor = undefined;
    this.#look();
  }

  get length(): number {
    if (this.#simple) return this.#plain.length;
    let length = 0;
    for (const queue of this.#queues()) length += queue.length;
    return length;
  }

  get bytes(): number {
    if (this.#simple) return this.#plain.bytes;
    let bytes = 0;
    for (const queue of this.#queues()) bytes += queue.bytes;
    return bytes;
  }

  get readyNs(): TimeNs {
    if (this.#simple) return this.#plain.readyNs;
    let readyNs = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues()) readyNs = Math.min(readyNs, queue.readyNs);
    return readyNs;
  }

  passes(slot: 0 | 1): boolean {
    return this.#simple || this.#classes[slot] === undefined;
  }

  push(frame: Frame, slot: 0 | 1, queueClass: QueueClass): boolean {
    if (this.#simple) return this.#plain.push(frame);
    const classes = this.#classes[slot];
    if (classes === undefined || queueClass === CONTROL) return this.#plain.push(frame);
    this.#next = undefined;
    return classes.push(frame, slot, queueClass);
  }

  peek(): Frame | undefined {
    if (this.#simple) return this.#plain.peek();
    this.#next ??= this.#queues().find((queue) => queue.peek() !== undefined);
    return this.#next?.peek();
  }

  shift(): Frame | undefined {
    if (this.#simple) return this.#plain.shift();
    const frame = this.peek() && this.#next?.shift();
    this.#next = undefined;
    if (this.#leaving.length === 0) this.#look();
    return frame;
  }

  forEach(visit: (frame: Frame) => void): void {
    for (const queue of this.#queues()) queue.forEach(visit);
  }

  #look(): void {
    const [first, second] = this.#classes;
    this.#simple = first === undefined && second === undefined && this.#leaving.length === 0;
  }

  /** In the order in which they are served. */
  #queues(): readonly PlaneQueue[] {
    const playing = this.#playing();
    if (this.#orderedFor !== playing) this.#ordered = this.#inOrder(playing);
    this.#orderedFor = playing;
    return this.#ordered;
  }

  #inOrder(playing: 0 | 1): readonly PlaneQueue[] {
    const [now, before] = playing === 0 ? this.#classes : [this.#classes[1], this.#classes[0]];
    const queues: PlaneQueue[] = [this.#leaving];
    if (now !== undefined) queues.push(this.#plain);
    if (before !== undefined) queues.push(before);
    queues.push(now ?? this.#plain);
    return queues;
  }
}
