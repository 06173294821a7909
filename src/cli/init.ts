/** `shadowlab init`: a small working experiment with a CI workflow, to start from. */
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { makeFolder } from '../runner/results/folder.ts';
import { InputError, isSystemError, systemError } from './exit.ts';

/** Files that are copied as they are; all are shipped in the package. */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const STARTER = join(PACKAGE, 'experiments/starter');

interface Ci {
  /** Files of the starter that are for this one alone: how their paths begin. */
  readonly own: string;
  /** What runs the experiments, from the package, and where it goes. */
  readonly runner: readonly [from: string, to: string];
}

const CI = {
  github: { own: '.github/', runner: ['action.yml', '.github/actions/shadowlab/action.yml'] },
  gitlab: {
    own: '.gitlab-ci.yml',
    runner: ['ci/gitlab/shadowlab.gitlab-ci.yml', 'ci/shadowlab.gitlab-ci.yml'],
  },
} as const satisfies Readonly<Record<string, Ci>>;

interface Copy {
  readonly from: string;
  /** Relative to the user's folder. */
  readonly to: string;
}

export function initCommand(): Command {
  return new Command('init')
    .description('a small working experiment with a CI workflow, to start from')
    .argument('[folder]', 'where to put it', '.')
    .addOption(new Option('--ci <which>', 'whose workflow').choices(Object.keys(CI)).default('github'))
    .action((folder: string, { ci }: { readonly ci: keyof typeof CI }) => {
      const copies = copiesFor(CI[ci]);
      const existing = copies.map(({ to }) => join(folder, to)).filter((file) => existsSync(file));
      if (existing.length > 0) {
        const [verb, them] = existing.length === 1 ? ['exists', 'it'] : ['exist', 'them'];
        throw new InputError(
          `${existing.join(', ')} ${verb} already; nothing was written (move ${them} away, or name another folder)`,
        );
      }
      for (const copy of copies) {
        copyInto(folder, copy);
        console.log(`wrote ${join(folder, copy.to)}`);
      }
      const go = folder === '.' ? '' : `cd ${/^[\w./-]+$/.test(folder) ? folder : `'${folder}'`} && `;
      console.log('\nkeep the folders results/ and base/ out of git');
      console.log(`next: ${go}npx shadowlab run experiments/first-change.yaml`);
    });
}

function copiesFor({ own, runner: [from, to] }: Ci): readonly Copy[] {
  const others = Object.values(CI).filter((ci) => ci.own !== own);
  const starter = readdirSync(STARTER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(STARTER.length + 1))
    .filter((file) => !others.some((ci) => file.startsWith(ci.own)))
    .map((file) => ({ from: join(STARTER, file), to: file }));
  return [...starter, { from: join(PACKAGE, from), to }].sort((a, b) => (a.to < b.to ? -1 : 1));
}

function copyInto(folder: string, { from, to }: Copy): void {
  try {
    makeFolder(dirname(join(folder, to)));
    copyFileSync(from, join(folder, to));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new InputError(`${to} cannot be written: ${systemError(error)}`);
  }
}
