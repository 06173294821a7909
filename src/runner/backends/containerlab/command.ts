/**
 * The `containerlab` command. Each call
 *
 * - sees none of the user's `CLAB_…` variables: each is an option of containerlab's (CLAB_RUNTIME, CLAB_LABDIR_BASE,
 *   CLAB_DESTROY_CLEANUP, …) and would change what we mean;
 * - is no child of the terminal: Ctrl-C is for the runner, which ends the command and takes the lab down in order;
 * - ends within a limit, and leaves all that it said in a log.
 *
 * `destroy` is never told to clean up: with no container left, `--cleanup` removes the first folder `clab-*` beside the
 * topology file, whosever it is. A lab's own folder is removed by us (folder.ts). Nor is a lab deployed over another
 * (`--reconfigure`): its name is the run's.
 */
import { appendFileSync } from 'node:fs';
import { execa } from 'execa';
import { LabError } from '../../lab.ts';
import { type InspectedContainer, parseInspect } from './inspect.ts';
import { errorIn } from './outcome.ts';
import { type ClabVersion, parseVersion } from './version.ts';

export interface CommandOptions {
  /** The program's name, or its path. */
  readonly program: string;
  /** A file that gets all it says. */
  readonly log?: string;
}

const VERSION_LIMIT_MS = 10_000;
const INSPECT_LIMIT_MS = 60_000;
const DEPLOY_LIMIT_MS = 15 * 60_000;
const DESTROY_LIMIT_MS = 5 * 60_000;
/** What it gets to end what it began when it is told to; it destroys what it has deployed, for 20 s at most. */
const END_LIMIT_MS = 30_000;
/** Of a call's output, kept in memory; the log has all. */
const MAX_OUTPUT_BYTES = 1 << 24;

/** Rejects with LabError where there is no such program or it says nothing of its version. */
export async function installedVersion({ program }: CommandOptions): Promise<ClabVersion> {
  const { stdout } = await call({ program }, ['version'], VERSION_LIMIT_MS);
  const version = parseVersion(stdout);
  if (version === undefined) throw new LabError(`${program} version does not say its version`);
  return version;
}

/**
 * Makes the lab. Returns what it said on its standard error: some versions succeed though a node did not start.
 * Rejects with LabError, or with the signal's reason, once the command has ended.
 */
export async function deploy(options: CommandOptions, file: string, signal: AbortSignal): Promise<string> {
  const { stderr } = await call(options, ['deploy', '--topo', file], DEPLOY_LIMIT_MS, signal);
  return stderr;
}

/** The lab's containers, running or not. Rejects with LabError. */
export async function inspect(
  options: CommandOptions,
  file: string,
  lab: string,
): Promise<readonly InspectedContainer[]> {
  const words = ['inspect', '--topo', file, '--format', 'json'];
  const { stdout } = await call(options, words, INSPECT_LIMIT_MS);
  return parseInspect(stdout, lab);
}

/** Ends the lab's containers. What was never made is no error. Rejects with LabError. */
export async function destroy(options: CommandOptions, file: string): Promise<void> {
  await call(options, ['destroy', '--topo', file], DESTROY_LIMIT_MS);
}

async function call(
  { program, log }: CommandOptions,
  words: readonly string[],
  limitMs: number,
  signal?: AbortSignal,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  signal?.throwIfAborted();
  const { stdout, stderr, failed, timedOut, code, shortMessage, isMaxBuffer, all } = await execa(
    program,
    words,
    {
      env: withoutOptions(process.env),
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      reject: false,
      detached: true,
      timeout: limitMs,
      maxBuffer: MAX_OUTPUT_BYTES,
      forceKillAfterDelay: END_LIMIT_MS,
      ...(signal && { cancelSignal: signal }),
    },
  );
  if (log !== undefined) appendFileSync(log, `$ ${[program, ...words].join(' ')}\n${all ?? ''}\n`);
  signal?.throwIfAborted();
  if (!failed) return { stdout, stderr };
  if (code === 'ENOENT') throw new LabError(`${program} is not installed`);
  if (code === 'EACCES') throw new LabError(`${program} may not be run`);
  const where = log === undefined ? '' : ` (all it said is in ${log})`;
  const why = timedOut
    ? `it did not end within ${limitMs / 1000} s`
    : isMaxBuffer
      ? 'it said too much'
      : stderr.trim() === ''
        ? shortMessage
        : errorIn(stderr);
  throw new LabError(`containerlab ${words[0]} failed: ${why}${where}`);
}

/** Variables for the command: the user's without containerlab's options. It would ask the web for newer versions, too. */
export function withoutOptions(variables: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(variables).flatMap(([name, value]): [string, string][] =>
    value === undefined || /^CLAB_/i.test(name) ? [] : [[name, value]],
  );
  return { ...Object.fromEntries(kept), CLAB_VERSION_CHECK: 'disable' };
}
