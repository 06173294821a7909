/** Namespaces for one measurement, and processes in them: all gone when it is over, however it ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { entering, inNamespace, ipBatch } from '../../src/runner/backends/daemons/namespace.ts';
import { type Usage, usageOf } from './usage.ts';

/** What all names begin with; the maker's process id follows. */
const PREFIX = 'shadowlab-bench-';

export class BenchNetwork {
  readonly #priority: readonly string[];
  readonly #names: string[] = [];
  readonly #children = new Set<ChildProcess>();
  readonly #remove = (): void => this.destroy();

  /** With `realtime` its programs go before whatever else wants their cores (SCHED_FIFO). */
  constructor(realtime = false) {
    this.#priority = realtime ? ['chrt', '-f', '1'] : [];
    process.once('exit', this.#remove);
  }

  /** Namespaces whose names nobody else has, in the order of `parts`. */
  async namespaces(parts: readonly string[]): Promise<readonly string[]> {
    const names = parts.map((part) => `${PREFIX}${process.pid}-${part}`);
    this.#names.push(...names);
    await ipBatch(names.map((name) => `netns add ${name}`));
    return names;
  }

  /** Packets that an interface of a namespace has received. */
  received(namespace: string, name: string): number {
    const counters = inNamespace(pathOf(namespace), () => readFileSync('/proc/thread-self/net/dev', 'utf8'));
    const line = counters.split('\n').find((candidate) => candidate.trim().startsWith(`${name}:`));
    return Number(line?.trim().split(/[\s:]+/)[2] ?? Number.NaN);
  }

  /** Starts Node in a namespace on one core. `program`: a file of this folder, or an absolute path. */
  startNode(namespace: string, core: number, program: string, ...words: readonly string[]): Running {
    const file = program.startsWith('/') ? program : `${import.meta.dirname}/${program}`;
    const pinned = ['taskset', '-c', String(core), ...this.#priority, process.execPath, file, ...words];
    return this.start(namespace, pinned);
  }

  /** Starts a program in a namespace. Its standard output is for `firstLine`; unread, it must be short. */
  start(namespace: string, words: readonly string[], errors: 'inherit' | 'ignore' = 'inherit'): Running {
    const child = spawn('nsenter', [entering(pathOf(namespace)), ...words], {
      stdio: ['ignore', 'pipe', errors],
      // A Ctrl-C on the terminal is for the benchmark, which then ends its programs in order.
      detached: true,
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return new Running(child);
  }

  destroy(): void {
    process.removeListener('exit', this.#remove);
    for (const child of this.#children) child.kill('SIGKILL');
    removeNamespaces(this.#names.splice(0));
  }
}

export function pathOf(namespace: string): string {
  return `/run/netns/${namespace}`;
}

/** A folder for files, under the system's for temporary ones. Whoever asks removes it. */
export function benchFolder(): string {
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

/** Removes what a benchmark left that was killed before it could. */
export function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter(isLeftover))
    rmSync(join(tmpdir(), name), { recursive: true });
  const names = run('ip', ['netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0])
    .filter(isLeftover);
  for (const name of names) {
    const pids = run('ip', ['netns', 'pids', name]).split('\n').filter(Boolean);
    if (pids.length > 0) spawnSync('kill', ['-KILL', ...pids]);
  }
  removeNamespaces(names);
}

/** Its maker, whose process id is in the name, is no more. */
function isLeftover(name: string): boolean {
  return name.startsWith(PREFIX) && !existsSync(`/proc/${name.slice(PREFIX.length).split('-')[0]}`);
}

/** Those that were never made are passed over. */
function removeNamespaces(names: readonly string[]): void {
  if (names.length === 0) return;
  const input = names.map((name) => `netns del ${name}\n`).join('');
  spawnSync('ip', ['-force', '-batch', '-'], { input, stdio: ['pipe', 'ignore', 'ignore'] });
}

export class Running {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** `nsenter`, `taskset` and `chrt` have become the program itself. */
  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Once. `it ended` where it says nothing before. Rejects with the signal's reason. */
  async firstLine(signal: AbortSignal): Promise<string> {
    if (this.#child.stdout === null) throw new Error('no output');
    const lines = createInterface(this.#child.stdout);
    const ended = once(this.#child, 'exit', { signal }).then(() => 'it ended');
    return Promise.race([once(lines, 'line', { signal }).then(([line]) => line), ended]);
  }

  usage(): Usage {
    return usageOf(this.pid);
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** What a command printed. Throws Error where it failed. */
export function run(command: string, words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stderr}`);
  return stdout;
}
