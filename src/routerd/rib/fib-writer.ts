/**
 * Carries best routes into the FIB. A real router takes its time over that, prefix by prefix (110 to 146 us each
 * on the routers of 2005: P. Francois et al., "Achieving sub-second IGP convergence in large IP networks", CCR
 * 35(3)); while it does, its FIB is half old and half new. Each write takes a random time from half the given one to
 * one and a half; with a time of 0 the FIB follows at once.
 */
import type { Prefix } from '../../net/address.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { NextHop } from '../../world/observation.ts';
import type { World } from '../../world/world.ts';
import { type InstallRoute, keyOf } from './rib.ts';

export class FibWriter {
  readonly #world: World;
  readonly #perRouteNs: TimeNs;
  readonly #write: InstallRoute;
  /** What is still to be written, one entry a prefix, in the order it was first asked for. */
  readonly #waiting = new Map<
    number,
    { readonly prefix: Prefix; readonly nextHops: readonly NextHop[] | undefined }
  >();
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
    this.#waiting.set(keyOf(prefix), { prefix, nextHops });
    if (!this.#busy) this.#writeNext();
  }

  #writeNext(): void {
    const next = this.#waiting.entries().next();
    this.#busy = next.done !== true;
    if (next.done === true) return;
    const [key, { prefix, nextHops }] = next.value;
    const takesNs = Math.round(this.#perRouteNs * (0.5 + this.#world.random.next()));
    this.#world.clock.after(takesNs, () => {
      const { nextHops: latest } = this.#waiting.get(key) ?? { nextHops };
      this.#waiting.delete(key);
      this.#write(prefix, latest);
      this.#writeNext();
    });
  }
}
