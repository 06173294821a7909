/**
 * An area (RFC 2328 6): the interfaces in it, its database with everything that is flooded within it, and the
 * shortest paths that follow. Areas know nothing of one another; what goes from one to another, the router sees to.
 */
import type { Ipv4 } from '../../../net/address.ts';
import { prefixOf } from '../../../net/address.ts';
import { Announcements } from './announcements.ts';
import {
  ALL_SPF_ROUTERS,
  BACKBONE,
  MAX_AGE_S,
  MAX_LINK_LSAS,
  MAX_LSAS,
  OPTION_E,
  OPTION_NP,
} from './constants.ts';
import type { Context, RouterContext } from './context.ts';
import type { OspfAreaSettings, OspfInterfaceInput } from './contract.ts';
import { Interface, type InterfaceOwner, type LinkStatePacket } from './interface.ts';
import {
  AREA_OPAQUE_LSA,
  AS_OPAQUE_LSA,
  ASBR_SUMMARY_LSA,
  EXTERNAL_LSA,
  LINK_OPAQUE_LSA,
  type LsaIdentity,
  NETWORK_LSA,
  NSSA_LSA,
  ROUTER_LSA,
  SUMMARY_LSA,
} from './lsa.ts';
import type { Lsdb, LsdbEntry } from './lsdb.ts';
import type { Neighbour, NeighbourState } from './neighbour.ts';
import type { OwnLsa } from './origination.ts';
import { encodeUpdate, splitUpdate } from './packet.ts';
import type { LsaPool } from './pool.ts';
import { Reception, type Scopes } from './reception.ts';
import { networkBody, routerBody } from './router-lsa.ts';
import { Scope, type ScopeOwner } from './scope.ts';
import { type AreaPaths, type Attachment, NO_PATHS, shortestPaths } from './spf.ts';
import { Translator } from './translator.ts';

/** The router that the area is an area of. */
export interface AreaOwner {
  readonly pool: LsaPool;
  readonly seed: number;
  /** LSAs that go through all ordinary areas. */
  readonly asScope: Scope;
  readonly maximumPaths: number;
  readonly isStubRouter: boolean;
  /** Of the area's router-LSA. */
  flagsIn(area: Area): number;
  /** Routes may have changed. */
  schedule(): void;
  neighbourChanged(at: Interface, neighbour: Neighbour, from: NeighbourState): void;
}

export class Area implements InterfaceOwner, Scopes, ScopeOwner {
  readonly id: Ipv4;
  readonly pool: LsaPool;
  readonly seed: number;
  readonly limit = MAX_LSAS;
  readonly scope: Scope;
  /** Summaries and type 7 LSAs of ours. */
  readonly announcements = new Announcements();
  readonly #context: Context;
  readonly #owner: AreaOwner;
  readonly #reception: Reception;
  readonly #interfaces = new Map<string, Interface>();
  /** Link-local opaque LSAs, where there are any. */
  readonly #links = new Map<Interface, Scope>();
  #settings: OspfAreaSettings;
  /** Prefix numbers of the ranges; each is retained. */
  #ranges: readonly number[] = [];
  readonly #translator: Translator;
  #paths: AreaPaths = NO_PATHS;
  #pathsAreOld = true;

  constructor(context: RouterContext, owner: AreaOwner, settings: OspfAreaSettings) {
    this.id = settings.area;
    this.pool = owner.pool;
    this.seed = owner.seed;
    this.#owner = owner;
    this.#settings = settings;
    this.#context = withArea(context, settings.area, areaOptions(this.kind));
    this.scope = new Scope(this.#context, this);
    this.#reception = new Reception(this.#context, this);
    this.#translator = new Translator(context.clock, () => owner.schedule());
    this.settings = settings;
  }

  get settings(): OspfAreaSettings {
    return this.#settings;
  }

  /** Of the same kind: an area of another kind is another area. */
  set settings(settings: OspfAreaSettings) {
    this.#settings = settings;
    const former = this.#ranges;
    this.#ranges = settings.ranges.map(({ prefix }) =>
      this.pool.prefixes.retain(prefix.address * 64 + prefix.length, prefix),
    );
    for (const range of former) this.pool.prefixes.release(range);
  }

  /** The backbone cannot be anything but ordinary (3.6). */
  get kind(): OspfAreaSettings['kind'] {
    return kindOf(this.#settings);
  }

  /** By index of the settings' ranges: the number of its prefix. */
  get ranges(): readonly number[] {
    return this.#ranges;
  }

  /** Options of LSAs that say nothing special. */
  get lsaOptions(): number {
    return this.kind === 'ordinary' ? OPTION_E : 0;
  }

  /** LSAs of the area and of its links. */
  get size(): number {
    let size = this.lsdb.size;
    for (const { lsdb } of this.#links.values()) size += lsdb.size;
    return size;
  }

  get isAttached(): boolean {
    return this.#interfaces.size > 0;
  }

  get lsdb(): Lsdb {
    return this.scope.lsdb;
  }

  get paths(): AreaPaths {
    return this.#paths;
  }

  interfaces(): IterableIterator<Interface> {
    return this.#interfaces.values();
  }

  find(name: string): Interface | undefined {
    return this.#interfaces.get(name);
  }

  /** Ends the interfaces that are not among these, or are others now. */
  retire(inputs: readonly OspfInterfaceInput[]): void {
    const wanted = new Map(inputs.map((input) => [input.name, input]));
    const gone = [...this.#interfaces.values()].filter(({ name, settings }) => {
      const input = wanted.get(name);
      return input === undefined || needsRestart(settings, input);
    });
    for (const { name } of gone) this.#interfaces.delete(name);
    for (const at of gone) {
      this.#stopInterface(at);
      this.interfaceChanged(at);
    }
  }

  /** Takes the interfaces that it is to have, sorted by name, each up; those to be retired have been. */
  configure(inputs: readonly OspfInterfaceInput[]): void {
    const kept = new Map(this.#interfaces);
    const fresh: Interface[] = [];
    this.#interfaces.clear();
    for (const input of inputs) {
      const at = kept.get(input.name) ?? new Interface(this.#context, this, input);
      this.#interfaces.set(input.name, at);
      if (!kept.has(input.name)) fresh.push(at);
    }
    for (const input of inputs) kept.get(input.name)?.adjust(input);
    for (const at of fresh) at.start();
    this.routerChanged();
  }

  /** The router-LSA may have to say something else. */
  routerChanged(): void {
    this.#pathsAreOld = true;
    this.scope.origination.changed(ROUTER_LSA, this.#context.routerId);
    this.#owner.schedule();
  }

  /** Do we make type 5 of the type 7 here (RFC 3101 3.1)? */
  translates(isBorderRouter: boolean): boolean {
    const { routerId } = this.#context;
    return this.kind === 'nssa' && this.#translator.decide(this, isBorderRouter, routerId);
  }

  /** Makes `wanted` the summaries and type 7 LSAs of ours. */
  announce(wanted: ReadonlyMap<number, OwnLsa>): void {
    this.announcements.replace(wanted, this.scope.origination);
  }

  /** Computes shortest paths anew where something changed (16.1). False where nothing did. */
  calculate(): boolean {
    if (!this.#pathsAreOld) return false;
    this.#pathsAreOld = false;
    const { pool, topology } = this.lsdb;
    const attachments = [...this.#interfaces.values()].map(attachmentOf);
    const { routerId } = this.#context;
    const { maximumPaths } = this.#owner;
    this.#paths = shortestPaths({ pool, topology, routerId, attachments, maximumPaths });
    return true;
  }

  /** Flushes our own LSAs, and `others` of ours, as well as may be done at once, and stops. */
  leave(others: readonly LsdbEntry[] = []): void {
    const own = [...this.lsdb, ...others].filter((entry) => this.isOwn(entry.identity) && !entry.maxAged);
    const flushed = own.map((entry) => ({ bytes: entry.lsa.bytes, at: 0, age: MAX_AGE_S }));
    for (const at of this.#interfaces.values()) {
      if (![...at.neighbours].some((neighbour) => neighbour.atLeast('Exchange'))) continue;
      for (const packet of splitUpdate(flushed, at.packetSize)) {
        this.#context.transmit(at.name, ALL_SPF_ROUTERS, encodeUpdate(this.#context, packet));
      }
    }
    this.stop();
  }

  stop(): void {
    for (const at of this.#interfaces.values()) this.#stopInterface(at);
    this.#interfaces.clear();
    this.#translator.stop();
    this.scope.stop();
    for (const range of this.#ranges) this.pool.prefixes.release(range);
    this.#ranges = [];
  }

  interfaceChanged({ settings }: Interface): void {
    this.#pathsAreOld = true;
    this.scope.origination.changed(ROUTER_LSA, this.#context.routerId);
    if (settings.network === 'broadcast') this.scope.origination.changed(NETWORK_LSA, settings.address);
    this.#owner.schedule();
  }

  neighbourChanged(at: Interface, neighbour: Neighbour, from: NeighbourState): void {
    this.#owner.neighbourChanged(at, neighbour, from);
    if ((from === 'Full') !== (neighbour.state === 'Full')) this.interfaceChanged(at);
    this.purge(at);
  }

  receiveLinkState(at: Interface, neighbour: Neighbour, packet: LinkStatePacket): void {
    this.#reception.receive(at, neighbour, packet);
  }

  databaseOf(at: Interface, type: number): Lsdb | undefined {
    return this.scopeOf(at, type)?.lsdb;
  }

  databasesAt(at: Interface): readonly Lsdb[] {
    const own = [this.scope, this.#links.get(at)].flatMap((scope) => scope?.lsdb ?? []);
    return this.kind === 'ordinary' ? [...own, this.#owner.asScope.lsdb] : own;
  }

  /** Which LSAs an area has (3.6, RFC 3101 2.1, RFC 5250 3), and how far they go. */
  scopeOf(at: Interface, type: number): Scope | undefined {
    switch (type) {
      case ROUTER_LSA:
      case NETWORK_LSA:
      case SUMMARY_LSA:
      case ASBR_SUMMARY_LSA:
      case AREA_OPAQUE_LSA:
        return this.scope;
      case NSSA_LSA:
        return this.kind === 'nssa' ? this.scope : undefined;
      case EXTERNAL_LSA:
      case AS_OPAQUE_LSA:
        return this.kind === 'ordinary' ? this.#owner.asScope : undefined;
      case LINK_OPAQUE_LSA:
        return this.#linkScope(at);
      default:
        return undefined;
    }
  }

  purge(at: Interface): void {
    this.scope.flooding.purge();
    this.#links.get(at)?.flooding.purge();
    this.#owner.asScope.flooding.purge();
  }

  contents(type: number, id: Ipv4): OwnLsa | undefined {
    const { routerId } = this.#context;
    const options = this.lsaOptions;
    if (type === ROUTER_LSA) {
      if (id !== routerId) return undefined;
      const body = routerBody(this.interfaces(), this.#owner.flagsIn(this), this.#owner.isStubRouter);
      return { options, body };
    }
    if (type !== NETWORK_LSA) return this.announcements.get(type, id);
    const at = this.#interfaceAt(id);
    const body = at === undefined ? undefined : networkBody(at, routerId);
    return body === undefined ? undefined : { options, body };
  }

  /** A network-LSA for an address of ours is: it may be from when we had another Router ID (13.4). */
  isOwn({ type, id, advertisingRouter }: LsaIdentity): boolean {
    return (
      advertisingRouter === this.#context.routerId ||
      (type === NETWORK_LSA && this.#interfaceAt(id) !== undefined)
    );
  }

  changed(type: number): void {
    if (type > NSSA_LSA) return;
    if (type === ROUTER_LSA || type === NETWORK_LSA) this.#pathsAreOld = true;
    this.#owner.schedule();
  }

  #stopInterface(at: Interface): void {
    at.stop();
    this.#links.get(at)?.stop();
    this.#links.delete(at);
  }

  #linkScope(at: Interface): Scope {
    const known = this.#links.get(at);
    if (known !== undefined) return known;
    const made = new Scope(this.#context, {
      pool: this.pool,
      seed: this.seed,
      limit: MAX_LINK_LSAS,
      interfaces: () => [at],
      contents: () => undefined,
      isOwn: ({ advertisingRouter }) => advertisingRouter === this.#context.routerId,
      changed: () => {},
    });
    this.#links.set(at, made);
    return made;
  }

  #interfaceAt(address: Ipv4): Interface | undefined {
    for (const at of this.#interfaces.values()) {
      if (at.settings.address === address && at.settings.network === 'broadcast') return at;
    }
    return undefined;
  }
}

export function kindOf({ area, kind }: OspfAreaSettings): OspfAreaSettings['kind'] {
  return area === BACKBONE ? 'ordinary' : kind;
}

function areaOptions(kind: OspfAreaSettings['kind']): number {
  switch (kind) {
    case 'ordinary':
      return OPTION_E;
    case 'stub':
      return 0;
    case 'nssa':
      return OPTION_NP;
  }
}

function withArea(router: RouterContext, areaId: Ipv4, areaOptions: number): Context {
  return {
    clock: router.clock,
    random: router.random,
    get unixS() {
      return router.unixS;
    },
    // With another Router ID all areas are others.
    routerId: router.routerId,
    get opaque() {
      return router.opaque;
    },
    get lsaTimersMs() {
      return router.lsaTimersMs;
    },
    areaId,
    areaOptions,
    transmit: (interfaceName, destination, bytes) => router.transmit(interfaceName, destination, bytes),
    refuse: (interfaceName, reason) => router.refuse(interfaceName, reason),
    tell: (level, text) => router.tell(level, text),
  };
}

/** Cost, priority, MTU and stub networks may change under way; anything else makes it another interface. */
function needsRestart(was: OspfInterfaceInput, is: OspfInterfaceInput): boolean {
  return (
    was.address !== is.address ||
    was.prefixLength !== is.prefixLength ||
    was.network !== is.network ||
    was.passive !== is.passive ||
    was.helloIntervalS !== is.helloIntervalS ||
    was.deadIntervalS !== is.deadIntervalS ||
    was.fastHellos !== is.fastHellos
  );
}

function attachmentOf(at: Interface): Attachment {
  const { name, address, prefixLength, stubs = [] } = at.settings;
  const peers = [...at.neighbours].filter((neighbour) => neighbour.state === 'Full');
  const isPointToPoint = at.state === 'Point-to-Point';
  const own = prefixOf(address, at.state === 'Loopback' ? 32 : prefixLength);
  return {
    interface: name,
    address,
    prefixes: [own, ...stubs],
    peers: isPointToPoint ? peers : [],
  };
}
