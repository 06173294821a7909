/**
 * Runs of real labs on this machine: each has a folder /run/shadowlab/<id> for sockets and start-up files, with
 * `.run.json` in it, which says whose it is. So whoever cleans up can tell a run that goes on, or whose lab was meant
 * to stay, from one that was killed.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../world/message-of.ts';
import { LabError } from '../../lab.ts';

export const RUNS = '/run/shadowlab';
/** No machine's file begins with a dot, whatever it is called. */
const RECORD = '.run.json';

export interface RegisteredRun {
  /** As in `Deployment`. */
  readonly id: string;
  readonly backend: string;
  /** The runner's process. */
  readonly pid: number;
  /** When it was started, as the kernel counts (proc_pid_stat(5), field 22): numbers of processes come back. */
  readonly startTime: number;
  /** The experiment's file, as the user gave it. */
  readonly experiment: string;
  /** The results'. */
  readonly folder: string;
  /** The lab was left up on purpose. */
  readonly kept: boolean;
}

/** A folder of this machine that a run may have left; `run` is missing where nothing there says whose it is. */
export interface FoundRun {
  readonly id: string;
  readonly run?: RegisteredRun;
}

export function isRunId(text: string): boolean {
  return /^[0-9a-f]{8}$/.test(text);
}

/** Where files of the run are. Where it is below /run/shadowlab, sockets' paths are short enough (unix(7)). */
export function runFolder(id: string, root = RUNS): string {
  return join(root, id);
}

/**
 * Makes the folder (0700), which must not be there, for a run of this process; returns its path. Throws LabError.
 */
export function registerRun(
  run: Pick<RegisteredRun, 'id' | 'backend' | 'experiment' | 'folder'>,
  root = RUNS,
): string {
  const folder = runFolder(run.id, root);
  try {
    mkdirSync(root, { recursive: true, mode: 0o755 });
    mkdirSync(folder, { mode: 0o700 });
    // Whatever the process's umask says.
    chmodSync(folder, 0o700);
    const { id, backend, experiment, folder: results } = run;
    const startTime = startTimeOf(process.pid) ?? 0;
    write(folder, { id, backend, pid: process.pid, startTime, experiment, folder: results, kept: false });
  } catch (error) {
    throw new LabError(`no folder for the run's sockets: ${messageOf(error)}`);
  }
  return folder;
}

/** From now on the run's lab stays up though its process ends. */
export function keepRun(id: string, root = RUNS): void {
  const run = readRun(id, root);
  if (run !== undefined) write(runFolder(id, root), { ...run, kept: true });
}

/** Removes the folder and all in it; nothing where there is none. */
export function removeRun(id: string, root = RUNS): void {
  if (!isRunId(id)) throw new Error(`"${id}" is no run`);
  rmSync(runFolder(id, root), { recursive: true, force: true });
}

/** All runs that have a folder here, by id. What is not named like a run is not ours. */
export function listRuns(root = RUNS): readonly FoundRun[] {
  let names: readonly string[];
  try {
    names = readdirSync(root);
  } catch {
    return [];
  }
  return names
    .filter(isRunId)
    .sort()
    .map((id) => {
      const run = readRun(id, root);
      return { id, ...(run !== undefined && { run }) };
    });
}

/** Is the process that runs it still there? */
export function isAlive({ pid, startTime }: RegisteredRun): boolean {
  return startTimeOf(pid) === startTime;
}

function readRun(id: string, root: string): RegisteredRun | undefined {
  try {
    const run: Partial<RegisteredRun> = JSON.parse(readFileSync(join(runFolder(id, root), RECORD), 'utf8'));
    const isSound =
      run.id === id &&
      typeof run.backend === 'string' &&
      Number.isSafeInteger(run.pid) &&
      typeof run.startTime === 'number' &&
      typeof run.experiment === 'string' &&
      typeof run.folder === 'string' &&
      typeof run.kept === 'boolean';
    // Each of its fields was looked at.
    return isSound ? (run as RegisteredRun) : undefined;
  } catch {
    return undefined;
  }
}

/** Whole, or not at all: another process may read it at any time. */
function write(folder: string, run: RegisteredRun): void {
  const file = join(folder, RECORD);
  writeFileSync(`${file}.new`, `${JSON.stringify(run)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Undefined where there is no such process. */
function startTimeOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, and may hold any character.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[19]);
  } catch {
    return undefined;
  }
}
