/** Processes in network namespaces: what a host's programs leave running in the background ends with the lab. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';

/** Processes may end by themselves for so long. */
const GRACE_MS = 3_000;
const LOOK_EVERY_MS = 20;

/** Ends all processes in the namespaces of these paths: SIGTERM, then SIGKILL. Never rejects. */
export async function endProcessesIn(paths: readonly string[]): Promise<void> {
  const namespaces = identitiesOf(paths);
  signalAll(processesIn(namespaces), 'SIGTERM');
  const untilMs = performance.now() + GRACE_MS;
  while (processesIn(namespaces).length > 0) {
    if (performance.now() > untilMs) {
      signalAll(processesIn(namespaces), 'SIGKILL');
      return;
    }
    await after(LOOK_EVERY_MS);
  }
}

/** How many processes are in the namespaces of these paths. */
export function countProcessesIn(paths: readonly string[]): number {
  return processesIn(identitiesOf(paths)).length;
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Not this process, nor those that it was started by: a shell in one of the namespaces, perhaps. */
function processesIn(namespaces: ReadonlySet<string>): readonly number[] {
  if (namespaces.size === 0) return [];
  const ours = ancestors(process.pid);
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || ours.has(Number(name))) return [];
    const namespace = identityOf(`/proc/${name}/ns/net`);
    return namespace !== undefined && namespaces.has(namespace) ? [Number(name)] : [];
  });
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

function identitiesOf(paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.flatMap((path) => identityOf(path) ?? []));
}

/** Equal where two paths lead to one namespace; undefined where the path leads to none. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
