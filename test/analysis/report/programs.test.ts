import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Fact } from '../../../src/analysis/facts.ts';
import { htmlReport } from '../../../src/analysis/report/html.ts';
import { junitReport } from '../../../src/analysis/report/junit.ts';
import { markdownReport } from '../../../src/analysis/report/markdown.ts';
import { makeResult } from '../../../src/analysis/result-of.ts';
import { finished, MS, runFinished, runStarted, started } from '../run-builder.ts';

const ends = { from: 'alice', to: 'bob', plane: 'shadow' } as const;
const command = { fact: 'command', host: 'alice', background: false, startedNs: 0 } as const;
const outcome = { ended: 'itself', isTruncated: false } as const;

const facts: readonly Fact[] = [
  runStarted({ claims: { 2: [{ kind: 'exit', code: { op: '==', value: 0 } }] } }),
  started(1, 0),
  { ...command, t: MS, step: 1, command: 'sleep 9', background: true },
  finished(1, MS),
  started(2, 2 * MS),
  { t: 3 * MS, fact: 'ping', step: 2, ...ends, startedNs: 2 * MS, roundTripNs: [4 * MS, null], refusals: [] },
  {
    ...command,
    t: 5 * MS,
    step: 2,
    command: "curl 'http://bob/?<script>'",
    outcome: { ...outcome, code: 7, stdout: '<script>alert(1)</script>', stderr: 'no | route\u001b[2J' },
  },
  {
    t: 6 * MS,
    fact: 'iperf',
    step: 2,
    ...ends,
    protocol: 'tcp',
    parallel: 1,
    durationNs: 1e9,
    receivedBytes: 600_000,
    receivedBps: 4.8e6,
    retransmits: 3,
  },
  finished(2, 7 * MS),
  runFinished(8 * MS),
];
const result = makeResult(facts);

describe("what hosts' programs came to", () => {
  it('stands in the page, outputs among it, and none of it is markup', async () => {
    const page = await htmlReport(facts, result);
    expect(page).to.include('ping alice to bob in shadow: 1 of 2 answered, round trip 4 ms (4 ms to 4 ms)');
    expect(page).to.include('iperf alice to bob in shadow: 4.8 Mbps received, 3 segments sent again');
    expect(page).to.include('sleep 9 on alice: running');
    expect(page).to.include('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).to.include('no | route\ufffd[2J');
    expect(page).not.to.include('<script');
  });

  it('stands in the summary, a row each, whatever is in a command', () => {
    const text = markdownReport(facts, result);
    const rows = text.split('\n').filter((line) => /^\| \d \| (sleep|ping|curl|iperf)/.test(line));
    expect(rows).to.have.length(4);
    for (const row of rows) expect(row.replaceAll('\\|', '').split('|')).to.have.length(4);
  });

  it('is told with the claim that failed by it', () => {
    for (const text of [markdownReport(facts, result).replaceAll('\\', ''), junitReport(facts, result)]) {
      expect(text).to.include('exit 7');
      expect(text).to.include('stderr: no | route');
    }
  });
});
