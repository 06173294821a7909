/** `shadowlab validate`: says everything that is wrong with the files, runs nothing. */
import { Command } from 'commander';
import { EXIT } from './exit.ts';
import { loadAll } from './load.ts';

export function validateCommand(): Command {
  return new Command('validate')
    .description('say everything that is wrong with the files, run nothing')
    .argument('<experiment.yaml...>')
    .action(async (files: readonly string[]) => {
      const experiments = await loadAll(files);
      if (experiments === undefined) process.exitCode = EXIT.wrongInput;
      for (const { file, topology, steps } of experiments ?? []) {
        const { routers, hosts, links } = topology;
        console.log(
          `${file}: ok (${routers.length} routers, ${hosts.length} hosts, ${links.length} links, ${steps.length} steps)`,
        );
      }
    });
}
