/**
 * How the table reaches BGP's next hops (RFC 4271 9.1.2.1): by routes of other protocols alone, so that no path leads
 * to its own next hop, round and round. Each next hop is looked up once, whoever has paths by it, and again when the
 * table changes. Lists of ways are interned: equal ones are one object, as are the offers to the table that share them.
 */
import { formatIpv4, type Ipv4 } from '../../../net/address.ts';
import type { NextHop } from '../../../world/observation.ts';
import type { Offer } from '../../rib/rib.ts';
import type { Path, TrackedHop } from './path.ts';

/**
 * The longest match in the routing table, not counting BGP's own routes; of what must be connected, among links and own
 * addresses alone. A more specific route to a neighbour, which may itself depend on what that one announces, neither
 * ends its session nor takes its paths, or both would come and go for ever.
 */
export type LookUp = (address: Ipv4, mustBeConnected: boolean) => Offer | undefined;

/** From so many on those without paths are looked for, and forgotten. */
const SWEEP_FROM = 16_384;
/** Lists, and offers of a list, that are kept for sharing; with more the sharing begins anew. */
const MAX_SHARED = 65_536;

interface Tracked extends TrackedHop {
  readonly mustBeConnected: boolean;
}

export class NextHops {
  readonly #lookup: LookUp;
  readonly #inUse: () => ReadonlySet<TrackedHop>;
  readonly #tracked = new Map<number, Tracked>();
  readonly #lists = new Map<string, readonly NextHop[]>();
  /** By list, then by distance and metric. */
  readonly #offers = new WeakMap<readonly NextHop[], Map<number, Offer>>();
  #sweepAt = SWEEP_FROM;
  #sweeps = 0;

  /** `inUse`: the next hops that paths have. */
  constructor(lookup: LookUp, inUse: () => ReadonlySet<TrackedHop>) {
    this.#lookup = lookup;
    this.#inUse = inUse;
  }

  get size(): number {
    return this.#tracked.size;
  }

  /** How often those that no path had were forgotten: what was tracked before may not be any more. */
  get sweeps(): number {
    return this.#sweeps;
  }

  /** `mustBeConnected`: only where it is on a link (a neighbour of another AS, one hop away). */
  track(address: Ipv4, mustBeConnected: boolean): TrackedHop {
    const key = 2 * address + Number(mustBeConnected);
    const known = this.#tracked.get(key);
    if (known !== undefined) return known;
    const hop: Tracked = { address, mustBeConnected, metric: 0, nextHops: undefined };
    this.#resolve(hop);
    if (this.#tracked.size >= this.#sweepAt) this.#forgetUnused();
    this.#tracked.set(key, hop);
    return hop;
  }

  /** Looks all up again. Returns those that are reached otherwise than before. */
  refresh(): ReadonlySet<TrackedHop> {
    const changed = new Set<TrackedHop>();
    this.#lists.clear();
    for (const hop of this.#tracked.values()) {
      const { metric, nextHops } = hop;
      this.#resolve(hop);
      const isSame = hop.metric === metric && sameList(hop.nextHops, nextHops);
      if (isSame) hop.nextHops = nextHops;
      else changed.add(hop);
    }
    return changed;
  }

  /** What the table is offered for paths that are used together. */
  offer(paths: readonly Path[], distance: number): Offer {
    const [{ attributes, hop }] = paths;
    const nextHops = paths.length === 1 ? (hop.nextHops ?? []) : this.#union(paths);
    return this.#offer(nextHops, distance, attributes.med ?? 0);
  }

  #offer(nextHops: readonly NextHop[], distance: number, metric: number): Offer {
    let offers = this.#offers.get(nextHops);
    if (offers === undefined || offers.size >= MAX_SHARED) {
      offers = new Map();
      this.#offers.set(nextHops, offers);
    }
    const key = metric * 256 + distance;
    const known = offers.get(key);
    if (known !== undefined) return known;
    const offer: Offer = { source: 'bgp', distance, metric, nextHops };
    offers.set(key, offer);
    return offer;
  }

  #union(paths: readonly Path[]): readonly NextHop[] {
    const lists = new Set(paths.map(({ hop }) => hop.nextHops ?? []));
    const [only] = lists;
    return lists.size === 1 ? only : this.#interned([...lists].flat());
  }

  #resolve(hop: Tracked): void {
    const offer = this.#lookup(hop.address, hop.mustBeConnected);
    hop.metric = offer?.metric ?? 0;
    hop.nextHops = offer && this.#through(hop, offer);
  }

  #through({ address }: Tracked, { nextHops }: Offer): readonly NextHop[] | undefined {
    const gateway = formatIpv4(address);
    const ways = nextHops.flatMap((way): readonly NextHop[] => {
      if (way.kind === 'connected') return [{ kind: 'gateway', port: way.port, gateway }];
      return way.kind === 'local' ? [] : [way];
    });
    return ways.length === 0 ? undefined : this.#interned(ways);
  }

  #forgetUnused(): void {
    this.#sweeps++;
    const used = this.#inUse();
    for (const [key, hop] of this.#tracked) if (!used.has(hop)) this.#tracked.delete(key);
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#tracked.size);
  }

  /** Without repetitions, in a defined order. */
  #interned(ways: readonly NextHop[]): readonly NextHop[] {
    const byText = new Map(ways.map((way) => [textOf(way), way]));
    const texts = [...byText.keys()].sort();
    const key = texts.join(' ');
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const list = texts.flatMap((text) => byText.get(text) ?? []);
    if (this.#lists.size >= MAX_SHARED) this.#lists.clear();
    this.#lists.set(key, list);
    return list;
  }
}

function textOf(way: NextHop): string {
  switch (way.kind) {
    case 'gateway':
      return `${way.port} ${way.gateway}`;
    case 'connected':
      return way.port;
    case 'tunnel':
      return `tunnel ${way.to} ${way.label}`;
    case 'local':
    case 'blackhole':
    case 'reject':
      return way.kind;
  }
}

function sameList(a: readonly NextHop[] | undefined, b: readonly NextHop[] | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every((way, at) => textOf(way) === textOf(b[at]));
}
