/**
 * The routing table (RFC 2328 11, 16): what the areas know by themselves, then what summaries say of other areas
 * (16.2), then what AS boundary routers say of the world outside (16.4, RFC 3101 2.5). A pure function of the
 * shortest paths of each area and of the LSAs that announce something; it computes no shortest path itself, so that
 * a change of an announcement costs no more than looking through announcements (16.5, 16.6).
 *
 * Prefixes are the pool's numbers. A router with one area that nothing is announced in, takes the area's own table.
 */
import { contains, type Ipv4, maskOf } from '../../../net/address.ts';
import type { NextHopOnLink } from '../spf/next-hops.ts';
import { BACKBONE, LS_INFINITY, OPTION_NP } from './constants.ts';
import { type OspfAreaSettings, ROUTE_KINDS } from './contract.ts';
import { HopLists } from './hop-lists.ts';
import { EXTERNAL_LSA, FLAG_B, FLAG_E, NSSA_LSA, SUMMARY_LSA } from './lsa.ts';
import type { Lsdb } from './lsdb.ts';
import type { Lsa, LsaPool } from './pool.ts';
import type { Routes } from './routes.ts';
import { type AreaPaths, UNREACHABLE } from './spf.ts';

/** An area that the router is attached to. */
export interface AreaView {
  readonly id: Ipv4;
  readonly kind: OspfAreaSettings['kind'];
  readonly settings: OspfAreaSettings;
  /** Prefix numbers of the settings' ranges. */
  readonly ranges: readonly number[];
  readonly paths: AreaPaths;
  readonly lsdb: Lsdb;
}

export interface TableInput {
  readonly pool: LsaPool;
  readonly areas: readonly AreaView[];
  /** AS-external-LSAs. */
  readonly external: Lsdb;
  readonly routerId: Ipv4;
  /** Of interfaces that OSPF runs on. */
  readonly ownAddresses: ReadonlySet<Ipv4>;
  readonly isBorderRouter: boolean;
  readonly rfc1583Compatibility: boolean;
  readonly maximumPaths: number;
}

/** A way to an AS boundary router, or to a forwarding address. */
export interface Way {
  readonly cost: number;
  readonly nextHops: readonly NextHopOnLink[];
  /** Index of the area that it leads through. */
  readonly area: number;
  readonly kind: 'intra-area' | 'inter-area';
}

/** A range with something in it (12.4.3). */
export interface ActiveRange {
  readonly area: number;
  /** Index among the area's ranges. */
  readonly range: number;
  readonly cost: number;
}

export interface RoutingTable extends Routes {
  readonly kinds: Uint8Array;
  readonly tags: ReadonlyMap<number, number>;
  /** By prefix number: index of the area of an intra-area or inter-area route. */
  readonly areas: Uint8Array;
  readonly boundaryRouters: ReadonlyMap<Ipv4, Way>;
  /** By prefix number. */
  readonly activeRanges: ReadonlyMap<number, ActiveRange>;
  /** By prefix number: the type 7 LSA that the external route is by. */
  readonly nssaRoutes: ReadonlyMap<number, { readonly lsa: Lsa; readonly area: number }>;
}

const INTRA = ROUTE_KINDS.indexOf('intra-area');
const INTER = ROUTE_KINDS.indexOf('inter-area');
const EXTERNAL_1 = ROUTE_KINDS.indexOf('external-1');
const EXTERNAL_2 = ROUTE_KINDS.indexOf('external-2');
const DISCARD = ROUTE_KINDS.indexOf('discard');

/** The table of a router whose only area says everything; undefined where there is more to it. */
export function plainTable({ areas, external }: TableInput): Routes | undefined {
  const [only] = areas;
  if (areas.length > 1 || external.announcements.size > 0) return undefined;
  return only === undefined || only.lsdb.announcements.size > 0 ? undefined : only.paths;
}

export function routingTable(input: TableInput): RoutingTable {
  const calculation = new Calculation(input);
  calculation.withinAreas();
  if (input.isBorderRouter) calculation.ranges();
  calculation.betweenAreas();
  calculation.discards();
  calculation.externals();
  return calculation;
}

/** An external route under comparison (16.4, step 6). */
interface ExternalPath {
  readonly metricType: 1 | 2;
  /** Of type 1, of the whole way; of type 2, what the LSA says. */
  readonly cost: number;
  /** To the boundary router, or the forwarding address. */
  readonly way: Way;
  readonly tag: number;
  readonly lsa: Lsa;
  /** Index of the NSSA that it is a route of; -1 for type 5. */
  readonly nssa: number;
  readonly nextHops: number;
}

class Calculation implements RoutingTable {
  readonly costs: Uint32Array;
  readonly sets: Uint32Array;
  readonly kinds: Uint8Array;
  readonly areas: Uint8Array;
  readonly tags = new Map<number, number>();
  readonly boundaryRouters = new Map<Ipv4, Way>();
  readonly activeRanges = new Map<number, ActiveRange>();
  readonly nssaRoutes = new Map<number, { readonly lsa: Lsa; readonly area: number }>();
  readonly #input: TableInput;
  readonly #lists: HopLists;

  constructor(input: TableInput) {
    const { capacity } = input.pool.prefixes;
    this.#input = input;
    this.#lists = new HopLists(input.maximumPaths);
    this.costs = new Uint32Array(capacity).fill(UNREACHABLE);
    this.sets = new Uint32Array(capacity);
    this.kinds = new Uint8Array(capacity);
    this.areas = new Uint8Array(capacity);
  }

  get nextHops(): readonly (readonly NextHopOnLink[])[] {
    return this.#lists.lists;
  }

  /** 16.1. */
  withinAreas(): void {
    this.#input.areas.forEach(({ paths }, area) => {
      const numbers = paths.nextHops.map((list) => this.#lists.numberOf(list));
      for (let prefix = 0; prefix < paths.costs.length; prefix++) {
        const cost = paths.costs[prefix];
        if (cost !== UNREACHABLE) this.#offer(prefix, INTRA, area, cost, numbers[paths.sets[prefix]]);
      }
      for (const [router, path] of paths.borders) {
        if ((path.flags & FLAG_E) !== 0)
          this.#offerBoundaryRouter(router, { ...path, area, kind: 'intra-area' });
      }
    });
  }

  /** Which ranges of our areas have something in them, and at which cost (12.4.3). */
  ranges(): void {
    const { areas, rfc1583Compatibility, pool } = this.#input;
    const choose = rfc1583Compatibility ? Math.min : Math.max;
    areas.forEach(({ settings, ranges }, area) => {
      if (settings.ranges.length === 0) return;
      for (let prefix = 0; prefix < this.costs.length; prefix++) {
        if (this.costs[prefix] === UNREACHABLE || this.areas[prefix] !== area) continue;
        const range = rangeOf(settings, pool.prefixes.valueOf(prefix));
        if (range < 0) continue;
        const known = this.activeRanges.get(ranges[range]);
        const cost =
          settings.ranges[range].cost ?? choose(this.costs[prefix], known?.cost ?? this.costs[prefix]);
        this.activeRanges.set(ranges[range], { area, range, cost });
      }
    });
  }

  /** 16.2: an area border router listens to the backbone alone. */
  betweenAreas(): void {
    const { areas, isBorderRouter } = this.#input;
    areas.forEach((view, area) => {
      if (isBorderRouter && view.id !== BACKBONE) return;
      for (const { lsa } of view.lsdb.announcements) {
        if (lsa.body.kind === 'summary') this.#summary(view, area, lsa, lsa.body.metric);
      }
    });
  }

  /** What is in a range of ours and nowhere must not go where the range is announced from (C.2). */
  discards(): void {
    for (const [prefix, { area, range }] of this.activeRanges) {
      const isThere = this.costs[prefix] !== UNREACHABLE && this.kinds[prefix] === INTRA;
      if (isThere || !this.#input.areas[area].settings.ranges[range].advertise) continue;
      this.costs[prefix] = 0;
      this.kinds[prefix] = DISCARD;
      this.areas[prefix] = area;
      this.sets[prefix] = this.#lists.numberOf([]);
    }
  }

  /** 16.4. */
  externals(): void {
    const { areas, external } = this.#input;
    const best = new Map<number, ExternalPath>();
    for (const { lsa } of external.announcements) this.#external(best, lsa, -1);
    areas.forEach(({ lsdb, kind }, area) => {
      if (kind !== 'nssa') return;
      for (const { lsa } of lsdb.announcements)
        if (lsa.identity.type === NSSA_LSA) this.#external(best, lsa, area);
    });
    for (const [prefix, { metricType, cost, tag, lsa, nssa, nextHops }] of best) {
      this.costs[prefix] = cost;
      this.kinds[prefix] = metricType === 1 ? EXTERNAL_1 : EXTERNAL_2;
      this.sets[prefix] = nextHops;
      if (tag !== 0) this.tags.set(prefix, tag);
      if (nssa >= 0) this.nssaRoutes.set(prefix, { lsa, area: nssa });
    }
  }

  #offer(prefix: number, kind: number, area: number, cost: number, list: number): void {
    const known = this.costs[prefix];
    if (
      known !== UNREACHABLE &&
      (this.kinds[prefix] < kind || (this.kinds[prefix] === kind && known < cost))
    ) {
      return;
    }
    const isEqual = known === cost && this.kinds[prefix] === kind;
    this.sets[prefix] = isEqual ? this.#lists.union(this.sets[prefix], list) : list;
    if (isEqual) return;
    this.costs[prefix] = cost;
    this.kinds[prefix] = kind;
    this.areas[prefix] = area;
  }

  #summary(view: AreaView, area: number, lsa: Lsa, metric: number): void {
    const { type, id, advertisingRouter } = lsa.identity;
    const border = view.paths.borders.get(advertisingRouter);
    if (metric >= LS_INFINITY || border === undefined || (border.flags & FLAG_B) === 0) return;
    const cost = border.cost + metric;
    if (type !== SUMMARY_LSA) {
      this.#offerBoundaryRouter(id, { cost, nextHops: border.nextHops, area, kind: 'inter-area' });
      return;
    }
    const [prefix] = lsa.stubs;
    // What is a range of ours, only we can say (16.2, step 3).
    if (prefix === undefined || this.activeRanges.has(prefix)) return;
    this.#offer(prefix, INTER, area, cost, this.#lists.numberOf(border.nextHops));
  }

  /** Who originates type 5 is reached where type 5 goes (RFC 3101 2.5): others are left from before an area was an NSSA. */
  #offerBoundaryRouter(router: Ipv4, way: Way): void {
    if (router === this.#input.routerId || this.#input.areas[way.area].kind !== 'ordinary') return;
    const known = this.boundaryRouters.get(router);
    const order = known === undefined ? -1 : this.#compareWays(way, known);
    if (known === undefined || order < 0) this.boundaryRouters.set(router, way);
    else if (order === 0 && known.area === way.area) {
      const nextHops = this.#lists.join(known.nextHops, way.nextHops);
      this.boundaryRouters.set(router, { ...known, nextHops });
    } else if (order === 0 && this.#input.areas[way.area].id > this.#input.areas[known.area].id) {
      // 16.4, step 3: of equals the one through the area of the largest id.
      this.boundaryRouters.set(router, way);
    }
  }

  /** Below zero where `a` is the better way (16.4.1, and 16.2 step 6: within an area before any other). */
  #compareWays(a: Way, b: Way): number {
    if (a.kind !== b.kind) return a.kind === 'intra-area' ? -1 : 1;
    return this.#rankOf(a) - this.#rankOf(b) || a.cost - b.cost;
  }

  /** 16.4.1: ways within an area other than the backbone are preferred, unless as in RFC 1583 nothing but cost counts. */
  #rankOf({ kind, area }: Way): number {
    const isPreferred = kind === 'intra-area' && this.#input.areas[area].id !== BACKBONE;
    return isPreferred || this.#input.rfc1583Compatibility ? 0 : 1;
  }

  #external(best: Map<number, ExternalPath>, lsa: Lsa, nssa: number): void {
    const [prefix] = lsa.stubs;
    const { body, identity } = lsa;
    if (body.kind !== 'external' || prefix === undefined) return;
    if (body.metric >= LS_INFINITY || identity.advertisingRouter === this.#input.routerId) return;
    if (nssa >= 0 && body.mask === 0 && !this.#takesDefault(lsa, nssa)) return;
    const isKnown = this.costs[prefix] !== UNREACHABLE;
    if (isKnown) return;
    const router = this.#boundaryRouter(identity.advertisingRouter, nssa);
    const way = router !== undefined && body.forwarding !== 0 ? this.#reach(body.forwarding, nssa) : router;
    if (way === undefined) return;
    const { metricType, metric, tag } = body;
    const path = { metricType, cost: metricType === 1 ? way.cost + metric : metric, way, tag, lsa, nssa };
    const list = this.#lists.numberOf(way.nextHops);
    const known = best.get(prefix);
    const order = known === undefined ? -1 : this.#compareExternal(path, known);
    if (known === undefined || order < 0) best.set(prefix, { ...path, nextHops: list });
    else if (order === 0) {
      // Which of equals gives its tag, and is translated, must not depend on the order in which they came.
      const first = ranksBefore(path, known) ? path : known;
      best.set(prefix, { ...first, nextHops: this.#lists.union(known.nextHops, list) });
    }
  }

  /** RFC 3101 2.5, step 3: what border routers tell of each other is no default of theirs. */
  #takesDefault({ options }: Lsa, nssa: number): boolean {
    if (!this.#input.isBorderRouter) return true;
    return (options & OPTION_NP) !== 0 && !this.#input.areas[nssa].settings.noSummary;
  }

  #boundaryRouter(id: Ipv4, nssa: number): Way | undefined {
    if (nssa < 0) return this.boundaryRouters.get(id);
    const path = this.#input.areas[nssa].paths.borders.get(id);
    return path === undefined ? undefined : { ...path, area: nssa, kind: 'intra-area' };
  }

  /**
   * The way to a forwarding address, through areas that have type 5; for a type 7, within its NSSA (RFC 3101 2.5). None
   * to ourselves: whoever says that we know the way, has it from us.
   */
  #reach(address: Ipv4, nssa: number): Way | undefined {
    const { areas, ownAddresses, pool } = this.#input;
    const { prefixes } = pool;
    if (ownAddresses.has(address)) return undefined;
    for (let length = 32; length >= 0; length--) {
      const prefix = prefixes.find(((address & maskOf(length)) >>> 0) * 64 + length);
      if (prefix < 0 || prefix >= this.costs.length || this.costs[prefix] === UNREACHABLE) continue;
      const kind = this.kinds[prefix];
      const area = this.areas[prefix];
      const isWithin = nssa < 0 ? areas[area].kind === 'ordinary' : kind === INTRA && area === nssa;
      if (kind === DISCARD || !isWithin) return undefined;
      const nextHops = this.#lists.through(this.#lists.lists[this.sets[prefix]], address);
      return { cost: this.costs[prefix], nextHops, area, kind: kind === INTRA ? 'intra-area' : 'inter-area' };
    }
    return undefined;
  }

  /** Below zero where `a` is preferred (16.4, step 6). */
  #compareExternal(a: Omit<ExternalPath, 'nextHops'>, b: Omit<ExternalPath, 'nextHops'>): number {
    if (a.metricType !== b.metricType) return a.metricType - b.metricType;
    if (a.metricType === 2 && a.cost !== b.cost) return a.cost - b.cost;
    return (
      this.#rankOf(a.way) - this.#rankOf(b.way) ||
      (a.metricType === 1 ? a.cost - b.cost : a.way.cost - b.way.cost)
    );
  }
}

/** RFC 3101 2.5, step 6e: type 7 to be translated, then type 5; then the highest Router ID. */
function ranksBefore(a: Omit<ExternalPath, 'nextHops'>, b: Omit<ExternalPath, 'nextHops'>): boolean {
  const rank = ({ lsa }: { readonly lsa: Lsa }): number =>
    lsa.identity.type === EXTERNAL_LSA ? 1 : (lsa.options & OPTION_NP) !== 0 ? 0 : 2;
  return (rank(a) - rank(b) || b.lsa.identity.advertisingRouter - a.lsa.identity.advertisingRouter) < 0;
}

/** The most specific range that the prefix lies in; -1 for none. */
export function rangeOf(
  { ranges }: OspfAreaSettings,
  { address, length }: { readonly address: Ipv4; readonly length: number },
): number {
  let found = -1;
  ranges.forEach(({ prefix }, index) => {
    if (prefix.length > length || !contains(prefix, address)) return;
    if (found < 0 || prefix.length > ranges[found].prefix.length) found = index;
  });
  return found;
}
