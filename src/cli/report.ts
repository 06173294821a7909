/** `shadowlab report`: makes the reports of a finished run again, from its events.jsonl. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { writeReports } from '../runner/results/reports.ts';
import { useRun } from './run-folder.ts';

export function reportCommand(): Command {
  return new Command('report')
    .description('make the reports of a finished run again')
    .argument('<run>', 'folder of the run, e.g. results/abilene-backup-path/latest')
    .option('--open', 'show it in the browser')
    .action(async (run: string, options: { readonly open?: boolean }) => {
      const ended = await useRun(
        run,
        'report',
        async ({ facts, view }) => (await writeReports(run, facts, view)).error,
      );
      if (ended !== undefined) console.error(`note: ${ended}`);
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
