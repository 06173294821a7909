/** `shadowlab clean`: removes what killed runs left on this machine. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { allLeftovers } from '../runner/backends/backends.ts';
import { type Choice, choose } from '../runner/backends/cleaning.ts';
import { isRunId, listRuns } from '../runner/backends/daemons/runs.ts';
import type { Leftover } from '../runner/backends/leftover.ts';
import { messageOf } from '../world/message-of.ts';
import { EXIT } from './exit.ts';

interface Options {
  readonly run?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

export function cleanCommand(): Command {
  return new Command('clean')
    .description('remove whatever an interrupted run left on this machine')
    .option('--run <id>', 'what this run left or still uses, and nothing else', parseRun)
    .addOption(
      new Option('--all', 'labs that were left up on purpose, and those of unknown runs, too').conflicts(
        'run',
      ),
    )
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .addHelpText(
      'after',
      `
Only what is called shadowlab-<id> or shadowlab-<id>-..., or has the label shadowlab.run, is ever looked at, and images
with the label shadowlab.version that have no name and no container any more. Results are yours and stay. A run that goes
on is left alone.`,
    )
    .action(async (options: Options) => {
      process.exitCode = await clean(options);
    });
}

async function clean({ run, all, dryRun }: Options): Promise<number> {
  const choice: Choice = run === undefined ? (all ? 'all' : 'killed') : { run };
  const { remove, spared } = choose(await allLeftovers(), listRuns(), choice);
  for (const { run, why } of spared) console.log(`left alone  run ${run}: ${why}`);
  if (spared.length > 0 && process.getuid?.() !== 0) {
    console.log('whose runs these are is for root to read: sudo shadowlab clean');
  }
  if (remove.length === 0) {
    console.log(run === undefined ? 'nothing to remove' : `nothing to remove of run ${run}`);
    return EXIT.pass;
  }
  let code: number = EXIT.pass;
  for (const leftover of remove) {
    if (dryRun) console.log(`would remove  ${leftover.what}`);
    else if (!(await removed(leftover))) code = EXIT.error;
  }
  return code;
}

/** What cannot be removed does not keep the rest. */
async function removed({ what, remove }: Leftover): Promise<boolean> {
  try {
    await remove();
    console.log(`removed  ${what}`);
    return true;
  } catch (error) {
    const sudo = process.getuid?.() === 0 ? '' : ' (try it with sudo)';
    console.error(`not removed  ${what}: ${messageOf(error)}${sudo}`);
    return false;
  }
}

function parseRun(text: string): string {
  if (!isRunId(text)) throw new InvalidArgumentError('The id of a run is 8 hexadecimal digits.');
  return text;
}
