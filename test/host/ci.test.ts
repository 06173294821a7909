/** The GitHub Action on real networks, where jobs are root, as in a container; test/ci/ has all else of it. */
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { runAction } from '../ci/github.ts';
import { PACKAGE, Repository } from '../ci/repository.ts';
import { temporaryFolder } from '../cli/shadowlab.ts';
import { obstacle } from './packet-lab.ts';
import { patient } from './runs.ts';

describe('the GitHub Action on netns', () => {
  const tmp = temporaryFolder();

  before(function () {
    const why = obstacle();
    if (why === undefined) return;
    console.log(`      skipped: ${why}`);
    this.skip();
  });

  it("runs the starter's first experiment, whose change goes live without a packet lost", async () => {
    const repository = await Repository.make(tmp, 'github');
    await repository.commit('patient', { 'experiments/first-change.yaml': patient });
    const folder = await repository.clone(join(tmp, 'job'));
    const inputs = { experiments: 'experiments/first-change.yaml', backend: 'netns', version: PACKAGE };
    const { exitCode, summary, artifact, log } = await runAction(repository, folder, inputs);
    expect(exitCode, log).to.equal('0');
    expect(summary).to.contain('backend netns');
    expect(artifact.filter((file) => file.endsWith('junit.xml'))).to.have.length(1);
  });
});
