/**
 * Links in memory, for machines in one process: each end is a `Port`, and a frame handed to one arrives at the
 * others after the time that it takes to be sent and to travel.
 *
 * Two ends make a point-to-point link, more a segment where everyone hears every frame and filters by address;
 * each end sends at full rate for itself, as through a switch. Frames of one end never overtake one another,
 * whatever the jitter. So when a frame is handed over it is known when it arrives, it costs one event, and only
 * the first one of those on their way has its event pending: clocks stay small however long the links are.
 */
import type { Mac } from '../../net/address.ts';
import { ETHERNET_HEADER } from '../../net/ethernet.ts';
import type { Clock, TimeNs } from '../../world/clock.ts';
import { type Frame, HEADROOM } from '../../world/frame.ts';
import type { Port } from '../../world/port.ts';
import type { Random } from '../../world/random.ts';
import { Flight } from './flight.ts';

export interface LinkParameters {
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

export interface MemoryPort extends Port {
  readonly lost: LostFrames;
}

/** Joins the ends by a link; the ports are in the order of `ends`. Every end draws random numbers of its own. */
export function joinMemoryLink(
  clock: Clock,
  random: Random,
  parameters: LinkParameters,
  ends: readonly { readonly name: string; readonly mac: Mac }[],
): readonly MemoryPort[] {
  const ports = ends.map(({ name, mac }, index) => {
    return new LinkEnd(clock, random.fork(`${index}/${name}`), parameters, name, mac);
  });
  for (const port of ports) port.join(ports.filter((other) => other !== port));
  return ports;
}

class LinkEnd implements MemoryPort {
  readonly name: string;
  readonly mac: Mac;
  readonly mtu: number;
  readonly rateBps: number;
  readonly lost = { queue: 0, loss: 0, oversize: 0 };
  busyUntilNs: TimeNs = 0;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #link: LinkParameters;
  readonly #nsPerByte: number;
  readonly #longest: number;
  #others: readonly LinkEnd[] = [];
  #receive: ((frame: Frame) => void) | undefined;
  #lastArrivalNs: TimeNs = 0;
  readonly #flying = new Flight();
  readonly #arrive = (): void => {
    const frame = this.#flying.shift();
    if (this.#flying.length > 0) this.#clock.call(this.#flying.nextNs - this.#clock.now(), this.#arrive);
    if (frame !== undefined) this.#deliver(frame);
  };

  constructor(clock: Clock, random: Random, link: LinkParameters, name: string, mac: Mac) {
    this.#clock = clock;
    this.#random = random;
    this.#link = link;
    this.name = name;
    this.mac = mac;
    this.mtu = link.mtu;
    this.rateBps = link.rateBps;
    this.#nsPerByte = 8e9 / link.rateBps;
    this.#longest = link.mtu + ETHERNET_HEADER + HEADROOM;
  }

  join(others: readonly LinkEnd[]): void {
    this.#others = others;
  }

  receiver(receive: (frame: Frame) => void): void {
    if (this.#receive !== undefined) throw new Error(`port ${this.name} has its receiver already`);
    this.#receive = receive;
  }

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

  #deliver(frame: Frame): void {
    const last = this.#others.length - 1;
    for (let index = 0; index < last; index++) this.#others[index].#receive?.(frame.clone());
    if (last >= 0) this.#others[last].#receive?.(frame);
  }
}
