/**
 * Static routes of one slot: which of the configured ones can be used now, and by what way.
 *
 * A gateway need not be a neighbour: the way to it is that of the longest prefix that holds it, other static
 * routes included (zebra's recursive next hops). So routes are resolved in rounds, each by what the one before
 * found, until nothing changes. No route leads to its own gateway; one whose gateway cannot be reached is not
 * offered.
 */
import type { StaticRouteConfig } from '../../../config/model.ts';
import { formatIpv4, type Ipv4, maskOf, type Prefix } from '../../../net/address.ts';
import type { NextHop } from '../../../world/observation.ts';
import { DISTANCE, type Route } from '../../rib/rib.ts';

/** How the slot reaches an address without static routes; and which interfaces are up. */
export interface StaticSurroundings {
  reach(address: Ipv4): Route | undefined;
  isUp(interfaceName: string): boolean;
}

/** A route of this distance is never used, as in zebra and IOS. */
const UNUSABLE_DISTANCE = 255;

/** Routes that may lead to one another's gateways in a row; what lies beyond is not resolved. */
const MAX_ROUNDS = 16;

/** Static routes by `keyOf` their prefix. */
type Table = ReadonlyMap<number, Route>;

/** The usable static routes, one per prefix: of several, those of the smallest distance, as one ECMP group. */
export function usableStaticRoutes(
  configured: readonly StaticRouteConfig[],
  surroundings: StaticSurroundings,
): readonly Route[] {
  const recursive = configured.some(({ via }) => via.kind === 'gateway');
  let table: Table = new Map();
  for (let round = 0; round < (recursive ? MAX_ROUNDS : 1); round++) {
    const next = resolve(configured, table, surroundings);
    const isSettled = JSON.stringify([...next]) === JSON.stringify([...table]);
    table = next;
    if (isSettled) break;
  }
  return [...table.values()];
}

function resolve(
  configured: readonly StaticRouteConfig[],
  former: Table,
  surroundings: StaticSurroundings,
): Table {
  const table = new Map<number, Route>();
  for (const route of configured) {
    const { prefix, distance = DISTANCE.static, tag } = route;
    if (distance === UNUSABLE_DISTANCE) continue;
    const key = keyOf(prefix);
    const rival = table.get(key);
    if (rival !== undefined && rival.distance < distance) continue;
    const nextHops = nextHopsOf(route, former, surroundings);
    if (nextHops.length === 0) continue;
    const found = { prefix, source: 'static', distance, metric: 0, nextHops } as const;
    // One route has one tag: that of the line that came first.
    if (rival?.distance === distance) {
      table.set(key, { ...rival, nextHops: distinct([...rival.nextHops, ...nextHops]) });
    } else table.set(key, tag === undefined ? found : { ...found, tag });
  }
  return table;
}

/** Empty where there is no way now. */
function nextHopsOf(
  { prefix, via }: StaticRouteConfig,
  table: Table,
  surroundings: StaticSurroundings,
): readonly NextHop[] {
  switch (via.kind) {
    case 'blackhole':
      return [{ kind: 'blackhole' }];
    case 'interface':
      return surroundings.isUp(via.interface) ? [{ kind: 'connected', port: via.interface }] : [];
    case 'gateway': {
      const route = routeFor(via.gateway, keyOf(prefix), table, surroundings.reach(via.gateway));
      return (route?.nextHops ?? []).flatMap((hop): NextHop[] => {
        if (hop.kind === 'connected')
          return [{ kind: 'gateway', port: hop.port, gateway: formatIpv4(via.gateway) }];
        // A gateway that is the router itself leads nowhere.
        return hop.kind === 'local' ? [] : [hop];
      });
    }
  }
}

/** The best route to an address: the longest prefix, then the smaller distance. */
function routeFor(address: Ipv4, except: number, table: Table, other: Route | undefined): Route | undefined {
  for (let length = 32; length >= (other?.prefix.length ?? 0); length--) {
    const key = keyOf({ address: (address & maskOf(length)) >>> 0, length });
    const route = key === except ? undefined : table.get(key);
    if (route === undefined) continue;
    if (other === undefined || length > other.prefix.length || route.distance < other.distance) return route;
  }
  return other;
}

/** Two gateways behind one router are one way. */
function distinct(nextHops: readonly NextHop[]): readonly NextHop[] {
  return [...new Map(nextHops.map((hop) => [JSON.stringify(hop), hop])).values()];
}

/** A prefix as one number. */
function keyOf({ address, length }: Prefix): number {
  return address * 64 + length;
}
