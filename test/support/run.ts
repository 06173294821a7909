/** Runs an experiment given as YAML text, in a folder that is gone afterwards. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Fact } from '../../src/analysis/facts.ts';
import type { Result } from '../../src/analysis/result.ts';
import { embedded } from '../../src/runner/backends/embedded/embedded.ts';
import { loadExperiment } from '../../src/runner/experiment/load.ts';
import { readFacts } from '../../src/runner/results/reports.ts';
import { type RunOptions, run } from '../../src/runner/run.ts';

export interface Ran {
  readonly result: Result;
  readonly facts: readonly Fact[];
  /** Every expectation, as `2.1 pass: seen`. */
  readonly verdicts: readonly string[];
}

export async function runText(
  yaml: string,
  options: Partial<Pick<RunOptions, 'only' | 'keep' | 'signal' | 'backend' | 'id'>> = {},
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'shadowlab-'));
  try {
    const file = join(folder, 'experiment.yaml');
    writeFileSync(file, yaml);
    const loaded = await loadExperiment(file);
    if (!loaded.ok) return expect.fail(loaded.problems.map(({ message }) => message).join('\n'));
    const results = join(folder, 'results');
    const { signal = new AbortController().signal, ...rest } = options;
    const result = await run(loaded.experiment, {
      backend: embedded,
      folder: results,
      id: '00000000',
      version: 'test',
      signal,
      progress: () => {},
      ...rest,
    });
    const verdicts = result.steps.flatMap(({ expectations }) =>
      expectations.map(({ id, verdict, seen }) => `${id} ${verdict}: ${seen}`),
    );
    return { result, facts: await readFacts(results), verdicts };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
