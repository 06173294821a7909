/** `shadowlab validate`: says everything that is wrong with the files, runs nothing. */
import { Command } from 'commander';
import { formatPlural } from '../analysis/format.ts';
import { EXIT } from './exit.ts';
import { loadAll } from './load.ts';

export function validateCommand(): Command {
  return new Command('validate')
    .description('say everything that is wrong with the files, run nothing')
    .argument('<experiment.yaml...>', 'all of them are read')
    .action(async (files: readonly string[]) => {
      const experiments = await loadAll(files);
      if (experiments === undefined) process.exitCode = EXIT.wrongInput;
      for (const { file, topology, steps } of experiments ?? []) {
        const { routers, hosts, links } = topology;
        const sizes = [
          formatPlural(routers.length, 'router'),
          formatPlural(hosts.length, 'host'),
          formatPlural(links.length, 'link'),
          formatPlural(steps.length, 'step'),
        ];
        console.log(`${file}: ok (${sizes.join(', ')})`);
      }
    });
}
