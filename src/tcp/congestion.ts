/** What congestion control is to a sender: how many bytes may be on their way. Two kinds: NewReno and CUBIC. */
import type { TimeNs } from '../world/clock.ts';

export type CongestionControlName = 'new-reno' | 'cubic';

export interface CongestionControl {
  /** The congestion window in bytes. */
  readonly window: number;
  readonly inSlowStart: boolean;
  /** So many new bytes were acknowledged while the window was what held the sender back. */
  acknowledged(bytes: number, nowNs: TimeNs, roundTripNs: TimeNs): void;
  /** Something was lost while `flight` bytes were on their way; called once a round trip at most. */
  lost(flight: number): void;
  /** Nothing was heard for a whole time-out. `again`: nor since the last one. */
  timedOut(flight: number, again: boolean): void;
  /** Nothing was sent for so long that the window says nothing any more (RFC 5681 4.1). */
  restart(): void;
  /** Segments became smaller: the path carries less than was thought. */
  resize(segmentBytes: number): void;
}

/** Bytes that may be sent before anything is known of the path: RFC 6928. */
export function initialWindow(segmentBytes: number): number {
  return Math.min(10 * segmentBytes, Math.max(2 * segmentBytes, 14_600));
}
