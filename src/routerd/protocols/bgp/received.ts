/** What a neighbour announced, as it came (`soft-reconfiguration inbound`): another policy can be put to it without asking again. */
import { PrefixMap } from '../../rib/prefix-map.ts';
import type { PathAttributes } from './attributes.ts';
import type { Nlri } from './contract.ts';

export class ReceivedRoutes {
  /** By route distinguisher. */
  readonly #byRd = new Map<
    string | undefined,
    PrefixMap<{ readonly nlri: Nlri; readonly attributes: PathAttributes }>
  >();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  set(nlri: Nlri, attributes: PathAttributes): void {
    let map = this.#byRd.get(nlri.rd);
    if (map === undefined) {
      map = new PrefixMap();
      this.#byRd.set(nlri.rd, map);
    }
    this.#size -= map.size;
    map.set(nlri.prefix, { nlri, attributes });
    this.#size += map.size;
  }

  delete({ prefix, rd }: Nlri): void {
    const map = this.#byRd.get(rd);
    if (map === undefined) return;
    this.#size -= map.size;
    map.delete(prefix);
    this.#size += map.size;
    if (map.size === 0) this.#byRd.delete(rd);
  }

  *routes(): Generator<{ readonly nlri: Nlri; readonly attributes: PathAttributes }> {
    for (const map of this.#byRd.values()) for (const [, route] of map.entries()) yield route;
  }
}
