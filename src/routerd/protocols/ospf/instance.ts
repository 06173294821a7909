/**
 * OSPFv2 (RFC 2328, RFC 3101, RFC 5250, RFC 6987) for one router and one configuration: a machine without I/O.
 * Packets, settings and routes from elsewhere go in by `handle`, packets and route changes come out by
 * `OspfOutputs`; timers come from the clock it is given.
 *
 * How it moves. The router is attached to areas. In an `Area` an `Interface` hears Hellos and keeps a `Neighbour`
 * for each router heard; neighbours that should be adjacent bring their databases together in an `Exchange`. From
 * then on `Flooding` keeps them the same: what is newer is installed in the `Lsdb` of its `Scope` (a link, an area,
 * the AS) and goes on through each interface's `Outbox`, until every neighbour has acknowledged it or its
 * `RetransmissionList` has worn it down. A scope's `Origination` writes our own LSAs, its `Ageing` flushes what
 * nobody refreshes.
 *
 * A change that counts wakes the `SpfThrottle`. Then each area whose topology changed computes `shortestPaths`, the
 * `routingTable` puts together what the areas and the announcements say, the `RouteTable` tells which routes
 * changed, and we say what follows for others: an area border router its `summariesInto` each area, an AS boundary
 * router its `externals`, an NSSA's border router the translation of type 7.
 *
 * What must stay true
 * - Nothing that arrives makes it throw; what is refused is counted and named.
 * - Tables have limits (constants.ts), and reaching one is told.
 * - All it does follows from its inputs, its clock and its random numbers.
 * - Instances may share an `LsaPool` to hold each LSA once; they can tell no difference.
 *
 * Left out: virtual links (and with them the transit areas of 16.3), NBMA and point-to-multipoint networks, types of
 * service, demand circuits (docs/ospf.md).
 */
import { formatIpv4, type Ipv4, type Prefix } from '../../../net/address.ts';
import { SECOND, type Timer } from '../../../world/clock.ts';
import type { LogLevel, World } from '../../../world/world.ts';
import { SpfThrottle } from '../spf/throttle.ts';
import { ToldOnce } from '../told-once.ts';
import { Announcements } from './announcements.ts';
import { Area, type AreaOwner, kindOf } from './area.ts';
import { BACKBONE, MAX_AREAS, MAX_EXTERNALS, MAX_LSAS } from './constants.ts';
import type { Refusal, RouterContext } from './context.ts';
import {
  type MakeOspf,
  type OspfAreaSettings,
  type OspfExternal,
  type OspfInput,
  type OspfInstance,
  type OspfInterfaceInput,
  type OspfNeighbourView,
  type OspfOutputs,
  type OspfRoute,
  type OspfSettings,
  PLAIN_AREA,
  PLAIN_SETTINGS,
} from './contract.ts';
import { asExternals, Externals, nssaExternals, type OriginationInput } from './externals.ts';
import type { Interface } from './interface.ts';
import { FLAG_B, FLAG_E, FLAG_NT, NSSA_LSA } from './lsa.ts';
import type { Neighbour, NeighbourState } from './neighbour.ts';
import type { OwnLsa } from './origination.ts';
import { decodePacket } from './packet.ts';
import { LsaPool } from './pool.ts';
import { RouteTable } from './routes.ts';
import { plainTable, type RoutingTable, routingTable } from './routing-table.ts';
import { Scope } from './scope.ts';
import { summariesInto, summaryCandidates } from './summaries.ts';

const NOTHING: ReadonlyMap<number, OwnLsa> = new Map();

class Ospf implements OspfInstance, AreaOwner {
  readonly pool: LsaPool;
  readonly seed: number;
  readonly asScope: Scope;
  readonly #world: World;
  readonly #outputs: OspfOutputs;
  readonly #context: RouterContext;
  readonly #throttle: SpfThrottle;
  readonly #routes: RouteTable;
  readonly #externals = new Externals();
  /** Of type 5. */
  readonly #announcements = new Announcements();
  /** By area id. */
  #areas = new Map<Ipv4, Area>();
  /** Those with an interface, by area id. */
  #attached: readonly Area[] = [];
  readonly #told: ToldOnce;
  #settings = PLAIN_SETTINGS;
  #isBorderRouter = false;
  #isBoundaryRouter = false;
  /** What the type 5 LSAs depend on changed. */
  #externalsAreOld = false;
  #announcing: Timer | undefined;
  /** After a start with `maxMetric.onStartupS`: until others may go through us. */
  #startingUp: Timer | undefined;
  #hasStarted = false;
  #stopped = false;
  #sent = 0;
  #received = 0;
  #refused = 0;
  #spfRuns = 0;
  #neighboursVersion = 0;

  constructor(world: World, outputs: OspfOutputs, pool: LsaPool) {
    this.#world = world;
    this.#told = new ToldOnce((level, text) => world.log(level, `ospf: ${text}`));
    this.#outputs = outputs;
    this.pool = pool;
    this.seed = Math.floor(world.random.next() * 0x100000000) | 0;
    this.#context = this.#makeContext();
    this.asScope = new Scope(this.#context, {
      pool,
      seed: this.seed,
      limit: MAX_LSAS,
      interfaces: () => this.#ordinaryInterfaces(),
      contents: (type, id) => this.#announcements.get(type, id),
      isOwn: ({ advertisingRouter }) => advertisingRouter === this.#settings.routerId,
      changed: (type) => {
        if (type <= NSSA_LSA) this.schedule();
      },
    });
    this.#throttle = new SpfThrottle(world.clock, PLAIN_SETTINGS.spfThrottleMs, () => this.#calculate());
    this.#routes = new RouteTable(pool);
  }

  get maximumPaths(): number {
    return this.#settings.maximumPaths;
  }

  get isStubRouter(): boolean {
    return this.#settings.maxMetric.administrative || this.#startingUp !== undefined;
  }

  get counters(): OspfInstance['counters'] {
    let lsas = this.asScope.lsdb.size;
    for (const area of this.#areas.values()) lsas += area.size;
    return {
      packetsSent: this.#sent,
      packetsReceived: this.#received,
      packetsRefused: this.#refused,
      spfRuns: this.#spfRuns,
      lsas,
    };
  }

  handle(input: OspfInput): void {
    if (this.#stopped) return;
    switch (input.type) {
      case 'configure':
        this.#configure(input.settings);
        break;
      case 'packet':
        this.#receive(input);
        break;
      case 'externals':
        this.#takeExternals(input.added, input.removed);
        break;
    }
  }

  /** By interface, then by Router ID. */
  neighbours(): readonly OspfNeighbourView[] {
    const views: OspfNeighbourView[] = [];
    const interfaces = this.#attached.flatMap((area) => [...area.interfaces()]);
    if (this.#attached.length > 1) interfaces.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const at of interfaces) {
      for (const neighbour of [...at.neighbours].sort((a, b) => a.routerId - b.routerId)) {
        const { routerId, address, state } = neighbour;
        views.push({ interface: at.name, routerId, address, state, role: roleOf(at, neighbour) });
      }
    }
    return views;
  }

  get neighboursVersion(): number {
    return this.#neighboursVersion;
  }

  routes(): Iterable<OspfRoute> {
    return this.#routes.entries();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const area of this.#areas.values()) area.stop();
    this.#areas.clear();
    this.#attached = [];
    this.asScope.stop();
    this.#startingUp?.cancel();
    this.#announcing?.cancel();
    this.#throttle.stop();
    this.#routes.clear();
  }

  schedule(): void {
    this.#throttle.schedule();
  }

  /** A.4.2. Border routers of NSSAs are boundary routers, whether they translate or not (RFC 3101). */
  flagsIn(area: Area): number {
    const isExternal = this.#isBoundaryRouter || (this.#isBorderRouter && this.#hasNssa());
    const translates = this.#isBorderRouter && area.kind === 'nssa' && area.settings.translate === 'always';
    return (
      (this.#isBorderRouter ? FLAG_B : 0) |
      (isExternal && area.kind !== 'stub' ? FLAG_E : 0) |
      (translates ? FLAG_NT : 0)
    );
  }

  neighbourChanged(at: Interface, { routerId, state }: Neighbour, from: NeighbourState): void {
    this.#neighboursVersion++;
    this.#world.log('debug', `ospf: ${at.name}: ${formatIpv4(routerId)} ${from} -> ${state}`);
  }

  *#ordinaryInterfaces(): Generator<Interface> {
    for (const area of this.#attached) if (area.kind === 'ordinary') yield* area.interfaces();
  }

  #hasNssa(): boolean {
    return this.#attached.some(({ kind }) => kind === 'nssa');
  }

  #find(name: string): Interface | undefined {
    for (const area of this.#attached) {
      const at = area.find(name);
      if (at !== undefined) return at;
    }
    return undefined;
  }

  #receive({ interface: name, source, destination, bytes }: OspfInput & { readonly type: 'packet' }): void {
    this.#received++;
    const at = this.#find(name);
    // What was not signed as it should be is not looked at (8.2, D.5).
    const packet = at?.authenticate(source, bytes) ?? decodePacket(bytes);
    if (at === undefined) this.#context.refuse(name, 'interface');
    else if (typeof packet === 'string') this.#context.refuse(name, packet);
    else at.receive(source, destination, packet);
  }

  #configure(settings: OspfSettings): void {
    this.#neighboursVersion++;
    this.#told.forget();
    const wanted = this.#byArea(settings.interfaces);
    const settingsOf = (id: Ipv4): OspfAreaSettings =>
      settings.areas.find(({ area }) => area === id) ?? { ...PLAIN_AREA, area: id };
    if (settings.routerId !== this.#settings.routerId) this.#leaveAll();
    const leavesAs =
      wanted.size > 0 && [...wanted.keys()].every((id) => kindOf(settingsOf(id)) !== 'ordinary');
    for (const area of [...this.#areas.values()]) {
      const inputs = wanted.get(area.id);
      const isOther = area.kind !== kindOf(settingsOf(area.id));
      if (isOther || (inputs === undefined && wanted.size > 0 && !this.#mayReturn(area, wanted))) {
        area.leave(leavesAs && area.kind === 'ordinary' ? [...this.asScope.lsdb] : []);
        this.#areas.delete(area.id);
      }
    }
    this.#settings = settings;
    this.#throttle.adjust(settings.spfThrottleMs);
    this.#externals.summarize(settings.summaries);
    this.#externalsAreOld = true;
    // Without interfaces we are a router of the backbone, until we know better.
    const ids = wanted.size === 0 && this.#areas.size === 0 ? [BACKBONE] : [...wanted.keys()];
    for (const id of ids) if (!this.#areas.has(id)) this.#makeArea(settingsOf(id));
    this.#areas = new Map([...this.#areas].sort(([a], [b]) => a - b));
    const areas = [...this.#areas.values()];
    for (const area of areas) area.settings = settingsOf(area.id);
    for (const area of areas) area.retire(wanted.get(area.id) ?? []);
    this.#attached = areas.filter(({ id }) => wanted.has(id));
    this.#isBorderRouter = this.#attached.length > 1 && wanted.has(BACKBONE);
    if (wanted.size > 0) this.#startUp();
    if (leavesAs) this.#leaveAs();
    this.#isBoundaryRouter = this.#externals.announced().length > 0;
    for (const area of areas) area.configure(wanted.get(area.id) ?? []);
    this.schedule();
  }

  /** The interfaces of each area, sorted by name; areas beyond the limit are left out. */
  #byArea(interfaces: readonly OspfInterfaceInput[]): Map<Ipv4, OspfInterfaceInput[]> {
    const byArea = new Map<Ipv4, OspfInterfaceInput[]>();
    for (const input of [...interfaces].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const known = byArea.get(input.area);
      if (known !== undefined) known.push(input);
      else if (byArea.size < MAX_AREAS) byArea.set(input.area, [input]);
      else this.#context.tell('error', `more than ${MAX_AREAS} areas: ${input.name} is left out`);
    }
    return byArea;
  }

  /** An area whose interfaces are down keeps its database for when they return; one that they left, does not. */
  #mayReturn(area: Area, wanted: ReadonlyMap<Ipv4, readonly OspfInterfaceInput[]>): boolean {
    const elsewhere = new Set([...wanted.values()].flat().map(({ name }) => name));
    const hasMoved = [...area.interfaces()].some(({ name }) => elsewhere.has(name));
    return !hasMoved && area.lsdb.size > 1;
  }

  #makeArea(settings: OspfAreaSettings): void {
    this.#areas.set(settings.area, new Area(this.#context, this, settings));
  }

  /** RFC 6987: from the first time that there is an interface. */
  #startUp(): void {
    const { onStartupS } = this.#settings.maxMetric;
    if (this.#hasStarted) {
      if (onStartupS === 0) this.#startedUp();
      return;
    }
    this.#hasStarted = true;
    if (onStartupS === 0) return;
    this.#startingUp = this.#world.clock.after(onStartupS * SECOND, () => {
      this.#startedUp();
      for (const area of this.#areas.values()) area.routerChanged();
    });
  }

  #startedUp(): void {
    this.#startingUp?.cancel();
    this.#startingUp = undefined;
  }

  /** The Router ID is about to change: our LSAs are flushed as well as may be, and everything begins anew. */
  #leaveAll(): void {
    for (const area of this.#areas.values()) {
      area.leave(area.kind === 'ordinary' ? [...this.asScope.lsdb] : []);
    }
    this.#areas.clear();
    this.#attached = [];
    this.#leaveAs();
  }

  #leaveAs(): void {
    this.asScope.stop();
    this.#announcements.forget();
  }

  #takeExternals(added: readonly OspfExternal[], removed: readonly Prefix[]): void {
    this.#externals.change(added, removed);
    this.#externalsAreOld = true;
    this.#announcing ??= this.#world.clock.after(0, () => {
      this.#announcing = undefined;
      const isBoundaryRouter = this.#externals.announced().length > 0;
      if (isBoundaryRouter !== this.#isBoundaryRouter) {
        this.#isBoundaryRouter = isBoundaryRouter;
        for (const area of this.#areas.values()) area.routerChanged();
      }
      this.schedule();
    });
  }

  /** Routes, and what follows from them for what we say (16). */
  #calculate(): void {
    let ranSpf = false;
    for (const area of this.#areas.values()) if (area.calculate()) ranSpf = true;
    if (ranSpf) this.#spfRuns++;
    const input = {
      pool: this.pool,
      areas: this.#attached,
      external: this.asScope.lsdb,
      routerId: this.#settings.routerId,
      ownAddresses: new Set(
        this.#attached.flatMap((area) => [...area.interfaces()].map(({ settings }) => settings.address)),
      ),
      isBorderRouter: this.#isBorderRouter,
      rfc1583Compatibility: this.#settings.rfc1583Compatibility,
      maximumPaths: this.#settings.maximumPaths,
    };
    const plain = plainTable(input);
    const table = plain === undefined ? routingTable(input) : undefined;
    const routes = plain ?? table;
    const change = routes === undefined ? undefined : this.#routes.replace(routes);
    if (change !== undefined) this.#outputs.routes(change);
    this.#announce(table);
  }

  /** `table` where there is more in it than one plain area. */
  #announce(table: RoutingTable | undefined): void {
    const areas = this.#attached;
    const input: OriginationInput = {
      areas,
      interfaces: areas.map((area) => [...area.interfaces()].map(({ settings }) => settings)),
      isBorderRouter: this.#isBorderRouter,
      translates: areas.map((area) => area.translates(this.#isBorderRouter)),
      announced: this.#externals.announced(),
    };
    const candidates =
      table === undefined || !this.#isBorderRouter ? [] : summaryCandidates(this.pool, areas, table);
    areas.forEach((area, index) => {
      const summaries =
        table === undefined || !this.#isBorderRouter
          ? NOTHING
          : summariesInto(index, areas, table, candidates);
      area.announce(
        area.kind === 'nssa' ? new Map([...summaries, ...nssaExternals(input, index)]) : summaries,
      );
    });
    if (!this.#externalsAreOld && !(this.#isBorderRouter && this.#hasNssa())) return;
    this.#externalsAreOld = false;
    if (this.#externals.leftOut > 0) {
      this.#context.tell('error', `more than ${MAX_EXTERNALS} routes from elsewhere: some are left out`);
    }
    this.#announcements.replace(asExternals(input, table), this.asScope.origination);
  }

  #makeContext(): RouterContext {
    const { clock, random, epochS = 0 } = this.#world;
    const settings = () => this.#settings;
    return {
      clock,
      random,
      get unixS() {
        return Math.floor(epochS + clock.now() / SECOND);
      },
      get routerId() {
        return settings().routerId;
      },
      get opaque() {
        return settings().opaque;
      },
      get lsaTimersMs() {
        return settings().lsaTimersMs;
      },
      transmit: (interfaceName, destination, bytes) => {
        const sealed = this.#find(interfaceName)?.seal(bytes);
        if (this.#stopped || sealed === undefined) return;
        this.#sent++;
        this.#outputs.send(interfaceName, destination, sealed);
      },
      refuse: (interfaceName, reason) => {
        this.#refused++;
        this.#told.tell(levelOf(reason), `packet refused on ${interfaceName}: ${reason}`);
      },
      tell: (level, text) => this.#told.tell(level, text),
    };
  }
}

/**
 * An OSPF instance that does nothing until it is configured. Instances of one world may share a pool.
 * Never throws on what it is handed.
 */
export const makeOspf = ((world: World, outputs: OspfOutputs, pool: LsaPool = new LsaPool()) =>
  new Ospf(world, outputs, pool)) satisfies MakeOspf;

function roleOf(at: Interface, { address }: Neighbour): OspfNeighbourView['role'] {
  if (at.settings.network !== 'broadcast') return '-';
  if (address === at.designatedRouter) return 'DR';
  return address === at.backup ? 'BDR' : 'DROther';
}

/** Packets from a router that does not know yet that we are strangers are in the nature of a failure. */
function levelOf(reason: Refusal): LogLevel {
  return reason === 'neighbour' || reason === 'interface' ? 'debug' : 'warning';
}
