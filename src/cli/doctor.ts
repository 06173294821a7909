/** `shadowlab doctor`: what this machine can run, and what to install for the rest. */
import { Command, Option } from 'commander';
import { BACKENDS, type BackendName, findingsOf } from '../runner/backends/backends.ts';
import { type Finding, inWords } from '../runner/backends/finding.ts';
import { isOnPath } from '../runner/backends/packages.ts';
import { EXIT } from './exit.ts';
import { version } from './version.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('what this machine can run, and what to install for the rest')
    .addOption(
      new Option('--backend <name>', 'look at this backend alone; exit code 3 where it cannot run').choices(
        BACKENDS,
      ),
    )
    .option('--image <name>', "containers' image, as for run")
    .action(async ({ backend, image }: { backend?: BackendName; image?: string }) => {
      console.log(`shadowlab ${version}`);
      console.log(`ok       Node ${process.versions.node}`);
      let canRunAll = true;
      for (const name of backend === undefined ? BACKENDS : [backend]) {
        const findings = await findingsOf(name, image === undefined ? {} : { image });
        for (const line of backendLines(name, findings)) console.log(line);
        if (backend !== undefined && !canRun(findings)) canRunAll = false;
      }
      if (backend === undefined) console.log(browserLine(BROWSERS.find((name) => isOnPath(name))));
      if (!canRunAll) process.exitCode = EXIT.error;
    });
}

function canRun(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'missing');
}

/** What there is on a line, then a line for each thing that is missing or could be better. */
export function backendLines(backend: string, findings: readonly Finding[]): readonly string[] {
  const there = findings
    .filter(({ state }) => state === 'ok')
    .map(inWords)
    .join(', ');
  // Nobody is to read what is there as what is missing.
  const summary = canRun(findings)
    ? `ok       backend ${backend}: ${there}`
    : `missing  backend ${backend}${there === '' ? '' : ` (there is: ${there})`}`;
  return [
    summary,
    ...findings
      .filter(({ state }) => state !== 'ok')
      .toSorted((a, b) => Number(a.state === 'note') - Number(b.state === 'note'))
      .map((finding) => `         ${finding.state.padEnd(7)}  ${inWords(finding)}`),
  ];
}

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'firefox'];

function browserLine(browser: string | undefined): string {
  return browser === undefined
    ? 'note     no browser found here: a report is one file that opens in any browser, anywhere'
    : `ok       browser for reports: ${browser}`;
}
