/** Lines of a configuration that another router's language has no words for. */
import type { WrittenSection } from './writer.ts';

export interface Inexpressible {
  /** As sectionsOf (writer.ts) has it: `router bgp 65000 address-family ipv4 unicast`; empty for the top. */
  readonly section: string;
  /** The line, as the writer writes it. */
  readonly line: string;
  readonly reason: string;
}

/** Lines that begin so, in sections that begin so, cannot be said. */
export interface UnknownThere {
  readonly section: string;
  readonly keywords: string;
  readonly reason: string;
}

/** All lines that the table names, in the order of the text. What stands in a section that is named goes with it. */
export function inexpressibleLines(
  sections: readonly WrittenSection[],
  unknown: readonly UnknownThere[],
): readonly Inexpressible[] {
  const found: Inexpressible[] = [];
  for (const { title, lines } of sections) {
    if (found.some(({ section, line }) => begins(title, `${section} ${line}`.trim()))) continue;
    for (const { text } of lines) {
      const match = unknown.find(({ section, keywords }) => begins(title, section) && begins(text, keywords));
      if (match !== undefined) found.push({ section: title, line: text, reason: match.reason });
    }
  }
  return found;
}

/** By whole words; `*` in the beginning stands for any one. */
function begins(text: string, beginning: string): boolean {
  if (beginning === '') return true;
  const words = text.split(' ');
  return beginning
    .split(' ')
    .every((word, index) => word === words[index] || (word === '*' && index < words.length));
}

/**
 * The number, from 1, of the line in a text that was read that says it, below the line that opens its section; of lines
 * in other words the one that has most of its words in their order, and no others, or all and others between them (a
 * rule without its number; a line with its options).
 * Undefined where there is none.
 */
export function lineOfText(text: string, { section, line }: Inexpressible): number | undefined {
  const wanted = line.split(' ');
  let best: { readonly at: number; readonly score: number } | undefined;
  let isOpen = section === '';
  for (const [index, each] of text.split(/\r?\n/).entries()) {
    const words = each.trim().split(/\s+/);
    if (section !== '' && `${section} `.includes(`${words.join(' ')} `) && words[0] !== '') isOpen = true;
    if (!isWithin(words, wanted) && !isWithin(wanted, words)) continue;
    const score = Math.min(words.length, wanted.length) + (isOpen ? 0.5 : 0);
    if (best === undefined || score > best.score) best = { at: index + 1, score };
  }
  return best?.at;
}

/** All of `words`, at least two and the first among them, are among `wanted` in their order. */
function isWithin(words: readonly string[], wanted: readonly string[]): boolean {
  if (words[0] !== wanted[0] || (words.length < 2 && wanted.length > 1)) return false;
  let from = 0;
  return words.every((word) => {
    const at = wanted.indexOf(word, from);
    from = at + 1;
    return at >= 0;
  });
}
