/**
 * The prefixes of a neighbour that were refused, and by what: for whoever asks why a route is not there. A policy may
 * refuse a full table; the first so many are remembered.
 */
import { type Ipv4, maskOf, type Prefix } from '../../../net/address.ts';
import { PrefixMap } from '../../rib/prefix-map.ts';
import type { Refusal } from './adj-rib-in.ts';
import type { Nlri } from './contract.ts';

export interface RefusedRoute {
  readonly prefix: Prefix;
  readonly by: Refusal;
}

/** Some 0.5 MB of a neighbour. */
const MAX_REMEMBERED = 10_000;

export class RefusedRoutes {
  readonly #prefixes = new PrefixMap<Refusal>();

  set({ prefix }: Nlri, by: Refusal): void {
    if (this.#prefixes.size >= MAX_REMEMBERED && this.#prefixes.get(prefix) === undefined) return;
    this.#prefixes.set(prefix, by);
  }

  delete({ prefix }: Nlri): void {
    if (this.#prefixes.size > 0) this.#prefixes.delete(prefix);
  }

  /** The longest prefix of them that the address lies in. */
  find(address: Ipv4): RefusedRoute | undefined {
    for (let length = 32; length >= 0; length--) {
      const prefix = { address: (address & maskOf(length)) >>> 0, length };
      const by = this.#prefixes.get(prefix);
      if (by !== undefined) return { prefix, by };
    }
    return undefined;
  }
}
