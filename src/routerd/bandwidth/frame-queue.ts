/** First in, first out, bounded by virtual bytes. A ring that doubles; nothing is allocated per frame. */
import type { Frame } from '../../world/frame.ts';
import type { PlaneQueue } from './bandwidth.ts';

/** Also a plane's queue where its slot has no service policy. */
export class FrameQueue implements PlaneQueue {
  bytes = 0;
  readonly limitBytes: number;
  /** The length is a power of two. */
  #ring: (Frame | undefined)[] = new Array(16).fill(undefined);
  #first = 0;
  #count = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get length(): number {
    return this.#count;
  }

  get readyNs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : 0;
  }

  passes(): boolean {
    return true;
  }

  /** False, and the frame is not taken, where it would exceed the limit. */
  push(frame: Frame): boolean {
    if (this.bytes + frame.virtualLength > this.limitBytes) return false;
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#first + this.#count++) & (this.#ring.length - 1)] = frame;
    this.bytes += frame.virtualLength;
    return true;
  }

  peek(): Frame | undefined {
    return this.#ring[this.#first];
  }

  shift(): Frame | undefined {
    const frame = this.#ring[this.#first];
    if (frame === undefined) return undefined;
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#ring.length - 1);
    this.#count--;
    this.bytes -= frame.virtualLength;
    return frame;
  }

  forEach(visit: (frame: Frame) => void): void {
    for (let index = 0; index < this.#count; index++) {
      const frame = this.#ring[(this.#first + index) & (this.#ring.length - 1)];
      if (frame === undefined) continue;
      const before = frame.virtualLength;
      visit(frame);
      this.bytes += frame.virtualLength - before;
    }
  }

  #grow(): void {
    const mask = this.#ring.length - 1;
    const ordered = this.#ring.map((_, index) => this.#ring[(this.#first + index) & mask]);
    this.#ring = [...ordered, ...new Array(ordered.length).fill(undefined)];
    this.#first = 0;
  }
}
