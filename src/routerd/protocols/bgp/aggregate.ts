/**
 * `aggregate-address`: one route for all that lie within it, for as long as there is one (RFC 4271 9.2.2.2). With
 * `as-set` it says through which ASes those lead; otherwise ATOMIC_AGGREGATE says that something was left out.
 */
import { contains, type Prefix } from '../../../net/address.ts';
import type { Policy } from '../../policy/policy.ts';
import { ORIGINS, sortedLarge } from '../../policy/set.ts';
import { keyOf } from '../../rib/prefix-map.ts';
import { AggregateParts } from './aggregate-parts.ts';
import type { AttributePool } from './attribute-pool.ts';
import { type AsSegment, COMMUNITY, type Origin, type PathAttributes } from './attributes.ts';
import { routeOf } from './export.ts';
import type { LocRib } from './loc-rib.ts';
import { LOCAL_WEIGHT, ownAttributes, Path, type PathSource, type TrackedHop } from './path.ts';
import type { AggregateSettings, BgpSettings } from './settings.ts';

/** What is addressed to the aggregate and to none of its parts goes nowhere, or it might go round in circles. */
const DISCARD: TrackedHop = { address: 0, metric: 0, nextHops: [{ kind: 'blackhole' }] };
/** AS numbers of a set: what one segment holds. */
const MAX_SET = 255;

export class Aggregates {
  readonly #locRib: LocRib;
  readonly #pool: AttributePool;
  #source: PathSource;
  #as = 0;
  #policy: Policy | undefined;
  #settings: readonly AggregateSettings[] = [];
  readonly #active = new Set<AggregateSettings>();
  /** By prefix. */
  #parts: ReadonlyMap<number, AggregateParts> = new Map();
  /** Those whose parts are told otherwise since they were configured anew. */
  #changed: readonly AggregateSettings[] = [];

  constructor(locRib: LocRib, pool: AttributePool, source: PathSource) {
    this.#locRib = locRib;
    this.#pool = pool;
    this.#source = source;
  }

  get isEmpty(): boolean {
    return this.#settings.length === 0;
  }

  /** From now on these, as whom; one that was there before stays until `update` says what it is now. */
  configure(
    settings: readonly AggregateSettings[],
    { as, policy }: Pick<BgpSettings, 'as' | 'policy'>,
    source: PathSource,
  ): void {
    this.#policy = policy;
    const isSomeoneElse = as !== this.#as || source.routerId !== this.#source.routerId;
    const before = new Map(this.#settings.map((aggregate) => [keyOf(aggregate.prefix), aggregate]));
    for (const aggregate of settings) {
      const former = before.get(keyOf(aggregate.prefix));
      if (former === undefined || isSomeoneElse || !this.#active.delete(former)) continue;
      before.delete(keyOf(aggregate.prefix));
      this.#active.add(aggregate);
      if (suppression(former) !== suppression(aggregate)) this.#changed = [...this.#changed, aggregate];
    }
    for (const former of before.values()) {
      this.#locRib.withdraw({ prefix: former.prefix }, this.#source);
      if (this.#active.delete(former) && suppression(former) !== undefined) {
        this.#changed = [...this.#changed, former];
      }
    }
    this.#settings = settings;
    this.#parts = new Map(
      settings.map((each) => [keyOf(each.prefix), this.#parts.get(keyOf(each.prefix)) ?? this.#count(each)]),
    );
    for (const parts of this.#parts.values()) parts.isNews = true;
    if (!isSomeoneElse) return;
    this.#as = as;
    this.#source = source;
  }

  /** The prefix has another best route. Returns whether that is news for an aggregate. */
  moved(prefix: Prefix, former: Path | undefined, best: Path | undefined): boolean {
    let isNews = false;
    for (const aggregate of this.#settings) {
      if (!isPart(prefix, aggregate)) continue;
      const parts = this.#parts.get(keyOf(aggregate.prefix));
      parts?.change(attributesOfPart(former), attributesOfPart(best));
      isNews ||= parts?.isNews === true;
    }
    return isNews;
  }

  #count(aggregate: AggregateSettings): AggregateParts {
    const parts = new AggregateParts();
    for (const number of partsOf(this.#locRib, aggregate)) {
      parts.change(undefined, attributesOfPart(this.#locRib.best(number)));
    }
    return parts;
  }

  /** An aggregate stands for the destination, which is not told itself. */
  isSuppressed(number: number): boolean {
    if (this.#active.size === 0 || isAggregate(this.#locRib.best(number))) return false;
    const prefix = this.#locRib.destinations.prefix(number);
    for (const aggregate of this.#active) {
      if (isPart(prefix, aggregate) && this.#takesPlaceOf(aggregate, prefix)) return true;
    }
    return false;
  }

  /** FRR asks `suppress-map` about the prefix, and shows it nothing else of the route (aggr_suppress_map_test). */
  #takesPlaceOf({ summaryOnly, suppressMap }: AggregateSettings, prefix: Prefix): boolean {
    if (summaryOnly || suppressMap === undefined) return summaryOnly;
    return this.#policy?.routeMap(suppressMap, { prefix, attributes: ownAttributes(0) }) !== undefined;
  }

  /** Makes each what its parts have by now. Returns those that suppress their parts now and did not, or the reverse. */
  update(): readonly AggregateSettings[] {
    const changed = [...this.#changed];
    this.#changed = [];
    for (const aggregate of this.#settings) {
      const { prefix } = aggregate;
      const parts = this.#parts.get(keyOf(prefix));
      if (parts?.isNews !== true) continue;
      parts.isNews = false;
      const attributes = this.#attributesOf(aggregate, parts);
      const wasActive = this.#active.has(aggregate);
      if (attributes === undefined) {
        this.#active.delete(aggregate);
        this.#locRib.withdraw({ prefix }, this.#source);
      } else {
        this.#active.add(aggregate);
        const former = this.#pathOf(prefix);
        if (former?.attributes !== attributes) {
          this.#locRib.set({ prefix }, new Path(this.#source, attributes, DISCARD, LOCAL_WEIGHT));
        }
      }
      if (suppression(aggregate) !== undefined && wasActive !== (attributes !== undefined)) {
        changed.push(aggregate);
      }
    }
    return changed;
  }

  #pathOf(prefix: Prefix): Path | undefined {
    const number = this.#locRib.destinations.find({ prefix });
    return number < 0 ? undefined : this.#locRib.pathOf(number, this.#source);
  }

  /** Undefined where it has no part, or its map denies it. */
  #attributesOf(aggregate: AggregateSettings, parts: AggregateParts): PathAttributes | undefined {
    const { prefix, routeMap } = aggregate;
    const attributes = this.#ownAttributesOf(aggregate, [...parts.attributes]);
    if (attributes === undefined || routeMap === undefined) return attributes;
    const path = new Path(this.#source, attributes, DISCARD, LOCAL_WEIGHT);
    const route = this.#policy?.routeMap(routeMap, routeOf(prefix, path, attributes));
    if (route === undefined) return undefined;
    const { metric, setNextHop } = route;
    return this.#pool.intern({
      ...(route.attributes ?? attributes),
      ...(route.metricIsSet && metric !== undefined && { med: metric }),
      ...(typeof setNextHop === 'number' && { nextHop: setNextHop }),
    });
  }

  #ownAttributesOf(
    { asSet, origin: given, matchingMedOnly }: AggregateSettings,
    parts: readonly PathAttributes[],
  ): PathAttributes | undefined {
    if (parts.length === 0) return undefined;
    if (matchingMedOnly && new Set(parts.map(({ med = 0 }) => med)).size > 1) return undefined;
    const worst = parts.reduce<Origin>((origin, part) => (part.origin > origin ? part.origin : origin), 0);
    return this.#pool.intern({
      ...ownAttributes(given === undefined ? worst : ORIGINS[given], 0),
      aggregator: { as: this.#as, address: this.#source.routerId },
      ...(asSet
        ? {
            asPath: merged(parts.map(({ asPath }) => asPath)),
            // That one of them is about to go says nothing of the others (RFC 8326).
            communities: union(parts.map(({ communities }) => communities)).filter(
              (each) => each !== COMMUNITY.GRACEFUL_SHUTDOWN,
            ),
            largeCommunities: sortedLarge(parts.flatMap(({ largeCommunities }) => largeCommunities)),
            extendedCommunities: [
              ...new Set(parts.flatMap(({ extendedCommunities }) => extendedCommunities)),
            ].sort(),
          }
        : { atomicAggregate: true }),
    });
  }
}

/** Aggregates are no parts of larger ones (FRR's bgp_aggregate_route). */
function isAggregate(path: Path | undefined): boolean {
  return path?.hop === DISCARD;
}

function attributesOfPart(best: Path | undefined): PathAttributes | undefined {
  return isAggregate(best) ? undefined : best?.attributes;
}

/** By which of its parts it is told in their place; undefined: by none. */
function suppression({ summaryOnly, suppressMap, policy }: AggregateSettings): string | undefined {
  if (summaryOnly) return 'all';
  return suppressMap === undefined ? undefined : JSON.stringify([suppressMap, policy]);
}

/** The numbers of the destinations within it. */
export function* partsOf({ destinations }: LocRib, aggregate: AggregateSettings): Generator<number> {
  for (let number = 0; number < destinations.end; number++) {
    if (destinations.isUsed(number) && isPart(destinations.prefix(number), aggregate)) yield number;
  }
}

function isPart(prefix: Prefix, aggregate: AggregateSettings): boolean {
  return prefix.length > aggregate.prefix.length && contains(aggregate.prefix, prefix.address);
}

/** What all paths begin with, then the rest of their numbers as a set (RFC 4271 9.2.2.2, F.6). */
function merged(paths: readonly (readonly AsSegment[])[]): readonly AsSegment[] {
  const [first, ...others] = new Set(paths);
  if (others.length === 0) return first;
  const head = headOf(first);
  let common = 0;
  while (common < head.length && others.every((path) => headOf(path)[common] === head[common])) common++;
  const rest = [first, ...others].map((path) => path.flatMap(({ numbers }) => numbers).slice(common));
  const set = union(rest).slice(0, MAX_SET);
  return [
    ...(common > 0 ? [{ type: 'sequence' as const, numbers: head.slice(0, common) }] : []),
    ...(set.length > 0 ? [{ type: 'set' as const, numbers: set }] : []),
  ];
}

function headOf(path: readonly AsSegment[]): readonly number[] {
  return path[0]?.type === 'sequence' ? path[0].numbers : [];
}

function union(lists: readonly (readonly number[])[]): readonly number[] {
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}
