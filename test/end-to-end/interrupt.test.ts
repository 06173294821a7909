import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseXml } from '../analysis/report/xml.ts';
import { type Ended, STARTER, type Started, start, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from './results.ts';

/** Calls back once, when a line of progress has the words. */
function when({ process }: Started, words: string, act: () => void): void {
  let text = '';
  let done = false;
  process.stdout?.on('data', (data: string) => {
    text += data;
    if (done || !text.includes(words)) return;
    done = true;
    act();
  });
}

/** Is any process left of the group that was started for a run? */
function isAlive(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0);
    return true;
  } catch {
    return false;
  }
}

describe('an interrupted run', () => {
  const tmp = temporaryFolder();
  /** The starter's experiment, and at its end, as a sixth step, an hour of traffic: nobody waits for that. */
  const FILE = join(tmp, 'long.yaml');
  writeFileSync(FILE, `${readFileSync(STARTER, 'utf8')}  - wait: 3600s\n`);

  /** Runs it and sends the signal when progress has come to these words. */
  const interruptAt = async (
    name: string,
    words: string,
    signal: NodeJS.Signals,
    files: readonly string[] = [FILE],
  ): Promise<Ended & { readonly pid: number | undefined; readonly temporary: readonly string[] }> => {
    const temporary = join(tmp, `${name}-tmp`);
    mkdirSync(temporary);
    const started = start(['run', ...files, '--results', join(tmp, name), '--format', 'json'], {
      env: { TMPDIR: temporary },
    });
    when(started, words, () => started.process.kill(signal));
    const ended = await started.ended;
    return { ...ended, pid: started.process.pid, temporary: readdirSync(temporary) };
  };

  const moments: readonly (readonly [name: string, signal: NodeJS.Signals, reached: number])[] = [
    ['before it has begun', 'SIGINT', 0],
    ['while the network converges', 'SIGINT', 1],
    ['while a link is failed and probed', 'SIGTERM', 3],
    ['while it commits', 'SIGHUP', 5],
    ['while traffic flows', 'SIGINT', 6],
  ];
  for (const [name, signal, reached] of moments) {
    const words = reached === 0 ? '"run-started"' : `"step-started","step":${reached},`;
    it(`ends ${name} by ${signal}: exit code 130, results that say so, nothing else left`, async () => {
      const { code, stderr, pid, temporary } = await interruptAt(name, words, signal);
      expect(stderr).to.equal('\ninterrupted: taking the lab down (once more to exit at once)\n');
      expect(code).to.equal(130);
      expect(isAlive(pid)).to.equal(false);
      expect(temporary).to.deep.equal([]);

      expect(readdirSync(join(tmp, name))).to.deep.equal(['first-change']);
      const folder = new RunFolder(join(tmp, name), 'first-change');
      const result = folder.result();
      expect(result).to.include({ verdict: 'error', ended: 'interrupted' });
      const last = result.steps.findLastIndex(({ verdict }) => verdict !== 'skipped');
      expect(last).to.be.at.least(reached - 1);
      if (last >= 0) expect(result.steps[last].error).to.equal('the run ended before this step did');
      expect(JSON.parse(folder.read('environment.json'))).to.include({ ended: 'interrupted' });
      expect(folder.read('report.html')).to.contain('Interrupted');
      expect(folder.read('report.md')).to.contain('Interrupted');
      const [suite] = parseXml(folder.read('junit.xml')).children;
      const errors = suite?.children
        .flatMap(({ children }) => children)
        .filter((child) => child.name === 'error');
      expect(errors).not.to.deep.equal([]);
      expect(folder.read('events.jsonl').trimEnd().split('\n').at(-1)).to.contain('"ended":"interrupted"');
    });
  }

  it('starts no further experiment', async () => {
    const { code, stdout } = await interruptAt('two', '"step-started","step":2,', 'SIGINT', [FILE, FILE]);
    expect(code).to.equal(130);
    expect(stdout.match(/"run-started"/g)).to.have.length(1);
  });

  it('exits at once when it is interrupted twice', async () => {
    const started = start(['run', FILE, '--results', join(tmp, 'twice'), '--format', 'json']);
    let first = false;
    started.process.stderr?.on('data', () => {
      if (!first) started.process.kill('SIGINT');
      first = true;
    });
    when(started, '"step-started","step":3,', () => started.process.kill('SIGINT'));
    const { code } = await started.ended;
    expect(code).to.equal(130);
    expect(isAlive(started.process.pid)).to.equal(false);
  });
});
