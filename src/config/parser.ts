/** Text to configuration. See commands.ts for how the language is put together. */
import { nearest } from '../net/suggest.ts';
import { type Misreading, meant, type Word, wordsOf } from './argument.ts';
import {
  ANY_WORD,
  type Command,
  Refusal,
  type Section,
  type SectionKind,
  sectionTitle,
  TOP,
} from './command.ts';
import { COMMANDS, commandsOf, IGNORED } from './commands.ts';
import { findAnywhere, findWithin, isKeyword, shortFor, textsOf } from './find.ts';
import { begunWith, defaultsAfter, FRR_DEFAULTS, settled } from './frr-defaults.ts';
import { MAX_LINE_LENGTH, MAX_LINES, MAX_PROBLEMS, MAX_TEXT_LENGTH } from './limits.ts';
import { EMPTY_CONFIG, type RouterConfig } from './model.ts';
import { normaliseConfig } from './order.ts';
import type { ConfigProblem } from './problem.ts';
import { unsupportedBy } from './unsupported.ts';
import type { Unsupported } from './unsupported-row.ts';

export interface ParsedConfig {
  /** In canonical form; holds every line that has no problem. */
  readonly config: RouterConfig;
  /** In the order of the lines; at most MAX_PROBLEMS. */
  readonly problems: readonly ConfigProblem[];
}

/** Reads a router's whole configuration, text as in FRR's integrated `frr.conf`. */
export function parseConfig(text: string): ParsedConfig {
  return applyLines(EMPTY_CONFIG, text);
}

/**
 * Enters lines at the router's prompt: the configuration `base` with them on top, `no …` removing. Lines with a
 * problem change nothing; all of them are told.
 */
export function applyLines(base: RouterConfig, text: string): ParsedConfig {
  const tooLong = refuseLength(text);
  if (tooLong !== undefined) return { config: normaliseConfig(base), problems: [tooLong] };
  const entry = new Entry(normaliseConfig(base));
  text.split(/\r?\n/).forEach((line, index) => {
    entry.line(line, index + 1);
  });
  return entry.finish();
}

/** What `exit` and the like leave: the section, for the one that it stands in; all of them; that of a kind alone; none that we have. */
const LEAVING: ReadonlyMap<string, 'section' | 'all' | 'nothing' | SectionKind> = new Map([
  ['exit', 'section'],
  ['quit', 'section'],
  ['exit-vrf', 'vrf'],
  ['exit-address-family', 'address-family'],
  ['exit-link-params', 'nothing'],
  ['end', 'all'],
]);

interface Line {
  readonly number: number;
  readonly text: string;
  /** Without a leading `no`. */
  readonly words: readonly Word[];
  readonly no: Word | undefined;
}

/** A line whose command waits for a later one (`ip ospf passive` for `router ospf`). */
interface Waiting {
  readonly line: Line;
  readonly command: Command;
  readonly section: Section;
}

/** How a comment begins, as FRR has it: at the beginning of a line alone. */
const COMMENT = /^[!#]/;

class Entry {
  #config: RouterConfig;
  #section: Section = TOP;
  /**
   * A block that is passed over: lines indented deeper than its first line belong to it. Where that opens a section that
   * is known and not supported, so do others that mean nothing outside, for indentation is the writer's choice.
   */
  #block: { readonly indent: number; readonly kind: 'ignored' | 'unknown' | 'unsupported' } | undefined;
  readonly #base: RouterConfig;
  #defaults = FRR_DEFAULTS;
  readonly #waiting: Waiting[] = [];
  readonly #problems: ConfigProblem[] = [];

  constructor(base: RouterConfig) {
    this.#base = base;
    this.#config = base;
  }

  line(text: string, number: number): void {
    const all = wordsOf(text);
    if (all.length === 0 || COMMENT.test(all[0].text)) return;
    if (text.length > MAX_LINE_LENGTH) {
      this.#tell(number, 1, 1, `the line is longer than ${MAX_LINE_LENGTH} characters`);
      return;
    }
    const no = all.length > 1 && all[0].text === 'no' ? all[0] : undefined;
    const line: Line = { number, text: text.trim(), words: no === undefined ? all : all.slice(1), no };
    const indent = all[0].column - 1;
    const leaving = all.length === 1 ? LEAVING.get(all[0].text) : undefined;
    const block = this.#block;
    if (block !== undefined && indent > block.indent) {
      if (block.kind === 'unknown' && leaving === undefined) this.#tellUnknown(line, line.words[0]);
      return;
    }
    const unsupported = unsupportedBy(enclosing(this.#section), all);
    if (block?.kind === 'unsupported' && indent === block.indent) {
      if (leaving === undefined && unsupported === undefined && this.#isForeign(line)) return;
      if (leaving === 'section') {
        this.#block = undefined;
        return;
      }
    }
    this.#block = undefined;
    if (leaving !== undefined) {
      const { kind, outer } = this.#section;
      if (leaving === 'all') this.#section = TOP;
      else if (leaving === 'section' || leaving === kind) this.#section = outer ?? TOP;
    } else if (isIgnored(line)) {
      this.#block = { indent, kind: 'ignored' };
      this.#defaults = defaultsAfter(this.#defaults, line.words);
    } else if (unsupported !== undefined) {
      // To take away what is never there changes nothing.
      if (no === undefined || unsupported.keywords.startsWith('no ')) this.#refuse(line, unsupported, indent);
      // One that opens nothing does not end the family, say, that it stands in.
      if (block?.kind === 'unsupported' && indent === block.indent && isWithin(unsupported))
        this.#block ??= block;
    } else {
      this.#enter(line, indent);
    }
  }

  finish(): ParsedConfig {
    this.#retry(true);
    const problems = this.#problems.sort((a, b) => a.line - b.line);
    if (problems.length > MAX_PROBLEMS) {
      const [{ line, column, length }] = problems.splice(MAX_PROBLEMS - 1);
      const message = `more than ${MAX_PROBLEMS} problems; the rest is not told`;
      problems.push({ line, column, length, message, unknown: false });
    }
    return { config: normaliseConfig(settled(this.#defaults, this.#base, this.#config)), problems };
  }

  #enter(line: Line, indent: number): void {
    const here = enclosing(this.#section);
    if (line.words.length === 1 && line.words[0].text.startsWith('exit-')) {
      const message = `"${line.text}" leaves no section that there is here`;
      this.#tellWord(line, line.words[0], message, '"exit" leaves any', true);
      return;
    }
    const found = findWithin(here, line.words);
    if (found !== undefined) {
      const { command } = found;
      this.#section = found.section;
      const done = this.#apply(line, command, this.#section, false);
      // The lines of a section that could not be opened must not fall to another one.
      if (!done && command.opener) this.#block = { indent, kind: 'ignored' };
      if (done && command.opener) this.#retry(false);
      return;
    }
    const elsewhere = findAnywhere(textsOf(line.words));
    if (elsewhere !== undefined) {
      const keywords = elsewhere.keywords.join(' ');
      const message = `"${keywords}" stands under ${titlesOf(keywords)}, not ${hereOf(this.#section)}`;
      this.#tellWord(line, line.words[0], message);
      return;
    }
    this.#block = { indent, kind: 'unknown' };
    const known = here.flatMap(({ kind }) => commandsOf(kind));
    const { wrong, suggestion } = suggest(known, line);
    this.#tellUnknown(line, line.words[wrong], suggestion);
  }

  /** Means nothing to any section that it could stand in. */
  #isForeign(line: Line): boolean {
    const found = findWithin(enclosing(this.#section), line.words);
    // FRR reads such a line of BGP in families, too: it is of the one that is passed over.
    const isOfFamily = found?.command.unlisted === true && found.section.kind === 'router bgp';
    return !isIgnored(line) && (found === undefined || isOfFamily);
  }

  #refuse(line: Line, { what, opens, section, instead }: Unsupported, indent: number): void {
    this.#tellWhole(line, new Refusal(`${what} is not supported`, { suggestion: instead }), true);
    if (opens !== true) return;
    if (section === '') this.#section = TOP;
    this.#block = { indent, kind: 'unsupported' };
  }

  /** Carries out what waited for a section that is there now. */
  #retry(last: boolean): void {
    const here = this.#section;
    for (const { line, command, section } of this.#waiting.splice(0)) {
      this.#apply(line, command, section, last);
    }
    this.#section = here;
  }

  /** True where the line was carried out, or waits. */
  #apply(line: Line, command: Command, section: Section, last: boolean): boolean {
    const at = command.keywords.length;
    const entered =
      line.no === undefined
        ? command.enter(this.#config, section, line.words, at)
        : command.remove(this.#config, section, line.words, at);
    if (entered instanceof Refusal) {
      if (!entered.later || last) {
        this.#tellWhole(line, entered);
        return false;
      }
      this.#waiting.push({ line, command, section });
      return true;
    }
    if (!entered.ok) {
      this.#tellMisreading(line, entered);
      return false;
    }
    this.#config = begunWith(this.#defaults, this.#config, entered.config);
    this.#section = entered.section;
    return true;
  }

  #tellMisreading(line: Line, { at, message, suggestion }: Misreading): void {
    if (at < line.words.length) {
      const word = line.words[at];
      const ofComment = COMMENT.test(word.text) ? 'a comment has a line of its own' : undefined;
      this.#tellWord(line, word, message, suggestion ?? ofComment);
      return;
    }
    const last = line.words[line.words.length - 1];
    this.#tell(line.number, last.column + last.text.length, 1, message, suggestion);
  }

  #tellWhole(line: Line, { reason, suggestion }: Refusal, unknown = false): void {
    const first = line.no ?? line.words[0];
    this.#tell(line.number, first.column, line.text.length, reason, suggestion, unknown);
  }

  #tellUnknown(line: Line, word: Word, suggestion?: string): void {
    this.#tellWord(line, word, `unknown command "${line.text}"`, suggestion, true);
  }

  #tellWord(line: Line, word: Word, message: string, suggestion?: string, unknown = false): void {
    this.#tell(line.number, word.column, word.text.length, message, suggestion, unknown);
  }

  #tell(
    line: number,
    column: number,
    length: number,
    message: string,
    suggestion?: string,
    unknown = false,
  ): void {
    const problem = { line, column, length, message, unknown };
    this.#problems.push(suggestion === undefined ? problem : { ...problem, suggestion });
  }
}

/** It stands in a section, and opens none. */
function isWithin({ section = '', opens }: Unsupported): boolean {
  return section !== '' && opens !== true;
}

function refuseLength(text: string): ConfigProblem | undefined {
  const at = { line: 1, column: 1, length: 1, unknown: false };
  if (text.length > MAX_TEXT_LENGTH) {
    return { ...at, message: `the configuration is longer than ${MAX_TEXT_LENGTH} characters` };
  }
  if (text.split('\n', MAX_LINES + 1).length > MAX_LINES) {
    return { ...at, message: `the configuration has more than ${MAX_LINES} lines` };
  }
  return undefined;
}

function isIgnored({ words, no }: Line): boolean {
  return (IGNORED_BY_FIRST_WORD.get(words[0].text) ?? []).some(
    ({ keywords, meantByNo }) =>
      keywords.every((keyword, index) => isKeyword(keyword, words[index]?.text)) &&
      !(meantByNo && no !== undefined),
  );
}

const IGNORED_BY_FIRST_WORD = Map.groupBy(
  IGNORED.map(({ keywords, ...rest }) => ({ ...rest, keywords: keywords.split(' ') })),
  ({ keywords }) => keywords[0],
);

/** The first word that no command has there, and what was probably meant. */
function suggest(
  commands: readonly Command[],
  { words, no }: Line,
): { readonly wrong: number; readonly suggestion: string | undefined } {
  const known = commands
    .filter(({ keywords, whole }) => keywords.length > 0 && !(whole && words.length > keywords.length))
    .map(({ keywords }) => keywords);
  const mean = (keywords: readonly string[] | undefined) =>
    meant(
      keywords &&
        [
          ...(no === undefined ? [] : ['no']),
          ...keywords.map((keyword, index) => (keyword === ANY_WORD ? (words[index]?.text ?? 'X') : keyword)),
        ].join(' '),
    );
  let candidates = known;
  let wrong: number | undefined;
  for (let index = 0; index < words.length; index++) {
    const { text } = words[index];
    const next = new Set(candidates.flatMap((keywords) => keywords.slice(index, index + 1)));
    const any = next.has(ANY_WORD) ? ANY_WORD : undefined;
    const chosen = next.has(text) ? text : (any ?? shortFor(text, next) ?? nearest(text, next));
    if (chosen !== text && chosen !== ANY_WORD) wrong ??= index;
    if (chosen === undefined) {
      const longer = [...next].filter((keyword) => keyword.startsWith(text));
      const several = longer.length > 1 ? `it is short for ${longer.join(' and for ')}` : undefined;
      return { wrong: index, suggestion: several ?? mean(withWordsLeftOut(known, words, index)) };
    }
    candidates = candidates.filter((keywords) => keywords[index] === chosen);
    const whole = candidates.find((keywords) => keywords.length === index + 1);
    if (whole !== undefined) return { wrong: wrong ?? index, suggestion: mean(whole) };
  }
  const missing = [...new Set(candidates.map((keywords) => keywords[words.length]))];
  return { wrong: wrong ?? words.length - 1, suggestion: `what must follow is one of ${missing.join(', ')}` };
}

/**
 * The command that has all the user's words up to the first with a digit in it: `ip cost 5` means `ip ospf cost`. None
 * where the wrong word is behind that.
 */
function withWordsLeftOut(
  known: readonly (readonly string[])[],
  words: readonly Word[],
  wrong: number,
): readonly string[] | undefined {
  const end = words.findIndex(({ text }) => /\d/.test(text));
  const said = words.slice(0, end < 0 ? words.length : end);
  if (said.length === 0 || said.length < wrong) return undefined;
  return known.find((keywords) => {
    let from = 0;
    return said.every(({ text }) => {
      from = keywords.indexOf(text, from) + 1;
      return from > 0;
    });
  });
}

/** The section, the one it stands in, and so on to the top. */
function enclosing(section: Section): readonly Section[] {
  if (section.kind === '') return [section];
  return [section, ...enclosing(section.outer ?? TOP)];
}

/** The sections that have the command, as they are opened. */
function titlesOf(keywords: string): string {
  return COMMANDS.filter((command) => command.keywords.join(' ') === keywords)
    .map(({ section }) => COMMANDS.find(({ opener, keywords }) => opener && keywords.join(' ') === section))
    .map((opener) => `"${opener?.notation ?? 'the top'}"`)
    .join(' or ');
}

function hereOf(section: Section): string {
  return section.kind === '' ? 'at the top' : `under "${sectionTitle(section)}"`;
}
