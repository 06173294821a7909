/**
 * One slot: a configuration and everything the router computed from it. Two of these run side by side and
 * know nothing of each other; which one is real is the forwarding engine's pointer, not theirs.
 *
 * What a slot holds follows from two things alone, its configuration and what has failed in it. `#apply` goes
 * from there to the forwarding engine's ports, to connected and static routes, and to OSPF's settings; each of
 * those finds out itself what changed.
 */
import { EMPTY_CONFIG, type InterfaceConfig, type RouterConfig } from '../config/model.ts';
import { comparePrefixes, contains, formatIpv4, type Ipv4, type Prefix, prefixOf } from '../net/address.ts';
import { PROTOCOL_OSPF } from '../net/ipv4.ts';
import type { TimeNs } from '../world/clock.ts';
import type { NeighbourEntry, NextHop, RibEntry } from '../world/observation.ts';
import type { Port } from '../world/port.ts';
import type { World } from '../world/world.ts';
import type { Forwarding, Slot } from './forwarding/contract.ts';
import type { PlaneStatus } from './management/contract.ts';
import type {
  MakeOspf,
  OspfInstance,
  OspfInterfaceInput,
  OspfNeighbourView,
  OspfRoute,
  OspfSettings,
} from './protocols/ospf/contract.ts';
import { usableStaticRoutes } from './protocols/static/static.ts';
import { resolvePolicies, type ServicePolicies } from './qos/resolve.ts';
import { FibWriter } from './rib/fib-writer.ts';
import { DISTANCE, Rib, type Route } from './rib/rib.ts';

/** DSCP CS6 (internetwork control), as RFC 2328 A.1 asks of OSPF packets. */
const TOS_CONTROL = 0xc0;

/** What the control plane needs to know of a port. */
export type PortFacts = Pick<Port, 'name' | 'mtu' | 'rateBps'>;

export class RouterSlot {
  readonly #world: World;
  readonly #slot: Slot;
  readonly #ports: readonly PortFacts[];
  readonly #forwarding: Forwarding;
  readonly #ospf: OspfInstance;
  readonly #rib: Rib;
  readonly #fibWriter: FibWriter;
  #config: RouterConfig = EMPTY_CONFIG;
  #policies: ServicePolicies = new Map();
  readonly #failedPorts = new Set<string>();
  /** Ports without a wire: no failure that somebody restores. */
  readonly #lostWires = new Set<string>();
  #routerFailed = false;
  #fibVersion = 0;
  #fibChangedNs: TimeNs;
  /** When configuration or failures last changed. */
  #toldNs: TimeNs;
  #neighboursSeen = '';
  #neighboursChangedNs: TimeNs;
  /** What the RIB has for each of OSPF's lists of next hops: many routes share one. */
  readonly #nextHops = new WeakMap<OspfRoute['nextHops'], readonly NextHop[]>();

  constructor(
    world: World,
    slot: Slot,
    ports: readonly PortFacts[],
    forwarding: Forwarding,
    makeOspf: MakeOspf,
    /** Time to write one route into the FIB. */
    fibUpdateNs: TimeNs,
  ) {
    this.#world = world;
    this.#slot = slot;
    this.#ports = ports;
    this.#forwarding = forwarding;
    this.#fibChangedNs = world.clock.now();
    this.#neighboursChangedNs = this.#fibChangedNs;
    this.#toldNs = this.#fibChangedNs;
    this.#fibWriter = new FibWriter(
      { ...world, random: world.random.fork(`fib ${slot}`) },
      fibUpdateNs,
      (prefix, nextHops) => {
        forwarding.route(slot, prefix, nextHops);
        this.#fibVersion++;
        this.#fibChangedNs = world.clock.now();
      },
    );
    this.#rib = new Rib((prefix, nextHops) => this.#fibWriter.put(prefix, nextHops));
    this.#ospf = makeOspf(world, {
      send: (port, destination, bytes) => this.#sendOspf(port, destination, bytes),
      routes: (change) => this.#ospfRoutes(change),
    });
  }

  get config(): RouterConfig {
    return this.#config;
  }

  /** What has failed in this slot, in words, sorted; equal lists mean an equal state. */
  get failures(): readonly string[] {
    return this.#routerFailed ? ['router'] : [...this.#failedPorts].sort();
  }

  load(config: RouterConfig): void {
    this.#config = config;
    this.#policies = resolvePolicies(config, this.#policies);
    this.#apply();
  }

  failPort(port: string, failed: boolean): void {
    if (failed) this.#failedPorts.add(port);
    else this.#failedPorts.delete(port);
    this.#apply();
  }

  wire(port: string, isUp: boolean): void {
    if (isUp) this.#lostWires.delete(port);
    else this.#lostWires.add(port);
    this.#apply();
  }

  failRouter(failed: boolean): void {
    this.#routerFailed = failed;
    this.#apply();
  }

  receiveOspf(port: string, source: Ipv4, destination: Ipv4, bytes: Uint8Array): void {
    if (this.#config.ospf === undefined) return;
    this.#ospf.handle({ type: 'packet', interface: port, source, destination, bytes });
  }

  rib(): readonly RibEntry[] {
    return this.#rib.entries();
  }

  neighbours(): readonly NeighbourEntry[] {
    return this.#ospf.neighbours().map((neighbour) => ({
      port: neighbour.interface,
      routerId: formatIpv4(neighbour.routerId),
      address: formatIpv4(neighbour.address),
      state: neighbour.state,
      role: neighbour.role,
    }));
  }

  /** Asked again and again while a lab converges, so that it also notices changes of neighbours. */
  status(): PlaneStatus {
    const now = this.#world.clock.now();
    const neighbours = this.#ospf.neighbours();
    const seen = neighbours.map(({ interface: name, state }) => `${name} ${state}`).join();
    if (seen !== this.#neighboursSeen) {
      this.#neighboursSeen = seen;
      this.#neighboursChangedNs = now;
    }
    return {
      quietNs: now - Math.max(this.#toldNs, this.#fibChangedNs, this.#neighboursChangedNs),
      settled: neighbours.every(isSettled) && this.#fibWriter.idle,
      fibVersion: this.#fibVersion * 2 + this.#slot,
      spfRuns: this.#ospf.counters.spfRuns,
    };
  }

  stop(): void {
    this.#ospf.stop();
  }

  #isUp(name: string): boolean {
    const config = this.#interface(name);
    return config !== undefined && config.shutdown !== true && !this.#hasFailed(name);
  }

  #hasFailed(port: string): boolean {
    return this.#routerFailed || this.#failedPorts.has(port) || this.#lostWires.has(port);
  }

  #interface(name: string): InterfaceConfig | undefined {
    return this.#config.interfaces.find((candidate) => candidate.name === name);
  }

  #isPort(name: string): boolean {
    return this.#ports.some((port) => port.name === name);
  }

  #apply(): void {
    this.#toldNs = this.#world.clock.now();
    this.#applyPorts();
    this.#applyConnected();
    this.#applyStatic();
    this.#ospf.handle({ type: 'configure', settings: this.#ospfSettings() });
  }

  #applyPorts(): void {
    for (const port of this.#ports) {
      const config = this.#interface(port.name);
      const accessIn = this.#accessList(config?.accessGroupIn);
      const accessOut = this.#accessList(config?.accessGroupOut);
      const policyIn = this.#policies.get(config?.servicePolicyIn ?? '');
      const policyOut = this.#policies.get(config?.servicePolicyOut ?? '');
      this.#forwarding.configurePort(this.#slot, port.name, {
        up: config !== undefined && config.shutdown !== true,
        addresses: config?.addresses ?? [],
        mtu: Math.min(config?.mtu ?? port.mtu, port.mtu),
        ...(config?.bandwidthMbps && { bandwidthBps: config.bandwidthMbps * 1e6 }),
        ...(accessIn && { accessIn }),
        ...(accessOut && { accessOut }),
        ...(policyIn && { policyIn }),
        ...(policyOut && { policyOut }),
      });
      this.#forwarding.failPort(this.#slot, port.name, this.#hasFailed(port.name));
    }
    const loopbacks = this.#config.interfaces.filter(({ name }) => !this.#isPort(name) && this.#isUp(name));
    this.#forwarding.configureLoopback(
      this.#slot,
      loopbacks.flatMap(({ addresses }) => addresses.map(({ address }) => address)),
    );
  }

  /** A list that is named but not defined permits everything, as in FRR and IOS: it is as if not named. */
  #accessList(name: string | undefined): RouterConfig['accessLists'][number] | undefined {
    return this.#config.accessLists.find((list) => list.name === name);
  }

  /** The subnets on the wire, and the router's own addresses. */
  #applyConnected(): void {
    const wanted = new Map<string, Route>();
    const want = (prefix: Prefix, nextHop: NextHop): void => {
      const key = `${prefix.address}/${prefix.length}`;
      const route = { source: 'connected', distance: DISTANCE.connected, metric: 0 } as const;
      wanted.set(key, { prefix, ...route, nextHops: [nextHop] });
    };
    for (const { name, addresses } of this.#config.interfaces) {
      if (!this.#isUp(name)) continue;
      for (const { address, length } of addresses) {
        if (this.#isPort(name) && length < 32) {
          want(prefixOf(address, length), { kind: 'connected', port: name });
        }
        want({ address, length: 32 }, { kind: 'local' });
      }
    }
    this.#replace('connected', [...wanted.values()]);
  }

  #applyStatic(): void {
    this.#replace(
      'static',
      usableStaticRoutes(this.#config.staticRoutes, {
        reach: (address) => this.#rib.lookup(address, 'static'),
        isUp: (name) => this.#isUp(name),
      }),
    );
  }

  #replace(source: 'connected' | 'static', routes: readonly Route[]): void {
    const kept = new Set(routes.map(({ prefix }) => `${prefix.address}/${prefix.length}`));
    for (const prefix of this.#rib.prefixesOf(source)) {
      if (!kept.has(`${prefix.address}/${prefix.length}`)) this.#rib.withdraw(source, prefix);
    }
    for (const route of routes) this.#rib.set(route);
  }

  #ospfRoutes(change: { readonly added: readonly OspfRoute[]; readonly removed: readonly Prefix[] }): void {
    for (const prefix of change.removed) this.#rib.withdraw('ospf', prefix);
    for (const { prefix, cost, nextHops } of change.added) {
      this.#rib.set({
        prefix,
        source: 'ospf',
        distance: DISTANCE.ospf,
        metric: cost,
        nextHops: this.#nextHopsOf(nextHops),
      });
    }
    if (this.#config.staticRoutes.length > 0) this.#applyStatic();
  }

  #nextHopsOf(list: OspfRoute['nextHops']): readonly NextHop[] {
    const known = this.#nextHops.get(list);
    if (known !== undefined) return known;
    const nextHops = list.map(
      ({ interface: port, gateway }): NextHop =>
        gateway === null
          ? { kind: 'connected', port }
          : { kind: 'gateway', port, gateway: formatIpv4(gateway) },
    );
    this.#nextHops.set(list, nextHops);
    return nextHops;
  }

  #sendOspf(portName: string, destination: Ipv4, payload: Uint8Array): void {
    const source = this.#interface(portName)?.addresses[0]?.address;
    if (source === undefined) return;
    this.#forwarding.originate(this.#slot, portName, {
      source,
      destination,
      protocol: PROTOCOL_OSPF,
      ttl: 1,
      tos: TOS_CONTROL,
      payload,
    });
  }

  #ospfSettings(): OspfSettings {
    const ospf = this.#config.ospf;
    const interfaces =
      ospf === undefined
        ? []
        : this.#config.interfaces.flatMap((config) => this.#ospfInterface(config) ?? []);
    return {
      routerId: ospf?.routerId ?? this.#highestAddress(),
      maximumPaths: ospf?.maximumPaths ?? 64,
      spfThrottleMs: ospf?.spfThrottleMs ?? { delay: 0, hold: 50, max: 5000 },
      interfaces,
    };
  }

  /** RFC 2328 C.1: without a configured router id, the highest loopback address, else the highest of all. */
  #highestAddress(): Ipv4 {
    const addresses = (loopback: boolean): Ipv4[] =>
      this.#config.interfaces
        .filter(({ name }) => this.#isPort(name) !== loopback)
        .flatMap((config) => config.addresses.map(({ address }) => address));
    return Math.max(0, ...(addresses(true).length > 0 ? addresses(true) : addresses(false)));
  }

  #ospfInterface(config: InterfaceConfig): OspfInterfaceInput | undefined {
    const ospf = this.#config.ospf;
    const address = config.addresses[0];
    if (ospf === undefined || address === undefined || !this.#isUp(config.name)) return undefined;
    const area =
      config.ospf.area ??
      [...ospf.networks]
        .sort((a, b) => b.prefix.length - a.prefix.length || comparePrefixes(a.prefix, b.prefix))
        .find(({ prefix }) => contains(prefix, address.address))?.area;
    if (area === undefined) return undefined;
    const port = this.#ports.find(({ name }) => name === config.name);
    const bandwidthMbps = config.bandwidthMbps ?? (port === undefined ? 0 : port.rateBps / 1e6);
    return {
      name: config.name,
      address: address.address,
      prefixLength: address.length,
      network: port === undefined ? 'loopback' : (config.ospf.network ?? 'broadcast'),
      passive: isPassive(ospf, config.name) || port === undefined,
      cost: config.ospf.cost ?? autoCost(ospf.referenceBandwidthMbps ?? 100_000, bandwidthMbps),
      area,
      helloIntervalS: config.ospf.helloIntervalS ?? 10,
      deadIntervalS: config.ospf.deadIntervalS ?? 4 * (config.ospf.helloIntervalS ?? 10),
      priority: config.ospf.priority ?? 1,
      mtu: Math.min(config.mtu ?? 65535, port?.mtu ?? 65535),
    };
  }
}

function isPassive(ospf: NonNullable<RouterConfig['ospf']>, name: string): boolean {
  return ospf.passiveDefault === true
    ? !ospf.activeInterfaces.includes(name)
    : ospf.passiveInterfaces.includes(name);
}

/** FRR ospf_interface.c `ospf_if_get_output_cost`: reference / bandwidth, rounded, within 1 .. 65535. */
function autoCost(referenceMbps: number, bandwidthMbps: number): number {
  if (bandwidthMbps <= 0) return 1;
  return Math.min(65535, Math.max(1, Math.round(referenceMbps / bandwidthMbps)));
}

/** A neighbour that does not hear us stays in Init for good. */
function isSettled({ state }: OspfNeighbourView): boolean {
  return state === 'Full' || state === '2-Way' || state === 'Init' || state === 'Down';
}
