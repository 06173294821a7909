/** Namespaces for one measurement, and processes in them: all gone when it is over, however it ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class BenchNetwork {
  readonly #priority: readonly string[];
  readonly #names: string[] = [];
  readonly #children = new Set<ChildProcess>();
  readonly #inside = new Map<string, ChildProcess>();
  readonly #remove = (): void => this.destroy();
  readonly #stop = (): void => process.exit(1);

  /** With `realtime` its programs go before whatever else wants their cores (SCHED_FIFO). */
  constructor(realtime: boolean) {
    this.#priority = realtime ? ['chrt', '-f', '1'] : [];
    process.once('exit', this.#remove);
    for (const signal of SIGNALS) process.once(signal, this.#stop);
  }

  /** A namespace whose name nobody else has. */
  namespace(part: string): string {
    const name = `shadowlab-bench-${process.pid}-${part}`;
    run('ip', ['netns', 'add', name]);
    this.#names.push(name);
    // Somebody in it, by whom its counters can be read without starting anything.
    const child = spawn('ip', ['netns', 'exec', name, 'sleep', '3600'], { stdio: 'ignore' });
    this.#children.add(child);
    this.#inside.set(name, child);
    return name;
  }

  /** Packets that an interface of a namespace has received. */
  received(namespace: string, name: string): number {
    const lines = readFileSync(`/proc/${this.#inside.get(namespace)?.pid}/net/dev`, 'utf8').split('\n');
    const line = lines.find((candidate) => candidate.trim().startsWith(`${name}:`));
    return Number(line?.trim().split(/[\s:]+/)[2] ?? Number.NaN);
  }

  /** Starts a program of this folder in a namespace on one core; what it says first. */
  async start(
    namespace: string,
    core: number,
    program: string,
    ...words: readonly string[]
  ): Promise<Running> {
    const node = [process.execPath, `${import.meta.dirname}/${program}`, ...words];
    const pinned = ['taskset', '-c', String(core), ...this.#priority, ...node];
    const child = spawn('ip', ['netns', 'exec', namespace, ...pinned], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return new Running(child);
  }

  destroy(): void {
    process.removeListener('exit', this.#remove);
    for (const signal of SIGNALS) process.removeListener(signal, this.#stop);
    for (const child of this.#children) child.kill('SIGKILL');
    for (const name of this.#names.splice(0)) spawnSync('ip', ['netns', 'del', name]);
  }
}

export class Running {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  async firstLine(): Promise<string> {
    if (this.#child.stdout === null) throw new Error('no output');
    const ended = once(this.#child, 'exit').then(() => 'it ended');
    return Promise.race([once(createInterface(this.#child.stdout), 'line').then(([line]) => line), ended]);
  }

  /** Processor time so far, and resident memory now. `ip`, `taskset` and `chrt` have become the program itself. */
  usage(): { readonly cpuSeconds: number; readonly megabytes: number } {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN);
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, megabytes: kilobytes / 1000 };
  }

  async stop(): Promise<void> {
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
