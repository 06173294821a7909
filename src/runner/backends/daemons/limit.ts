/** How long a command may take, as Node's timers are told. */
import { MILLISECOND, type TimeNs } from '../../../world/clock.ts';

/** A timer that is to take longer goes off at once (Node's `setTimeout`): 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** Milliseconds; what is longer than any run is cut. */
export function limitMs(limitNs: TimeNs): number {
  return Math.min(limitNs / MILLISECOND, LONGEST_MS);
}
