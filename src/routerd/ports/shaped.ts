/**
 * A real port behind a link of given rate, delay, jitter, loss and queue: what is sent is held here until it would
 * have arrived at the link's other end, and only then goes out. What comes in is not touched, as the other end holds
 * back its own; but where the other end is somebody's kernel, which does not, its part is done here as well. It is the
 * embedded links' own shaper, so the same numbers mean the same in every world, and the kernel needs no queueing
 * discipline.
 */
import type { Mac } from '../../net/address.ts';
import type { Clock, TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { Port } from '../../world/port.ts';
import type { Random } from '../../world/random.ts';
import { type LinkParameters, type LostFrames, Shaper } from './shaper.ts';

export class ShapedPort implements Port {
  readonly name: string;
  readonly mac: Mac;
  readonly mtu: number;
  readonly labelRoom: number | undefined;
  readonly rateBps: number;
  readonly #inner: Port;
  readonly #shaper: Shaper;
  readonly #shaperFor: (arrived: (frame: Frame) => void) => Shaper;
  readonly #bothWays: boolean;

  /**
   * Where the link's rate is Infinity, the port counts as fast as `inner` does. `bothWays`: what comes in is held back
   * as well.
   */
  constructor(clock: Clock, random: Random, link: LinkParameters, inner: Port, bothWays = false) {
    this.name = inner.name;
    this.mac = inner.mac;
    this.mtu = link.mtu;
    this.labelRoom = inner.labelRoom;
    this.rateBps = Number.isFinite(link.rateBps) ? link.rateBps : inner.rateBps;
    this.#inner = inner;
    this.#bothWays = bothWays;
    this.#shaper = new Shaper(clock, random, link, (frame) => inner.send(frame));
    this.#shaperFor = (arrived) => new Shaper(clock, random.fork('received'), link, arrived);
  }

  get busyUntilNs(): TimeNs {
    return this.#shaper.busyUntilNs;
  }

  get lost(): LostFrames {
    return this.#shaper.lost;
  }

  send(frame: Frame): boolean {
    return this.#shaper.send(frame);
  }

  receiver(receive: (frame: Frame) => void): void {
    if (!this.#bothWays) {
      this.#inner.receiver(receive);
      return;
    }
    const shaper = this.#shaperFor(receive);
    this.#inner.receiver((frame) => {
      if (!shaper.send(frame)) frame.release();
    });
  }
}
