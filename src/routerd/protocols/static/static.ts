/**
 * Static routes of one slot: which of the configured ones can be used now, and by what way.
 *
 * A gateway need not be a neighbour: the way to it is that of the longest prefix that holds it, other static
 * routes included (zebra's recursive next hops); one that is bound to an interface must be on its wire. So routes are
 * resolved in rounds, each by what the one before found, until nothing changes: all VRFs at once, as the gateway may be
 * in another one. No route leads to its own gateway; one whose gateway cannot be reached is not offered.
 */
import type { StaticRouteConfig } from '../../../config/model.ts';
import { formatIpv4, type Ipv4, maskOf, type Prefix } from '../../../net/address.ts';
import type { NextHop } from '../../../world/observation.ts';
import { DISTANCE, type Route } from '../../rib/rib.ts';

/** How the slot reaches an address of a VRF without static routes; and its interfaces. */
export interface StaticSurroundings {
  reach(address: Ipv4, vrf: string): Route | undefined;
  isUp(interfaceName: string): boolean;
  /** It has no subnet, but addresses borrowed from another interface: whoever is there, is on the wire. */
  isUnnumbered(interfaceName: string): boolean;
}

/** A route of this distance is never used, as in zebra and IOS. */
const UNUSABLE_DISTANCE = 255;

/** Routes that may lead to one another's gateways in a row; what lies beyond is not resolved. */
const MAX_ROUNDS = 16;

/** Static routes by `keyOf` their prefix. */
type Table = ReadonlyMap<number, Route>;
/** By VRF, the default one as ''. */
type Tables = ReadonlyMap<string, Table>;

/** By VRF, the usable static routes, one per prefix: of several, those of the smallest distance, as one ECMP group. */
export function usableStaticRoutes(
  configured: readonly StaticRouteConfig[],
  surroundings: StaticSurroundings,
): ReadonlyMap<string, readonly Route[]> {
  const recursive = configured.some(({ via }) => via.kind === 'gateway');
  const byVrf = Map.groupBy(configured, ({ vrf = '' }) => vrf);
  let tables: Tables = new Map();
  for (let round = 0; round < (recursive ? MAX_ROUNDS : 1); round++) {
    const former = tables;
    tables = new Map([...byVrf].map(([vrf, routes]) => [vrf, resolve(routes, former, surroundings)]));
    if (textOf(tables) === textOf(former)) break;
  }
  return new Map([...tables].map(([vrf, table]) => [vrf, [...table.values()]]));
}

function textOf(tables: Tables): string {
  return JSON.stringify([...tables].map(([vrf, table]) => [vrf, [...table]]));
}

function resolve(
  configured: readonly StaticRouteConfig[],
  former: Tables,
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
  { prefix, via, vrf = '' }: StaticRouteConfig,
  former: Tables,
  surroundings: StaticSurroundings,
): readonly NextHop[] {
  switch (via.kind) {
    case 'blackhole':
    case 'reject':
      return [{ kind: via.kind }];
    case 'interface':
      return surroundings.isUp(via.interface) ? [{ kind: 'connected', port: via.interface }] : [];
    case 'gateway': {
      const { gateway, interface: port, onLink = false } = via;
      const there = via.vrf === 'default' ? '' : (via.vrf ?? vrf);
      if (port !== undefined && !surroundings.isUp(port)) return [];
      if (port !== undefined && (onLink || surroundings.isUnnumbered(port))) return [byWire(port, gateway)];
      const table = former.get(there) ?? new Map();
      const itself = there === vrf ? keyOf(prefix) : undefined;
      const route = routeFor(gateway, itself, table, surroundings.reach(gateway, there));
      return (route?.nextHops ?? []).flatMap((hop): NextHop[] => {
        if (hop.kind === 'connected') {
          return port === undefined || port === hop.port ? [byWire(hop.port, gateway)] : [];
        }
        // A gateway that is the router itself leads nowhere; one that is bound to an interface is on its wire or not used.
        return hop.kind === 'local' || port !== undefined ? [] : [hop];
      });
    }
  }
}

function byWire(port: string, gateway: Ipv4): NextHop {
  return { kind: 'gateway', port, gateway: formatIpv4(gateway) };
}

/** The best route to an address: the longest prefix, then the smaller distance. */
function routeFor(
  address: Ipv4,
  except: number | undefined,
  table: Table,
  other: Route | undefined,
): Route | undefined {
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
