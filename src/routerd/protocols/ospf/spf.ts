/**
 * The shortest-path tree of an area and the routes it gives (RFC 2328 16.1): a pure function from the LSAs, by
 * vertex, to a cost and a set of next hops for each prefix. Vertices and prefixes are the pool's numbers, so
 * everything here is an array; time is O(E log V).
 */
import type { Ipv4, Prefix } from '../../../net/address.ts';
import { MinHeap } from '../spf/min-heap.ts';
import { type NextHopOnLink, NextHopSets, NO_NEXT_HOPS } from '../spf/next-hops.ts';
import { FLAG_B, FLAG_E } from './lsa.ts';
import { EDGE_WORDS, isRouter, type Lsa, type LsaPool, STUB_WORDS } from './pool.ts';

/** One of the calculating router's own interfaces, as next hops need it. */
export interface Attachment {
  readonly interface: string;
  readonly address: Ipv4;
  /** What the router-LSA may announce as stub networks for it. */
  readonly prefixes: readonly Prefix[];
  /** On a point-to-point link: the adjacent router, and its address there. */
  readonly peers: readonly { readonly routerId: Ipv4; readonly address: Ipv4 }[];
}

export interface SpfInput {
  readonly pool: LsaPool;
  /** By vertex number. */
  readonly topology: readonly (Lsa | undefined)[];
  readonly routerId: Ipv4;
  readonly attachments: readonly Attachment[];
  readonly maximumPaths: number;
}

export const UNREACHABLE = 0xffffffff;

/** Arrays by prefix number. */
export interface SpfResult {
  /** UNREACHABLE where there is no route. */
  readonly costs: Uint32Array;
  /** Index into `nextHops`. */
  readonly sets: Uint32Array;
  readonly nextHops: readonly (readonly NextHopOnLink[])[];
}

/** A way to an area border router or AS boundary router within the area. */
export interface RouterPath {
  readonly flags: number;
  readonly cost: number;
  readonly nextHops: readonly NextHopOnLink[];
}

/** What an area knows by itself. */
export interface AreaPaths extends SpfResult {
  /** By Router ID; ourselves left out. */
  readonly borders: ReadonlyMap<Ipv4, RouterPath>;
}

const NO_BORDERS: ReadonlyMap<Ipv4, RouterPath> = new Map();

export const NO_PATHS: AreaPaths = {
  costs: new Uint32Array(0),
  sets: new Uint32Array(0),
  nextHops: [],
  borders: NO_BORDERS,
};

export function shortestPaths(input: SpfInput): AreaPaths {
  const { pool, topology } = input;
  const root = pool.findRouter(input.routerId);
  const costs = new Uint32Array(pool.prefixes.capacity).fill(UNREACHABLE);
  const sets = new Uint32Array(pool.prefixes.capacity);
  if (root < 0 || topology[root] === undefined) return { costs, sets, nextHops: [], borders: NO_BORDERS };

  const hops = new NextHopSets();
  const tree = new Tree(input, root, hops);
  tree.grow();

  // Second stage (16.1): what hangs on the vertices.
  for (const vertex of tree.settled) {
    const lsa = topology[vertex];
    if (lsa === undefined) continue;
    const { stubs } = lsa;
    for (let at = 0; at < stubs.length; at += STUB_WORDS) {
      const prefix = stubs[at];
      const set = vertex === root ? ownStub(input, prefix, hops) : tree.hopsTo(vertex);
      const cost = tree.distanceTo(vertex) + stubs[at + 1];
      if (set === NO_NEXT_HOPS || cost > costs[prefix] || cost >= UNREACHABLE) continue;
      sets[prefix] = cost === costs[prefix] ? hops.union(sets[prefix], set) : set;
      costs[prefix] = cost;
    }
  }

  // Only sets that a route uses are worth keeping: renumber them.
  const numbers = new Int32Array(hops.size).fill(-1);
  const nextHops: (readonly NextHopOnLink[])[] = [];
  for (let prefix = 0; prefix < costs.length; prefix++) {
    if (costs[prefix] === UNREACHABLE) continue;
    const set = sets[prefix];
    if (numbers[set] < 0) numbers[set] = nextHops.push(hops.members(set, input.maximumPaths)) - 1;
    sets[prefix] = numbers[set];
  }
  return { costs, sets, nextHops, borders: bordersOf(tree, input, root, hops) };
}

function bordersOf(
  tree: Tree,
  { topology, maximumPaths }: SpfInput,
  root: number,
  hops: NextHopSets,
): ReadonlyMap<Ipv4, RouterPath> {
  let borders: Map<Ipv4, RouterPath> | undefined;
  for (const vertex of tree.settled) {
    const lsa = topology[vertex];
    if (lsa === undefined || (lsa.flags & (FLAG_B | FLAG_E)) === 0 || vertex === root) continue;
    borders ??= new Map();
    borders.set(lsa.identity.id, {
      flags: lsa.flags,
      cost: tree.distanceTo(vertex),
      nextHops: hops.members(tree.hopsTo(vertex), maximumPaths),
    });
  }
  return borders ?? NO_BORDERS;
}

/** Our own stub networks are on the wire at the interfaces that have them. */
function ownStub({ pool, attachments }: SpfInput, prefix: number, hops: NextHopSets): number {
  const { address, length } = pool.prefixes.valueOf(prefix);
  let set = NO_NEXT_HOPS;
  for (const attachment of attachments) {
    if (attachment.prefixes.some((own) => own.address === address && own.length === length)) {
      set = hops.union(set, hops.single(attachment.interface, null));
    }
  }
  return set;
}

/** First stage: Dijkstra's algorithm over routers and transit networks. */
class Tree {
  /** Vertices in the order in which they joined the tree. */
  readonly settled: number[] = [];
  readonly #input: SpfInput;
  readonly #root: number;
  readonly #hops: NextHopSets;
  readonly #distances: Float64Array;
  readonly #sets: Uint32Array;
  readonly #done: Uint8Array;

  constructor(input: SpfInput, root: number, hops: NextHopSets) {
    this.#input = input;
    this.#root = root;
    this.#hops = hops;
    this.#distances = new Float64Array(input.topology.length).fill(Number.POSITIVE_INFINITY);
    this.#sets = new Uint32Array(input.topology.length);
    this.#done = new Uint8Array(input.topology.length);
  }

  distanceTo(vertex: number): number {
    return this.#distances[vertex];
  }

  hopsTo(vertex: number): number {
    return this.#sets[vertex];
  }

  grow(): void {
    const { topology } = this.#input;
    const distances = this.#distances;
    const sets = this.#sets;
    const done = this.#done;
    const candidates = new MinHeap();
    distances[this.#root] = 0;
    candidates.push(1, this.#root);
    for (let vertex = candidates.pop(); vertex >= 0; vertex = candidates.pop()) {
      const lsa = topology[vertex];
      if (done[vertex] === 1 || lsa === undefined) continue;
      done[vertex] = 1;
      this.settled.push(vertex);
      const { edges } = lsa;
      for (let at = 0; at < edges.length; at += EDGE_WORDS) {
        const to = edges[at];
        const target = topology[to];
        if (target === undefined || done[to] === 1) continue;
        const distance = distances[vertex] + edges[at + 1];
        if (distance > distances[to] || !leadsBack(target, vertex)) continue;
        const set = this.#hopsOver(vertex, lsa, target, edges[at + 2]);
        if (set === NO_NEXT_HOPS) continue;
        if (distance === distances[to]) {
          sets[to] = this.#hops.union(sets[to], set);
          continue;
        }
        distances[to] = distance;
        sets[to] = set;
        // Of two at one distance the network goes first, or paths of equal cost through it are missed (16.1, step 3).
        candidates.push(distance * 2 + (isRouter(target) ? 1 : 0), to);
      }
    }
  }

  /** Next hops of `target` when reached from `vertex` over an edge with that Link Data (16.1.1). */
  #hopsOver(vertex: number, lsa: Lsa, target: Lsa, data: Ipv4): number {
    if (vertex === this.#root) return this.#hopsFromRoot(target, data);
    const inherited = this.#sets[vertex];
    if (isRouter(lsa) || !this.#hops.isAttached(inherited)) return inherited;
    // The network is attached to us: the next hop is the target itself, at the address its LSA gives for it.
    let set = NO_NEXT_HOPS;
    const { edges } = target;
    for (let at = 0; at < edges.length; at += EDGE_WORDS) {
      if (edges[at] === vertex) set = this.#hops.union(set, this.#hops.through(inherited, edges[at + 2]));
    }
    return set;
  }

  /** Empty where the interface behind the link is gone, though our own LSA still has it. */
  #hopsFromRoot(target: Lsa, data: Ipv4): number {
    const { pool, attachments } = this.#input;
    let set = NO_NEXT_HOPS;
    for (const { interface: name, address, peers } of attachments) {
      if (address !== data) continue;
      if (!isRouter(target)) set = this.#hops.union(set, this.#hops.single(name, null));
      for (const peer of peers) {
        if (pool.findRouter(peer.routerId) !== target.vertex) continue;
        set = this.#hops.union(set, this.#hops.single(name, peer.address));
      }
    }
    return set;
  }
}

/** A link counts only when the other end says that it has it too (16.1, step 2b). */
function leadsBack(target: Lsa, vertex: number): boolean {
  const { edges } = target;
  for (let at = 0; at < edges.length; at += EDGE_WORDS) if (edges[at] === vertex) return true;
  return false;
}
