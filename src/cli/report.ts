/** `shadowlab report`: makes the reports of a finished run again, from its events.jsonl. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { viewOf } from '../analysis/view.ts';
import { readFacts, writeReports } from '../runner/results/reports.ts';
import { InputError, isSystemError } from './exit.ts';

export function reportCommand(): Command {
  return new Command('report')
    .description('make the reports of a finished run again')
    .argument('<run>', 'folder of the run, e.g. results/abilene-backup-path/latest')
    .option('--open', 'show it in the browser')
    .action(async (run: string, options: { readonly open?: boolean }) => {
      if (!existsSync(join(run, 'events.jsonl'))) {
        throw new InputError(
          `${run} is not the folder of a run: there is no events.jsonl in it (try results/EXPERIMENT/latest)`,
        );
      }
      const ended = await makeReports(run);
      if (ended !== undefined) console.error(`note: ${ended}`);
      const report = join(run, 'report.html');
      console.log(report);
      if (options.open === true) await open(resolve(report));
    });
}

/** Returns why the run came to no end, if so. Facts are taken as they were written. Where they are not what this version writes, that shows as any error. */
async function makeReports(run: string): Promise<string | undefined> {
  try {
    const facts = await readFacts(run);
    const result = await writeReports(run, facts, viewOf(facts));
    return result.error;
  } catch (error) {
    if (isSystemError(error) || !(error instanceof Error)) throw error;
    throw new InputError(
      `no report can be made from ${join(run, 'events.jsonl')}: ${error.message} (is it whole, and of this version of shadowlab?)`,
    );
  }
}

async function open(path: string): Promise<void> {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  await new Promise<void>((done) => {
    const child = spawn(opener, [path], { stdio: 'ignore', detached: true });
    child.on('error', () => {
      console.error(`no ${opener} on this machine: open ${path} in a browser`);
      done();
    });
    child.on('spawn', () => {
      child.unref();
      done();
    });
  });
}
