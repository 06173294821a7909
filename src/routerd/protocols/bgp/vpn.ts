/**
 * BGP/MPLS IP VPNs (RFC 4364): what joins the BGP of a slot's VRFs to the VPN's routes in the default VRF's.
 *
 *     BGP of RED ── export: route distinguisher, route targets, label ──▶ vpnv4 of the default BGP ◀──▶ other routers
 *     BGP of RED ◀── import: by route target, into a tunnel ─────────────┘
 *
 * A VRF's best route is exported unless it was imported. A route of the VPN is imported into every VRF that wants one
 * of its targets: one of another router by a tunnel to it, under the label that came with it; one of this router's own
 * VRFs by the way that that VRF's table has, so that VRFs of one router share routes by the same targets. Imported
 * routes have lost their targets: what a VRF passes on to its customer says nothing of the VPN.
 */
import { formatIpv4, type Prefix } from '../../../net/address.ts';
import type { NextHop } from '../../../world/observation.ts';
import type { Policy } from '../../policy/policy.ts';
import { PrefixMap } from '../../rib/prefix-map.ts';
import type { AttributePool } from './attribute-pool.ts';
import type { PathAttributes } from './attributes.ts';
import type { Nlri } from './contract.ts';
import type { Selection } from './decision.ts';
import type { BgpInstance } from './instance.ts';
import type { Path, PathSource, TrackedHop } from './path.ts';

/** What a VRF gives to the VPN and takes from it. Route targets and distinguisher: 16 hexadecimal digits. */
export interface VpnSettings {
  readonly rd: string | undefined;
  readonly exportTargets: readonly string[];
  readonly importTargets: readonly string[];
  readonly export: boolean;
  readonly import: boolean;
  /** By which others send into the VRF. Left out: they are told that there is none, and cannot. */
  readonly label: number | undefined;
  readonly routeMapExport?: string;
  readonly routeMapImport?: string;
}

/** A VRF with BGP. */
export interface VpnVrf {
  readonly vrf: string;
  readonly bgp: BgpInstance;
  readonly settings: VpnSettings;
  /** How the VRF's table reaches exactly this prefix now. */
  ways(prefix: Prefix): readonly NextHop[] | undefined;
}

/** RFC 3032 2.1: "no label", and all labels below FIRST_LABEL mean something else than a VRF. */
export const IMPLICIT_NULL = 3;
export const FIRST_LABEL = 16;

/** Types and subtype of route targets (RFC 4360 4, RFC 5668 2). */
const ROUTE_TARGET = /^0[0-2]02/;
/** Ends of tunnels that are kept for sharing; with more the sharing begins anew. */
const MAX_SHARED = 65_536;

export class Vpn {
  readonly #pool: AttributePool;
  readonly #vrfs = new Map<string, Member>();
  #core: BgpInstance | undefined;
  #policy: Policy | undefined;
  /** By the end of the tunnel and label, or by the ways themselves. */
  readonly #hops = new Map<string, TrackedHop>();
  /** Whose exported routes are of a source. */
  readonly #ownerOf = new WeakMap<PathSource, Member>();
  /** Instances that are watched already. */
  readonly #watched = new WeakSet<BgpInstance>();

  constructor(pool: AttributePool) {
    this.#pool = pool;
  }

  /** The whole of what is to be joined now: the default VRF's BGP, if it has one, and the others'. */
  configure(core: BgpInstance | undefined, vrfs: readonly VpnVrf[], policy: Policy): void {
    const wanted = new Map(vrfs.map((vrf) => [vrf.vrf, vrf]));
    for (const [name, member] of this.#vrfs) {
      if (core === this.#core && wanted.get(name)?.bgp === member.vrf.bgp) continue;
      this.#leave(member);
      this.#vrfs.delete(name);
    }
    this.#core = core;
    const isNewPolicy = policy !== this.#policy;
    this.#policy = policy;
    if (core === undefined) return;
    this.#watch(core, 'vpnv4', (nlri, selection) => {
      if (core === this.#core)
        for (const member of this.#vrfs.values()) this.#import(member, nlri, selection);
    });
    for (const [name, vrf] of wanted) {
      const known = this.#vrfs.get(name);
      if (known !== undefined && !isNewPolicy && isSame(known.vrf.settings, vrf.settings)) {
        known.vrf = vrf;
        continue;
      }
      const member = known ?? new Member(vrf);
      member.vrf = vrf;
      this.#vrfs.set(name, member);
      this.#ownerOf.set(member.source, member);
      this.#watch(vrf.bgp, 'ipv4', ({ prefix }, [best]) => {
        const current = this.#vrfs.get(name);
        if (current?.vrf.bgp === vrf.bgp) this.#export(current, prefix, best);
      });
      this.#renew(member, core);
    }
  }

  /** The VRF's table reaches these prefixes in other ways: so do those who have them from it. */
  waysChanged(name: string, prefixes: Iterable<Prefix>): void {
    const member = this.#vrfs.get(name);
    if (member === undefined || this.#core === undefined) return;
    const { locRib } = this.#core.table('vpnv4');
    for (const prefix of prefixes) {
      const exported = member.exported.get(prefix);
      const number = exported === undefined ? -1 : locRib.destinations.find(exported.nlri);
      if (exported === undefined || number < 0) continue;
      for (const other of this.#vrfs.values()) this.#import(other, exported.nlri, locRib.selection(number));
    }
  }

  #watch(
    bgp: BgpInstance,
    family: 'ipv4' | 'vpnv4',
    decided: (nlri: Nlri, selection: Selection) => void,
  ): void {
    if (this.#watched.has(bgp)) return;
    this.#watched.add(bgp);
    bgp.watch(family, decided);
  }

  /** Everything is exported and imported as the member says now. */
  #renew(member: Member, core: BgpInstance): void {
    const before = [...member.exported.entries()].map(([prefix]) => prefix);
    const best = new PrefixMap<Path>();
    for (const [{ prefix }, path] of member.vrf.bgp.table('ipv4').best()) best.set(prefix, path);
    for (const prefix of before) if (best.get(prefix) === undefined) this.#export(member, prefix, undefined);
    for (const [prefix, path] of best.entries()) this.#export(member, prefix, path);
    const { locRib } = core.table('vpnv4');
    const { destinations } = locRib;
    for (let number = 0; number < destinations.end; number++) {
      if (!destinations.isUsed(number)) continue;
      this.#import(member, destinations.nlri(number), locRib.selection(number));
    }
  }

  #leave(member: Member): void {
    for (const [, { nlri }] of member.exported.entries()) this.#core?.withdraw('vpnv4', member.source, nlri);
    for (const { routes } of member.imported.values()) {
      for (const [prefix, list] of routes.entries()) {
        for (const { source } of list) member.vrf.bgp.withdraw('ipv4', source, { prefix });
      }
    }
  }

  #export(member: Member, prefix: Prefix, best: Path | undefined): void {
    const former = member.exported.get(prefix);
    const now = best && this.#exported(member, prefix, best);
    if (former !== undefined && former.nlri.rd !== now?.nlri.rd) {
      this.#core?.withdraw('vpnv4', member.source, former.nlri);
    }
    if (now === undefined) {
      if (former !== undefined) member.exported.delete(prefix);
      return;
    }
    if (
      former?.nlri.rd === now.nlri.rd &&
      former?.attributes === now.attributes &&
      former.label === now.label
    ) {
      return;
    }
    if (this.#core?.originate('vpnv4', member.source, now.nlri, now)) member.exported.set(prefix, now);
  }

  /** Undefined where the route is not for others. */
  #exported({ vrf, sources }: Member, prefix: Prefix, best: Path): Exported | undefined {
    const { rd, exportTargets, export: isExported, label = IMPLICIT_NULL, routeMapExport } = vrf.settings;
    if (!isExported || rd === undefined || exportTargets.length === 0 || sources.has(best.source))
      return undefined;
    const attributes = this.#through(routeMapExport, prefix, best, best.attributes);
    if (attributes === undefined) return undefined;
    const { originatorId: _, ...kept } = attributes;
    const targets = new Set([...attributes.extendedCommunities, ...exportTargets]);
    return {
      nlri: { prefix, rd },
      label,
      kind: best.source.kind === 'external' ? 'external' : 'internal',
      // Next hop 0: this router, by whatever address a neighbour knows it.
      attributes: this.#pool.intern({
        ...kept,
        nextHop: 0,
        clusterList: [],
        extendedCommunities: [...targets].sort(),
      }),
    };
  }

  #import(member: Member, nlri: Nlri, selection: Selection): void {
    const { prefix, rd = '' } = nlri;
    const table = member.imported.get(rd);
    const former = table?.routes.get(prefix) ?? [];
    const now = selection.flatMap((path) => this.#imported(member, nlri, path) ?? []);
    if (former.length + now.length === 0) return;
    const { bgp } = member.vrf;
    for (const { source } of former) {
      if (!now.some((route) => route.source === source)) bgp.withdraw('ipv4', source, { prefix });
    }
    for (const route of now) {
      const same = former.some(
        ({ source, attributes, hop }) =>
          source === route.source && attributes === route.attributes && hop === route.hop,
      );
      if (!same) bgp.originate('ipv4', route.source, { prefix }, { ...route, weight: 0 });
    }
    if (now.length > 0) {
      const routes = table ?? { routes: new PrefixMap() };
      member.imported.set(rd, routes);
      routes.routes.set(prefix, now);
    } else {
      table?.routes.delete(prefix);
      if (table?.routes.size === 0) member.imported.delete(rd);
    }
  }

  /** Undefined where the route is not for the VRF, or there is no way to it. */
  #imported(member: Member, { prefix, rd = '' }: Nlri, path: Path): Imported | undefined {
    const { import: isImported, importTargets, routeMapImport } = member.vrf.settings;
    const { extendedCommunities } = path.attributes;
    if (!isImported || path.source === member.source) return undefined;
    if (!importTargets.some((target) => extendedCommunities.includes(target))) return undefined;
    const owner = this.#ownerOf.get(path.source);
    const hop = owner === undefined ? this.#tunnel(path) : this.#leak(owner, prefix);
    if (hop === undefined) return undefined;
    const plain = {
      ...path.attributes,
      extendedCommunities: extendedCommunities.filter((each) => !ROUTE_TARGET.test(each)),
    };
    const attributes = this.#through(routeMapImport, prefix, path, plain);
    if (attributes === undefined) return undefined;
    const kind = owner?.exported.get(prefix)?.kind ?? 'internal';
    return {
      source: member.sourceFor(path.source, rd, kind),
      attributes: this.#pool.intern(attributes),
      hop,
    };
  }

  #tunnel({ label = IMPLICIT_NULL, hop, attributes: { nextHop } }: Path): TrackedHop | undefined {
    if (label < FIRST_LABEL) return undefined;
    const to = formatIpv4(nextHop);
    return this.#hop(`${to} ${label} ${hop.metric}`, () => ({
      address: nextHop,
      metric: hop.metric,
      nextHops: [{ kind: 'tunnel', to, label }],
    }));
  }

  #leak({ vrf }: Member, prefix: Prefix): TrackedHop | undefined {
    const nextHops = vrf.ways(prefix);
    if (nextHops === undefined || nextHops.length === 0) return undefined;
    return this.#hop(JSON.stringify(nextHops), () => ({ address: 0, metric: 0, nextHops }));
  }

  #hop(key: string, make: () => TrackedHop): TrackedHop {
    const known = this.#hops.get(key);
    if (known !== undefined) return known;
    if (this.#hops.size >= MAX_SHARED) this.#hops.clear();
    const hop = make();
    this.#hops.set(key, hop);
    return hop;
  }

  /** What the route map makes of the attributes; undefined where it denies the route. */
  #through(
    routeMap: string | undefined,
    prefix: Prefix,
    { weight }: Path,
    attributes: PathAttributes,
  ): PathAttributes | undefined {
    if (routeMap === undefined) return attributes;
    const { nextHop, med: metric = 0 } = attributes;
    const route = this.#policy?.routeMap(routeMap, {
      prefix,
      source: 'bgp',
      nextHop,
      metric,
      weight,
      attributes,
    });
    if (route === undefined) return undefined;
    const changed = route.attributes ?? attributes;
    return route.metricIsSet === true && route.metric !== undefined
      ? { ...changed, med: route.metric }
      : changed;
  }
}

interface Exported {
  readonly nlri: Nlri;
  readonly label: number;
  readonly attributes: PathAttributes;
  readonly kind: 'external' | 'internal';
}

interface Imported {
  readonly source: PathSource;
  readonly attributes: PathAttributes;
  readonly hop: TrackedHop;
}

class Member {
  vrf: VpnVrf;
  /** Of what it exports, in the VPN's table. */
  readonly source: PathSource = sourceLike({ address: 0, routerId: 0, as: 0 }, 'local');
  readonly exported = new PrefixMap<Exported>();
  /** By route distinguisher. */
  readonly imported = new Map<string, { readonly routes: PrefixMap<readonly Imported[]> }>();
  /** Of what it imported, in its own table. */
  readonly sources = new WeakSet<PathSource>();
  /** By the source in the VPN's table, then route distinguisher: routes of several sites may have one prefix. */
  readonly #sourceOf = new WeakMap<PathSource, Map<string, PathSource>>();

  constructor(vrf: VpnVrf) {
    this.vrf = vrf;
  }

  sourceFor(path: PathSource, rd: string, kind: 'external' | 'internal'): PathSource {
    const byRd = this.#sourceOf.get(path) ?? new Map<string, PathSource>();
    this.#sourceOf.set(path, byRd);
    const known = byRd.get(`${rd} ${kind}`);
    if (known !== undefined) return known;
    const source = sourceLike(path, kind);
    byRd.set(`${rd} ${kind}`, source);
    this.sources.add(source);
    return source;
  }
}

function sourceLike(
  { address, routerId, as }: Pick<PathSource, 'address' | 'routerId' | 'as'>,
  kind: PathSource['kind'],
): PathSource {
  return { kind, address, routerId, as, isClient: false, isGone: false };
}

function isSame(a: VpnSettings, b: VpnSettings): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
