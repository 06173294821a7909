/**
 * One slot: a configuration and everything the router computed from it. Two of these run side by side and
 * know nothing of each other; which one is real is the forwarding engine's pointer, not theirs.
 *
 *     configuration, failures ──▶ ports     (forwarding)
 *                             ──▶ connected, static ─┐
 *                             ──▶ speakers ──────────┴▶ tables: a RIB for each VRF ──▶ FIB column (forwarding)
 *
 * What a slot holds follows from two things alone, its configuration and what has failed in it. `#apply` goes
 * from there to the forwarding engine's ports, to connected and static routes, and to the speakers; each of
 * those finds out itself what changed. What a new configuration ends, says so before (departure.ts).
 */
import { EMPTY_CONFIG, type InterfaceConfig, type RouterConfig } from '../../config/model.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { NeighbourEntry, RibEntry } from '../../world/observation.ts';
import type { World } from '../../world/world.ts';
import type { Forwarding, Slot } from '../forwarding/contract.ts';
import type { PlaneStatus } from '../management/contract.ts';
import { usableStaticRoutes } from '../protocols/static/static.ts';
import { resolvePolicies, type ServicePolicies } from '../qos/resolve.ts';
import { FibWriter } from '../rib/fib-writer.ts';
import { keyOf } from '../rib/prefix-map.ts';
import { Rib, type Route } from '../rib/rib.ts';
import type { BgpAnswer, BgpQuestion } from './bgp-show.ts';
import { connectedRoutes } from './connected.ts';
import { whatStays } from './departure.ts';
import {
  DEFAULT_VRF,
  type LocalPacket,
  type MakeSpeaker,
  type PortFacts,
  type SlotView,
  type Speaker,
} from './speaker.ts';

interface Table {
  readonly rib: Rib;
  readonly fibWriter: FibWriter;
}

export class RouterSlot implements SlotView {
  readonly ports: readonly PortFacts[];
  readonly #world: World;
  readonly #slot: Slot;
  readonly #forwarding: Forwarding;
  readonly #speakers: readonly Speaker[];
  readonly #fibUpdateNs: TimeNs;
  /** By VRF. */
  readonly #tables = new Map<string, Table>();
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
  readonly #seen: readonly NeighboursSeen[];
  #neighboursChangedNs: TimeNs;
  #staticTimer: { cancel(): void } | undefined;

  constructor(
    world: World,
    slot: Slot,
    ports: readonly PortFacts[],
    forwarding: Forwarding,
    speakers: readonly MakeSpeaker[],
    /** Time to write one route into the FIB. */
    fibUpdateNs: TimeNs,
  ) {
    this.#world = world;
    this.#slot = slot;
    this.ports = ports;
    this.#forwarding = forwarding;
    this.#fibUpdateNs = fibUpdateNs;
    this.#fibChangedNs = world.clock.now();
    this.#neighboursChangedNs = this.#fibChangedNs;
    this.#toldNs = this.#fibChangedNs;
    const table = (vrf: string): Rib => this.#table(vrf).rib;
    table(DEFAULT_VRF);
    this.#speakers = speakers.map((make) => make({ world, slot, forwarding, table }));
    this.#seen = this.#speakers.map((speaker) => new NeighboursSeen(speaker));
  }

  get config(): RouterConfig {
    return this.#config;
  }

  /** What has failed in this slot, in words, sorted; equal lists mean an equal state. */
  get failures(): readonly string[] {
    return this.#routerFailed ? ['router'] : [...this.#failedPorts].sort();
  }

  load(config: RouterConfig): void {
    const staying = whatStays(this.#config, config);
    if (staying !== this.#config) {
      this.#config = staying;
      for (const speaker of this.#speakers) speaker.configure(this);
    }
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

  receive(packet: LocalPacket): void {
    for (const speaker of this.#speakers) speaker.receive(packet);
  }

  rib(): readonly RibEntry[] {
    const vrfs = [...this.#tables].sort(([a], [b]) => (a < b ? -1 : 1));
    return vrfs.flatMap(([vrf, { rib }]) => {
      const entries = rib.entries();
      return vrf === DEFAULT_VRF ? entries : entries.map((entry) => ({ vrf, ...entry }));
    });
  }

  bgp(question: BgpQuestion): BgpAnswer {
    for (const speaker of this.#speakers) {
      const answer = speaker.bgp?.(question);
      if (answer !== undefined) return answer;
    }
    return { entries: [], more: false };
  }

  neighbours(): readonly NeighbourEntry[] {
    return this.#speakers.flatMap((speaker) => speaker.neighbours());
  }

  /** Asked again and again while a lab converges, so that it also notices changes of neighbours. */
  status(): PlaneStatus {
    const now = this.#world.clock.now();
    for (const seen of this.#seen) if (seen.look()) this.#neighboursChangedNs = now;
    const isIdle = [...this.#tables.values()].every(({ fibWriter }) => fibWriter.idle);
    return {
      quietNs: now - Math.max(this.#toldNs, this.#fibChangedNs, this.#neighboursChangedNs),
      settled: isIdle && this.#speakers.every((speaker) => speaker.settled),
      fibVersion: this.#fibVersion * 2 + this.#slot,
      spfRuns: this.#speakers.reduce((sum, { spfRuns }) => sum + spfRuns, 0),
    };
  }

  stop(): void {
    this.#staticTimer?.cancel();
    for (const speaker of this.#speakers) speaker.stop();
  }

  isUp(name: string): boolean {
    const config = this.#interface(name);
    if (config === undefined || config.shutdown === true) return false;
    return config.linkDetect === false ? !this.#routerFailed : !this.#hasFailed(name);
  }

  #hasFailed(port: string): boolean {
    return this.#routerFailed || this.#failedPorts.has(port) || this.#lostWires.has(port);
  }

  #interface(name: string): InterfaceConfig | undefined {
    return this.#config.interfaces.find((candidate) => candidate.name === name);
  }

  #isPort(name: string): boolean {
    return this.ports.some((port) => port.name === name);
  }

  #table(vrf: string): Table {
    const known = this.#tables.get(vrf);
    if (known !== undefined) return known;
    const { clock, random, log } = this.#world;
    const fibWriter = new FibWriter(
      { clock, random: random.fork(`fib ${this.#slot}${vrf === DEFAULT_VRF ? '' : ` ${vrf}`}`), log },
      this.#fibUpdateNs,
      (prefix, nextHops) => {
        this.#forwarding.route(this.#slot, prefix, nextHops, vrf);
        this.#fibVersion++;
        this.#fibChangedNs = clock.now();
      },
    );
    const rib = new Rib((prefix, nextHops) => fibWriter.put(prefix, nextHops));
    const table = { rib, fibWriter };
    this.#tables.set(vrf, table);
    rib.watch(({ source }) => {
      // What a static route's gateway is reached by may have changed; looked at once what is going on is done.
      if (source !== 'static') this.#staticWaits();
    });
    return table;
  }

  #apply(): void {
    this.#toldNs = this.#world.clock.now();
    for (const { name } of this.#config.vrfs) this.#table(name);
    for (const { vrf = DEFAULT_VRF } of this.#config.interfaces) this.#table(vrf);
    this.#applyPorts();
    for (const [vrf, { rib }] of this.#tables) replace(rib, 'connected', connectedRoutes(this, vrf));
    this.#applyStatic();
    for (const speaker of this.#speakers) speaker.configure(this);
  }

  #applyPorts(): void {
    for (const port of this.ports) {
      const config = this.#interface(port.name);
      const accessIn = this.#accessList(config?.accessGroupIn);
      const accessOut = this.#accessList(config?.accessGroupOut);
      const policyIn = this.#policies.get(config?.servicePolicyIn ?? '');
      const policyOut = this.#policies.get(config?.servicePolicyOut ?? '');
      this.#forwarding.configurePort(this.#slot, port.name, {
        up: config !== undefined && config.shutdown !== true,
        ...(config?.vrf && { vrf: config.vrf }),
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
    const loopbacks = this.#config.interfaces.filter(({ name }) => !this.#isPort(name) && this.isUp(name));
    for (const vrf of this.#tables.keys()) {
      const within = loopbacks.filter((each) => (each.vrf ?? DEFAULT_VRF) === vrf);
      const own = within.flatMap(({ addresses }) => addresses.map(({ address }) => address));
      this.#forwarding.configureLoopback(this.#slot, own, vrf);
    }
  }

  /** A list that is named but not defined permits everything, as in FRR and IOS: it is as if not named. */
  #accessList(name: string | undefined): RouterConfig['accessLists'][number] | undefined {
    return this.#config.accessLists.find((list) => list.name === name);
  }

  #staticWaits(): void {
    if (this.#staticTimer !== undefined || this.#config.staticRoutes.length === 0) return;
    this.#staticTimer = this.#world.clock.after(0, () => this.#applyStatic());
  }

  #applyStatic(): void {
    this.#staticTimer?.cancel();
    this.#staticTimer = undefined;
    const routes = usableStaticRoutes(this.#config.staticRoutes, {
      reach: (address, vrf) => this.#tables.get(vrf)?.rib.lookup(address, 'static'),
      isUp: (name) => this.isUp(name),
      isUnnumbered: (name) => isUnnumbered(this.#interface(name)),
    });
    for (const [vrf, { rib }] of this.#tables) replace(rib, 'static', routes.get(vrf) ?? []);
  }
}

/** A speaker's neighbours and their states, as last looked at. A network that comes to rest is looked at often. */
class NeighboursSeen {
  readonly #speaker: Speaker;
  #version: number | undefined;
  #text = '';

  constructor(speaker: Speaker) {
    this.#speaker = speaker;
  }

  /** Whether they are others now than they were. */
  look(): boolean {
    const { neighboursVersion } = this.#speaker;
    if (neighboursVersion !== undefined && neighboursVersion === this.#version) return false;
    this.#version = neighboursVersion;
    const former = this.#text;
    this.#text = this.#speaker
      .neighbours()
      .map(({ vrf, port, address, state, protocol }) => {
        // A session that is tried again and again for ever is none all the while.
        const phase = protocol === 'bgp' && state !== 'Established' ? 'none' : state;
        return `${vrf ?? DEFAULT_VRF} ${port} ${address} ${phase}`;
      })
      .join();
    return this.#text !== former;
  }
}

/** With addresses of other interfaces, and no subnet of its own. */
function isUnnumbered(config: InterfaceConfig | undefined): boolean {
  return (
    config !== undefined &&
    config.addresses.length > 0 &&
    config.addresses.every(({ length }) => length === 32)
  );
}

function replace(rib: Rib, source: 'connected' | 'static', routes: readonly Route[]): void {
  const kept = new Set(routes.map(({ prefix }) => keyOf(prefix)));
  for (const prefix of rib.prefixesOf(source)) {
    if (!kept.has(keyOf(prefix))) rib.withdraw(source, prefix);
  }
  for (const route of routes) rib.set(route);
}
