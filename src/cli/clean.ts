/** `shadowlab clean`: removes whatever an interrupted run left on this machine. */
import { Command } from 'commander';

export function cleanCommand(): Command {
  return new Command('clean')
    .description('remove whatever an interrupted run left on this machine')
    .action(() => {
      // The embedded backend lives in its process: no interface, container or socket outlives it.
      console.log('nothing to remove: the embedded backend leaves only results folders, which are yours');
    });
}
