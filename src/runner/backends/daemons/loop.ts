/**
 * The runner's loop where time is real. It serves the hosts' ports and the lab's timers as a daemon's forwarding loop
 * does, but on the main thread: after each turn Node's event loop has its own, so that management sockets, processes
 * and signals are served. It goes on between the calls of `runUntil`, for traffic does.
 *
 *     wait (1 ms at most) → timers → frames in → frames out → who waits? → Node's event loop → …
 */
import { ForwardingLoop } from '../../../routerd/daemon/forwarding-loop.ts';
import { monotonic } from '../../../routerd/daemon/timer-clock.ts';
import { TurnClock } from '../../../routerd/daemon/turn-clock.ts';
import { Waiting } from '../../../routerd/daemon/waiting.ts';
import type { DrivenPort } from '../../../routerd/ports/driven.ts';
import { MILLISECOND, type TimeNs } from '../../../world/clock.ts';
import { type Lab, LabError } from '../../lab.ts';

/** Sockets and processes of Node's event loop cannot be waited for here: they wait so long at most. */
const LONGEST_WAIT_NS = MILLISECOND;

interface Waiter {
  readonly condition: () => boolean;
  readonly untilNs: TimeNs;
  readonly resolve: (holds: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

export class RunnerLoop {
  readonly clock: TurnClock;
  readonly #signal: AbortSignal;
  readonly #failure: () => string | undefined;
  readonly #waiters = new Set<Waiter>();
  /** What a timer or a receiver threw: the lab cannot go on. */
  #broken: { readonly error: unknown } | undefined;
  #next: NodeJS.Immediate | undefined;
  #stop: () => void = () => {};

  /** `failure`: why the lab cannot go on, asked after every turn. */
  constructor(epochNs: TimeNs, signal: AbortSignal, failure: () => string | undefined) {
    this.clock = new TurnClock(monotonic(epochNs));
    this.#signal = signal;
    this.#failure = failure;
  }

  /** From now on the ports are served; once. */
  start(ports: readonly DrivenPort[]): void {
    const loop = new ForwardingLoop(this.clock, ports);
    const waiting = new Waiting(ports.map(({ fd }) => fd));
    this.#stop = () => waiting.close();
    const wait = (forNs: TimeNs): void => waiting.wait(Math.min(forNs, LONGEST_WAIT_NS));
    const turn = (): void => {
      this.#next = setImmediate(turn);
      try {
        this.clock.turn(() => {
          loop.turn(wait, () => false);
          this.#tellWaiters();
        });
      } catch (error) {
        this.#broken ??= { error };
        this.stop();
      }
    };
    this.#next = setImmediate(turn);
  }

  /** Ports stay open: they are closed by whoever opened them. */
  stop(): void {
    this.#broken ??= { error: new LabError('the lab was taken down') };
    this.#tellWaiters();
    if (this.#next === undefined) return;
    clearImmediate(this.#next);
    this.#next = undefined;
    this.#stop();
  }

  /** Rejects, besides what Lab says, with a LabError where the lab cannot go on. */
  readonly runUntil: Lab['runUntil'] = (condition, untilNs) => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const waiter = { condition, untilNs, resolve, reject };
    if (!this.#isOver(waiter)) this.#waiters.add(waiter);
    return promise;
  };

  #tellWaiters(): void {
    for (const waiter of this.#waiters) if (this.#isOver(waiter)) this.#waiters.delete(waiter);
  }

  /** Tells the waiter how it ended, if it did. */
  #isOver({ condition, untilNs, resolve, reject }: Waiter): boolean {
    if (this.#signal.aborted) reject(this.#signal.reason);
    else if (this.#broken !== undefined) reject(this.#broken.error);
    else {
      const failure = this.#failure();
      if (failure !== undefined) reject(new LabError(failure));
      else if (condition()) resolve(true);
      else if (this.clock.now() >= untilNs) resolve(false);
      else return false;
    }
    return true;
  }
}
