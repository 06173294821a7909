import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { STARTER, shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from './results.ts';

describe('one seed gives one history', () => {
  const tmp = temporaryFolder();
  /** In a folder of its own, so that nothing of where it ran can be in what it wrote. */
  const run = async (name: string, ...options: readonly string[]): Promise<RunFolder> => {
    const cwd = join(tmp, name);
    mkdirSync(cwd);
    cpSync(STARTER, join(cwd, 'first-change.yaml'));
    const { code, stdout, stderr } = await shadowlab(['run', 'first-change.yaml', ...options], { cwd });
    expect(code, stdout + stderr).to.equal(0);
    return new RunFolder(join(cwd, 'results'), 'first-change');
  };

  it('wherever it runs', async () => {
    const [a, b] = await Promise.all([run('here'), run('there')]);
    expect(a.read('events.jsonl') === b.read('events.jsonl')).to.equal(true);
    expect(a.read('result.json') === b.read('result.json')).to.equal(true);
  });

  it('and another seed another one, the same again', async () => {
    const [a, b, c] = await Promise.all([
      run('one'),
      run('two', '--seed', '2'),
      run('two-again', '--seed', '2'),
    ]);
    expect(b.result().seed).to.equal(2);
    const withoutSeed = (folder: RunFolder): string => folder.read('events.jsonl').replace(/"seed":\d+/, '');
    expect(withoutSeed(a) === withoutSeed(b)).to.equal(false);
    expect(b.read('events.jsonl') === c.read('events.jsonl')).to.equal(true);
  });
});
