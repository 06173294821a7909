/**
 * Frames that their plane's virtual link has begun to send, in that order, each with the time at which it will
 * have sent it, and the bytes that are to be kept of its packet (0: it goes as it is). Bounded in frames and in the
 * bytes that they will take on the wire. A ring that doubles; nothing is allocated per frame.
 */
import { RECORD_HEADER } from '../../net/cancellation.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';

export const STAGE_LIMIT = 4096;

export class Stage {
  length = 0;
  readonly #limitBytes: number;
  /** On the wire, behind the real frame of another. */
  #wireBytes = 0;
  /** Powers of two. */
  #frames: (Frame | undefined)[] = new Array(16).fill(undefined);
  #finishes = new Float64Array(16);
  #kept = new Uint16Array(16);
  #first = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** One frame there is always room for. */
  get isFull(): boolean {
    return this.length >= STAGE_LIMIT || this.#wireBytes >= this.#limitBytes;
  }

  /** The one that is `index` places behind the first. */
  frameAt(index: number): Frame | undefined {
    return this.#frames[(this.#first + index) & (this.#frames.length - 1)];
  }

  finishAt(index: number): TimeNs {
    return this.#finishes[(this.#first + index) & (this.#frames.length - 1)];
  }

  keptAt(index: number): number {
    return this.#kept[(this.#first + index) & (this.#frames.length - 1)];
  }

  push(frame: Frame, finishNs: TimeNs, kept: number): void {
    if (this.length === this.#frames.length) this.#grow();
    const at = (this.#first + this.length++) & (this.#frames.length - 1);
    this.#frames[at] = frame;
    this.#finishes[at] = finishNs;
    this.#kept[at] = kept;
    this.#wireBytes += wireBytes(frame, kept);
  }

  shift(): Frame | undefined {
    const frame = this.#frames[this.#first];
    if (frame === undefined) return undefined;
    this.#frames[this.#first] = undefined;
    this.#wireBytes -= wireBytes(frame, this.#kept[this.#first]);
    this.#first = (this.#first + 1) & (this.#frames.length - 1);
    this.length--;
    return frame;
  }

  forEach(visit: (frame: Frame) => void): void {
    for (let index = 0; index < this.length; index++) {
      const frame = this.frameAt(index);
      if (frame !== undefined) visit(frame);
    }
  }

  #grow(): void {
    const { length } = this.#frames;
    const frames: (Frame | undefined)[] = new Array(length * 2).fill(undefined);
    const finishes = new Float64Array(length * 2);
    const kept = new Uint16Array(length * 2);
    for (let index = 0; index < length; index++) {
      frames[index] = this.frameAt(index);
      finishes[index] = this.finishAt(index);
      kept[index] = this.keptAt(index);
    }
    this.#frames = frames;
    this.#finishes = finishes;
    this.#kept = kept;
    this.#first = 0;
  }
}

function wireBytes(frame: Frame, kept: number): number {
  return kept > 0 ? RECORD_HEADER + kept : frame.virtualLength;
}
