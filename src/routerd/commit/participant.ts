/**
 * A router's side of commitment.
 *
 * The coordinator leads every router through these states, each step begun only when all routers have
 * confirmed the one before:
 *
 *     idle --prepare--> prepared --mark--> marked --swap--> swapped --settle--> settled --unmark--> idle
 *
 * and from any of them `abort` (or, while swapped, the end of the lease) leads to aborted: C-old is real again
 * and packets are still marked; `unmark` then leads to idle, and so does the next commit. A request of the
 * forward way that comes late, after an abort, is refused.
 *
 * - **prepare** checks, and is the only step that may be refused: the slots hold the tags that the coordinator
 *   means, and nothing is failed in one plane alone (a failure that only the shadow knows would become real).
 * - **mark**: what leaves for another router carries its slot's tag, so every router forwards it by that slot.
 * - **swap**: packets that enter the network from here on are the other slot's. Those on their way are not
 *   touched: their tag still names the slot they began with.
 * - **settle**: all routers have swapped; the lease ends. **unmark**: back to plain packets and shadow marks.
 *
 * A router that has swapped but lost its coordinator would stay behind when the others are rolled back. So a
 * swap is on a lease: hearing nothing for that long, the router swaps back by itself and goes on marking,
 * which is right whatever the others do, because marked packets mean the same everywhere.
 *
 * Every request may come twice (the answer was lost): the second time it changes nothing.
 */
import type { Tag } from '../../net/wire.ts';
import type { Clock, Timer } from '../../world/clock.ts';
import { type Forwarding, otherSlot } from '../forwarding/contract.ts';
import type { CommitRequest } from '../management/contract.ts';

type State = 'idle' | 'prepared' | 'marked' | 'swapped' | 'settled' | 'aborted';
type PhaseRequest = Extract<CommitRequest, { op: 'commit' }>;

/** Undefined: confirmed. Otherwise why not. */
type Refusal = string | undefined;

export class CommitParticipant {
  #state: State = 'idle';
  /** The tag that becomes real; meaningless in `idle`. */
  #newTag: Tag = 0;
  #leaseNs = 0;
  #lease: Timer | undefined;
  readonly #clock: Clock;
  readonly #forwarding: Forwarding;
  /** Why the router cannot commit now, if so: what is failed in one plane alone. */
  readonly #obstacle: () => Refusal;

  constructor(clock: Clock, forwarding: Forwarding, obstacle: () => Refusal) {
    this.#clock = clock;
    this.#forwarding = forwarding;
    this.#obstacle = obstacle;
  }

  /** From prepare to unmark or abort: configurations must not change meanwhile. */
  get busy(): boolean {
    return this.#state !== 'idle' && this.#state !== 'aborted';
  }

  /** The coordinator was heard of: the lease begins anew. */
  heard(): void {
    if (this.#state === 'swapped') this.#startLease();
  }

  handle(request: PhaseRequest): Refusal {
    if (request.phase === 'prepare') return this.#prepare(request.oldTag, request.newTag);
    const underWay = this.#state !== 'idle' && request.newTag === this.#newTag;
    // Nothing to undo: the router never took part, or it was told already.
    if (!underWay && (request.phase === 'unmark' || request.phase === 'abort')) return undefined;
    if (!underWay) return `no commit of tag ${request.newTag} is under way`;
    switch (request.phase) {
      case 'mark':
        return this.#mark();
      case 'swap':
        return this.#swap(request.leaseNs);
      case 'settle':
        return this.#settle();
      case 'unmark':
        return this.#unmark();
      case 'abort':
        return this.#abort();
    }
  }

  #prepare(oldTag: Tag, newTag: Tag): Refusal {
    if (this.#state === 'prepared' && newTag === this.#newTag) return undefined;
    // What an aborted commit left behind (marks, a router it could not reach) is taken over by the next one.
    if (this.#state === 'swapped' || this.#state === 'settled') {
      return `another commit is under way (${this.#state}, tag ${this.#newTag})`;
    }
    const real = this.#forwarding.realSlot;
    const realTag = this.#forwarding.tagOf(real);
    const shadowTag = this.#forwarding.tagOf(otherSlot(real));
    if (realTag !== oldTag) return `real configuration has tag ${realTag}, not ${oldTag}`;
    if (shadowTag !== newTag) return `shadow configuration has tag ${shadowTag}, not ${newTag}`;
    const obstacle = this.#obstacle();
    if (obstacle !== undefined) return obstacle;
    this.#state = 'prepared';
    this.#newTag = newTag;
    return undefined;
  }

  #mark(): Refusal {
    if (this.#state === 'marked') return undefined;
    if (this.#state !== 'prepared') return this.#outOfOrder('mark');
    this.#forwarding.setMarking(true);
    this.#state = 'marked';
    return undefined;
  }

  #swap(leaseNs: number): Refusal {
    if (this.#state === 'swapped') return undefined;
    if (this.#state !== 'marked') return this.#outOfOrder('swap');
    this.#forwarding.swapPlanes();
    this.#state = 'swapped';
    this.#leaseNs = leaseNs;
    this.#startLease();
    return undefined;
  }

  #settle(): Refusal {
    if (this.#state === 'settled') return undefined;
    if (this.#state !== 'swapped') return this.#outOfOrder('settle');
    this.#endLease();
    this.#state = 'settled';
    return undefined;
  }

  #unmark(): Refusal {
    if (this.#state === 'swapped') return this.#outOfOrder('unmark');
    this.#forwarding.setMarking(false);
    this.#state = 'idle';
    return undefined;
  }

  /** Back to C-old. Marking goes on until `unmark`: the others may not be back yet. */
  #abort(): Refusal {
    this.#endLease();
    if (this.#state === 'swapped' || this.#state === 'settled') this.#forwarding.swapPlanes();
    this.#state = this.#state === 'prepared' ? 'idle' : 'aborted';
    return undefined;
  }

  #startLease(): void {
    this.#endLease();
    this.#lease = this.#clock.after(this.#leaseNs, () => this.#abort());
  }

  #endLease(): void {
    this.#lease?.cancel();
    this.#lease = undefined;
  }

  #outOfOrder(phase: string): string {
    return `cannot ${phase} while ${this.#state}`;
  }
}
