/** The routing table as last given out, and what the next SPF result changes in it. */
import { comparePrefixes, type Prefix } from '../../../net/address.ts';
import { SharedHops } from '../spf/next-hops.ts';
import { type OspfOutputs, type OspfRoute, ROUTE_KINDS } from './contract.ts';
import type { LsaPool } from './pool.ts';
import { type SpfResult, UNREACHABLE } from './spf.ts';

export type RouteChange = Parameters<OspfOutputs['routes']>[0];

/** What there is a route to, and of which kind. */
export interface Routes extends SpfResult {
  /** By prefix number, indices into ROUTE_KINDS; left out where all routes are intra-area. */
  readonly kinds?: Uint8Array;
  /** By prefix number, those that are not 0. */
  readonly tags?: ReadonlyMap<number, number>;
}

const NOTHING: Routes = { costs: new Uint32Array(0), sets: new Uint32Array(0), nextHops: [] };

/**
 * Keeps a cost and a next-hop number per prefix, not routes: a thousand routers have a million of them. Every
 * prefix that has a route is held in the pool, so that its number keeps its meaning.
 */
export class RouteTable {
  readonly #pool: LsaPool;
  #current: Routes = NOTHING;

  constructor(pool: LsaPool) {
    this.#pool = pool;
  }

  /** Makes `next` the table. Undefined where nothing changed; lists are sorted by prefix. */
  replace(next: Routes): RouteChange | undefined {
    const { prefixes } = this.#pool;
    const old = this.#current;
    const now = sharingLists(old, next);
    const added: OspfRoute[] = [];
    const removed: Prefix[] = [];
    const releases: number[] = [];
    for (let prefix = 0; prefix < Math.max(old.costs.length, now.costs.length); prefix++) {
      const before = old.costs[prefix] ?? UNREACHABLE;
      const cost = now.costs[prefix] ?? UNREACHABLE;
      if (cost === UNREACHABLE) {
        if (before === UNREACHABLE) continue;
        removed.push(prefixes.valueOf(prefix));
        releases.push(prefix);
        continue;
      }
      if (before === UNREACHABLE) prefixes.hold(prefix);
      else if (
        before === cost &&
        old.nextHops[old.sets[prefix]] === now.nextHops[now.sets[prefix]] &&
        (old.kinds?.[prefix] ?? 0) === (now.kinds?.[prefix] ?? 0) &&
        (old.tags?.get(prefix) ?? 0) === (now.tags?.get(prefix) ?? 0)
      ) {
        continue;
      }
      added.push(this.#routeOf(now, prefix));
    }
    this.#current = now;
    for (const prefix of releases) prefixes.release(prefix);
    if (added.length === 0 && removed.length === 0) return undefined;
    added.sort((a, b) => comparePrefixes(a.prefix, b.prefix));
    removed.sort(comparePrefixes);
    return { added, removed };
  }

  *entries(): Generator<OspfRoute> {
    const { costs } = this.#current;
    for (let prefix = 0; prefix < costs.length; prefix++) {
      if (costs[prefix] !== UNREACHABLE) yield this.#routeOf(this.#current, prefix);
    }
  }

  /** Withdraws everything. */
  clear(): RouteChange | undefined {
    return this.replace(NOTHING);
  }

  #routeOf({ costs, sets, nextHops, kinds, tags }: Routes, number: number): OspfRoute {
    return {
      prefix: this.#pool.prefixes.valueOf(number),
      kind: ROUTE_KINDS[kinds?.[number] ?? 0],
      cost: costs[number],
      tag: tags?.get(number) ?? 0,
      nextHops: nextHops[sets[number]],
    };
  }
}

/** `next`, but with the lists of `old` where they are equal: afterwards equal lists are the same list. */
function sharingLists(old: Routes, next: Routes): Routes {
  const shared = new SharedHops(old.nextHops);
  return { ...next, nextHops: next.nextHops.map((list) => shared.of(list)) };
}
