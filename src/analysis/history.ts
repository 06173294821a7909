/**
 * Something that is recorded only when it changed, by step: what holds at the end of a step is the latest that
 * was recorded in it or before.
 */
import type { Plane } from '../net/wire.ts';

const PLANES: readonly Plane[] = ['real', 'shadow'];

export class History<Value> {
  readonly #changed = new Set<string>();
  readonly #records = new Map<string, { readonly step: number; readonly value: Value | undefined }[]>();

  /** Records come in the order of steps; a second one for the same step replaces the first. */
  record(step: number, router: string, plane: Plane, value: Value): void {
    this.#changed.add(`${step} ${plane}`);
    this.#push(step, router, plane, value);
  }

  /** From `step` on it is not known what holds. */
  forget(step: number, router: string): void {
    for (const plane of PLANES) this.#push(step, router, plane, undefined);
  }

  /** What holds at the end of `step`; undefined where nothing was recorded until then. */
  at(step: number, router: string, plane: Plane): Value | undefined {
    return this.#records.get(`${plane} ${router}`)?.findLast((record) => record.step <= step)?.value;
  }

  /** Was anything recorded of a plane in this very step? */
  changedIn(step: number, plane: Plane): boolean {
    return this.#changed.has(`${step} ${plane}`);
  }

  #push(step: number, router: string, plane: Plane, value: Value | undefined): void {
    const key = `${plane} ${router}`;
    const records = this.#records.get(key);
    if (records === undefined) this.#records.set(key, [{ step, value }]);
    else records.push({ step, value });
  }
}
