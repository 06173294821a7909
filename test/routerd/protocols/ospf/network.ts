/**
 * A network of OSPF instances for tests and benches: interface to interface, over wires in memory, on a virtual
 * clock. Wires delay and, where told to, lose packets; nothing else happens to them.
 */
import { formatIpv4, formatPrefix, type Ipv4, type Prefix } from '../../../../src/net/address.ts';
import {
  type OspfAreaSettings,
  type OspfExternal,
  type OspfInstance,
  type OspfInterfaceInput,
  type OspfRoute,
  type OspfSettings,
  PLAIN_AREA,
  PLAIN_SETTINGS,
} from '../../../../src/routerd/protocols/ospf/contract.ts';
import { makeOspf } from '../../../../src/routerd/protocols/ospf/instance.ts';
import type { LsaPool } from '../../../../src/routerd/protocols/ospf/pool.ts';
import { VirtualClock } from '../../../../src/runner/backends/embedded/virtual-clock.ts';
import { MILLISECOND, SECOND } from '../../../../src/world/clock.ts';
import { type Random, seededRandom } from '../../../../src/world/random.ts';

export interface Sent {
  readonly timeNs: number;
  readonly from: TestRouter;
  readonly interface: string;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly bytes: Uint8Array;
}

interface End {
  readonly router: TestRouter;
  readonly interface: string;
  readonly address: Ipv4;
}

export class Wire {
  readonly ends: End[] = [];
  up = true;
  delayNs = 1 * MILLISECOND;
  /** Chance that a packet is lost on its way to one receiver. */
  loss = 0;
}

export class TestRouter {
  readonly network: TestNetwork;
  readonly name: string;
  readonly routes = new Map<string, OspfRoute>();
  readonly log: string[] = [];
  readonly externals: OspfExternal[] = [];
  settings: OspfSettings;
  instance: OspfInstance;
  readonly wires = new Map<string, Wire>();

  constructor(network: TestNetwork, name: string, routerId: Ipv4) {
    this.network = network;
    this.name = name;
    this.settings = { ...PLAIN_SETTINGS, routerId };
    this.instance = this.#make();
  }

  get id(): Ipv4 {
    return this.settings.routerId;
  }

  configure(change: Partial<OspfSettings> = {}): void {
    this.settings = { ...this.settings, ...change };
    const interfaces = this.settings.interfaces.filter(({ name }) => this.wires.get(name)?.up ?? true);
    this.instance.handle({ type: 'configure', settings: { ...this.settings, interfaces } });
  }

  /** Says what an area is, where it is more than plain. */
  area(area: Ipv4, change: Partial<OspfAreaSettings>): void {
    const others = this.settings.areas.filter((known) => known.area !== area);
    const known = this.settings.areas.find((each) => each.area === area) ?? PLAIN_AREA;
    this.settings = { ...this.settings, areas: [...others, { ...known, area, ...change }] };
  }

  /** Routes from elsewhere that it is to announce. They are told again after a restart. */
  external(...added: readonly OspfExternal[]): void {
    this.externals.push(...added);
    this.instance.handle({ type: 'externals', added, removed: [] });
  }

  /** The route to a prefix in words: `inter-area 30 via eth1 10.0.0.1`. Undefined where there is none. */
  to(prefix: string): string | undefined {
    const route = this.routes.get(prefix);
    return route && `${route.kind} ${showRoute(route).slice(prefix.length + 1)}`;
  }

  /** Changes settings of one interface. */
  adjust(name: string, change: Partial<OspfInterfaceInput>): void {
    this.configure({
      interfaces: this.settings.interfaces.map((known) =>
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
    this.instance.handle({ type: 'externals', added: this.externals, removed: [] });
  }

  /** Changes settings of all interfaces. */
  adjustAll(change: Partial<OspfInterfaceInput>): void {
    this.settings = {
      ...this.settings,
      interfaces: this.settings.interfaces.map((known) => ({ ...known, ...change })),
    };
  }

  state(neighbour: TestRouter): string {
    return this.instance.neighbours().find((view) => view.routerId === neighbour.id)?.state ?? 'Down';
  }

  #make(): OspfInstance {
    const { clock, random, pool } = this.network;
    const log = (level: string, text: string): void => {
      if (level !== 'debug') this.log.push(`${level}: ${text}`);
    };
    const name = `${this.name}/${this.network.made++}`;
    return makeOspf(
      { clock, random: random.fork(name), log },
      {
        send: (interfaceName, destination, bytes) =>
          this.network.carry(this, interfaceName, destination, bytes),
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
  readonly pool: LsaPool | undefined;
  made = 0;
  /** Called with every packet that is sent. */
  watch: (sent: Sent) => void = () => {};
  /** Called whenever routes of a router change, with their number. */
  changed: (routes: number) => void = () => {};
  /** False in benches: they look at instances, not at tables that the harness keeps. */
  keepRoutes = true;
  readonly #chance: Random;
  #subnets = 0;

  constructor(seed = 1, pool?: LsaPool, clock = new VirtualClock()) {
    this.clock = clock;
    this.random = seededRandom(seed);
    this.#chance = this.random.fork('loss');
    this.pool = pool;
  }

  /** A router with a loopback 192.168.n.n/32, which is its Router ID too. */
  router(name = `r${this.routers.length}`): TestRouter {
    const number = this.routers.length + 1;
    const id = 0xc0a80000 + number;
    const router = new TestRouter(this, name, id);
    this.routers.push(router);
    router.settings = { ...router.settings, interfaces: [anInterface('lo', id, 32, 'loopback', 1)] };
    return router;
  }

  /** A /31 link of an area; costs in the two directions. */
  link(a: TestRouter, b: TestRouter, costAB = 10, costBA = costAB, area = 0): Wire {
    const base = 0x0a000000 + 2 * this.#subnets++;
    const wire = new Wire();
    this.#attach(wire, a, { address: base, length: 31 }, 'point-to-point', costAB, area);
    this.#attach(wire, b, { address: base + 1, length: 31 }, 'point-to-point', costBA, area);
    this.wires.push(wire);
    return wire;
  }

  /** A broadcast network 172.16.n.0/24 joining the routers, in order of their addresses. */
  segment(members: readonly TestRouter[], costs: readonly number[] = members.map(() => 10), area = 0): Wire {
    const base = 0xac100000 + 256 * this.#subnets++;
    const wire = new Wire();
    members.forEach((router, i) => {
      this.#attach(wire, router, { address: base + 1 + i, length: 24 }, 'broadcast', costs[i], area);
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

  carry(from: TestRouter, interfaceName: string, destination: Ipv4, bytes: Uint8Array): void {
    const wire = from.wires.get(interfaceName);
    const sender = wire?.ends.find((end) => end.router === from && end.interface === interfaceName);
    if (wire === undefined || sender === undefined) return;
    const source = sender.address;
    this.watch({ timeNs: this.clock.now(), from, interface: interfaceName, source, destination, bytes });
    if (!wire.up) return;
    for (const end of wire.ends) {
      if (end === sender || (destination < 0xe0000000 && destination !== end.address)) continue;
      if (wire.loss > 0 && this.#chance.next() < wire.loss) continue;
      this.clock.after(wire.delayNs, () => {
        if (!wire.up) return;
        end.router.instance.handle({ type: 'packet', interface: end.interface, source, destination, bytes });
      });
    }
  }

  #attach(
    wire: Wire,
    router: TestRouter,
    { address, length }: Prefix,
    network: OspfInterfaceInput['network'],
    cost: number,
    area: Ipv4,
  ): void {
    const name = `eth${router.settings.interfaces.length}`;
    wire.ends.push({ router, interface: name, address });
    router.wires.set(name, wire);
    router.settings = {
      ...router.settings,
      interfaces: [
        ...router.settings.interfaces,
        { ...anInterface(name, address, length, network, cost), area },
      ],
    };
  }
}

export function anInterface(
  name: string,
  address: Ipv4,
  prefixLength: number,
  network: OspfInterfaceInput['network'],
  cost: number,
): OspfInterfaceInput {
  return {
    name,
    address,
    prefixLength,
    network,
    passive: false,
    cost,
    area: 0,
    helloIntervalS: 10,
    deadIntervalS: 40,
    priority: 1,
    mtu: 1500,
  };
}

/** `10.0.0.0/31 20 via eth1 10.0.0.1, eth2` */
export function showRoute(route: Pick<OspfRoute, 'prefix' | 'cost' | 'nextHops'>): string {
  const hops = route.nextHops.map(({ interface: name, gateway }) =>
    gateway === null ? name : `${name} ${formatIpv4(gateway)}`,
  );
  return `${formatPrefix(route.prefix)} ${route.cost} via ${hops.join(', ')}`;
}

export function showRoutes(router: TestRouter): string[] {
  return [...router.routes.values()].map(showRoute).sort();
}
