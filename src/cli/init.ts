/** `shadowlab init`: a small working experiment with a CI workflow, to start from. */
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { InputError } from './exit.ts';

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
      const existing = files.filter((file) => existsSync(join(folder, file)));
      if (existing.length > 0) {
        throw new InputError(
          `${existing.map((file) => join(folder, file)).join(', ')} exists already; nothing was written`,
        );
      }
      for (const file of files) {
        mkdirSync(join(folder, file, '..'), { recursive: true });
        cpSync(join(STARTER, file), join(folder, file));
        console.log(`wrote ${join(folder, file)}`);
      }
      console.log(
        `\nnext: ${folder === '.' ? '' : `cd ${folder} && `}npx shadowlab run experiments/first-change.yaml`,
      );
    });
}
