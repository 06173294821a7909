import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { STARTER, shadowlab, temporaryFolder } from './shadowlab.ts';

const read = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8');

describe('the commands', () => {
  const tmp = temporaryFolder();

  it('each have a help that names their options, and run its exit codes', async () => {
    const help = async (...args: readonly string[]): Promise<string> => {
      const { stdout, stderr, code } = await shadowlab([...args, '--help']);
      expect([stderr, code]).to.deep.equal(['', 0]);
      return stdout;
    };
    const commands = ['run', 'validate', 'show', 'report', 'fib', 'plan', 'init', 'doctor', 'clean'];
    const all = await help();
    for (const command of commands) expect(all).to.match(new RegExp(`^ {2}${command} `, 'm'));
    const run = await help('run');
    for (const option of ['--backend', '--seed', '--results', '--only', '--keep', '--format']) {
      expect(run).to.contain(option);
    }
    expect(run).to.match(/130 {2}interrupted/);
  });

  it('validate tells every mistake of every file, and runs nothing', async () => {
    const file = join(tmp, 'wrong.yaml');
    const text = read(STARTER).replace('to: right', 'to: rihgt').replace('path: [A, B]', 'path: [A, D]');
    writeFileSync(file, text);
    const { stdout, stderr, code } = await shadowlab(['validate', STARTER, file]);
    expect(code).to.equal(2);
    expect(stdout).to.equal('');
    expect(
      stderr.match(/^.*wrong\.yaml:\d+:\d+: .*$/gm)?.map((line) => line.replace(/^.*?:\d+:\d+: /, '')),
    ).to.deep.equal([
      'unknown host "rihgt" in flow "app" (did you mean "right"?)',
      'unknown router "D" in step 3 (known: A, B and C)',
    ]);
    expect(stderr).to.match(/\n2 errors; nothing was started\n$/);
  });

  it('run starts nothing where one of several experiments is wrong', async () => {
    const results = join(tmp, 'nothing');
    const { stderr, stdout, code } = await shadowlab(['run', STARTER, 'nosuch.yaml', '--results', results]);
    expect(code).to.equal(2);
    expect(stdout).to.equal('');
    expect(stderr).to.contain('nothing was started');
    expect(existsSync(results)).to.equal(false);
  });

  it('validate says of a right file how large it is', async () => {
    const { stdout, stderr, code } = await shadowlab(['validate', STARTER]);
    expect([stdout, stderr, code]).to.deep.equal([
      `${STARTER}: ok (3 routers, 2 hosts, 5 links, 5 steps)\n`,
      '',
      0,
    ]);
  });

  it('an experiment whose file is not there is skipped, and says so', async () => {
    const file = join(tmp, 'skipped.yaml');
    writeFileSync(file, read(STARTER).replace('topology:', 'skipUnless: nosuch.gml\ntopology:'));
    for (const command of ['run', 'validate', 'show']) {
      const { stdout, stderr, code } = await shadowlab([command, file]);
      expect(stderr).to.match(
        /:\d+:13: warning: first-change is skipped: "nosuch\.gml" is not there\n +\d+ \| skipUnless: nosuch\.gml\n/,
      );
      expect([stdout, code]).to.deep.equal(['', 0]);
    }
  });

  it('an experiment that is to be skipped must be right all the same', async () => {
    const file = join(tmp, 'skipped-wrong.yaml');
    writeFileSync(file, read(STARTER).replace('topology:', 'skipUnless: nosuch.gml\nsede: 1\ntopology:'));
    const { stderr, code } = await shadowlab(['validate', file]);
    expect(stderr).to.contain('unknown key "sede"');
    expect(code).to.equal(2);
  });

  it('show prints topology, addresses, traffic, steps, and what shadow changes', async () => {
    const { stdout, code } = await shadowlab(['show', STARTER]);
    expect(code).to.equal(0);
    for (const line of [
      'first-change (seed 1)',
      '  A                10.255.0.1',
      '  left             10.0.0.2/24        gateway 10.0.0.1',
      '  A-B                  1 Gbps      2 ms     fair A:to-B 10.254.0.0/31  B:to-A 10.254.0.1/31',
      '  app              1 flow, 5 Mbps, from UDP port 49153',
      '  2. the change moves traffic to C [probe]',
      '       expect path: [A, C, B]',
      '    [edit interface to-B]',
      '    -  ip ospf cost 10',
      '    +  ip ospf cost 1000',
    ]) {
      expect(stdout.split('\n')).to.contain(line);
    }
  });

  it("show prints one router's configuration as a file that can be given back", async () => {
    const { stdout } = await shadowlab(['show', STARTER, '--config', 'A', '--plane', 'shadow']);
    expect(stdout).to.match(/^hostname A\n/);
    expect(stdout).to.contain(' ip ospf cost 1000\n');
  });

  it('init writes an experiment and a workflow, once', async () => {
    const folder = join(tmp, 'new');
    const first = await shadowlab(['init', folder]);
    expect(first.code).to.equal(0);
    expect(first.stdout).to.match(/next: cd .*new && npx shadowlab run experiments\/first-change\.yaml\n$/);
    const workflow = join(folder, '.github/workflows/shadowlab.yml');
    writeFileSync(workflow, 'mine');
    const second = await shadowlab(['init', folder]);
    expect(second.code).to.equal(2);
    expect(second.stderr).to.match(
      /exist already; nothing was written \(move them away, or name another folder\)\n$/,
    );
    expect(read(workflow)).to.equal('mine');
  });

  it('doctor says that this machine can run the embedded backend, clean that nothing is left', async () => {
    const doctor = await shadowlab(['doctor']);
    expect(doctor.stdout).to.match(/^ok {7}backend embedded/m);
    expect(doctor.code).to.equal(0);
    // Other runs may be going on here.
    const clean = await shadowlab(['clean', '--run', '00000000']);
    expect(clean.stdout).to.equal('nothing to remove of run 00000000\n');
    expect(clean.code).to.equal(0);
  });

  it('report makes the same files again, byte for byte', async () => {
    const results = join(tmp, 'again');
    await shadowlab(['run', STARTER, '--results', results]);
    const folder = join(results, 'first-change', 'latest');
    const files = [
      'result.json',
      'report.html',
      'report.md',
      'junit.xml',
      'fibs/A.txt',
      'configs/A.real.conf',
    ];
    const before = files.map((file) => read(folder, file));
    for (const file of files) writeFileSync(join(folder, file), '');
    const { stdout, code } = await shadowlab(['report', folder]);
    expect([stdout, code]).to.deep.equal([`${join(folder, 'report.html')}\n`, 0]);
    for (const [index, file] of files.entries())
      expect(read(folder, file) === before[index], file).to.equal(true);
  });

  it('report tells of a run that broke off while it was writing', async () => {
    const folder = join(tmp, 'again', 'first-change', 'latest');
    truncateSync(join(folder, 'events.jsonl'), read(folder, 'events.jsonl').indexOf('"step-finished"') + 3);
    const { code } = await shadowlab(['report', folder]);
    expect(code).to.equal(0);
    expect(JSON.parse(read(folder, 'result.json'))).to.include({
      verdict: 'error',
      ended: 'error',
      error: 'the record of the run breaks off before its end',
    });
    expect(readdirSync(folder)).to.contain('report.html');
  });
});
