/**
 * A fair share for each plane: deficit round robin (M. Shreedhar, G. Varghese, "Efficient fair queueing using
 * deficit round robin", SIGCOMM 1995) over two queues. A plane that has nothing waiting saves nothing up, and
 * its share goes to the other.
 */
import { ETHERNET_HEADER } from '../../net/ethernet.ts';
import { MPLS_ENTRY } from '../../net/mpls.ts';
import type { Plane } from '../../net/wire.ts';
import type { Clock, TimeNs, Timer } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { Port } from '../../world/port.ts';
import {
  CONTROL,
  type MakeOutputQueue,
  type OutputQueue,
  type PlaneQueue,
  type QueueClass,
} from './bandwidth.ts';
import { FrameQueue } from './frame-queue.ts';

export const makeFairQueue: MakeOutputQueue = (clock, port, queues) => new FairQueue(clock, port, queues);

/** Control packets that may wait, in bytes: they are few. */
const CONTROL_LIMIT = 262_144;

interface Share {
  readonly queue: PlaneQueue;
  /** Bytes that it may still send in this round. */
  deficit: number;
}

class FairQueue implements OutputQueue {
  readonly #clock: Clock;
  readonly #port: Port;
  /** At least the longest frame, so that every turn sends something (Shreedhar and Varghese, theorem 2). */
  readonly #quantum: number;
  readonly #control = new FrameQueue(CONTROL_LIMIT);
  readonly #real: Share;
  readonly #shadow: Share;
  #turn: Share;
  /** Undefined where nothing waits. */
  #waking: Timer | undefined = undefined;
  readonly #wake = (): void => {
    this.#waking = undefined;
    this.#serve();
  };

  constructor(clock: Clock, port: Port, queues: Readonly<Record<Plane, PlaneQueue>>) {
    this.#clock = clock;
    this.#port = port;
    this.#quantum = port.mtu + ETHERNET_HEADER + MPLS_ENTRY;
    this.#real = { queue: queues.real, deficit: 0 };
    this.#shadow = { queue: queues.shadow, deficit: 0 };
    this.#turn = this.#real;
  }

  send(frame: Frame, plane: Plane, slot: 0 | 1, queueClass: QueueClass): boolean {
    const queue = queueClass === CONTROL ? this.#control : this.#shareOf(plane).queue;
    const isFree = this.#port.busyUntilNs <= this.#clock.now();
    if (isFree && this.#waking === undefined && queue.passes(slot)) return this.#port.send(frame);
    if (!queue.push(frame, slot, queueClass)) return false;
    if (isFree) this.#serve();
    else if (this.#waking === undefined) this.#wakeAt(this.#port.busyUntilNs);
    return true;
  }

  waitingBytes(plane: Plane): number {
    return this.#shareOf(plane).queue.bytes;
  }

  #shareOf(plane: Plane): Share {
    return plane === 'real' ? this.#real : this.#shadow;
  }

  #wakeAt(timeNs: TimeNs): void {
    this.#waking = this.#clock.after(Math.max(timeNs - this.#clock.now(), 0), this.#wake);
  }

  #serve(): void {
    this.#waking?.cancel();
    this.#waking = undefined;
    while (this.#port.busyUntilNs <= this.#clock.now()) {
      const frame = this.#next();
      if (frame === undefined) break;
      this.#port.send(frame);
    }
    const readyNs = Math.min(this.#control.readyNs, this.#real.queue.readyNs, this.#shadow.queue.readyNs);
    if (readyNs < Number.POSITIVE_INFINITY) this.#wakeAt(Math.max(readyNs, this.#port.busyUntilNs));
  }

  /** Undefined where nothing waits, or nothing that waits may go yet. */
  #next(): Frame | undefined {
    if (this.#control.length > 0) return this.#control.shift();
    for (let turns = 0; turns <= 2; turns++) {
      const share = this.#turn;
      const first = share.queue.peek();
      if (first !== undefined && first.virtualLength <= share.deficit) {
        share.deficit -= first.virtualLength;
        return share.queue.shift();
      }
      if (first === undefined) share.deficit = 0;
      this.#turn = share === this.#real ? this.#shadow : this.#real;
      this.#turn.deficit += this.#quantum;
    }
    return undefined;
  }
}
