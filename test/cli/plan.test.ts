import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { STARTER, shadowlab, temporaryFolder } from './shadowlab.ts';

describe('shadowlab plan', () => {
  const tmp = temporaryFolder();
  const plan = (...args: readonly string[]) => shadowlab(['plan', ...args]);
  const planned = async (...args: readonly string[]) => {
    const { stdout, stderr, code } = await plan(...args, '--json');
    expect([stderr, code]).to.deep.equal(['', 0]);
    return JSON.parse(stdout);
  };
  const LINK = ['--link', '10Gbps', '--real-sizes'] as const;

  it('prints the table of docs/planner.md', async () => {
    const { stdout, code } = await plan(
      ...[...LINK, '40B:50%,576B:30%,1500B:20%', '--shadow-sizes', '300B', '--packet-rate', '4Mpps'],
      ...['--real-load', '10%,50%,90%'],
    );
    expect(code).to.equal(0);
    const documented = /```\n(link {4}10 Gbps[\s\S]*?)```/.exec(readFileSync('docs/planner.md', 'utf8'))?.[1];
    const withoutExplanation = stdout.replace(/\nA load is [\s\S]*? where\n/, '\n');
    expect(withoutExplanation).to.equal(documented);
  });

  it('draws the region into a file', async () => {
    const file = join(tmp, 'plan.svg');
    expect((await plan(...LINK, '300B', '--plot', file)).code).to.equal(0);
    expect(readFileSync(file, 'utf8')).to.match(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it('finds sizes and loads in a run', async () => {
    await shadowlab(['run', STARTER, '--results', tmp]);
    const { framing, links } = await planned('--run', join(tmp, 'first-change', 'latest'));
    expect(framing).to.equal('embedded');
    // 5 Mbps of packets of 1,000 bytes on 1 Gbps, mirrored; the shadow's take the way by C.
    const sent = (link: string, router: string) =>
      links.find((one: { link: string; router: string }) => one.link === link && one.router === router);
    expect(sent('A-B', 'A').realLoad).to.be.closeTo(0.005 * 1.014, 2e-4);
    expect(sent('A-C', 'A').shadowLoad).to.be.above(0.005);
    expect(sent('A-C', 'A').within).to.deep.equal({ without: true, with: true });
  });

  it('refuses what it cannot plan with, names it, and says what would be right', async () => {
    const folder = join(tmp, 'folder');
    mkdirSync(join(folder, 'events.jsonl'), { recursive: true });
    const refused: readonly (readonly [readonly string[], string])[] = [
      [[], 'a plan needs --link, e.g. --link 10Gbps (or --run with the folder of a run)'],
      [['--link', '10'], 'It is a rate with its unit, such as 10Gbps.'],
      [[...LINK, 'nosuch.csv'], '--real-sizes: nosuch.csv: no such file or folder'],
      [[...LINK, '300B', '--real-load', '30'], 'It is a share of the link, such as 30%'],
      [[...LINK, '300B', '--header', '20B'], 'It is a size from 52B on'],
      [[...LINK, '300B', '--plot', join(tmp, 'no', 'plan.svg')], 'no such file or folder'],
      [['--link', '1Gbps', '--run', tmp], '--link is measured in the run: leave out one of --link and --run'],
      [['--run', tmp], 'is not the folder of a run'],
      [['--run', folder], 'is not the folder of a run'],
    ];
    for (const [args, message] of refused) {
      const { stdout, stderr, code } = await plan(...args);
      expect([stdout, code], args.join(' ')).to.deep.equal(['', 2]);
      expect(stderr).to.contain(message);
    }
  });
});
