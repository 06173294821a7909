/**
 * A map by prefix. A map for each prefix length, by address: its keys are small integers, which are neither
 * allocated nor slow to hash. A thousand routers hold millions of them.
 */
import type { Prefix } from '../../net/address.ts';

export class PrefixMap<Value> {
  readonly #byLength: (Map<number, Value> | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get({ address, length }: Prefix): Value | undefined {
    return this.#byLength[length]?.get(address | 0);
  }

  set({ address, length }: Prefix, value: Value): void {
    let map = this.#byLength[length];
    if (map === undefined) {
      map = new Map();
      this.#byLength[length] = map;
    }
    const before = map.size;
    map.set(address | 0, value);
    this.#size += map.size - before;
  }

  delete({ address, length }: Prefix): void {
    if (this.#byLength[length]?.delete(address | 0)) this.#size--;
  }

  /** In no order. */
  *entries(): Generator<readonly [Prefix, Value]> {
    for (const [length, map] of this.#byLength.entries()) {
      if (map !== undefined)
        for (const [address, value] of map) yield [{ address: address >>> 0, length }, value];
    }
  }
}

/** A prefix as one number, ordered as prefixes are: by address, then by length. */
export function keyOf(prefix: Prefix): number {
  return prefix.address * 64 + prefix.length;
}
