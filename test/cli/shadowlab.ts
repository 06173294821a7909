/** The command line as its user meets it: a process of its own, with its output and exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'mocha';

/** The experiment that `init` writes: three routers, a second to run. */
export const STARTER = 'experiments/starter/experiments/first-change.yaml';

const MAIN = resolve('src/cli/main.ts');

/** Node keeps what it compiled here, so that each process after the first starts in half the time. */
const COMPILED = join(tmpdir(), 'shadowlab-test-compiled');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface Surroundings {
  /** The repository where it is left out. */
  readonly cwd?: string;
  /** On top of this process's own, less what CI sets. */
  readonly env?: Readonly<Record<string, string>>;
}

export function shadowlab(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return start(args, surroundings).ended;
}

export function start(args: readonly string[], surroundings?: Surroundings): Started {
  return startProcess(process.execPath, [MAIN, ...args], surroundings);
}

export function startProcess(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: Surroundings = {},
): Started {
  const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, ...inherited } = process.env;
  const child = spawn(command, args, { cwd, env: { ...inherited, NODE_COMPILE_CACHE: COMPILED, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end();
  const ended = new Promise<Ended>((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }));
  });
  return { process: child, ended };
}

/** A folder of the test's own, away again when the surrounding `describe` is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shadowlab-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
