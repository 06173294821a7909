/**
 * analysis: what a run means.
 *
 * A run leaves facts (facts.ts), one a line, in the order they were observed. Here they become a result
 * (result.ts): each expectation's verdict, what was seen, and what to look at next. Nothing here looks at
 * anything but facts, and nothing has an effect: the same facts give the same result, byte for byte, so that a
 * verdict can be checked and a report made again years later.
 *
 *     facts → view.ts (indexes) → claims/ (verdicts) + hints/ (why) + summaries.ts (numbers) → result
 *
 * The runner adds facts to a `RunView` of its own as they happen and asks `judge` where a claim has time to
 * come true (`within`); `makeResult` judges again, from all facts, when the run is over. What must stay true:
 * nothing passes for want of evidence, every list is in a defined order, and cost grows with the number of facts,
 * not with its square.
 */
import type { Fact, StepFact } from './facts.ts';
import { judge } from './judge.ts';
import { neighbourNotices } from './neighbours.ts';
import { programSummaries } from './program-summaries.ts';
import type { ExpectationResult, Result, StepResult, Verdict } from './result.ts';
import {
  commitSummary,
  exitSummaries,
  probeSummary,
  streamSummaries,
  trafficSummaries,
  transferSummaries,
} from './summaries.ts';
import { type RunView, viewOf } from './view.ts';

/** The whole of `result.json`. Throws where the facts do not begin with `run-started` or hold two runs. */
export function makeResult(facts: readonly Fact[]): Result {
  return resultOf(viewOf(facts));
}

/** As `makeResult`, from a view that holds the facts already. */
export function resultOf(view: RunView): Result {
  const { start, finished } = view;
  const ended = finished === undefined ? 'error' : finished.ended;
  const steps = start.steps.map((step) => stepResult(step, view));
  const none = steps.length > 0 && steps.every((step) => step.verdict === 'skipped');
  const error = errorOf(view, none);
  const notices = neighbourNotices(steps.findLast(({ verdict }) => verdict !== 'skipped')?.number ?? 0, view);
  return {
    schema: 'shadowlab/result/1',
    version: start.version,
    experiment: start.experiment,
    description: start.description,
    file: start.file,
    seed: start.seed,
    backend: start.backend,
    verdict: ended !== undefined || error !== undefined ? 'error' : worst(steps.map((step) => step.verdict)),
    ...(ended === undefined ? {} : { ended }),
    ...(error === undefined ? {} : { error }),
    durationNs: finished?.t ?? view.nowNs,
    counts: countVerdicts(steps),
    ...(notices.length > 0 && { notices }),
    steps,
  };
}

/** `result.json` as text: two spaces, keys in the order of the schema, a newline at its end. */
export function formatResult(result: Result): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

function errorOf({ finished }: RunView, noStepBegun: boolean): string | undefined {
  if (finished === undefined) return 'the record of the run breaks off before its end';
  if (finished.error !== undefined) return finished.error;
  if (finished.ended === undefined && noStepBegun) return 'no step was run';
  return undefined;
}

/** The part of the result that is about one step, as far as it is recorded; what progress shows when it ends. */
export function stepResult(step: StepFact, view: RunView): StepResult {
  const { number, name, actions, place } = step;
  const record = view.step(number);
  const plan = { number, name, actions, place };
  if (record === undefined) {
    const expectations = skipped(step, 'the step was not run');
    return { ...plan, verdict: 'skipped', expectations, probes: [], traffic: [] };
  }
  const error = record.toNs === undefined ? 'the run ended before this step did' : record.error;
  const expectations =
    error === undefined
      ? step.expectations.map(({ expectation, text, place }, index): ExpectationResult => {
          const { verdict, seen, hints } = judge(expectation, number, view);
          return { id: `${number}.${index + 1}`, verdict, expected: text, seen, place, hints };
        })
      : skipped(step, 'not judged: the step could not be done');
  const exits = exitSummaries(number, view);
  const streams = streamSummaries(number, view);
  const transfers = transferSummaries(number, view);
  return {
    ...plan,
    verdict: error === undefined ? worst(expectations.map((expectation) => expectation.verdict)) : 'error',
    ...(error === undefined ? {} : { error }),
    fromNs: record.fromNs,
    ...(record.toNs === undefined ? {} : { toNs: record.toNs }),
    expectations,
    probes: record.probes.map((probe) => probeSummary(probe, view)),
    ...programSummaries(record),
    traffic: trafficSummaries(number, view),
    ...(exits.length === 0 ? {} : { exits }),
    ...(streams.length === 0 ? {} : { streams }),
    ...(transfers.length === 0 ? {} : { transfers }),
    ...(record.commit === undefined ? {} : { commit: commitSummary(record.commit, view) }),
  };
}

function skipped(step: StepFact, seen: string): readonly ExpectationResult[] {
  return step.expectations.map(({ text, place }, index) => ({
    id: `${step.number}.${index + 1}`,
    verdict: 'skipped',
    expected: text,
    seen,
    place,
    hints: [],
  }));
}

function worst(verdicts: readonly (Verdict | 'skipped')[]): Verdict {
  if (verdicts.includes('error')) return 'error';
  return verdicts.includes('fail') ? 'fail' : 'pass';
}

/** Expectations by verdict; a step that could not be done is an error too. */
function countVerdicts(steps: readonly StepResult[]): Result['counts'] {
  const verdicts = steps.flatMap((step) => step.expectations.map((expectation) => expectation.verdict));
  const count = (wanted: Verdict | 'skipped'): number =>
    verdicts.filter((verdict) => verdict === wanted).length;
  return {
    passed: count('pass'),
    failed: count('fail'),
    errors: count('error') + steps.filter((step) => step.error !== undefined).length,
    skipped: count('skipped'),
  };
}
