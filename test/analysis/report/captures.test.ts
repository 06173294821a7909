import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Fact } from '../../../src/analysis/facts.ts';
import { capturesSection } from '../../../src/analysis/report/captures.ts';
import { htmlReport } from '../../../src/analysis/report/html.ts';
import { markdownReport } from '../../../src/analysis/report/markdown.ts';
import { fileName } from '../../../src/analysis/view.ts';
import { passingRun } from './sample.ts';

const capture = (link: string, packets: number, dropped: number): Fact => {
  return { t: 0, fact: 'capture', link, file: `captures/${fileName(link)}.pcapng`, packets, dropped };
};

describe('captures in the reports', () => {
  const { facts, result } = passingRun();
  const more = [...facts, capture('DNVR-KSCY', 10_000, 2345)];

  it('stand with their counts and files', async () => {
    const page = await htmlReport(more, result);
    expect(page).to.include('<a href="#captures">Captures</a>');
    expect(page).to.include('<a href="captures/DNVR-KSCY.pcapng">captures/DNVR-KSCY.pcapng</a>');
    expect(page).to.match(/10,000<\/td><td[^>]*>2,345</);
    expect(markdownReport(more, result)).to.include(
      '| DNVR-KSCY | 10,000 | 2,345 | captures/DNVR-KSCY.pcapng |',
    );
  });

  it('are not mentioned where there are none', async () => {
    expect(await htmlReport(facts, result)).not.to.include('Captures');
    expect(markdownReport(facts, result)).not.to.include('Capture');
  });

  it('lead to the file, whatever the link is called', () => {
    for (const link of ['a b#2', '../../x', '<b>', '100%', 'x'.repeat(300), 'ä?&"']) {
      const href = /href="([^"]*)"/.exec(String(capturesSection([capture(link, 1, 0)])))?.[1] ?? '';
      const { pathname } = new URL(href, 'file:///run/report.html');
      expect(decodeURIComponent(pathname)).to.equal(`/run/captures/${fileName(link)}.pcapng`);
    }
  });
});
