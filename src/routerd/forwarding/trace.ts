/** Where postcards wait until they are taken. Bounded: what comes when it is full is refused and counted. */
import type { Postcard } from '../../world/observation.ts';

export const MAX_POSTCARDS = 65_536;

export class PostcardStore {
  #postcards: Postcard[] = [];
  #dropped = 0;

  add(postcard: Postcard): void {
    if (this.#postcards.length < MAX_POSTCARDS) this.#postcards.push(postcard);
    else this.#dropped++;
  }

  take(): { readonly postcards: readonly Postcard[]; readonly dropped: number } {
    const taken = { postcards: this.#postcards, dropped: this.#dropped };
    this.#postcards = [];
    this.#dropped = 0;
    return taken;
  }
}
