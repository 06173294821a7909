import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { parse } from 'yaml';
import { temporaryFolder } from '../cli/shadowlab.ts';
import { jobOf, type PipelineResult, readTemplate, runJob } from './gitlab.ts';
import { DRAIN, type Edit, NO_BACKUP, PACKAGE, Repository } from './repository.ts';

const TEMPLATE = 'ci/gitlab/shadowlab.gitlab-ci.yml';

describe('the GitLab template', () => {
  const tmp = temporaryFolder();
  let repository: Repository;
  let jobs = 0;

  before(async () => {
    repository = await Repository.make(tmp, 'gitlab');
  });

  /** A merge request with these changes; `meanwhile` is what the target branch has got since it was begun. */
  const mergeRequest = async (
    edits: Readonly<Record<string, Edit>>,
    {
      meanwhile = {},
      env = {},
    }: { readonly meanwhile?: Record<string, Edit>; readonly env?: Record<string, string> } = {},
  ): Promise<PipelineResult & { readonly folder: string }> => {
    const [name, target] = [`change-${++jobs}`, `target-${jobs}`];
    await repository.git('checkout', '--quiet', 'main');
    await repository.git('branch', target);
    await repository.commit(name, edits);
    if (Object.keys(meanwhile).length > 0) await repository.commit(target, meanwhile);
    const folder = await repository.clone(join(tmp, `job-${jobs}`), '--branch', name);
    const inputs = { experiments: 'experiments/merge-request.yaml', configs: 'configs', version: PACKAGE };
    const said = { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: target, ...env };
    return { folder, ...(await runJob(repository, folder, inputs, said)) };
  };
  const runFile = (
    { folder, artifacts }: { readonly folder: string; readonly artifacts: readonly string[] },
    name: string,
  ) => readFileSync(join(folder, artifacts.find((file) => file.endsWith(`/${name}`)) ?? name), 'utf8');

  it('passes a good change; real is the target branch as it is now, shadow the merge with it', async () => {
    const described: Edit = (text) =>
      text.replace('interface to-right', 'interface to-right\n description to the offices');
    const job = await mergeRequest(
      { 'configs/A.conf': DRAIN },
      { meanwhile: { 'configs/B.conf': described } },
    );
    expect(job.exitCode, job.log).to.equal(0);
    expect(job.junit).to.have.length(1);
    expect(runFile(job, 'summary.md')).to.match(/^## ✅ .*merge-request$/m);
    expect(runFile(job, 'configs/A.real.conf')).not.to.contain('cost 1000');
    expect(runFile(job, 'configs/A.shadow.conf')).to.contain('cost 1000');
    expect(runFile(job, 'configs/B.real.conf')).to.contain('to the offices');
    expect(runFile(job, 'configs/B.shadow.conf')).to.equal(runFile(job, 'configs/B.real.conf'));
  });

  it('fails a change that takes a backup away, and the test report names the case', async () => {
    const job = await mergeRequest({ 'configs/A.conf': NO_BACKUP });
    expect(job.exitCode).to.equal(1);
    expect(job.junit.map((file) => readFileSync(join(job.folder, file), 'utf8')).join()).to.match(
      /<testcase [^>]*A-B has a backup: recovered within 2s"[^>]*><failure /,
    );
    expect(runFile(job, 'summary.md')).to.contain('passive-interface to-C');
  });

  it('fails a change that cannot be merged, and tries nothing', async () => {
    const other: Edit = (text) => text.replace('ip ospf cost 10', 'ip ospf cost 77');
    const job = await mergeRequest({ 'configs/A.conf': DRAIN }, { meanwhile: { 'configs/A.conf': other } });
    expect(job.exitCode).to.be.greaterThan(0);
    expect(job.log).to.match(/conflict in configs\/A\.conf/i);
    expect([job.junit, job.artifacts]).to.deep.equal([[], []]);
  });

  it('takes the target branch of the project that a fork asks to merge into, not that of the fork', async () => {
    const env = { CI_PROJECT_ID: '2', CI_MERGE_REQUEST_PROJECT_URL: `file://${tmp}/upstream` };
    const job = await mergeRequest({ 'configs/A.conf': DRAIN }, { env });
    expect(job.exitCode).to.be.greaterThan(0);
    expect(job.log).to.contain(`${tmp}/upstream.git`);
  });

  it('takes a first merge request, whose target has no configurations yet', async () => {
    const own = join(tmp, 'first');
    mkdirSync(own);
    const first = await Repository.make(own, 'gitlab', ['configs']);
    await first.commit('first', { 'topology.yaml': (text) => `${text}# and configs/\n` });
    const folder = await first.clone(join(own, 'job'));
    const inputs = { experiments: 'experiments/merge-request.yaml', configs: 'configs/', version: PACKAGE };
    const { exitCode, log } = await runJob(first, folder, inputs);
    expect(exitCode, log).to.equal(0);
    expect(log).to.contain('there is no configs on the target branch: real is the same as shadow');
  });

  describe('as a file', () => {
    const template = readTemplate(TEMPLATE);

    it('puts its inputs where they belong, and each of them somewhere', () => {
      for (const name of Object.keys(template.inputs))
        expect(template.text).to.contain(`$[[ inputs.${name} ]]`);
      const job = jobOf(template, { results: 'out', image: 'mine' });
      expect(job.image).to.equal('mine');
      expect(job.artifacts).to.deep.include({
        when: 'always',
        paths: ['out/'],
        reports: { junit: 'out/*/*/junit.xml' },
      });
      expect(job.variables).to.deep.include({
        SHADOWLAB_RESULTS: 'out',
        SHADOWLAB_EXPERIMENTS: 'experiments/*.yaml',
      });
      expect(job.rules).to.deep.equal([{ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }]);
    });

    it('has inputs of text with defaults, and variables that no other has', () => {
      for (const { default: value, options = [value], ...more } of Object.values(template.inputs)) {
        expect(value).to.be.a('string');
        expect(options).to.include(value);
        expect(Object.keys(more)).to.deep.equal(['description']);
      }
      for (const name of Object.keys(jobOf(template, {}).variables))
        expect(name).to.match(/^(SHADOWLAB_\w+|GIT_DEPTH)$/);
    });

    it('is included by what init writes, with inputs that it has', () => {
      const [included, ...others] = parse(readFileSync('experiments/starter/.gitlab-ci.yml', 'utf8')).include;
      expect(others).to.deep.equal([]);
      expect(included.local).to.equal('ci/shadowlab.gitlab-ci.yml');
      expect(() => jobOf(template, included.inputs)).not.to.throw();
    });
  });
});
