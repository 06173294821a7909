/**
 * What becomes of a route that a neighbour announces: a path, or nothing (RFC 4271 9.1.1, in FRR's order:
 * bgpd/bgp_route.c `bgp_update`). Paths that agree in everything are one object: a peer's full table has some 80,000
 * of them for half a million prefixes.
 */
import type { AttributePool } from './attribute-pool.ts';
import { type AsSegment, COMMUNITY, type PathAttributes } from './attributes.ts';
import { withCommunity } from './community.ts';
import type { Family, Nlri } from './contract.ts';
import type { NextHops } from './next-hops.ts';
import { Path, type PathSource } from './path.ts';
import type { BgpSettings, NeighbourFamilySettings, NeighbourSettings } from './settings.ts';

const CLASS_D = 0xe0000000;
const LOOPBACK = 127;

/** By what a route is refused: the policy (`route-map NAME`), or the rule. */
export type Refusal = string;

const REFUSED = {
  FIRST_AS: 'its path, which does not begin with the AS of the neighbour (enforce-first-as)',
  OWN_AS: 'its own AS in the path (RFC 4271 9.1.2)',
  REFLECTED: 'its own mark in the route, which it has reflected itself (RFC 4456 8)',
  NEXT_HOP: 'the next hop, which is no address of a host (RFC 4271 6.3)',
  GROUP: 'the prefix, which is of groups and no network (RFC 4271 6.3)',
  NO_POLICY: 'the want of a policy towards another AS (RFC 8212)',
} as const;

export interface ImportContext {
  readonly settings: BgpSettings;
  readonly neighbour: NeighbourSettings;
  readonly family: Family;
  readonly source: PathSource;
  readonly pool: AttributePool;
  readonly nextHops: NextHops;
}

export class AdjRibIn {
  readonly #context: ImportContext;
  readonly #own: NeighbourFamilySettings;
  /** By what they have; a WeakMap, so that what no destination has any more goes. */
  readonly #paths = new WeakMap<PathAttributes, Path[]>();
  /** What was made of attributes before any policy that looks at prefixes. */
  readonly #received = new WeakMap<PathAttributes, PathAttributes | Refusal>();

  #last:
    | { readonly received: PathAttributes; readonly path: Path | Refusal; readonly sweeps: number }
    | undefined;

  constructor(context: ImportContext, own: NeighbourFamilySettings) {
    this.#context = context;
    this.#own = own;
  }

  accept(nlri: Nlri, received: PathAttributes): Path | Refusal {
    if (nlri.prefix.address >= CLASS_D) return REFUSED.GROUP;
    if (hasImportPolicy(this.#own) || nlri.label !== undefined) return this.#accept(nlri, received);
    // The routes of one UPDATE all become one path.
    const { sweeps } = this.#context.nextHops;
    if (received !== this.#last?.received || sweeps !== this.#last.sweeps) {
      this.#last = { received, path: this.#accept(nlri, received), sweeps: this.#context.nextHops.sweeps };
    }
    return this.#last.path;
  }

  #accept(nlri: Nlri, received: PathAttributes): Path | Refusal {
    let attributes = this.#received.get(received);
    if (attributes === undefined) {
      attributes = this.#check(received);
      this.#received.set(received, attributes);
    }
    return typeof attributes === 'string' ? attributes : this.#filter(nlri, attributes);
  }

  /** All that does not depend on the prefix. */
  #check(received: PathAttributes): PathAttributes | Refusal {
    const { settings, neighbour, source, pool } = this.#context;
    const isExternal = source.kind === 'external';
    const { localAs } = neighbour;
    const { allowAsIn } = this.#own;
    const allowed = allowAsIn === 'origin' ? 0 : (allowAsIn ?? 0);
    const mayBegin = allowAsIn === 'origin' && lastAs(received.asPath) === settings.as;
    if (isExternal && neighbour.enforceFirstAs && firstAs(received.asPath) !== source.as) {
      return REFUSED.FIRST_AS;
    }
    // RFC 4271 9.1.2: a path that leads through ourselves.
    if (!mayBegin && occurrences(received.asPath, settings.as) > allowed) return REFUSED.OWN_AS;
    if (localAs !== undefined && occurrences(received.asPath, localAs.as) > allowed) return REFUSED.OWN_AS;
    // RFC 4456 8
    if (received.originatorId === settings.routerId) return REFUSED.REFLECTED;
    if (received.clusterList.includes(settings.clusterId)) return REFUSED.REFLECTED;
    // Whose next hop is our own (RFC 4271 6.3) is let in and not used, for as long as that is so (next-hops.ts).
    if (!isHost(received.nextHop)) return REFUSED.NEXT_HOP;
    if (isExternal && settings.ebgpRequiresPolicy && !hasImportPolicy(this.#own)) return REFUSED.NO_POLICY;
    if (!isExternal || (localAs === undefined && isFromOutside(received))) return received;
    const { localPreference: _1, originatorId: _2, ...kept } = received;
    const isPrepended = localAs !== undefined && !localAs.noPrepend;
    const asPath = isPrepended ? prepended(received.asPath, [localAs.as]) : received.asPath;
    return pool.intern({ ...kept, asPath, clusterList: [] });
  }

  #filter(nlri: Nlri, attributes: PathAttributes): Path | Refusal {
    const { prefixListIn, filterListIn, routeMapIn, weight = 0 } = this.#own;
    const { policy } = this.#context.settings;
    if (prefixListIn !== undefined && !policy.prefixList(prefixListIn, nlri.prefix)) {
      return `prefix-list ${prefixListIn}`;
    }
    if (filterListIn !== undefined && !policy.asPathList(filterListIn, attributes)) {
      return `filter-list ${filterListIn}`;
    }
    if (routeMapIn === undefined) return this.#path(attributes, weight, nlri.label, undefined);
    const route = policy.routeMap(
      routeMapIn,
      {
        prefix: nlri.prefix,
        source: 'bgp',
        nextHop: attributes.nextHop,
        metric: attributes.med ?? 0,
        weight,
        attributes,
      },
      { peer: this.#context.source.address },
    );
    if (route === undefined) return `route-map ${routeMapIn}`;
    const changed = this.#changed(attributes, route);
    return this.#path(changed, route.weight ?? weight, nlri.label, route.distance);
  }

  #changed(
    former: PathAttributes,
    {
      attributes = former,
      metric,
      metricIsSet,
      setNextHop,
    }: NonNullable<ReturnType<BgpSettings['policy']['routeMap']>>,
  ): PathAttributes {
    const { source, pool } = this.#context;
    const nextHop =
      setNextHop === 'peer-address'
        ? source.address
        : typeof setNextHop === 'number'
          ? setNextHop
          : attributes.nextHop;
    const isMedSet = metricIsSet === true && metric !== undefined;
    if (attributes === former && nextHop === former.nextHop && !isMedSet) return former;
    return pool.intern({ ...attributes, nextHop, ...(isMedSet && { med: metric }) });
  }

  #path(
    filtered: PathAttributes,
    weight: number,
    label: number | undefined,
    distance: number | undefined,
  ): Path {
    const { neighbour, source, nextHops, settings, pool } = this.#context;
    const attributes = this.#shutDown(filtered, settings, pool);
    let paths = this.#paths.get(attributes);
    if (paths === undefined) {
      paths = [];
      this.#paths.set(attributes, paths);
    }
    const hop = nextHops.track(attributes.nextHop, neighbour.mustBeConnected);
    const known = paths.find(
      (path) =>
        path.weight === weight && path.label === label && path.distance === distance && path.hop === hop,
    );
    if (known !== undefined) return known;
    const path = new Path(source, attributes, hop, weight, label, distance);
    if (paths.length < MAX_SHARED) paths.push(path);
    return path;
  }

  /** RFC 8326 4.1, 4.2: the other end, or we, are about to go. */
  #shutDown(attributes: PathAttributes, settings: BgpSettings, pool: AttributePool): PathAttributes {
    if (this.#context.source.kind !== 'external') return attributes;
    const isTold = attributes.communities.includes(COMMUNITY.GRACEFUL_SHUTDOWN);
    if (!isTold && !settings.gracefulShutdown) return attributes;
    const communities = withCommunity(attributes.communities, COMMUNITY.GRACEFUL_SHUTDOWN);
    return pool.intern({ ...attributes, communities, localPreference: 0 });
  }
}

/** Paths of the same attributes that are kept for sharing: labels differ from route to route. */
const MAX_SHARED = 16;

export function hasImportPolicy(own: NeighbourFamilySettings): boolean {
  return (own.routeMapIn ?? own.prefixListIn ?? own.filterListIn) !== undefined;
}

/** The path with numbers before it (RFC 4271 5.1.2). */
export function prepended(path: readonly AsSegment[], numbers: readonly number[]): readonly AsSegment[] {
  const [first, ...rest] = path;
  if (first?.type === 'sequence')
    return [{ type: 'sequence', numbers: [...numbers, ...first.numbers] }, ...rest];
  return [{ type: 'sequence', numbers }, ...path];
}

/** It has nothing that is said within an AS alone. */
function isFromOutside({ localPreference, originatorId, clusterList }: PathAttributes): boolean {
  return localPreference === undefined && originatorId === undefined && clusterList.length === 0;
}

/** Of the sequence that it begins with. */
function firstAs([first]: readonly AsSegment[]): number | undefined {
  return first?.type === 'sequence' ? first.numbers[0] : undefined;
}

function lastAs(path: readonly AsSegment[]): number | undefined {
  return path.at(-1)?.numbers.at(-1);
}

function occurrences(path: readonly AsSegment[], as: number): number {
  let count = 0;
  for (const { numbers } of path) for (const number of numbers) if (number === as) count++;
  return count;
}

/** RFC 4271 6.3: what could be a host's address. */
function isHost(address: number): boolean {
  return address >>> 24 !== 0 && address >>> 24 !== LOOPBACK && address < CLASS_D;
}
