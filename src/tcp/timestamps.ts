/** The timestamps of one connection, RFC 7323: what it says, what it echoes, which segments are from long ago. */
import type { TcpOptions } from '../net/tcp.ts';
import { type Clock, MILLISECOND, SECOND, type TimeNs } from '../world/clock.ts';

/** A tick of the timestamp clock (5.4). */
const TICK_NS = MILLISECOND;
/** What was heard before says nothing any more (5.5). */
const MAX_AGE_NS = 24 * 24 * 3600 * SECOND;

export class Timestamps {
  readonly #clock: Clock;
  readonly #offset: number;
  /** TS.Recent (4.3). */
  #recent = 0;
  #recentAtNs: TimeNs = 0;

  /** `offset`: what the connection's timestamps begin at. */
  constructor(clock: Clock, offset: number) {
    this.#clock = clock;
    this.#offset = offset;
  }

  /** The option of a segment that leaves now. */
  next(): { readonly value: number; readonly echo: number } {
    return { value: this.#now(), echo: this.#recent };
  }

  /** False for a segment that was sent before one that arrived already (PAWS, 5.3 R1). */
  isNew({ timestamps }: TcpOptions): boolean {
    if (timestamps === undefined) return false;
    if (((timestamps.value - this.#recent) | 0) >= 0) return true;
    return this.#clock.now() - this.#recentAtNs >= MAX_AGE_NS;
  }

  /** To be echoed from now on: of a good segment that was waited for (5.3 R3). */
  remember({ timestamps }: TcpOptions): void {
    if (timestamps === undefined) return;
    this.#recent = timestamps.value;
    this.#recentAtNs = this.#clock.now();
  }

  /** Time since what a segment echoes was sent; undefined where it echoes nothing sensible. */
  roundTripNs({ timestamps }: TcpOptions): TimeNs | undefined {
    if (timestamps === undefined || timestamps.echo === 0) return undefined;
    const ticks = (this.#now() - timestamps.echo) | 0;
    return ticks >= 0 ? ticks * TICK_NS : undefined;
  }

  #now(): number {
    return (Math.floor(this.#clock.now() / TICK_NS) + this.#offset) >>> 0;
  }
}
