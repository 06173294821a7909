/**
 * What a neighbour is told of a path, or that it is not (RFC 4271 9.1.3, 5.1; RFC 4456; in FRR's order: bgpd/bgp_route.c
 * `subgroup_announce_check`). Neighbours that would be told the same are an update group, and `exportKey` is the same
 * for them.
 */
import { contains, type Ipv4, type Prefix } from '../../../net/address.ts';
import type { PolicyRoute } from '../../policy/policy.ts';
import { prepended } from './adj-rib-in.ts';
import type { AttributePool } from './attribute-pool.ts';
import { type AsSegment, COMMUNITY, type PathAttributes } from './attributes.ts';
import { withCommunity } from './community.ts';
import type { Family } from './contract.ts';
import type { Path } from './path.ts';
import type { BgpSettings, NeighbourFamilySettings } from './settings.ts';

const DEFAULT_PREFIX: Prefix = { address: 0, length: 0 };

/** What is exported by: the neighbours of a group agree in all of it. */
export interface ExportRules {
  readonly family: Family;
  readonly kind: 'external' | 'internal';
  readonly as: number;
  readonly routerId: Ipv4;
  readonly clusterId: Ipv4;
  readonly gracefulShutdown: boolean;
  readonly requiresPolicy: boolean;
  /** `route-reflector allow-outbound-policy` */
  readonly reflectorOutboundPolicy?: boolean;
  readonly defaultLocalPreference: number;
  readonly localAs?: { readonly as: number; readonly noPrepend: boolean; readonly replaceAs: boolean };
  /** The session's own address: the next hop wherever that is this router. */
  readonly local: Ipv4;
  /** Of another AS: the subnet of the link to the neighbour, where it is one hop away; its hosts are told the next hop itself. */
  readonly link?: Prefix;
  readonly remoteAs: number;
  /** Where a route map might ask for it. */
  readonly peer?: Ipv4;
  readonly own: NeighbourFamilySettings;
}

export function exportKey({ own, ...rules }: ExportRules): string {
  return JSON.stringify([
    rules,
    [own.exportPolicy, own.routeMapOut, own.prefixListOut, own.filterListOut],
    [own.nextHopSelf, own.routeReflectorClient, own.sendCommunity, own.asOverride, own.removePrivateAs],
    [own.routeServerClient, own.attributeUnchanged, own.unsuppressMap],
    own.defaultOriginate,
  ]);
}

export class Exporter {
  readonly rules: ExportRules;
  readonly #policy: BgpSettings['policy'];
  readonly #pool: AttributePool;
  /** By path; null: it is not told. Used where no policy looks at prefixes. */
  readonly #known = new WeakMap<Path, PathAttributes | null>();

  constructor(rules: ExportRules, policy: BgpSettings['policy'], pool: AttributePool) {
    this.rules = rules;
    this.#policy = policy;
    this.#pool = pool;
  }

  /** The attributes that the path is announced with; undefined: it is not. Of one that an aggregate stands for `unsuppress-map` decides. */
  announce(prefix: Prefix, path: Path, isSuppressed = false): PathAttributes | undefined {
    const { own } = this.rules;
    if (isSuppressed) {
      return own.unsuppressMap === undefined ? undefined : this.#announce(prefix, path, own.unsuppressMap);
    }
    if ((own.routeMapOut ?? own.prefixListOut ?? own.filterListOut) !== undefined)
      return this.#announce(prefix, path);
    let attributes = this.#known.get(path);
    if (attributes === undefined) {
      attributes = this.#announce(prefix, path) ?? null;
      this.#known.set(path, attributes);
    }
    return attributes ?? undefined;
  }

  /** `default-originate` has a map, which is to permit some route of the table. */
  get asksForDefault(): boolean {
    return this.rules.own.defaultOriginate?.routeMap !== undefined;
  }

  /**
   * The attributes of the default route that is told beside those of the table. Its map is asked about `other`, a
   * route of the table, and changes the default one (FRR's subgroup_default_originate).
   */
  announceDefault(
    path: Path,
    other?: { readonly prefix: Prefix; readonly path: Path },
  ): PathAttributes | undefined {
    const map = this.rules.own.defaultOriginate?.routeMap;
    const matched = other && routeOf(other.prefix, other.path, other.path.attributes);
    return this.#byMap(map, DEFAULT_PREFIX, path, matched);
  }

  #announce(prefix: Prefix, path: Path, map = this.rules.own.routeMapOut): PathAttributes | undefined {
    const { rules } = this;
    const { own } = rules;
    if (!mayLeave(path, rules)) return undefined;
    if (own.prefixListOut !== undefined && !this.#policy.prefixList(own.prefixListOut, prefix))
      return undefined;
    if (own.filterListOut !== undefined && !this.#policy.asPathList(own.filterListOut, path.attributes)) {
      return undefined;
    }
    return this.#byMap(map, prefix, path);
  }

  #byMap(
    map: string | undefined,
    prefix: Prefix,
    path: Path,
    matched?: PolicyRoute,
  ): PathAttributes | undefined {
    const { rules } = this;
    const before = rules.kind === 'internal' ? toOwnAs(path, rules) : toOtherAs(path, rules);
    if (map === undefined) return this.#finished(path, before, undefined);
    // FRR's maps match the MED that came, even where another AS is not told of it, and add to that which is told.
    const metrics = { metric: path.attributes.med ?? 0, toldMetric: before.med ?? 0 };
    const given = { ...routeOf(prefix, path, before), ...metrics };
    const route = this.#policy.routeMap(map, given, {
      ...(rules.peer !== undefined && { peer: rules.peer }),
      ...(matched !== undefined && { matched }),
    });
    if (route === undefined) return undefined;
    // RFC 4456 10: a reflector leaves what it reflects as it is, unless it is told otherwise.
    const isReflected = rules.kind === 'internal' && path.source.kind === 'internal';
    if (isReflected && rules.reflectorOutboundPolicy !== true) return this.#finished(path, before, undefined);
    const isMedSet = route.metricIsSet === true && route.metric !== undefined;
    const after = { ...(route.attributes ?? before), ...(isMedSet && { med: route.metric }) };
    return this.#finished(path, after, route.setNextHop);
  }

  #finished(path: Path, attributes: PathAttributes, setNextHop: SetNextHop): PathAttributes | undefined {
    const nextHop = nextHopOf(path, attributes, setNextHop, this.rules);
    // A label is its next hop's: under another one it would name another customer, or nobody (RFC 4364 4.3.4).
    const isLabelled = this.rules.family === 'vpnv4' && attributes.nextHop !== 0;
    if (isLabelled && nextHop !== attributes.nextHop) return undefined;
    return this.#pool.intern(dressed({ ...attributes, nextHop }, this.rules));
  }
}

/** A path as a route map sees it. */
export function routeOf(prefix: Prefix, { source, weight }: Path, attributes: PathAttributes): PolicyRoute {
  const { nextHop, med: metric = 0 } = attributes;
  return { prefix, ...(source.kind !== 'local' && { source: 'bgp' }), nextHop, metric, weight, attributes };
}

type SetNextHop = Ipv4 | 'peer-address' | 'unchanged' | undefined;

/** By where it comes from, and what its communities forbid (RFC 1997, RFC 4456 6, RFC 8212). */
function mayLeave(path: Path, rules: ExportRules): boolean {
  const { source } = path;
  const { kind, own, requiresPolicy } = rules;
  if (!isTransparent(path, rules) && isForbidden(path.attributes, kind)) return false;
  if (kind === 'external') {
    return !requiresPolicy || (own.routeMapOut ?? own.prefixListOut ?? own.filterListOut) !== undefined;
  }
  return source.kind !== 'internal' || source.isClient || own.routeReflectorClient === true;
}

function isForbidden({ communities }: PathAttributes, kind: ExportRules['kind']): boolean {
  if (communities.includes(COMMUNITY.NO_ADVERTISE)) return true;
  if (kind === 'internal') return false;
  return communities.includes(COMMUNITY.NO_EXPORT) || communities.includes(COMMUNITY.LOCAL_AS);
}

/** From one client of this route server to another (RFC 7947 2.2). */
function isTransparent({ source }: Path, { own }: ExportRules): boolean {
  return own.routeServerClient === true && source.isRouteServerClient === true;
}

function toOwnAs(
  { attributes, source }: Path,
  { defaultLocalPreference, clusterId }: ExportRules,
): PathAttributes {
  const known = { ...attributes, localPreference: attributes.localPreference ?? defaultLocalPreference };
  if (source.kind !== 'internal') return known;
  // RFC 4456 8
  return {
    ...known,
    originatorId: attributes.originatorId ?? source.routerId,
    clusterList: [clusterId, ...attributes.clusterList],
  };
}

/** RFC 4271 5.1.4: a MED that another AS gave does not go on to a third. */
function toOtherAs(path: Path, rules: ExportRules): PathAttributes {
  const { med, ...kept } = path.attributes;
  const isKept =
    path.source.kind === 'local' || isTransparent(path, rules) || rules.own.attributeUnchanged?.med === true;
  return { ...kept, ...(isKept && med !== undefined && { med }) };
}

/** What is for our own AS stays here: route maps see it, the neighbour does not. */
function withoutOurs({ localPreference: _1, originatorId: _2, ...kept }: PathAttributes): PathAttributes {
  return { ...kept, clusterList: [] };
}

/** RFC 4360 2: bit 6 of its type says that an extended community does not leave the AS. */
function isTransitive(extendedCommunity: string): boolean {
  return (Number.parseInt(extendedCommunity.slice(0, 2), 16) & 0x40) === 0;
}

/** RFC 4271 5.1.3 */
function nextHopOf(path: Path, { nextHop }: PathAttributes, set: SetNextHop, rules: ExportRules): Ipv4 {
  const { source } = path;
  const { kind, own, local, link } = rules;
  if (typeof set === 'number') return set;
  if (set === 'peer-address' || nextHop === 0) return local;
  if (set === 'unchanged' || own.attributeUnchanged?.nextHop || isTransparent(path, rules)) return nextHop;
  if (own.nextHopSelf === 'force') return local;
  if (kind === 'external') {
    return own.nextHopSelf === undefined && link !== undefined && contains(link, nextHop) ? nextHop : local;
  }
  return own.nextHopSelf === 'normal' && source.kind !== 'internal' ? local : nextHop;
}

/** The last touches: AS path, graceful shutdown, the communities that are sent. */
function dressed(attributes: PathAttributes, rules: ExportRules): PathAttributes {
  const { kind, own, gracefulShutdown } = rules;
  const { communities, largeCommunities, extendedCommunities } = attributes;
  const sent = own.sendCommunity ?? 'all';
  const told =
    gracefulShutdown && kind === 'external'
      ? withCommunity(communities, COMMUNITY.GRACEFUL_SHUTDOWN)
      : communities;
  return {
    ...(kind === 'external' ? withoutOurs(attributes) : attributes),
    ...(kind === 'external' && { asPath: asPathOf(attributes.asPath, rules) }),
    ...(kind === 'internal' && gracefulShutdown && { localPreference: 0 }),
    communities: sends(sent, 'standard') ? told : [],
    extendedCommunities: sends(sent, 'extended')
      ? extendedCommunities.filter((each) => kind === 'internal' || isTransitive(each))
      : [],
    largeCommunities: sends(sent, 'large') ? largeCommunities : [],
  };
}

function sends(
  sent: NonNullable<NeighbourFamilySettings['sendCommunity']>,
  kind: 'standard' | 'extended' | 'large',
): boolean {
  if (sent === 'both') return kind !== 'large';
  return sent === 'all' || sent.split('-and-').includes(kind);
}

function asPathOf(
  path: readonly AsSegment[],
  { as, localAs, remoteAs, own }: ExportRules,
): readonly AsSegment[] {
  let shown = withoutPrivate(path, own.removePrivateAs, remoteAs, localAs?.as ?? as);
  if (own.asOverride === true) {
    shown = shown.map(({ type, numbers }) => ({
      type,
      numbers: numbers.map((each) => (each === remoteAs ? (localAs?.as ?? as) : each)),
    }));
  }
  const sequence = shown.filter(({ type }) => type === 'sequence' || type === 'set');
  const isUnchanged = own.attributeUnchanged?.asPath === true && path.length > 0;
  if (isUnchanged || own.routeServerClient) return sequence;
  if (localAs === undefined) return prepended(sequence, [as]);
  return prepended(sequence, localAs.replaceAs ? [localAs.as] : [localAs.as, as]);
}

/** Without numbers that mean nothing elsewhere (RFC 6996), but the neighbour's own, lest it misses a loop. */
function withoutPrivate(
  path: readonly AsSegment[],
  remove: NeighbourFamilySettings['removePrivateAs'],
  remoteAs: number,
  own: number,
): readonly AsSegment[] {
  if (remove === undefined) return path;
  const isAlone = path.every(({ numbers }) => numbers.every(isPrivate));
  if (!remove.all && !isAlone) return path;
  const isGone = (as: number): boolean => isPrivate(as) && as !== remoteAs;
  return path
    .map(({ type, numbers }) => ({
      type,
      numbers: remove.replace
        ? numbers.map((each) => (isGone(each) ? own : each))
        : numbers.filter((each) => !isGone(each)),
    }))
    .filter(({ numbers }) => numbers.length > 0);
}

/** RFC 6996 */
function isPrivate(as: number): boolean {
  return (as >= 64512 && as <= 65534) || (as >= 4200000000 && as <= 4294967294);
}
