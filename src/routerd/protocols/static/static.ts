/** Static routes of one slot: which of the configured ones can be used now, and by what way. */
import type { StaticRouteConfig } from '../../../config/model.ts';
import { formatIpv4, formatPrefix, type Ipv4, type Prefix } from '../../../net/address.ts';
import type { NextHop } from '../../../world/observation.ts';
import { DISTANCE, type Route } from '../../rib/rib.ts';

/** How the slot reaches an address without static routes; and which interfaces are up. */
export interface StaticSurroundings {
  reach(address: Ipv4): readonly NextHop[] | undefined;
  isUp(interfaceName: string): boolean;
}

/**
 * The usable static routes, one per prefix: of several, those of the smallest distance, as one ECMP group.
 * A gateway that is reached through another router takes that router as its next hop (recursion, one level:
 * what `reach` answers is resolved already).
 */
export function usableStaticRoutes(
  configured: readonly StaticRouteConfig[],
  surroundings: StaticSurroundings,
): readonly Route[] {
  const best = new Map<string, { prefix: Prefix; distance: number; nextHops: NextHop[] }>();
  for (const route of configured) {
    const nextHops = nextHopsOf(route, surroundings);
    if (nextHops === undefined) continue;
    const distance = route.distance ?? DISTANCE.static;
    const key = formatPrefix(route.prefix);
    const former = best.get(key);
    if (former === undefined || distance < former.distance) {
      best.set(key, { prefix: route.prefix, distance, nextHops: [...nextHops] });
    } else if (distance === former.distance) {
      former.nextHops.push(...nextHops);
    }
  }
  return [...best.values()].map(({ prefix, distance, nextHops }) => ({
    prefix,
    source: 'static',
    distance,
    metric: 0,
    nextHops,
  }));
}

function nextHopsOf(
  route: StaticRouteConfig,
  surroundings: StaticSurroundings,
): readonly NextHop[] | undefined {
  const via = route.via;
  switch (via.kind) {
    case 'blackhole':
      return [{ kind: 'blackhole' }];
    case 'interface':
      return surroundings.isUp(via.interface) ? [{ kind: 'connected', port: via.interface }] : undefined;
    case 'gateway': {
      const reached = surroundings.reach(via.gateway);
      if (reached === undefined) return undefined;
      const nextHops = reached.flatMap((hop): NextHop[] => {
        if (hop.kind === 'connected')
          return [{ kind: 'gateway', port: hop.port, gateway: formatIpv4(via.gateway) }];
        return hop.kind === 'gateway' ? [hop] : [];
      });
      return nextHops.length > 0 ? nextHops : undefined;
    }
  }
}
