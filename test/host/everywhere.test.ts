/**
 * The same everywhere: what holds in one process, on a virtual clock, holds where routers are processes, links are
 * the kernel's, and time is real.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { TestEngine } from './engine.ts';
import { differences, type Outcome, outcomeOf } from './outcome.ts';
import { missingIn } from './runs.ts';

/** With the exit code of a run, and how many commits it makes. */
const EXPERIMENTS: ReadonlyMap<string, { readonly code: number; readonly commits: number }> = new Map([
  ['abilene-backup-path', { code: 0, commits: 2 }],
  ['abilene-broken-change', { code: 1, commits: 0 }],
  ['abilene-bgp', { code: 0, commits: 2 }],
  ['area-migration', { code: 0, commits: 1 }],
  ['internet2-isis', { code: 0, commits: 1 }],
  ['vpn-change', { code: 0, commits: 2 }],
]);
const BACKENDS = ['netns', 'docker', 'containerlab'] as const;
/** Real time: the longer one takes a minute and a half. */
const LIMIT_MS = 600_000;

describe('the same everywhere', function () {
  this.timeout(LIMIT_MS);
  const tmp = temporaryFolder();
  const experiments = patientExperiments(tmp);
  const embedded = new Map<string, Outcome>();
  let engine: TestEngine | undefined;
  let env: Readonly<Record<string, string>> = {};

  before(async () => {
    for (const name of EXPERIMENTS.keys()) embedded.set(name, await run(name, 'embedded', 1));
  });
  after(() => engine?.stop());

  it('is no matter of the seed', async () => {
    for (const name of EXPERIMENTS.keys()) expectSame(name, await run(name, 'embedded', 2));
  });

  it('is not for want of looking: another experiment differs in all that is compared', () => {
    const [a, b] = [...embedded.values()];
    for (const part of ['verdicts', 'paths', 'fibs', 'commits'] as const) {
      expect(differences(a[part], b[part]), part).not.to.deep.equal([]);
    }
  });

  for (const backend of BACKENDS) {
    describe(`on ${backend}`, function () {
      // Its claims are about time as well: once more where the machine had other work.
      this.retries(1);
      before(async function () {
        const why = await obstacle(backend);
        if (why === undefined) return;
        console.log(`      skipped: ${why}`);
        this.skip();
      });
      for (const name of EXPERIMENTS.keys()) {
        it(`${name}: verdicts and paths of every step, FIBs where they have settled, nothing lost or mixed in a commit`, async () => {
          expectSame(name, await run(name, backend, 1));
        });
      }
    });
  }

  /** Why the backend cannot run here, in a line; starts what it needs. */
  async function obstacle(backend: string): Promise<string | undefined> {
    if (backend === 'docker') {
      const why = TestEngine.obstacle();
      if (why !== undefined) return why;
      engine = await TestEngine.start();
      env = { DOCKER_HOST: engine.host };
      const { code, stderr } = await shadowlab(['image', 'build'], { env });
      expect(code, stderr).to.equal(0);
    }
    const { stdout, code } = await shadowlab(['doctor', '--backend', backend], { env });
    return code === 0 ? undefined : missingIn(stdout);
  }

  async function run(name: string, backend: string, seed: number): Promise<Outcome> {
    const results = join(tmp, `${backend}-${seed}`);
    const file = join(experiments, `${name}.yaml`);
    const words = ['run', file, '--backend', backend, '--seed', String(seed), '--results', results];
    const { code, stdout, stderr } = await shadowlab(words, { env });
    expect(code, `${stdout}\n${stderr}`).to.equal(EXPERIMENTS.get(name)?.code);
    return outcomeOf(join(results, name, 'latest'));
  }

  function expectSame(name: string, outcome: Outcome): void {
    const expected = embedded.get(name) ?? expect.fail(`${name} was not run`);
    for (const part of ['verdicts', 'paths', 'fibs', 'commits'] as const) {
      expect(differences(expected[part], outcome[part]), part).to.deep.equal([]);
    }
    for (const commit of outcome.commits) expect(commit).to.match(/: 0 lost, 0 mixed$/);
    // A line for each plane.
    expect(outcome.commits).to.have.length(2 * (EXPERIMENTS.get(name)?.commits ?? 0));
  }
});

/**
 * Copies of all experiments with times that a busy machine keeps: what is compared is what came of them, not how soon.
 * A neighbour that is silent for 6 s is none; a network that has converged has been quiet for as long anyway.
 */
function patientExperiments(tmp: string): string {
  const folder = join(tmp, 'experiments');
  cpSync('experiments', folder, { recursive: true });
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.yaml')) continue;
    const file = join(folder, path);
    const text = readFileSync(file, 'utf8')
      .replace(/\bwithin(:?) (\d+)s/g, 'within$1 $20s')
      .replace(/\b(commit|rollback): \{ /g, '$1: { phase: 30s, ')
      .replace('hello: 1s, dead: 4s', 'hello: 1s, dead: 6s')
      .replace('hello: 1s, multiplier: 4', 'hello: 1s, multiplier: 6');
    writeFileSync(file, text);
  }
  return folder;
}
