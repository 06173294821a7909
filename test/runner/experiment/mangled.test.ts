import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { after, describe, it } from 'mocha';
import { loadExperiment } from '../../../src/runner/experiment/load.ts';
import { formatProblem } from '../../../src/runner/experiment/problem.ts';

const texts = [
  'everything-at-once',
  'measures-nothing',
  'unknown-names',
  'sentences',
  'config-out-of-range',
  'bandwidth-keys-of-another-mode',
  'qos-unknown-names',
].map((name) => readFileSync(`test/runner/experiment/wrong/${name}/experiment.yaml`, 'utf8'));
const bits = [
  'null',
  '~',
  '[]',
  '{}',
  '-1',
  '1e999',
  '*a',
  '&a',
  '|',
  'A',
  '2s',
  '- ',
  ': ',
  '\t',
  '[',
  '"',
  '__proto__',
];

/** A text with a few words put where they do not belong, and a few lines gone. */
const mangled = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.option(fc.constantFrom(...bits))), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([text, slips]) =>
    slips.reduce((soFar, [line, column, bit]) => {
      const lines = soFar.split('\n');
      const at = line % lines.length;
      const [words, start] = [lines[at], column % (lines[at].length + 1)];
      if (bit === null) return lines.toSpliced(at, 1).join('\n');
      return lines.with(at, words.slice(0, start) + bit + words.slice(start + bit.length)).join('\n');
    }, text),
  );

describe('an experiment with any slips in it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shadowlab-mangled-'));
  after(() => rmSync(folder, { recursive: true }));

  it('loads, or is refused with an error at a place that is there', async () => {
    const file = join(folder, 'x.yaml');
    await fc.assert(
      fc.asyncProperty(mangled, async (text) => {
        writeFileSync(file, text);
        const loaded = await loadExperiment(file);
        if (loaded.ok) return;
        expect(loaded.problems.filter(({ severity }) => severity === 'error')).to.not.deep.equal([]);
        for (const problem of loaded.problems) {
          expect(problem.line).to.be.within(problem.file === file ? 1 : 0, text.split('\n').length);
          expect(formatProblem(problem).split('\n').length).to.be.oneOf([1, 3]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
