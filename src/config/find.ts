/**
 * Which command a line is. Its keywords may be shortened as at FRR's prompt, as long as they are one only: `int`, `ip
 * addr`, `no shut`. What is written out wins; of what is shortened, a section further in.
 */
import type { Word } from './argument.ts';
import { ANY_WORD, type Command, type Section, type SectionKind } from './command.ts';
import { COMMANDS, commandsOf } from './commands.ts';

export interface Found {
  readonly section: Section;
  readonly command: Command;
}

/**
 * Of the sections that a line may stand in, the innermost that knows it; but one further out whose command has more
 * keywords: under `key chain A`, `key chain B` is no key.
 */
export function findWithin(sections: readonly Section[], words: readonly Word[]): Found | undefined {
  const texts = textsOf(words);
  const found = best(sections, () => texts);
  // What is a whole keyword elsewhere is no short one here: `class` at the top does not mean `class-map`.
  if (found !== undefined || findAnywhere(texts) !== undefined) return found;
  return best(sections, ({ kind }) => writtenOut(commandsOf(kind), texts));
}

const KEYWORD_COMMANDS = Map.groupBy(
  COMMANDS.filter(({ keywords }) => keywords.length > 0),
  ({ keywords }) => keywords[0],
);

/** The command that the words begin with, whatever section it stands in; of those that are known by their keywords. */
export function findAnywhere(texts: readonly string[]): Command | undefined {
  return find(KEYWORD_COMMANDS.get(texts[0]) ?? [], texts);
}

export function textsOf(words: readonly Word[]): readonly string[] {
  return words.map(({ text }) => text);
}

function best(
  sections: readonly Section[],
  textsIn: (section: Section) => readonly string[],
): Found | undefined {
  let found: Found | undefined;
  for (const section of sections) {
    const command = find(candidates(section.kind, textsIn(section)[0]), textsIn(section));
    if (command !== undefined && command.keywords.length > (found?.command.keywords.length ?? -1)) {
      found = { section, command };
    }
  }
  return found;
}

/** The command with the most keywords among those that the words begin with. */
function find(commands: readonly Command[], texts: readonly string[]): Command | undefined {
  let found: Command | undefined;
  for (const command of commands) {
    if (beginsWith(command, texts) && command.keywords.length >= (found?.keywords.length ?? 0))
      found = command;
  }
  return found;
}

function beginsWith(command: Command, texts: readonly string[]): boolean {
  if (command.keywords.length === 0) return command.startsWith?.(texts[0]) ?? false;
  if (command.whole && texts.length > command.keywords.length) return false;
  return command.keywords.every((keyword, index) => isKeyword(keyword, texts.at(index)));
}

export function isKeyword(keyword: string, text: string | undefined): boolean {
  return keyword === text || (keyword === ANY_WORD && text !== undefined);
}

/** The words with the keywords among them written out, as far as what they stand for is one thing. */
function writtenOut(commands: readonly Command[], texts: readonly string[]): readonly string[] {
  const written = [...texts];
  let left = commands.filter(({ keywords }) => keywords.length > 0);
  for (const [index, text] of texts.entries()) {
    const next = new Set(left.flatMap(({ keywords }) => keywords.slice(index, index + 1)));
    const keyword = next.has(text)
      ? text
      : (shortFor(text, next) ?? (next.has(ANY_WORD) ? ANY_WORD : undefined));
    if (keyword === undefined) break;
    if (keyword !== ANY_WORD) written[index] = keyword;
    left = left.filter(({ keywords }) => keywords[index] === keyword);
  }
  return written;
}

/** The one keyword that begins with `text`. */
export function shortFor(text: string, keywords: Iterable<string>): string | undefined {
  const longer = [...keywords].filter((keyword) => keyword.startsWith(text));
  return longer.length === 1 ? longer[0] : undefined;
}

/** By section and first word, the commands that a line may be: all others begin with another word. */
const CANDIDATES = new Map<SectionKind, Map<string, readonly Command[]>>();

function candidates(kind: SectionKind, text: string): readonly Command[] {
  const known = CANDIDATES.get(kind) ?? byFirstWord(kind);
  CANDIDATES.set(kind, known);
  return known.get(text) ?? known.get('') ?? [];
}

/** Under '' those that any first word may have. */
function byFirstWord(kind: SectionKind): Map<string, readonly Command[]> {
  const isOpen = ({ keywords }: Command) => keywords.length === 0 || keywords[0] === ANY_WORD;
  const commands = commandsOf(kind);
  const words = new Set(commands.flatMap(({ keywords }) => keywords.slice(0, 1)));
  return new Map([
    ['', commands.filter(isOpen)],
    ...[...words].map(
      (word) => [word, commands.filter((each) => isOpen(each) || each.keywords[0] === word)] as const,
    ),
  ]);
}
