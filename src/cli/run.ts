/** `shadowlab run`: runs experiments one after the other; the exit code is that of the worst. */
import { randomBytes } from 'node:crypto';
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { relative } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { embedded } from '../runner/backends/embedded/embedded.ts';
import type { Experiment } from '../runner/experiment/resolved.ts';
import { makeRunFolder, writeRunFile } from '../runner/results/folder.ts';
import { run } from '../runner/run.ts';
import { EXIT, exitCodeOf, InputError } from './exit.ts';
import { loadAll } from './load.ts';
import { type Format, reporterFor } from './reporters.ts';
import { version } from './version.ts';

interface Options {
  readonly backend: string;
  readonly seed?: number;
  readonly results: string;
  readonly only?: string;
  readonly keep?: boolean;
  readonly format?: Format;
}

/** Worst last. */
const SEVERITY: readonly number[] = [EXIT.pass, EXIT.fail, EXIT.error, EXIT.interrupted];

export function runCommand(): Command {
  return new Command('run')
    .description('run experiments, write their results, exit with the verdict')
    .argument('<experiment.yaml...>')
    .addOption(new Option('--backend <name>', 'where the lab runs').choices(['embedded']).default('embedded'))
    .option('--seed <n>', "seed instead of the file's", parseSeed)
    .option('--results <dir>', 'folder for results', 'results')
    .option('--only <step>', 'run only this step (name or number), after the steps that converge')
    .option('--keep', 'leave the lab up afterwards (the embedded lab ends with the process)')
    .addOption(
      new Option('--format <format>', 'progress; pretty on a terminal, plain elsewhere').choices([
        'pretty',
        'plain',
        'json',
      ]),
    )
    .action(async (files: readonly string[], options: Options) => {
      process.exitCode = await runAll(files, options);
    });
}

async function runAll(files: readonly string[], options: Options): Promise<number> {
  const experiments = await loadAll(files, options.seed === undefined ? {} : { seed: options.seed });
  if (experiments === undefined) return EXIT.wrongInput;
  for (const experiment of experiments) checkOnly(experiment, options.only);
  const interrupted = interruptOnSignals();
  let worst: number = EXIT.pass;
  for (const experiment of experiments) {
    const code = await runOne(experiment, options, interrupted);
    if (SEVERITY.indexOf(code) > SEVERITY.indexOf(worst)) worst = code;
    if (interrupted.aborted) break;
  }
  return worst;
}

async function runOne(experiment: Experiment, options: Options, signal: AbortSignal): Promise<number> {
  const started = new Date();
  const folder = makeRunFolder(options.results, experiment.name, started, () =>
    randomBytes(3).toString('hex'),
  );
  const reporter = reporterFor(options.format);
  const result = await run(experiment, {
    backend: embedded,
    folder: relative('', folder) || folder,
    version,
    ...(options.only !== undefined && { only: options.only }),
    signal,
    progress: reporter.event,
  });
  const finished = new Date();
  writeRunFile(folder, 'environment.json', `${JSON.stringify(environment(started, finished), null, 2)}\n`);
  await reporter.end();
  return exitCodeOf(result);
}

function checkOnly(experiment: Experiment, only: string | undefined): void {
  if (only === undefined) return;
  const { steps } = experiment;
  if (steps.some(({ name, number }) => name === only || String(number) === only)) return;
  const known = steps.map(({ name, number }) => `\n  ${number}  ${name}`).join('');
  throw new InputError(`${experiment.file} has no step "${only}"; its steps are:${known}`);
}

/** What differs between two runs of one seed. */
function environment(started: Date, finished: Date): object {
  return {
    started: started.toISOString(),
    finished: finished.toISOString(),
    wallSeconds: (finished.getTime() - started.getTime()) / 1000,
    host: hostname(),
    system: `${platform()} ${release()} ${arch()}`,
    processors: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    shadowlab: version,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  };
}

/** The first SIGINT or SIGTERM lets the run tear its lab down and write what it has; a second one exits at once. */
function interruptOnSignals(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    console.error('\ninterrupted: taking the lab down (once more to exit at once)');
    controller.abort(new Error('interrupted'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d{1,10}$/.test(text) || seed > 0xffffffff) {
    throw new InvalidArgumentError('a seed is a whole number from 0 to 4294967295');
  }
  return seed;
}
