/** Lists of next hops, numbered: the same list is one number, and lists are joined only where ways of equal cost meet. */
import type { Ipv4 } from '../../../net/address.ts';
import type { NextHopOnLink } from '../spf/next-hops.ts';

export class HopLists {
  readonly lists: (readonly NextHopOnLink[])[] = [];
  readonly #limit: number;
  readonly #numbers = new Map<readonly NextHopOnLink[], number>();
  readonly #unions = new Map<number, number>();

  /** `limit`: of next hops in a list. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  numberOf(list: readonly NextHopOnLink[]): number {
    const known = this.#numbers.get(list);
    if (known !== undefined) return known;
    const number = this.lists.push(list) - 1;
    this.#numbers.set(list, number);
    return number;
  }

  union(a: number, b: number): number {
    if (a === b) return a;
    const pair = a < b ? a * 0x1000000 + b : b * 0x1000000 + a;
    const known = this.#unions.get(pair);
    if (known !== undefined) return known;
    const joined = this.numberOf(this.join(this.lists[a], this.lists[b]));
    this.#unions.set(pair, joined);
    return joined;
  }

  /** Both, sorted by interface and gateway, each once, as many as there may be. */
  join(a: readonly NextHopOnLink[], b: readonly NextHopOnLink[]): readonly NextHopOnLink[] {
    const isNew = (hop: NextHopOnLink): boolean =>
      !a.some((known) => known.interface === hop.interface && known.gateway === hop.gateway);
    const added = b.filter(isNew);
    if (added.length === 0) return a;
    return [...a, ...added].sort(compareHops).slice(0, this.#limit);
  }

  /** The list with `gateway` wherever the next hop was the wire itself. */
  through(list: readonly NextHopOnLink[], gateway: Ipv4): readonly NextHopOnLink[] {
    if (!list.some((hop) => hop.gateway === null)) return list;
    return list.map((hop) => (hop.gateway === null ? { interface: hop.interface, gateway } : hop));
  }
}

function compareHops(a: NextHopOnLink, b: NextHopOnLink): number {
  if (a.interface !== b.interface) return a.interface < b.interface ? -1 : 1;
  return (a.gateway ?? -1) - (b.gateway ?? -1);
}
