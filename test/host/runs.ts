/** Runs on real backends, as processes of their own, and what they have on this machine at any moment. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { listRuns, RUNS } from '../../src/runner/backends/daemons/runs.ts';
import { runOfName } from '../../src/runner/backends/leftover.ts';
import { type Started, type Surroundings, shadowlab, startProcess } from '../cli/shadowlab.ts';

const MAIN = 'src/cli/main.ts';
const NAMESPACES = '/run/netns';
/** Far above what anything takes on a busy machine. */
const LIMIT_MS = 180_000;
const LOOK_EVERY_MS = 5;

/** Why no lab of namespaces can be made here; undefined where one can. */
export async function obstacle(): Promise<string | undefined> {
  const { stdout, code } = await shadowlab(['doctor', '--backend', 'netns']);
  return code === 0 ? undefined : missingIn(stdout);
}

/** What doctor says is missing, on a line. */
export function missingIn(doctor: string): string {
  return [...doctor.matchAll(/^ +missing +(.*)$/gm)].map(([, what]) => what).join('; ');
}

/** A run in a session of its own, as a terminal starts one, with progress as JSON. */
export class Run {
  readonly started: Started;
  #stdout = '';

  constructor(words: readonly string[], surroundings?: Surroundings) {
    const command = [process.execPath, MAIN, 'run', ...words, '--backend', 'netns', '--format', 'json'];
    this.started = startProcess('setsid', command, surroundings);
    this.started.process.stdout?.on('data', (text: string) => {
      this.#stdout += text;
    });
  }

  get pid(): number {
    return this.started.process.pid ?? 0;
  }

  /** When progress has come to these words. */
  reaches(words: string): Promise<void> {
    return until(() => this.#stdout.includes(words));
  }

  /** A step of its experiment was begun. */
  get isDeployed(): boolean {
    return this.#stdout.includes('"step-started"');
  }

  /** Its id, once it has one. */
  async id(): Promise<string> {
    const own = (): string | undefined => listRuns().find(({ run }) => run?.pid === this.pid)?.id;
    await until(() => own() !== undefined);
    return own() ?? '';
  }

  /** To all processes of its session's foreground, as a terminal does it. */
  signal(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }
}

/** The starter's experiment, with times and rates that a busy machine keeps. */
export function patient(starter: string): string {
  return starter
    .replace('dead: 4s', 'dead: 8s')
    .replace('rate: 5Mbps', 'rate: 1Mbps')
    .replace(/within:? \d+s/g, (text) => text.replace(/\d+/, '600'))
    .replace('commit: {', 'commit: { phase: 60s,');
}

/** Every trace of a run on this machine: namespaces, processes, its folder. */
export function tracesOf(id: string): readonly string[] {
  return [
    ...namespacesOf(id).map((name) => `namespace ${name}`),
    ...processesOf(id).map((pid) => `process ${pid}`),
    ...listRuns()
      .filter((run) => run.id === id)
      .map((run) => `folder ${run.id}`),
  ];
}

export function namespacesOf(id: string): readonly string[] {
  return readdirSync(NAMESPACES).filter((name) => runOfName(name) === id);
}

/** Those that were started for it: its folder is among their words. `router`: the daemon of this one. */
export function processesOf(id: string, router?: string): readonly number[] {
  const words = router === undefined ? join(RUNS, id) : join(RUNS, id, `${router}.json`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandOf(name).includes(words))
    .map(Number);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

export function ip(...words: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

export async function until(condition: () => boolean): Promise<void> {
  const limitMs = performance.now() + LIMIT_MS;
  while (!condition()) {
    if (performance.now() > limitMs) throw new Error('what was waited for did not happen');
    await after(LOOK_EVERY_MS);
  }
}
