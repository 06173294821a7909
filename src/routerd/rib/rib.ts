/**
 * The RIB of one slot: for each prefix the routes that its sources offer, the best of which goes to the FIB.
 *
 * Best is the smallest administrative distance, then the smallest metric (FRR zebra's rule). Sources do not
 * know one another; each sets and withdraws its own route of a prefix. A static route by a gateway is offered
 * only while the gateway can be reached by another route (RFC 4271 9.1.2.1 calls this resolvability), and
 * inherits the port of that route.
 */
import { comparePrefixes, formatPrefix, type Ipv4, maskOf, type Prefix } from '../../net/address.ts';
import type { NextHop, RibEntry, RouteSource } from '../../world/observation.ts';
import { PrefixMap } from './prefix-map.ts';

/**
 * What a source says of a prefix, or of many: half a million routes of BGP have few next hops, and those that agree in
 * everything but the prefix are one object.
 */
export interface Offer {
  readonly source: RouteSource;
  readonly distance: number;
  readonly metric: number;
  readonly tag?: number;
  readonly nextHops: readonly NextHop[];
}

export interface Route extends Offer {
  readonly prefix: Prefix;
}

/** Told of every change of a best route; undefined when the prefix has none any more. */
export type InstallRoute = (prefix: Prefix, nextHops: readonly NextHop[] | undefined) => void;

/** FRR's (zebra/rib.h, bgpd): BGP's is that of routes from another AS; those from its own have DISTANCE_IBGP. */
export const DISTANCE = {
  connected: 0,
  static: 1,
  bgp: 20,
  ospf: 110,
  isis: 115,
} as const satisfies Record<RouteSource, number>;
export const DISTANCE_IBGP = 200;

/**
 * Told of every change of a prefix's best route, as it happens: whose route is the best now, or was. It must not
 * change the table; who has to, does so later by the clock.
 */
export type WatchRoutes = (change: {
  readonly prefix: Prefix;
  /** Of the best route now; where there is none any more, of the former. */
  readonly source: RouteSource;
  readonly best: Offer | undefined;
  readonly former: Offer | undefined;
}) => void;

/** Told of every change of what a source offers, whether the best route changes or not; and else as WatchRoutes. */
export type WatchOffers = (prefix: Prefix, source: RouteSource) => void;

/** Prefixes one slot may hold; beyond it a new prefix is refused. Ten full Internet tables of today. */
const MAX_PREFIXES = 10_000_000;

export class Rib {
  readonly #best = new PrefixMap<Offer>();
  /** What else is offered where more than one source does, best first. Few prefixes have it. */
  readonly #others = new PrefixMap<readonly Offer[]>();
  readonly #install: InstallRoute;
  readonly #watchers = new Set<WatchRoutes>();
  readonly #offerWatchers: WatchOffers[] = [];

  constructor(install: InstallRoute) {
    this.#install = install;
  }

  /** From now on, until what is returned is called; `best` says what there is already. */
  watch(watcher: WatchRoutes): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  watchOffers(watcher: WatchOffers): void {
    this.#offerWatchers.push(watcher);
  }

  /** The best route of each prefix, in no order. */
  *best(): IterableIterator<Route> {
    for (const [prefix, offer] of this.#best.entries()) yield { ...offer, prefix };
  }

  /** The best route to exactly this prefix. */
  get(prefix: Prefix): Offer | undefined {
    return this.#best.get(prefix);
  }

  /** Offers `route` in place of its source's former route to the prefix. Throws RangeError when the table is full. */
  set(route: Route): void {
    this.offer(route.prefix, route);
  }

  /** As `set`, of a route that many prefixes share. */
  offer(prefix: Prefix, route: Offer): void {
    const former = this.#best.get(prefix);
    if (former === undefined && this.#best.size >= MAX_PREFIXES) {
      throw new RangeError(`RIB full: ${MAX_PREFIXES} prefixes`);
    }
    if (former === undefined || (former.source === route.source && this.#others.get(prefix) === undefined)) {
      this.#best.set(prefix, route);
      this.#changed(prefix, former, route, route.source);
    } else {
      const others = this.#offersOf(prefix).filter(({ source }) => source !== route.source);
      this.#keep(prefix, [...others, route].sort(byPreference));
      this.#changed(prefix, former, this.#best.get(prefix), route.source);
    }
  }

  /** Withdraws the source's route to the prefix, if it has one. */
  withdraw(source: RouteSource, prefix: Prefix): void {
    const former = this.#best.get(prefix);
    if (former === undefined) return;
    this.#keep(
      prefix,
      this.#offersOf(prefix).filter((route) => route.source !== source),
    );
    this.#changed(prefix, former, this.#best.get(prefix), source);
  }

  /** The best route to an address, not counting `except`'s. */
  lookup(address: Ipv4, except?: RouteSource): Route | undefined {
    return this.#longest(address, ({ source }) => source !== except);
  }

  /** The route to an address that one source offers, of the longest prefix, whatever others offer. */
  lookupOf(source: RouteSource, address: Ipv4): Route | undefined {
    return this.#longest(address, (route) => route.source === source);
  }

  /** The best route to the prefix itself, not counting `except`'s. */
  at(prefix: Prefix, except?: RouteSource): Offer | undefined {
    return this.#offersOf(prefix).find((route) => route.source !== except);
  }

  /** The prefixes that a source offers a route to, in no order. */
  prefixesOf(source: RouteSource): Prefix[] {
    const prefixes: Prefix[] = [];
    for (const [prefix, best] of this.#best.entries()) {
      const others = this.#others.get(prefix) ?? [];
      if (best.source === source || others.some((route) => route.source === source)) prefixes.push(prefix);
    }
    return prefixes;
  }

  /** Everything, by prefix, the best route of each first. */
  entries(): readonly RibEntry[] {
    return [...this.#best.entries()]
      .map(([prefix]) => prefix)
      .sort(comparePrefixes)
      .flatMap((prefix) =>
        this.#offersOf(prefix).map((route, index) => ({
          prefix: formatPrefix(prefix),
          source: route.source,
          distance: route.distance,
          metric: route.metric,
          best: index === 0,
          nextHops: route.nextHops,
        })),
      );
  }

  #longest(address: Ipv4, isWanted: (offer: Offer) => boolean): Route | undefined {
    for (let length = 32; length >= 0; length--) {
      const prefix = { address: (address & maskOf(length)) >>> 0, length };
      const best = this.#offersOf(prefix).find(isWanted);
      if (best !== undefined) return { ...best, prefix };
    }
    return undefined;
  }

  /** Best first. */
  #offersOf(prefix: Prefix): readonly Offer[] {
    const best = this.#best.get(prefix);
    return best === undefined ? [] : [best, ...(this.#others.get(prefix) ?? [])];
  }

  #keep(prefix: Prefix, [best, ...others]: readonly Offer[]): void {
    if (best === undefined) this.#best.delete(prefix);
    else this.#best.set(prefix, best);
    if (others.length === 0) this.#others.delete(prefix);
    else this.#others.set(prefix, others);
  }

  #changed(prefix: Prefix, former: Offer | undefined, best: Offer | undefined, of: RouteSource): void {
    for (const watcher of this.#offerWatchers) watcher(prefix, of);
    if (former === best) return;
    if (former === undefined || best === undefined || !sameNextHops(former.nextHops, best.nextHops)) {
      this.#install(prefix, best?.nextHops);
    }
    const source = (best ?? former)?.source;
    if (source === undefined) return;
    for (const watcher of this.#watchers) watcher({ prefix, source, best, former });
  }
}

function byPreference(a: Offer, b: Offer): number {
  return a.distance - b.distance || a.metric - b.metric;
}

function sameNextHops(a: readonly NextHop[], b: readonly NextHop[]): boolean {
  return a === b || (a.length === b.length && a.every((hop, index) => sameNextHop(hop, b[index])));
}

function sameNextHop(a: NextHop, b: NextHop): boolean {
  if (a.kind === 'gateway') return b.kind === 'gateway' && a.port === b.port && a.gateway === b.gateway;
  if (a.kind === 'connected') return b.kind === 'connected' && a.port === b.port;
  if (a.kind === 'tunnel') return b.kind === 'tunnel' && a.to === b.to && a.label === b.label;
  return a.kind === b.kind;
}
