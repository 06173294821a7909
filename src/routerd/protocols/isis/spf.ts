/**
 * The shortest paths of one level and the routes they give (ISO 10589 7.2, RFC 1195 Annex C). Vertices and prefixes
 * are the pool's numbers, so everything here is an array. In two stages: `grow` is Dijkstra's algorithm over routers
 * and pseudonodes; `routes` hangs the prefixes on its tree, and is all that is needed where only prefixes changed.
 */
import type { IsisLevel } from '../../../config/isis-model.ts';
import type { Ipv4, Prefix } from '../../../net/address.ts';
import { MinHeap } from '../spf/min-heap.ts';
import { NextHopSets, NO_NEXT_HOPS } from '../spf/next-hops.ts';
import { FLAG_ATTACHED, FLAG_OVERLOAD, MAX_PATH_METRIC } from './constants.ts';
import type { LanId } from './hello.ts';
import type { SystemId } from './ids.ts';
import type { Lsdb } from './lsdb.ts';
import type { MetricStyle } from './lsp.ts';
import type { Edge, Lsp, LspPool, Stub } from './pool.ts';

/** A neighbour, and where packets to it go; null where it has told no address. */
export interface Peer {
  readonly system: SystemId;
  readonly address: Ipv4 | undefined;
}

/** One of the calculating router's own circuits, as next hops need it. */
export interface Attachment {
  readonly circuit: string;
  readonly metric: number;
  /** Of a LAN, whose pseudonode it is; undefined: the peers are at the other end. */
  readonly lan: LanId | undefined;
  readonly peers: readonly Peer[];
  /** That are on the wire there. */
  readonly prefixes: readonly Prefix[];
}

export interface SpfInput {
  readonly lsdb: Lsdb;
  readonly level: IsisLevel;
  readonly system: SystemId;
  readonly style: MetricStyle;
  readonly attachments: readonly Attachment[];
}

export const UNREACHABLE = 0xffffffff;
/** Which routes go first, whatever they cost (RFC 5302 3.2, RFC 5305 4): smaller is better. */
export const RANK = {
  level1: 0,
  level2: 1,
  level2Down: 2,
  level1Down: 3,
  externalMetric: 4,
  attached: 8,
} as const;

/** Arrays by prefix number. */
export interface LevelRoutes {
  readonly level: IsisLevel;
  /** UNREACHABLE where there is no route. */
  readonly costs: Uint32Array;
  readonly ranks: Uint8Array;
  /** Sets of `hops`; NO_NEXT_HOPS where the prefix is our own and on no wire. */
  readonly sets: Uint32Array;
  readonly hops: NextHopSets;
}

export function noRoutes(level: IsisLevel): LevelRoutes {
  const none = new Uint32Array(0);
  return { level, costs: none, ranks: new Uint8Array(0), sets: none, hops: new NextHopSets() };
}

export class ShortestPaths {
  readonly #input: SpfInput;
  readonly #pool: LspPool;
  readonly #hops = new NextHopSets();
  readonly #root: number;
  readonly #distances: Uint32Array;
  readonly #sets: Uint32Array;
  /** Vertices in the order in which they joined the tree. */
  readonly #settled: number[] = [];
  /** By pseudonode of a LAN that we are on: the addresses of its routers, by vertex. */
  readonly #lans = new Map<number, Map<number, Ipv4>>();

  constructor(input: SpfInput) {
    this.#input = input;
    this.#pool = input.lsdb.pool;
    this.#root = this.#pool.findVertex(input.system, 0);
    const size = input.lsdb.topology.length;
    this.#distances = new Uint32Array(size).fill(UNREACHABLE);
    this.#sets = new Uint32Array(size);
    if (this.#root >= 0 && input.lsdb.topology[this.#root] !== undefined) this.#grow();
  }

  /** Are there routers that have no area in common with us? */
  reachesOtherAreas(own: readonly string[]): boolean {
    const { topology } = this.#input.lsdb;
    return this.#settled.some((vertex) => {
      const lsp = topology[vertex];
      if (lsp === undefined || isPseudonode(lsp) || vertex === this.#root) return false;
      return !lsp.areas.some((area) => own.includes(area));
    });
  }

  /** The second stage. `usesAttached`: attached routers are the way out of level 1 (7.2.9.2). */
  routes(usesAttached: boolean): LevelRoutes {
    const { level, lsdb, style } = this.#input;
    const best = new BestRoutes(level, this.#pool.prefixes.capacity, this.#hops);
    for (const vertex of this.#settled) {
      const lsp = lsdb.topology[vertex];
      if (lsp === undefined) continue;
      const distance = this.#distances[vertex];
      const isRoot = vertex === this.#root;
      for (let part: Lsp | undefined = lsp, next = 0; part !== undefined; ) {
        for (const { stubs } of part.reach[style]) {
          for (const stub of stubs) {
            const set = isRoot ? this.#ownStub(stub.prefix) : this.#sets[vertex];
            best.offer(stub.prefix, rankOf(level, stub), distance + stub.metric, set);
          }
        }
        part = lsdb.fragmentsOf(vertex)[next++];
      }
      const isAttached =
        (lsp.flags & (FLAG_ATTACHED | FLAG_OVERLOAD)) === FLAG_ATTACHED && !isPseudonode(lsp);
      if (usesAttached && isAttached && !isRoot) {
        best.offer(this.#pool.defaultPrefix, RANK.attached, distance, this.#sets[vertex]);
      }
    }
    return best;
  }

  /** Our own prefixes are on the wire at the circuits that have them; others of ours come from elsewhere. */
  #ownStub(prefix: number): number {
    const { address, length } = this.#pool.prefixes.valueOf(prefix);
    let set = NO_NEXT_HOPS;
    for (const { circuit, prefixes } of this.#input.attachments) {
      if (prefixes.some((own) => own.address === address && own.length === length)) {
        set = this.#hops.union(set, this.#hops.single(circuit, null));
      }
    }
    return set;
  }

  #grow(): void {
    const { lsdb, style } = this.#input;
    const { topology } = lsdb;
    const candidates = new MinHeap();
    const done = new Uint8Array(topology.length);
    this.#distances[this.#root] = 0;
    this.#settled.push(this.#root);
    done[this.#root] = 1;
    for (const attachment of this.#input.attachments) this.#relaxAttachment(attachment, candidates);
    for (let vertex = candidates.pop(); vertex >= 0; vertex = candidates.pop()) {
      const lsp = topology[vertex];
      if (done[vertex] === 1 || lsp === undefined) continue;
      done[vertex] = 1;
      this.#settled.push(vertex);
      // Whoever is overloaded is the end of a path, not on its way (7.2.8.1).
      if ((lsp.flags & FLAG_OVERLOAD) !== 0 && !isPseudonode(lsp)) continue;
      const lan = this.#lans.size > 0 ? this.#lans.get(vertex) : undefined;
      for (let part: Lsp | undefined = lsp, next = 0; part !== undefined; ) {
        for (const { edges } of part.reach[style]) {
          for (const edge of edges)
            if (done[edge.vertex] === 0) this.#relaxEdge(vertex, edge, lan, candidates);
        }
        part = lsdb.fragmentsOf(vertex)[next++];
      }
    }
  }

  #relaxEdge(
    from: number,
    { vertex: to, metric }: Edge,
    lan: ReadonlyMap<number, Ipv4> | undefined,
    candidates: MinHeap,
  ): void {
    const distance = this.#distances[from] + metric;
    if (distance > this.#distances[to]) return;
    const set = this.#sets[from];
    this.#relax(from, to, distance, lan === undefined ? set : this.#through(set, lan, to), candidates);
  }

  #relax(from: number, to: number, distance: number, set: number, candidates: MinHeap): void {
    const target = this.#input.lsdb.topology[to];
    if (target === undefined || set === NO_NEXT_HOPS || distance > MAX_PATH_METRIC) return;
    if (distance > this.#distances[to] || !this.#leadsTo(target, from)) return;
    if (distance === this.#distances[to]) {
      this.#sets[to] = this.#hops.union(this.#sets[to], set);
      return;
    }
    this.#distances[to] = distance;
    this.#sets[to] = set;
    // Of two at one distance the pseudonode goes first, or paths of equal cost through it are missed (7.2.7).
    candidates.push(distance * 2 + (isPseudonode(target) ? 0 : 1), to);
  }

  #relaxAttachment({ circuit, metric, lan, peers }: Attachment, candidates: MinHeap): void {
    if (lan === undefined) {
      for (const { system, address } of peers) {
        const to = this.#pool.findVertex(system, 0);
        if (to < 0 || address === undefined) continue;
        this.#relax(this.#root, to, metric, this.#hops.single(circuit, address), candidates);
      }
      return;
    }
    const pseudonode = this.#pool.findVertex(lan.system, lan.pseudonode);
    if (pseudonode < 0) return;
    const members = this.#lans.get(pseudonode) ?? new Map<number, Ipv4>();
    this.#lans.set(pseudonode, members);
    for (const { system, address } of peers) {
      const vertex = this.#pool.findVertex(system, 0);
      if (vertex >= 0 && address !== undefined) members.set(vertex, address);
    }
    this.#relax(this.#root, pseudonode, metric, this.#hops.single(circuit, null), candidates);
  }

  /** Next hops of a router on a LAN that we are on: itself, where we are its neighbours. */
  #through(set: number, lan: ReadonlyMap<number, Ipv4>, to: number): number {
    if (!this.#hops.isAttached(set)) return set;
    const address = lan.get(to);
    return address === undefined ? NO_NEXT_HOPS : this.#hops.through(set, address);
  }

  /** A link counts only when the other end says that it has it too. */
  #leadsTo(lsp: Lsp, vertex: number): boolean {
    const { lsdb, style } = this.#input;
    for (let part: Lsp | undefined = lsp, next = 0; part !== undefined; ) {
      for (const { edges } of part.reach[style]) {
        for (const edge of edges) if (edge.vertex === vertex) return true;
      }
      part = lsdb.fragmentsOf(lsp.vertex)[next++];
    }
    return false;
  }
}

/** The best route of each prefix among those offered. */
class BestRoutes implements LevelRoutes {
  readonly level: IsisLevel;
  readonly hops: NextHopSets;
  readonly costs: Uint32Array;
  readonly ranks: Uint8Array;
  readonly sets: Uint32Array;

  constructor(level: IsisLevel, prefixes: number, hops: NextHopSets) {
    this.level = level;
    this.hops = hops;
    this.costs = new Uint32Array(prefixes).fill(UNREACHABLE);
    this.ranks = new Uint8Array(prefixes);
    this.sets = new Uint32Array(prefixes);
  }

  offer(prefix: number, rank: number, cost: number, set: number): void {
    if (cost > MAX_PATH_METRIC) return;
    const known = this.costs[prefix];
    if (known !== UNREACHABLE) {
      const order = rank - this.ranks[prefix] || cost - known;
      if (order > 0) return;
      if (order === 0) {
        this.sets[prefix] = this.hops.union(this.sets[prefix], set);
        return;
      }
    }
    this.costs[prefix] = cost;
    this.ranks[prefix] = rank;
    this.sets[prefix] = set;
  }
}

function isPseudonode(lsp: Lsp): boolean {
  return lsp.local > 0xff;
}

function rankOf(level: IsisLevel, { down, externalMetric }: Stub): number {
  const rank = level === 1 ? (down ? RANK.level1Down : RANK.level1) : down ? RANK.level2Down : RANK.level2;
  return externalMetric ? rank + RANK.externalMetric : rank;
}
