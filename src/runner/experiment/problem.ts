/**
 * What is wrong with the user's input. Checks collect problems and go on, so that all are told at once;
 * a document's `locate` turns a place inside it into file, line and column.
 */
import { nearest } from '../../net/suggest.ts';

/** A place in a YAML document: keys and indexes from its root. */
export type DocumentPath = readonly (string | number)[];

/** A problem found in a document, before it is located. */
export interface DocumentProblem {
  readonly path: DocumentPath;
  /** Point at the key rather than at its value (an unknown key). */
  readonly atKey?: boolean;
  /** In the user's own words, lower case, no full stop: `unknown router "KCSY" in step 2`. */
  readonly message: string;
  /** What would be right: `did you mean "KSCY"?`. */
  readonly suggestion?: string;
}

/** A problem with its place in a file; line and column from 1. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** 0 where the problem is the file itself: it is missing, or too large to be read. */
  readonly line: number;
  readonly column: number;
  /** Characters to underline, at least 1. */
  readonly length: number;
  /** The text of the line; empty where the file has none. */
  readonly lineText: string;
  readonly message: string;
  readonly suggestion?: string;
}

/** A problem with a whole file, which has no line to show. */
export function fileProblem(file: string, message: string, suggestion?: string): Problem {
  const problem = { severity: 'error', file, line: 0, column: 0, length: 0, lineText: '', message } as const;
  return suggestion === undefined ? problem : { ...problem, suggestion };
}

/** `did you mean "KSCY"?`, where a candidate is near enough to what was written. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const candidate = nearest(word, candidates);
  // Of a single letter nothing is left once it is changed.
  const isFar = word.length === 1 && candidate?.toLowerCase() !== word.toLowerCase();
  return candidate === undefined || isFar ? undefined : `did you mean "${candidate}"?`;
}

/** The parts of a problem that say a name is not known: `unknown router "KCSY"`, with a suggestion if there is one. */
export function unknown(
  what: string,
  name: string,
  candidates: Iterable<string>,
): { readonly message: string; readonly suggestion?: string } {
  const message = `unknown ${what} "${name}"`;
  const suggestion = didYouMean(name, candidates);
  return suggestion === undefined ? { message } : { message, suggestion };
}

/** Order of reading: `first`, the file the user named, then the files it names, each from top to bottom. */
export function sortProblems(problems: readonly Problem[], first: string): readonly Problem[] {
  const key = (problem: Problem) => (problem.file === first ? '' : problem.file);
  return problems.toSorted((a, b) => {
    if (key(a) !== key(b)) return key(a) < key(b) ? -1 : 1;
    return a.line - b.line || a.column - b.column;
  });
}

const WIDEST_LINE = 160;

/**
 * A problem as people read it, in three lines (one, where there is no line to show):
 *
 *     abilene.yaml:23:26: unknown router "KCSY" in step 2 (did you mean "KSCY"?)
 *        23 |     fail: { link: [DNVR, KCSY], plane: shadow }
 *           |                          ^^^^
 *
 * Whatever a terminal would obey rather than show is replaced; of a very long line, the part that matters is shown.
 */
export function formatProblem(problem: Problem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const level = problem.severity === 'warning' ? 'warning: ' : '';
  const suggestion = problem.suggestion === undefined ? '' : ` (${problem.suggestion})`;
  const sentence = printable(`${place}: ${level}${problem.message}${suggestion}`).replaceAll('\t', ' ');
  if (problem.lineText === '') return sentence;

  const skipped = problem.column > WIDEST_LINE - 40 ? problem.column - 40 : 0;
  const ellipsis = skipped > 0 ? '…' : '';
  const tooLong = problem.lineText.length > skipped + WIDEST_LINE;
  const shown = printable(problem.lineText.slice(skipped, skipped + WIDEST_LINE));
  const before = ellipsis + shown.slice(0, problem.column - 1 - skipped);
  const room = Math.max(1, shown.length - (problem.column - 1 - skipped));
  const number = String(problem.line).padStart(5);
  return [
    sentence,
    `${number} | ${ellipsis}${shown}${tooLong ? '…' : ''}`,
    `${' '.repeat(number.length)} | ${before.replace(/[^\t]/g, ' ')}${'^'.repeat(Math.min(problem.length, room))}`,
  ].join('\n');
}

/** Control characters and the ones that turn the direction of writing, shown as what they are: something odd. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (odd) =>
    odd === '\t' ? odd : '\ufffd',
  );
}
