/** Reading a finished run for a command. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Fact } from '../analysis/facts.ts';
import { type RunView, viewOf } from '../analysis/view.ts';
import { readFacts } from '../runner/results/reports.ts';
import { InputError, isSystemError } from './exit.ts';

export interface RecordedRun {
  readonly facts: readonly Fact[];
  readonly view: RunView;
}

/**
 * The run whose folder this is. Facts are taken as they were written; where they are not what this version writes,
 * that shows as any error, here or in `use`, and is told as one of the file: `purpose` says what cannot be made.
 */
export async function useRun<Value>(
  folder: string,
  purpose: string,
  use: (run: RecordedRun) => Value | Promise<Value>,
): Promise<Value> {
  const file = join(folder, 'events.jsonl');
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new InputError(
      `${folder} is not the folder of a run: there is no events.jsonl in it (try results/EXPERIMENT/latest)`,
    );
  }
  try {
    const facts = await readFacts(folder);
    return await use({ facts, view: viewOf(facts) });
  } catch (error) {
    if (error instanceof InputError || isSystemError(error) || !(error instanceof Error)) throw error;
    throw new InputError(
      `no ${purpose} can be made from ${file}: ${error.message} (is it whole, and of this version of shadowlab?)`,
    );
  }
}
