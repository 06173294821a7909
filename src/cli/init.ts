/** `shadowlab init`: a small working experiment with a CI workflow, to start from. */
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { makeFolder } from '../runner/results/folder.ts';
import { InputError, isSystemError, systemError } from './exit.ts';

/** Copied as it is; shipped in the package. */
const STARTER = fileURLToPath(new URL('../../experiments/starter', import.meta.url));

export function initCommand(): Command {
  return new Command('init')
    .description('a small working experiment with a CI workflow, to start from')
    .argument('[folder]', 'where to put it', '.')
    .action((folder: string) => {
      const files = readdirSync(STARTER, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(STARTER.length + 1))
        .sort();
      const existing = files.map((file) => join(folder, file)).filter((file) => existsSync(file));
      if (existing.length > 0) {
        const [verb, them] = existing.length === 1 ? ['exists', 'it'] : ['exist', 'them'];
        throw new InputError(
          `${existing.join(', ')} ${verb} already; nothing was written (move ${them} away, or name another folder)`,
        );
      }
      for (const file of files) {
        copyInto(folder, file);
        console.log(`wrote ${join(folder, file)}`);
      }
      const go = folder === '.' ? '' : `cd ${/^[\w./-]+$/.test(folder) ? folder : `'${folder}'`} && `;
      console.log('\nkeep the results/ folder out of git');
      console.log(`next: ${go}npx shadowlab run experiments/first-change.yaml`);
    });
}

function copyInto(folder: string, file: string): void {
  try {
    makeFolder(dirname(join(folder, file)));
    copyFileSync(join(STARTER, file), join(folder, file));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new InputError(`${file} cannot be written: ${systemError(error)}`);
  }
}
