/**
 * The forwarding thread's loop, without end: it waits until a port has frames, a timer is due or the control plane
 * has something to say, and serves each a bounded share in turn, so that none of them keeps the others waiting. It
 * never returns to Node's event loop, so nothing else runs here.
 *
 *     wait → frames in, port by port → timers → one message of the control plane → frames out → packets handed up
 */
import { SECOND, type TimeNs } from '../../world/clock.ts';
import type { DrivenPort } from '../ports/driven.ts';
import type { LoopClock } from './loop-clock.ts';

const FRAMES_PER_PORT = 64;
const TIMERS_PER_TURN = 1024;
/** A thread that waits without end could not be ended from outside. */
const LONGEST_WAIT_NS = SECOND / 2;

export interface LoopWork {
  /** Carries out the control plane's next message; false where there is none. */
  next(): boolean;
  /** Has the control plane told what happened in this turn. */
  tell(): void;
  readonly ended: boolean;
}

/** Waits until one of the ports can be read or somebody wakes the loop, not longer than `forNs`. */
export type Wait = (forNs: TimeNs) => void;

export function runLoop(clock: LoopClock, ports: readonly DrivenPort[], wait: Wait, work: LoopWork): void {
  let isBusy = false;
  while (!work.ended) {
    wait(isBusy ? 0 : Math.min(Math.max(clock.nextNs - clock.now(), 0), LONGEST_WAIT_NS));
    isBusy = false;
    for (const port of ports) {
      clock.tick();
      if (port.receive(FRAMES_PER_PORT) >= FRAMES_PER_PORT) isBusy = true;
    }
    clock.runDue(TIMERS_PER_TURN);
    if (work.next()) isBusy = true;
    for (const port of ports) port.flush();
    work.tell();
  }
}
