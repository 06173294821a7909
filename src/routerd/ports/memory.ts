/**
 * Links in memory, for machines in one process: each end is a `Port`, and a frame handed to one arrives at the
 * others after the time that it takes to be sent and to travel.
 *
 * Two ends make a point-to-point link, more a segment where everyone hears every frame and filters by address;
 * each end sends at full rate for itself, as through a switch (shaper.ts).
 */
import type { Mac } from '../../net/address.ts';
import type { Clock, TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { Port } from '../../world/port.ts';
import type { Random } from '../../world/random.ts';
import { type LinkParameters, type LostFrames, Shaper } from './shaper.ts';

export type { LinkParameters, LostFrames } from './shaper.ts';

export interface MemoryPort extends Port {
  readonly lost: LostFrames;
  /** Has `look` see, and read, what arrives here from now on, before its machine does; one at a time. */
  tap(look: ((frame: Frame) => void) | undefined): void;
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
  readonly #shaper: Shaper;
  #others: readonly LinkEnd[] = [];
  #receive: ((frame: Frame) => void) | undefined;
  #look: ((frame: Frame) => void) | undefined;

  constructor(clock: Clock, random: Random, link: LinkParameters, name: string, mac: Mac) {
    this.name = name;
    this.mac = mac;
    this.mtu = link.mtu;
    this.rateBps = link.rateBps;
    this.#shaper = new Shaper(clock, random, link, (frame) => this.#deliver(frame));
  }

  get busyUntilNs(): TimeNs {
    return this.#shaper.busyUntilNs;
  }

  get lost(): LostFrames {
    return this.#shaper.lost;
  }

  join(others: readonly LinkEnd[]): void {
    this.#others = others;
  }

  receiver(receive: (frame: Frame) => void): void {
    if (this.#receive !== undefined) throw new Error(`port ${this.name} has its receiver already`);
    this.#receive = receive;
  }

  tap(look: ((frame: Frame) => void) | undefined): void {
    this.#look = look;
  }

  send(frame: Frame): boolean {
    return this.#shaper.send(frame);
  }

  #deliver(frame: Frame): void {
    const last = this.#others.length - 1;
    for (let index = 0; index < last; index++) this.#others[index].#arrive(frame.clone());
    if (last >= 0) this.#others[last].#arrive(frame);
  }

  #arrive(frame: Frame): void {
    this.#look?.(frame);
    this.#receive?.(frame);
  }
}
