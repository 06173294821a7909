/**
 * A player: media goes in as it arrives and is played in real time. It begins when so much lies ready, stalls
 * when it has run dry, and goes on when so much lies ready again.
 */
import type { TimeNs } from '../world/clock.ts';
import { TrafficLimitError } from './limit.ts';

const MAX_STALLS = 100_000;

/** What was seen and not seen between two times. */
export interface PlaybackWindow {
  /** From the beginning until the first picture; null where that had not been shown by the end of the window. */
  readonly startupNs: TimeNs | null;
  /** Times that playback stopped for want of media. */
  readonly stalls: number;
  /** How long it stood still for that in the window, also in a stall that began before. */
  readonly stalledNs: TimeNs;
}

interface Stall {
  readonly fromNs: TimeNs;
  untilNs: TimeNs;
}

export class Playback {
  readonly beganNs: TimeNs;
  readonly #startupNs: TimeNs;
  /** When the first picture was shown. */
  #shownNs: TimeNs | undefined;
  /** Played since the time; undefined while it waits. */
  #playingSinceNs: TimeNs | undefined;
  /** Media that had arrived by now, and that had been played when it last stopped or began. */
  #arrivedNs = 0;
  #playedNs = 0;
  #ended = false;
  readonly #stalls: Stall[] = [];

  /** The viewer pressed play at `nowNs`. Media are counted by how long they last; `startupNs` of them must lie ready. */
  constructor(nowNs: TimeNs, startupNs: TimeNs) {
    this.beganNs = nowNs;
    this.#startupNs = startupNs;
  }

  /** So much more media is there. Times of calls never fall. TrafficLimitError after 100,000 stalls. */
  arrived(nowNs: TimeNs, mediaNs: TimeNs): void {
    this.#settle(nowNs);
    if (this.#ended) return;
    this.#arrivedNs += mediaNs;
    if (this.#playingSinceNs !== undefined || this.#arrivedNs - this.#playedNs < this.#startupNs) return;
    this.#playingSinceNs = nowNs;
    const stall = this.#stalls.at(-1);
    if (this.#shownNs === undefined) this.#shownNs = nowNs;
    else if (stall !== undefined) stall.untilNs = nowNs;
  }

  /** The viewer has gone: what comes after is no stall. */
  end(nowNs: TimeNs): void {
    this.#settle(nowNs);
    this.#ended = true;
    const stall = this.#stalls.at(-1);
    if (stall?.untilNs === Number.POSITIVE_INFINITY) stall.untilNs = nowNs;
  }

  /** Media that lies ready and has not been played. */
  readyNs(nowNs: TimeNs): TimeNs {
    this.#settle(nowNs);
    const since = this.#playingSinceNs;
    return this.#arrivedNs - this.#playedNs - (since === undefined ? 0 : nowNs - since);
  }

  /** Not to be asked before `toNs` has come. */
  window(fromNs: TimeNs, toNs: TimeNs): PlaybackWindow {
    this.#settle(toNs);
    const shown = this.#shownNs;
    return {
      startupNs: shown === undefined || shown > toNs ? null : shown - this.beganNs,
      stalls: this.#stalls.filter((stall) => stall.fromNs >= fromNs && stall.fromNs < toNs).length,
      stalledNs: this.#stalls.reduce(
        (sum, stall) => sum + Math.max(0, Math.min(stall.untilNs, toNs) - Math.max(stall.fromNs, fromNs)),
        0,
      ),
    };
  }

  /** Notices that it has run dry. */
  #settle(nowNs: TimeNs): void {
    const since = this.#playingSinceNs;
    if (since === undefined || this.#ended) return;
    const dryNs = since + this.#arrivedNs - this.#playedNs;
    if (nowNs <= dryNs) return;
    if (this.#stalls.length >= MAX_STALLS) {
      throw new TrafficLimitError(`more than ${MAX_STALLS} stalls of one stream`);
    }
    this.#playingSinceNs = undefined;
    this.#playedNs = this.#arrivedNs;
    this.#stalls.push({ fromNs: dryNs, untilNs: Number.POSITIVE_INFINITY });
  }
}
