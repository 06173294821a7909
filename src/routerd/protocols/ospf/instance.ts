/**
 * OSPFv2 (RFC 2328) for one router, one configuration, one area: a machine without I/O. Packets and settings go
 * in by `handle`, packets and route changes come out by `OspfOutputs`; timers come from the clock it is given.
 *
 * How it moves. An `Interface` hears Hellos and keeps a `Neighbour` for each router heard; neighbours that
 * should be adjacent bring their databases together in an `Exchange`. From then on `Flooding` keeps them the
 * same: what is newer is installed in the `Lsdb` and goes on through each interface's `Outbox`, until every
 * neighbour has acknowledged it or its `RetransmissionList` has worn it down. `Origination` writes our own LSAs
 * from what the interfaces are; `Ageing` flushes what nobody refreshes. A change that counts wakes the
 * `SpfThrottle`; `shortestPaths` turns the database into routes and the `RouteTable` says which ones changed.
 *
 * What must stay true
 * - Nothing that arrives makes it throw; what is refused is counted and named.
 * - Tables have limits (constants.ts), and reaching one is told.
 * - All it does follows from its inputs, its clock and its random numbers.
 * - Instances may share an `LsaPool` to hold each LSA once; they can tell no difference.
 */
import { formatIpv4, prefixOf } from '../../../net/address.ts';
import { SECOND } from '../../../world/clock.ts';
import type { LogLevel, World } from '../../../world/world.ts';
import { SpfThrottle } from '../spf/throttle.ts';
import { Ageing } from './ageing.ts';
import { ALL_SPF_ROUTERS, MAX_AGE_S } from './constants.ts';
import type { Context, Refusal } from './context.ts';
import type {
  MakeOspf,
  OspfInput,
  OspfInstance,
  OspfInterfaceInput,
  OspfNeighbourView,
  OspfOutputs,
  OspfSettings,
} from './contract.ts';
import { Flooding, type FloodingOwner } from './flooding.ts';
import { Interface, type InterfaceOwner, type LinkStatePacket } from './interface.ts';
import { Lsdb, type LsdbEntry } from './lsdb.ts';
import type { Neighbour, NeighbourState } from './neighbour.ts';
import { Origination } from './origination.ts';
import { decodePacket, encodeUpdate, splitUpdate } from './packet.ts';
import { LsaPool } from './pool.ts';
import { RouteTable } from './routes.ts';
import { type Attachment, shortestPaths } from './spf.ts';

/** Different things said until the next `configure`; what comes after them is only counted. */
const MAX_TOLD = 256;

const NOTHING_CONFIGURED: OspfSettings = {
  routerId: 0,
  maximumPaths: 1,
  spfThrottleMs: { delay: 0, hold: 50, max: 5000 },
  interfaces: [],
};

class Ospf implements OspfInstance, InterfaceOwner, FloodingOwner {
  readonly ageing: Ageing;
  readonly #world: World;
  readonly #outputs: OspfOutputs;
  readonly #context: Context;
  readonly #lsdb: Lsdb;
  readonly #flooding: Flooding;
  readonly #origination: Origination;
  readonly #throttle: SpfThrottle;
  readonly #routes: RouteTable;
  readonly #interfaces = new Map<string, Interface>();
  readonly #told = new Set<string>();
  #settings: OspfSettings = NOTHING_CONFIGURED;
  #areaId = 0;
  #stopped = false;
  #sent = 0;
  #received = 0;
  #refused = 0;
  #spfRuns = 0;

  constructor(world: World, outputs: OspfOutputs, pool: LsaPool) {
    this.#world = world;
    this.#outputs = outputs;
    const seed = Math.floor(world.random.next() * 0x100000000) | 0;
    this.#lsdb = new Lsdb(pool, seed, () => this.#throttle.schedule());
    this.#context = this.#makeContext();
    this.#flooding = new Flooding(this.#context, this);
    this.#origination = new Origination(this.#context, this.#flooding, () => this.interfaces);
    this.ageing = new Ageing(world.clock, this.#lsdb, (entry) => this.#flooding.flush(entry));
    this.#throttle = new SpfThrottle(world.clock, NOTHING_CONFIGURED.spfThrottleMs, () => this.#runSpf());
    this.#routes = new RouteTable(pool);
  }

  get interfaces(): IterableIterator<Interface> {
    return this.#interfaces.values();
  }

  get counters(): OspfInstance['counters'] {
    return {
      packetsSent: this.#sent,
      packetsReceived: this.#received,
      packetsRefused: this.#refused,
      spfRuns: this.#spfRuns,
      lsas: this.#lsdb.size,
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
    }
  }

  /** By interface, then by Router ID. */
  neighbours(): readonly OspfNeighbourView[] {
    const views: OspfNeighbourView[] = [];
    for (const at of this.#interfaces.values()) {
      for (const neighbour of [...at.neighbours].sort((a, b) => a.routerId - b.routerId)) {
        const { routerId, address, state } = neighbour;
        views.push({ interface: at.name, routerId, address, state, role: roleOf(at, neighbour) });
      }
    }
    return views;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const at of this.#interfaces.values()) at.stop();
    this.#interfaces.clear();
    this.#forget();
    this.#throttle.stop();
    this.#routes.clear();
  }

  interfaceChanged(changed: Interface): void {
    this.#origination.routerChanged();
    if (changed.settings.network === 'broadcast') {
      this.#origination.networkChanged(changed.settings.address);
    }
    this.#throttle.schedule();
  }

  neighbourChanged(at: Interface, neighbour: Neighbour, from: NeighbourState): void {
    const { routerId, state } = neighbour;
    this.#world.log('debug', `ospf: ${at.name}: ${formatIpv4(routerId)} ${from} -> ${state}`);
    if ((from === 'Full') !== (state === 'Full')) this.interfaceChanged(at);
    this.#flooding.purge();
  }

  receiveLinkState(at: Interface, neighbour: Neighbour, packet: LinkStatePacket): void {
    this.#flooding.receive(at, neighbour, packet);
  }

  reclaim(entry: LsdbEntry): void {
    this.#origination.reclaim(entry);
  }

  purged(entry: LsdbEntry): void {
    this.#origination.purged(entry);
  }

  #receive({ interface: name, source, destination, bytes }: OspfInput & { readonly type: 'packet' }): void {
    this.#received++;
    const at = this.#interfaces.get(name);
    // What was not signed as it should be is not looked at (8.2, D.5).
    const packet = at?.authenticate(source, bytes) ?? decodePacket(bytes);
    if (at === undefined) this.#context.refuse(name, 'interface');
    else if (typeof packet === 'string') this.#context.refuse(name, packet);
    else at.receive(source, destination, packet);
  }

  #configure(settings: OspfSettings): void {
    this.#told.clear();
    const wanted = [...settings.interfaces].sort((a, b) => (a.name < b.name ? -1 : 1));
    const areas = wanted.map((input) => input.area);
    // The backbone at first; afterwards the area that we are in, as long as an interface is.
    const areaId = areas.length === 0 || areas.includes(this.#areaId) ? this.#areaId : Math.min(...areas);
    const inArea = wanted.filter((input) => input.area === areaId);
    for (const { name, area } of wanted) {
      if (area !== areaId) {
        this.#context.tell(
          'warning',
          `only one area: ${name} is in ${formatIpv4(area)}, not ${formatIpv4(areaId)}`,
        );
      }
    }
    if (settings.routerId !== this.#settings.routerId || areaId !== this.#areaId) this.#leave();
    this.#settings = settings;
    this.#areaId = areaId;
    this.#throttle.adjust(settings.spfThrottleMs);

    const names = new Set(inArea.map((input) => input.name));
    const kept = new Map(this.#interfaces);
    const gone: Interface[] = [];
    this.#interfaces.clear();
    const fresh: Interface[] = [];
    const adjusted: [Interface, OspfInterfaceInput][] = [];
    for (const input of inArea) {
      const known = kept.get(input.name);
      if (known !== undefined && !needsRestart(known.settings, input)) {
        this.#interfaces.set(input.name, known);
        adjusted.push([known, input]);
        continue;
      }
      if (known !== undefined) gone.push(known);
      const made = new Interface(this.#context, this, input);
      this.#interfaces.set(input.name, made);
      fresh.push(made);
    }
    for (const [name, known] of kept) if (!names.has(name)) gone.push(known);
    for (const at of gone) {
      at.stop();
      this.interfaceChanged(at);
    }
    for (const [at, input] of adjusted) at.adjust(input);
    for (const at of fresh) at.start();
    this.#origination.routerChanged();
    this.#throttle.schedule();
  }

  /** Router ID or area are about to change: our LSAs are flushed as well as may be, and everything begins anew. */
  #leave(): void {
    const own = [...this.#lsdb].filter(
      (entry) => entry.identity.advertisingRouter === this.#settings.routerId && !entry.maxAged,
    );
    const flushed = own.map((entry) => ({ bytes: entry.lsa.bytes, at: 0, age: MAX_AGE_S }));
    for (const at of this.#interfaces.values()) {
      if (![...at.neighbours].some((neighbour) => neighbour.atLeast('Exchange'))) continue;
      for (const packet of splitUpdate(flushed, at.packetSize)) {
        this.#context.transmit(at.name, ALL_SPF_ROUTERS, encodeUpdate(this.#context, packet, at.settings.transmitDelayS));
      }
    }
    for (const at of this.#interfaces.values()) at.stop();
    this.#interfaces.clear();
    this.#forget();
  }

  #forget(): void {
    this.#origination.stop();
    this.ageing.stop();
    this.#lsdb.clear();
  }

  #runSpf(): void {
    this.#spfRuns++;
    const { routerId, maximumPaths } = this.#settings;
    const attachments = [...this.#interfaces.values()].map(attachmentOf);
    const { pool, topology } = this.#lsdb;
    const change = this.#routes.replace(
      shortestPaths({ pool, topology, routerId, attachments, maximumPaths }),
    );
    if (change !== undefined) this.#outputs.routes(change);
  }

  #makeContext(): Context {
    const { clock, random, epochS = 0 } = this.#world;
    const routerId = () => this.#settings.routerId;
    const areaId = () => this.#areaId;
    return {
      clock,
      random,
      get unixS() {
        return Math.floor(epochS + clock.now() / SECOND);
      },
      lsdb: this.#lsdb,
      get routerId() {
        return routerId();
      },
      get areaId() {
        return areaId();
      },
      transmit: (interfaceName, destination, bytes) => {
        const sealed = this.#interfaces.get(interfaceName)?.seal(bytes);
        if (this.#stopped || sealed === undefined) return;
        this.#sent++;
        this.#outputs.send(interfaceName, destination, sealed);
      },
      refuse: (interfaceName, reason) => {
        this.#refused++;
        this.#tell(levelOf(reason), `packet refused on ${interfaceName}: ${reason}`);
      },
      tell: (level, text) => this.#tell(level, text),
    };
  }

  #tell(level: LogLevel, text: string): void {
    if (this.#told.size >= MAX_TOLD || this.#told.has(text)) return;
    this.#told.add(text);
    this.#world.log(level, `ospf: ${text}`);
  }
}

/**
 * An OSPF instance that does nothing until it is configured. Instances of one world may share a pool.
 * Never throws on what it is handed.
 */
export const makeOspf = ((world: World, outputs: OspfOutputs, pool: LsaPool = new LsaPool()) =>
  new Ospf(world, outputs, pool)) satisfies MakeOspf;

/** Cost, priority and MTU may change under way; anything else makes it another interface. */
function needsRestart(was: OspfInterfaceInput, is: OspfInterfaceInput): boolean {
  return (
    was.address !== is.address ||
    was.prefixLength !== is.prefixLength ||
    was.network !== is.network ||
    was.passive !== is.passive ||
    was.area !== is.area ||
    was.helloIntervalS !== is.helloIntervalS ||
    was.deadIntervalS !== is.deadIntervalS ||
    was.fastHellos !== is.fastHellos
  );
}

function attachmentOf(at: Interface): Attachment {
  const { name, address, prefixLength } = at.settings;
  const peers = [...at.neighbours].filter((neighbour) => neighbour.state === 'Full');
  const isPointToPoint = at.state === 'Point-to-Point';
  return {
    interface: name,
    address,
    prefix: prefixOf(address, at.state === 'Loopback' ? 32 : prefixLength),
    peers: isPointToPoint ? peers : [],
  };
}

function roleOf(at: Interface, { address }: Neighbour): OspfNeighbourView['role'] {
  if (at.settings.network !== 'broadcast') return '-';
  if (address === at.designatedRouter) return 'DR';
  return address === at.backup ? 'BDR' : 'DROther';
}

/** Packets from a router that does not know yet that we are strangers are in the nature of a failure. */
function levelOf(reason: Refusal): LogLevel {
  return reason === 'neighbour' || reason === 'interface' ? 'debug' : 'warning';
}
