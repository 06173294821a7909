/**
 * Expectations that are written as text.
 *
 *     sentence   = "recovered" "within" TIME
 *                | ( "reachable" | "unreachable" ) [ "within" TIME ]
 *                | "path" "unchanged"
 *                | "committed" | "aborted"
 *                | "fib" "equal" "to" PLANE [ "of" ( STEP | "start" ) ]
 *     comparison = [ "<" | "<=" | ">" | ">=" | "==" ] QUANTITY        (no sign means "==")
 *
 *     TIME       a number and its unit: 2s, 500ms          PLANE   real | shadow
 *     STEP       the name of a step, in double quotes      QUANTITY   a number of packets, a time or a rate
 */
import type { Comparison } from '../../analysis/expectation.ts';
import type { Plane } from '../../net/wire.ts';
import { didYouMean } from './problem.ts';
import type { Words } from './report.ts';
import { parseDuration } from './units.ts';

export type Sentence =
  | { readonly kind: 'recovered'; readonly withinNs: number }
  | { readonly kind: 'reachable' | 'unreachable'; readonly withinNs?: number }
  | { readonly kind: 'path-unchanged' | 'committed' | 'aborted' }
  /** `at`: the name of a step, or `start`; absent: now. */
  | { readonly kind: 'fib-equal'; readonly ofPlane: Plane; readonly at?: string };

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly wrong: Words };

const FORMS = [
  'recovered within 2s',
  'reachable',
  'unreachable',
  'path unchanged',
  'committed',
  'aborted',
  'fib equal to shadow',
] as const;

export function parseSentence(text: string): Parsed<Sentence> {
  const words = Array.from(text.matchAll(/"[^"]*"|\S+/g), (match) => match[0]);
  const [first, second, third] = words;
  switch (first) {
    case 'recovered':
      if (second !== 'within') return wrong('recovered: within what time? Write "recovered within 2s"');
      return time(third, words.length > 3, (withinNs) => ({ kind: 'recovered', withinNs }));
    case 'reachable':
    case 'unreachable':
      if (words.length === 1) return { ok: true, value: { kind: first } };
      if (second !== 'within') return wrong(`unexpected "${second}" after "${first}"`);
      return time(third, words.length > 3, (withinNs) => ({ kind: first, withinNs }));
    case 'committed':
    case 'aborted':
      if (words.length > 1) return wrong(`unexpected "${second}" after "${first}"`);
      return { ok: true, value: { kind: first } };
    case 'path':
      if (second !== 'unchanged' || words.length > 2) {
        return wrong('as a sentence there is "path unchanged"; a path itself is written { path: [A, B, C] }');
      }
      return { ok: true, value: { kind: 'path-unchanged' } };
    case 'fib':
      return fib(words);
    default: {
      const suggestion = didYouMean(text, FORMS) ?? firstWord(first ?? '');
      return wrong({ message: `expectation not understood: "${text}"`, suggestion });
    }
  }
}

/** `<=3`, `0`, `>5Mbps`; `parse` reads what stands after the sign. Undefined where it is none. */
export function parseComparison(
  text: string,
  parse: (text: string) => number | undefined,
): Comparison | undefined {
  const match = /^(<=|<|>=|>|==)? ?(.*)$/s.exec(text);
  const value = match === null ? undefined : parse(match[2]);
  return value === undefined ? undefined : { op: (match?.[1] ?? '==') as Comparison['op'], value };
}

function fib(words: readonly string[]): Parsed<Sentence> {
  const [, equal, to, plane, of, step] = words;
  if (equal !== 'equal' || to !== 'to') return wrong('expected "fib equal to PLANE", or with: of "STEP"');
  if (plane !== 'real' && plane !== 'shadow') {
    return wrong(
      `fib equal to what? Expected real or shadow, found ${plane === undefined ? 'nothing' : `"${plane}"`}`,
    );
  }
  if (of === undefined) return { ok: true, value: { kind: 'fib-equal', ofPlane: plane } };
  const name = step === 'start' ? step : /^"(.+)"$/.exec(step ?? '')?.[1];
  if (of !== 'of' || name === undefined || words.length > 6) {
    return wrong(`expected fib equal to ${plane} of "NAME OF A STEP" (in double quotes), or of start`);
  }
  return { ok: true, value: { kind: 'fib-equal', ofPlane: plane, at: name } };
}

function time(
  text: string | undefined,
  more: boolean,
  make: (withinNs: number) => Sentence,
): Parsed<Sentence> {
  const withinNs = text === undefined ? undefined : parseDuration(text);
  if (withinNs === undefined || more) {
    const found = text === undefined ? 'nothing' : `"${text}"`;
    return wrong(`within: expected a time with its unit (ns, us, ms, s, min, h), such as 2s, found ${found}`);
  }
  return { ok: true, value: make(withinNs) };
}

function firstWord(word: string): string {
  const first = FORMS.map((form) => form.split(' ')[0]);
  return didYouMean(word, first) ?? `there are: ${FORMS.join(', ')}`;
}

function wrong(words: Words): { readonly ok: false; readonly wrong: Words } {
  return { ok: false, wrong: words };
}
