/**
 * One capture of a run: `captures/<link>.pcapng`. Frames are kept back a little and written block by whole block, so
 * that what a killed run leaves is a file that can be read, up to the last time it was written.
 */
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type FramePlane, planeOfFrame } from '../../net/frame-plane.ts';
import { interfaceDescription, interfaceStatistics, packetBlock, sectionHeader } from '../../net/pcapng.ts';
import { NO_TAG, type Plane } from '../../net/wire.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import { makeFolder } from './folder.ts';

/** Kept back before they are written. */
const BYTES_AT_ONCE = 1 << 18;
/** As much as a replay reads (traffic/capture.ts). */
export const MAX_CAPTURE_BYTES = 64 << 20;
const COMMENT =
  "Each interface is an end of the link and holds the frames that arrived there. Times are the lab's clock: since the run began.";

export interface CaptureLimits {
  /** In the file. */
  readonly packets: number;
  /** Kept of each frame; 0: all. */
  readonly snapBytes: number;
  /** The only one whose frames are kept, with those that are of both. Absent: both. */
  readonly plane?: Plane;
}

/** An end of a link: a node's port. */
export interface CaptureEnd {
  readonly node: string;
  readonly port: string;
}

export class CaptureFile {
  readonly #path: string;
  readonly #limits: CaptureLimits;
  readonly #failed: (error: unknown) => void;
  readonly #maxBytes: number;
  readonly #ends: readonly CaptureEnd[];
  /** By end. */
  readonly #counts: { received: number; dropped: number }[];
  #packets = 0;
  #blocks: Uint8Array[] = [];
  /** Of the file, what is kept back included. */
  #bytes = 0;
  #unwritten = 0;
  #isFull = false;
  #hasFailed = false;
  #remarks: string[] = [];

  /**
   * Makes the file and its folder; throws the system's error where they cannot be made. Where the file cannot be
   * written later, `failed` is told once, nothing more is written, and it holds its beginning in whole blocks.
   */
  constructor(
    path: string,
    ends: readonly CaptureEnd[],
    limits: CaptureLimits,
    madeBy: { readonly hardware: string; readonly application: string },
    failed: (error: unknown) => void,
    maxBytes = MAX_CAPTURE_BYTES,
  ) {
    this.#path = path;
    this.#limits = limits;
    this.#failed = failed;
    this.#maxBytes = maxBytes - ends.length * interfaceStatistics(0, 0, 0, 0).length;
    this.#ends = ends;
    this.#counts = ends.map(() => ({ received: 0, dropped: 0 }));
    makeFolder(dirname(path));
    writeFileSync(path, '');
    this.#add(sectionHeader(madeBy.hardware, madeBy.application, COMMENT));
    for (const { node, port } of ends) this.#add(interfaceDescription(`${node}:${port}`, limits.snapBytes));
    this.flush();
  }

  /** Frames in the file, and those that arrived but are not. */
  get counts(): { readonly packets: number; readonly dropped: number } {
    const dropped = this.#counts.reduce((sum, end) => sum + end.dropped, 0);
    return { packets: this.#packets, dropped };
  }

  /** A remark for the next frame that arrives, beside those that it has already. */
  remark(text: string): void {
    this.#remarks.push(text);
  }

  /** A frame that arrived at that end. It is read, not kept. */
  take(end: number, frame: Frame, timeNs: TimeNs): void {
    const { snapBytes, packets } = this.#limits;
    const of = planeOfFrame(frame.bytes, frame.start, frame.end);
    if (of.plane !== 'both' && of.plane !== (this.#limits.plane ?? of.plane)) return;
    const count = this.#counts[end];
    count.received++;
    if (this.#isFull) {
      count.dropped++;
      return;
    }
    const { bytes, start, length } = frame;
    const kept = snapBytes === 0 ? length : Math.min(length, snapBytes);
    const comments = [...this.#remarks, remarkOf(of, this.#ends[end].node)];
    const block = packetBlock(end, timeNs, bytes.subarray(start, start + kept), length, comments);
    this.#isFull = this.#bytes + block.length > this.#maxBytes;
    if (this.#isFull) {
      count.dropped++;
      return;
    }
    this.#remarks = [];
    this.#isFull = ++this.#packets >= packets;
    this.#add(block);
    if (this.#unwritten >= BYTES_AT_ONCE) this.flush();
  }

  /** Frames arrived at that end and were not seen, for want of room. */
  miss(end: number, frames: number): void {
    this.#counts[end].received += frames;
    this.#counts[end].dropped += frames;
  }

  /** Writes what is kept back. */
  flush(): void {
    if (this.#unwritten === 0) return;
    const blocks = Buffer.concat(this.#blocks);
    this.#blocks = [];
    this.#unwritten = 0;
    if (this.#hasFailed) return;
    try {
      appendFileSync(this.#path, blocks);
    } catch (error) {
      this.#hasFailed = true;
      this.#isFull = true;
      cutTo(this.#path, this.#bytes - blocks.length);
      this.#failed(error);
    }
  }

  /** The last of the file: what each end counted. */
  end(timeNs: TimeNs): void {
    for (const [end, { received, dropped }] of this.#counts.entries()) {
      this.#add(interfaceStatistics(end, timeNs, received, dropped));
    }
    this.flush();
  }

  #add(block: Uint8Array): void {
    this.#blocks.push(block);
    this.#bytes += block.length;
    this.#unwritten += block.length;
  }
}

/** `shadow plane, arrived at DNVR`, and the tag that it is under. */
function remarkOf({ plane, tag }: FramePlane, node: string): string {
  const of = plane === 'both' ? 'both planes' : `${plane} plane`;
  return `${of}, arrived at ${node}${tag === NO_TAG ? '' : `, tag ${tag}`}`;
}

/** A block that was written in part is taken off again, where that can be done. */
function cutTo(path: string, bytes: number): void {
  try {
    truncateSync(path, bytes);
  } catch {
    // The file is away: why it cannot be written is told already.
  }
}
