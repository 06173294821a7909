/**
 * The forwarding thread's loop: it waits until a port has frames, a timer is due or the control plane has something
 * to say, and serves each a bounded share in turn, so that none of them keeps the others waiting. It never returns to
 * Node's event loop, so nothing else runs here.
 *
 *     wait → timers → frames in, port by port → frames out → one message of the control plane → packets handed up
 */
import { SECOND, type TimeNs } from '../../world/clock.ts';
import type { DrivenPort } from '../ports/driven.ts';
import type { LoopClock } from './loop-clock.ts';

const FRAMES_PER_PORT = 64;
const TIMERS_PER_TURN = 1024;
/** A thread that waits without end could not be ended from outside. */
const LONGEST_WAIT_NS = SECOND / 2;
/** More than a port's buffer holds: what comes after a moment need not be taken before it. */
const FRAMES_BEFORE_A_MOMENT = 16_384;

/** Waits until one of the ports can be read or somebody wakes the loop, not longer than `forNs`. */
export type Wait = (forNs: TimeNs) => void;

export class ForwardingLoop {
  readonly #clock: LoopClock;
  readonly #ports: readonly DrivenPort[];
  #isBusy = false;

  constructor(clock: LoopClock, ports: readonly DrivenPort[]) {
    this.#clock = clock;
    this.#ports = ports;
  }

  /** One turn. `hear` carries out the control plane's next message; false where there is none. */
  turn(wait: Wait, hear: () => boolean): void {
    wait(this.#isBusy ? 0 : Math.min(Math.max(this.#clock.dueInNs, 0), LONGEST_WAIT_NS));
    // Timers first: to receive is to read the clock, and a timer cannot run at a time that is over. Behind it, whatever
    // is paced would do one step a turn where turns are rare: on a machine with other work, queues fill at idle links.
    this.#clock.runDue(TIMERS_PER_TURN);
    this.#isBusy = this.#receive();
    this.#flush();
    if (!hear()) return;
    this.#isBusy = true;
    this.#flush();
  }

  /**
   * Takes in what had arrived before this moment, and sends on what is ready. Commitment needs it: a packet that
   * waits unseen in a socket's buffer would be forwarded as if it had come after the marks or the swap.
   */
  catchUp(): void {
    for (let left = FRAMES_BEFORE_A_MOMENT / FRAMES_PER_PORT; left > 0; left--) if (!this.#receive()) break;
    this.#flush();
  }

  /** True where a port has more. */
  #receive(): boolean {
    let hasMore = false;
    for (const port of this.#ports) {
      this.#clock.tick();
      if (port.receive(FRAMES_PER_PORT) >= FRAMES_PER_PORT) hasMore = true;
    }
    return hasMore;
  }

  #flush(): void {
    for (const port of this.#ports) port.flush();
  }
}
