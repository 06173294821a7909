/** `shadowlab export`: an experiment's lab for other tools, for use without us. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { EXPORT_MARK, filesOfExport } from '../runner/backends/containerlab/folder.ts';
import { asWord } from '../runner/experiment/topology/names.ts';
import { parseImageName } from '../runner/image/image.ts';
import { writeRunFile } from '../runner/results/folder.ts';
import { EXIT, InputError, isSystemError, systemError } from './exit.ts';
import { loadAll } from './load.ts';

interface Options {
  readonly output?: string;
  readonly image?: string;
}

export function exportCommand(): Command {
  const clab = new Command('clab')
    .description('a folder that containerlab deploys: topology file, start-up files, configurations')
    .argument('<experiment.yaml>')
    .option('--output <dir>', 'where to put it (EXPERIMENT-clab)')
    .option('--image <name>', "containers' image")
    .action(async (file: string, options: Options) => {
      process.exitCode = await exportClab(file, options);
    });
  return new Command('export')
    .description("an experiment's lab for other tools, for use without shadowlab")
    .addCommand(clab);
}

async function exportClab(file: string, { output, image }: Options): Promise<number> {
  const experiments = await loadAll([file]);
  if (experiments === undefined) return EXIT.wrongInput;
  if (image !== undefined) parseImageName(image);
  for (const experiment of experiments) {
    const folder = output ?? `${asWord(experiment.name)}-clab`;
    const files = filesOfExport(experiment, image);
    try {
      makeRoom(folder);
      for (const [path, text] of files) writeRunFile(folder, path, text);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw new InputError(`the lab cannot be written: ${systemError(error)}`);
    }
    const [topology] = files.keys();
    console.log(`wrote ${files.size} files into ${folder}; README.md there says what is what`);
    console.log(`next: sudo containerlab deploy -t ${join(folder, topology)}`);
  }
  return EXIT.pass;
}

/** What an earlier export wrote goes; a folder that holds anything else of somebody's is refused. */
function makeRoom(folder: string): void {
  const entries = entriesOf(folder);
  const topologies = entries.filter((name) => name.endsWith('.clab.yml'));
  const isOurs = topologies.length > 0 && topologies.every((name) => isExported(join(folder, name)));
  if (entries.length > 0 && !isOurs) {
    throw new InputError(`${folder} is not empty, and no earlier export; choose another with --output DIR`);
  }
  for (const name of [...topologies, 'routers', 'README.md']) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function isExported(file: string): boolean {
  return readFileSync(file, 'utf8').startsWith(`# ${EXPORT_MARK}`);
}
