/**
 * What the parts of an aggregate have: the attributes of the best routes within it, and how many have them. It is
 * counted as those change, so that a change in a full table is no look at all of it.
 */
import type { PathAttributes } from './attributes.ts';

export class AggregateParts {
  readonly #counts = new Map<PathAttributes, number>();
  /** The aggregate is not what it would be by now. */
  isNews = true;

  /** Each once, in no order. */
  get attributes(): Iterable<PathAttributes> {
    return this.#counts.keys();
  }

  /** A part has these instead of others; undefined: there is none any more, or was none. */
  change(former: PathAttributes | undefined, now: PathAttributes | undefined): void {
    if (former === now) return;
    if (former !== undefined) this.#add(former, -1);
    if (now !== undefined) this.#add(now, 1);
  }

  #add(attributes: PathAttributes, more: 1 | -1): void {
    const before = this.#counts.get(attributes) ?? 0;
    if (before + more === 0) this.#counts.delete(attributes);
    else this.#counts.set(attributes, before + more);
    if (before === 0 || before + more === 0) this.isNews = true;
  }
}
