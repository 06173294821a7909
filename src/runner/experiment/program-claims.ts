/** What a step expects of its own ping, measurement or command (src/analysis/claims/programs.ts judges it). */
import type { Comparison, JsonClaim, ProgramExpectation } from '../../analysis/expectation.ts';
import { parseJsonPath } from '../../analysis/json-path.ts';
import { regexProblem } from '../../analysis/regex.ts';
import { parseComparison } from './expectation-grammar.ts';
import type { Claims, JsonClaim as WrittenJson } from './schema.generated.ts';
import type { Refuse, StepMeasures } from './step-measures.ts';
import { parseDuration, parseRate } from './units.ts';

/** Each with its words. */
type Claimed = readonly (readonly [ProgramExpectation, string])[];

/** Claims that are about nothing but programs. */
const OWN_KEYS = ['rtt', 'exit', 'stdout', 'stderr', 'json'] as const;
export type ProgramKey = (typeof OWN_KEYS)[number];

/** The claim under `key`, where it is about a program; undefined where it is about something else. */
export function programClaim(
  key: keyof Claims,
  claims: Claims,
  step: StepMeasures,
  refuse: Refuse,
): Claimed | undefined {
  const { plane, flow } = claims;
  const scope = { ...(plane && { plane }), ...(flow && { flow }) };
  const idle = (['flow', 'plane'] as const).find((one) => claims[one] !== undefined);
  if (isOwn(key) && idle !== undefined && !(key === 'rtt' && idle === 'plane')) {
    refuse([idle], `${idle} says nothing about ${key}`, true);
    return [];
  }
  const program = step.programInScope(scope);
  switch (key) {
    case 'lost':
      if (program === undefined || claims.lost === undefined) return undefined;
      if (program.kind === 'iperf' && program.protocol === 'tcp') {
        return refused(
          refuse,
          key,
          'says nothing about TCP: what is lost is sent again',
          'there is throughput',
        );
      }
      return counted(key, String(claims.lost), refuse, (count) => ({ kind: `${program.kind}-lost`, count }));
    case 'throughput': {
      if (program?.kind !== 'iperf') return undefined;
      const limitBps = parseComparison(claims.throughput ?? '', parseRate);
      return limitBps && [[{ kind: 'iperf-throughput', limitBps }, `throughput: ${claims.throughput}`]];
    }
    case 'delay':
      if (program === undefined) return undefined;
      return refused(
        refuse,
        key,
        'measures nothing: it is one-way, and measured by probes',
        ofRoundTrips(program.kind),
      );
    case 'rtt':
      return step.ping(key, scope) === undefined ? [] : roundTrips(claims.rtt);
    case 'exit':
      if (step.command(key) === undefined) return [];
      return counted(key, String(claims.exit), refuse, (code) => ({ kind: 'exit', code }));
    case 'stdout':
    case 'stderr':
      return step.command(key) === undefined ? [] : outputs(key, claims, refuse);
    case 'json':
      return step.command(key) === undefined || claims.json === undefined ? [] : json(claims.json, refuse);
    default:
      return undefined;
  }
}

function isOwn(key: string): key is ProgramKey {
  return OWN_KEYS.some((own) => own === key);
}

function ofRoundTrips(kind: 'ping' | 'iperf'): string {
  return kind === 'ping' ? 'of a ping there is rtt' : 'of iperf there is throughput';
}

function refused(refuse: Refuse, key: string, why: string, advice: string): Claimed {
  refuse([key], `${key} ${why}`, true, advice);
  return [];
}

/** A number that can be more or less, in a claim that can fail. */
function counted(
  key: string,
  text: string,
  refuse: Refuse,
  make: (count: Comparison) => ProgramExpectation,
): Claimed {
  const count = parseComparison(text, Number);
  if (count === undefined) return [];
  const isAlways = count.op === '>=' && count.value === 0;
  const isNever = count.op === '<' && count.value === 0;
  if (!isAlways && !isNever) return [[make(count), `${key}: ${text}`]];
  refuse([key], `${key}: "${text}" ${isNever ? 'can never hold' : 'always holds'}`);
  return [];
}

function roundTrips(written: Claims['rtt']): Claimed {
  const limits = typeof written === 'string' ? { max: written } : (written ?? {});
  return (['min', 'mean', 'p99', 'max'] as const).flatMap((statistic): Claimed => {
    const text = limits[statistic];
    const limitNs = text === undefined ? undefined : parseComparison(text, parseDuration);
    if (limitNs === undefined) return [];
    const said = typeof written === 'string' ? `rtt: ${written}` : `rtt: { ${statistic}: ${text} }`;
    return [[{ kind: 'rtt', statistic, limitNs }, said]];
  });
}

function outputs(of: 'stdout' | 'stderr', claims: Claims, refuse: Refuse): Claimed {
  const written = claims[of] ?? {};
  return (['matches', 'lacks'] as const).flatMap((wanted): Claimed => {
    const regex = written[wanted];
    if (regex === undefined || !isRegex(regex, [of, wanted], refuse)) return [];
    return [[{ kind: 'output', of, wanted, regex }, `${of} ${wanted}: ${regex}`]];
  });
}

function isRegex(regex: string, at: readonly string[], refuse: Refuse): boolean {
  const problem = regexProblem(regex);
  if (problem !== undefined) refuse(at, `${at.at(-1)}: this is no regular expression: ${problem}`);
  return problem === undefined;
}

function json({ at, is, matches }: WrittenJson, refuse: Refuse): Claimed {
  const path = parseJsonPath(at);
  if (path === undefined) {
    refuse(
      ['json', 'at'],
      `at: "${at}" is no path`,
      false,
      'such as end.streams[0].sender, or [0].addr_info',
    );
  }
  if ((is === undefined) === (matches === undefined)) {
    refuse(
      ['json'],
      `json: expected one of is and matches, found ${is === undefined ? 'none' : 'both'}`,
      true,
    );
    return [];
  }
  if (matches !== undefined && !isRegex(matches, ['json', 'matches'], refuse)) return [];
  if (path === undefined) return [];
  const value: JsonClaim = matches === undefined ? claimOf(is ?? '') : { kind: 'matches', regex: matches };
  const text = matches === undefined ? `is ${is}` : `matches ${matches}`;
  return [[{ kind: 'json', at: path, value }, `json at ${at} ${text}`]];
}

/** A text that begins with a sign and goes on with a number is a comparison. */
function claimOf(is: string | number | boolean): JsonClaim {
  if (typeof is === 'number') return { kind: 'number', limit: { op: '==', value: is } };
  const limit = typeof is === 'string' && /^[<>=]/.test(is) ? parseComparison(is, plainNumber) : undefined;
  return limit === undefined || typeof is === 'boolean'
    ? { kind: 'equal', to: is }
    : { kind: 'number', limit };
}

function plainNumber(text: string): number | undefined {
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}
