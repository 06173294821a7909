/**
 * Routing policy: what route maps, and the lists that they name, make of a route. Compiled once from a configuration,
 * then pure: a route in, the route as it is to be out, or undefined where it is denied.
 */
import type { Ipv4, Prefix } from '../../net/address.ts';
import type { RouteSource } from '../../world/observation.ts';
import type { PathAttributes } from '../protocols/bgp/attributes.ts';

/** A route as policy sees it: what a protocol does not have, it leaves out. */
export interface PolicyRoute {
  readonly prefix: Prefix;
  readonly source?: RouteSource;
  readonly nextHop?: Ipv4;
  readonly interface?: string;
  readonly metric?: number;
  /** `set metric` was carried out: the metric is policy's, not the one that the route came with. */
  readonly metricIsSet?: true;
  /** The metric that goes on, where that is not the one that is matched: `set metric +N` begins with it. */
  readonly toldMetric?: number;
  readonly metricType?: 1 | 2;
  readonly tag?: number;
  readonly weight?: number;
  readonly distance?: number;
  /** Of BGP's routes; `metric` and MED are the same thing there, and `metric` is the one that counts. */
  readonly attributes?: PathAttributes;
  /** `set ip next-hop …`: what the one who asked has to make of it. */
  readonly setNextHop?: Ipv4 | 'peer-address' | 'unchanged';
}

export interface PolicyContext {
  /** The neighbour that the route comes from, or goes to. */
  readonly peer?: Ipv4;
  /** What is matched, where that is not the route that is changed. */
  readonly matched?: PolicyRoute;
}

export interface Policy {
  /** Undefined where the map denies it. A map that is named but not defined denies everything, as in FRR. */
  routeMap(name: string, route: PolicyRoute, context?: PolicyContext): PolicyRoute | undefined;
  /** Lists that are named but not defined deny, as in FRR (lib/plist.c, bgpd/bgp_filter.c). */
  prefixList(name: string, prefix: Prefix): boolean;
  asPathList(name: string, attributes: PathAttributes): boolean;
}
