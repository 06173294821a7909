/** `shadowlab report`: makes the reports of a finished run again, from its events.jsonl. */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { makeResult } from '../analysis/result-of.ts';
import { readFacts, writeReports } from '../runner/results/reports.ts';
import { InputError } from './exit.ts';

export function reportCommand(): Command {
  return new Command('report')
    .description('make the reports of a finished run again')
    .argument('<run>', 'folder of the run, e.g. results/abilene-backup-path/latest')
    .option('--open', 'show it in the browser')
    .action(async (run: string, options: { readonly open?: boolean }) => {
      if (!existsSync(run) || !statSync(run).isDirectory() || !existsSync(join(run, 'events.jsonl'))) {
        throw new InputError(`${run} is not the folder of a run (there is no events.jsonl in it)`);
      }
      const facts = await readFacts(run).catch((error: unknown) => {
        throw new InputError(error instanceof Error ? error.message : String(error));
      });
      if (facts[0]?.fact !== 'run-started')
        throw new InputError(`${run}/events.jsonl does not begin with a run`);
      await writeReports(run, facts, makeResult(facts));
      const report = join(run, 'report.html');
      console.log(report);
      if (options.open === true) await open(resolve(report));
    });
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
