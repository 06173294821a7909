/** What a user of TCP may choose. */
import { MILLISECOND, SECOND, type TimeNs } from '../world/clock.ts';
import type { CongestionControlName } from './congestion.ts';

export interface TcpSettings {
  readonly congestionControl: CongestionControlName;
  /** Bytes written and not yet acknowledged, at most; the longest round trip times rate is what it takes. */
  readonly sendBufferBytes: number;
  /** Of these, bytes that were not sent yet, at most. */
  readonly unsentBytes: number;
  /** Bytes received and not yet read, at most. The largest window that is announced. */
  readonly receiveBufferBytes: number;
  /** Small segments leave at once, though others are not acknowledged (no Nagle algorithm, RFC 9293 3.7.4). */
  readonly noDelay: boolean;
  /** How long an acknowledgement waits for data to go with (RFC 9293 3.8.6.3: less than 0.5 s). 0: not at all. */
  readonly delayedAckNs: TimeNs;
  /** Options offered and taken. */
  readonly sack: boolean;
  readonly timestamps: boolean;
  readonly windowScale: boolean;
  /** Least margin of the retransmission time-out over the round-trip time. */
  readonly retransmissionMarginNs: TimeNs;
  /** How often one segment is sent again before the connection is given up (R2 of RFC 9293 3.8.3). */
  readonly maxRetransmissions: number;
  /** The same for a SYN. */
  readonly maxSynRetransmissions: number;
  /** Idle time after which the other end is asked whether it is there; 0: never (RFC 9293 3.8.4). */
  readonly keepAliveNs: TimeNs;
  /** MSL: half of the time that a closed connection's ends stay taken (RFC 9293 3.4.2). */
  readonly maxSegmentLifetimeNs: TimeNs;
}

export const DEFAULT_TCP_SETTINGS: TcpSettings = {
  congestionControl: 'cubic',
  sendBufferBytes: 4 << 20,
  unsentBytes: 256 << 10,
  receiveBufferBytes: 4 << 20,
  noDelay: false,
  delayedAckNs: 40 * MILLISECOND,
  sack: true,
  timestamps: true,
  windowScale: true,
  retransmissionMarginNs: 200 * MILLISECOND,
  maxRetransmissions: 15,
  maxSynRetransmissions: 6,
  keepAliveNs: 0,
  maxSegmentLifetimeNs: 30 * SECOND,
};
