/**
 * What one neighbour is told of a family: the announcements of its update group, as fast as its session takes them. It
 * keeps a bit for each destination that the neighbour has heard of, and the numbers of those where the group has
 * changed since; a destination that changes often meanwhile is told once. Routes with equal attributes go out in one
 * UPDATE.
 *
 * The whole table is told, or told again (a new session, ROUTE-REFRESH, another export policy), by a walk over all
 * destinations. The end of the first one is End-of-RIB (RFC 4724 2).
 */
import type { Clock, TimeNs } from '../../../world/clock.ts';
import type { PathAttributes } from './attributes.ts';
import type { Family, Nlri, Session, Update } from './contract.ts';
import type { LocRib } from './loc-rib.ts';
import type { PathSource } from './path.ts';
import { SLICE, Slices } from './slices.ts';
import type { Announcement, GroupMember, UpdateGroup } from './update-group.ts';

/** Routes of one call of `send`, which makes a few messages of it. */
const ROUTES_PER_UPDATE = SLICE;
const NO_ROUTES: readonly Nlri[] = [];

export class AdjRibOut implements GroupMember {
  readonly #clock: Clock;
  readonly #session: Session;
  readonly #family: Family;
  readonly #locRib: LocRib;
  readonly source: PathSource;
  /** `advertisement-interval` */
  intervalNs: TimeNs;
  readonly #slices: Slices;
  #group: UpdateGroup;
  /** A bit each: heard of by the neighbour; waiting in `#changes`. */
  #told = new Bits();
  #isWaiting = new Bits();
  #changes: number[] = [];
  #next = 0;
  /** How far the walk is; undefined: there is none. */
  #walked: number | undefined = 0;
  /** What the neighbour was told by, where the walk tells only what is different now. */
  #formerGroup: UpdateGroup | undefined;
  #endOfRibDue = true;
  /** Of the last batch, what is not sent yet. */
  #updates: Iterator<Update, void> | undefined;
  #isFull = false;
  #toldCount = 0;
  /** Not before, by `advertisement-interval` (RFC 4271 9.2.1.1). */
  #notBeforeNs: TimeNs = 0;

  constructor(
    clock: Clock,
    session: Session,
    family: Family,
    locRib: LocRib,
    source: PathSource,
    group: UpdateGroup,
    intervalNs: TimeNs,
  ) {
    this.#clock = clock;
    this.#session = session;
    this.#family = family;
    this.#locRib = locRib;
    this.source = source;
    this.intervalNs = intervalNs;
    this.#group = group;
    this.#slices = new Slices(clock, () => this.#step());
    group.members.add(this);
    this.#slices.wake();
  }

  get group(): UpdateGroup {
    return this.#group;
  }

  /** Prefixes that the neighbour has heard of. */
  get size(): number {
    return this.#toldCount;
  }

  /** Everything is told. */
  get isIdle(): boolean {
    const isSent = this.#updates === undefined && !this.#endOfRibDue;
    return isSent && this.#group.isIdle && this.#walked === undefined && this.#changes.length === 0;
  }

  isHeld(number: number): boolean {
    return this.#told.has(number) || this.#isWaiting.has(number);
  }

  changed(number: number): void {
    if (this.#isWaiting.has(number)) return;
    this.#isWaiting.set(number, true);
    this.#changes.push(number);
    this.#wake();
  }

  /** Tells everything again: the neighbour asked. */
  refresh(): void {
    this.#walk(undefined);
  }

  /** From now on by another group: tells what is different there. */
  moveTo(group: UpdateGroup): void {
    if (group === this.#group) return;
    const former = this.#group;
    former.members.delete(this);
    this.#group = group;
    group.members.add(this);
    // What the former group had not told yet, this one's walk tells: all of it, if another walk was under way.
    this.#walk(this.#walked === undefined ? former : undefined);
  }

  writable(): void {
    this.#isFull = false;
    this.#wake();
  }

  stop(): void {
    this.#group.members.delete(this);
    this.#slices.stop();
  }

  #walk(former: UpdateGroup | undefined): void {
    this.#formerGroup = former;
    this.#walked = 0;
    this.#wake();
  }

  #wake(): void {
    if (!this.#isFull) this.#slices.wake(Math.max(0, this.#notBeforeNs - this.#clock.now()));
  }

  #step(): boolean {
    this.#send();
    if (this.#isFull) return false;
    const batch = new Batch();
    this.#tellChanges(batch);
    this.#tellOnwards(batch);
    this.#updates = batch.updates(this.#family);
    this.#send();
    if (this.#isFull) return false;
    if (this.#walked !== undefined || this.#changes.length > 0) return true;
    if (this.#endOfRibDue) {
      this.#endOfRibDue = false;
      this.#isFull = !this.#session.send({
        family: this.#family,
        withdrawn: NO_ROUTES,
        announced: NO_ROUTES,
      });
    }
    this.#notBeforeNs = this.#clock.now() + this.intervalNs;
    return false;
  }

  #tellChanges(batch: Batch): void {
    const upTo = Math.min(this.#next + SLICE, this.#changes.length);
    while (this.#next < upTo) {
      const number = this.#changes[this.#next++];
      this.#isWaiting.set(number, false);
      // A new group has nothing yet for what its walk has not come to.
      if (this.#walked !== undefined) this.#group.update(number, this);
      this.#tell(number, this.#group.announcement(number), batch);
    }
    if (this.#next < this.#changes.length) return;
    this.#changes = [];
    this.#next = 0;
  }

  #tellOnwards(batch: Batch): void {
    if (this.#walked === undefined) return;
    const { end } = this.#locRib.destinations;
    const upTo = Math.min(this.#walked + SLICE, end);
    for (let number = this.#walked; number < upTo; number++) {
      this.#group.update(number, this);
      const announcement = this.#group.announcement(number);
      if (!this.#isToldAlready(number, announcement)) this.#tell(number, announcement, batch);
    }
    this.#walked = upTo < end ? upTo : undefined;
    if (this.#walked === undefined) this.#formerGroup = undefined;
  }

  /** As the group has it that the neighbour was in before. */
  #isToldAlready(number: number, now: Announcement | undefined): boolean {
    // Who is still told by the former group moves it on, so it says nothing of what this neighbour has heard.
    if (this.#formerGroup === undefined || this.#formerGroup.members.size > 0) return false;
    if (!this.#told.has(number)) return false;
    const former = this.#formerGroup.announcement(number);
    return (
      former !== undefined &&
      now !== undefined &&
      former.attributes === now.attributes &&
      former.label === now.label &&
      this.#isFor(now)
    );
  }

  #tell(number: number, announcement: Announcement | undefined, batch: Batch): void {
    const { destinations } = this.#locRib;
    if (announcement !== undefined && this.#isFor(announcement)) {
      batch.announce(destinations.nlri(number, announcement.label), announcement.attributes);
      if (!this.#told.has(number)) this.#toldCount++;
      this.#told.set(number, true);
    } else if (this.#told.has(number)) {
      batch.withdraw(destinations.nlri(number));
      this.#told.set(number, false);
      this.#toldCount--;
      this.#locRib.release(number);
    } else if (announcement === undefined) this.#locRib.release(number);
  }

  /** Nobody is told his own route, nor of one that began with him (RFC 4456 8) or leads to him (RFC 4271 5.1.3). */
  #isFor({ source, attributes: { originatorId, nextHop } }: Announcement): boolean {
    const { routerId, address } = this.source;
    return source !== this.source && originatorId !== routerId && nextHop !== address;
  }

  /** As much of the batch as the session takes: attributes may fill a message each, and a batch 100 MB. */
  #send(): void {
    while (this.#updates !== undefined && !this.#isFull) {
      const next = this.#updates.next();
      if (next.done === true) this.#updates = undefined;
      else this.#isFull = !this.#session.send(next.value);
    }
  }
}

/** What goes out at once. */
class Batch {
  readonly withdrawn: Nlri[] = [];
  readonly announced = new Map<PathAttributes, Nlri[]>();

  announce(nlri: Nlri, attributes: PathAttributes): void {
    const routes = this.announced.get(attributes);
    if (routes === undefined) this.announced.set(attributes, [nlri]);
    else routes.push(nlri);
  }

  withdraw(nlri: Nlri): void {
    this.withdrawn.push(nlri);
  }

  *updates(family: Family): Generator<Update, void> {
    const { withdrawn } = this;
    if (withdrawn.length > 0) yield { family, withdrawn, announced: NO_ROUTES };
    for (const [attributes, routes] of this.announced) {
      for (let from = 0; from < routes.length; from += ROUTES_PER_UPDATE) {
        const announced = routes.slice(from, from + ROUTES_PER_UPDATE);
        yield { family, withdrawn: NO_ROUTES, attributes, announced };
      }
    }
  }
}

/** A set of numbers, a bit each. */
class Bits {
  #words = new Uint32Array(1);

  has(number: number): boolean {
    const at = number >>> 5;
    return at < this.#words.length && ((this.#words[at] >>> (number & 31)) & 1) === 1;
  }

  set(number: number, value: boolean): void {
    const at = number >>> 5;
    if (at >= this.#words.length) {
      const larger = new Uint32Array(Math.max(2 * this.#words.length, at + 1));
      larger.set(this.#words);
      this.#words = larger;
    }
    if (value) this.#words[at] |= 1 << (number & 31);
    else this.#words[at] &= ~(1 << (number & 31));
  }
}
