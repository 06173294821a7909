/**
 * Carries best routes into the FIB. A real router takes its time over that, prefix by prefix (110 to 146 us each
 * on the routers of 2005: P. Francois et al., "Achieving sub-second IGP convergence in large IP networks", CCR
 * 35(3)); while it does, its FIB is half old and half new. Each write takes a random time, from half the given
 * one to one and a half. The order is random too: the prefixes that follow one route of the IGP (BGP's, on a
 * real backbone) lie all over the table. With a time of 0 the FIB follows at once.
 */
import type { Prefix } from '../../net/address.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { NextHop } from '../../world/observation.ts';
import type { World } from '../../world/world.ts';
import { keyOf } from './prefix-map.ts';
import type { InstallRoute } from './rib.ts';

export class FibWriter {
  readonly #world: World;
  readonly #perRouteNs: TimeNs;
  readonly #write: InstallRoute;
  /** What is still to be written, one entry a prefix: the latest. */
  readonly #waiting = new Map<
    number,
    { readonly prefix: Prefix; readonly nextHops: readonly NextHop[] | undefined }
  >();
  /** The keys of `#waiting`, in no order. */
  readonly #keys: number[] = [];
  #busy = false;

  constructor(world: World, perRouteNs: TimeNs, write: InstallRoute) {
    this.#world = world;
    this.#perRouteNs = perRouteNs;
    this.#write = write;
  }

  /** Nothing is waiting. */
  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  put(prefix: Prefix, nextHops: readonly NextHop[] | undefined): void {
    if (this.#perRouteNs === 0) {
      this.#write(prefix, nextHops);
      return;
    }
    const key = keyOf(prefix);
    if (!this.#waiting.has(key)) this.#keys.push(key);
    this.#waiting.set(key, { prefix, nextHops });
    if (!this.#busy) this.#startNext();
  }

  #startNext(): void {
    this.#busy = this.#keys.length > 0;
    if (!this.#busy) return;
    const takesNs = Math.round(this.#perRouteNs * (0.5 + this.#world.random.next()));
    this.#world.clock.after(takesNs, () => {
      this.#writeAny();
      this.#startNext();
    });
  }

  #writeAny(): void {
    const index = Math.floor(this.#world.random.next() * this.#keys.length);
    const key = this.#keys[index];
    this.#keys[index] = this.#keys[this.#keys.length - 1];
    this.#keys.pop();
    const next = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (next !== undefined) this.#write(next.prefix, next.nextHops);
  }
}
