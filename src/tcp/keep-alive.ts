/** Asks after an idle time whether the other end is there, RFC 9293 3.8.4. */
import { type Clock, SECOND, type TimeNs } from '../world/clock.ts';
import { Alarm } from './alarm.ts';

/** Questions in a row without an answer, and the longest time between two. */
const MAX_QUESTIONS = 8;
const REPEAT_NS = 75 * SECOND;

export class KeepAlive {
  readonly #idleNs: TimeNs;
  readonly #alarm: Alarm;
  #questions = 0;

  /** `idleNs` 0: never asks. `lost`: it was asked often enough. */
  constructor(clock: Clock, idleNs: TimeNs, ask: () => void, lost: () => void) {
    this.#idleNs = idleNs;
    this.#alarm = new Alarm(clock, () => {
      if (this.#questions++ >= MAX_QUESTIONS) {
        lost();
        return;
      }
      ask();
      this.#alarm.set(Math.min(idleNs, REPEAT_NS));
    });
  }

  /** The other end is there. */
  heard(): void {
    this.#questions = 0;
    if (this.#idleNs > 0) this.#alarm.set(this.#idleNs);
  }

  stop(): void {
    this.#alarm.cancel();
  }
}
