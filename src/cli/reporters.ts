/**
 * Progress, as people or machines want to see it: `pretty` is live on a terminal (pretty.ts), `plain` is a line
 * per event for logs, `json` a JSON object per event. The results folder is the same whatever is shown.
 */
import { printable } from '../runner/experiment/problem.ts';
import type { ProgressEvent, ProgressSink } from '../runner/progress.ts';
import { plainLines } from './lines.ts';
import { prettyReporter } from './pretty.ts';

export type Format = 'pretty' | 'plain' | 'json';
export const FORMATS: readonly Format[] = ['pretty', 'plain', 'json'];

export interface Reporter {
  readonly event: ProgressSink;
  /** Resolves when everything is shown. */
  end(): Promise<void>;
}

/** The one asked for; otherwise pretty on a terminal that is no CI's. What is no terminal gets plain for pretty. */
export function reporterFor(format: Format | undefined): Reporter {
  switch (format ?? (isSet(process.env.CI) ? 'plain' : 'pretty')) {
    case 'pretty':
      return canMoveCursor() ? prettyReporter() : plainReporter();
    case 'plain':
      return plainReporter();
    case 'json':
      return { event: (event) => console.log(JSON.stringify(jsonOf(event))), end: async () => {} };
  }
}

/** A terminal that can write over what it has shown. One of unknown width says that it has no columns. */
function canMoveCursor(): boolean {
  return process.stdout.isTTY === true && process.stdout.columns > 0 && process.env.TERM !== 'dumb';
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== '' && variable !== 'false';
}

function plainReporter(): Reporter {
  return {
    event: (event) => {
      for (const line of plainLines(event)) console.log(printable(line));
    },
    end: async () => {},
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
    case 'lab-left':
      return { event: event.kind, how: event.how };
    case 'run-finished': {
      const { verdict, ended, error, counts } = event.result;
      return { event: event.kind, folder: event.folder, verdict, ended, error, counts };
    }
  }
}
