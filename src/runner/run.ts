/**
 * One run of an experiment: deploy, steps, judge, report, destroy.
 *
 * The lab is taken down on every way out: when a step fails, when the lab itself is lost, on Ctrl-C, and when the
 * results can no longer be written. Everything observed goes into `events.jsonl` as it happens; verdicts and reports
 * are made from there alone, at the end, whatever the end was.
 */
import { join } from 'node:path';
import type { RunFinished } from '../analysis/facts.ts';
import { judge } from '../analysis/judge.ts';
import type { Result } from '../analysis/result.ts';
import { stepResult } from '../analysis/result-of.ts';
import { RunView } from '../analysis/view.ts';
import { formatConfig } from '../config/writer.ts';
import type { Tag } from '../net/wire.ts';
import { messageOf } from '../world/message-of.ts';
import { askAll } from './ask.ts';
import { Background } from './background.ts';
import { recordBgp } from './bgp-paths.ts';
import { Captures } from './captures.ts';
import type { Experiment, Step, StepExpectation } from './experiment/resolved.ts';
import { ExternalPeers } from './external-peers.ts';
import { type Backend, type Lab, LabError, type LogSink } from './lab.ts';
import { PostcardCollector } from './postcards.ts';
import type { ProgressSink } from './progress.ts';
import { runStarted } from './results/describe.ts';
import { makeFolder } from './results/folder.ts';
import { Recorder } from './results/recorder.ts';
import { writeReports } from './results/reports.ts';
import { Snapshots } from './snapshots.ts';
import { hopTime } from './steps/commit.ts';
import { type RunMemory, routerNames, type StepContext } from './steps/context.ts';
import { failureOf, runStep } from './steps/steps.ts';
import { Traffic } from './traffic.ts';
import { Witnesses } from './witnesses.ts';

const FIRST_TAGS: { readonly real: Tag; readonly shadow: Tag; readonly next: Tag } = {
  real: 1,
  shadow: 2,
  next: 3,
};

/** Warnings of the lab's machines recorded in one run. */
const MAX_LOGGED = 1000;
/** What has not come down after this long will not by itself. */
const LET_GO_LIMIT_MS = 60_000;

type Ending = Pick<RunFinished, 'ended' | 'error'>;

export interface RunOptions {
  readonly backend: Backend;
  /** The run's own folder; made if it is not there. */
  readonly folder: string;
  /** See `Deployment`. */
  readonly id: string;
  readonly version: string;
  /** Run only this step (by name or number), and every `converge` before it. */
  readonly only?: string;
  /** Leave the lab's machines up at the end, where they are not part of this process; not when interrupted. */
  readonly keep?: boolean;
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
}

/**
 * Runs the experiment and writes everything but `environment.json` into the folder. Returns the result, whose
 * verdict is `error` where the run did not reach its end. Throws only what is a fault of this program or of
 * the file system; the lab is down then, too.
 */
export async function run(experiment: Experiment, options: RunOptions): Promise<Result> {
  makeFolder(options.folder);
  const recorder = new Recorder(join(options.folder, 'events.jsonl'));
  const start = runStarted(experiment, options.backend.name, options.version);
  const view = new RunView(start);
  recorder.record(start);
  recorder.observe((fact) => view.add(fact));
  options.progress({ kind: 'run-started', experiment, folder: options.folder });

  // What cannot be recorded any more, or is broken, ends as what is interrupted does: the lab comes down first.
  const faults = new AbortController();
  const onFault = (error: unknown): void => faults.abort(error);
  process.on('uncaughtException', onFault);
  const signal = AbortSignal.any([options.signal, recorder.failed, faults.signal]);
  let lab: Lab | undefined;
  const nowNs = (): number => lab?.clock.now() ?? 0;
  let end: Ending = {};
  let fault: unknown;
  try {
    const { folder, id } = options;
    lab = await options.backend.deploy(experiment, { signal, log: logInto(recorder, nowNs), folder, id });
    options.progress({ kind: 'deployed', backend: lab.backend });
    await runSteps(experiment, lab, recorder, view, options);
  } catch (error) {
    if (options.signal.aborted) end = { ended: 'interrupted' };
    else end = { ended: 'error', error: messageOf(error) };
    if (!options.signal.aborted && !(error instanceof LabError)) fault = error;
  }
  recorder.flush();
  const trouble = await letGo(lab, options.keep === true && !signal.aborted, options);
  if (trouble !== undefined) end = { ended: 'error', ...end, error: joined(end.error, trouble) };
  recorder.record({ t: nowNs(), fact: 'run-finished', ...end });
  recorder.flush();
  process.off('uncaughtException', onFault);
  fault ??= recorder.failed.reason ?? faults.signal.reason;
  if (fault !== undefined) {
    if (trouble !== undefined) options.progress({ kind: 'lab-left', how: trouble });
    throw fault;
  }
  const result = await writeReports(options.folder, recorder.facts, view);
  options.progress({ kind: 'run-finished', result, folder: options.folder });
  return result;
}

/** Takes the lab down, or leaves it up where that is wanted. In words what has not gone as it should. */
async function letGo(
  lab: Lab | undefined,
  isKept: boolean,
  { progress, id }: RunOptions,
): Promise<string | undefined> {
  if (lab === undefined) return undefined;
  const late = Promise.withResolvers<never>();
  const limit = setTimeout(
    () => late.reject(new LabError(`it takes longer than ${LET_GO_LIMIT_MS / 1000} s`)),
    LET_GO_LIMIT_MS,
  );
  try {
    if (isKept && lab.leave !== undefined) {
      progress({ kind: 'lab-left', how: await Promise.race([lab.leave(), late.promise]) });
    } else {
      await Promise.race([lab.destroy(), late.promise]);
    }
    return undefined;
  } catch (error) {
    return `the lab could not be taken down: ${messageOf(error)} (shadowlab clean --run ${id} removes what is left of it)`;
  } finally {
    clearTimeout(limit);
  }
}

function joined(...sentences: readonly (string | undefined)[]): string {
  return sentences.filter((sentence) => sentence !== undefined).join('; ');
}

/** Records what the machines warn of. A machine that goes on warning is cut short. */
function logInto(recorder: Recorder, nowNs: () => number): LogSink {
  let left = MAX_LOGGED;
  return (source, level, text) => {
    if (level === 'debug' || level === 'info' || left < 0) return;
    const last = left-- === 0;
    const shown = last ? 'more warnings follow that are not recorded' : text;
    recorder.record({ t: nowNs(), fact: 'log', level, source: last ? 'runner' : source, text: shown });
  };
}

async function runSteps(
  experiment: Experiment,
  lab: Lab,
  recorder: Recorder,
  view: RunView,
  options: RunOptions,
): Promise<void> {
  const captures = new Captures(lab, experiment, recorder, options.folder, options.version);
  try {
    await runStepsWith(captures, experiment, lab, recorder, view, options);
  } finally {
    captures.end();
  }
}

async function runStepsWith(
  captures: Captures,
  experiment: Experiment,
  lab: Lab,
  recorder: Recorder,
  view: RunView,
  options: RunOptions,
): Promise<void> {
  const memory: RunMemory = {
    tags: { real: FIRST_TAGS.real, shadow: FIRST_TAGS.shadow },
    nextTag: FIRST_TAGS.next,
    failures: [],
  };
  const peers = new ExternalPeers(lab, experiment, recorder);
  await loadConfigs(experiment, lab);
  const traffic = new Traffic(lab, experiment, hopTime(experiment.topology));
  await traffic.prepare();
  const witnesses = new Witnesses(lab, recorder);
  const postcards = new PostcardCollector(lab, recorder, witnesses);
  const snapshots = new Snapshots(lab, recorder, witnesses);
  const background = new Background(lab, recorder);
  const facts = new Map(view.start.steps.map((fact) => [fact.number, fact]));
  const holds = (step: Step, expectations: readonly StepExpectation[]): boolean =>
    expectations.every(({ expectation }) => judge(expectation, step.number, view).verdict === 'pass');

  const carryOut = async (step: Step): Promise<void> => {
    options.progress({ kind: 'step-started', step });
    captures.step(step);
    const context: StepContext = {
      experiment,
      lab,
      recorder,
      postcards,
      traffic,
      peers,
      memory,
      background,
      step,
      holds: (expectations) => holds(step, expectations),
      disturbedNs: lab.clock.now(),
    };
    const { toNs, error: failed } = await runStep(context);
    const lost = await failureOf(() => snapshots.take(step.number));
    peers.record(step.number);
    const missed = step.expectations.filter((expectation) => !holds(step, [expectation]));
    const unasked = await failureOf(() => recordBgp(lab, recorder, witnesses, view, step.number, missed));
    const error = failed ?? lost ?? unasked;
    const failure = error === undefined ? {} : { error };
    recorder.record({ t: toNs, fact: 'step-finished', step: step.number, ...failure });
    recorder.flush();
    captures.flush();
    const fact = facts.get(step.number);
    if (fact !== undefined) {
      options.progress({ kind: 'step-finished', result: stepResult(fact, view), labNs: toNs });
    }
    if (error !== undefined) throw new LabError(`step ${step.number} (${step.name}): ${error}`);
  };

  try {
    await snapshots.take(0);
    for (const step of chosen(experiment.steps, options.only)) await carryOut(step);
  } finally {
    await background.stop();
    traffic.recordBins(recorder);
  }
}

async function loadConfigs(experiment: Experiment, lab: Lab): Promise<void> {
  const routers = routerNames(experiment);
  const texts = new Map(experiment.configs.map((configs) => [configs.router, configs]));
  for (const plane of ['real', 'shadow'] as const) {
    await askAll<'load'>(lab, routers, (router) => {
      const config = texts.get(router)?.[plane];
      if (config === undefined) throw new LabError(`router ${router} has no ${plane} configuration`);
      return { op: 'load', plane, config: formatConfig(config), tag: FIRST_TAGS[plane] };
    });
  }
}

/** The step of that name or number. */
export function stepCalled(steps: readonly Step[], wanted: string): Step | undefined {
  return steps.find(({ name, number }) => name === wanted || String(number) === wanted);
}

/** All steps; or the one that is meant, after the steps that converge. */
function chosen(steps: readonly Step[], only: string | undefined): readonly Step[] {
  if (only === undefined) return steps;
  const meant = stepCalled(steps, only);
  if (meant === undefined) throw new LabError(`no step "${only}"`);
  return steps.filter(
    (step) =>
      step === meant || (step.number < meant.number && step.actions.some(({ kind }) => kind === 'converge')),
  );
}
