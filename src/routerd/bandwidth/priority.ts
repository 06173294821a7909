/** The real plane first, the shadow in what is left: a real frame waits for one shadow frame at most. */
import type { Plane } from '../../net/wire.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { BandwidthSettings, MakeOutputQueue, PlaneQueue } from './bandwidth.ts';
import { ScheduledPort, type Scheduler } from './scheduled-port.ts';

export const makePriorityQueue: MakeOutputQueue<Extract<BandwidthSettings, { mode: 'priority' }>> = (
  clock,
  port,
  queues,
) => new ScheduledPort(clock, port, queues, new Priority(queues));

class Priority implements Scheduler {
  readonly passes = true;
  readonly #real: PlaneQueue;
  readonly #shadow: PlaneQueue;

  constructor({ real, shadow }: Readonly<Record<Plane, PlaneQueue>>) {
    this.#real = real;
    this.#shadow = shadow;
  }

  next(): Frame | undefined {
    if (this.#real.peek() !== undefined) return this.#real.shift();
    return this.#shadow.peek() === undefined ? undefined : this.#shadow.shift();
  }

  readyNs(): TimeNs {
    return Math.min(this.#real.readyNs, this.#shadow.readyNs);
  }
}
