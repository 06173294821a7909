/** Two forwarding tables of one run: the two planes of a router, two routers, one router at two moments. */
import type { Plane } from '../net/wire.ts';
import type { NextHop } from '../world/observation.ts';
import { formatNextHops } from './fib.ts';
import { type CoveredChange, compareFibs } from './fib-covers.ts';
import { BY_PORT, type Naming } from './fib-diff.ts';
import { bare, type Network } from './network.ts';
import type { RunView } from './view.ts';

/** A router's table in one plane, at the end of a step (0: before the first). */
export interface FibPlace {
  readonly router: string;
  readonly plane: Plane;
  readonly step: number;
}

export interface FibComparison {
  readonly from: FibPlace;
  readonly to: FibPlace;
  /** Routes in each table. */
  readonly fromRoutes: number;
  readonly toRoutes: number;
  readonly naming: Naming;
  /** Most prefixes first; none where the tables are the same. */
  readonly changes: readonly CoveredChange[];
}

/** Undefined where one of the tables is not recorded. */
export function compareAt(view: RunView, from: FibPlace, to: FibPlace): FibComparison | undefined {
  const a = view.fib(from.step, from.router, from.plane)?.entries;
  const b = view.fib(to.step, to.router, to.plane)?.entries;
  if (a === undefined || b === undefined) return undefined;
  const naming = from.router === to.router ? BY_PORT : byNeighbour(view.network, from.router, to.router);
  const changes = a === b ? [] : compareFibs(a, b, naming);
  return { from, to, fromRoutes: a.length, toRoutes: b.length, naming, changes };
}

/**
 * Names next hops by whom they lead to: the names of ports are each router's own, so two routers agree on a prefix
 * where both send it to the same neighbour, have it on the same link, or keep it for themselves.
 */
function byNeighbour(network: Network, from: string, to: string): Naming {
  const namesFor =
    (router: string) =>
    (nextHops: readonly NextHop[]): string =>
      nextHops.length === 0
        ? formatNextHops(nextHops)
        : [...new Set(nextHops.map((nextHop) => neighbourName(network, router, nextHop)))]
            .sort()
            .join(' or ');
  return { from: namesFor(from), to: namesFor(to) };
}

function neighbourName(network: Network, router: string, nextHop: NextHop): string {
  switch (nextHop.kind) {
    case 'local':
    case 'blackhole':
    case 'reject':
    case 'tunnel':
      return formatNextHops([nextHop]);
    case 'connected': {
      const link = network.linkAt(router, nextHop.port);
      return link === undefined ? formatNextHops([nextHop]) : `link ${link.name}`;
    }
    case 'gateway': {
      const others = (network.linkAt(router, nextHop.port)?.ends ?? []).filter(({ node }) => node !== router);
      const end =
        others.find(({ address }) => bare(address) === nextHop.gateway) ??
        (others.length === 1 ? others[0] : undefined);
      return end?.node ?? nextHop.gateway;
    }
  }
}
