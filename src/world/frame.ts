import { packetBytes } from '../net/bytes.ts';

/**
 * A frame on its way: real bytes in a buffer with room in front, so that a label is put on or taken off by
 * moving `start`, not by copying. Whoever holds a frame owns it: handing it to a port gives it away.
 */
export class Frame {
  bytes: Uint8Array;
  /** Index of the frame's first byte (Ethernet destination). */
  start: number;
  /** Index after the frame's last byte. No frame check sequence is carried. */
  end: number;
  /** Bytes of payload that packet cancellation has cut off behind `end`: on no wire, yet counted everywhere. */
  cancelled = 0;
  /** How long ago it would have arrived, had its plane had the link alone (packet cancellation). */
  lateNs = 0;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** What the frame would have with its cancelled payload: the length that queues and policers go by. */
  get virtualLength(): number {
    return this.end - this.start + this.cancelled;
  }

  clone(): Frame {
    const bytes = packetBytes(this.bytes.length);
    bytes.set(this.bytes);
    const copy = new Frame(bytes, this.start, this.end);
    copy.cancelled = this.cancelled;
    return copy;
  }
}

/** Bytes kept free in front of a new frame: room for label stack entries. */
export const HEADROOM = 32;

/** A frame of `length` zero bytes with headroom. */
export function newFrame(length: number): Frame {
  return new Frame(packetBytes(HEADROOM + length), HEADROOM, HEADROOM + length);
}

/** A frame holding a copy of `contents`, with headroom. */
export function frameOf(contents: Uint8Array): Frame {
  const frame = newFrame(contents.length);
  frame.bytes.set(contents, frame.start);
  return frame;
}
