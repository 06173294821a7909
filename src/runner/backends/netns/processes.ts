/** Processes in network namespaces: what a host's programs leave running in the background ends with the lab. */
import { readdirSync, statSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';

/** Processes may end by themselves for so long. */
const GRACE_MS = 3_000;
const LOOK_EVERY_MS = 20;

/** Ends all processes in the namespaces of these paths: SIGTERM, then SIGKILL. Never rejects. */
export async function endProcessesIn(paths: readonly string[]): Promise<void> {
  const namespaces = new Set(paths.flatMap((path) => identityOf(path) ?? []));
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

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
  }
}

function processesIn(namespaces: ReadonlySet<string>): readonly number[] {
  if (namespaces.size === 0) return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    const namespace = identityOf(`/proc/${name}/ns/net`);
    return namespace !== undefined && namespaces.has(namespace) ? [Number(name)] : [];
  });
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
