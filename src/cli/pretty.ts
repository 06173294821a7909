/**
 * Progress live on a terminal: a line per step, the one under way with a spinner. Below a step that did not pass
 * stands at once what did not hold, and why. Only the last line is ever written over, so a run of any length fits
 * a terminal of any height.
 */
import { styleText } from 'node:util';
import { Listr } from 'listr2';
import { formatTime } from '../analysis/format.ts';
import type { StepResult } from '../analysis/result.ts';
import { printable } from '../runner/experiment/problem.ts';
import type { Step } from '../runner/experiment/resolved.ts';
import type { ProgressEvent } from '../runner/progress.ts';
import { failureLines, plainLines, reportLine, verdictLines } from './lines.ts';
import { wrap } from './wrap.ts';

/** How a step ended; `undefined` where the run ended before it. */
type StepEnd = { readonly result: StepResult; readonly labNs: number } | undefined;

export function prettyReporter(): {
  readonly event: (event: ProgressEvent) => void;
  end(): Promise<void>;
} {
  let steps = 0;
  let settle: (end: StepEnd) => void = () => {};
  /** What is shown waits for what was to be shown before. */
  let shown: Promise<void> = Promise.resolve();
  const then = (show: () => void | Promise<void>): void => {
    shown = shown.then(show);
  };

  const event = (event: ProgressEvent): void => {
    switch (event.kind) {
      case 'run-started':
        steps = event.experiment.steps.length;
        then(() => print(plainLines(event)));
        return;
      case 'deployed':
        return;
      case 'step-started': {
        const { promise, resolve } = Promise.withResolvers<StepEnd>();
        settle = resolve;
        then(() => showStep(event.step, steps, promise));
        return;
      }
      case 'step-finished':
        settle(event);
        then(() => print(failureLines(event.result)));
        return;
      case 'lab-left':
        settle(undefined);
        then(() => print(plainLines(event)));
        return;
      case 'run-finished':
        settle(undefined);
        then(() => {
          print(verdictLines(event.result), event.result.verdict === 'pass' ? 'green' : 'red');
          // Whole, so that it can be copied.
          console.log(reportLine(event.folder));
        });
    }
  };
  return {
    event,
    end: () => {
      // Of a run that broke off nothing more will be heard.
      settle(undefined);
      return shown;
    },
  };
}

/** Shows the step until it has ended. */
async function showStep(step: Step, steps: number, ended: Promise<StepEnd>): Promise<void> {
  const title = printable(`${step.number}. ${step.name}`);
  const list = new Listr(
    [
      {
        title: `${title}  (${step.number} of ${steps})`,
        task: async (_context, task): Promise<void> => {
          const end = await ended;
          task.title = `${title}${end === undefined ? '' : `  (at ${formatTime(end.labNs)})`}`;
          if (end === undefined) task.skip();
          else if (end.result.verdict !== 'pass') throw new Error(end.result.verdict);
        },
      },
    ],
    {
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: false, showErrorMessage: false, collapseSkips: false },
    },
  );
  await list.run();
}

function print(lines: readonly string[], color?: 'green' | 'red'): void {
  for (const line of lines.flatMap((line) => wrap(printable(line), process.stdout.columns))) {
    console.log(color === undefined ? line : styleText(color, line, { stream: process.stdout }));
  }
}
