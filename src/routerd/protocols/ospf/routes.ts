/** The routing table as last given out, and what the next SPF result changes in it. */
import { comparePrefixes, type Prefix } from '../../../net/address.ts';
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
      const nextHops = now.nextHops[now.sets[prefix]];
      const kind = now.kinds?.[prefix] ?? 0;
      const tag = now.tags?.get(prefix) ?? 0;
      if (before === UNREACHABLE) prefixes.hold(prefix);
      else if (
        before === cost &&
        old.nextHops[old.sets[prefix]] === nextHops &&
        (old.kinds?.[prefix] ?? 0) === kind &&
        (old.tags?.get(prefix) ?? 0) === tag
      ) {
        continue;
      }
      added.push({ prefix: prefixes.valueOf(prefix), kind: ROUTE_KINDS[kind], cost, tag, nextHops });
    }
    this.#current = now;
    for (const prefix of releases) prefixes.release(prefix);
    if (added.length === 0 && removed.length === 0) return undefined;
    added.sort((a, b) => comparePrefixes(a.prefix, b.prefix));
    removed.sort(comparePrefixes);
    return { added, removed };
  }

  /** Withdraws everything. */
  clear(): RouteChange | undefined {
    return this.replace(NOTHING);
  }
}

/** `next`, but with the lists of `old` where they are equal: afterwards equal lists are the same list. */
function sharingLists(old: Routes, next: Routes): Routes {
  const known = new Map(old.nextHops.map((list) => [keyOf(list), list]));
  const nextHops = next.nextHops.map((list) => {
    const key = keyOf(list);
    const same = known.get(key) ?? list;
    known.set(key, same);
    return same;
  });
  return { ...next, nextHops };
}

function keyOf(list: OspfRoute['nextHops']): string {
  return list.map((hop) => `${hop.interface} ${hop.gateway}`).join();
}
