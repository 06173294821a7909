/**
 * `npm run bench`: measures what the project promises, prints each figure beside its goal as a Markdown table, then
 * the goals alone.
 *
 *     npm run bench -- --only kdl --json bench.json
 *
 * Each scenario runs in a process of its own, one after the other: its memory is its own, and nothing that ran
 * before it has warmed or worn anything. docs/benchmarks.md says what the figures mean.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { formatGoals, formatTable, isMet, type Measured, type Outcome, type Skipped } from './figure.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const names = SCENARIOS.map(({ name }) => name);

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    /** Measure this one here and print it: what the main process starts. */
    scenario: { type: 'string' },
  },
});

if (values.scenario !== undefined) {
  console.log(JSON.stringify(await scenario(values.scenario).measure()));
} else {
  const chosen = values.only?.map(scenario) ?? SCENARIOS;
  const environment = { node: process.version, cores: availableParallelism(), load: loadavg()[0] };
  console.log(
    `node ${environment.node}, ${environment.cores} cores, load ${environment.load.toFixed(1)} before it began\n`,
  );
  const outcomes = chosen.map(measureApart);
  console.log(`${formatTable(outcomes)}\n\n${formatGoals(outcomes)}`);
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ environment, outcomes: outcomes.map(judged) }, null, 2)}\n`,
    );
  }
}

function scenario(name: string): Scenario {
  const found = SCENARIOS.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  console.error(`there is no benchmark "${name}"; there are ${names.join(', ')}`);
  return process.exit(2);
}

function measureApart({ name, title }: Scenario): Outcome {
  console.error(`${name} ...`);
  const { status, stdout } = spawnSync(process.execPath, [import.meta.filename, '--scenario', name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    process.exitCode = 1;
    return { name, title, skipped: 'it failed, see above' };
  }
  return { name, title, ...(JSON.parse(stdout) as Measured | Skipped) };
}

/** For machines: whether each goal is met, beside it. */
function judged(outcome: Outcome): unknown {
  if ('skipped' in outcome) return outcome;
  return { ...outcome, figures: outcome.figures.map((figure) => ({ ...figure, met: isMet(figure) })) };
}
