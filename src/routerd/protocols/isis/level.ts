/** One level: its database and how it is kept the same everywhere, what we say in it, and the shortest paths through it. */
import type { IsisLevel } from '../../../config/isis-model.ts';
import { formatPrefix, type Prefix, prefixOf } from '../../../net/address.ts';
import { Ageing } from './ageing.ts';
import type { Circuit } from './circuit.ts';
import type { CircuitLevel } from './circuit-level.ts';
import { FLAG_ATTACHED, FLAG_OVERLOAD } from './constants.ts';
import type { Context } from './context.ts';
import type { IsisExternal } from './contract.ts';
import { Flooding, type FloodingOwner } from './flooding.ts';
import type { KeyedEntry } from './fragments.ts';
import { levelBits } from './header.ts';
import { formatSystemId, type LspId } from './ids.ts';
import { type Change, Lsdb, type LspEntry } from './lsdb.ts';
import { type NodeReach, nodeEntries, prefixEntries } from './lsp.ts';
import { Origination, type OriginationOwner, type OwnNode } from './origination.ts';
import { type Attachment, type LevelRoutes, noRoutes, ShortestPaths } from './spf.ts';

/** A route of the other level that this one is told of (RFC 5302): down where it comes from level 2. */
export interface Inherited {
  readonly prefix: Prefix;
  readonly metric: number;
}

export interface LevelOwner {
  /** Shortest paths may be others now. */
  levelChanged(level: IsisLevel): void;
  readonly isOverloaded: boolean;
  /** Says in level 1 that level 2 leads to other areas. */
  readonly isAttached: boolean;
}

export class Level implements FloodingOwner, OriginationOwner {
  readonly level: IsisLevel;
  readonly lsdb: Lsdb;
  readonly flooding: Flooding;
  readonly origination: Origination;
  readonly #context: Context;
  readonly #owner: LevelOwner;
  readonly #ageing: Ageing;
  #circuits: readonly CircuitLevel[] = [];
  #externals: readonly IsisExternal[] = [];
  #inherited: readonly Inherited[] = [];
  #dirty: Change = 'nothing';
  #paths: ShortestPaths | undefined;
  #routes: LevelRoutes;
  #usedAttached = false;

  constructor(context: Context, level: IsisLevel, owner: LevelOwner) {
    this.#context = context;
    this.level = level;
    this.#owner = owner;
    this.#routes = noRoutes(level);
    this.lsdb = new Lsdb(context.pool, (change) => this.changed(change));
    this.flooding = new Flooding(context, this.lsdb, this);
    this.origination = new Origination(context, this.lsdb, this.flooding, this);
    this.#ageing = new Ageing(context.clock, this.lsdb, (entry) => this.flooding.due(entry));
  }

  get circuits(): readonly CircuitLevel[] {
    return this.#circuits;
  }

  /** As configured, and as every circuit that has a neighbour can carry it. */
  get lspMtu(): number {
    const carried = this.circuits.filter(({ input }) => !input.passive && input.network !== 'loopback');
    return carried.reduce((least, { mtu }) => Math.min(least, mtu), this.#context.settings.lspMtu);
  }

  get routes(): LevelRoutes {
    return this.#routes;
  }

  get isSettled(): boolean {
    return this.origination.isSettled && this.circuits.every(({ queue }) => queue.isSettled);
  }

  /** Those that the router has now. */
  useCircuits(circuits: Iterable<Circuit>): void {
    this.#circuits = [...circuits].flatMap((circuit) => circuit.at(this.level) ?? []);
  }

  set externals(externals: readonly IsisExternal[]) {
    this.#externals = externals.filter(({ level }) => level === this.level);
    this.origination.changed();
  }

  set inherited(inherited: readonly Inherited[]) {
    if (sameInherited(this.#inherited, inherited)) return;
    this.#inherited = inherited;
    this.origination.changed();
  }

  changed(change: Change): void {
    if (this.#dirty !== 'graph') this.#dirty = change;
    this.#owner.levelChanged(this.level);
  }

  reclaim(id: LspId, sequence: number): boolean {
    return this.origination.reclaim(id, sequence);
  }

  installed(entry: LspEntry): void {
    this.#ageing.watch(entry);
  }

  stop(): void {
    this.origination.stop();
    this.#ageing.stop();
    this.lsdb.clear();
    this.#paths = undefined;
    this.#routes = noRoutes(this.level);
    this.#inherited = [];
  }

  /**
   * Computes what has changed since the last time. Where only prefixes have, the tree stands (RFC 1195 Annex C.2).
   * Returns what was computed.
   */
  compute(usesAttached: boolean): Change {
    const { system, settings } = this.#context;
    const isGrown = this.#paths === undefined || this.#dirty === 'graph';
    if (isGrown) {
      this.#paths = new ShortestPaths({
        lsdb: this.lsdb,
        level: this.level,
        system,
        style: settings.metricStyle,
        attachments: this.circuits.map(attachmentOf),
      });
    }
    const isSame = !isGrown && this.#dirty === 'nothing' && usesAttached === this.#usedAttached;
    if (!isSame) this.#routes = this.#paths?.routes(usesAttached) ?? noRoutes(this.level);
    this.#usedAttached = usesAttached;
    this.#dirty = 'nothing';
    if (isSame) return 'nothing';
    return isGrown ? 'graph' : 'prefixes';
  }

  /** Level 2 leads to other areas: said in level 1, whose routers then send here what they do not know (7.2.9.2). */
  get reachesOtherAreas(): boolean {
    return this.#paths?.reachesOtherAreas(this.#context.settings.areas) ?? false;
  }

  /** What our LSPs are to say now. */
  ownNodes(): readonly OwnNode[] {
    const nodes: OwnNode[] = [this.#ownRouter()];
    for (const at of this.circuits) {
      const { designated, adjacencies } = at;
      if (designated === undefined || !at.isDesignated || adjacencies.length === 0) continue;
      const reached = [...adjacencies.map(({ system }) => system), this.#context.system];
      nodes.push({
        pseudonode: designated.pseudonode,
        flags: levelBits(this.level === 1 ? [1] : [1, 2]),
        facts: undefined,
        entries: reached.flatMap((system) =>
          this.#nodeEntries({ system, pseudonode: 0, metric: 0 }, at.name),
        ),
      });
    }
    return nodes;
  }

  #ownRouter(): OwnNode {
    const { settings } = this.#context;
    const { isOverloaded, isAttached } = this.#owner;
    const addresses = settings.circuits
      .filter(({ network }) => network === 'loopback')
      .flatMap((each) => each.addresses);
    const flags =
      levelBits(settings.levels.includes(2) ? [1, 2] : [1]) |
      (isOverloaded ? FLAG_OVERLOAD : 0) |
      (this.level === 1 && isAttached ? FLAG_ATTACHED : 0);
    return {
      pseudonode: 0,
      flags,
      facts: {
        areas: settings.areas,
        hostname: settings.hostname,
        addresses: addresses.slice(0, 1).map(({ address }) => address),
      },
      entries: [
        ...this.circuits.flatMap((at) => {
          const node = reachedNode(at);
          return node === undefined
            ? []
            : this.#nodeEntries({ ...node, metric: at.settings.metric }, at.name);
        }),
        ...this.#prefixes(),
      ],
    };
  }

  #nodeEntries(node: NodeReach, circuit: string): readonly KeyedEntry[] {
    const key = `${formatSystemId(node.system)}.${node.pseudonode} ${circuit}`;
    return nodeEntries(this.#context.settings.metricStyle, node).map((entry) => ({ ...entry, key }));
  }

  /** Our own prefixes go before those from elsewhere, and these before those of the other level. */
  #prefixes(): readonly KeyedEntry[] {
    const own = new Map<string, { readonly prefix: Prefix; readonly metric: number }>();
    for (const { input, settings } of this.circuits) {
      for (const { address, length } of input.addresses) {
        const prefix = prefixOf(address, length);
        const key = formatPrefix(prefix);
        const { metric } = settings;
        if ((own.get(key)?.metric ?? Number.POSITIVE_INFINITY) > metric) own.set(key, { prefix, metric });
      }
    }
    const said = new Set(own.keys());
    const isNew = ({ prefix }: { readonly prefix: Prefix }): boolean => {
      const key = formatPrefix(prefix);
      return said.has(key) ? false : said.add(key) !== undefined;
    };
    const externals = this.#externals.filter(isNew);
    const inherited = this.#inherited.filter(isNew);
    const { metricStyle } = this.#context.settings;
    const entries = (
      reached: { readonly prefix: Prefix; readonly metric: number },
      down: boolean,
      isExternal: boolean,
    ): readonly KeyedEntry[] => {
      const key = formatPrefix(reached.prefix);
      const { prefix, metric } = reached;
      return prefixEntries(metricStyle, { prefix, metric, down, externalMetric: false }, isExternal).map(
        (entry) => ({
          ...entry,
          key,
        }),
      );
    };
    return [
      ...[...own.values()].flatMap((each) => entries(each, false, false)),
      ...externals.flatMap((each) => entries(each, false, true)),
      ...inherited.flatMap((each) => entries(each, this.level === 1, false)),
    ];
  }
}

/** What the router's LSP says of a circuit: the neighbour, or the pseudonode of a LAN whose designated one is heard. */
function reachedNode({ isPointToPoint, adjacencies, designated, isDesignated }: CircuitLevel) {
  if (isPointToPoint) {
    const peer = adjacencies[0];
    return peer && { system: peer.system, pseudonode: 0 };
  }
  if (designated === undefined || adjacencies.length === 0) return undefined;
  return isDesignated || adjacencies.some(({ system }) => system === designated.system)
    ? designated
    : undefined;
}

function attachmentOf(at: CircuitLevel): Attachment {
  const { input, settings, adjacencies, isPointToPoint } = at;
  const node = reachedNode(at);
  return {
    circuit: at.name,
    metric: settings.metric,
    lan: isPointToPoint || node === undefined ? undefined : node,
    peers: node === undefined ? [] : adjacencies,
    prefixes: input.addresses.map(({ address, length }) => prefixOf(address, length)),
  };
}

function sameInherited(a: readonly Inherited[], b: readonly Inherited[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ prefix, metric }, index) => {
      const other = b[index];
      return (
        metric === other.metric &&
        prefix.address === other.prefix.address &&
        prefix.length === other.prefix.length
      );
    })
  );
}
