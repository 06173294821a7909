/**
 * Users' regular expressions, on outputs that nobody has seen before. JavaScript's engine backtracks: `(a+)+$` can go
 * on for years on forty characters. Which patterns do so cannot be told from the outside, so each search has a time,
 * which the engine itself keeps: it looks for an interruption at every step back. A search that ends is the same at
 * every speed of machine; one that does not was none that could be judged.
 */
import { runInNewContext } from 'node:vm';

/** A linear search through the longest output takes a thousandth of it. */
const LIMIT_MS = 2000;

/** `^` and `$` are ends of lines; an escape that means nothing is a mistake, not a letter. */
const FLAGS = 'mu';

/** Why the text is no regular expression; undefined where it is one. */
export function regexProblem(regex: string): string | undefined {
  try {
    new RegExp(regex, FLAGS);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    return message.replace(/^Invalid regular expression: /, '').replace(/^\/.*\/mu: /s, '');
  }
}

/** Where in the text it matches first, and how long; null where nowhere; `too hard` where that cannot be found out. */
export function search(
  regex: string,
  text: string,
): { readonly index: number; readonly length: number } | null | 'too hard' {
  const script = `const found = new RegExp(regex, '${FLAGS}').exec(text); found && found.index + ' ' + found[0].length`;
  try {
    const found: unknown = runInNewContext(script, { regex, text }, { timeout: LIMIT_MS });
    if (typeof found !== 'string') return null;
    const [index = 0, length = 0] = found.split(' ').map(Number);
    return { index, length };
  } catch {
    // Its time was over, or its memory of ways to go back.
    return 'too hard';
  }
}
