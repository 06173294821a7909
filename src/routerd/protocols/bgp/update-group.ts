/**
 * Adj-RIB-Out of neighbours that are told the same: for each destination what they are to know. It is worked out once
 * for all; what each neighbour of the group has been told already is its own (adj-rib-out.ts).
 */
import type { PathAttributes } from './attributes.ts';
import { isUsable } from './decision.ts';
import type { Exporter } from './export.ts';
import type { LocRib } from './loc-rib.ts';
import type { Path, PathSource } from './path.ts';

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
  #witness: Witness | undefined;
  readonly #announcements: (Announcement | undefined)[] = [];
  readonly #shared = new WeakMap<PathAttributes, Announcement>();

  constructor(
    key: string,
    exporter: Exporter,
    locRib: LocRib,
    isSuppressed: (number: number) => boolean,
    defaultRoute: DefaultRoute | undefined,
  ) {
    this.#default = defaultRoute;
    this.key = key;
    this.#exporter = exporter;
    this.#locRib = locRib;
    this.#isSuppressed = isSuppressed;
  }

  announcement(number: number): Announcement | undefined {
    return this.#announcements[number];
  }

  /** Works out what to tell of the destination, and lets the members know, but for who asks, where that changed. */
  update(number: number, asking?: GroupMember): void {
    if (this.#default !== undefined && this.#exporter.asksForDefault) this.#follow(number, this.#default);
    this.#update(number, asking);
  }

  /** Nothing but a change of the one witness, or a new one where there is none, changes the default route. */
  #follow(number: number, { number: defaultNumber, path }: DefaultRoute): void {
    const former = this.#witness;
    if (former !== undefined && former.number !== number) return;
    this.#witness = this.#witnessAt(number, path) ?? (former && this.#findWitness(path));
    if (this.#witness?.attributes !== former?.attributes) this.#update(defaultNumber);
  }

  #findWitness(path: Path): Witness | undefined {
    for (let number = 0; number < this.#locRib.destinations.end; number++) {
      const found = this.#witnessAt(number, path);
      if (found !== undefined) return found;
    }
    return undefined;
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
