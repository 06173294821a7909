/** What the two ends of a connection agree on in their SYNs: options, sizes of segments, scales of windows. */
import { MAX_WINDOW_SCALE, SYN, type TcpOptions, type TcpSegment } from '../net/tcp.ts';
import type { Clock } from '../world/clock.ts';
import type { TcpSettings } from './settings.ts';
import { Timestamps } from './timestamps.ts';

/** RFC 9293 3.7.1: what the other end takes where it does not say. */
const DEFAULT_SEGMENT_BYTES = 536;
/** Smaller segments than this are not made, whatever anyone says: they would be nearly all header. */
const MIN_SEGMENT_BYTES = 64;
const TIMESTAMPS_LENGTH = 12;
const MAX_WINDOW_FIELD = 0xffff;

export class Agreement {
  readonly #ownSegmentBytes: number;
  readonly #receiveBufferBytes: number;
  /** Largest segments without options that the other end takes, and that the path carries. */
  #peerSegmentBytes = DEFAULT_SEGMENT_BYTES;
  #pathSegmentBytes: number;
  #scales: boolean;
  #sendScale = 0;
  #receiveScale: number;
  sack: boolean;
  timestamps: Timestamps | undefined;

  /** `segmentBytes`: largest segment without options that the way out carries. */
  constructor(settings: TcpSettings, segmentBytes: number, clock: Clock, initialTimestamp: number) {
    this.#ownSegmentBytes = segmentBytes;
    this.#pathSegmentBytes = Math.max(segmentBytes, MIN_SEGMENT_BYTES);
    this.#receiveBufferBytes = settings.receiveBufferBytes;
    this.#scales = settings.windowScale;
    this.#receiveScale = scaleFor(settings.receiveBufferBytes);
    this.sack = settings.sack;
    if (settings.timestamps) this.timestamps = new Timestamps(clock, initialTimestamp);
  }

  /** The options of a SYN; once the other one is known, only what it offered (RFC 7323 2.5, 3.2; RFC 2018 2). */
  offer(): TcpOptions {
    return {
      mss: this.#ownSegmentBytes,
      ...(this.sack ? { sackPermitted: true } : {}),
      ...(this.#scales ? { windowScale: this.#receiveScale } : {}),
    };
  }

  /** Takes what the other end's SYN offers. */
  take(options: TcpOptions): void {
    this.#peerSegmentBytes = Math.max(options.mss ?? DEFAULT_SEGMENT_BYTES, MIN_SEGMENT_BYTES);
    this.sack &&= options.sackPermitted === true;
    if (options.timestamps === undefined) this.timestamps = undefined;
    this.timestamps?.remember(options);
    this.#scales &&= options.windowScale !== undefined;
    this.#sendScale = this.#scales ? (options.windowScale ?? 0) : 0;
    if (!this.#scales) this.#receiveScale = 0;
  }

  /** The path carries only such segments, without options. False where that is not less than was known. */
  narrow(segmentBytes: number): boolean {
    if (segmentBytes >= this.#pathSegmentBytes) return false;
    this.#pathSegmentBytes = Math.max(segmentBytes, MIN_SEGMENT_BYTES);
    return true;
  }

  /** Largest segment without options that is sent: Eff.snd.MSS. */
  get segmentBytes(): number {
    return Math.min(this.#peerSegmentBytes, this.#pathSegmentBytes);
  }

  /** Payload of such a segment. */
  get payloadBytes(): number {
    return this.segmentBytes - (this.timestamps === undefined ? 0 : TIMESTAMPS_LENGTH);
  }

  /** SACK blocks that fit beside the other options. */
  get sackBlocks(): number {
    return this.timestamps === undefined ? 4 : 3;
  }

  /** Bytes that the other end's segment gives leave to send. With SYN the field is not shifted (RFC 7323 2.2). */
  windowOf({ flags, window }: TcpSegment): number {
    return window * ((flags & SYN) === 0 ? 2 ** this.#sendScale : 1);
  }

  /** The field of our segment that gives leave to send `bytes`, or what it can say of them. */
  windowField(bytes = this.#receiveBufferBytes, flags = 0): number {
    const unit = (flags & SYN) === 0 ? 2 ** this.#receiveScale : 1;
    return Math.min(Math.floor(bytes / unit), MAX_WINDOW_FIELD);
  }
}

/** The smallest shift by which the largest window can be said. */
function scaleFor(bufferBytes: number): number {
  let scale = 0;
  while (scale < MAX_WINDOW_SCALE && bufferBytes > MAX_WINDOW_FIELD * 2 ** scale) scale++;
  return scale;
}
