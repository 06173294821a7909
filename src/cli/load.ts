/** Loading experiments for a command: what is wrong is printed, all of it, and nothing is started. */
import { formatPlural } from '../analysis/format.ts';
import { loadExperiment } from '../runner/experiment/load.ts';
import { formatProblem } from '../runner/experiment/problem.ts';
import type { Experiment } from '../runner/experiment/resolved.ts';

/**
 * Loads every file. Undefined where any of them is wrong; problems and warnings go to standard error, and when
 * there are problems a last line counts them. An experiment that is to be skipped here is not among the loaded.
 */
export async function loadAll(
  files: readonly string[],
  options: { readonly seed?: number } = {},
): Promise<readonly Experiment[] | undefined> {
  const experiments: Experiment[] = [];
  let errors = 0;
  for (const file of files) {
    const loaded = await loadExperiment(file, options);
    const problems = loaded.ok ? loaded.warnings : loaded.problems;
    for (const problem of problems) console.error(formatProblem(problem));
    errors += problems.filter(({ severity }) => severity === 'error').length;
    if (loaded.ok) experiments.push(loaded.experiment);
  }
  if (errors === 0) return experiments;
  console.error(`${formatPlural(errors, 'error')}; nothing was started`);
  return undefined;
}
