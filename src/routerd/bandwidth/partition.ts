/**
 * Each plane its share of the link.
 *
 * *Work-conserving*: start-time fair queueing (P. Goyal, H. Vin, H. Cheng, SIGCOMM 1996) over two flows whose
 * weights are the shares. Virtual time is the start tag of the frame sent last; a plane's next start tag is its
 * last one plus length / share, and the smaller tag goes first. A plane that has nothing to send is carried
 * along by virtual time, so it saves nothing up, and its share goes to the other. While both have frames waiting,
 * what they sent over their shares differs by no more than a longest frame of each over its share (theorem 1).
 *
 * *Strict*: each plane has a link of its own of share × rate: a frame begins no earlier than that link has sent
 * the one before. What the other plane leaves stays idle, so neither ever learns of the other, but for waiting
 * until a frame of it is sent; that the plane makes up for.
 */
import { ETHERNET_HEADER } from '../../net/ethernet.ts';
import { MPLS_ENTRY } from '../../net/mpls.ts';
import type { Plane } from '../../net/wire.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { Port } from '../../world/port.ts';
import type { BandwidthSettings, MakeOutputQueue, PlaneQueue } from './bandwidth.ts';
import { ScheduledPort, type Scheduler } from './scheduled-port.ts';

type PartitionSettings = Extract<BandwidthSettings, { mode: 'partition' }>;

/** Throws a RangeError where the real share is not between 0 and 1. */
export const makePartitionQueue: MakeOutputQueue<PartitionSettings> = (clock, port, queues, settings) => {
  const { realShare, strict } = settings;
  if (!(realShare > 0 && realShare < 1)) {
    throw new RangeError(`a real share of ${realShare} leaves a plane nothing: it must lie between 0 and 1`);
  }
  const scheduler = strict ? new Strict(queues, realShare, port) : new FairShares(queues, realShare);
  return new ScheduledPort(clock, port, queues, scheduler);
};

interface Flow {
  readonly queue: PlaneQueue;
  readonly share: number;
  /** Start tag of its next frame: bytes over share, or with strict shares the time. */
  start: number;
}

type Flows = Readonly<Record<Plane, Flow>>;

function flowsOf(queues: Readonly<Record<Plane, PlaneQueue>>, realShare: number): Flows {
  return {
    real: { queue: queues.real, share: realShare, start: 0 },
    shadow: { queue: queues.shadow, share: 1 - realShare, start: 0 },
  };
}

/** The flow with the smaller start tag of those that have a frame which may go; the real one where equal. */
function firstOf({ real, shadow }: Flows): Flow | undefined {
  if (shadow.queue.peek() === undefined) return real.queue.peek() === undefined ? undefined : real;
  if (real.queue.peek() === undefined) return shadow;
  return real.start <= shadow.start ? real : shadow;
}

class FairShares implements Scheduler {
  readonly passes = true;
  readonly #flows: Flows;
  #virtual = 0;

  constructor(queues: Readonly<Record<Plane, PlaneQueue>>, realShare: number) {
    this.#flows = flowsOf(queues, realShare);
  }

  next(): Frame | undefined {
    const { real, shadow } = this.#flows;
    const flow = firstOf(this.#flows);
    const frame = flow?.queue.shift();
    if (flow === undefined || frame === undefined) return undefined;
    this.#virtual = Math.max(this.#virtual, flow.start);
    flow.start = this.#virtual + frame.virtualLength / flow.share;
    const other = flow === real ? shadow : real;
    if (other.queue.peek() === undefined) other.start = Math.max(other.start, this.#virtual);
    return frame;
  }

  readyNs(): TimeNs {
    return Math.min(this.#flows.real.queue.readyNs, this.#flows.shadow.queue.readyNs);
  }
}

class Strict implements Scheduler {
  readonly passes = false;
  readonly #flows: Flows;
  readonly #nsPerByte: number;
  /** The time that the longest frame takes on the port. */
  readonly #longestNs: number;

  constructor(queues: Readonly<Record<Plane, PlaneQueue>>, realShare: number, port: Port) {
    this.#flows = flowsOf(queues, realShare);
    this.#nsPerByte = 8e9 / port.rateBps;
    this.#longestNs = (port.mtu + ETHERNET_HEADER + MPLS_ENTRY) * this.#nsPerByte;
  }

  next(nowNs: TimeNs): Frame | undefined {
    const flow = firstOf(this.#flows);
    if (flow === undefined || flow.start > nowNs) return undefined;
    const frame = flow.queue.shift();
    if (frame === undefined) return undefined;
    const startNs = Math.max(flow.start, nowNs - this.#longestNs);
    flow.start = startNs + (frame.virtualLength * this.#nsPerByte) / flow.share;
    return frame;
  }

  readyNs(): TimeNs {
    const { real, shadow } = this.#flows;
    return Math.min(Math.max(real.queue.readyNs, real.start), Math.max(shadow.queue.readyNs, shadow.start));
  }
}
