/**
 * What a link does to the frames of one of its ends: one after the other at its rate, some lost, the others there
 * after its delay. Frames never overtake one another, whatever the jitter. So when a frame is handed over it is known
 * when it arrives, it costs one event, and only the first one of those on their way has its event pending: clocks
 * stay small however long the links are.
 */
import { ETHERNET_HEADER } from '../../net/ethernet.ts';
import type { Clock, TimeNs } from '../../world/clock.ts';
import { type Frame, HEADROOM } from '../../world/frame.ts';
import type { Random } from '../../world/random.ts';
import { Flight } from './flight.ts';

export interface LinkParameters {
  /** Infinity: frames take no time to be sent. */
  readonly rateBps: number;
  readonly delayNs: TimeNs;
  /** Added to the delay, uniform in [0, jitterNs). */
  readonly jitterNs: TimeNs;
  /** Share of frames lost on the way, 0 .. 1. */
  readonly loss: number;
  /** Bytes that may wait at each end, the frame being sent included. */
  readonly queueBytes: number;
  readonly mtu: number;
}

/** Frames that an end was given and the others never got. */
export interface LostFrames {
  /** The queue was full. */
  readonly queue: number;
  /** Lost on the way, by the link's loss. */
  readonly loss: number;
  /** Longer than the link carries. */
  readonly oversize: number;
}

export class Shaper {
  readonly lost = { queue: 0, loss: 0, oversize: 0 };
  busyUntilNs: TimeNs = 0;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #link: LinkParameters;
  readonly #nsPerByte: number;
  readonly #longest: number;
  #lastArrivalNs: TimeNs = 0;
  readonly #flying = new Flight();
  readonly #arrived: (frame: Frame) => void;
  readonly #arrive = (): void => {
    const frame = this.#flying.shift();
    if (this.#flying.length > 0) this.#clock.call(this.#flying.nextNs - this.#clock.now(), this.#arrive);
    if (frame !== undefined) this.#arrived(frame);
  };

  constructor(clock: Clock, random: Random, link: LinkParameters, arrived: (frame: Frame) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#link = link;
    this.#nsPerByte = 8e9 / link.rateBps;
    this.#longest = link.mtu + ETHERNET_HEADER + HEADROOM;
    this.#arrived = arrived;
  }

  /** As `Port.send`. */
  send(frame: Frame): boolean {
    const now = this.#clock.now();
    const length = frame.length;
    if (length > this.#longest) {
      this.lost.oversize++;
      return false;
    }
    const beginNs = Math.max(this.busyUntilNs, now);
    const waitingBytes = (beginNs - now) / this.#nsPerByte;
    if (waitingBytes > 0 && waitingBytes + length > this.#link.queueBytes) {
      this.lost.queue++;
      return false;
    }
    this.busyUntilNs = beginNs + Math.ceil(length * this.#nsPerByte);
    if (this.#link.loss > 0 && this.#random.next() < this.#link.loss) {
      this.lost.loss++;
      return true;
    }
    let arrivalNs = this.busyUntilNs + this.#link.delayNs;
    if (this.#link.jitterNs > 0) arrivalNs += Math.floor(this.#random.next() * this.#link.jitterNs);
    if (arrivalNs < this.#lastArrivalNs) arrivalNs = this.#lastArrivalNs;
    this.#lastArrivalNs = arrivalNs;
    this.#flying.push(frame, arrivalNs);
    if (this.#flying.length === 1) this.#clock.call(arrivalNs - now, this.#arrive);
    return true;
  }
}
