/**
 * Namespaces that runs left, with the processes in them. A wire is made in the two namespaces that it joins, so it
 * goes with them. What containerlab leaves in /run/netns is no namespace but a link to a container's; it is a leftover
 * as well.
 */
import { existsSync, lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { ipBatch } from '../daemons/namespace.ts';
import { type Leftover, runOfName } from '../leftover.ts';
import { countProcessesIn, endProcessesIn } from './processes.ts';

const NAMESPACES = '/run/netns';

export async function leftovers(): Promise<readonly Leftover[]> {
  return namesIn(NAMESPACES).flatMap((name): readonly Leftover[] => {
    const run = runOfName(name);
    if (run === undefined) return [];
    const path = `${NAMESPACES}/${name}`;
    return [{ run, what: `namespace ${name}${processesInWords(path)}`, remove: () => remove(name, path) }];
  });
}

async function remove(name: string, path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    unlinkSync(path);
    return;
  }
  await endProcessesIn([path]);
  if (existsSync(path)) await ipBatch([`netns delete ${name}`]);
}

function processesInWords(path: string): string {
  const count = countProcessesIn([path]);
  if (count === 0) return '';
  return count === 1 ? ' and the process in it' : ` and the ${count} processes in it`;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
