/**
 * Runs that never ran: recorded facts and results as the runner would leave them, on the Abilene backbone with its
 * real metrics (jrayzhang6/CFR-RL, `data/Abilene`). Routes and paths are computed, so that what the reports show
 * holds together. Three of them: one that passes, one that fails, one that was interrupted; and hostile names.
 */
import type { Fact, FlowBins, LinkFact, NodeFact, StepFact } from '../../../src/analysis/facts.ts';
import type { ExpectationResult, ProbeSummary, Result, StepResult } from '../../../src/analysis/result.ts';
import type { Plane } from '../../../src/net/wire.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import type { FibEntry } from '../../../src/world/observation.ts';

export interface Sample {
  readonly facts: readonly Fact[];
  readonly result: Result;
}

const ROUTERS: readonly (readonly [string, string, number, number])[] = [
  ['ATLA', 'atlanta', -84.3833, 33.75],
  ['ATLM', 'atlanta-m5', -85.5, 34.5],
  ['CHIN', 'chicago', -87.6167, 41.8333],
  ['DNVR', 'denver', -105, 40.75],
  ['HSTN', 'houston', -95.517364, 29.770031],
  ['IPLS', 'indianapolis', -86.159535, 39.780622],
  ['KSCY', 'kansascity', -96.596704, 38.961694],
  ['LOSA', 'losangeles', -118.25, 34.05],
  ['NYCM', 'newyork', -73.9667, 40.7833],
  ['SNVA', 'sunnyvale', -122.02553, 37.38575],
  ['STTL', 'seattle', -122.3, 47.6],
  ['WASH', 'washington', -77.026842, 38.897303],
];

type Edge = readonly [string, string, number];
const EDGES: readonly Edge[] = [
  ['ATLA', 'ATLM', 1],
  ['ATLA', 'HSTN', 1176],
  ['ATLA', 'IPLS', 587],
  ['ATLA', 'WASH', 846],
  ['CHIN', 'IPLS', 260],
  ['CHIN', 'NYCM', 700],
  ['DNVR', 'KSCY', 639],
  ['DNVR', 'SNVA', 1295],
  ['DNVR', 'STTL', 2095],
  ['HSTN', 'KSCY', 902],
  ['HSTN', 'LOSA', 1893],
  ['IPLS', 'KSCY', 548],
  ['LOSA', 'SNVA', 366],
  ['NYCM', 'WASH', 233],
  ['SNVA', 'STTL', 861],
];

const SHADOW_EDGES: readonly Edge[] = EDGES.map(([a, b, metric]) => [
  a,
  b,
  a === 'DNVR' && b === 'KSCY' ? 5000 : metric,
]);
const without = (edges: readonly Edge[], a: string, b: string): readonly Edge[] =>
  edges.filter((edge) => edge[0] !== a || edge[1] !== b);

/** Shortest path by repeated relaxation; twelve routers ask for nothing better. */
function pathOf(edges: readonly Edge[], from: string, to: string): readonly string[] {
  const best = new Map<string, { readonly cost: number; readonly path: readonly string[] }>();
  best.set(from, { cost: 0, path: [from] });
  for (let round = 0; round < ROUTERS.length; round++) {
    for (const [a, b, metric] of edges) {
      for (const [near, far] of [
        [a, b],
        [b, a],
      ] as const) {
        const known = best.get(near);
        if (known === undefined) continue;
        const cost = known.cost + metric;
        if (cost < (best.get(far)?.cost ?? Number.POSITIVE_INFINITY)) {
          best.set(far, { cost, path: [...known.path, far] });
        }
      }
    }
  }
  return best.get(to)?.path ?? [];
}

const loopback = (router: string): string => `10.0.0.${ROUTERS.findIndex(([name]) => name === router) + 1}`;

function fibOf(edges: readonly Edge[], router: string): readonly FibEntry[] {
  return ROUTERS.map(([name], index): FibEntry => {
    if (name === router) return { prefix: `${loopback(name)}/32`, nextHops: [{ kind: 'local' }] };
    const next = pathOf(edges, router, name)[1];
    return {
      prefix: `10.64.${index}.0/24`,
      nextHops: next === undefined ? [] : [{ kind: 'gateway', port: `to-${next}`, gateway: loopback(next) }],
    };
  });
}

const fibFacts = (t: number, step: number, plane: Plane, edges: readonly Edge[]): readonly Fact[] =>
  ROUTERS.map(([router]) => ({ t, fact: 'fib', step, router, plane, entries: fibOf(edges, router) }));

const nodes: readonly NodeFact[] = [
  ...ROUTERS.map(
    ([name, , x, y]): NodeFact => ({ name, kind: 'router', address: loopback(name), position: { x, y } }),
  ),
  ...ROUTERS.map(([, name], i): NodeFact => ({ name, kind: 'host', address: `10.64.${i}.10` })),
];

const links: readonly LinkFact[] = [
  ...EDGES.map(
    ([a, b], i): LinkFact => ({
      name: `${a}-${b}`,
      ends: [
        { node: a, port: `to-${b}`, address: `10.1.0.${2 * i}` },
        { node: b, port: `to-${a}`, address: `10.1.0.${2 * i + 1}` },
      ],
      rateBps: 9.92e9,
      delayNs: 5 * MILLISECOND,
    }),
  ),
  ...ROUTERS.map(
    ([router, host], i): LinkFact => ({
      name: `${router}-${host}`,
      ends: [
        { node: router, port: `to-${host}`, address: `10.64.${i}.1` },
        { node: host, port: 'eth0', address: `10.64.${i}.10` },
      ],
      rateBps: 1e9,
      delayNs: 100_000,
    }),
  ),
];

const place = (line: number, column = 5): { file: string; line: number; column: number } => ({
  file: 'experiments/abilene-backup-path.yaml',
  line,
  column,
});

const FROM = 'seattle';
const TO = 'newyork';
const REAL_PATH = pathOf(EDGES, 'STTL', 'NYCM');
const SHADOW_PATH = pathOf(SHADOW_EDGES, 'STTL', 'NYCM');
const FAILED_PATH = pathOf(without(SHADOW_EDGES, 'ATLA', 'WASH'), 'STTL', 'NYCM');

const STEPS: readonly StepFact[] = [
  { number: 1, name: 'converge', actions: ['converge'], place: place(38), expectations: [] },
  {
    number: 2,
    name: 'both planes carry traffic',
    actions: ['probe', 'probe'],
    place: place(40),
    expectations: [
      { expectation: { kind: 'lost', count: { op: '==', value: 0 } }, text: 'lost: 0', place: place(44) },
    ],
  },
  {
    number: 3,
    name: 'the backup path carries shadow traffic',
    actions: ['fail', 'probe'],
    place: place(46),
    expectations: [
      {
        expectation: { kind: 'recovered', withinNs: 2 * SECOND },
        text: 'recovered within 2s',
        place: place(50, 9),
      },
      {
        expectation: { kind: 'path', routers: FAILED_PATH },
        text: `path: [${FAILED_PATH.join(', ')}]`,
        place: place(51, 9),
      },
    ],
  },
  {
    number: 4,
    name: 'and the real network noticed nothing',
    actions: [],
    place: place(53),
    expectations: [
      {
        expectation: { kind: 'lost', count: { op: '==', value: 0 }, plane: 'real', flow: 'video' },
        text: 'plane: real, flow: video, lost: 0',
        place: place(55, 9),
      },
      {
        expectation: { kind: 'path-unchanged', plane: 'real', flow: 'video' },
        text: 'plane: real, flow: video, path: unchanged',
        place: place(55, 9),
      },
    ],
  },
  { number: 5, name: 'restore link ATLA-WASH', actions: ['restore'], place: place(56), expectations: [] },
  {
    number: 6,
    name: 'commit',
    actions: ['commit'],
    place: place(57),
    expectations: [
      { expectation: { kind: 'committed' }, text: 'committed', place: place(59, 9) },
      { expectation: { kind: 'lost', count: { op: '==', value: 0 } }, text: 'lost: 0', place: place(59, 9) },
      {
        expectation: { kind: 'mixed', count: { op: '==', value: 0 } },
        text: 'mixed: 0',
        place: place(59, 9),
      },
    ],
  },
  {
    number: 7,
    name: 'rollback',
    actions: ['rollback'],
    place: place(60),
    expectations: [
      { expectation: { kind: 'lost', count: { op: '==', value: 0 } }, text: 'lost: 0', place: place(61, 9) },
    ],
  },
];

/** When each step began and ended, seconds. */
const TIMES: readonly (readonly [number, number])[] = [
  [0, 46],
  [46, 48],
  [48, 53],
  [53, 54],
  [54, 58],
  [58, 61],
  [61, 64],
];

function configText(router: string, plane: Plane): string {
  const edges = plane === 'real' ? EDGES : SHADOW_EDGES;
  const interfaces = edges
    .filter(([a, b]) => a === router || b === router)
    .map(([a, b, metric]) => `interface to-${a === router ? b : a}\n ip ospf cost ${metric}\n`);
  return `hostname ${router}\n!\n${interfaces.join('!\n')}!\nrouter ospf\n ospf router-id ${loopback(router)}\n network 10.0.0.0/8 area 0\n`;
}

const diffOf = (port: string): string => `  interface ${port}\n-  ip ospf cost 639\n+  ip ospf cost 5000\n`;

function bins(
  group: string,
  plane: Plane,
  fromS: number,
  packets: number,
  mark: (t: number) => number,
): FlowBins {
  const count = Math.floor((64 - fromS) * 10);
  const sent = Array.from({ length: count }, (_, i) => packets + ((i * 7 + packets) % 5) - 2);
  const received = sent.map((n, i) => Math.round(n * mark(fromS + i / 10)));
  return {
    t: 64 * SECOND,
    fact: 'bins',
    group,
    plane,
    fromNs: fromS * SECOND,
    binNs: 100 * MILLISECOND,
    sent,
    received,
    bytes: received.map((n) => n * 1200),
    delayNs: received.map((n, i) =>
      n === 0 ? null : (plane === 'real' ? 31 : 43) * MILLISECOND + ((i * 13) % 7) * 90_000,
    ),
  };
}

/** Postcards of `packets` packets of the video flow along a path, 50 ms apart. */
function postcards(
  plane: Plane,
  path: readonly string[],
  fromS: number,
  packets: number,
  tag: number,
): readonly Fact[] {
  return Array.from({ length: packets }, (_, packet) =>
    path.map((router, hop): Fact => {
      const timeNs = fromS * SECOND + packet * 50 * MILLISECOND + hop * 5 * MILLISECOND;
      const next = path[hop + 1];
      return {
        t: timeNs,
        fact: 'postcard',
        timeNs,
        router,
        flow: 20,
        sequence: fromS * 1000 + packet,
        plane,
        tag,
        in: hop === 0 ? `to-${FROM}` : `to-${path[hop - 1]}`,
        out: next === undefined ? `to-${TO}` : `to-${next}`,
        nextHop: next === undefined ? (addressOf(TO) ?? '') : loopback(next),
        verdict: 'forwarded',
      };
    }),
  ).flat();
}

const addressOf = (host: string): string | undefined => nodes.find((node) => node.name === host)?.address;

function commitFacts(kind: 'commit' | 'rollback', step: number, startS: number): readonly Fact[] {
  const startNs = startS * SECOND;
  const phases = ['prepare', 'mark', 'swap', 'unmark'] as const;
  const begins = { prepare: 0, mark: 62, swap: 130, unmark: 1200 } as const;
  const facts: Fact[] = [];
  for (const phase of phases) {
    for (const [i, [router]] of ROUTERS.entries()) {
      const sentNs = startNs + begins[phase] * MILLISECOND;
      facts.push({
        t: sentNs + (20 + ((i * 37 + phase.length * 11) % 40)) * MILLISECOND,
        fact: 'commit-progress',
        step,
        kind,
        phase,
        router,
        sentNs,
        outcome: 'confirmed',
      });
    }
  }
  const at = (ms: number): number => startNs + ms * MILLISECOND;
  facts.push({
    t: at(1260),
    fact: 'commit',
    step,
    kind,
    outcome: 'committed',
    oldTag: kind === 'commit' ? 1 : 2,
    newTag: kind === 'commit' ? 2 : 1,
    startedNs: startNs,
    phases: [
      { phase: 'prepare', fromNs: at(0), toNs: at(62) },
      { phase: 'mark', fromNs: at(62), toNs: at(130) },
      { phase: 'swap', fromNs: at(130), toNs: at(190) },
      { phase: 'drain', fromNs: at(190), toNs: at(1200) },
      { phase: 'unmark', fromNs: at(1200), toNs: at(1260) },
    ],
  });
  return facts;
}

function probe(
  plane: Plane,
  paths: ProbeSummary['paths'],
  lost: number,
  recoveredNs: number | null,
): ProbeSummary {
  return {
    from: FROM,
    to: TO,
    plane,
    sent: 1000,
    received: 1000 - lost,
    recoveredNs,
    delayNs: { min: 30.2 * MILLISECOND, mean: 31.7 * MILLISECOND, max: 44.1 * MILLISECOND },
    paths,
  };
}

const arrived = (routers: readonly string[], packets: number): ProbeSummary['paths'][number] => ({
  routers,
  packets,
  arrived: true,
});

const traffic = (step: number, lostInShadow: number): StepResult['traffic'] => [
  { plane: 'real', sent: 18_400 + step, received: 18_400 + step, lost: 0, traced: 920, mixed: 0, looped: 0 },
  {
    plane: 'shadow',
    sent: 1900,
    received: 1900 - lostInShadow,
    lost: lostInShadow,
    traced: 1900,
    mixed: 0,
    looped: 0,
  },
];

const SEEN: Readonly<Record<string, string>> = {
  '2.1': '0 of 2,000 packets lost',
  '3.1': 'recovered after 412 ms',
  '3.2': '612 of 612 traced packets took this path',
  '4.1': '0 of 500 packets lost',
  '4.2': FAILED_PATH.length > 0 ? `${REAL_PATH.join(' ')}, as before` : '',
  '6.1': 'committed in 1.26 s',
  '6.2': '0 of 20,306 packets lost',
  '6.3': '0 of 2,820 traced packets mixed',
  '7.1': '0 of 20,307 packets lost',
};

function stepResults(): readonly StepResult[] {
  return STEPS.map((step): StepResult => {
    const [from, to] = TIMES[step.number - 1] ?? [0, 0];
    const probes: readonly ProbeSummary[] =
      step.number === 2
        ? [
            probe('real', [arrived(REAL_PATH, 1000)], 0, 0),
            probe('shadow', [arrived(SHADOW_PATH, 1000)], 0, 0),
          ]
        : step.number === 3
          ? [
              probe(
                'shadow',
                [
                  { routers: SHADOW_PATH.slice(0, -2), packets: 388, arrived: false },
                  arrived(FAILED_PATH, 612),
                ],
                388,
                412 * MILLISECOND,
              ),
            ]
          : [];
    return {
      number: step.number,
      name: step.name,
      actions: step.actions,
      place: step.place,
      verdict: 'pass',
      fromNs: from * SECOND,
      toNs: to * SECOND,
      expectations: step.expectations.map((claim, i): ExpectationResult => {
        const id = `${step.number}.${i + 1}`;
        return {
          id,
          verdict: 'pass',
          expected: claim.text,
          seen: SEEN[id] ?? '',
          place: claim.place,
          hints: [],
        };
      }),
      probes,
      traffic: step.number === 1 ? [] : traffic(step.number, step.number === 3 ? 388 : 0),
      ...(step.number === 6 || step.number === 7
        ? {
            commit: {
              kind: step.number === 6 ? ('commit' as const) : ('rollback' as const),
              outcome: 'committed' as const,
              durationNs: 1260 * MILLISECOND,
              phases: [
                { phase: 'prepare' as const, durationNs: 62 * MILLISECOND, routers: 12 },
                { phase: 'mark' as const, durationNs: 68 * MILLISECOND, routers: 12 },
                { phase: 'swap' as const, durationNs: 60 * MILLISECOND, routers: 12 },
                { phase: 'drain' as const, durationNs: 1010 * MILLISECOND, routers: 12 },
                { phase: 'unmark' as const, durationNs: 60 * MILLISECOND, routers: 12 },
              ],
            },
          }
        : {}),
    };
  });
}

const DESCRIPTION =
  'Traffic engineering raises the metric of Denver-Kansas City. Is there still a backup when a link of the new ' +
  'primary path fails, and can the change go live without losing a packet?\n';

/** Every expectation holds. */
export function passingRun(): Sample {
  const started: Fact = {
    t: 0,
    fact: 'run-started',
    version: '0.1.0',
    experiment: 'abilene-backup-path',
    description: DESCRIPTION,
    file: 'experiments/abilene-backup-path.yaml',
    seed: 1,
    backend: 'embedded',
    nodes,
    links,
    flows: [
      ...ROUTERS.slice(0, 4).map(([, host], i) => ({
        id: i + 1,
        name: `background:${host}>${TO}`,
        group: 'background',
        from: host,
        to: TO,
        planes: ['real' as const],
      })),
      { id: 20, name: 'video', group: 'video', from: FROM, to: TO, planes: ['real', 'shadow'] },
      { id: 21, name: 'probe 3.1', group: 'probe 3.1', from: FROM, to: TO, planes: ['shadow'] },
    ],
    steps: STEPS,
    configs: ROUTERS.map(([router]) => ({
      router,
      real: configText(router, 'real'),
      shadow: configText(router, 'shadow'),
      diff: router === 'DNVR' ? diffOf('to-KSCY') : router === 'KSCY' ? diffOf('to-DNVR') : '',
    })),
  };
  const facts: Fact[] = [started];
  facts.push(...fibFacts(0, 0, 'real', EDGES), ...fibFacts(0, 0, 'shadow', SHADOW_EDGES));
  for (const step of STEPS) {
    const [from, to] = TIMES[step.number - 1] ?? [0, 0];
    facts.push({ t: from * SECOND, fact: 'step-started', step: step.number });
    if (step.number === 3 || step.number === 5) {
      const fact = step.number === 3 ? 'failed' : 'restored';
      facts.push({ t: from * SECOND, fact, step: step.number, plane: 'shadow', target: 'link ATLA-WASH' });
      const edges = step.number === 3 ? without(SHADOW_EDGES, 'ATLA', 'WASH') : SHADOW_EDGES;
      facts.push(...fibFacts(to * SECOND, step.number, 'shadow', edges));
    }
    if (step.number === 6 || step.number === 7) {
      const kind = step.number === 6 ? 'commit' : 'rollback';
      facts.push(...commitFacts(kind, step.number, from));
      facts.push(...fibFacts(to * SECOND, step.number, 'real', kind === 'commit' ? SHADOW_EDGES : EDGES));
      facts.push(...fibFacts(to * SECOND, step.number, 'shadow', kind === 'commit' ? EDGES : SHADOW_EDGES));
    }
    if (step.number > 1 && step.number !== 6 && step.number !== 7) {
      facts.push(...postcards('real', REAL_PATH, from, 10, 1));
    }
    if (step.number === 6) {
      facts.push(
        ...postcards('real', REAL_PATH, from, 5, 1),
        ...postcards('real', SHADOW_PATH, from + 1, 5, 2),
      );
    }
    facts.push({ t: to * SECOND, fact: 'step-finished', step: step.number });
  }
  const shadowLoss = (t: number): number => (t >= 48 && t < 48.4 ? 0 : 1);
  facts.push(bins('background', 'real', 46, 160, () => 1));
  facts.push(bins('video', 'real', 46, 50, () => 1));
  facts.push(bins('video', 'shadow', 46, 50, shadowLoss));
  facts.push({ t: 64 * SECOND, fact: 'run-finished' });
  const steps = stepResults();
  return {
    facts,
    result: {
      schema: 'shadowlab/result/1',
      version: '0.1.0',
      experiment: 'abilene-backup-path',
      description: DESCRIPTION,
      file: 'experiments/abilene-backup-path.yaml',
      seed: 1,
      backend: 'embedded',
      verdict: 'pass',
      durationNs: 64 * SECOND,
      counts: countsOf(steps),
      steps,
    },
  };
}

function countsOf(steps: readonly StepResult[]): Result['counts'] {
  const count = (verdict: string): number =>
    steps.flatMap((step) => step.expectations).filter((one) => one.verdict === verdict).length;
  return { passed: count('pass'), failed: count('fail'), errors: count('error'), skipped: count('skipped') };
}

/** The backup never comes: two expectations of step 3 fail, with hints; what follows is not reached. */
export function failingRun(): Sample {
  const { facts, result } = passingRun();
  const steps = result.steps.map((step): StepResult => {
    if (step.number !== 3) return step;
    return {
      ...step,
      verdict: 'fail',
      probes: [
        probe('shadow', [{ routers: SHADOW_PATH.slice(0, -2), packets: 1000, arrived: false }], 1000, null),
      ],
      expectations: step.expectations.map(
        (one, i): ExpectationResult => ({
          ...one,
          verdict: 'fail',
          seen: i === 0 ? 'not recovered: 1,000 of 1,000 packets lost' : 'no traced packet reached newyork',
          hints: [
            {
              text: 'the last packet was dropped at ATLA, which has no route to 10.64.8.0/24',
              router: 'ATLA',
            },
            {
              text: 'OSPF forms no adjacency here',
              router: 'ATLA',
              config: { file: 'ATLA.shadow.conf', line: 14, text: ' passive-interface to-IPLS' },
            },
          ],
        }),
      ),
    };
  });
  return { facts, result: { ...result, verdict: 'fail', steps, counts: countsOf(steps) } };
}

/** Ctrl-C in step 3. */
export function interruptedRun(): Sample {
  const { facts, result } = passingRun();
  const endNs = 50.2 * SECOND;
  const steps = result.steps.map((step): StepResult => {
    if (step.number < 3) return step;
    const { toNs: _toNs, fromNs, commit: _commit, ...rest } = step;
    return {
      ...rest,
      ...(step.number === 3 && fromNs !== undefined ? { fromNs } : {}),
      verdict: 'skipped',
      expectations: step.expectations.map((one) => ({ ...one, verdict: 'skipped', seen: '' })),
      probes: [],
      traffic: [],
    };
  });
  const kept = facts.filter((fact) => fact.t <= endNs && fact.fact !== 'bins');
  return {
    facts: [...kept, { t: endNs, fact: 'run-finished', ended: 'interrupted' }],
    result: {
      ...result,
      verdict: 'error',
      ended: 'interrupted',
      durationNs: endNs,
      steps,
      counts: countsOf(steps),
    },
  };
}

/** The lab could not do what step 6 asked. */
export function errorRun(): Sample {
  const { facts, result } = passingRun();
  const error = 'commit: KSCY did not confirm "swap" within 500ms; rolled back to tag 1';
  const steps = result.steps.map((step): StepResult => {
    if (step.number < 6) return step;
    if (step.number === 6) {
      return {
        ...step,
        verdict: 'error',
        error,
        expectations: step.expectations.map((one) => ({
          ...one,
          verdict: 'error',
          seen: 'the step did not end',
        })),
        commit: {
          kind: 'commit',
          outcome: 'aborted',
          reason: 'KSCY did not confirm "swap" within 500ms',
          durationNs: 890 * MILLISECOND,
          phases: step.commit?.phases.slice(0, 3) ?? [],
        },
      };
    }
    const { commit: _commit, fromNs: _fromNs, toNs: _toNs, ...rest } = step;
    return {
      ...rest,
      verdict: 'skipped',
      expectations: step.expectations.map((one) => ({ ...one, verdict: 'skipped', seen: '' })),
      traffic: [],
    };
  });
  const told = facts
    .filter((fact) => fact.fact === 'run-started' || fact.t < 61 * SECOND || fact.fact === 'bins')
    .flatMap((fact): readonly Fact[] => {
      if (fact.fact === 'commit-progress' && fact.router === 'KSCY' && fact.phase === 'swap') {
        return [{ ...fact, outcome: 'timed-out', reason: 'no answer within 500ms' }];
      }
      if (fact.fact === 'commit-progress' && fact.phase === 'unmark') return [{ ...fact, phase: 'abort' }];
      if (fact.fact === 'commit') {
        return [
          {
            ...fact,
            outcome: 'aborted',
            reason: 'KSCY did not confirm "swap" within 500ms',
            phases: fact.phases.map((one) =>
              one.phase === 'unmark' ? { ...one, phase: 'abort' as const } : one,
            ),
          },
        ];
      }
      return [fact];
    });
  return {
    facts: [...told, { t: 61 * SECOND, fact: 'run-finished', ended: 'error', error }],
    result: {
      ...result,
      verdict: 'error',
      ended: 'error',
      error,
      durationNs: 61 * SECOND,
      steps,
      counts: countsOf(steps),
    },
  };
}

/** The same run, but every string of the user's carries `hostile`. */
export function hostileRun(hostile: string): Sample {
  const { facts, result } = failingRun();
  const rename = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return USERS_WORDS.has(key) ? `${value}${hostile}` : value;
    if (Array.isArray(value)) return value.map((one) => rename(one, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rename(one, name)]));
  };
  return { facts: rename(facts, '') as readonly Fact[], result: rename(result, '') as Result };
}

const USERS_WORDS: ReadonlySet<string> = new Set([
  'experiment',
  'description',
  'name',
  'node',
  'port',
  'router',
  'routers',
  'group',
  'from',
  'to',
  'actions',
  'text',
  'file',
  'diff',
  'real',
  'shadow',
  'target',
  'expected',
  'seen',
  'error',
  'reason',
  'gateway',
  'prefix',
]);

/** A network of `size` routers without positions: a ring with chords; one probe across it. */
export function largeRun(size: number): Sample {
  const { facts, result } = passingRun();
  const name = (i: number): string => `R${String(i % size).padStart(3, '0')}`;
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i < size; i++) {
    pairs.push([name(i), name(i + 1)]);
    if (i % 5 === 0) pairs.push([name(i), name(i * 7 + 3)]);
  }
  const path = Array.from({ length: 12 }, (_, i) => name(i));
  const steps = result.steps.map((step) => ({
    ...step,
    probes: step.probes.map((one) => ({ ...one, paths: [arrived(path, 1000)] })),
  }));
  const [started, ...rest] = facts;
  if (started?.fact !== 'run-started') return { facts, result };
  const big: Fact = {
    ...started,
    nodes: Array.from({ length: size }, (_, i) => ({
      name: name(i),
      kind: 'router',
      address: `10.0.${i >> 8}.${i & 255}`,
    })),
    links: pairs.map(([a, b]) => ({
      name: `${a}-${b}`,
      ends: [
        { node: a, port: `to-${b}`, address: '' },
        { node: b, port: `to-${a}`, address: '' },
      ],
      rateBps: 1e9,
      delayNs: MILLISECOND,
    })),
    configs: Array.from({ length: size }, (_, i) => ({
      router: name(i),
      real: '',
      shadow: '',
      diff: diffOf('eth0'),
    })),
  };
  const fibs = (step: number, prefixes: number): readonly Fact[] =>
    Array.from(
      { length: size },
      (_, i): Fact => ({
        t: step === 0 ? 0 : 61 * SECOND,
        fact: 'fib',
        step,
        router: name(i),
        plane: 'real',
        entries: Array.from({ length: prefixes }, (_, j) => ({
          prefix: `10.${i % 250}.${j}.0/24`,
          nextHops: [{ kind: 'gateway', port: 'eth0', gateway: '10.0.0.1' }],
        })),
      }),
    );
  return { facts: [big, ...fibs(0, 0), ...rest, ...fibs(6, 50)], result: { ...result, steps } };
}
