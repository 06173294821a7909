/**
 * IS-IS (ISO 10589, RFC 1195) for IPv4, for one router and one configuration: a machine without I/O. PDUs and
 * settings go in by `handle`, PDUs and route changes come out by `IsisOutputs`; timers come from the clock it is given.
 *
 * How it moves. A `Circuit` says hello and keeps an `Adjacency` for each neighbour: `PointToPoint` by a three-way
 * handshake, `LanLevel` with an election of who stands for the LAN. Each `Level` has a database (`Lsdb`) that
 * `Flooding` keeps the same everywhere: what is newer is installed and goes on through each circuit's `UpdateQueue`,
 * until the neighbour has confirmed it, or on a LAN until the designated one's CSNP shows that nobody misses it.
 * `Origination` writes our own LSPs; `Ageing` purges what nobody refreshes. A change that counts wakes the throttle;
 * `ShortestPaths` turns a database into routes, `RouteTable` takes the better level's of each prefix, says which ones
 * changed, and what one level has to tell the other becomes part of that level's LSPs.
 *
 * What must stay true
 * - Nothing that arrives makes it throw; what is refused is counted and named.
 * - Tables have limits (constants.ts), and reaching one is told.
 * - All it does follows from its inputs, its clock and its random numbers.
 * - Instances may share an `LspPool` to hold each LSP once; they can tell no difference.
 */
import type { IsisLevel } from '../../../config/isis-model.ts';
import { comparePrefixes, type Mac } from '../../../net/address.ts';
import { SECOND, type Timer } from '../../../world/clock.ts';
import type { LogLevel, World } from '../../../world/world.ts';
import { SpfThrottle } from '../spf/throttle.ts';
import { ToldOnce } from '../told-once.ts';
import { Circuit, type CircuitOwner } from './circuit.ts';
import type { CircuitLevel } from './circuit-level.ts';
import { MAX_LAN_CIRCUITS } from './constants.ts';
import type { Context, Refusal } from './context.ts';
import type {
  IsisCircuitInput,
  IsisInput,
  IsisInstance,
  IsisNeighbourView,
  IsisOutputs,
  IsisSettings,
  MakeIsis,
} from './contract.ts';
import type { SystemId } from './ids.ts';
import { type Inherited, Level, type LevelOwner } from './level.ts';
import type { Change } from './lsdb.ts';
import { decodePdu, trimPdu } from './packet.ts';
import { LspPool } from './pool.ts';
import { bestOf, RouteTable } from './routes.ts';
import { type LevelRoutes, RANK } from './spf.ts';

/** The instance says by it what counts now. */
interface OwnContext extends Context {
  settings: IsisSettings;
  system: SystemId;
}

const NOTHING_CONFIGURED: IsisSettings = {
  hostname: '',
  systemId: '000000000000',
  areas: [],
  levels: [],
  metricStyle: 'wide',
  overload: false,
  overloadOnStartupS: 0,
  attached: true,
  lspMtu: 1497,
  lspGenerationIntervalS: 30,
  lspRefreshIntervalS: 900,
  lspLifetimeS: 1200,
  spfIntervalS: 1,
  passwords: {},
  maximumPaths: 1,
  leaks: () => false,
  circuits: [],
};

class Isis implements IsisInstance, CircuitOwner, LevelOwner {
  readonly #world: World;
  readonly #outputs: IsisOutputs;
  readonly #pool: LspPool;
  readonly #context: OwnContext;
  readonly #throttle: SpfThrottle;
  readonly #table: RouteTable;
  readonly #circuits = new Map<string, Circuit>();
  readonly #levels = new Map<IsisLevel, Level>();
  /** Circuits keep their numbers, also while they are down, as long as there are others for new ones. */
  readonly #numbers = new Map<string, number>();
  readonly #told: ToldOnce;
  #settings: IsisSettings = NOTHING_CONFIGURED;
  #externals: (IsisInput & { readonly type: 'externals' })['externals'] = [];
  #isAttached = false;
  /** While it runs we are overloaded: others have nothing to gain by us yet. */
  #startup: Timer | undefined;
  #hasStarted = false;
  #stopped = false;
  #sent = 0;
  #received = 0;
  #refused = 0;
  #spfRuns = 0;
  #partialRuns = 0;

  constructor(world: World, outputs: IsisOutputs, pool: LspPool) {
    this.#world = world;
    this.#told = new ToldOnce((level, text) => world.log(level, `isis: ${text}`));
    this.#outputs = outputs;
    this.#pool = pool;
    this.#context = this.#makeContext();
    this.#throttle = new SpfThrottle(world.clock, throttleMs(this.#settings), () => this.#compute());
    this.#table = new RouteTable(pool);
  }

  get isOverloaded(): boolean {
    return this.#settings.overload || this.#startup !== undefined;
  }

  get isAttached(): boolean {
    return this.#isAttached && this.#settings.attached;
  }

  get settled(): boolean {
    return (
      !this.#throttle.isDue &&
      [...this.#levels.values()].every(({ isSettled }) => isSettled) &&
      [...this.#circuits.values()].every(({ isSettled }) => isSettled)
    );
  }

  get counters(): IsisInstance['counters'] {
    return {
      pdusSent: this.#sent,
      pdusReceived: this.#received,
      pdusRefused: this.#refused,
      spfRuns: this.#spfRuns,
      partialRuns: this.#partialRuns,
      lsps: [...this.#levels.values()].reduce((sum, { lsdb }) => sum + lsdb.size, 0),
    };
  }

  handle(input: IsisInput): void {
    if (this.#stopped) return;
    switch (input.type) {
      case 'configure':
        this.#configure(input.settings);
        break;
      case 'externals':
        this.#externals = input.externals;
        for (const level of this.#levels.values()) level.externals = input.externals;
        break;
      case 'pdu':
        this.#receive(input.circuit, input.source, input.bytes);
        break;
    }
  }

  /** By circuit, level and system ID. */
  neighbours(): readonly IsisNeighbourView[] {
    return [...this.#circuits.values()].flatMap((circuit) => circuit.views());
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#leave();
    this.#throttle.stop();
    this.#table.clear();
  }

  circuitChanged(at: CircuitLevel, isNew: boolean): void {
    const level = this.#levels.get(at.level);
    if (level === undefined) return;
    if (isNew) level.flooding.synchronise(at);
    level.origination.changed();
    level.changed('graph');
  }

  describe(at: CircuitLevel): void {
    const level = this.#levels.get(at.level);
    if (level !== undefined) at.queue.describe(level.lsdb.sorted());
  }

  levelChanged(): void {
    this.#throttle.schedule();
  }

  #receive(name: string, source: Mac, bytes: Uint8Array): void {
    this.#received++;
    const refusal = this.#take(name, source, bytes);
    if (refusal !== undefined) this.#context.refuse(name, refusal);
  }

  #take(name: string, source: Mac, bytes: Uint8Array): Refusal | undefined {
    const circuit = this.#circuits.get(name);
    if (circuit === undefined) return 'circuit';
    const trimmed = trimPdu(bytes);
    if (typeof trimmed === 'string') return trimmed;
    if (circuit.hearsAgain(trimmed, source)) return undefined;
    const pdu = decodePdu(trimmed);
    if (typeof pdu === 'string') return pdu;
    if (pdu.type === 'lan-hello' || pdu.type === 'p2p-hello')
      return circuit.receiveHello(pdu, trimmed, source);
    const at = circuit.at(pdu.level);
    const level = this.#levels.get(pdu.level);
    if (at === undefined || level === undefined) return 'level';
    // 7.3.15.1: from whom there is no adjacency with, nothing is taken.
    const isKnown = at.isPointToPoint ? at.hasNeighbour : at.adjacencies.some(({ mac }) => mac === source);
    if (!isKnown) return 'neighbour';
    switch (pdu.type) {
      case 'lsp':
        return level.flooding.receiveLsp(at, pdu, trimmed);
      case 'csnp':
        return level.flooding.receiveCsnp(at, pdu, trimmed);
      case 'psnp':
        return level.flooding.receivePsnp(at, pdu, trimmed);
    }
  }

  #configure(settings: IsisSettings): void {
    this.#told.forget();
    const former = this.#settings;
    const isOther = settings.systemId !== former.systemId || settings.levels.join() !== former.levels.join();
    if (isOther) this.#leave();
    this.#settings = settings;
    this.#context.settings = settings;
    this.#context.system = Number.parseInt(settings.systemId, 16);
    this.#throttle.adjust(throttleMs(settings));
    for (const level of settings.levels) {
      if (this.#levels.has(level)) continue;
      const made = new Level(this.#context, level, this);
      this.#levels.set(level, made);
      made.externals = this.#externals;
    }
    this.#beginOverload();
    this.#configureCircuits(settings, settings.areas.join() !== former.areas.join());
    for (const level of this.#levels.values()) {
      level.origination.changed();
      level.changed('graph');
    }
  }

  #configureCircuits(settings: IsisSettings, areAreasOther: boolean): void {
    const kept = new Map(this.#circuits);
    this.#circuits.clear();
    this.#number(settings.circuits);
    const fresh: Circuit[] = [];
    const adjusted: [Circuit, IsisCircuitInput][] = [];
    for (const given of [...settings.circuits].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const number = this.#numbers.get(given.name) ?? 0;
      const input = usable(given, settings.levels, number);
      const known = kept.get(input.name);
      if (known !== undefined && !needsRestart(known.input, input)) {
        kept.delete(input.name);
        this.#circuits.set(input.name, known);
        if (areAreasOther || !isSameCircuit(known.input, input)) adjusted.push([known, input]);
        continue;
      }
      const made = new Circuit(this.#context, this, input, number);
      this.#circuits.set(input.name, made);
      fresh.push(made);
    }
    for (const level of this.#levels.values()) level.useCircuits(this.#circuits.values());
    for (const circuit of kept.values()) circuit.stop();
    for (const [circuit, input] of adjusted) circuit.adjust(input);
    for (const circuit of fresh) circuit.start();
  }

  /** From 1 on; LANs need one of 1 .. 255, for their pseudonodes. */
  #number(circuits: readonly IsisCircuitInput[]): void {
    const names = new Set(circuits.map(({ name }) => name));
    if (new Set([...names, ...this.#numbers.keys()]).size > MAX_LAN_CIRCUITS) {
      for (const name of this.#numbers.keys()) if (!names.has(name)) this.#numbers.delete(name);
    }
    const used = new Set(this.#numbers.values());
    let next = 1;
    for (const { name, network } of circuits) {
      if (this.#numbers.has(name) || network === 'loopback') continue;
      while (used.has(next)) next++;
      if (network === 'broadcast' && next > MAX_LAN_CIRCUITS) {
        this.#context.tell(
          'error',
          `${name}: more than ${MAX_LAN_CIRCUITS} circuits before it: it cannot be a LAN`,
        );
      }
      used.add(next);
      this.#numbers.set(name, next);
    }
  }

  #beginOverload(): void {
    if (this.#hasStarted || this.#settings.circuits.length === 0) return;
    this.#hasStarted = true;
    const { overloadOnStartupS } = this.#settings;
    if (overloadOnStartupS <= 0) return;
    this.#startup = this.#world.clock.after(overloadOnStartupS * SECOND, () => {
      this.#startup = undefined;
      for (const level of this.#levels.values()) level.origination.changed();
    });
  }

  /** System ID or levels are about to change, or it is the end: our LSPs are purged as well as may be. */
  #leave(): void {
    for (const { lsdb, flooding } of this.#levels.values()) {
      for (const entry of lsdb.sorted()) if (entry.lsp.system === this.#context.system) flooding.purge(entry);
    }
    for (const circuit of this.#circuits.values()) circuit.flush();
    for (const circuit of this.#circuits.values()) circuit.stop();
    this.#circuits.clear();
    for (const level of this.#levels.values()) level.stop();
    this.#levels.clear();
    this.#startup?.cancel();
    this.#startup = undefined;
  }

  #compute(): void {
    const one = this.#levels.get(1);
    const two = this.#levels.get(2);
    if (two !== undefined) this.#count(two.compute(false));
    const isAttached = two?.reachesOtherAreas ?? false;
    if (isAttached !== this.#isAttached) {
      this.#isAttached = isAttached;
      one?.origination.changed();
    }
    // Who has level 2 finds its ways there, as in FRR, attached or not.
    if (one !== undefined) this.#count(one.compute(two === undefined));
    const routes = [one, two].flatMap((level) => level?.routes ?? []);
    if (one !== undefined && two !== undefined) {
      two.inherited = this.#inherited(routes, one.routes, () => true);
      one.inherited = this.#inherited(routes, two.routes, this.#settings.leaks);
    }
    const change = this.#table.replace(routes, this.#settings.maximumPaths);
    if (change !== undefined) this.#outputs.routes(change);
  }

  #count(computed: Change): void {
    if (computed === 'graph') this.#spfRuns++;
    else if (computed === 'prefixes') this.#partialRuns++;
  }

  /** The routes of a level that are used, and may be told in the other one: those of level 1 unless they came down. */
  #inherited(
    all: readonly LevelRoutes[],
    from: LevelRoutes,
    mayPass: IsisSettings['leaks'],
  ): readonly Inherited[] {
    const inherited: Inherited[] = [];
    for (let prefix = 0; prefix < from.costs.length; prefix++) {
      if (bestOf(all, prefix) !== from) continue;
      const rank = from.ranks[prefix] % RANK.externalMetric;
      if (from.ranks[prefix] >= RANK.attached || rank === RANK.level1Down) continue;
      const value = this.#pool.prefixes.valueOf(prefix);
      if (mayPass(value)) inherited.push({ prefix: value, metric: from.costs[prefix] });
    }
    return inherited.sort((a, b) => comparePrefixes(a.prefix, b.prefix));
  }

  #makeContext(): OwnContext {
    const { clock, random } = this.#world;
    return {
      clock,
      random,
      pool: this.#pool,
      settings: this.#settings,
      system: 0,
      transmit: (circuit, destination, bytes) => {
        if (this.#stopped) return;
        this.#sent++;
        this.#outputs.send(circuit, destination, bytes);
      },
      refuse: (circuit, reason) => {
        this.#refused++;
        this.#told.tell(levelOf(reason), `PDU refused on ${circuit}: ${reason}`);
      },
      tell: (level, text) => this.#told.tell(level, text),
    };
  }
}

/**
 * An IS-IS instance that does nothing until it is configured. Instances of one world may share a pool.
 * Never throws on what it is handed.
 */
export const makeIsis = ((world: World, outputs: IsisOutputs, pool: LspPool = new LspPool()) =>
  new Isis(world, outputs, pool)) satisfies MakeIsis;

function throttleMs({ spfIntervalS }: IsisSettings) {
  return { delay: 0, hold: spfIntervalS * 1000, max: spfIntervalS * 1000 };
}

/** The circuit at the levels that the router has; a LAN whose pseudonode cannot be numbered is announced alone. */
function usable(input: IsisCircuitInput, levels: readonly IsisLevel[], number: number): IsisCircuitInput {
  const own = Object.entries(input.levels).filter(([level]) => levels.includes(level === '1' ? 1 : 2));
  const isNameless = input.network === 'broadcast' && number > MAX_LAN_CIRCUITS;
  return { ...input, levels: Object.fromEntries(own), passive: input.passive || isNameless };
}

/** Addresses, metrics, intervals, priority, padding and the password may change under way; anything else makes it another circuit. */
function needsRestart(was: IsisCircuitInput, is: IsisCircuitInput): boolean {
  return (
    was.mac !== is.mac ||
    was.network !== is.network ||
    was.passive !== is.passive ||
    was.threeWay !== is.threeWay ||
    was.mtu !== is.mtu ||
    Object.keys(was.levels).join() !== Object.keys(is.levels).join()
  );
}

function isSameCircuit(was: IsisCircuitInput, is: IsisCircuitInput): boolean {
  return JSON.stringify(was) === JSON.stringify(is);
}

/** PDUs from a router that does not know yet that we are strangers are in the nature of a failure. */
function levelOf(reason: Refusal): LogLevel {
  return reason === 'neighbour' || reason === 'circuit' ? 'debug' : 'warning';
}
