import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Fact } from '../../../src/analysis/facts.ts';
import { htmlReport } from '../../../src/analysis/report/html.ts';
import { makeResult } from '../../../src/analysis/result-of.ts';
import { SECOND } from '../../../src/world/clock.ts';
import {
  errorRun,
  failingRun,
  hostileRun,
  interruptedRun,
  largeRun,
  passingRun,
  type Sample,
} from './sample.ts';

const report = ({ facts, result }: Sample): Promise<string> => htmlReport(facts, result);

/** The words of a piece of the page, as a person reads them. */
const words = (markup: string): string => markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

const section = (page: string, id: string): string => {
  const start = page.indexOf(`<section id="${id}"`);
  return start < 0 ? '' : page.slice(start, page.indexOf('</section>', start));
};

describe('the HTML report', () => {
  it('is the same, byte for byte, for the same facts', async () => {
    expect(await report(passingRun())).to.equal(await report(passingRun()));
  });

  it('asks for nothing from outside and has no script', async () => {
    const page = await report(failingRun());
    expect(page).to.include(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:;`);
    expect(page).not.to.match(/<script|<link|<iframe|@import|url\((?!#)|\son\w+=|https?:/i);
  });

  it('opens with verdict, what was tried, and the numbers that matter', async () => {
    const page = await report(passingRun());
    const top = words(page.slice(page.indexOf('<header'), page.indexOf('</header>')));
    expect(top).to.include('abilene-backup-path Passed All 9 expectations held.');
    expect(top).to.include('Is there still a backup');
    expect(top).to.include('configuration changed on DNVR and KSCY, 1 failure, 3 probes');
    expect(top).to.include('real packets lost 0 of 110,427');
    expect(section(page, 'why')).to.equal('');
  });

  it('claims no more than was run: steps left out were not tried, and the rest has passed in part', async () => {
    const { facts } = passingRun();
    const started = facts.findIndex((fact) => fact.fact === 'step-started' && fact.step === 2);
    const end = { t: 0, fact: 'run-finished' } as const;
    const some = [...facts.slice(0, started), end];
    const page = await htmlReport(some, makeResult(some));
    const top = words(page.slice(page.indexOf('<header'), page.indexOf('</header>')));
    expect(top).not.to.match(/[1-9] (failure|probe|commit|rollback)/);
    expect(top).not.to.include('All ');
  });

  it('says first what failed: expected, seen, the router and the line of its configuration', async () => {
    const page = await report(failingRun());
    const why = words(section(page, 'why'));
    expect(why).to.include('Expected recovered within 2s experiments/abilene-backup-path.yaml:50');
    expect(why).to.include('Seen not recovered: 1,000 of 1,000 packets lost');
    expect(why).to.include('ATLA.shadow.conf:14 passive-interface to-IPLS');
    expect(why.match(/OSPF forms no adjacency/g), 'the same hint once').to.have.length(1);
    expect(page.indexOf('id="why"')).to.be.lessThan(page.indexOf('id="topology"'));
  });

  it('draws the paths of both planes and marks what was failed, a picture a step', async () => {
    const topology = section(await report(passingRun()), 'topology');
    const pictures = topology.split('<figure').slice(1);
    expect(pictures).to.have.length(3);
    expect(pictures[0]).to.match(/class="path real".*class="path shadow"/s);
    expect(pictures[1]).to.include('<title>link ATLA-WASH failed (shadow)</title>');
    expect(words(pictures[1] ?? '')).to.include('388 lost after STTL → SNVA → LOSA → HSTN → ATLA');
    expect(words(pictures[2] ?? ''), 'the commit moves the real path').to.match(
      /5 by STTL → DNVR .* 5 by STTL → SNVA/,
    );
  });

  it('draws two links between the same routers beside one another', async () => {
    const { facts, result } = passingRun();
    const twice = facts.map((fact) =>
      fact.fact === 'run-started'
        ? {
            ...fact,
            links: [
              ...fact.links,
              ...fact.links
                .filter((link) => link.name === 'CHIN-NYCM')
                .map((link) => ({ ...link, name: 'CHIN-NYCM#2' })),
            ],
          }
        : fact,
    );
    const lines = async (run: readonly Fact[]): Promise<readonly string[]> =>
      /<path class="link" d="M([^"]*)"/.exec(await htmlReport(run, result))?.[1]?.split('M') ?? [];
    const [single, double] = [await lines(facts), await lines(twice)];
    expect(double.filter((line) => !single.includes(line))).to.have.length(2);
    expect(new Set(double).size).to.equal(single.length + 1);
  });

  it('colours the lines of the configuration that come and go', async () => {
    const configuration = section(await report(passingRun()), 'configuration');
    expect(configuration).to.include('<del>-  ip ospf cost 639</del><ins>+  ip ospf cost 5000</ins>');
  });

  it('plots throughput, loss and delay with the steps marked, in colours of the page', async () => {
    const traffic = section(await report(passingRun()), 'traffic');
    expect(traffic.match(/<svg class="plot"/g)).to.have.length(6);
    expect(traffic).to.match(/stroke="var\(--real\)"/);
    expect(traffic).to.match(
      /stroke="var\(--shadow\)"[^>]*stroke-dasharray|stroke-dasharray[^>]*stroke="var\(--shadow\)"/,
    );
    expect(traffic, 'the failing step').to.match(/fill="var\(--fail\)">3</);
    expect(traffic.replace(/<clipPath.*?<\/clipPath>/gs, '')).not.to.match(/#[0-9a-f]{3,6}"/);
  });

  it('ends its plots where every packet had the time to arrive, so that none under way looks lost', async () => {
    const { facts, result } = passingRun();
    const cut = facts.map((fact) =>
      fact.fact === 'bins'
        ? { ...fact, received: fact.received.map((n, i) => (i === fact.sent.length - 1 ? 0 : n)) }
        : fact,
    );
    const [withCut, whole] = [await htmlReport(cut, result), await htmlReport(facts, result)];
    expect(section(withCut, 'traffic')).to.equal(section(whole, 'traffic'));
  });

  it('does not call a packet lost that was on a wire when the run ended', async () => {
    const { facts, result } = passingRun();
    const last = facts.findLast((fact) => fact.fact === 'postcard');
    const end = facts.at(-1);
    if (last?.fact !== 'postcard' || end === undefined) throw new Error('the sample has no postcards');
    const t = 63.99 * SECOND;
    const link = { in: 'to-seattle', out: 'to-DNVR', nextHop: '', router: 'STTL' };
    const underWay: Fact = { ...last, ...link, t, timeNs: t, sequence: 99_999 };
    const page = await htmlReport([...facts.slice(0, -1), underWay, end], result);
    expect(words(page)).not.to.include('1 lost after');
    const before: Fact = { ...underWay, t: 59 * SECOND, timeNs: 59 * SECOND };
    expect(words(await htmlReport([...facts, before], result))).to.include('1 lost after STTL');
  });

  it('shows each commit by phase and router', async () => {
    const commit = section(await report(passingRun()), 'commit');
    expect(words(commit)).to.include('prepare 62 ms tags are handed out mark 68 ms');
    expect(commit.match(/<th scope="row">KSCY<\/th>/g)).to.have.length(2);
  });

  it('names the router that did not confirm', async () => {
    const commit = words(section(await report(errorRun()), 'commit'));
    expect(commit).to.include('✗ aborted');
    expect(commit).to.match(/Router prepare mark swap abort KSCY .* ✗ no answer no answer within 500ms/);
  });

  it('compares forwarding tables: planes first, then what each step did, and a swap once', async () => {
    const fib = section(await report(passingRun()), 'fib');
    const titles = [...fib.matchAll(/<summary>(.*?)<\/summary>/g)].map(([, title]) =>
      words(title ?? '').trim(),
    );
    expect(titles).to.deep.equal([
      'Real against shadow after step 2 41 routes on 9 routers',
      'Step 3: the backup path carries shadow traffic (shadow) 18 routes on 4 routers',
      'Step 5: restore link ATLA-WASH (shadow) 18 routes on 4 routers',
      'Step 6: commit (real) 41 routes on 9 routers; real and shadow changed places exactly, on every router',
      'Step 7: rollback (real) 41 routes on 9 routers; real and shadow changed places exactly, on every router',
    ]);
    expect(words(fib)).to.include('10.64.3.0/24 10.0.0.7 by to-KSCY 10.0.0.8 by to-LOSA');
    expect(words(fib)).to.include(
      '10.64.6.0/24 and 2 more all of 10.64.0.0/22, 10.64.4.0/23 and 3 more in 10.64.0.0/20',
    );
  });

  it('says so where a run was interrupted, and shows what there is', async () => {
    const page = await report(interruptedRun());
    expect(words(page)).to.include('Interrupted 1 of 9 expectations held, 8 not reached.');
    expect(words(section(page, 'why'))).to.include(
      'It ended in step 3, “the backup path carries shadow traffic”, after 50.2 s of lab time',
    );
    expect(section(page, 'timeline')).to.include('– skipped');
    expect(section(page, 'traffic')).to.include('Totals');
  });

  it('can be made of a run that ended before anything was recorded', async () => {
    const { result } = interruptedRun();
    const nothing: readonly Fact[] = [];
    expect(words(await htmlReport(nothing, { ...result, steps: [] }))).to.include('No step had begun');
  });

  it('puts no word of the user into markup', async () => {
    const plain = await report(hostileRun('x'));
    const page = await report(hostileRun(`<img src=x onerror=alert(1)>"'&amp;</style></svg><!--`));
    const tags = (text: string): readonly string[] =>
      [...text.replace(/="[^"]*"/g, '').matchAll(/<(\/?[\w!-]+)/g)].map(([, name]) => name ?? '');
    expect(tags(page)).to.deep.equal(tags(plain));
  });

  it('stays below a megabyte for 754 routers, and says what it left out', async () => {
    const page = await report(largeRun(754));
    expect(page.length).to.be.lessThan(1_000_000);
    expect(words(section(page, 'configuration'))).to.include('and 694 more in events.jsonl');
    expect(words(section(page, 'fib'))).to.match(/and [\d,]+ more in events\.jsonl/);
  });
});
