/**
 * What can go wrong with a lab on a real machine: each ends in a verdict with a reason, nothing is left behind, and
 * nothing is lost of what was recorded.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { type Ended, STARTER, shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from '../end-to-end/results.ts';
import { ip, namespacesOf, obstacle, patient, processesOf, Run, tracesOf, until } from './runs.ts';

/** Of nobody's run, though it sounds like it. */
const MINE = 'shadowlab-mine';

describe('a run on a real machine', () => {
  const tmp = temporaryFolder();
  const starter = readFileSync(STARTER, 'utf8');
  const fileOf = (name: string, text: string): string => {
    const file = join(tmp, `${name}.yaml`);
    writeFileSync(file, text);
    return file;
  };
  /** The starter's experiment, and at its end, as a sixth step, an hour of traffic. */
  const LONG = fileOf('long', `${starter}  - wait: 3600s\n`);
  /** An hour of traffic as the second step. */
  const HELD = fileOf('held', starter.replace(/^steps:\n.*\n/m, '$&  - wait: 3600s\n'));
  const PATIENT = fileOf('patient', patient(starter));
  const ids: string[] = [];

  before(async function () {
    const why = await obstacle();
    if (why === undefined) return;
    console.log(`    skipped: ${why}`);
    this.skip();
  });
  afterEach(async () => {
    for (const id of ids.splice(0)) await shadowlab(['clean', '--run', id]);
  });

  const resultsOf = (name: string): string => join(tmp, name);
  const folderOf = (name: string): RunFolder => new RunFolder(resultsOf(name), 'first-change');
  /** A run that has come to this step. */
  const runTo = async (step: number, name: string, file = LONG): Promise<{ run: Run; id: string }> => {
    const run = new Run([file, '--results', resultsOf(name)]);
    const id = await run.id();
    ids.push(id);
    await run.reaches(`"step-started","step":${step},`);
    return { run, id };
  };

  it('tells of a router that was killed, keeps what was recorded until then, and ends with 3', async () => {
    const { run, id } = await runTo(2, 'killed-router', HELD);
    for (const pid of processesOf(id, 'A')) process.kill(pid, 'SIGKILL');
    const { code } = await run.started.ended;
    expect(code).to.equal(3);
    expect(tracesOf(id)).to.deep.equal([]);
    const result = folderOf('killed-router').result();
    expect(result.error).to.match(/^step 2 \(.*\): router A: its daemon ended by SIGKILL/);
    expect(result.steps.map(({ verdict }) => verdict).slice(0, 3)).to.deep.equal([
      'pass',
      'error',
      'skipped',
    ]);
    expect(folderOf('killed-router').read('report.html')).to.contain('router A: its daemon ended by SIGKILL');
    expect(folderOf('killed-router').read('events.jsonl')).to.match(/"fact":"fib","step":1/);
  });

  it('tells of an interface that was removed', async () => {
    const { run, id } = await runTo(2, 'removed', HELD);
    ip('-n', `shadowlab-${id}-A`, 'link', 'delete', 'dev', 'to-B');
    const { code } = await run.started.ended;
    expect(code).to.equal(3);
    expect(tracesOf(id)).to.deep.equal([]);
    expect(folderOf('removed').result().error).to.match(/ the interface to-\w of router \w is gone$/);
  });

  it('is interrupted in any step by a signal to all its processes: 130, and results that say so', async () => {
    const interrupt = async (step: number, signal: NodeJS.Signals): Promise<void> => {
      const name = `interrupted-${step}`;
      const { run, id } = await runTo(step, name);
      run.signal(signal);
      const { code, stderr } = await run.started.ended;
      expect([code, stderr], name).to.deep.equal([
        130,
        '\ninterrupted: taking the lab down (once more to exit at once)\n',
      ]);
      expect(tracesOf(id), name).to.deep.equal([]);
      expect(folderOf(name).result()).to.include({ verdict: 'error', ended: 'interrupted' });
    };
    await Promise.all([interrupt(1, 'SIGINT'), interrupt(3, 'SIGTERM'), interrupt(5, 'SIGHUP')]);
  });

  it('exits at once when it is interrupted twice, and says what removes the rest', async () => {
    const { run, id } = await runTo(2, 'twice');
    // The second one is there before the first one's work is done.
    run.signal('SIGINT');
    run.signal('SIGTERM');
    const { code, stderr } = await run.started.ended;
    expect(code).to.equal(130);
    expect(stderr).to.match(/exit at once: shadowlab clean removes what is left of the lab\n$/);
    expect((await shadowlab(['clean'])).stdout).to.contain(`removed  folder /run/shadowlab/${id}`);
    expect(tracesOf(id)).to.deep.equal([]);
  });

  const moments: readonly (readonly [name: string, comes: (id: string) => boolean])[] = [
    ['when its folder is there', () => true],
    ['when the first namespace is there', (id) => namespacesOf(id).length > 0],
    ['when the last namespace is there', (id) => namespacesOf(id).length === 5],
    ['when the first daemon starts', (id) => processesOf(id).length > 0],
    ['when the last daemon starts', (id) => processesOf(id).length >= 3],
  ];
  for (const [name, comes] of moments) {
    it(`is interrupted while it is deployed, ${name}`, async () => {
      // Once more where the moment was over when we looked.
      let run: Run;
      do {
        run = new Run([LONG, '--results', resultsOf(name)]);
        const id = await run.id();
        ids.push(id);
        await until(() => comes(id));
        run.signal('SIGINT');
        expect((await run.started.ended).code).to.equal(130);
        expect(tracesOf(id)).to.deep.equal([]);
      } while (run.isDeployed);
      const result = folderOf(name).result();
      expect(result.ended).to.equal('interrupted');
      expect(result.steps.every(({ verdict }) => verdict === 'skipped')).to.equal(true);
    });
  }

  describe('whose runner was killed', () => {
    before(() => ip('netns', 'add', MINE));
    after(() => ip('netns', 'delete', MINE));

    it('is cleaned up by who comes next, and nothing else is', async () => {
      const [killed, other] = await Promise.all([runTo(2, 'killed-runner'), runTo(2, 'other')]);
      killed.run.signal('SIGKILL');
      await killed.run.started.ended;
      expect(namespacesOf(killed.id)).to.have.length(5);
      expect(processesOf(killed.id)).to.have.length(3);

      const dry = await shadowlab(['clean', '--dry-run']);
      expect(namespacesOf(killed.id)).to.have.length(5);
      const clean = await shadowlab(['clean']);
      expect([clean.code, clean.stderr]).to.deep.equal([0, '']);
      for (const what of [
        `namespace shadowlab-${killed.id}-A and the process in it`,
        `namespace shadowlab-${killed.id}-left`,
        `folder /run/shadowlab/${killed.id}`,
      ]) {
        expect(dry.stdout.split('\n')).to.include(`would remove  ${what}`);
        expect(clean.stdout.split('\n')).to.include(`removed  ${what}`);
      }
      expect(tracesOf(killed.id)).to.deep.equal([]);
      expect(clean.stdout).to.match(
        new RegExp(`^left alone  run ${other.id}: .* on netns goes on, as process`, 'm'),
      );
      expect(namespacesOf(other.id)).to.have.length(5);
      expect(readdirSync('/run/netns')).to.include(MINE);

      other.run.signal('SIGINT');
      expect((await other.run.started.ended).code).to.equal(130);
      expect(tracesOf(other.id)).to.deep.equal([]);
      const { stdout } = await shadowlab(['clean', '--run', killed.id]);
      expect(stdout).to.equal(`nothing to remove of run ${killed.id}\n`);
    });

    it('still has what it recorded until then', async () => {
      const folder = join(resultsOf('killed-runner'), 'first-change', 'latest');
      expect((await shadowlab(['report', folder])).code).to.equal(0);
      const result = folderOf('killed-runner').result();
      expect(result.error).to.equal('the record of the run breaks off before its end');
      expect(result.steps[0].verdict).to.equal('pass');
    });
  });

  describe('whose disk is full', () => {
    const disk = join(tmp, 'disk');
    before(() => {
      mkdirSync(disk);
      const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=192k', 'shadowlab-test', disk]);
      expect(status).to.equal(0);
    });
    after(() => {
      spawnSync('umount', [disk]);
    });

    it('ends with 3 and a sentence; what there was room for can be reported', async () => {
      const run = new Run([LONG, '--results', disk]);
      const id = await run.id();
      ids.push(id);
      const { code, stderr } = await run.started.ended;
      expect(stderr).to.match(
        /^shadowlab: the results in .* cannot be written: .*no space left on the disk \(free some space, or choose another place with --results DIR; shadowlab report tells of what was recorded\)\n$/,
      );
      expect(code).to.equal(3);
      expect(tracesOf(id)).to.deep.equal([]);
      const lines = new RunFolder(disk, 'first-change').read('events.jsonl').split('\n').slice(0, -1);
      for (const line of lines) expect(JSON.parse(line)).to.have.property('fact');
      expect(lines.length).to.be.greaterThan(1);
    });
  });

  it('does not meet another that goes on at the same time, of the same experiment', async () => {
    const runs = ['one', 'two'].map((name) => new Run([PATIENT, '--results', resultsOf(name)]));
    const found = await Promise.all(runs.map((run) => run.id()));
    ids.push(...found);
    expect(found[0]).not.to.equal(found[1]);
    const ended: readonly Ended[] = await Promise.all(runs.map(({ started }) => started.ended));
    expect(ended.map(({ code, stdout }) => [code, code === 0 ? '' : stdout])).to.deep.equal([
      [0, ''],
      [0, ''],
    ]);
    expect(found.flatMap(tracesOf)).to.deep.equal([]);
  });

  it('is left up with --keep: it can be used, is not cleaned up by the way, and is by its id', async () => {
    const run = new Run([STARTER, '--results', resultsOf('kept'), '--keep', '--only', '1']);
    const id = await run.id();
    ids.push(id);
    const { code, stdout } = await run.started.ended;
    expect(code).to.equal(0);
    expect(stdout).to.contain(`shadowlab clean --run ${id}`);
    const ping = spawnSync('ip', [
      ...['netns', 'exec', `shadowlab-${id}-left`],
      ...['ping', '-c', '3', '-i', '0.2', '-W', '20', '10.0.1.2'],
    ]);
    expect(String(ping.stdout)).to.contain(' 0% packet loss');

    const clean = await shadowlab(['clean']);
    expect(clean.stdout).to.contain(`left alone  run ${id}: ${STARTER} on netns was left up on purpose`);
    expect(processesOf(id)).to.have.length(3);
    expect((await shadowlab(['clean', '--run', id])).code).to.equal(0);
    expect(tracesOf(id)).to.deep.equal([]);
  });
});
