import { packetBytes } from '../net/bytes.ts';

/**
 * A frame on its way: real bytes in a buffer with room in front, so that a label is put on or taken off by
 * moving `start`, not by copying, and some room behind. Whoever holds a frame owns it: handing it to a port gives
 * it away, and whoever needs it last may `release` it, for another packet to use.
 */
export class Frame {
  readonly bytes: Uint8Array;
  /** Index of the frame's first byte (Ethernet destination). */
  start: number;
  /** Index after the frame's last byte. No frame check sequence is carried. */
  end: number;
  /** Bytes of payload that packet cancellation has cut off behind `end`: on no wire, yet counted everywhere. */
  cancelled = 0;
  /** How long ago it would have arrived, had its plane had the link alone (packet cancellation). */
  lateNs = 0;
  /** Where it waits between two packets; undefined where its bytes came from elsewhere. */
  readonly #shelf: Shelf | undefined;
  #isFree = false;

  constructor(bytes: Uint8Array, start: number, end: number, shelf?: Shelf) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#shelf = shelf;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** What the frame would have with its cancelled payload: the length that queues and policers go by. */
  get virtualLength(): number {
    return this.end - this.start + this.cancelled;
  }

  clone(): Frame {
    const copy = takeFrame(this.bytes.length);
    copy.bytes.set(this.bytes);
    copy.bytes.fill(0, this.bytes.length);
    copy.start = this.start;
    copy.end = this.end;
    copy.cancelled = this.cancelled;
    copy.lateNs = this.lateNs;
    return copy;
  }

  /**
   * Says that nobody needs the frame any more: it will be another packet's. Its owner may say so, once; an Error
   * the second time. It need not be said: a frame that is merely forgotten is garbage like any other object.
   */
  release(): void {
    if (this.#isFree) throw new Error('a frame was released twice');
    this.#isFree = this.#shelf !== undefined;
    this.#shelf?.put(this);
  }

  /** For the shelf: in use again. */
  reuse(): Frame {
    this.#isFree = false;
    this.cancelled = 0;
    this.lateNs = 0;
    return this;
  }
}

/** Bytes kept free in front of a new frame: room for label stack entries. */
export const HEADROOM = 32;

/** A frame of `length` zero bytes with headroom. Before and behind them are zeros as well. */
export function newFrame(length: number): Frame {
  const frame = unwrittenFrame(length);
  frame.bytes.fill(0);
  return frame;
}

/** A frame of `length` bytes with headroom, all of them to be written: they are what another packet left. */
export function unwrittenFrame(length: number): Frame {
  const frame = takeFrame(HEADROOM + length);
  frame.start = HEADROOM;
  frame.end = HEADROOM + length;
  return frame;
}

/** A frame holding a copy of `contents`, with headroom. */
export function frameOf(contents: Uint8Array): Frame {
  const frame = unwrittenFrame(contents.length);
  frame.bytes.set(contents, frame.start);
  return frame;
}

/** Free frames of one size, bounded; the one that was used last is used next, as the processor still has it. */
class Shelf {
  readonly #size: number;
  readonly #limit: number;
  readonly #frames: Frame[] = [];

  constructor(size: number) {
    this.#size = size;
    this.#limit = Math.floor(SHELF_BYTES / size);
  }

  take(): Frame {
    return this.#frames.pop()?.reuse() ?? new Frame(packetBytes(this.#size), 0, 0, this);
  }

  put(frame: Frame): void {
    if (this.#frames.length < this.#limit) this.#frames.push(frame);
  }
}

/** Bytes that lie on one shelf at most. */
const SHELF_BYTES = 8_388_608;
const SMALLEST_BITS = 8;
/**
 * Sizes are powers of two less 64: headers of frames that lie one behind the other then fall into different sets
 * of the processor's caches.
 */
const SHELVES = Array.from({ length: 7 }, (_, index) => new Shelf(2 ** (SMALLEST_BITS + index) - 64));

/** A frame with at least so many bytes, left from another packet; its start and end are still to be set. */
function takeFrame(size: number): Frame {
  const index = Math.max(0, 32 - Math.clz32(size + 63) - SMALLEST_BITS);
  return SHELVES[index]?.take() ?? new Frame(packetBytes(size), 0, 0);
}
