/**
 * All paths to all destinations of a family (Adj-RIBs-In, after import policy), and the best of each (Loc-RIB). A full
 * table is half a million destinations: what is known of one is at its number in arrays, one path there is the path
 * itself, and paths are shared; so a destination with one path costs some 40 bytes here.
 *
 * A change only notes that the destination is to be decided. Deciding goes in slices, in the order of the changes, so
 * a destination that changes often meanwhile is decided once.
 */
import type { Clock } from '../../../world/clock.ts';
import type { Nlri } from './contract.ts';
import { type DecisionSettings, decide, isUsable, type Selection } from './decision.ts';
import { Destinations, NO_DESTINATION } from './destinations.ts';
import { Path, type PathSource, type TrackedHop } from './path.ts';
import { SLICE, Slices } from './slices.ts';

export interface LocRibOutputs {
  /** The destination was decided; `former` was the best. */
  decided(number: number, selection: Selection, former: Path | undefined): void;
  /** Someone still has to do with the destination, though there is no path to it. */
  isHeld(number: number): boolean;
}

type Paths = Path | readonly Path[] | undefined;

/** Destinations that a walk only glances at, a slice. */
const GLANCES = 32 * SLICE;
const NONE: Selection = [];

export class LocRib {
  readonly destinations: Destinations;
  readonly #settings: () => DecisionSettings;
  readonly #outputs: LocRibOutputs;
  readonly #paths: Paths[] = [];
  readonly #best: (Path | undefined)[] = [];
  /** Numbers to decide; `#isWaiting` says of each whether it is there. */
  #waiting: number[] = [];
  #next = 0;
  #isWaiting = new Uint8Array(16);
  /** Where the walk over all destinations is; undefined while there is none. */
  #walked: number | undefined;
  /** What it looks for: paths by these next hops, and of sources that are gone. */
  #wanted: ReadonlySet<TrackedHop> = new Set();
  /** What the next walk is to look for. */
  #wantedNext: Set<TrackedHop> | undefined;
  readonly #slices: Slices;

  constructor(clock: Clock, settings: () => DecisionSettings, outputs: LocRibOutputs, limit?: number) {
    this.destinations = new Destinations(limit);
    this.#settings = settings;
    this.#outputs = outputs;
    this.#slices = new Slices(clock, () => this.#step());
  }

  /** Everything is decided. */
  get isIdle(): boolean {
    return this.#slices.isIdle;
  }

  best(number: number): Path | undefined {
    return this.#best[number];
  }

  /** In the order of arrival. */
  paths(number: number): readonly Path[] {
    return listOf(this.#paths[number]);
  }

  pathOf(number: number, source: PathSource): Path | undefined {
    const paths = this.#paths[number];
    if (paths === undefined || isOne(paths)) return paths?.source === source ? paths : undefined;
    return paths.find((path) => path.source === source);
  }

  /** The paths to be used of a destination, as decided now. */
  selection(number: number): Selection {
    return decide(this.paths(number), this.#best[number], this.#settings());
  }

  /** Sets the path of its source, in place of a former one. `full`: there are too many destinations. */
  set(nlri: Nlri, path: Path): 'added' | 'replaced' | 'full' {
    const number = this.destinations.take(nlri);
    if (number === NO_DESTINATION) return 'full';
    const list = listOf(this.#paths[number]);
    const at = list.findIndex(({ source }) => source === path.source);
    if (list[at] === path) return 'replaced';
    if (list.length === 0 || (list.length === 1 && at === 0)) this.#paths[number] = path;
    else this.#paths[number] = at < 0 ? [...list, path] : list.with(at, path);
    this.decide(number);
    return at < 0 ? 'added' : 'replaced';
  }

  /** Takes out the path of a source, and returns it. */
  withdraw(nlri: Nlri, source: PathSource): Path | undefined {
    const number = this.destinations.find(nlri);
    if (number === NO_DESTINATION) return undefined;
    const former = this.pathOf(number, source);
    if (former === undefined) return undefined;
    this.#keep(number, (path) => path !== former);
    this.decide(number);
    return former;
  }

  /** Takes out all paths of sources that are gone, a slice at a time. */
  forgetGone(): void {
    this.#walkFor(new Set());
  }

  /** Decides again what has paths by these next hops. */
  reconsider(hops: ReadonlySet<TrackedHop>): void {
    if (hops.size > 0) this.#walkFor(hops);
  }

  /** Decides all again: the rules have changed. */
  reconsiderAll(): void {
    for (let number = 0; number < this.destinations.end; number++) {
      if (this.#paths[number] !== undefined) this.decide(number);
    }
  }

  /** The next hops that paths have. */
  hopsInUse(): ReadonlySet<TrackedHop> {
    const hops = new Set<TrackedHop>();
    for (const paths of this.#paths) for (const { hop } of listOf(paths)) hops.add(hop);
    return hops;
  }

  /** The destination is decided (again) soon. */
  decide(number: number): void {
    if (number >= this.#isWaiting.length) {
      const larger = new Uint8Array(Math.max(2 * this.#isWaiting.length, number + 1));
      larger.set(this.#isWaiting);
      this.#isWaiting = larger;
    }
    if (this.#isWaiting[number] === 1) return;
    this.#isWaiting[number] = 1;
    this.#waiting.push(number);
    this.#slices.wake();
  }

  /** Gives the number back, unless there is a path or someone still needs it. */
  release(number: number): void {
    const isOver =
      this.#paths[number] === undefined &&
      this.#best[number] === undefined &&
      this.#isWaiting[number] === 0 &&
      this.destinations.isUsed(number);
    if (isOver && !this.#outputs.isHeld(number)) this.destinations.release(number);
  }

  stop(): void {
    this.#slices.stop();
  }

  /** Who asks in the middle of a walk has all looked at by another. */
  #walkFor(hops: ReadonlySet<TrackedHop>): void {
    this.#wantedNext ??= new Set();
    for (const hop of hops) this.#wantedNext.add(hop);
    this.#slices.wake();
  }

  #step(): boolean {
    this.#glance();
    this.#decideSome();
    return this.#walked !== undefined || this.#wantedNext !== undefined || this.#next < this.#waiting.length;
  }

  #glance(): void {
    if (this.#walked === undefined) {
      if (this.#wantedNext === undefined) return;
      this.#wanted = this.#wantedNext;
      this.#wantedNext = undefined;
      this.#walked = 0;
    }
    const upTo = Math.min(this.#walked + GLANCES, this.destinations.end);
    for (let number = this.#walked; number < upTo; number++) {
      const paths = this.#paths[number];
      if (paths === undefined) continue;
      if (isOne(paths) ? !this.#isAffected(paths) : !paths.some((path) => this.#isAffected(path))) continue;
      this.#keep(number, ({ source }) => !source.isGone);
      this.decide(number);
    }
    this.#walked = upTo < this.destinations.end ? upTo : undefined;
  }

  #isAffected({ source, hop }: Path): boolean {
    return source.isGone || this.#wanted.has(hop);
  }

  #decideSome(): void {
    const settings = this.#settings();
    const upTo = Math.min(this.#next + SLICE, this.#waiting.length);
    while (this.#next < upTo) {
      const number = this.#waiting[this.#next++];
      this.#isWaiting[number] = 0;
      const former = this.#best[number];
      const paths = this.#paths[number];
      const selection = isOne(paths)
        ? isUsable(paths)
          ? [paths]
          : NONE
        : decide(listOf(paths), former, settings);
      this.#best[number] = selection[0];
      this.#outputs.decided(number, selection, former);
      if (paths === undefined) this.release(number);
    }
    if (this.#next < this.#waiting.length) return;
    this.#waiting = [];
    this.#next = 0;
  }

  #keep(number: number, isKept: (path: Path) => boolean): void {
    const kept = listOf(this.#paths[number]).filter(isKept);
    this.#paths[number] = kept.length < 2 ? kept[0] : kept;
  }
}

function isOne(paths: Paths): paths is Path {
  return paths instanceof Path;
}

function listOf(paths: Paths): readonly Path[] {
  if (paths === undefined) return NONE;
  return isOne(paths) ? [paths] : paths;
}
