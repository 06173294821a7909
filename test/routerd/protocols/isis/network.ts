/**
 * A network of IS-IS instances for tests and benches: circuit to circuit, over wires in memory, on a virtual clock.
 * Wires delay and, where told to, lose PDUs; nothing else happens to them.
 */
import { formatIpv4, formatPrefix, type Ipv4, type Mac } from '../../../../src/net/address.ts';
import type {
  IsisCircuitInput,
  IsisCircuitLevel,
  IsisInstance,
  IsisRoute,
  IsisSettings,
} from '../../../../src/routerd/protocols/isis/contract.ts';
import { makeIsis } from '../../../../src/routerd/protocols/isis/instance.ts';
import type { LspPool } from '../../../../src/routerd/protocols/isis/pool.ts';
import { VirtualClock } from '../../../../src/runner/backends/embedded/virtual-clock.ts';
import { MILLISECOND, SECOND } from '../../../../src/world/clock.ts';
import { type Random, seededRandom } from '../../../../src/world/random.ts';

export interface Sent {
  readonly timeNs: number;
  readonly from: TestRouter;
  readonly circuit: string;
  readonly destination: Mac;
  readonly bytes: Uint8Array;
}

/** Where a router meets a wire. PDUs that are on their way to it lie here: a thousand routers send millions. */
class End {
  readonly router: TestRouter;
  readonly circuit: string;
  readonly mac: Mac;
  readonly #wire: Wire;
  #arriving: { readonly sources: Mac[]; readonly pdus: Uint8Array[]; at: number } = nothingArriving();
  /** Called as often as `expect` was, each time a delay later. */
  readonly deliver: () => void;

  constructor(router: TestRouter, circuit: string, mac: Mac, wire: Wire) {
    this.router = router;
    this.circuit = circuit;
    this.mac = mac;
    this.#wire = wire;
    this.deliver = () => this.#deliver();
  }

  expect(source: Mac, bytes: Uint8Array): void {
    this.#arriving.sources.push(source);
    this.#arriving.pdus.push(bytes);
  }

  #deliver(): void {
    const arriving = this.#arriving;
    const source = arriving.sources[arriving.at];
    const bytes = arriving.pdus[arriving.at++];
    if (arriving.at === arriving.pdus.length) this.#arriving = nothingArriving();
    if (!this.#wire.up) return;
    this.router.instance.handle({ type: 'pdu', circuit: this.circuit, source, bytes });
  }
}

function nothingArriving() {
  return { sources: [], pdus: [], at: 0 };
}

export class Wire {
  readonly ends: End[] = [];
  up = true;
  readonly delayNs = 1 * MILLISECOND;
  /** Chance that a PDU is lost on its way to one receiver. */
  loss = 0;
}

export class TestRouter {
  readonly network: TestNetwork;
  readonly name: string;
  readonly routes = new Map<string, IsisRoute>();
  readonly log: string[] = [];
  settings: IsisSettings;
  instance: IsisInstance;
  readonly wires = new Map<string, Wire>();

  constructor(network: TestNetwork, name: string, settings: IsisSettings) {
    this.network = network;
    this.name = name;
    this.settings = settings;
    this.instance = this.#make();
  }

  configure(change: Partial<IsisSettings> = {}): void {
    this.settings = { ...this.settings, ...change };
    const circuits = this.settings.circuits.filter(({ name }) => this.wires.get(name)?.up ?? true);
    this.instance.handle({ type: 'configure', settings: { ...this.settings, circuits } });
  }

  /** Changes settings of one circuit. */
  adjust(name: string, change: Partial<IsisCircuitInput>): void {
    this.configure({
      circuits: this.settings.circuits.map((known) =>
        known.name === name ? { ...known, ...change } : known,
      ),
    });
  }

  /** The router crashes and comes back with nothing but its configuration. */
  restart(): void {
    this.instance.stop();
    this.routes.clear();
    this.instance = this.#make();
    this.configure();
  }

  state(neighbour: TestRouter): string {
    const { systemId } = neighbour.settings;
    return this.instance.neighbours().find((view) => view.systemId === systemId)?.state ?? 'Down';
  }

  #make(): IsisInstance {
    const { clock, random, pool } = this.network;
    const log = (level: string, text: string): void => {
      if (level !== 'debug' && level !== 'info') this.log.push(`${level}: ${text}`);
    };
    return makeIsis(
      { clock, random: random.fork(`${this.name}/${this.network.made++}`), log },
      {
        send: (circuit, destination, bytes) => this.network.carry(this, circuit, destination, bytes),
        routes: ({ added, removed }) => {
          this.network.changed(added.length + removed.length);
          if (!this.network.keepRoutes) return;
          for (const prefix of removed) this.routes.delete(formatPrefix(prefix));
          for (const route of added) this.routes.set(formatPrefix(route.prefix), route);
        },
      },
      pool,
    );
  }
}

export class TestNetwork {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly routers: TestRouter[] = [];
  readonly wires: Wire[] = [];
  readonly pool: LspPool | undefined;
  made = 0;
  /** Called with every PDU that is sent. */
  watch: (sent: Sent) => void = () => {};
  /** Called whenever routes of a router change, with their number. */
  changed: (routes: number) => void = () => {};
  /** False in benches: they look at instances, not at tables that the harness keeps. */
  keepRoutes = true;
  readonly #chance: Random;
  #subnets = 0;
  #macs = 0;

  constructor(seed = 1, pool?: LspPool, clock = new VirtualClock()) {
    this.clock = clock;
    this.random = seededRandom(seed);
    this.#chance = this.random.fork('loss');
    this.pool = pool;
  }

  /** A router of level 2 with a loopback 192.168.n.n/32. */
  router(change: Partial<IsisSettings> = {}): TestRouter {
    const number = this.routers.length + 1;
    const levels = change.levels ?? [2];
    const settings: IsisSettings = {
      hostname: `r${number - 1}`,
      systemId: number.toString(16).padStart(12, '0'),
      areas: ['490001'],
      levels,
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
      maximumPaths: 64,
      leaks: () => false,
      circuits: [aCircuit('lo', number, 0xc0a80000 + number, 32, 'loopback', 0)],
      ...change,
    };
    const router = new TestRouter(this, settings.hostname, settings);
    this.routers.push(router);
    return router;
  }

  /** A /31 link; metrics in the two directions. */
  link(a: TestRouter, b: TestRouter, metricAB = 10, metricBA = metricAB): Wire {
    const base = 0x0a000000 + 2 * this.#subnets++;
    const wire = new Wire();
    this.#attach(wire, a, base, 31, 'point-to-point', metricAB);
    this.#attach(wire, b, base + 1, 31, 'point-to-point', metricBA);
    this.wires.push(wire);
    return wire;
  }

  /** A LAN 172.16.n.0/24 joining the routers, in order of their addresses. */
  lan(members: readonly TestRouter[], metrics: readonly number[] = members.map(() => 10)): Wire {
    const base = 0xac100000 + 256 * this.#subnets++;
    const wire = new Wire();
    members.forEach((router, i) => {
      this.#attach(wire, router, base + 1 + i, 24, 'broadcast', metrics[i]);
    });
    this.wires.push(wire);
    return wire;
  }

  start(): void {
    for (const router of this.routers) router.configure();
  }

  runFor(seconds: number): void {
    this.clock.runUntil(this.clock.now() + seconds * SECOND);
  }

  /** The wire goes down, or up again, and both ends notice. */
  set(wire: Wire, up: boolean): void {
    wire.up = up;
    for (const { router } of wire.ends) router.configure();
  }

  carry(from: TestRouter, circuit: string, destination: Mac, bytes: Uint8Array): void {
    const wire = from.wires.get(circuit);
    const sender = wire?.ends.find((end) => end.router === from && end.circuit === circuit);
    if (wire === undefined || sender === undefined) return;
    this.watch({ timeNs: this.clock.now(), from, circuit, destination, bytes });
    if (!wire.up) return;
    for (const end of wire.ends) {
      if (end === sender || (wire.loss > 0 && this.#chance.next() < wire.loss)) continue;
      end.expect(sender.mac, bytes);
      this.clock.call(wire.delayNs, end.deliver);
    }
  }

  #attach(
    wire: Wire,
    router: TestRouter,
    address: Ipv4,
    length: number,
    network: IsisCircuitInput['network'],
    metric: number,
  ): void {
    const name = `eth${router.settings.circuits.length}`;
    const mac = 0x020000000000 + ++this.#macs;
    wire.ends.push(new End(router, name, mac, wire));
    router.wires.set(name, wire);
    const circuit = aCircuit(name, mac, address, length, network, metric);
    router.settings = { ...router.settings, circuits: [...router.settings.circuits, circuit] };
  }
}

/** At both levels; the instance leaves out those that the router does not have. */
export function aCircuit(
  name: string,
  mac: Mac,
  address: Ipv4,
  length: number,
  network: IsisCircuitInput['network'],
  metric: number,
): IsisCircuitInput {
  const level: IsisCircuitLevel = {
    metric,
    helloIntervalS: 3,
    helloMultiplier: 10,
    priority: 64,
    csnpIntervalS: 10,
    psnpIntervalS: 2,
  };
  return {
    name,
    mac,
    addresses: [{ address, length }],
    network,
    passive: false,
    levels: { 1: level, 2: level },
    padding: true,
    threeWay: true,
    mtu: 1476,
  };
}

/** `10.0.0.0/31 20 via eth1 10.0.0.1, eth2` */
export function showRoute(route: IsisRoute): string {
  const hops = route.nextHops.map(({ interface: name, gateway }) =>
    gateway === null ? name : `${name} ${formatIpv4(gateway)}`,
  );
  return `${formatPrefix(route.prefix)} ${route.metric} via ${hops.join(', ')}`;
}

export function showRoutes(router: TestRouter): string[] {
  return [...router.routes.values()].map(showRoute).sort();
}
