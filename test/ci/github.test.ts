import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { parse } from 'yaml';
import { temporaryFolder } from '../cli/shadowlab.ts';
import { type JobResult, readAction, runAction } from './github.ts';
import { DRAIN, type Edit, NO_BACKUP, PACKAGE, Repository } from './repository.ts';

const STARTER = 'experiments/starter/.github/workflows/shadowlab.yml';

describe('the GitHub Action', () => {
  const tmp = temporaryFolder();
  let repository: Repository;
  let jobs = 0;

  before(async () => {
    repository = await Repository.make(tmp, 'github');
  });

  /** What the workflow of the starter does for a pull request with these changes. */
  const pullRequest = async (
    edits: Readonly<Record<string, Edit>>,
    inputs: Readonly<Record<string, string>> = {},
    { depth = 2, path = [] as readonly string[] } = {},
  ): Promise<JobResult & { readonly folder: string }> => {
    const name = `change-${++jobs}`;
    await repository.git('checkout', '--quiet', 'main');
    await repository.commit(name, edits);
    // GitHub makes refs/pull/N/merge; actions/checkout gets that, so many commits deep.
    await repository.git('checkout', '--quiet', '-b', `merge-${jobs}`, 'main');
    await repository.git('merge', '--quiet', '--no-ff', '--no-edit', name);
    const folder = await repository.clone(
      join(tmp, `job-${jobs}`),
      '--depth',
      String(depth),
      '--branch',
      `merge-${jobs}`,
    );
    const starter = { experiments: 'experiments/merge-request.yaml', configs: 'configs', version: PACKAGE };
    return { folder, ...(await runAction(repository, folder, { ...starter, ...inputs }, path)) };
  };
  const runFile = (
    { folder, artifact }: { readonly folder: string; readonly artifact: readonly string[] },
    name: string,
  ) =>
    readFileSync(join(folder, 'results', artifact.find((file) => file.endsWith(`/${name}`)) ?? name), 'utf8');

  it('passes a change that keeps the network connected, and keeps its reports once', async () => {
    const job = await pullRequest({ 'configs/A.conf': DRAIN }, { experiments: 'experiments/*.yaml' });
    expect(job.succeeded, job.log).to.equal(true);
    expect(job.exitCode).to.equal('0');
    expect(job.summary)
      .to.match(/^## ✅ .*first-change$/m)
      .and.to.match(/^## ✅ .*merge-request$/m);
    for (const name of ['junit.xml', 'report.md', 'report.html', 'result.json']) {
      expect(
        job.artifact.filter((file) => file.endsWith(name)),
        name,
      ).to.have.length(2);
    }
  });

  it('fails a change that takes a backup away, and says in the summary whose line it is', async () => {
    const job = await pullRequest({ 'configs/A.conf': NO_BACKUP });
    expect([job.succeeded, job.exitCode]).to.deep.equal([false, '1']);
    expect(job.summary).to.match(/^## ❌ .*merge-request$/m);
    expect(job.summary).to.contain('step 4, A-B has a backup').and.to.contain('passive-interface to-C');
    expect(runFile(job, 'junit.xml')).to.match(/<failure /);
    // Real is what the target branch has, shadow what the pull request would make of it.
    expect(runFile(job, 'configs/A.real.conf')).not.to.contain('passive-interface to-C');
    expect(runFile(job, 'configs/A.shadow.conf')).to.contain('passive-interface to-C');
    expect(runFile(job, 'configs/B.real.conf')).to.equal(runFile(job, 'configs/B.shadow.conf'));
  });

  it('fails a configuration that is wrong before anything is run, and shows its line in the summary', async () => {
    const job = await pullRequest({
      'configs/A.conf': (text) => text.replace('ip ospf cost 10', 'ip ospf cots 10'),
    });
    expect([job.succeeded, job.exitCode, job.artifact]).to.deep.equal([false, '2', []]);
    expect(job.summary).to.match(/^## shadowlab\n\n {4}.*configs\/A\.conf:\d+:\d+: /);
  });

  it('fails where no experiment matches', async () => {
    const job = await pullRequest({ 'configs/A.conf': DRAIN }, { experiments: 'nowhere/*.yaml' });
    expect([job.succeeded, job.exitCode]).to.deep.equal([false, '2']);
    expect(job.summary).to.contain('no experiment matches nowhere/*.yaml');
  });

  it('says what is missing where the checkout is too shallow to hold what was before', async () => {
    const job = await pullRequest({ 'configs/A.conf': DRAIN }, {}, { depth: 1 });
    expect([job.succeeded, job.exitCode, job.summary]).to.deep.equal([false, undefined, '']);
    expect(job.log).to.match(/^::error::.*fetch-depth: 2$/m);
  });

  it('takes a first pull request, whose target has no configurations yet', async () => {
    const own = join(tmp, 'first');
    mkdirSync(own);
    const first = await Repository.make(own, 'github', ['configs']);
    await first.commit('first', { 'topology.yaml': (text) => `${text}# and configs/\n` });
    await first.git('checkout', '--quiet', 'main');
    await first.git('merge', '--quiet', '--no-ff', '--no-edit', 'first');
    const folder = await first.clone(join(own, 'job'), '--depth', '2');
    const inputs = { experiments: 'experiments/merge-request.yaml', configs: 'configs/', version: PACKAGE };
    const { exitCode, log } = await runAction(first, folder, inputs);
    expect(exitCode, log).to.equal('0');
    expect(log).to.match(/^::notice::There was no configs before/m);
  });

  it('runs real backends as root, with its own PATH, and keeps their exit code', async () => {
    const path = join(tmp, 'bin');
    mkdirSync(path);
    const program = (name: string, script: string): void =>
      writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    program('id', 'echo 1000');
    program('sudo', 'echo "as root: $*"; [ "$4" != run ] || exit 3');
    const job = await pullRequest({ 'configs/A.conf': DRAIN }, { backend: 'netns' }, { path: [path] });
    expect([job.succeeded, job.exitCode]).to.deep.equal([false, '3']);
    const run = 'shadowlab run --backend netns --results results -- experiments/merge-request.yaml';
    expect(job.log.match(/^as root: .*$/gm)?.map((line) => line.replace(/PATH=\S+/, 'PATH=…'))).to.deep.equal(
      [`as root: env PATH=… ${run}`, 'as root: env PATH=… shadowlab clean'],
    );
  });

  describe('as a file', () => {
    const action = readAction('action.yml');
    const text = readFileSync('action.yml', 'utf8');

    it('has what GitHub asks of a composite action', () => {
      expect(Object.keys(action).sort()).to.deep.equal(['description', 'inputs', 'name', 'outputs', 'runs']);
      expect(action.runs.using).to.equal('composite');
      for (const input of Object.values(action.inputs)) {
        expect(Object.keys(input).sort()).to.deep.equal(['default', 'description']);
        // Every input is text there.
        expect(input.default).to.be.a('string');
      }
      for (const step of action.runs.steps) {
        const known = step.run === undefined ? ['uses', 'with'] : ['run', 'shell', 'env'];
        expect(['id', 'if', 'name', ...known]).to.include.members(Object.keys(step));
        expect(step.run === undefined ? step.uses : step.shell).to.match(/^(bash|actions\/[\w-]+@v\d+)$/);
      }
    });

    it('names only inputs and steps that there are, and uses each input', () => {
      const named = new Set([...text.matchAll(/\binputs\.([\w-]+)/g)].map(([, name]) => name));
      expect([...named].sort()).to.deep.equal(Object.keys(action.inputs).sort());
      const ids = action.runs.steps.flatMap(({ id }) => (id === undefined ? [] : [id]));
      for (const [, id] of text.matchAll(/\bsteps\.([\w-]+)\./g)) expect(ids).to.include(id);
    });

    it('hands inputs to scripts as variables, so that none can be taken for a command', () => {
      for (const { run = '' } of action.runs.steps) expect(run).not.to.contain('${{');
    });

    it('is called by the workflow that init writes with inputs that it has', () => {
      const { on, permissions, jobs: all } = parse(readFileSync(STARTER, 'utf8'));
      expect([on, permissions]).to.deep.equal(['pull_request', { contents: 'read' }]);
      const [checkout, ours] = all.experiments.steps;
      expect(checkout).to.deep.include({ with: { 'fetch-depth': 2 } });
      expect(ours.uses).to.equal('./.github/actions/shadowlab');
      expect(Object.keys(action.inputs)).to.include.members(Object.keys(ours.with));
    });
  });
});
