/** A way to destinations, as one neighbour, or the router itself, offers it: what the decision process compares. */
import type { Ipv4 } from '../../../net/address.ts';
import type { Offer } from '../../rib/rib.ts';
import { asPathLength } from './as-path.ts';
import type { AsSegment, Origin, PathAttributes } from './attributes.ts';

/** Where paths come from: one session of a neighbour, or the router itself. */
export interface PathSource {
  readonly kind: 'external' | 'internal' | 'local';
  /** The neighbour's; 0 of what is the router's own. */
  readonly address: Ipv4;
  readonly routerId: Ipv4;
  readonly as: number;
  /** A client of this route reflector (RFC 4456). */
  readonly isClient: boolean;
  /** A client of this route server: what it said goes to others as it is. */
  readonly isRouteServerClient?: boolean;
  /** The session is over: its paths are not used any more, and taken out one after the other. */
  isGone: boolean;
}

/** How the table reaches a next hop; one object for all paths by it, kept up to date (next-hops.ts). */
export interface TrackedHop {
  readonly address: Ipv4;
  /** Of the IGP. */
  metric: number;
  /** Undefined while it cannot be reached: the paths by it are not used. One list for equal ways. */
  nextHops: Offer['nextHops'] | undefined;
}

/** The router's own: always there, and nothing that the table is offered. */
export const OWN_HOP: TrackedHop = { address: 0, metric: 0, nextHops: [] };
/** Of what the router has itself: no neighbour's route is preferred to it, unless it is told to. */
export const LOCAL_WEIGHT = 32_768;

/** Paths that agree in all of this are one object, however many prefixes they lead to. */
export class Path {
  readonly source: PathSource;
  readonly attributes: PathAttributes;
  readonly weight: number;
  readonly hop: TrackedHop;
  /** Of a VPN's route (RFC 8277). */
  readonly label: number | undefined;
  /** `set distance` */
  readonly distance: number | undefined;
  readonly asPathLength: number;
  /** The AS that it was heard from; 0 where that is ours. */
  readonly neighbourAs: number;

  constructor(
    source: PathSource,
    attributes: PathAttributes,
    hop: TrackedHop,
    weight: number,
    label?: number,
    distance?: number,
  ) {
    this.source = source;
    this.attributes = attributes;
    this.hop = hop;
    this.weight = weight;
    this.label = label;
    this.distance = distance;
    this.asPathLength = asPathLength(attributes.asPath);
    this.neighbourAs = firstAs(attributes.asPath);
  }
}

/** The default route that `default-originate` tells of, whether there is one or not. */
export class DefaultPath extends Path {
  constructor(routerId: Ipv4) {
    super(ownSource(routerId), ownAttributes(0, 0), OWN_HOP, LOCAL_WEIGHT);
  }
}

/** Where the router's own routes come from: one for each origin that may have one of the same prefix. */
export function ownSource(routerId: Ipv4): PathSource {
  return { kind: 'local', address: 0, routerId, as: 0, isClient: false, isGone: false };
}

/** The attributes of a route that begins here. */
export function ownAttributes(origin: Origin, med?: number): PathAttributes {
  return { ...NO_ATTRIBUTES, origin, ...(med !== undefined && { med }) };
}

const NO_ATTRIBUTES: PathAttributes = {
  origin: 0,
  asPath: [],
  nextHop: 0,
  communities: [],
  largeCommunities: [],
  extendedCommunities: [],
  clusterList: [],
  unknown: [],
};

/** RFC 4271 9.1.2.2 c: of a path that begins with a set it cannot be said. */
function firstAs(path: readonly AsSegment[]): number {
  for (const { type, numbers } of path) {
    if (type === 'sequence') return numbers[0] ?? 0;
    if (type === 'set') return 0;
  }
  return 0;
}
