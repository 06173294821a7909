/** Loading experiments for a command: what is wrong is printed, all of it, and nothing is started. */
import { loadExperiment } from '../runner/experiment/load.ts';
import { formatProblem } from '../runner/experiment/problem.ts';
import type { Experiment } from '../runner/experiment/resolved.ts';

/**
 * Loads every file. Undefined where any of them is wrong; problems and warnings go to standard error, and when
 * there are problems a last line counts them.
 */
export async function loadAll(
  files: readonly string[],
  options: { readonly seed?: number } = {},
): Promise<readonly Experiment[] | undefined> {
  const experiments: Experiment[] = [];
  let errors = 0;
  for (const file of files) {
    const loaded = await loadExperiment(file, options);
    for (const problem of loaded.ok ? loaded.warnings : loaded.problems)
      console.error(formatProblem(problem));
    if (loaded.ok) experiments.push(loaded.experiment);
    else errors += loaded.problems.filter(({ severity }) => severity === 'error').length;
  }
  if (errors === 0) return experiments;
  console.error(`${errors} ${errors === 1 ? 'error' : 'errors'}; nothing was started`);
  return undefined;
}
