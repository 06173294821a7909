/**
 * Where a machine touches the world: one end of a link. A driver implements it (memory, later AF_PACKET and
 * UDP); routers and hosts only see this.
 */
import type { Mac } from '../net/address.ts';
import type { TimeNs } from './clock.ts';
import type { Frame } from './frame.ts';

export interface Port {
  readonly name: string;
  readonly mac: Mac;
  /** Largest IPv4 packet in bytes that the link carries, labels not counted. */
  readonly mtu: number;
  /** Bytes that a packet of that length may have on top of it, for a label. Left out: enough. */
  readonly labelRoom?: number | undefined;
  readonly rateBps: number;
  /**
   * When the frames handed over so far will have left, in the clock's time. A machine that queues for itself
   * sends only when this is not in the future.
   */
  readonly busyUntilNs: TimeNs;
  /**
   * Gives the frame to the link, which owns it from here on. The link sends frames one after the other at
   * `rateBps`; what exceeds its bounded queue is dropped and counted. Returns false when it was dropped.
   */
  send(frame: Frame): boolean;
  /** Names the one who gets the frames that arrive here. Called once, by the machine, when it is built. */
  receiver(receive: (frame: Frame) => void): void;
}
