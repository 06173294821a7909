import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { embedded } from '../src/runner/backends/embedded/embedded.ts';
import { loadExperiment } from '../src/runner/experiment/load.ts';
import { run } from '../src/runner/run.ts';

describe('the README', () => {
  const readme = readFileSync('README.md', 'utf8');

  it('shows an experiment that runs and passes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-readme-'));
    try {
      const file = join(folder, 'experiment.yaml');
      writeFileSync(file, readme.match(/```yaml\n([^`]*)```/)?.[1] ?? '');
      const loaded = await loadExperiment(file, {});
      if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('; '));
      const result = await run(loaded.experiment, {
        backend: embedded,
        folder: join(folder, 'run'),
        id: '00000000',
        version: '0',
        signal: new AbortController().signal,
        progress: () => {},
      });
      expect(result.verdict).to.equal('pass');
      expect(result.counts.passed).to.equal(6);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('links only to files that are there', () => {
    for (const [, target] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      expect(() => readFileSync(target), target).not.to.throw();
    }
  });
});
