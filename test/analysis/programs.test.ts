import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { ProgramExpectation } from '../../src/analysis/expectation.ts';
import type { CommandFact, Fact, IperfFact, PingFact } from '../../src/analysis/facts.ts';
import { formatJsonPath, parseJsonPath } from '../../src/analysis/json-path.ts';
import { judge } from '../../src/analysis/judge.ts';
import { search } from '../../src/analysis/regex.ts';
import { viewOf } from '../../src/analysis/view.ts';
import { MS, runStarted, started } from './run-builder.ts';

const STEP = 2;

function said(claim: ProgramExpectation, ...facts: readonly Fact[]): string {
  const { verdict, seen } = judge(claim, STEP, viewOf([runStarted(), started(STEP, 0), ...facts]));
  return `${verdict}: ${seen}`;
}

function hints(claim: ProgramExpectation, ...facts: readonly Fact[]): readonly string[] {
  const view = viewOf([runStarted(), started(STEP, 0), ...facts]);
  return judge(claim, STEP, view).hints.map(({ text }) => text);
}

type Outcome = NonNullable<CommandFact['outcome']>;

function command(outcome: Partial<Outcome> = {}): CommandFact {
  const whole: Outcome = {
    code: 0,
    ended: 'itself',
    stdout: '',
    stderr: '',
    isTruncated: false,
    ...outcome,
  };
  const started = { step: STEP, host: 'alice', command: 'curl -s bob', background: false, startedNs: 0 };
  return { t: 2000 * MS, fact: 'command', ...started, outcome: whole };
}

const exit = (op: '==' | '>' | '<', value: number): ProgramExpectation => ({
  kind: 'exit',
  code: { op, value },
});

const output = (
  wanted: 'matches' | 'lacks',
  regex: string,
  of: 'stdout' | 'stderr' = 'stdout',
): ProgramExpectation => ({ kind: 'output', of, wanted, regex });

describe('the exit code of a command', () => {
  it('is held against the claim', () => {
    expect(said(exit('==', 0), command())).to.equal('pass: exit 0');
    expect(said(exit('==', 0), command({ code: 7 }))).to.equal('fail: exit 7');
    expect(said(exit('>', 0), command({ code: 7 }))).to.equal('pass: exit 7');
  });

  it('is none where a signal or its time ended it: then no claim holds', () => {
    for (const claim of [exit('==', 0), exit('>', 0), exit('<', 5)]) {
      expect(said(claim, command({ code: null, signal: 'SIGSEGV' }))).to.equal('fail: ended by SIGSEGV');
      expect(said(claim, command({ code: null, ended: 'late' }))).to.equal('fail: still running after 2 s');
      // Some programs end with a code of their own when they are told to end.
      expect(said(claim, command({ code: 0, ended: 'late' }))).to.equal('fail: still running after 2 s');
    }
  });

  it('of a program that is not there is an error with a remedy, even where a failure is expected', () => {
    const missing = command({ code: 127, stderr: 'sh: 1: curl: not found\n' });
    for (const claim of [exit('==', 0), exit('>', 0), output('lacks', 'x'), output('lacks', 'x', 'stderr')]) {
      expect(said(claim, missing)).to.match(
        /^error: .*no such program on alice.*curl: not found.*install it/,
      );
    }
    expect(said(exit('==', 127), missing)).to.equal('pass: exit 127');
  });

  it('says with a failure what the command itself said last', () => {
    const failed = command({ code: 7, stdout: 'x', stderr: 'one\ntwo\n\nthree\nfour\n' });
    expect(hints(exit('==', 0), failed)).to.deep.equal(['stderr: two', 'stderr: three', 'stderr: four']);
    expect(hints(exit('==', 0), command({ code: 7, stdout: 'x' }))).to.deep.equal(['stdout: x']);
  });
});

describe('what a command wrote', () => {
  const page = command({ stdout: 'HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello\n' });

  it('matches where a line does', () => {
    expect(said(output('matches', '^HTTP/1.. 200 OK$'), page)).to.equal('pass: stdout has "HTTP/1.1 200 OK"');
    expect(said(output('matches', '^Server'), page)).to.equal('pass: stdout has "Server: x"');
    expect(said(output('matches', '^ello'), page)).to.equal(
      'fail: no match in 4 lines of stdout, the first of them "HTTP/1.1 200 OK"',
    );
  });

  it('lacks what matches nowhere', () => {
    expect(said(output('lacks', 'error'), page)).to.match(/^pass: no match in 4 lines/);
    expect(said(output('lacks', 'hel+o'), page)).to.equal('fail: stdout has "hello"');
  });

  it('holds nothing where it is empty, but that there was no error', () => {
    expect(said(output('lacks', 'error'), command())).to.equal('error: stdout is empty');
    expect(said(output('lacks', 'error'), command({ stdout: ' \n' }))).to.equal('error: stdout is empty');
    expect(said(output('matches', '.*'), command())).to.equal('fail: stdout is empty');
    expect(said(output('matches', '.*', 'stderr'), command())).to.equal('fail: stderr is empty');
    expect(said(output('lacks', 'error', 'stderr'), command())).to.equal('pass: stderr is empty');
  });

  it('is not judged by what was cut off', () => {
    const cut = command({ stdout: 'hello', isTruncated: true });
    expect(said(output('matches', 'hello'), cut)).to.match(/^pass/);
    expect(said(output('lacks', 'hello'), cut)).to.match(/^fail/);
    expect(said(output('matches', 'world'), cut)).to.match(/^error: .*longer/);
    expect(said(output('lacks', 'world'), cut)).to.match(/^error: .*longer/);
  });

  it('does not hold the run up, whatever the expression', () => {
    const trap = command({ stdout: `${'a'.repeat(60)}!` });
    expect(said(output('matches', '^(a+)+$'), trap)).to.match(/^error: the search took too long/);
    expect(said(output('lacks', '^(a|a)*$'), trap)).to.match(/^error: the search took too long/);
  });

  it('is searched as JavaScript does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[ab]{1,3}$/), (text, word) => {
        const index = text.indexOf(word);
        expect(search(word, text)).to.deep.equal(index < 0 ? null : { index, length: word.length });
      }),
      { numRuns: 30 },
    );
  });
});

describe('JSON that a command wrote', () => {
  const json = (
    at: string,
    value: Extract<ProgramExpectation, { kind: 'json' }>['value'],
  ): ProgramExpectation => {
    const path = parseJsonPath(at);
    if (path === undefined) throw new Error(at);
    return { kind: 'json', at: path, value };
  };
  const least = (value: number) => ({ kind: 'number', limit: { op: '>=', value } }) as const;
  const equal = (to: string | boolean) => ({ kind: 'equal', to }) as const;
  const document = command({
    stdout: JSON.stringify({
      end: { streams: [{ bps: 5.5e6 }, { bps: 0 }], 'a.b': 'x', none: null },
      ok: true,
      name: 'ESTAB',
    }),
  });

  it('is looked up by keys and places, and compared by kind', () => {
    expect(said(json('end.streams[0].bps', least(5e6)), document)).to.equal(
      'pass: end.streams[0].bps is 5500000',
    );
    expect(said(json('end.streams[1].bps', least(5e6)), document)).to.equal('fail: end.streams[1].bps is 0');
    expect(said(json('end["a.b"]', equal('x')), document)).to.equal('pass: end["a.b"] is "x"');
    expect(said(json('ok', equal(true)), document)).to.match(/^pass/);
    expect(said(json('ok', equal('true')), document)).to.match(/^fail/);
    expect(said(json('name', { kind: 'matches', regex: '^EST' }), document)).to.match(/^pass/);
    expect(said(json('end.streams', { kind: 'matches', regex: '.' }), document)).to.match(
      /^fail: .*no text$/,
    );
    expect(said(json('name', least(0)), document)).to.equal('fail: name is "ESTAB", no number');
    expect(said(json('[0].x', equal('y')), command({ stdout: '[{"x":"y"}]' }))).to.match(/^pass/);
  });

  it('says of what is not there how far the path leads', () => {
    const seen = (at: string): string => said(json(at, least(0)), document);
    expect(seen('end.streams[2].bps')).to.equal(
      'fail: there is no end.streams[2]: end.streams is a list of 2',
    );
    expect(seen('end.sum.bps')).to.equal(
      'fail: there is no end.sum: end is a mapping of streams, a.b and none',
    );
    expect(seen('ok.x')).to.equal('fail: there is no ok.x: ok is true');
    expect(seen('end.none.x')).to.equal('fail: there is no end.none.x: end.none is null');
    expect(seen('toString')).to.match(/^fail: there is no toString/);
  });

  it('says of what is no JSON what it is instead', () => {
    const html = command({ stdout: '\n<html>\n<body>' });
    expect(said(json('x', least(0)), html)).to.match(/^error: stdout is no JSON: it begins with "<html>"/);
    expect(said(json('x', least(0)), command())).to.equal('error: stdout is empty');
    const cut = command({ stdout: '{"x":', isTruncated: true });
    expect(said(json('x', least(0)), cut)).to.match(/^error: .*breaks off/);
  });

  it('may be as deep as it likes', () => {
    const deep = command({ stdout: `{"x": ${'['.repeat(50_000)}${']'.repeat(50_000)}}` });
    expect(said(json('x', least(0)), deep)).to.equal('fail: x is a list of 1, no number');
  });

  it('has paths that are written as they are read', () => {
    const key = fc.oneof(fc.stringMatching(/^[^.[\]"]+$/), fc.stringMatching(/^[^"]*$/), fc.nat(999_999_999));
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 6 }), (path) => {
        expect(parseJsonPath(formatJsonPath(path))).to.deep.equal(path);
      }),
    );
    for (const wrong of ['.', 'a.', '..a', 'a..b', 'a[', 'a[]', 'a[-1]', '["a', 'a]b']) {
      expect(parseJsonPath(wrong), wrong).to.equal(undefined);
    }
  });
});

describe('pings', () => {
  const ping = (roundTripNs: PingFact['roundTripNs'], refusals: PingFact['refusals'] = []): PingFact => {
    const ends = { from: 'alice', to: 'bob', plane: 'shadow' } as const;
    return { t: 1, fact: 'ping', step: STEP, ...ends, startedNs: 0, roundTripNs, refusals };
  };
  const lost: ProgramExpectation = { kind: 'ping-lost', count: { op: '==', value: 0 } };
  const rtt: ProgramExpectation = { kind: 'rtt', statistic: 'max', limitNs: { op: '<', value: 5 * MS } };

  it('are counted, timed, and looked at at their end', () => {
    const ten = ping([null, ...new Array<number>(9).fill(4 * MS)]);
    expect(said(lost, ten)).to.equal('fail: 1 of 10 pings not answered');
    expect(said(rtt, ten)).to.equal('pass: max round trip 4 ms (min 4 ms, max 4 ms)');
    expect(said({ kind: 'ping-reachable' }, ten)).to.equal('pass: 1 of the last 1 ping answered');
    expect(said({ kind: 'ping-unreachable' }, ten)).to.match(/^fail/);
  });

  it('tell who refused them', () => {
    const refused = ping([null, null], [{ from: '10.0.0.1', why: 'unreachable', count: 2 }]);
    expect(said({ kind: 'ping-unreachable' }, refused)).to.equal(
      'pass: 0 of the last 1 ping answered; 10.0.0.1 says “unreachable” 2 times',
    );
    expect(said(rtt, refused)).to.match(/^error: no ping was answered; 10.0.0.1 says/);
  });

  it('of which none was sent are no evidence', () => {
    for (const claim of [lost, rtt, { kind: 'ping-unreachable' }, { kind: 'ping-reachable' }] as const) {
      expect(said(claim, ping([]))).to.equal('error: no ping was sent');
    }
  });

  it('are those of the last record', () => {
    expect(said(lost, ping([null]), ping([MS, MS]))).to.match(/^pass/);
  });
});

describe('throughput by iperf3', () => {
  const iperf = (measured: Partial<IperfFact>): IperfFact => ({
    t: 1,
    fact: 'iperf',
    step: STEP,
    from: 'alice',
    to: 'bob',
    plane: 'shadow',
    protocol: 'udp',
    parallel: 1,
    durationNs: 1e9,
    receivedBytes: 600_000,
    receivedBps: 4.8e6,
    sentPackets: 500,
    lostPackets: 2,
    ...measured,
  });
  const throughput = (op: '>=' | '<', value: number): ProgramExpectation => ({
    kind: 'iperf-throughput',
    limitBps: { op, value },
  });

  it('is what the receiving end got', () => {
    expect(said(throughput('>=', 4e6), iperf({}))).to.equal('pass: 4.8 Mbps');
    expect(said(throughput('>=', 5e6), iperf({}))).to.equal('fail: 4.8 Mbps');
    expect(said({ kind: 'iperf-lost', count: { op: '<=', value: 2 } }, iperf({}))).to.equal(
      'pass: 2 of 500 packets lost',
    );
  });

  it('that was not measured is too little, and never little enough', () => {
    const failed = iperf({
      error: 'iperf3: unable to connect',
      receivedBps: 0,
      sentPackets: 0,
      lostPackets: 0,
    });
    expect(said(throughput('>=', 4e6), failed)).to.equal(
      'fail: nothing was measured: iperf3: unable to connect',
    );
    expect(said(throughput('<', 4e6), failed)).to.match(/^error/);
    expect(said({ kind: 'iperf-lost', count: { op: '==', value: 0 } }, failed)).to.match(/^error/);
  });
});

describe('a claim about a program that nothing is recorded of', () => {
  const claims: readonly ProgramExpectation[] = [
    { kind: 'ping-lost', count: { op: '==', value: 0 } },
    { kind: 'rtt', statistic: 'max', limitNs: { op: '<', value: 1e9 } },
    { kind: 'ping-reachable' },
    { kind: 'ping-unreachable' },
    { kind: 'iperf-throughput', limitBps: { op: '<', value: 1e9 } },
    { kind: 'iperf-lost', count: { op: '==', value: 0 } },
    exit('==', 0),
    exit('==', 127),
    output('lacks', 'x', 'stderr'),
    { kind: 'json', at: ['x'], value: { kind: 'equal', to: true } },
  ];
  for (const claim of claims) {
    it(`is an error: ${JSON.stringify(claim)}`, () => {
      expect(said(claim)).to.match(/^error: ./);
      const running: CommandFact = { ...command(), background: true };
      const { outcome: _, ...unfinished } = running;
      expect(said(claim, unfinished)).to.match(/^error: ./);
    });
  }
});
