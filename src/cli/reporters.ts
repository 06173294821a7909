/**
 * Progress, as people or machines want to see it: `pretty` is live on a terminal, `plain` is a line per event
 * for logs, `json` a JSON object per event. The results folder is the same whatever is shown.
 */
import { Listr } from 'listr2';
import { formatTime } from '../analysis/format.ts';
import type { ExpectationResult, Result, StepResult } from '../analysis/result.ts';
import type { ProgressEvent, ProgressSink } from '../runner/progress.ts';

export type Format = 'pretty' | 'plain' | 'json';

export interface Reporter {
  readonly event: ProgressSink;
  /** Resolves when everything is shown. */
  end(): Promise<void>;
}

/** The one asked for; otherwise pretty on a terminal that is no CI's, plain elsewhere. */
export function reporterFor(format: Format | undefined): Reporter {
  const live =
    process.stdout.isTTY === true && process.env.CI === undefined && process.env.NO_COLOR === undefined;
  switch (format ?? (live ? 'pretty' : 'plain')) {
    case 'pretty':
      return prettyReporter();
    case 'plain':
      return { event: (event) => printAll(plainLines(event)), end: async () => {} };
    case 'json':
      return { event: (event) => console.log(JSON.stringify(jsonOf(event))), end: async () => {} };
  }
}

/** The lines that `plain` shows for an event. */
export function plainLines(event: ProgressEvent): readonly string[] {
  switch (event.kind) {
    case 'run-started': {
      const { name, topology, flows, seed } = event.experiment;
      const { routers, hosts, links } = topology;
      return [
        `${name}: ${routers.length} routers, ${hosts.length} hosts, ${links.length} links, ${flows.length} flows, seed ${seed}`,
      ];
    }
    case 'deployed':
    case 'step-started':
      return [];
    case 'step-finished':
      return stepLines(event.result, event.labNs);
    case 'run-finished':
      return [...verdictLines(event.result), `report: ${event.folder}/report.html`];
  }
}

const MARK = { pass: 'ok  ', fail: 'FAIL', error: 'ERR ', skipped: 'skip' } as const;

function stepLines(step: StepResult, labNs: number): readonly string[] {
  return [
    `${MARK[step.verdict]}  ${step.number}. ${step.name}  (at ${formatTime(labNs)})`,
    ...(step.error === undefined ? [] : [`        ${step.error}`]),
    ...step.expectations.flatMap(expectationLines),
  ];
}

function expectationLines({ verdict, expected, seen, place, hints }: ExpectationResult): readonly string[] {
  const line = `      ${MARK[verdict]}  ${expected}: ${seen}`;
  if (verdict === 'pass') return [line];
  const where = `            at ${place.file}:${place.line}:${place.column}`;
  return [
    line,
    where,
    ...hints.map(({ text, config }) => {
      return `            ${text}${config === undefined ? '' : ` [${config.file}:${config.line}: ${config.text.trim()}]`}`;
    }),
  ];
}

function verdictLines({ verdict, counts, durationNs, ended, error }: Result): readonly string[] {
  const { passed, failed, errors, skipped } = counts;
  const parts = [`${passed} passed`, `${failed} failed`];
  if (errors > 0) parts.push(`${errors} errors`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  const how = ended === 'interrupted' ? 'interrupted' : verdict;
  return [
    ...(error === undefined ? [] : [`error: ${error}`]),
    `verdict: ${how} (expectations: ${parts.join(', ')}; ${formatTime(durationNs)} of lab time)`,
  ];
}

function prettyReporter(): Reporter {
  const waiting = new Map<number, (result: StepResult | undefined) => void>();
  let list: Promise<unknown> = Promise.resolve();
  let last: readonly string[] = [];
  const begin = (event: Extract<ProgressEvent, { kind: 'run-started' }>): void => {
    printAll(plainLines(event));
    const tasks = event.experiment.steps.map(({ number, name }) => {
      const finished = new Promise<StepResult | undefined>((resolve) => waiting.set(number, resolve));
      return {
        title: `${number}. ${name}`,
        task: async (_context: unknown, task: { skip(): void }): Promise<void> => {
          const result = await finished;
          if (result === undefined) task.skip();
          else if (result.verdict !== 'pass') throw new Error(stepLines(result, 0).slice(1).join('\n'));
        },
      };
    });
    const options = { concurrent: false, exitOnError: false, registerSignalListeners: false } as const;
    list = new Listr(tasks, { ...options, collectErrors: 'minimal' }).run();
  };
  const settle = (number: number, result: StepResult | undefined): void => {
    waiting.get(number)?.(result);
    waiting.delete(number);
  };
  return {
    event: (event) => {
      if (event.kind === 'run-started') begin(event);
      if (event.kind === 'step-finished') settle(event.result.number, event.result);
      if (event.kind === 'run-finished') {
        for (const number of [...waiting.keys()]) settle(number, undefined);
        last = plainLines(event);
      }
    },
    end: async () => {
      await list;
      printAll(last);
    },
  };
}

function jsonOf(event: ProgressEvent): object {
  switch (event.kind) {
    case 'run-started':
      return { event: event.kind, experiment: event.experiment.name, folder: event.folder };
    case 'deployed':
      return { event: event.kind, backend: event.backend };
    case 'step-started':
      return { event: event.kind, step: event.step.number, name: event.step.name };
    case 'step-finished':
      return { event: event.kind, labNs: event.labNs, step: event.result };
    case 'run-finished':
      return {
        event: event.kind,
        folder: event.folder,
        verdict: event.result.verdict,
        counts: event.result.counts,
      };
  }
}

function printAll(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}
