/**
 * A LoopClock for a loop that is not alone: between its turns Node's event loop serves sockets and promises, and they
 * look at the clock as well. Within a turn time stands still as LoopClock says. Outside it is read afresh, and stands
 * still until whoever is running returns: two looks at it in one function see the same time.
 */
import type { TimeNs, Timer } from '../../world/clock.ts';
import { LoopClock } from './loop-clock.ts';

export class TurnClock extends LoopClock {
  #isInTurn = false;
  /** The clock was read by whoever is running now. */
  #isRead = false;

  get isInTurn(): boolean {
    return this.#isInTurn;
  }

  override now(): TimeNs {
    if (this.#isInTurn || this.#isRead) return super.now();
    this.#isRead = true;
    queueMicrotask(() => {
      this.#isRead = false;
    });
    return this.tick();
  }

  override after(delayNs: TimeNs, callback: () => void): Timer {
    this.now();
    return super.after(delayNs, callback);
  }

  /** Runs a turn of the loop. It reads the clock itself, when it has run what was due before. */
  turn(run: () => void): void {
    this.#isInTurn = true;
    try {
      run();
    } finally {
      this.#isInTurn = false;
    }
  }
}
