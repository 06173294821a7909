import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Comparison, Expectation } from '../../src/analysis/expectation.ts';
import type { Fact } from '../../src/analysis/facts.ts';
import { judge } from '../../src/analysis/judge.ts';
import { viewOf } from '../../src/analysis/view.ts';
import {
  fibs,
  finished,
  flow,
  flowWindow,
  LONG,
  MS,
  PROBE,
  packet,
  probe,
  type RunSettings,
  runStarted,
  SHORT,
  started,
} from './run-builder.ts';

const STEP = 2;
const none: Comparison = { op: '==', value: 0 };

function said(claim: Expectation, facts: readonly Fact[], settings: RunSettings = {}): string {
  const { verdict, seen } = judge(claim, STEP, viewOf([runStarted(settings), started(STEP, 0), ...facts]));
  return `${verdict}: ${seen}`;
}

const count = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);
const arrivals = (length: number): readonly number[] => count(length).map(() => 5 * MS);

/** Traced probe packets by a way, one a millisecond from `t` on. */
const probed = (number: number, routers: readonly string[], t = 0): readonly Fact[] =>
  count(number).flatMap((index) => packet(t + index * MS, routers, { flow: PROBE, plane: 'shadow' }));

describe('every claim', () => {
  const claims: readonly Expectation[] = [
    { kind: 'lost', count: none },
    { kind: 'lost', count: { op: '>=', value: 0 } },
    { kind: 'mixed', count: none },
    { kind: 'looped', count: none },
    { kind: 'path', routers: [] },
    { kind: 'path-unchanged' },
    { kind: 'recovered', withinNs: 1e9 },
    { kind: 'reachable' },
    { kind: 'unreachable' },
    { kind: 'delay', statistic: 'max', limitNs: { op: '<', value: 1e9 } },
    { kind: 'throughput', limitBps: { op: '>=', value: 0 } },
    { kind: 'fib-equal', plane: 'real', ofPlane: 'real', atStep: 0, routers: ['A'] },
    { kind: 'fib-equal', plane: 'real', ofPlane: 'real', atStep: 0, routers: [] },
    { kind: 'committed' },
    { kind: 'aborted' },
  ];

  for (const claim of claims) {
    it(`that has nothing to go by is an error, not a pass: ${JSON.stringify(claim)}`, () => {
      expect(said(claim, [])).to.match(/^error: ./);
      expect(said({ ...claim, flow: 'nobody' } as Expectation, [])).to.match(/^error: ./);
      const empty = [probe(STEP, []), flowWindow(STEP, 'real', { sent: 0, received: 0, bytes: 0 })];
      expect(said(claim, empty)).to.match(/^error: ./);
    });
  }

  it('of a step that was not begun is an error', () => {
    for (const claim of claims) {
      expect(judge(claim, 3, viewOf([runStarted()])).seen).to.equal('the step was not begun');
    }
  });
});

describe('a step that does nothing but claim', () => {
  it('looks back at the last step before it that did something', () => {
    const start = runStarted();
    const steps = start.steps.map((step) => (step.number === 3 ? { ...step, actions: [] } : step));
    const facts = [
      { ...start, steps },
      started(STEP, 0),
      flowWindow(STEP, 'real', { sent: 10, received: 9 }),
      finished(STEP, 100 * MS),
      started(3, 200 * MS),
      flowWindow(3, 'real', { sent: 0, received: 0, bytes: 0 }),
    ];
    const claim: Expectation = { kind: 'lost', count: none, plane: 'real', flow: 'video' };
    expect(judge(claim, 3, viewOf(facts)).seen).to.equal('1 of 10 packets lost');
  });
});

describe('lost', () => {
  const claim: Expectation = { kind: 'lost', count: none };
  const flowsOnly = {
    flows: [
      flow(1, 'video', ['real', 'shadow']),
      flow(2, 'a>b', ['real'], 'matrix'),
      flow(3, 'b>a', ['real'], 'matrix'),
    ],
  };

  it('is about the step’s probe where it has one and no flow is named', () => {
    const facts = [probe(STEP, [1, null, 1]), flowWindow(STEP, 'real')];
    expect(said(claim, facts)).to.equal('fail: 1 of 3 packets lost');
    expect(said({ ...claim, flow: 'video' }, facts)).to.equal('pass: 0 of 100 packets lost');
    expect(said({ ...claim, plane: 'real' }, facts)).to.equal('pass: 0 of 100 packets lost');
  });

  it('counts a probe once that went on and was recorded again', () => {
    expect(said(claim, [probe(STEP, [null, null]), probe(STEP, [null, null, 1])])).to.equal(
      'fail: 2 of 3 packets lost',
    );
  });

  it('is about all flows in all their planes where the step has no probe', () => {
    const facts = [
      flowWindow(STEP, 'real', { sent: 1000, received: 999 }),
      flowWindow(STEP, 'shadow', { sent: 1000, received: 998 }),
      flowWindow(STEP, 'real', { flow: 2, sent: 10, received: 10 }),
    ];
    expect(said(claim, facts, flowsOnly)).to.equal('fail: 3 of 2,010 packets lost');
    expect(said({ ...claim, plane: 'real' }, facts, flowsOnly)).to.equal('fail: 1 of 1,010 packets lost');
  });

  it('sums a group over its members, and counts no packet twice', () => {
    const facts = [
      flowWindow(STEP, 'real', { flow: 2, sent: 10, received: 12, duplicated: 2 }),
      flowWindow(STEP, 'real', { flow: 3, sent: 10, received: 9 }),
    ];
    expect(said({ ...claim, flow: 'matrix' }, facts, flowsOnly)).to.equal('fail: 1 of 20 packets lost');
    expect(said({ ...claim, flow: 'a>b' }, facts, flowsOnly)).to.equal('pass: 0 of 10 packets lost');
  });

  it('can be claimed the other way round', () => {
    expect(said({ kind: 'lost', count: { op: '>', value: 0 } }, [probe(STEP, [1, null])])).to.match(/^pass/);
    expect(said({ kind: 'lost', count: { op: '>', value: 0 } }, [probe(STEP, [1, 1])])).to.match(/^fail/);
  });
});

describe('path', () => {
  const claim: Expectation = { kind: 'path', routers: ['A', 'C', 'D'] };

  it('is that of the packets of the probe’s last tenth', () => {
    const facts = [
      ...probed(90, ['A', 'B', 'D']),
      ...probed(10, ['A', 'C', 'D'], 90 * MS),
      probe(STEP, arrivals(100)),
    ];
    expect(said(claim, facts)).to.equal('pass: A → C → D');
    const late = [
      ...probed(91, ['A', 'B', 'D']),
      ...probed(9, ['A', 'C', 'D'], 91 * MS),
      probe(STEP, arrivals(100)),
    ];
    expect(said(claim, late)).to.equal('fail: 1 by A → B → D; 9 by A → C → D');
  });

  it('does not hold where a packet of the end did not arrive, whatever its postcards say', () => {
    const facts = [...probed(10, ['A', 'C', 'D']), probe(STEP, [...arrivals(9), null])];
    expect(said(claim, facts)).to.match(/^fail: 1 packet at the end of the probe did not arrive/);
  });

  it('does not hold where packets go that way and are dropped at its end', () => {
    const dropped = packet(0, ['A', 'C', 'D'], {
      flow: PROBE,
      plane: 'shadow',
      dropped: { reason: 'acl-out', out: 'to-bob' },
    });
    expect(said(claim, [...dropped, finished(STEP, 1e9)])).to.equal('fail: A → C → D (did not arrive)');
  });

  it('looks at a flow’s last ten traced packets', () => {
    const some = (number: number, routers: readonly string[], t: number) =>
      count(number).flatMap((index) => packet(t + index * MS, routers));
    const facts = [...some(5, ['A', 'B', 'D'], 0), ...some(10, ['A', 'C', 'D'], 5 * MS)];
    expect(said({ ...claim, flow: 'video', plane: 'real' }, facts)).to.match(/^pass/);
    expect(said({ ...claim, flow: 'video', plane: 'real' }, facts.slice(0, -3))).to.match(/^fail/);
    expect(said({ ...claim, flow: 'video' }, facts)).to.equal(
      'error: no packet was traced at the end of the step (video in shadow)',
    );
  });

  it('leaves packets under way out while the step goes on', () => {
    const underWay = packet(20 * MS, ['A'], { flow: PROBE, plane: 'shadow', to: 'C' });
    const facts = [...probed(10, ['A', 'C', 'D']), ...underWay];
    expect(said(claim, facts)).to.match(/^pass/);
    expect(said(claim, [...facts, finished(STEP, 5e9)])).to.match(/^fail/);
  });

  it('is not told from packets of which postcards are missing', () => {
    const gap = probed(10, ['A', 'C', 'D']).filter((fact) => fact.fact === 'postcard' && fact.router !== 'C');
    expect(said(claim, gap)).to.match(/^error: no packet was traced/);
  });
});

describe('path unchanged', () => {
  const claim: Expectation = { kind: 'path-unchanged', flow: 'video', plane: 'real' };
  const failed: Fact = { t: 50 * MS, fact: 'failed', step: STEP, plane: 'shadow', target: 'link A-B' };
  /** Step 1 until 40 ms, with one packet; then the disturbance, and one more packet. */
  const compared = (now: readonly Fact[], disturbance: Fact = failed): string => {
    const view = viewOf([
      runStarted(),
      started(1, 0),
      ...packet(0, ['A', 'B', 'D']),
      started(STEP, 40 * MS),
      disturbance,
      ...now,
      finished(STEP, 1e9),
    ]);
    const { verdict, seen } = judge(claim, STEP, view);
    return `${verdict}: ${seen}`;
  };

  it('compares with the way before the run’s first failure, change or commit', () => {
    expect(compared(packet(60 * MS, ['A', 'B', 'D']))).to.equal('pass: 1 path unchanged');
    expect(compared(packet(60 * MS, ['A', 'C', 'D']))).to.equal(
      'fail: 1 path changed: video in real: was A → B → D; now A → C → D',
    );
  });

  it('does not hold where packets are lost on the old way', () => {
    const dropped = { reason: 'acl-out', out: 'to-bob' } as const;
    expect(compared(packet(60 * MS, ['A', 'B', 'D'], { dropped }))).to.match(/^fail/);
  });

  it('is an error where nothing was traced before', () => {
    const early: Fact = { ...failed, t: 0 };
    expect(compared(packet(60 * MS, ['A', 'B', 'D']), early)).to.match(/^error: no packet was traced both/);
  });

  it('compares a probe with the flow between the same hosts in the same plane', () => {
    const view = viewOf([
      runStarted(),
      started(1, 0),
      ...packet(0, ['A', 'B', 'D'], { plane: 'shadow' }),
      started(STEP, 40 * MS),
      failed,
      ...probed(3, ['A', 'C', 'D'], 60 * MS),
    ]);
    expect(judge({ kind: 'path-unchanged' }, STEP, view).seen).to.equal(
      '1 path changed: probe alice to bob in shadow: was A → B → D; now A → C → D',
    );
  });
});

describe('recovered', () => {
  const claim: Expectation = { kind: 'recovered', withinNs: 3 * MS };

  it('counts from the disturbance to the first packet sent after the last lost one', () => {
    expect(said(claim, [probe(STEP, [1, null, null, 1, 1], { sinceNs: 0 })])).to.equal(
      'pass: recovered after 3 ms, 2 packets lost',
    );
    expect(said(claim, [probe(STEP, [1, null, 1, null, 1], { sinceNs: 0 })])).to.equal(
      'fail: recovered after 4 ms, 2 packets lost',
    );
  });

  it('is 0 where nothing was lost', () => {
    expect(said(claim, [probe(STEP, [1, 1])])).to.equal('pass: no packet was lost');
  });

  it('is 0 where only packets sent before the disturbance were lost', () => {
    const inFlight = probe(STEP, [1, null, 1, 1], { sinceNs: 3 * MS, sentNs: [0, MS, 2 * MS, 3 * MS] });
    expect(said(claim, [inFlight])).to.equal('pass: 1 packet lost, none sent after the disturbance');
  });

  it('does not hold where the last packet is lost', () => {
    expect(said({ ...claim, withinNs: 1e12 }, [probe(STEP, [1, 1, null])])).to.match(/^fail: not recovered/);
  });

  it('is an error where nothing was sent since', () => {
    const before = probe(STEP, [1, 1], { sinceNs: 9 * MS, sentNs: [0, MS] });
    expect(said(claim, [before])).to.equal('error: no packet was sent after the disturbance');
  });
});

describe('reachable and unreachable', () => {
  const mostly = [...count(90).map(() => null), ...arrivals(10)];

  it('look at the last tenth of the probe, at least one packet', () => {
    expect(said({ kind: 'reachable' }, [probe(STEP, mostly)])).to.equal(
      'pass: 10 of the last 10 packets arrived',
    );
    expect(said({ kind: 'unreachable' }, [probe(STEP, mostly)])).to.match(/^fail/);
    expect(said({ kind: 'unreachable' }, [probe(STEP, mostly.toReversed())])).to.match(
      /^pass: 0 of the last 10/,
    );
    expect(said({ kind: 'unreachable' }, [probe(STEP, [1, null])])).to.match(/^pass: 0 of the last 1 packet/);
  });

  it('look at the last probe where it was tried again', () => {
    const tries = [probe(STEP, [null]), probe(STEP, [1], { probe: 2 })];
    expect(said({ kind: 'reachable' }, tries)).to.match(/^pass/);
  });

  it('are both false where some arrive', () => {
    const half = count(20).map((index) => (index % 2 === 0 ? 1 : null));
    expect(said({ kind: 'reachable' }, [probe(STEP, half)])).to.match(/^fail: 1 of the last 2/);
    expect(said({ kind: 'unreachable' }, [probe(STEP, half)])).to.match(/^fail: 1 of the last 2/);
  });
});

describe('delay and throughput', () => {
  it('hold a probe’s delays against the limit', () => {
    const delays = count(100).map((index) => (index + 1) * MS);
    const facts = [probe(STEP, [...delays, null])];
    const claim = (statistic: 'min' | 'mean' | 'p99' | 'max', value: number): Expectation => ({
      kind: 'delay',
      statistic,
      limitNs: { op: '<=', value },
    });
    expect(said(claim('p99', 99 * MS), facts)).to.equal('pass: p99 delay 99 ms (min 1 ms, max 100 ms)');
    expect(said(claim('max', 99 * MS), facts)).to.match(/^fail: max delay 100 ms/);
    expect(said(claim('mean', 50.5 * MS), facts)).to.match(/^pass/);
    expect(said(claim('min', MS - 1), facts)).to.match(/^fail/);
  });

  it('weigh the mean of flows by their packets', () => {
    const facts = [
      flowWindow(STEP, 'real', { received: 1, delayNs: { min: 0, mean: 100, p99: 100, max: 100 } }),
      flowWindow(STEP, 'shadow', { received: 3, delayNs: { min: 0, mean: 20, p99: 20, max: 20 } }),
    ];
    const claim: Expectation = {
      kind: 'delay',
      statistic: 'mean',
      flow: 'video',
      limitNs: { op: '==', value: 40 },
    };
    expect(said(claim, facts)).to.match(/^pass/);
  });

  it('hold each plane’s throughput against the limit by itself', () => {
    const facts = [flowWindow(STEP, 'real'), flowWindow(STEP, 'shadow', { bytes: 62_500 })];
    const claim: Expectation = { kind: 'throughput', flow: 'video', limitBps: { op: '>=', value: 900_000 } };
    expect(said(claim, facts)).to.equal('fail: 1 Mbps in real, 500 kbps in shadow');
    expect(said({ ...claim, plane: 'real' }, facts)).to.equal('pass: 1 Mbps in real');
  });

  it('a flow of which nothing arrived has a throughput of 0, and no delay', () => {
    const delayNs = { min: null, mean: null, p99: null, max: null };
    const facts = [flowWindow(STEP, 'real', { received: 0, bytes: 0, delayNs })];
    const scope = { flow: 'video', plane: 'real' } as const;
    expect(said({ kind: 'throughput', limitBps: { op: '>', value: 0 }, ...scope }, facts)).to.equal(
      'fail: 0 bps in real',
    );
    const delay: Expectation = {
      kind: 'delay',
      statistic: 'max',
      limitNs: { op: '<', value: 1e9 },
      ...scope,
    };
    expect(said(delay, facts)).to.match(/^error/);
  });
});

describe('fib equal', () => {
  const claim: Expectation = {
    kind: 'fib-equal',
    plane: 'real',
    ofPlane: 'shadow',
    atStep: 1,
    routers: ['A', 'B', 'C', 'D'],
  };

  it('takes the latest FIB recorded until then', () => {
    const facts = [...fibs(0, 'shadow', LONG), ...fibs(0, 'real', SHORT), ...fibs(STEP, 'real', LONG)];
    expect(said(claim, facts)).to.equal('pass: equal on 4 routers');
    expect(said({ ...claim, ofPlane: 'real' }, facts)).to.equal(
      'fail: 2 routes differ on 2 routers: A and B',
    );
  });

  it('is an error where a router’s FIB is not recorded', () => {
    const facts = [...fibs(0, 'shadow', LONG), ...fibs(0, 'real', { A: 'C' })];
    expect(said(claim, facts)).to.equal('error: no FIB is recorded of B, C and D');
  });
});

describe('committed and aborted', () => {
  const commit = (outcome: 'committed' | 'aborted', reason?: string): Fact => ({
    t: 1,
    fact: 'commit',
    step: STEP,
    kind: 'commit',
    outcome,
    oldTag: 1,
    newTag: 2,
    startedNs: 0,
    phases: [],
    ...(reason === undefined ? {} : { reason }),
  });

  it('say what became of the commit, and why', () => {
    expect(said({ kind: 'committed' }, [commit('committed')])).to.equal('pass: commit committed');
    expect(said({ kind: 'committed' }, [commit('aborted', 'B did not answer')])).to.equal(
      'fail: commit aborted: B did not answer',
    );
    expect(said({ kind: 'aborted' }, [commit('aborted')])).to.match(/^pass/);
  });
});
