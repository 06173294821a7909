/**
 * Routes of other sources, for a protocol to announce: the best routes of a table that a `redistribute` line names and
 * its route map lets through. What changes is told by the clock, all of it at once: a table that changes a thousand
 * times in a moment is one change for the protocol, and whoever is told may change the table.
 *
 * Two routers may tell a protocol of one prefix, and each then have it from the other one by that protocol, which it
 * prefers; so that neither has anything to tell any more, and both begin anew, together, for ever. So whoever had to give
 * way waits, by chance, before it tells the prefix again: one of the two comes first, and the other one has its route.
 */
import type { RedistributeConfig, RedistributedProtocol } from '../../config/policy-model.ts';
import { comparePrefixes, type Prefix, parseIpv4, prefixOf } from '../../net/address.ts';
import { type Clock, SECOND, type TimeNs, type Timer } from '../../world/clock.ts';
import type { RouteSource } from '../../world/observation.ts';
import type { Random } from '../../world/random.ts';
import type { Policy, PolicyRoute } from '../policy/policy.ts';
import { keyOf, PrefixMap } from '../rib/prefix-map.ts';
import type { Offer, Rib } from '../rib/rib.ts';
import { DEFAULT_VRF, type SlotView } from './speaker.ts';

/**
 * OSPF takes back at most MinLSInterval, 5 s, after it told, and tells again as long after that: within these 10 s chance
 * would decide nothing, as all who gave way would be heard again at their end, in the same moment.
 */
const GIVE_WAY_NS = { least: 10 * SECOND, most: 20 * SECOND } as const;

/** A route from another source, as policy left it. */
export interface Redistributed {
  readonly prefix: Prefix;
  readonly from: RedistributedProtocol;
  /** What the route map says, else the line; left out where neither does: the protocol has a default. */
  readonly metric?: number;
  readonly metricType?: 1 | 2;
  readonly tag?: number;
  /** All that policy left; its `metric` is the table's where nothing else is said. */
  readonly route: PolicyRoute;
}

export interface RedistributionChange {
  /** In place of what was told of the same prefix before; by prefix. */
  readonly added: readonly Redistributed[];
  readonly removed: readonly Prefix[];
}

export interface RedistributionOf {
  readonly clock: Clock;
  readonly random: Random;
  readonly rib: Rib;
  /** Of the table. Left out: the default one. */
  readonly vrf?: string;
  /** The protocol that redistributes: its own routes are not for it. */
  readonly own: RouteSource;
  tell(change: RedistributionChange): void;
  /**
   * The route as the protocol begins it, before its route map: BGP gives it path attributes (equal ones
   * one object), and the line's metric. Undefined: the protocol
   * does not take it (OSPF, IS-IS: a default route, a subnet that is told as such).
   */
  begin?(route: PolicyRoute, line: RedistributeConfig): PolicyRoute | undefined;
}

export class Redistribution {
  readonly #of: RedistributionOf;
  #lines: ReadonlyMap<RouteSource, RedistributeConfig> = new Map();
  #policy: Policy | undefined;
  /** Subnets of interfaces that are up: what counts as connected, but for our own addresses within them. */
  #subnets = new Set<number>();
  readonly #told = new PrefixMap<Redistributed>();
  /** The best route now of each prefix that changed. */
  readonly #changed = new Map<number, { readonly prefix: Prefix; readonly best: Offer | undefined }>();
  /** Told until the protocol's own route took its place: not to be told again before that time. */
  readonly #gaveWay = new Map<number, TimeNs>();
  #everything = false;
  #timer: Timer | undefined;
  /** Until the first of those that wait may be told. */
  #waiting: Timer | undefined;
  readonly #unwatch: () => void;
  #stopped = false;

  constructor(of: RedistributionOf) {
    this.#of = of;
    this.#unwatch = of.rib.watch(({ prefix, best }) => {
      if (this.#everything || !this.#concerns(prefix, best)) return;
      this.#changed.set(keyOf(prefix), { prefix, best });
      this.#wait();
    });
  }

  /** The whole of what is to be redistributed now. Everything is looked at anew, and only what differs is told. */
  configure(view: SlotView, lines: readonly RedistributeConfig[], policy: Policy): void {
    this.#lines = new Map(lines.filter(({ from }) => from !== this.#of.own).map((line) => [line.from, line]));
    this.#policy = policy;
    this.#subnets = new Set(connectedSubnets(view, this.#of.vrf ?? DEFAULT_VRF).map(keyOf));
    if (this.#lines.size === 0 && this.#told.size === 0) return;
    this.#everything = true;
    this.#changed.clear();
    this.#wait();
  }

  /** Nothing waits to be told. */
  get isSettled(): boolean {
    return this.#timer === undefined && this.#waiting === undefined;
  }

  /** Tells nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#unwatch();
    this.#timer?.cancel();
    this.#waiting?.cancel();
  }

  #wait(): void {
    if (this.#stopped) return;
    this.#timer ??= this.#of.clock.after(0, () => {
      this.#timer = undefined;
      this.#settle();
    });
  }

  #settle(): void {
    const added: Redistributed[] = [];
    const removed: Prefix[] = [];
    const now = this.#of.clock.now();
    for (const [key, untilNs] of this.#gaveWay) if (untilNs <= now) this.#gaveWay.delete(key);
    const held: { readonly prefix: Prefix; readonly best: Offer | undefined }[] = [];
    const look = (prefix: Prefix, best: Offer | undefined): void => {
      const former = this.#told.get(prefix);
      const route = best && this.#redistribute(prefix, best);
      if (route === undefined) {
        if (former === undefined) return;
        this.#told.delete(prefix);
        removed.push(prefix);
        if (best?.source === this.#of.own) this.#giveWay(prefix);
      } else if (former === undefined && this.#mustWait(prefix)) {
        held.push({ prefix, best });
      } else if (former === undefined || !isSame(former, route)) {
        this.#told.set(prefix, route);
        added.push(route);
      }
    };
    if (this.#everything) {
      this.#everything = false;
      const seen = new Set<number>();
      for (const route of this.#of.rib.best()) {
        if (!this.#concerns(route.prefix, route)) continue;
        seen.add(keyOf(route.prefix));
        look(route.prefix, route);
      }
      const gone = [...this.#told.entries()].filter(([prefix]) => !seen.has(keyOf(prefix)));
      for (const [prefix] of gone) look(prefix, undefined);
    } else {
      for (const { prefix, best } of this.#changed.values()) look(prefix, best);
    }
    this.#changed.clear();
    for (const each of held) this.#changed.set(keyOf(each.prefix), each);
    this.#waitFor(held.map(({ prefix }) => prefix));
    if (added.length + removed.length === 0) return;
    this.#of.tell({
      added: added.sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
      removed: removed.sort(comparePrefixes),
    });
  }

  #giveWay(prefix: Prefix): void {
    const { clock, random } = this.#of;
    const now = clock.now();
    const { least, most } = GIVE_WAY_NS;
    this.#gaveWay.set(keyOf(prefix), now + least + Math.floor(random.next() * (most - least)));
  }

  #mustWait(prefix: Prefix): boolean {
    return this.#gaveWay.has(keyOf(prefix));
  }

  #waitFor(prefixes: readonly Prefix[]): void {
    const { clock } = this.#of;
    const firstNs = prefixes.reduce(
      (first, prefix) => Math.min(first, this.#gaveWay.get(keyOf(prefix)) ?? first),
      Number.POSITIVE_INFINITY,
    );
    this.#waiting?.cancel();
    this.#waiting = undefined;
    if (prefixes.length === 0) return;
    this.#waiting = clock.after(Math.max(0, firstNs - clock.now()), () => this.#wait());
  }

  /** A route of a source that is redistributed, or in place of one that was told, or may be. */
  #concerns(prefix: Prefix, best: Offer | undefined): boolean {
    if (best !== undefined && this.#lines.has(best.source)) return true;
    return this.#told.get(prefix) !== undefined || this.#changed.has(keyOf(prefix));
  }

  #redistribute(prefix: Prefix, { source, metric, tag, nextHops }: Offer): Redistributed | undefined {
    const line = this.#lines.get(source);
    if (line === undefined || (source === 'connected' && !this.#subnets.has(keyOf(prefix)))) return undefined;
    const [hop] = nextHops;
    const gateway = hop?.kind === 'gateway' ? parseIpv4(hop.gateway) : undefined;
    const { from, metricType } = line;
    const found: PolicyRoute = {
      prefix,
      source,
      metric,
      ...(gateway === undefined ? {} : { nextHop: gateway }),
      ...(hop !== undefined && 'port' in hop ? { interface: hop.port } : {}),
      ...(tag === undefined ? {} : { tag }),
      ...(metricType === undefined ? {} : { metricType }),
    };
    const begun = this.#of.begin === undefined ? found : this.#of.begin(found, line);
    const route =
      begun === undefined || line.routeMap === undefined
        ? begun
        : this.#policy?.routeMap(line.routeMap, begun);
    if (route === undefined) return undefined;
    const said = route.metricIsSet ? route.metric : line.metric;
    return {
      prefix,
      from,
      ...(said === undefined ? {} : { metric: said }),
      ...(route.metricType === undefined ? {} : { metricType: route.metricType }),
      ...(route.tag === undefined ? {} : { tag: route.tag }),
      route,
    };
  }
}

/**
 * The prefixes that FRR redistributes as connected: the subnets of interfaces that are up, and addresses that are
 * subnets of their own; not the host routes that our table has for the addresses within subnets.
 */
function connectedSubnets(view: SlotView, vrf: string): readonly Prefix[] {
  return view.config.interfaces
    .filter(({ name, vrf: own = DEFAULT_VRF }) => own === vrf && view.isUp(name))
    .flatMap(({ name, addresses }) =>
      addresses.map(({ address, length }) =>
        // A loopback's addresses are all that the table has of its subnet.
        view.ports.some((port) => port.name === name) ? prefixOf(address, length) : { address, length: 32 },
      ),
    );
}

function isSame(a: Redistributed, b: Redistributed): boolean {
  const { route: x } = a;
  const { route: y } = b;
  return (
    a.from === b.from &&
    a.metric === b.metric &&
    a.metricType === b.metricType &&
    a.tag === b.tag &&
    x.attributes === y.attributes &&
    x.metric === y.metric &&
    x.nextHop === y.nextHop &&
    x.interface === y.interface &&
    x.weight === y.weight &&
    x.distance === y.distance &&
    x.setNextHop === y.setNextHop
  );
}
