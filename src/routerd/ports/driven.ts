/**
 * A port of the real world, as the loop that serves it sees it. The loop waits until one of the descriptors can be
 * read or a timer is due, runs timers, takes frames in from each port, then has what was sent in the turn go out:
 *
 *     wait(fds, until) → timers → receive(budget) … → flush() …
 *
 * So frames move in batches on both sides of the engine, and one system call serves many.
 */
import type { Port } from '../../world/port.ts';

export interface DrivenPort extends Port {
  /** To be waited for: readable means that frames are there. */
  readonly fd: number;
  /** Hands at most `budget` waiting frames to the port's receiver; how many there were. */
  receive(budget: number): number;
  /** Has the kernel send what was given to `send` since the last time. */
  flush(): void;
  /** Frames that the kernel or the driver dropped, each for want of room. */
  readonly dropped: { readonly received: number; readonly sent: number };
  close(): void;
}
