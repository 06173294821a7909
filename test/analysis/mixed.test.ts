import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Fact } from '../../src/analysis/facts.ts';
import { judge } from '../../src/analysis/judge.ts';
import { viewOf } from '../../src/analysis/view.ts';
import {
  fibs,
  finished,
  LONG,
  MS,
  type PacketSettings,
  packet,
  runStarted,
  SHORT,
  started,
  VIDEO,
} from './run-builder.ts';

const mixed = (facts: readonly Fact[], step = 2, plane: 'real' | 'shadow' = 'real') => {
  const claim = { kind: 'mixed', plane, flow: 'video', count: { op: '==', value: 0 } } as const;
  const { verdict, seen } = judge(claim, step, viewOf([runStarted(), ...facts]));
  return { verdict, seen };
};

const commit = (t: number, outcome: 'committed' | 'aborted' = 'committed'): Fact => ({
  t,
  fact: 'commit',
  step: 2,
  kind: 'commit',
  outcome,
  oldTag: 1,
  newTag: 2,
  startedNs: 100 * MS,
  phases: [],
});

const changed = (router: string, t: number): Fact => ({
  t,
  fact: 'config-changed',
  step: 2,
  router,
  plane: 'real',
  tag: 3,
  config: '',
  diff: '',
});

/** A step 2 from 100 to 200 ms, in which routes go from the short way to the long one. */
const change = (...packets: readonly (readonly Fact[])[]): readonly Fact[] => [
  ...fibs(0, 'real', SHORT),
  started(1, 0),
  finished(1, 100 * MS),
  started(2, 100 * MS),
  changed('A', 110 * MS),
  ...packets.flat(),
  ...fibs(2, 'real', LONG),
  finished(2, 200 * MS),
];

const at = (routers: readonly string[], settings: PacketSettings = {}) => packet(150 * MS, routers, settings);

describe('mixed packets, told by tags', () => {
  const quiet = (...packets: readonly (readonly Fact[])[]): readonly Fact[] => [
    started(2, 100 * MS),
    ...packets.flat(),
    finished(2, 200 * MS),
  ];

  it('carry more than one', () => {
    expect(mixed(quiet(at(['A', 'B', 'D'], { tags: [1, 1, 2] }))).seen).to.equal(
      '1 of 1 traced packet mixed',
    );
    expect(mixed(quiet(at(['A', 'B', 'D'], { tags: 1 }))).verdict).to.equal('pass');
  });

  it('carry, in a step with a commit, both of its tags', () => {
    const before = at(['A', 'B', 'D'], { tags: [1, 1, 1], sequence: 1 });
    const after = at(['A', 'C', 'D'], { tags: [2, 2, 2], sequence: 2 });
    const torn = at(['A', 'B', 'D'], { tags: [1, 2, 2], sequence: 3 });
    const renamed = at(['A', 'B', 'D'], { tags: [7, 1, 1], sequence: 4 });
    expect(mixed([...quiet(before, after, renamed), commit(190 * MS)]).verdict).to.equal('pass');
    expect(mixed([...quiet(before, after, torn), commit(190 * MS)]).seen).to.equal(
      '1 of 3 traced packets mixed',
    );
  });

  it('are not told apart by tags once the plane was changed directly, until a commit makes tags uniform', () => {
    const torn = at(['A', 'B', 'D'], { tags: [3, 1, 1] });
    expect(mixed([started(2, 100 * MS), changed('A', 110 * MS), ...torn]).verdict).to.equal('pass');
    const later = packet(250 * MS, ['A', 'B', 'D'], { tags: [3, 1, 1] });
    const committed = [
      started(2, 100 * MS),
      changed('A', 110 * MS),
      commit(200 * MS),
      started(3, 210 * MS),
      ...later,
    ];
    expect(mixed(committed, 3).verdict).to.equal('fail');
  });
});

describe('mixed packets, told by what routers did', () => {
  it('are those whose hops agree wholly neither with the FIBs before the step nor with those after it', () => {
    const old = at(['A', 'B', 'D'], { sequence: 1 });
    const fresh = at(['A', 'C', 'D'], { sequence: 2 });
    expect(mixed(change(old, fresh)).verdict).to.equal('pass');
    const torn = at(['A', 'B', 'A', 'C', 'D'], { sequence: 3 });
    expect(mixed(change(old, fresh, torn)).seen).to.equal('1 of 3 traced packets mixed');
  });

  it('may have been dropped: no route where both FIBs have one agrees with neither', () => {
    expect(mixed(change(at(['A', 'B'], { dropped: { reason: 'no-route' } }))).verdict).to.equal('fail');
    expect(mixed(change(at(['A', 'B'], { dropped: { reason: 'ttl' } }))).verdict).to.equal('pass');
    expect(mixed(change(at(['A', 'B'], { dropped: { reason: 'failed', out: 'to-D' } }))).verdict).to.equal(
      'pass',
    );
  });

  it('are not looked for in a step that changes nothing in their plane', () => {
    const calm = [
      ...fibs(0, 'real', SHORT),
      started(1, 0),
      finished(1, 100 * MS),
      started(2, 100 * MS),
      ...at(['A', 'C', 'D']),
      finished(2, 200 * MS),
    ];
    expect(mixed(calm).verdict).to.equal('pass');
    const shadowFailed: Fact = { t: 110 * MS, fact: 'failed', step: 2, plane: 'shadow', target: 'link A-B' };
    expect(mixed([...calm, shadowFailed]).verdict).to.equal('pass');
    const bothFailed: Fact = { t: 110 * MS, fact: 'failed', step: 2, plane: 'both', target: 'link A-B' };
    expect(mixed([...calm, bothFailed]).verdict).to.equal('fail');
  });

  it('are not told where no FIB of a router is recorded', () => {
    const unknown = change(at(['A', 'B', 'A', 'C', 'D'])).filter((fact) => fact.fact !== 'fib');
    expect(mixed(unknown).verdict).to.equal('pass');
  });

  it('may be under way when the step begins', () => {
    const across = packet(99 * MS, ['A', 'B', 'A', 'C', 'D']);
    expect(mixed(change(across), 1).verdict).to.equal('fail');
  });

  it('are not judged by FIBs while the step goes on: those of its end are not known', () => {
    const live = change(at(['A', 'B', 'A', 'C', 'D'])).filter(
      (fact) => fact.fact !== 'step-finished' && !(fact.fact === 'fib' && fact.step === 2),
    );
    expect(mixed(live).verdict).to.equal('pass');
  });
});

describe('the claim that no packet was mixed', () => {
  it('is an error where nothing was traced', () => {
    expect(mixed([started(2, 0)])).to.deep.equal({ verdict: 'error', seen: 'no packet was traced' });
  });

  it('knows nothing of packets sent to a router that then kept silent, also where they were looked at before', () => {
    const view = viewOf([runStarted(), started(2, 0), ...packet(5 * MS, ['A'], { to: 'B' })]);
    const [trace] = view.allPackets(VIDEO, 'real');
    if (trace === undefined) return expect.fail('no packet');
    expect(view.path(trace).lost?.reason).to.equal('wire');
    view.add({ t: 50 * MS, fact: 'silent', router: 'B' });
    expect(view.path(trace)).to.include({ complete: false, arrived: false });
    expect(view.path(trace).lost).to.equal(undefined);
  });

  it('is an error where what is not known could turn it', () => {
    const gap = (sequence: number) =>
      at(['A', 'B', 'D'], { sequence }).filter(({ router }) => router !== 'B');
    expect(mixed([started(2, 0), ...gap(1)]).verdict).to.equal('error');
    expect(mixed([started(2, 0), ...gap(1), ...at(['A', 'B', 'D'], { sequence: 2 })])).to.deep.equal({
      verdict: 'error',
      seen: 'postcards are missing of 1 of 2 traced packets; 0 mixed among the others',
    });
  });
});
