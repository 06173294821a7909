import { expect } from 'chai';
import { describe, it } from 'mocha';
import { markdownReport } from '../../../src/analysis/report/markdown.ts';
import { errorRun, failingRun, hostileRun, interruptedRun, passingRun, type Sample } from './sample.ts';

const report = ({ facts, result }: Sample): string => markdownReport(facts, result);

describe('the Markdown report', () => {
  it('begins with the verdict', () => {
    expect(report(passingRun())).to.match(
      /^## ✅ Passed: abilene-backup-path\n\n\*\*All 9 expectations held\.\*\*/,
    );
    expect(report(failingRun())).to.match(
      /^## ❌ Failed: abilene-backup-path\n\n\*\*7 of 9 expectations held, 2 failed\.\*\*/,
    );
    expect(report(errorRun())).to.match(/^## ⚠️ Error/);
    expect(report(interruptedRun())).to.match(/^## ⚠️ Interrupted/);
  });

  it('says what was tried', () => {
    expect(report(passingRun())).to.include(
      'Tried: configuration changed on DNVR and KSCY, 1 failure, 3 probes, 1 commit, 1 rollback.',
    );
  });

  it('has a row for each step', () => {
    expect(report(failingRun())).to.include(
      '| 3 | the backup path carries shadow traffic | ❌ fail | 0 of 2 | 5 s |',
    );
  });

  it('tells of a failure what was seen, and the router and line to look at', () => {
    const text = report(failingRun());
    expect(text).to.include('- **recovered within 2s** (step 3, the backup path carries shadow traffic)');
    expect(text).to.include('  - seen: not recovered: 1,000 of 1,000 packets lost');
    expect(text).to.include(
      '  - ATLA: OSPF forms no adjacency here (ATLA.shadow.conf:14: passive-interface to-IPLS)',
    );
  });

  it('sums up traffic and commits', () => {
    const text = report(passingRun());
    expect(text).to.include('| real | 110,427 | 0 | 0% | 5,520 | 0 | 0 |');
    expect(text).to.include('Step 6, commit: **committed** in 1.26 s (prepare 62 ms, mark 68 ms');
  });

  it('says an error once', () => {
    expect(report(errorRun()).match(/rolled back to tag 1/g)).to.have.length(1);
  });

  it('keeps its tables and lists whole whatever things are called', () => {
    const text = report(hostileRun('|`\n| x | <img src=x onerror=alert(1)> @all #1 \\'));
    const plain = text.replaceAll('<!-- -->', '').replace(/<\/?sub>/g, '');
    expect(plain).not.to.match(/[<>]/);
    expect(text).not.to.match(/@(?!<!-- -->)/);
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    const columns = rows.map((line) => line.replace(/\\./g, '').split('|').length - 2);
    expect(new Set(columns.slice(0, 9))).to.deep.equal(new Set([5]));
    expect(new Set(columns.slice(9))).to.deep.equal(new Set([7]));
    expect(columns).to.have.length(13);
  });
});
