import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { type Ended, STARTER, shadowlab, startProcess, temporaryFolder } from './shadowlab.ts';

const MAIN = `'${process.execPath}' src/cli/main.ts`;

/** A shell's line: pipes, redirections. */
const shell = (line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  startProcess('bash', ['-c', line], { env }).ended;

/** On a terminal of that many columns, as `script` makes one. */
const onTerminal = (line: string, columns: number, env: Readonly<Record<string, string>> = {}) =>
  startProcess('script', ['-qec', `stty cols ${columns} rows 24; ${line}`, '/dev/null'], { env }).ended;

const ESCAPE = String.fromCharCode(27);

const has = (command: string): boolean => spawnSync('which', [command]).status === 0;

describe('what run prints', () => {
  const tmp = temporaryFolder();
  const run = `${MAIN} run ${STARTER} --results '${tmp}'`;
  const newest = (file: string): string => readFileSync(join(tmp, 'first-change', 'latest', file), 'utf8');

  it('is a line for each step and each expectation where nobody watches', async () => {
    const { stdout, stderr, code } = await shadowlab(['run', STARTER, '--results', tmp]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).to.equal('first-change: 3 routers, 2 hosts, 5 links, 1 flow, seed 1');
    expect(lines.filter((line) => /^ok {4}\d\. /.test(line))).to.have.length(5);
    expect(lines.filter((line) => /^ {6}ok {4}/.test(line))).to.have.length(8);
    expect(lines.at(-2)).to.match(/^verdict: pass \(expectations: 8 passed, 0 failed; .* of lab time\)$/);
    const report = lines.at(-1)?.replace(/^report: /, '') ?? '';
    expect(existsSync(report), report).to.equal(true);
    expect([stderr, code]).to.deep.equal(['', 0]);
  });

  it('is a JSON object for each event with --format json', async () => {
    const { stdout } = await shadowlab(['run', STARTER, '--results', tmp, '--format', 'json', '--only', '2']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event, step, verdict }) => [event, step?.number ?? step, verdict])).to.deep.equal([
      ['run-started', undefined, undefined],
      ['deployed', undefined, undefined],
      ['step-started', 1, undefined],
      ['step-finished', 1, undefined],
      ['step-started', 2, undefined],
      ['step-finished', 2, undefined],
      ['run-finished', undefined, 'pass'],
    ]);
    expect(events.at(-1).counts).to.deep.equal({ passed: 1, failed: 0, errors: 0, skipped: 7 });
  });

  it('is plain for --format pretty where there is no terminal', async () => {
    const { stdout } = await shadowlab([
      'run',
      STARTER,
      '--results',
      tmp,
      '--format',
      'pretty',
      '--only',
      '1',
    ]);
    expect(stdout).to.match(/^ok {4}1\. converge/m);
    expect(stdout).not.to.contain(ESCAPE);
  });

  it('has nothing in it that a terminal would obey, whatever the experiment says', async () => {
    const file = join(tmp, 'odd.yaml');
    const named = readFileSync(STARTER, 'utf8').replace(/^description: .*$/m, 'description: "a\\e[31mred"');
    writeFileSync(file, named.replace('- converge:', '- name: "to \\e]0;gone\\a"\n    converge:'));
    for (const args of [
      ['show', file],
      ['run', file, '--only', '1', '--results', tmp],
    ]) {
      const { stdout, code } = await shadowlab(args);
      expect(stdout).to.match(/1\. to \ufffd\]0;gone\ufffd/);
      expect(stdout).not.to.contain(ESCAPE);
      expect(code).to.equal(0);
    }
  });

  it('may stop being read: the run goes on and writes its results', async () => {
    const { stderr, stdout } = await shell(`{ ${run} --seed 77; echo "code $?" >&2; } | true`);
    expect([stderr, stdout]).to.deep.equal(['code 0\n', '']);
    expect(JSON.parse(newest('result.json'))).to.include({ seed: 77, verdict: 'pass' });
  });

  it('is missed when the disk is full: said once, and no success', async function () {
    if (!existsSync('/dev/full')) this.skip();
    const { stderr, code } = await shell(`${run} > /dev/full`);
    expect(stderr).to.equal('shadowlab: standard output cannot be written: no space left on the disk\n');
    expect(code).to.equal(3);
    expect(JSON.parse(newest('result.json'))).to.include({ verdict: 'pass' });
  });

  describe('on a terminal', () => {
    before(function () {
      if (!has('script')) this.skip();
    });
    /** What is left to see: without colours, and of a line that is written over and over, the last. */
    const seen = (output: string): readonly string[] =>
      output
        .replaceAll('\r', '')
        .split('\n')
        .map((line) => stripVTControlCharacters(line.split(`${ESCAPE}[2K`).at(-1) ?? ''))
        .filter((line, index, lines) => line !== '' && line !== lines[index - 1]);

    it('is a line for each step, with a mark', async () => {
      const { stdout, code } = await onTerminal(run, 80, { TERM: 'xterm' });
      const lines = seen(stdout);
      for (const step of ['1. converge', '5. the change goes live']) {
        expect(
          lines.some((line) => line.startsWith(`✔ ${step}  (at `)),
          stdout,
        ).to.equal(true);
      }
      expect(lines.at(-2)).to.match(/^verdict: pass/);
      expect(stdout).to.contain(`${ESCAPE}[32m`);
      expect(code).to.equal(0);
    });

    it('has what failed and why below its step, wrapped to the width', async () => {
      const broken = `${MAIN} run experiments/abilene-broken-change.yaml --results '${tmp}'`;
      const { stdout, code } = await onTerminal(broken, 60, { TERM: 'xterm', LANG: 'C.UTF-8' });
      const lines = seen(stdout);
      const failed = lines.findIndex((line) => line.startsWith('✖ 3. Chicago-New York fails'));
      expect(failed, stdout).to.be.greaterThan(0);
      expect(lines[failed + 1]).to.match(/^ {6}FAIL {2}recovered within 2s: not recovered/);
      expect(lines.slice(failed).join(' ').replaceAll(/\s+/g, ' ')).to.contain(
        '"passive-interface to-NYCM" is set on WASH',
      );
      for (const line of lines.slice(failed, -1)) expect(line.length, line).to.be.at.most(60);
      expect(code).to.equal(1);
    });

    it('has no colours with NO_COLOR, and is plain in CI', async () => {
      const [colourless, ci] = await Promise.all([
        onTerminal(`${run} --only 1`, 80, { TERM: 'xterm', NO_COLOR: '1' }),
        onTerminal(`${run} --only 1`, 80, { TERM: 'xterm', CI: 'true' }),
      ]);
      expect(colourless.stdout).to.match(/✔ 1\. converge/);
      expect(colourless.stdout).not.to.contain(`${ESCAPE}[32m`);
      expect(seen(ci.stdout).some((line) => line.startsWith('ok    1. converge  (at '))).to.equal(true);
    });
  });

  it('is a sentence where the results cannot be written any more', async () => {
    const { stderr, stdout, code } = await shell(`ulimit -f 100; ${run}`);
    expect(stdout).to.match(/^ok {4}1\. converge/m);
    expect(stderr).to.match(
      /^shadowlab: the results in .* cannot be written: the file may not grow any larger \(free some space, or choose another place with --results DIR; shadowlab report tells of what was recorded\)\n$/,
    );
    expect(code).to.equal(3);
  });
});
