/** `shadowlab run`: runs experiments one after the other; the exit code is that of the worst. */
import { randomBytes } from 'node:crypto';
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Result } from '../analysis/result.ts';
import { BACKENDS, type BackendName, backendNamed, findingsOf } from '../runner/backends/backends.ts';
import { demandAll } from '../runner/backends/finding.ts';
import type { Experiment } from '../runner/experiment/resolved.ts';
import { type Backend, LabError } from '../runner/lab.ts';
import { machinesMissing } from '../runner/program.ts';
import { makeRunFolder, writeRunFile } from '../runner/results/folder.ts';
import { run, stepCalled } from '../runner/run.ts';
import { EXIT, exitCodeOf, InputError, isSystemError, systemError } from './exit.ts';
import { loadAll } from './load.ts';
import { FORMATS, type Format, reporterFor } from './reporters.ts';
import { version } from './version.ts';

interface Options {
  readonly backend: BackendName;
  readonly image?: string;
  readonly seed?: number;
  readonly results: string;
  readonly only?: string;
  readonly keep?: boolean;
  readonly format?: Format;
}

const WITH_IMAGE: readonly string[] = ['docker', 'containerlab'];
/** What of a lab could not be ended may hold the process open for so long. */
const LINGER_MS = 2_000;

const ELSEWHERE = 'choose another place with --results DIR';

/** Worst last. */
const SEVERITY: readonly number[] = [EXIT.pass, EXIT.fail, EXIT.error, EXIT.interrupted];

export function runCommand(): Command {
  return new Command('run')
    .description('run experiments, write their results, exit with the verdict')
    .argument('<experiment.yaml...>', 'run one after the other; a mistake in one, and none is started')
    .addOption(new Option('--backend <name>', 'where the lab runs').choices(BACKENDS).default('embedded'))
    .option('--image <name>', "containers' image, of the backends that have containers")
    .option('--seed <n>', "seed instead of the file's", parseSeed)
    .option('--results <dir>', 'folder for results', parseFolder, 'results')
    .option('--only <step>', 'run only this step (name or number), after the steps before it that converge')
    .option('--keep', 'leave the lab up afterwards (the embedded lab ends with the process; see clean)')
    .addOption(
      new Option('--format <format>', 'progress; pretty on a terminal, plain elsewhere').choices(FORMATS),
    )
    .addHelpText(
      'after',
      `
Exit codes:
  0    every expectation held
  1    an expectation did not hold
  2    the input is wrong: nothing was started
  3    the lab could not do what was asked
  130  interrupted (Ctrl-C takes the lab down and writes what there is; a second one exits at once)`,
    )
    .action(async (files: readonly string[], options: Options) => {
      process.exitCode = await runAll(files, options);
    });
}

async function runAll(files: readonly string[], options: Options): Promise<number> {
  const interrupted = interruptOnSignals(options.backend !== 'embedded');
  const experiments = await loadAll(files, options.seed === undefined ? {} : { seed: options.seed });
  if (experiments === undefined) return EXIT.wrongInput;
  for (const experiment of experiments) {
    checkOnly(experiment, options.only);
    const missing = machinesMissing(experiment, options.backend);
    if (missing !== undefined) throw new InputError(missing);
  }
  const backend = await backendFor(options);
  let worst: number = EXIT.pass;
  for (const experiment of experiments) {
    // Signals are heard when the event loop turns.
    await new Promise((resume) => setImmediate(resume));
    if (interrupted.aborted) break;
    const code = await runOne(experiment, backend, options, interrupted);
    if (SEVERITY.indexOf(code) > SEVERITY.indexOf(worst)) worst = code;
  }
  setTimeout(() => process.exit(), LINGER_MS).unref();
  return interrupted.aborted ? EXIT.interrupted : worst;
}

/** Nothing is started yet where the machine lacks something. */
async function backendFor({ backend, image }: Options): Promise<Backend> {
  if (image !== undefined && !WITH_IMAGE.includes(backend)) {
    throw new InputError(`--image is for the backends ${WITH_IMAGE.join(' and ')}, not for ${backend}`);
  }
  const options = image === undefined ? {} : { image };
  demandAll(backend, await findingsOf(backend, options));
  return backendNamed(backend, options);
}

async function runOne(
  experiment: Experiment,
  backend: Backend,
  options: Options,
  signal: AbortSignal,
): Promise<number> {
  const started = new Date();
  const folder = runFolder(experiment, options, started);
  const reporter = reporterFor(options.format);
  try {
    const result = await run(experiment, {
      backend,
      folder,
      id: randomBytes(4).toString('hex'),
      version,
      ...(options.only !== undefined && { only: options.only }),
      ...(options.keep === true && { keep: true }),
      signal,
      progress: reporter.event,
    });
    const environment = environmentOf(started, new Date(), result);
    writeRunFile(folder, 'environment.json', `${JSON.stringify(environment, null, 2)}\n`);
    return exitCodeOf(result);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new LabError(
      `the results in ${folder} cannot be written: ${systemError(error)} (free some space, or ${ELSEWHERE}; shadowlab report tells of what was recorded)`,
    );
  } finally {
    await reporter.end();
  }
}

function runFolder({ name }: Experiment, { results }: Options, started: Date): string {
  try {
    return makeRunFolder(results, name, started, () => randomBytes(3).toString('hex'));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new InputError(`no folder for results can be made: ${systemError(error)} (${ELSEWHERE})`);
  }
}

function checkOnly(experiment: Experiment, only: string | undefined): void {
  if (only === undefined) return;
  const { steps } = experiment;
  const meant = stepCalled(steps, only);
  if (meant?.actions.some(({ kind }) => kind === 'rollback')) {
    throw new InputError(`step "${only}" rolls back a commit that --only would leave out`);
  }
  if (meant !== undefined) return;
  const known = steps.map(({ name, number }) => `\n  ${number}  ${name}`).join('');
  throw new InputError(`${experiment.file} has no step "${only}"; its steps are:${known}`);
}

/** What differs between two runs of one seed. */
function environmentOf(started: Date, finished: Date, { ended }: Result): object {
  return {
    started: started.toISOString(),
    finished: finished.toISOString(),
    ended: ended ?? 'finished',
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

/**
 * The first signal lets the run tear its lab down and write what it has; a second one exits at once. A closed
 * terminal (SIGHUP) interrupts as Ctrl-C does.
 */
function interruptOnSignals(leavesMachines: boolean): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      if (leavesMachines) console.error('exit at once: shadowlab clean removes what is left of the lab');
      process.exit(EXIT.interrupted);
    }
    console.error('\ninterrupted: taking the lab down (once more to exit at once)');
    controller.abort(new Error('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return controller.signal;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d{1,10}$/.test(text) || seed > 0xffffffff) {
    throw new InvalidArgumentError('A seed is a whole number from 0 to 4294967295.');
  }
  return seed;
}

function parseFolder(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is the name of a folder.');
  return text;
}
