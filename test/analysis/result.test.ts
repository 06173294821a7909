import { readFileSync } from 'node:fs';
import { Ajv2020, type SchemaObject } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Fact } from '../../src/analysis/facts.ts';
import type { Result } from '../../src/analysis/result.ts';
import { formatResult, makeResult } from '../../src/analysis/result-of.ts';
import {
  finished,
  flow,
  flowWindow,
  MS,
  PROBE,
  packet,
  probe,
  runFinished,
  runStarted,
  started,
} from './run-builder.ts';

const schema: SchemaObject = JSON.parse(
  readFileSync(new URL('../../schemas/result.schema.json', import.meta.url), 'utf8'),
);
const isValid = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

function valid(result: Result): Result {
  const json: unknown = JSON.parse(formatResult(result));
  expect(isValid(json), JSON.stringify(isValid.errors)).to.equal(true);
  return result;
}

const lostNone = { kind: 'lost', count: { op: '==', value: 0 } } as const;
const claims = {
  1: [lostNone],
  2: [lostNone, { kind: 'reachable' } as const],
  3: [{ kind: 'committed' } as const],
};

const commit: Fact = {
  t: 290 * MS,
  fact: 'commit',
  step: 3,
  kind: 'commit',
  outcome: 'committed',
  oldTag: 1,
  newTag: 2,
  startedNs: 210 * MS,
  phases: [
    { phase: 'prepare', fromNs: 210 * MS, toNs: 230 * MS },
    { phase: 'drain', fromNs: 230 * MS, toNs: 240 * MS },
  ],
  reason: 'B did not confirm unmark; it goes on marking its packets',
};

const confirmed = (router: string): Fact => ({
  t: 220 * MS,
  fact: 'commit-progress',
  step: 3,
  kind: 'commit',
  phase: 'prepare',
  router,
  sentNs: 210 * MS,
  outcome: 'confirmed',
});

/** A run of three steps with something of everything: loss in the second, a commit in the third. */
const whole: readonly Fact[] = [
  runStarted({ claims }),
  started(1, 0),
  flowWindow(1, 'real'),
  ...packet(MS, ['A', 'B', 'D']),
  finished(1, 100 * MS),
  started(2, 100 * MS),
  ...packet(101 * MS, ['A', 'B', 'D'], { flow: PROBE, plane: 'shadow' }),
  ...packet(102 * MS, ['A', 'B'], { flow: PROBE, plane: 'shadow', dropped: { reason: 'no-route' } }),
  probe(2, [2 * MS, null], { sinceNs: 100 * MS }),
  finished(2, 200 * MS),
  started(3, 200 * MS),
  ...['A', 'B', 'A'].map(confirmed),
  commit,
  finished(3, 300 * MS),
  runFinished(2e9),
];

describe('a result', () => {
  const result = valid(makeResult(whole));

  it('has a verdict for the run, each step and each expectation', () => {
    expect(result.verdict).to.equal('fail');
    expect(result.steps.map((step) => step.verdict)).to.deep.equal(['pass', 'fail', 'pass']);
    expect(
      result.steps.flatMap((step) => step.expectations.map(({ id, verdict }) => `${id} ${verdict}`)),
    ).to.deep.equal(['1.1 pass', '2.1 fail', '2.2 fail', '3.1 pass']);
    expect(result.counts).to.deep.equal({ passed: 2, failed: 2, errors: 0, skipped: 0 });
    expect(result.durationNs).to.equal(2e9);
  });

  it('sums up probes, traffic and commit of each step', () => {
    const [first, second, third] = result.steps;
    expect(first?.traffic).to.deep.equal([
      { plane: 'real', sent: 100, received: 100, lost: 0, traced: 1, mixed: 0, looped: 0 },
    ]);
    expect(second?.traffic).to.deep.equal([
      { plane: 'shadow', sent: 2, received: 1, lost: 1, traced: 2, mixed: 0, looped: 0 },
    ]);
    expect(second?.probes).to.deep.equal([
      {
        from: 'alice',
        to: 'bob',
        plane: 'shadow',
        sent: 2,
        received: 1,
        recoveredNs: null,
        delayNs: { min: 2 * MS, mean: 2 * MS, max: 2 * MS },
        paths: [
          { routers: ['A', 'B', 'D'], arrived: true, packets: 1 },
          { routers: ['A', 'B'], arrived: false, packets: 1 },
        ],
      },
    ]);
    expect(third?.commit).to.deep.equal({
      kind: 'commit',
      outcome: 'committed',
      reason: 'B did not confirm unmark; it goes on marking its packets',
      durationNs: 80 * MS,
      phases: [
        { phase: 'prepare', durationNs: 20 * MS, routers: 2 },
        { phase: 'drain', durationNs: 10 * MS, routers: 0 },
      ],
    });
  });

  it('is the same, byte for byte, for the same facts, also after they were written and read', () => {
    const again: readonly Fact[] = whole.map((fact) => JSON.parse(JSON.stringify(fact)));
    expect(formatResult(makeResult(again))).to.equal(formatResult(result));
  });

  it('does not change when facts are recorded twice', () => {
    const postcards = whole.filter((fact) => fact.fact === 'postcard');
    const probes = whole.filter((fact) => fact.fact === 'probe');
    const twice = [...whole.slice(0, -1), ...postcards, ...probes, ...whole.slice(-1)];
    expect(formatResult(makeResult(twice))).to.equal(formatResult(result));
  });
});

describe('a run that did not reach its end', () => {
  it('has the verdict error, and skips what was not reached', () => {
    const cut = [
      ...whole.slice(0, whole.indexOf(commit)),
      { t: 250 * MS, fact: 'run-finished', ended: 'interrupted' } as const,
    ];
    const result = valid(makeResult(cut));
    expect([result.verdict, result.ended]).to.deep.equal(['error', 'interrupted']);
    expect(result.steps[2]?.verdict).to.equal('error');
    expect(result.steps[2]?.error).to.equal('the run ended before this step did');
    expect(result.steps[2]?.expectations[0]?.verdict).to.equal('skipped');
    expect(result.counts).to.deep.equal({ passed: 1, failed: 2, errors: 1, skipped: 1 });
  });

  it('says so where its record breaks off', () => {
    const result = valid(makeResult(whole.slice(0, 4)));
    expect([result.verdict, result.ended]).to.deep.equal(['error', 'error']);
    expect(result.error).to.equal('the record of the run breaks off before its end');
  });

  it('is an error where a step could not be done, whose claims are then not judged', () => {
    const failed = whole.map((fact) =>
      fact.fact === 'step-finished' && fact.step === 1
        ? { ...fact, error: 'did not converge within 60 s' }
        : fact,
    );
    const result = valid(makeResult(failed));
    expect(result.verdict).to.equal('error');
    expect(result.steps[0]).to.include({ verdict: 'error', error: 'did not converge within 60 s' });
    expect(result.steps[0]?.expectations[0]).to.include({
      verdict: 'skipped',
      seen: 'not judged: the step could not be done',
    });
  });

  it('is an error where no step was run at all', () => {
    const result = valid(makeResult([runStarted({ claims }), runFinished(1)]));
    expect([result.verdict, result.error]).to.deep.equal(['error', 'no step was run']);
    expect(result.counts.skipped).to.equal(4);
  });

  it('leaves no result where there is no run', () => {
    expect(() => makeResult([])).to.throw('the facts of a run begin with run-started');
    expect(() => makeResult(whole.slice(1))).to.throw('the facts of a run begin with run-started');
    expect(() => makeResult([...whole, ...whole])).to.throw('there are two run-started facts');
  });

  it('passes over steps that --only left out', () => {
    const only = whole.filter((fact) => !('step' in fact) || fact.step !== 2);
    const result = valid(makeResult(only));
    expect(result.steps.map((step) => step.verdict)).to.deep.equal(['pass', 'skipped', 'pass']);
    expect(result.verdict).to.equal('pass');
  });
});

describe('names of every kind', () => {
  for (const name of [
    '<img src=x onerror=alert(1)>',
    'a b',
    '__proto__',
    'real 1',
    '"\\',
    'probe 9',
    '日本',
  ]) {
    it(`are kept as they are: ${name}`, () => {
      const odd: readonly Fact[] = JSON.parse(JSON.stringify(whole).replaceAll('"B"', JSON.stringify(name)));
      const result = valid(makeResult(odd));
      expect(result.steps[1]?.probes[0]?.paths[0]?.routers).to.deep.equal(['A', name, 'D']);
      expect(result.steps[1]?.expectations[0]?.hints[0]?.router).to.equal(name);
    });
  }

  it('a flow may be called as a plane or a constructor', () => {
    const flows = [flow(1, 'constructor', ['real']), flow(2, 'shadow', ['real'])];
    const facts: readonly Fact[] = [
      runStarted({
        flows,
        claims: {
          1: [
            { ...lostNone, flow: 'constructor' },
            { ...lostNone, flow: 'toString' },
          ],
        },
      }),
      started(1, 0),
      flowWindow(1, 'real'),
      finished(1, 1),
      runFinished(1),
    ];
    const [step] = valid(makeResult(facts)).steps;
    expect(step?.expectations.map(({ verdict }) => verdict)).to.deep.equal(['pass', 'error']);
  });
});

describe('the schema of results', () => {
  /** Every key that result.ts knows, set. The compiler refuses a key that is missing here, or is not there. */
  type Filled<T> = T extends readonly (infer Item)[]
    ? readonly Filled<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]-?: Filled<T[Key]> }
      : T;

  const place = { file: 'a.yaml', line: 1, column: 1 };
  const filled: Filled<Result> = {
    schema: 'shadowlab/result/1',
    version: '0.1.0',
    experiment: 'a',
    description: '',
    file: 'a.yaml',
    seed: 1,
    backend: 'embedded',
    verdict: 'error',
    ended: 'interrupted',
    error: 'no',
    durationNs: 1,
    counts: { passed: 0, failed: 0, errors: 0, skipped: 0 },
    notices: ['no'],
    steps: [
      {
        number: 1,
        name: 'one',
        actions: ['fail'],
        place,
        verdict: 'skipped',
        error: 'no',
        fromNs: 0,
        toNs: 1,
        expectations: [
          {
            id: '1.1',
            verdict: 'skipped',
            expected: 'lost: 0',
            seen: '',
            place,
            hints: [
              { text: 'look', router: 'A', config: { file: 'A.real.conf', line: 1, text: 'hostname A' } },
            ],
          },
        ],
        probes: [
          {
            from: 'a',
            to: 'b',
            plane: 'real',
            sent: 1,
            received: 1,
            recoveredNs: null,
            delayNs: { min: 1, mean: 1, max: 1 },
            paths: [{ routers: ['A'], packets: 1, arrived: true }],
          },
        ],
        ping: {
          from: 'a',
          to: 'b',
          plane: 'real',
          sent: 1,
          answered: 1,
          roundTripNs: { min: 1, mean: 1, p99: 1, max: 1 },
        },
        command: {
          host: 'a',
          run: 'ls',
          background: false,
          end: 'itself',
          code: null,
          signal: 'SIGKILL',
          durationNs: 1,
          stdout: '',
          stderr: '',
          isTruncated: false,
        },
        iperf: {
          from: 'a',
          to: 'b',
          plane: 'shadow',
          protocol: 'udp',
          parallel: 1,
          throughputBps: 1,
          retransmits: 0,
          jitterNs: 1,
          sentPackets: 1,
          lostPackets: 0,
          error: 'no',
        },
        traffic: [{ plane: 'shadow', sent: 1, received: 1, lost: 0, traced: 0, mixed: 0, looped: 0 }],
        exits: [{ flow: 'a', plane: 'real', to: '198.51.100.7', sent: 1, by: [{ exit: 'b', packets: 1 }] }],
        streams: [
          {
            flow: 'video',
            plane: 'shadow',
            startupNs: null,
            stalls: 0,
            stalledNs: 0,
            videoBps: 1,
            throughputBps: 1,
          },
        ],
        transfers: [
          {
            flow: 'backup',
            plane: 'real',
            finishedNs: null,
            throughputBps: 1,
            segments: 2,
            retransmittedSegments: 1,
            timeouts: 0,
            roundTripNs: { min: 1, mean: 1, p99: 1, max: 1 },
          },
        ],
        commit: {
          kind: 'rollback',
          outcome: 'aborted',
          reason: 'no',
          durationNs: 1,
          phases: [{ phase: 'drain', durationNs: 1, routers: 0 }],
        },
      },
    ],
  };

  const OPTIONAL = [
    'ended',
    'notices',
    'error',
    'fromNs',
    'toNs',
    'ping',
    'command',
    'iperf',
    'signal',
    'retransmits',
    'jitterNs',
    'sentPackets',
    'lostPackets',
    'exits',
    'streams',
    'transfers',
    'commit',
    'reason',
    'router',
    'config',
  ];

  /** Every object in a value, with its path. */
  function objectsIn(value: unknown): readonly Record<string, unknown>[] {
    if (typeof value !== 'object' || value === null) return [];
    const inner = Object.values(value).flatMap(objectsIn);
    return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner];
  }

  it('knows every key that the types know', () => {
    expect(isValid(filled), JSON.stringify(isValid.errors)).to.equal(true);
  });

  it('refuses every other key, wherever it stands', () => {
    const count = objectsIn(filled).length;
    expect(count).to.be.greaterThan(12);
    for (let index = 0; index < count; index++) {
      const copy: unknown = structuredClone(filled);
      const target = objectsIn(copy)[index] ?? {};
      target.unknown = 1;
      expect(isValid(copy), `object ${index} takes an unknown key`).to.equal(false);
    }
  });

  it('misses every key that is not optional', () => {
    objectsIn(filled).forEach((object, index) => {
      for (const key of Object.keys(object)) {
        const copy: unknown = structuredClone(filled);
        delete objectsIn(copy)[index]?.[key];
        expect(isValid(copy), `object ${index} without ${key}`).to.equal(OPTIONAL.includes(key));
      }
    });
  });
});
