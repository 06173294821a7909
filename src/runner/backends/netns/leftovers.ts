/**
 * Namespaces that runs left, with the processes in them. A wire is made in the two namespaces that it joins, so it
 * goes with them. What containerlab leaves in /run/netns is no namespace but a link to a container's; it is a leftover
 * as well.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { execa } from 'execa';
import { type Leftover, runOfName } from '../leftover.ts';

const NAMESPACES = '/run/netns';
/** Processes may end by themselves for so long. */
const GRACE_MS = 3_000;
const LOOK_EVERY_MS = 50;
const LIMIT_MS = 10_000;

export async function leftovers(folder = NAMESPACES): Promise<readonly Leftover[]> {
  return namesIn(folder).flatMap((name): readonly Leftover[] => {
    const run = runOfName(name);
    if (run === undefined) return [];
    const path = `${folder}/${name}`;
    return [{ run, what: `namespace ${name}${processesInWords(path)}`, remove: () => remove(name, path) }];
  });
}

async function remove(name: string, path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    unlinkSync(path);
    return;
  }
  await endProcesses(path);
  if (!existsSync(path)) return;
  const { failed, stderr, shortMessage } = await execa('ip', ['netns', 'delete', name], {
    reject: false,
    timeout: LIMIT_MS,
    stdin: 'ignore',
  });
  if (failed && existsSync(path)) throw new Error(stderr.trim() || shortMessage);
}

async function endProcesses(path: string): Promise<void> {
  signal(processesOf(path), 'SIGTERM');
  for (let waitedMs = 0; waitedMs < GRACE_MS && processesOf(path).length > 0; waitedMs += LOOK_EVERY_MS) {
    await after(LOOK_EVERY_MS);
  }
  signal(processesOf(path), 'SIGKILL');
}

function signal(pids: readonly number[], name: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // Gone meanwhile; what may not be ended shows when the namespace is looked at again.
    }
  }
}

function processesInWords(path: string): string {
  const { length } = processesOf(path);
  if (length === 0) return '';
  return length === 1 ? ' and the process in it' : ` and the ${length} processes in it`;
}

/** Those in the namespace; not this one, nor those that it was started by. */
function processesOf(path: string): readonly number[] {
  const namespace = identityOf(path);
  if (namespace === undefined) return [];
  const ours = ancestors(process.pid);
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name) && identityOf(`/proc/${name}/ns/net`) === namespace)
    .map(Number)
    .filter((pid) => !ours.has(pid));
}

/** Equal where two paths lead to one namespace. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

function ancestors(pid: number): ReadonlySet<number> {
  const found = new Set<number>();
  for (let next = pid; next > 0 && !found.has(next); next = parentOf(next)) found.add(next);
  return found;
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
