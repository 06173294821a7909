/**
 * Claims about a command on a host: its exit code, what it wrote, and values in the JSON that it wrote. Where there
 * was no program, no output, or less of it than there was, nothing passes for that.
 */
import type { Comparison, JsonClaim, JsonPath } from '../expectation.ts';
import type { CommandFact } from '../facts.ts';
import { formatList, formatPlural, formatTime } from '../format.ts';
import { formatJsonPath } from '../json-path.ts';
import { search } from '../regex.ts';
import { compare, type Finding, found, unjudged } from './finding.ts';

/** What a shell, and whoever starts programs as shells do, say where there is none of that name. */
export const NO_SUCH_PROGRAM = 127;
export const PROGRAM_REMEDY =
  'install it: hosts of netns have the programs of this machine, those of docker and containerlab what is in their image';

/** Characters of an output, or a value, that a sentence quotes. */
const QUOTED = 120;
const MAX_KEYS = 8;

type Outcome = NonNullable<CommandFact['outcome']>;

/** What came of the command; or why it says nothing. */
function outcomeOf(command: CommandFact | undefined): Outcome | Finding {
  if (command === undefined) return unjudged('the step ran no command');
  const { outcome, host } = command;
  if (outcome === undefined) return unjudged('the command has not ended');
  if (outcome.code !== NO_SUCH_PROGRAM) return outcome;
  const said = quote(outcome.stderr.trim().split('\n').at(-1) ?? '');
  return unjudged(`exit ${NO_SUCH_PROGRAM}, no such program on ${host}: ${said} (${PROGRAM_REMEDY})`);
}

export function judgeExit(limit: Comparison, command: CommandFact | undefined): Finding {
  // Who asks for this very code means it.
  const isMeant = limit.op === '==' && limit.value === NO_SUCH_PROGRAM;
  const outcome = isMeant ? command?.outcome : outcomeOf(command);
  if (outcome === undefined) return unjudged('the command has not ended');
  if ('verdict' in outcome) return outcome;
  const { code, ended, signal } = outcome;
  if (ended === 'late') {
    return found(false, `still running after ${formatTime((command?.t ?? 0) - (command?.startedNs ?? 0))}`);
  }
  if (code === null) return found(false, `ended by ${signal ?? 'a signal'}`);
  return found(compare(code, limit), `exit ${code}`);
}

export function judgeOutput(
  claim: {
    readonly of: 'stdout' | 'stderr';
    readonly wanted: 'matches' | 'lacks';
    readonly regex: string;
  },
  command: CommandFact | undefined,
): Finding {
  const outcome = outcomeOf(command);
  if ('verdict' in outcome) return outcome;
  const text = outcome[claim.of];
  const isWanted = claim.wanted === 'matches';
  if (text.trim() === '') {
    // Of errors, none is a good sign; of an output, none may be all that went wrong.
    const seen = `${claim.of} is empty`;
    return claim.of === 'stderr' || isWanted ? found(!isWanted, seen) : unjudged(seen);
  }
  const match = search(claim.regex, text);
  if (match === 'too hard') {
    return unjudged('the search took too long: the expression goes back and forth (nested repetitions?)');
  }
  if (match !== null) return found(isWanted, `${claim.of} has ${quote(lineAt(text, match.index))}`);
  if (outcome.isTruncated)
    return unjudged('the output is longer than what is kept of it, which has no match');
  const lines = text.trim().split('\n');
  return found(
    !isWanted,
    `no match in ${formatPlural(lines.length, 'line')} of ${claim.of}, the first of them ${quote(lines[0] ?? '')}`,
  );
}

export function judgeJson(
  { at, value }: { readonly at: JsonPath; readonly value: JsonClaim },
  command: CommandFact | undefined,
): Finding {
  const outcome = outcomeOf(command);
  if ('verdict' in outcome) return outcome;
  const { stdout, isTruncated } = outcome;
  if (stdout.trim() === '') return unjudged('stdout is empty');
  let all: unknown;
  try {
    all = JSON.parse(stdout);
  } catch (error) {
    if (isTruncated) return unjudged('the output is longer than what is kept of it: its JSON breaks off');
    const why = error instanceof Error ? error.message.replace(/, ".*$/s, '') : '';
    return unjudged(`stdout is no JSON: it begins with ${quote(stdout.trim())} (${why})`);
  }
  const place = lookUp(all, at);
  if ('missing' in place) return found(false, place.missing);
  return judgeValue(formatJsonPath(at), place.value, value);
}

function judgeValue(at: string, value: unknown, claim: JsonClaim): Finding {
  const seen = `${at} is ${describe(value)}`;
  switch (claim.kind) {
    case 'number':
      return typeof value === 'number'
        ? found(compare(value, claim.limit), seen)
        : found(false, `${seen}, no number`);
    case 'equal':
      return found(value === claim.to, seen);
    case 'matches': {
      if (typeof value !== 'string') return found(false, `${seen}, no text`);
      const match = search(claim.regex, value);
      if (match === 'too hard') return unjudged('the search took too long: nested repetitions?');
      return found(match !== null, seen);
    }
  }
}

/** The value at the path; or how far the path leads, and what is there. */
function lookUp(all: unknown, path: JsonPath): { readonly value: unknown } | { readonly missing: string } {
  let value = all;
  for (const [index, step] of path.entries()) {
    const above = index === 0 ? 'the JSON' : formatJsonPath(path.slice(0, index));
    const wanted = formatJsonPath(path.slice(0, index + 1));
    if (Array.isArray(value)) {
      if (typeof step !== 'number' || step >= value.length) {
        return { missing: `there is no ${wanted}: ${above} is a list of ${value.length}` };
      }
      value = value[step];
    } else if (typeof value === 'object' && value !== null) {
      const key = String(step);
      if (!Object.hasOwn(value, key)) {
        const keys = Object.keys(value);
        const there = keys.length === 0 ? 'empty' : `a mapping of ${formatList(keys.map(cut), MAX_KEYS)}`;
        return { missing: `there is no ${wanted}: ${above} is ${there}` };
      }
      value = Reflect.get(value, key);
    } else {
      return { missing: `there is no ${wanted}: ${above} is ${describe(value)}` };
    }
  }
  return { value };
}

/** What holds others is not shown: it may be as deep as an output is long. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'a mapping' : cut(JSON.stringify(value));
}

function lineAt(text: string, index: number): string {
  const end = text.indexOf('\n', index);
  return text.slice(text.lastIndexOf('\n', index - 1) + 1, end === -1 ? text.length : end);
}

function quote(text: string): string {
  return `"${cut(text.trim().split('\n', 1)[0] ?? '')}"`;
}

function cut(text: string): string {
  return text.length <= QUOTED ? text : `${text.slice(0, QUOTED)}…`;
}
