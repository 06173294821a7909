/**
 * A port where frames of both planes wait for their turn. What all such modes have in common is here: the
 * routers' own control packets in a bounded queue of their own, which goes first; sending one frame at a time,
 * whenever the port is free; waking for a frame that is shaped; giving back the payload that packet cancellation
 * has cut off. A mode is a `Scheduler`: whose turn is it?
 */
import type { Plane } from '../../net/wire.ts';
import type { Clock, TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { Port } from '../../world/port.ts';
import { CONTROL, type OutputQueue, type PlaneQueue, type QueueClass } from './bandwidth.ts';
import { inflated } from './bundle.ts';
import { FrameQueue } from './frame-queue.ts';
import { Wake } from './wake.ts';

/** Control packets that may wait at a port, in bytes: they are few. */
export const CONTROL_LIMIT = 262_144;

export interface Scheduler {
  /** May a frame go to the free port without being seen here, where nothing waits? */
  readonly passes: boolean;
  /** Takes the next frame from its queue; undefined where nothing waits, or nothing that waits may go yet. */
  next(nowNs: TimeNs): Frame | undefined;
  /** When there may be one. Infinity: nothing waits. */
  readyNs(): TimeNs;
}

export class ScheduledPort implements OutputQueue {
  readonly #clock: Clock;
  readonly #port: Port;
  readonly #queues: Readonly<Record<Plane, PlaneQueue>>;
  readonly #scheduler: Scheduler;
  readonly #control = new FrameQueue(CONTROL_LIMIT);
  readonly #wake: Wake;

  constructor(clock: Clock, port: Port, queues: Readonly<Record<Plane, PlaneQueue>>, scheduler: Scheduler) {
    this.#clock = clock;
    this.#port = port;
    this.#queues = queues;
    this.#scheduler = scheduler;
    this.#wake = new Wake(clock, () => this.#serve());
  }

  send(frame: Frame, plane: Plane, slot: 0 | 1, queueClass: QueueClass): boolean {
    const isControl = queueClass === CONTROL;
    if (this.#port.busyUntilNs <= this.#clock.now()) {
      const isEmpty = this.#control.length + this.#queues.real.length + this.#queues.shadow.length === 0;
      const passes = isControl || (this.#scheduler.passes && this.#queues[plane].passes(slot));
      if (isEmpty && passes) return this.#transmit(frame);
      // What waited for this very moment goes before what comes in it.
      this.#serve();
    }
    const queue = isControl ? this.#control : this.#queues[plane];
    if (!queue.push(frame, slot, queueClass)) return false;
    this.#serve();
    return true;
  }

  waitingBytes(plane: Plane): number {
    return this.#queues[plane].bytes;
  }

  forEach(visit: (frame: Frame) => void): void {
    this.#control.forEach(visit);
    this.#queues.real.forEach(visit);
    this.#queues.shadow.forEach(visit);
  }

  #serve(): void {
    const now = this.#clock.now();
    while (this.#port.busyUntilNs <= now) {
      const frame = this.#control.shift() ?? this.#scheduler.next(now);
      if (frame === undefined) break;
      this.#transmit(frame);
    }
    const readyNs = this.#control.length > 0 ? now : this.#scheduler.readyNs();
    // At least a step on: a scheduler that is ready and yet has nothing would stop the clock.
    const freeNs = this.#port.busyUntilNs;
    this.#wake.at(freeNs > now ? Math.max(freeNs, readyNs) : Math.max(now + 1, readyNs));
  }

  #transmit(frame: Frame): boolean {
    const whole = inflated(frame);
    whole.lateNs = 0;
    if (!this.#port.send(whole)) return false;
    if (whole !== frame) frame.release();
    return true;
  }
}
