import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { embedded } from '../src/runner/backends/embedded/embedded.ts';
import { loadExperiment } from '../src/runner/experiment/load.ts';
import { run } from '../src/runner/run.ts';

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs').map((name) => join('docs', name)),
].filter((name) => name.endsWith('.md'));

describe('the documentation', () => {
  it('shows an upstream written by hand, which the customer of the other AS reaches, and who reaches him', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-docs-'));
    try {
      const page = readFileSync('docs/external-peers.md', 'utf8');
      const example = page.match(/## Without a recording.*?```yaml\n([^`]*)```/s)?.[1] ?? '';
      const steps = [
        'steps:',
        '  - converge: {}',
        '  - { probe: { from: customer, to: web }, expect: reachable }',
        '  - { probe: { from: web, to: customer, plane: real }, expect: reachable }',
      ];
      const file = join(folder, 'experiment.yaml');
      writeFileSync(file, `name: by-hand\n${example}${steps.join('\n')}\n`);
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
      expect(result.counts.passed).to.equal(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('links to pages and headings that are there', () => {
    const broken = PAGES.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)].flatMap(
        ([link, target, heading]) => {
          const file = target === '' ? page : join(dirname(page), target);
          const isThere = existsSync(file) && (heading === undefined || headingsOf(file).includes(heading));
          return isThere ? [] : [`${page}: ${link}`];
        },
      ),
    );
    expect(broken).to.deep.equal([]);
  });
});

/** As GitHub makes anchors of them. */
function headingsOf(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
