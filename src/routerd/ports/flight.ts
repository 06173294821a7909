/**
 * The frames on their way from one end of a link, with the times at which they arrive, first to arrive first. A
 * ring that doubles; its length is a power of two. Bounded by what the link holds at its rate.
 */
import type { TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';

export class Flight {
  #frames: (Frame | undefined)[] = new Array(16).fill(undefined);
  #arrivals = new Float64Array(16);
  #first = 0;
  #count = 0;

  get length(): number {
    return this.#count;
  }

  /** When the first one arrives; means nothing where there is none. */
  get nextNs(): TimeNs {
    return this.#arrivals[this.#first];
  }

  push(frame: Frame, arrivalNs: TimeNs): void {
    if (this.#count === this.#frames.length) this.#grow();
    const at = (this.#first + this.#count++) & (this.#frames.length - 1);
    this.#frames[at] = frame;
    this.#arrivals[at] = arrivalNs;
  }

  shift(): Frame | undefined {
    const frame = this.#frames[this.#first];
    if (frame === undefined) return undefined;
    this.#frames[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#frames.length - 1);
    this.#count--;
    return frame;
  }

  #grow(): void {
    const length = this.#frames.length;
    const order = Array.from({ length }, (_, index) => (this.#first + index) & (length - 1));
    const arrivals = new Float64Array(length * 2);
    arrivals.set(order.map((at) => this.#arrivals[at]));
    this.#frames = [...order.map((at) => this.#frames[at]), ...new Array(length).fill(undefined)];
    this.#arrivals = arrivals;
    this.#first = 0;
  }
}
