/** `shadowlab doctor`: what this machine can run, and what to install for the rest. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Command } from 'commander';
import { LabError } from '../runner/lab.ts';
import { EXIT } from './exit.ts';
import { version } from './version.ts';

const NEEDED_NODE = 24;

/** Words for people whose Node is too old; undefined where it is not. */
function nodeProblem(): string | undefined {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED_NODE) return undefined;
  return `Node ${NEEDED_NODE} or newer is needed, this is ${process.versions.node} (in a project, npm install --save-dev node@${NEEDED_NODE} brings it to npx and npm run)`;
}

/** Throws where this Node is too old to run anything. */
export function demandNode(): void {
  const problem = nodeProblem();
  if (problem !== undefined) throw new LabError(problem);
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('what this machine can run, and what to install for the rest')
    .action(() => {
      const problem = nodeProblem();
      const browser = ['chromium', 'chromium-browser', 'google-chrome', 'firefox'].find(isOnPath);
      console.log(`shadowlab ${version}`);
      console.log(problem === undefined ? `ok       Node ${process.versions.node}` : `missing  ${problem}`);
      console.log(
        problem === undefined
          ? 'ok       backend embedded: needs nothing else'
          : 'missing  backend embedded: needs that Node, and nothing else',
      );
      console.log(
        browser === undefined
          ? 'note     no browser found here: a report is one file that opens in any browser, anywhere'
          : `ok       browser for reports: ${browser}`,
      );
      if (problem !== undefined) process.exitCode = EXIT.error;
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
