/** `shadowlab doctor`: what this machine can run, and what to install for the rest. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Command } from 'commander';
import { EXIT } from './exit.ts';
import { version } from './version.ts';

const NEEDED_NODE = 24;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('what this machine can run, and what to install for the rest')
    .action(() => {
      const node = Number(process.versions.node.split('.')[0]);
      const fit = node >= NEEDED_NODE;
      console.log(`shadowlab ${version}`);
      console.log(
        fit
          ? `ok       Node ${process.versions.node}`
          : `missing  Node ${NEEDED_NODE} or newer (this is ${process.versions.node}): npm install --save-dev node@${NEEDED_NODE}`,
      );
      console.log(`${fit ? 'ok      ' : 'missing '} backend embedded: needs nothing but Node`);
      const browser = ['chromium', 'chromium-browser', 'google-chrome', 'firefox'].find(isOnPath);
      console.log(
        browser === undefined
          ? 'note     no browser found for reports: they are files that open in any browser'
          : `ok       browser for reports: ${browser}`,
      );
      if (!fit) process.exitCode = EXIT.error;
    });
}

function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
