/** What was found wrong while a topology was read: collected, so that all of it is told at once. */
import type { DocumentPath, Problem } from '../problem.ts';
import type { Location } from '../source-text.ts';

/** Points into the user's file, from one element of it: `place(['router'])` is that element's key `router`. */
export type Place = (path?: DocumentPath, atKey?: boolean) => Location;

/** What is wrong, in words; with or without what would be right. */
export type Words = string | { readonly message: string; readonly suggestion?: string };

/** More are not told: whoever made so many mends the cause of the first ones. */
const MAX_FINDINGS = 100;

export class Findings {
  readonly #problems: Problem[] = [];

  error(location: Location, words: Words): void {
    this.#add('error', location, words);
  }

  warning(location: Location, words: Words): void {
    this.#add('warning', location, words);
  }

  add(problems: readonly Problem[]): void {
    this.#problems.push(...problems);
  }

  /** Whether there was an error; warnings do not count. */
  get failed(): boolean {
    return this.#problems.some((problem) => problem.severity === 'error');
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Whether what is found from here on is not told any more. */
  get full(): boolean {
    return this.#problems.length > MAX_FINDINGS;
  }

  #add(severity: Problem['severity'], location: Location, words: Words): void {
    if (this.full) return;
    if (this.#problems.length === MAX_FINDINGS) {
      const message = `more than ${MAX_FINDINGS} problems in this topology: no more are told`;
      this.#problems.push({ severity: 'error', ...location, message });
      return;
    }
    const parts = typeof words === 'string' ? { message: words } : words;
    this.#problems.push({ severity, ...location, ...parts });
  }
}
