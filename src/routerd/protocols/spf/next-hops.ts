/**
 * Sets of next hops, numbered: SPF passes them from vertex to vertex as one number, and joins two only where
 * paths of equal cost meet.
 */
import type { Ipv4 } from '../../../net/address.ts';

export interface NextHopOnLink {
  readonly interface: string;
  readonly gateway: Ipv4 | null;
}

/** Lists of next hops of which equal ones are one: whether a route has changed is then seen without looking into them. */
export class SharedHops {
  readonly #known: Map<string, readonly NextHopOnLink[]>;

  /** `former`: those in use already. */
  constructor(former: readonly (readonly NextHopOnLink[])[]) {
    this.#known = new Map(former.map((list) => [keyOf(list), list]));
  }

  /** The list that is used for all equal ones. */
  of(list: readonly NextHopOnLink[]): readonly NextHopOnLink[] {
    const key = keyOf(list);
    const known = this.#known.get(key) ?? list;
    this.#known.set(key, known);
    return known;
  }
}

function keyOf(list: readonly NextHopOnLink[]): string {
  return list.map((hop) => `${hop.interface} ${hop.gateway}`).join();
}

/** The set without members. */
export const NO_NEXT_HOPS = 0;

export class NextHopSets {
  readonly #hops: NextHopOnLink[] = [];
  readonly #sets: (readonly number[])[] = [[]];
  readonly #numbers = new Map<string, number>([['', NO_NEXT_HOPS]]);
  readonly #unions = new Map<number, number>();

  /** How many sets there are; their numbers are below it. */
  get size(): number {
    return this.#sets.length;
  }

  single(interfaceName: string, gateway: Ipv4 | null): number {
    let hop = this.#hops.findIndex((known) => known.interface === interfaceName && known.gateway === gateway);
    if (hop < 0) hop = this.#hops.push({ interface: interfaceName, gateway }) - 1;
    return this.#number([hop]);
  }

  union(a: number, b: number): number {
    if (a === b || b === NO_NEXT_HOPS) return a;
    if (a === NO_NEXT_HOPS) return b;
    const pair = a < b ? a * 0x1000000 + b : b * 0x1000000 + a;
    const known = this.#unions.get(pair);
    if (known !== undefined) return known;
    const joined = this.#number([...new Set([...this.#sets[a], ...this.#sets[b]])].sort((x, y) => x - y));
    this.#unions.set(pair, joined);
    return joined;
  }

  /** Whether the set leads onto a wire without naming a router there: it is a network that we are attached to. */
  isAttached(set: number): boolean {
    return this.#sets[set].some((hop) => this.#hops[hop].gateway === null);
  }

  /** The set with `gateway` named wherever none was (16.1.1: the destination is on a network we are attached to). */
  through(set: number, gateway: Ipv4): number {
    let result = NO_NEXT_HOPS;
    for (const hop of this.#sets[set]) {
      const { interface: name, gateway: known } = this.#hops[hop];
      result = this.union(result, known === null ? this.single(name, gateway) : this.#number([hop]));
    }
    return result;
  }

  /** The first `limit` members, sorted by interface and gateway. */
  members(set: number, limit: number): readonly NextHopOnLink[] {
    return this.#sets[set]
      .map((hop) => this.#hops[hop])
      .sort(compareNextHops)
      .slice(0, limit);
  }

  #number(hops: readonly number[]): number {
    const key = hops.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#sets.push(hops) - 1;
    this.#numbers.set(key, number);
    return number;
  }
}

function compareNextHops(a: NextHopOnLink, b: NextHopOnLink): number {
  if (a.interface !== b.interface) return a.interface < b.interface ? -1 : 1;
  return (a.gateway ?? -1) - (b.gateway ?? -1);
}
