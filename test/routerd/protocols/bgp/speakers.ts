/**
 * BGP routers on one link, 10.0.0.0/24, over streams in memory and on a virtual clock: each with a routing table of its
 * own, its address in the link's subnet, and sessions with whom it is told to have them.
 */
import { formatPrefix, type Ipv4, type Prefix, parseIpv4, parsePrefix } from '../../../../src/net/address.ts';
import type { Policy } from '../../../../src/routerd/policy/policy.ts';
import { AttributePool } from '../../../../src/routerd/protocols/bgp/attribute-pool.ts';
import type { PathAttributes } from '../../../../src/routerd/protocols/bgp/attributes.ts';
import { BgpInstance, type OwnRoute } from '../../../../src/routerd/protocols/bgp/instance.ts';
import { ownAttributes, ownSource } from '../../../../src/routerd/protocols/bgp/path.ts';
import { sessionsOver } from '../../../../src/routerd/protocols/bgp/session.ts';
import type {
  BgpSettings,
  FamilySettings,
  NeighbourFamilySettings,
  NeighbourSettings,
} from '../../../../src/routerd/protocols/bgp/settings.ts';
import { Rib } from '../../../../src/routerd/rib/rib.ts';
import type { NextHop } from '../../../../src/world/observation.ts';
import { Streams } from './joined.ts';

export const PERMIT_ALL: Policy = {
  routeMap: (_, route) => route,
  prefixList: () => true,
  asPathList: () => true,
};

export const NO_FAMILY: FamilySettings = {
  maximumPaths: 1,
  maximumPathsIbgp: 1,
  distance: { external: 20, internal: 200, local: 200 },
  aggregates: [],
};

export interface RouterOptions {
  readonly as: number;
  readonly policy?: Policy;
  readonly bgp?: Partial<BgpSettings>;
  readonly decision?: Partial<BgpSettings['decision']>;
  readonly ipv4?: Partial<FamilySettings>;
  readonly maxDestinations?: number;
}

export type NeighbourOptions = Partial<Omit<NeighbourSettings, 'ipv4'>> & {
  readonly ipv4?: Partial<NeighbourFamilySettings>;
  readonly holdS?: number;
};

export class BgpNetwork {
  readonly streams: Streams;
  readonly pool = new AttributePool();
  readonly routers = new Map<number, BgpRouter>();

  constructor(seed = 1) {
    this.streams = new Streams(seed);
  }

  /** The router 10.0.0.`number`, with that router id, too. */
  router(number: number, options: RouterOptions): BgpRouter {
    const router = new BgpRouter(this, number, options);
    this.routers.set(number, router);
    return router;
  }

  /** A session between two routers, each side with its own settings of it. */
  join(a: BgpRouter, b: BgpRouter, atA: NeighbourOptions = {}, atB: NeighbourOptions = {}): void {
    a.neighbour(b, atA);
    b.neighbour(a, atB);
  }

  run(seconds: number): void {
    this.streams.run(seconds);
  }
}

export class BgpRouter {
  readonly address: Ipv4;
  readonly number: number;
  readonly as: number;
  readonly installed = new Map<string, readonly NextHop[]>();
  readonly rib: Rib;
  readonly bgp: BgpInstance;
  /** What the routing table was told, how often. */
  installs = 0;
  #settings: BgpSettings;

  constructor(network: BgpNetwork, number: number, options: RouterOptions) {
    const { as, policy = PERMIT_ALL, bgp, decision, ipv4, maxDestinations } = options;
    this.number = number;
    this.as = as;
    this.address = addressOf(number);
    this.rib = new Rib((prefix, nextHops) => {
      this.installs++;
      if (nextHops === undefined) this.installed.delete(formatPrefix(prefix));
      else this.installed.set(formatPrefix(prefix), nextHops);
    });
    this.rib.set({
      prefix: { address: addressOf(0), length: 24 },
      source: 'connected',
      distance: 0,
      metric: 0,
      nextHops: [{ kind: 'connected', port: 'lan' }],
    });
    this.rib.set({
      prefix: { address: this.address, length: 32 },
      source: 'connected',
      distance: 0,
      metric: 0,
      nextHops: [{ kind: 'local' }],
    });
    this.#settings = {
      as,
      routerId: this.address,
      clusterId: this.address,
      gracefulShutdown: false,
      ebgpRequiresPolicy: false,
      decision: {
        defaultLocalPreference: 100,
        alwaysCompareMed: false,
        deterministicMed: false,
        medMissingAsWorst: false,
        asPathIgnore: false,
        compareRouterId: false,
        multipathRelax: false,
        ...decision,
      },
      families: { ipv4: { ...NO_FAMILY, ...ipv4 }, vpnv4: NO_FAMILY },
      neighbours: [],
      policy,
      ...bgp,
    };
    const { streams, pool } = network;
    const world = { clock: streams.clock, random: streams.random.fork(`r${number}`), log: () => {} };
    this.bgp = new BgpInstance(
      {
        world,
        pool,
        makeSession: sessionsOver(world, streams.transport(this.address), pool),
        lookup: (address, mustBeConnected) =>
          mustBeConnected ? this.rib.lookupOf('connected', address) : this.rib.lookup(address, 'bgp'),
        install: (prefix, offer) => {
          if (offer === undefined) this.rib.withdraw('bgp', prefix);
          else this.rib.offer(prefix, offer);
        },
        ...(maxDestinations !== undefined && { maxDestinations }),
      },
      this.#settings,
    );
    this.rib.watch(({ source }) => {
      if (source !== 'bgp') this.bgp.tableChanged();
    });
  }

  get settings(): BgpSettings {
    return this.#settings;
  }

  configure(change: Partial<BgpSettings>): void {
    this.#settings = { ...this.#settings, ...change };
    this.bgp.configure(this.#settings);
  }

  neighbour(other: BgpRouter, { ipv4, holdS = 180, ...options }: NeighbourOptions = {}): void {
    const isExternal = other.as !== this.as;
    const settings: NeighbourSettings = {
      address: other.address,
      transport: { remote: other.address, ttl: isExternal ? 1 : 255 },
      session: {
        localAs: options.localAs?.as ?? this.as,
        remoteAs: isExternal ? 'external' : 'internal',
        routerId: this.address,
        families: ['ipv4'],
        holdS,
        keepaliveS: Math.floor(holdS / 3),
        connectRetryS: 5,
        passive: false,
      },
      shutdown: false,
      mustBeConnected: isExternal,
      link: { address: addressOf(0), length: 24 },
      matchesPeer: false,
      advertisementIntervalS: 0,
      ipv4: { importPolicy: '', exportPolicy: '', ...ipv4 },
      ...options,
    };
    const neighbours = this.#settings.neighbours.filter(({ address }) => address !== other.address);
    this.configure({ neighbours: [...neighbours, settings] });
  }

  /** Announces prefixes of its own. */
  announce(
    prefixes: readonly string[],
    attributes: Partial<PathAttributes> = {},
    route: Partial<OwnRoute> = {},
  ): void {
    for (const prefix of prefixes) {
      const own = { attributes: { ...ownAttributes(0), ...attributes }, ...route };
      this.bgp.originate('ipv4', this.#own, { prefix: prefixAt(prefix) }, own);
    }
  }

  withdraw(prefixes: readonly string[]): void {
    for (const prefix of prefixes) this.bgp.withdraw('ipv4', this.#own, { prefix: prefixAt(prefix) });
  }
  readonly #own = ownSource(0);

  /** An IGP's route, of a next hop beyond the link. */
  igp(prefix: string, metric: number, gateway: string, port = 'lan'): void {
    this.rib.set({
      prefix: prefixAt(prefix),
      source: 'ospf',
      distance: 110,
      metric,
      nextHops: [{ kind: 'gateway', port, gateway }],
    });
  }

  /** The best path to a prefix, in words: by whom, the AS path, and what else counts. */
  best(prefix: string): PathAttributes | undefined {
    return this.#path(prefix)?.attributes;
  }

  /** The number of the router that the best path is from; 0: its own. */
  from(prefix: string): number | undefined {
    const path = this.#path(prefix);
    return path && path.source.address & 0xff;
  }

  asPath(prefix: string): string | undefined {
    return this.best(prefix)
      ?.asPath.map(({ type, numbers }) => (type === 'set' ? `{${numbers.join()}}` : numbers.join(' ')))
      .join(' ');
  }

  /** The AS path of what a neighbour announced, and was let in. */
  heardFrom(other: BgpRouter, prefix: string): string | undefined {
    const { locRib } = this.bgp.table('ipv4');
    const number = locRib.destinations.find({ prefix: prefixAt(prefix) });
    const paths = number < 0 ? [] : locRib.paths(number);
    const path = paths.find(({ source }) => source.address === other.address);
    return path?.attributes.asPath.flatMap(({ numbers }) => numbers).join(' ');
  }

  /** What goes to the forwarding table, as `port gateway`. */
  ways(prefix: string): readonly string[] | undefined {
    return this.installed
      .get(prefix)
      ?.map((way) => (way.kind === 'gateway' ? `${way.port} ${way.gateway}` : way.kind));
  }

  state(other: BgpRouter): string | undefined {
    return this.view(other)?.state;
  }

  view(other: BgpRouter) {
    return this.bgp.neighbours().find(({ settings }) => settings.address === other.address);
  }

  #path(prefix: string) {
    const { locRib } = this.bgp.table('ipv4');
    const number = locRib.destinations.find({ prefix: prefixAt(prefix) });
    return number < 0 ? undefined : locRib.best(number);
  }
}

export function addressOf(number: number): Ipv4 {
  return parseIpv4(`10.0.0.${number}`) ?? 0;
}

export function prefixAt(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`"${text}" is no prefix`);
  return prefix;
}
