/**
 * The experiments of the original evaluation of shadow configurations (R. Alimi, Y. Wang, Y. R. Yang, "Shadow
 * Configuration as a Network Management Primitive", SIGCOMM 2008), made again:
 *
 *     npm run paper                         all of them, about half an hour
 *     npm run paper -- --only streaming     one of them
 *
 * Each writes `results/paper/NAME.html` with its plots and `NAME.json` with the numbers behind them, and prints
 * its figures beside their goals. docs/paper.md has what was claimed and what we measured.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figure, formatTable, type Outcome } from '../figure.ts';
import { type Chart, drawChart } from './chart.ts';
import { EXPERIMENTS } from './experiments.ts';
import { page } from './page.ts';

export interface PaperExperiment {
  readonly name: string;
  readonly title: string;
  /** What the paper, or the goal, claims, in a sentence. */
  readonly claim: string;
  measure(): Promise<PaperOutcome>;
}

export interface PaperOutcome {
  readonly charts: readonly Chart[];
  readonly figures: readonly Figure[];
  /** What a reader must know to read the charts rightly: sizes, rates, seeds, what is idealised. */
  readonly method: readonly string[];
}

export type PaperResult = PaperOutcome | { readonly skipped: string };

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      out: { type: 'string', default: 'results/paper' },
      /** Measure this one here: what the main process starts, so that none warms or wears the next. */
      experiment: { type: 'string' },
    },
  });
  if (values.experiment !== undefined) {
    await measureHere(find(values.experiment), values.out);
    return;
  }
  const chosen = values.only?.map(find) ?? EXPERIMENTS;
  for (const { name } of chosen) {
    const { status } = spawnSync(
      process.execPath,
      [import.meta.filename, '--experiment', name, '--out', values.out],
      { stdio: 'inherit' },
    );
    if (status !== 0) process.exitCode = 1;
  }
}

function find(name: string): PaperExperiment {
  const found = EXPERIMENTS.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  console.error(
    `there is no experiment "${name}"; there are ${EXPERIMENTS.map((one) => one.name).join(', ')}`,
  );
  return process.exit(2);
}

async function measureHere(experiment: PaperExperiment, folder: string): Promise<void> {
  const { name, title } = experiment;
  const outcome = await experiment.measure();
  mkdirSync(folder, { recursive: true });
  const svgs = await Promise.all(outcome.charts.map(drawChart));
  writeFileSync(join(folder, `${name}.html`), page(experiment, outcome, svgs));
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ name, title, ...outcome }, null, 2)}\n`);
  const table: Outcome = { name, title, figures: outcome.figures };
  console.log(`${formatTable([table])}\n\n${join(folder, `${name}.html`)}\n`);
}
