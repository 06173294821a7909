/**
 * The link as one plane would have it alone: it takes frames from the plane's queue and sends them one after the
 * other at the link's full rate, virtually. So the queue is as long, drops as much, and classes and shaping choose
 * as they would without the other plane. What the virtual link has begun stands in its `stage`.
 *
 * Nothing happens at a frame's virtual end, so no event is needed: `advance` catches up before anything is added.
 * Only classes go by the time at which a frame is taken from them: with a service policy it is taken at its time.
 */
import type { TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { PlaneQueue, QueueClass } from './bandwidth.ts';
import { Stage } from './stage.ts';

export class VirtualLink {
  readonly stage: Stage;
  readonly #queue: PlaneQueue;
  readonly #nsPerByte: number;
  readonly #keptOf: (frame: Frame) => number;
  #freeNs: TimeNs = 0;
  /** The stage was full: what comes next begins when there is room, not earlier. */
  #stalled = false;

  /** `keptOf`: bytes that are to be kept of a packet, 0 where its frame goes as it is. */
  constructor(queue: PlaneQueue, nsPerByte: number, keptOf: (frame: Frame) => number) {
    this.#queue = queue;
    this.stage = new Stage(queue.limitBytes);
    this.#keptOf = keptOf;
    this.#nsPerByte = nsPerByte;
  }

  /** When it will have sent what it has begun. */
  get freeNs(): TimeNs {
    return this.#freeNs;
  }

  get waitingBytes(): number {
    return this.#queue.bytes;
  }

  get isIdle(): boolean {
    return this.stage.length === 0 && this.#queue.length === 0;
  }

  /** When it begins the next frame, as far as it is known now. Infinity: nothing waits. */
  get nextStartNs(): TimeNs {
    if (this.#queue.length === 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.#freeNs, Math.ceil(this.#queue.readyNs));
  }

  /** When `advance` has to be called at the latest. */
  get wakeNs(): TimeNs {
    const isPlain = this.#queue.passes(0) && this.#queue.passes(1);
    return isPlain || this.stage.isFull ? Number.POSITIVE_INFINITY : this.nextStartNs;
  }

  /** Begins what it would have begun by now. */
  advance(nowNs: TimeNs): void {
    while (this.nextStartNs <= nowNs) {
      if (this.stage.isFull) {
        this.#stalled = true;
        return;
      }
      if (this.#stalled) this.#freeNs = Math.max(this.#freeNs, nowNs);
      this.#stalled = false;
      const startNs = this.nextStartNs;
      const frame = this.#queue.peek() === undefined ? undefined : this.#queue.shift();
      if (frame === undefined) return;
      this.#begin(frame, startNs);
    }
  }

  /** Takes a frame, after `advance`; false where the plane's queue refuses it. */
  add(frame: Frame, slot: 0 | 1, queueClass: QueueClass, nowNs: TimeNs): boolean {
    const isIdle = this.#freeNs <= nowNs;
    // It may have come late: alone it would have been here, and on its way, already.
    const arrivalNs = this.#queue.length === 0 ? nowNs - frame.lateNs : nowNs;
    frame.lateNs = 0;
    const begins = isIdle && this.#queue.length === 0 && !this.stage.isFull && this.#queue.passes(slot);
    if (begins) {
      this.#begin(frame, Math.max(this.#freeNs, arrivalNs));
      return true;
    }
    if (!this.#queue.push(frame, slot, queueClass)) return false;
    if (isIdle) this.#freeNs = Math.max(this.#freeNs, arrivalNs);
    this.advance(nowNs);
    return true;
  }

  forEach(visit: (frame: Frame) => void): void {
    this.stage.forEach(visit);
    this.#queue.forEach(visit);
  }

  /** A control packet: goes before all that waits. */
  begin(frame: Frame, nowNs: TimeNs): void {
    this.#begin(frame, Math.max(this.#freeNs, nowNs));
  }

  /** A control packet that is sent elsewhere: takes its time nevertheless. */
  occupy(frame: Frame, nowNs: TimeNs): void {
    this.#freeNs = Math.max(this.#freeNs, nowNs) + this.#timeOf(frame);
  }

  #begin(frame: Frame, startNs: TimeNs): void {
    this.#freeNs = startNs + this.#timeOf(frame);
    this.stage.push(frame, this.#freeNs, this.#keptOf(frame));
  }

  #timeOf(frame: Frame): TimeNs {
    return Math.ceil(frame.virtualLength * this.#nsPerByte);
  }
}
