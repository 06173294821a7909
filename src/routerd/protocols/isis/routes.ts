/** The routing table as last given out, what new results of the levels change in it, and what goes from level to level. */
import type { IsisLevel } from '../../../config/isis-model.ts';
import { comparePrefixes, type Prefix } from '../../../net/address.ts';
import { NO_NEXT_HOPS, SharedHops } from '../spf/next-hops.ts';
import type { IsisOutputs, IsisRoute } from './contract.ts';
import type { LspPool } from './pool.ts';
import { type LevelRoutes, UNREACHABLE } from './spf.ts';

export type RouteChange = Parameters<IsisOutputs['routes']>[0];

/** Arrays by prefix number. */
interface Table {
  readonly costs: Uint32Array;
  readonly levels: Uint8Array;
  /** Index into `nextHops`. */
  readonly lists: Uint32Array;
  readonly nextHops: readonly IsisRoute['nextHops'][];
}

const NOTHING: Table = {
  costs: new Uint32Array(0),
  levels: new Uint8Array(0),
  lists: new Uint32Array(0),
  nextHops: [],
};

/**
 * Keeps a cost and numbers per prefix, not routes: a thousand routers have a million of them. Every prefix that has a
 * route is held in the pool, so that its number keeps its meaning.
 */
export class RouteTable {
  readonly #pool: LspPool;
  #current: Table = NOTHING;

  constructor(pool: LspPool) {
    this.#pool = pool;
  }

  /** Makes the best of `levels` the table. Undefined where nothing changed; lists are sorted by prefix. */
  replace(levels: readonly LevelRoutes[], maximumPaths: number): RouteChange | undefined {
    return this.#become(merge(levels, maximumPaths, this.#current.nextHops));
  }

  /** Withdraws everything. */
  clear(): RouteChange | undefined {
    return this.#become(NOTHING);
  }

  #become(now: Table): RouteChange | undefined {
    const { prefixes } = this.#pool;
    const old = this.#current;
    const added: IsisRoute[] = [];
    const removed: Prefix[] = [];
    const releases: number[] = [];
    for (let prefix = 0; prefix < Math.max(old.costs.length, now.costs.length); prefix++) {
      const before = old.costs[prefix] ?? UNREACHABLE;
      const metric = now.costs[prefix] ?? UNREACHABLE;
      if (metric === UNREACHABLE) {
        if (before === UNREACHABLE) continue;
        removed.push(prefixes.valueOf(prefix));
        releases.push(prefix);
        continue;
      }
      const nextHops = now.nextHops[now.lists[prefix]];
      const level: IsisLevel = now.levels[prefix] === 1 ? 1 : 2;
      const isSame =
        before === metric && old.levels[prefix] === level && old.nextHops[old.lists[prefix]] === nextHops;
      if (isSame) continue;
      if (before === UNREACHABLE) prefixes.hold(prefix);
      added.push({ prefix: prefixes.valueOf(prefix), level, metric, nextHops });
    }
    this.#current = now;
    for (const prefix of releases) prefixes.release(prefix);
    if (added.length === 0 && removed.length === 0) return undefined;
    added.sort((a, b) => comparePrefixes(a.prefix, b.prefix));
    removed.sort(comparePrefixes);
    return { added, removed };
  }
}

/** Of each prefix the better level's route, if that leads anywhere; lists that were there before are used again. */
function merge(
  levels: readonly LevelRoutes[],
  maximumPaths: number,
  former: readonly IsisRoute['nextHops'][],
): Table {
  const size = levels.reduce((most, { costs }) => Math.max(most, costs.length), 0);
  const table = {
    costs: new Uint32Array(size).fill(UNREACHABLE),
    levels: new Uint8Array(size),
    lists: new Uint32Array(size),
    nextHops: [] as IsisRoute['nextHops'][],
  };
  const shared = new SharedHops(former);
  const numbers = new Map<LevelRoutes, Int32Array>(
    levels.map((each) => [each, new Int32Array(each.hops.size).fill(-1)]),
  );
  for (let prefix = 0; prefix < size; prefix++) {
    const best = bestOf(levels, prefix);
    if (best === undefined) continue;
    const ofSets = numbers.get(best);
    const set = best.sets[prefix];
    if (ofSets === undefined) continue;
    if (ofSets[set] < 0)
      ofSets[set] = table.nextHops.push(shared.of(best.hops.members(set, maximumPaths))) - 1;
    table.costs[prefix] = best.costs[prefix];
    table.levels[prefix] = best.level;
    table.lists[prefix] = ofSets[set];
  }
  return table;
}

/** The level whose route to the prefix is used; undefined where none is. */
export function bestOf(levels: readonly LevelRoutes[], prefix: number): LevelRoutes | undefined {
  let best: LevelRoutes | undefined;
  for (const each of levels) {
    if ((each.costs[prefix] ?? UNREACHABLE) === UNREACHABLE || each.sets[prefix] === NO_NEXT_HOPS) continue;
    if (best === undefined || each.ranks[prefix] < best.ranks[prefix]) best = each;
  }
  return best;
}
