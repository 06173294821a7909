/** Machines may be called anything; what is made for them in the file system may not. */
import type { Machine } from './plan.ts';

/** Short enough for a socket's path (unix(7)). */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/;
const MAX_SLUG = 40;

/** By machine: its own name where that is one for a file, else what is left of it and its place. No two are equal. */
export function fileNames(machines: readonly Machine[]): ReadonlyMap<string, string> {
  return new Map(
    machines.map(({ name }, index) => {
      if (PLAIN.test(name)) return [name, name];
      const slug = name.replace(/[^A-Za-z0-9]+/g, '_').slice(0, MAX_SLUG);
      // No plain name has a tilde.
      return [name, `${slug}~${index + 1}`];
    }),
  );
}
