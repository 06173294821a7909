/**
 * What containerlab leaves on a machine of a lab that it could not end itself, beside the containers (docker) and the
 * links in /run/netns (netns): settings for `ssh`, lines of /etc/hosts, and before 0.76 a network of the engine's. Each
 * bears the lab's name, which is the run's.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answered, connectEngine, type Engine } from '../docker/engine.ts';
import { type Leftover, runOfName } from '../leftover.ts';

export interface Places {
  readonly ssh: string;
  readonly hosts: string;
}

const PLACES: Places = { ssh: '/etc/ssh/ssh_config.d', hosts: '/etc/hosts' };
const REACH_LIMIT_MS = 5_000;

export async function leftovers(places = PLACES, engine?: Engine): Promise<readonly Leftover[]> {
  return [
    ...(await networks(engine ?? (await connectEngine()))),
    ...sshSettings(places.ssh),
    ...hostsLines(places.hosts),
  ];
}

async function networks(engine: Engine): Promise<readonly Leftover[]> {
  try {
    const filters = { name: ['^shadowlab-'], driver: ['bridge'] };
    const found = await answered('networks', engine.listNetworks({ filters }), REACH_LIMIT_MS);
    return found.flatMap(({ Id: id, Name: name, Labels: labels }): readonly Leftover[] => {
      const run = runOfLab(name);
      if (run === undefined || labels?.containerlab === undefined) return [];
      const remove = (): Promise<void> =>
        answered(`network ${name} cannot be removed`, engine.getNetwork(id).remove());
      return [{ run, what: `network ${name}`, remove }];
    });
  } catch {
    // No engine, so none of its networks.
    return [];
  }
}

function sshSettings(folder: string): readonly Leftover[] {
  return namesIn(folder).flatMap((name): readonly Leftover[] => {
    const run = runOfLab(/^clab-(.*)\.conf$/.exec(name)?.[1] ?? '');
    const file = join(folder, name);
    return run === undefined
      ? []
      : [{ run, what: `file ${file}`, remove: async () => rmSync(file, { force: true }) }];
  });
}

function hostsLines(file: string): readonly Leftover[] {
  const names = [...read(file).matchAll(/^#+ CLAB-(.*)-START #+$/gm)].map(([, lab = '']) => lab);
  return [...new Set(names)].flatMap((lab): readonly Leftover[] => {
    const run = runOfLab(lab);
    const remove = async (): Promise<void> => removeLines(file, lab);
    return run === undefined ? [] : [{ run, what: `lines of ${lab} in ${file}`, remove }];
  });
}

/** In place: in a container, the file may be mounted. */
function removeLines(file: string, lab: string): void {
  const block = new RegExp(
    `^#+ CLAB-${lab}-START #+\\n(?:(?!#+ CLAB-).*\\n)*?#+ CLAB-${lab}-END #+\\n?`,
    'gm',
  );
  const before = read(file);
  const after = before.replaceAll(block, '');
  if (after !== before) writeFileSync(file, after);
}

/** `shadowlab-<id>`, nothing behind it. */
function runOfLab(lab: string): string | undefined {
  const run = runOfName(lab);
  return lab === `shadowlab-${run}` ? run : undefined;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
