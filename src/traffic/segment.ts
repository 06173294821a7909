/** Segments of a stream: how much media they hold, and how they are cut into packets. */
import { SMALLEST_PROBE_PACKET } from '../net/probe.ts';
import type { TimeNs } from '../world/clock.ts';

/** A request counts them in 16 bits. */
export const MAX_PIECES_PER_SEGMENT = 65_535;

export interface StreamSending {
  readonly kind: 'stream';
  /** Bits of media per second of playing. */
  readonly bitrateBps: number;
  /** How long one segment plays. */
  readonly segmentNs: TimeNs;
  /** Media that the receiver keeps ready at most; at least what `startupNs` needs in whole segments. */
  readonly bufferNs: TimeNs;
  /** Media that must lie ready before playback begins, and goes on after a stall. */
  readonly startupNs: TimeNs;
  /** At which segments are sent, bits of IPv4 packet per second. */
  readonly paceBps: number;
  /** Bytes of a whole piece's IPv4 packet. */
  readonly packetBytes: number;
}

/** How a segment is cut. */
export interface SegmentPlan {
  readonly pieces: number;
  /** Bytes of media. */
  readonly bytes: number;
  /** Bytes of the last piece's IPv4 packet; the others have the stream's `packetBytes`. */
  readonly lastPacketBytes: number;
}

export function segmentPlan({ bitrateBps, segmentNs, packetBytes }: StreamSending): SegmentPlan {
  const room = packetBytes - SMALLEST_PROBE_PACKET;
  const bytes = Math.max(1, Math.round((bitrateBps * segmentNs) / 8e9));
  const pieces = Math.ceil(bytes / room);
  return { pieces, bytes, lastPacketBytes: SMALLEST_PROBE_PACKET + bytes - (pieces - 1) * room };
}

/** Media that the buffer must have room for: the whole segments that playback begins with. */
export function smallestBufferNs({ segmentNs, startupNs }: StreamSending): TimeNs {
  return Math.max(1, Math.ceil(startupNs / segmentNs)) * segmentNs;
}
