/** A family's routes: Loc-RIB, the update groups that neighbours are told by, aggregates, and who else looks on. */
import type { Prefix } from '../../../net/address.ts';
import { type Clock, MILLISECOND } from '../../../world/clock.ts';
import type { Offer } from '../../rib/rib.ts';
import type { AdjRibOut } from './adj-rib-out.ts';
import { Aggregates, partsOf } from './aggregate.ts';
import type { AttributePool } from './attribute-pool.ts';
import type { Family, Nlri } from './contract.ts';
import type { DecisionSettings, Selection } from './decision.ts';
import { Exporter, type ExportRules, exportKey } from './export.ts';
import { LocRib } from './loc-rib.ts';
import type { NextHops } from './next-hops.ts';
import { DefaultPath, type Path, type PathSource } from './path.ts';
import type { BgpSettings, FamilySettings } from './settings.ts';
import { Slices } from './slices.ts';
import { UpdateGroup } from './update-group.ts';

/** Told of every destination that was decided: its paths in use, best first, and the former best. */
export type WatchBest = (nlri: Nlri, selection: Selection, former: Path | undefined) => void;

/** What the routing table is told. */
export type Install = (prefix: Prefix, offer: Offer | undefined) => void;

/** Aggregates wait so long for more changes. */
const AGGREGATE_NS = 50 * MILLISECOND;
const DEFAULT_ROUTE: Nlri = { prefix: { address: 0, length: 0 } };

export class FamilyTable {
  readonly family: Family;
  readonly locRib: LocRib;
  readonly #clock: Clock;
  readonly #nextHops: NextHops;
  readonly #pool: AttributePool;
  readonly #install: Install;
  readonly #aggregates: Aggregates;
  readonly #aggregating: Slices;
  readonly #groups = new Map<string, UpdateGroup>();
  readonly #members = new Set<AdjRibOut>();
  readonly #watchers: WatchBest[] = [];
  /** Of the default route, kept for neighbours that are told one of ours. */
  #defaultNumber: number | undefined;
  #settings: { readonly bgp: BgpSettings; readonly own: FamilySettings; readonly decision: DecisionSettings };

  constructor(
    clock: Clock,
    family: Family,
    settings: BgpSettings,
    source: PathSource,
    nextHops: NextHops,
    pool: AttributePool,
    install: Install,
    maxDestinations?: number,
  ) {
    this.family = family;
    this.#clock = clock;
    this.#nextHops = nextHops;
    this.#pool = pool;
    this.#install = install;
    this.#settings = settingsOf(settings, family);
    this.locRib = new LocRib(
      clock,
      () => this.#settings.decision,
      {
        decided: (number, selection, former) => this.#decided(number, selection, former),
        isHeld: (number) => number === this.#defaultNumber || this.#isHeld(number),
      },
      maxDestinations,
    );
    this.#aggregates = new Aggregates(this.locRib, pool, source);
    this.#aggregating = new Slices(clock, () => this.#aggregate());
    this.#aggregates.configure(this.#settings.own.aggregates, settings, source);
    if (!this.#aggregates.isEmpty) this.#aggregating.wake();
  }

  /** Everything is decided, and told as far as sessions take it. */
  get isIdle(): boolean {
    if (!this.locRib.isIdle || !this.#aggregating.isIdle) return false;
    for (const member of this.#members) if (!member.isIdle) return false;
    return true;
  }

  configure(settings: BgpSettings, source: PathSource): void {
    const former = this.#settings;
    this.#settings = settingsOf(settings, this.family);
    const { own, decision } = this.#settings;
    const aggregating = [own.aggregates, settings.as, settings.routerId];
    const before = [former.own.aggregates, former.bgp.as, former.bgp.routerId];
    if (JSON.stringify(aggregating) !== JSON.stringify(before)) {
      this.#aggregates.configure(own.aggregates, settings, source);
      this.#aggregating.wake();
    }
    const rules = [decision, own.distance];
    if (JSON.stringify(rules) !== JSON.stringify([former.decision, former.own.distance])) {
      this.locRib.reconsiderAll();
    }
  }

  watch(watcher: WatchBest): void {
    this.#watchers.push(watcher);
  }

  /** The best path of each destination that has one. */
  *best(): Generator<readonly [Nlri, Path]> {
    const { destinations } = this.locRib;
    for (let number = 0; number < destinations.end; number++) {
      const path = this.locRib.best(number);
      if (path !== undefined) yield [destinations.nlri(number, path.label), path];
    }
  }

  /** The group that is told by these rules. */
  group(rules: ExportRules): UpdateGroup {
    const key = exportKey(rules);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const exporter = new Exporter(rules, this.#settings.bgp.policy, this.#pool);
    const { defaultOriginate } = rules.own;
    const group = new UpdateGroup(
      this.#clock,
      key,
      exporter,
      this.locRib,
      (number) => this.#aggregates.isSuppressed(number),
      defaultOriginate && { number: this.#takeDefault(), path: new DefaultPath(rules.routerId) },
    );
    this.#groups.set(key, group);
    return group;
  }

  #takeDefault(): number {
    this.#defaultNumber ??= this.locRib.destinations.take(DEFAULT_ROUTE);
    return this.#defaultNumber;
  }

  join(member: AdjRibOut): void {
    this.#members.add(member);
  }

  /** The member goes; what it was told holds no destination any more. */
  leave(member: AdjRibOut): void {
    member.stop();
    this.#members.delete(member);
    this.dropEmptyGroups();
    const { destinations } = this.locRib;
    for (let number = 0; number < destinations.end; number++) {
      if (member.isHeld(number)) this.locRib.release(number);
    }
  }

  dropEmptyGroups(): void {
    for (const [key, group] of this.#groups) {
      if (group.members.size > 0) continue;
      group.stop();
      this.#groups.delete(key);
    }
  }

  stop(): void {
    this.locRib.stop();
    this.#aggregating.stop();
    for (const member of this.#members) member.stop();
    for (const group of this.#groups.values()) group.stop();
    this.#members.clear();
  }

  #isHeld(number: number): boolean {
    for (const member of this.#members) if (member.isHeld(number)) return true;
    return false;
  }

  #decided(number: number, selection: Selection, former: Path | undefined): void {
    const nlri = this.locRib.destinations.nlri(number, selection[0]?.label);
    this.#offer(nlri.prefix, selection);
    for (const watcher of this.#watchers) watcher(nlri, selection, former);
    for (const group of this.#groups.values()) group.update(number);
    if (selection[0] !== former && this.#aggregates.moved(nlri.prefix, former, selection[0])) {
      this.#aggregating.wake(AGGREGATE_NS);
    }
  }

  /** To the routing table; what the router has from elsewhere is there already. */
  #offer(prefix: Prefix, selection: Selection): void {
    const [best] = selection;
    if (best === undefined || best.hop.nextHops === undefined || best.hop.nextHops.length === 0) {
      this.#install(prefix, undefined);
      return;
    }
    const { distance } = this.#settings.own;
    this.#install(prefix, this.#nextHops.offer(selection, best.distance ?? distance[best.source.kind]));
  }

  #aggregate(): boolean {
    for (const changed of this.#aggregates.update()) {
      for (const number of partsOf(this.locRib, changed)) {
        for (const group of this.#groups.values()) group.update(number);
      }
    }
    return false;
  }
}

function settingsOf(bgp: BgpSettings, family: Family) {
  const own = bgp.families[family];
  const { maximumPaths, maximumPathsIbgp, equalClusterLength } = own;
  const maxima = { maximumPaths, maximumPathsIbgp, ...(equalClusterLength && { equalClusterLength }) };
  return { bgp, own, decision: { ...bgp.decision, ...maxima } };
}
