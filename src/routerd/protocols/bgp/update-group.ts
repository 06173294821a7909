/**
 * Adj-RIB-Out of neighbours that are told the same: for each destination what they are to know. It is worked out once
 * for all; what each neighbour of the group has been told already is its own (adj-rib-out.ts).
 */
import type { Clock } from '../../../world/clock.ts';
import type { PathAttributes } from './attributes.ts';
import { isUsable } from './decision.ts';
import type { Exporter } from './export.ts';
import type { LocRib } from './loc-rib.ts';
import type { Path, PathSource } from './path.ts';
import { SLICE, Slices } from './slices.ts';

export interface GroupMember {
  /** Its session: paths of it are not for it. */
  readonly source: PathSource;
  /** What the group has for the destination changed. */
  changed(number: number): void;
}

/** What a group has for a destination. */
export interface Announcement {
  readonly attributes: PathAttributes;
  readonly label: number | undefined;
  /** Not told to whom it comes from. */
  readonly source: PathSource;
}

interface DefaultRoute {
  readonly number: number;
  readonly path: Path;
}

/** A destination with a route that the map of `default-originate` permits, and what the default route is then. */
interface Witness {
  readonly number: number;
  readonly attributes: PathAttributes;
}

export class UpdateGroup {
  readonly key: string;
  readonly members = new Set<GroupMember>();
  readonly #exporter: Exporter;
  readonly #locRib: LocRib;
  /** A more specific route that an aggregate stands for. */
  readonly #isSuppressed: (number: number) => boolean;
  /** `default-originate`: told whether there is such a route or not. */
  readonly #default: DefaultRoute | undefined;
  /** The last one that there was, while another is looked for. */
  #witness: Witness | undefined;
  /** How far the search for another witness is; undefined: there is none. */
  #sought: number | undefined;
  readonly #slices: Slices;
  readonly #announcements: (Announcement | undefined)[] = [];
  readonly #shared = new WeakMap<PathAttributes, Announcement>();

  constructor(
    clock: Clock,
    key: string,
    exporter: Exporter,
    locRib: LocRib,
    isSuppressed: (number: number) => boolean,
    defaultRoute: DefaultRoute | undefined,
  ) {
    this.#slices = new Slices(clock, () => this.#seek());
    this.#default = defaultRoute;
    this.key = key;
    this.#exporter = exporter;
    this.#locRib = locRib;
    this.#isSuppressed = isSuppressed;
  }

  /** What it has is what members are to know. */
  get isIdle(): boolean {
    return this.#slices.isIdle;
  }

  stop(): void {
    this.#slices.stop();
  }

  announcement(number: number): Announcement | undefined {
    return this.#announcements[number];
  }

  /** Works out what to tell of the destination, and lets the members know, but for who asks, where that changed. */
  update(number: number, asking?: GroupMember): void {
    if (this.#default !== undefined && this.#exporter.asksForDefault)
      this.#follow(number, this.#default.path);
    this.#update(number, asking);
  }

  /** Nothing but a change of the one witness, or a new one where there is none, changes the default route. */
  #follow(number: number, path: Path): void {
    const isEnough = this.#witness !== undefined && this.#sought === undefined;
    if (isEnough && this.#witness?.number !== number) return;
    const found = this.#witnessAt(number, path);
    if (found !== undefined) this.#trust(found);
    else if (isEnough) {
      this.#sought = 0;
      this.#slices.wake();
    }
  }

  /** The map may have to be put to all the table: the default route stays as it was until that is done. */
  #seek(): boolean {
    if (this.#sought === undefined || this.#default === undefined) return false;
    const { end } = this.#locRib.destinations;
    const upTo = Math.min(this.#sought + SLICE, end);
    for (let number = this.#sought; number < upTo; number++) {
      const found = this.#witnessAt(number, this.#default.path);
      if (found === undefined) continue;
      this.#trust(found);
      return false;
    }
    this.#sought = upTo;
    if (upTo === end) this.#trust(undefined);
    return upTo < end;
  }

  #trust(witness: Witness | undefined): void {
    const former = this.#witness;
    this.#witness = witness;
    this.#sought = undefined;
    if (this.#default !== undefined && witness?.attributes !== former?.attributes) {
      this.#update(this.#default.number);
    }
  }

  #witnessAt(number: number, path: Path): Witness | undefined {
    for (const other of this.#locRib.paths(number)) {
      if (!isUsable(other)) continue;
      const prefix = this.#locRib.destinations.prefix(number);
      const attributes = this.#exporter.announceDefault(path, { prefix, path: other });
      if (attributes !== undefined) return { number, attributes };
    }
    return undefined;
  }

  #update(number: number, asking?: GroupMember): void {
    const path = this.#default?.number === number ? this.#default.path : this.#locRib.best(number);
    const announcement = path && this.#announcementOf(number, path);
    const former = this.#announcements[number];
    if (announcement === former) return;
    this.#announcements[number] = announcement;
    for (const member of this.members) if (member !== asking) member.changed(number);
  }

  #attributesOf(number: number, path: Path): PathAttributes | undefined {
    if (path !== this.#default?.path) {
      const prefix = this.#locRib.destinations.prefix(number);
      return this.#exporter.announce(prefix, path, this.#isSuppressed(number));
    }
    return this.#exporter.asksForDefault ? this.#witness?.attributes : this.#exporter.announceDefault(path);
  }

  /** The only member need not be told what it says itself: most neighbours of other ASes are groups of their own. */
  #isNobodyElse(source: PathSource): boolean {
    if (this.members.size !== 1) return false;
    for (const member of this.members) return member.source === source;
    return false;
  }

  #announcementOf(number: number, path: Path): Announcement | undefined {
    if (this.#isNobodyElse(path.source)) return undefined;
    const attributes = this.#attributesOf(number, path);
    if (attributes === undefined) return undefined;
    const { label, source } = path;
    const known = this.#shared.get(attributes);
    if (known !== undefined && known.label === label && known.source === source) return known;
    const former = this.#announcements[number];
    if (former?.attributes === attributes && former.label === label && former.source === source)
      return former;
    const announcement = { attributes, label, source };
    this.#shared.set(attributes, announcement);
    return announcement;
  }
}
