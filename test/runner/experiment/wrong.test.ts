import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { loadExperiment } from '../../../src/runner/experiment/load.ts';
import { formatProblem } from '../../../src/runner/experiment/problem.ts';

/**
 * Each folder under wrong/ holds an experiment that must not load, and in `expected.txt` all that is said about
 * it. `UPDATE_GOLDEN=1` writes those files again: then read them as the one who made the mistake would.
 */
const folder = 'test/runner/experiment/wrong';

describe('wrong input is refused with every mistake, where it stands and what would be right', () => {
  for (const name of readdirSync(folder).toSorted()) {
    it(name, async () => {
      const loaded = await loadExperiment(join(folder, name, 'experiment.yaml'));
      expect(loaded.ok, 'it must not load').to.equal(false);
      if (loaded.ok) return;
      const told = `${loaded.problems.map(formatProblem).join('\n').replaceAll(`${folder}/${name}/`, '')}\n`;
      const golden = join(folder, name, 'expected.txt');
      if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, told);
      expect(told).to.equal(readFileSync(golden, 'utf8'));
    });
  }
});
