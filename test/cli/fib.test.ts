import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { STARTER, shadowlab, temporaryFolder } from './shadowlab.ts';

/** A-B is dear in shadow; the last step makes that real. */
describe('shadowlab fib', () => {
  const results = temporaryFolder();
  const run = join(results, 'first-change', 'latest');
  const fib = (...args: readonly string[]) => shadowlab(['fib', run, ...args]);

  before(async () => {
    const { code } = await shadowlab(['run', STARTER, '--results', results]);
    expect(code).to.equal(0);
  });

  it('compares real with shadow on every router, as at the end of the run', async () => {
    const { stdout, code } = await fib();
    expect(code).to.equal(0);
    expect(stdout).to.equal(`\
A, real to shadow after step 5: 3 prefixes of 11 differ
  prefixes  change   in                          from                to
         2  changed  10.0.1.0/24, 10.255.0.2/32  10.254.0.3 by to-C  10.254.0.1 by to-B
         1  changed  10.254.0.4/31               10.254.0.3 by to-C  10.254.0.1 by to-B or 10.254.0.3 by to-C

B, real to shadow after step 5: 3 prefixes of 11 differ
  prefixes  change   in                          from                to
         2  changed  10.0.0.0/24, 10.255.0.1/32  10.254.0.4 by to-C  10.254.0.0 by to-A
         1  changed  10.254.0.2/31               10.254.0.4 by to-C  10.254.0.0 by to-A or 10.254.0.4 by to-C

no difference on C
`);
  });

  it('compares moments: what the commit did is what the shadow was before it', async () => {
    const commit = await fib('--at', 'the link is back..end', '--router', 'A', '--json');
    const planes = await fib('--at', '4', '--router', 'A', '--json');
    const changesOf = (text: string): unknown => JSON.parse(text).comparisons[0].changes;
    expect(changesOf(commit.stdout)).to.deep.equal(changesOf(planes.stdout));
    expect(changesOf(commit.stdout)).to.have.length(2);
    const nothing = await fib('--at', '1..2');
    expect(nothing.stdout).to.equal('no difference (real after step 1 to real after step 2) on A, B and C\n');
  });

  it('compares routers by the neighbours that they send to', async () => {
    const { stdout } = await fib('--router', 'A..C', '--at', '1');
    expect(stdout).to.match(/^A to C, real after step 1: \d+ prefixes of \d+ and \d+ differ\n/);
    expect(stdout).to.match(/ 1 {2}changed {2}10\.254\.0\.4\/31 +B or C +link B-C\n/);
  });

  it('refuses what cannot be compared, and says what can', async () => {
    const refused: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ['--plane', 'real'],
        /both sides are real after step 5: say what to compare with, as --at start\.\.end/,
      ],
      [['--router', 'DNVR'], /unknown router "DNVR" \(known: A, B and C\)/],
      [['--router', 'A..'], /unknown router ""/],
      [['--plane', 'real..shdow'], /unknown plane "shdow" \(did you mean "shadow"\?\)/],
      [['--at', 'the link is bakc'], /unknown step "the link is bakc" \(did you mean "the link is back"\?\)/],
    ];
    for (const [args, message] of refused) {
      const { stdout, stderr, code } = await fib(...args);
      expect([stdout, code]).to.deep.equal(['', 2]);
      expect(stderr).to.match(message);
    }
  });

  it('says so where a folder is not that of a run', async () => {
    const { stderr, code } = await shadowlab(['fib', results]);
    expect(stderr).to.match(/is not the folder of a run: there is no events\.jsonl in it/);
    expect(code).to.equal(2);
  });
});
