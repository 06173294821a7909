import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Expectation } from '../../src/analysis/expectation.ts';
import type { ConfigFact, Fact } from '../../src/analysis/facts.ts';
import { judge } from '../../src/analysis/judge.ts';
import type { Hint } from '../../src/analysis/result.ts';
import { viewOf } from '../../src/analysis/view.ts';
import { parseConfig } from '../../src/config/parser.ts';
import { formatConfig } from '../../src/config/writer.ts';
import {
  addressOf,
  BOB,
  fibs,
  finished,
  flowWindow,
  LONG,
  MS,
  neighbours,
  type PacketSettings,
  PROBE,
  packet,
  probe,
  runStarted,
  SHORT,
  started,
} from './run-builder.ts';

const STEP = 2;
const ROUTERS = ['A', 'B', 'C', 'D'];
const NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {
  A: ['B', 'C', 'alice'],
  B: ['A', 'D'],
  C: ['A', 'D'],
  D: ['B', 'C', 'bob'],
};

/** A router of the square as it is written for people, with more lines entered on top. */
function written(router: string, more = ''): string {
  const interfaces = (NEIGHBOURS[router] ?? []).map(
    (other) => `interface to-${other}\n ip address ${addressOf(router, other)}/31\n ip ospf cost 10\n`,
  );
  const ospf = 'router ospf\n network 10.0.0.0/8 area 0\n';
  const { config, problems } = parseConfig(`hostname ${router}\n${interfaces.join('')}${ospf}${more}`);
  expect(problems).to.deep.equal([]);
  return formatConfig(config);
}

/** Configurations of all routers, the shadow with lines on top. */
function configs(shadow: Readonly<Record<string, string>>): readonly ConfigFact[] {
  return ROUTERS.map((router) => ({
    router,
    real: written(router),
    shadow: written(router, shadow[router]),
    diff: '',
  }));
}

function hints(
  claim: Expectation,
  facts: readonly Fact[],
  shadow: Readonly<Record<string, string>> = {},
): readonly Hint[] {
  const start = runStarted({ configs: configs(shadow) });
  return judge(claim, STEP, viewOf([start, started(1, 0), started(STEP, MS), ...facts, finished(STEP, 5e9)]))
    .hints;
}

/** The line of a router's shadow configuration that a hint should name. */
function lineIn(text: string, line: string): number {
  const at = text.split('\n').findIndex((each) => each.trim() === line);
  expect(at, `"${line}" is in the configuration`).to.be.at.least(0);
  return at + 1;
}

const inShadow = (routers: readonly string[], settings: PacketSettings = {}): readonly Fact[] =>
  [0, 1, 2].flatMap((index) =>
    packet((5 + index) * MS, routers, { flow: PROBE, plane: 'shadow', ...settings }),
  );

const failed = (target: string): Fact => ({ t: 2 * MS, fact: 'failed', step: STEP, plane: 'shadow', target });

const lost: Expectation = { kind: 'lost', count: { op: '==', value: 0 } };
const lostProbe = probe(STEP, [null, null, null], { sinceNs: 5 * MS });

describe('a passive interface in the shadow leaves a site without its backup', () => {
  // B-D fails in shadow. The way by C would do, but C is passive towards D there.
  const shadow = { C: 'router ospf\n passive-interface to-D\n' };
  const facts = [
    ...neighbours(1, 'real'),
    ...neighbours(1, 'shadow', ['C-D']),
    ...neighbours(STEP, 'shadow', ['C-D', 'B-D']),
    ...fibs(1, 'real', SHORT),
    ...fibs(STEP, 'shadow', { A: undefined, B: undefined, C: undefined, D: 'bob' }),
    failed('link B-D'),
    ...inShadow(['A'], { dropped: { reason: 'no-route' } }),
    lostProbe,
  ];

  for (const claim of [lost, { kind: 'recovered', withinNs: 1e9 }, { kind: 'reachable' }] as const) {
    it(`and the hints of "${claim.kind}" name the router, the hop and the line of the configuration`, () => {
      const found = hints(claim, facts, shadow);
      expect(found[0]).to.deep.equal({
        text: `A has no route to bob (${BOB}) in shadow: ${
          claim.kind === 'lost'
            ? '3 packets to bob lost'
            : '1 packet to bob lost in the last tenth of the probe'
        }`,
        router: 'A',
      });
      expect(found[1]).to.deep.equal({
        text: 'C (to-D) and D (to-C) are neighbours in real, not in shadow: "passive-interface to-D" is set on C',
        router: 'C',
        config: {
          file: 'C.shadow.conf',
          line: lineIn(written('C', shadow.C), 'passive-interface to-D'),
          text: 'passive-interface to-D',
        },
      });
      expect(found[2]?.text).to.equal(
        `A, B and C have no route to bob (${BOB}) in shadow, though real has one; failed there: link B-D`,
      );
      expect(found).to.have.length(3);
    });
  }

  it('and the adjacency that the failure itself took is not blamed', () => {
    expect(hints(lost, facts, shadow).every((hint) => !hint.text.includes('B (to-D) and'))).to.equal(true);
  });

  it('and where the ends take one area for two kinds, that is told before all else', () => {
    const other = ' ip ospf hello-interval 3\nrouter ospf\n';
    const kinds = {
      C: `interface to-D\n${other} area 1 stub\n`,
      D: `interface to-C\n${other} area 1 nssa\n`,
    };
    const lines = (both: Readonly<Record<string, string>>) =>
      hints(lost, facts, both).flatMap(({ router, config }) => (config ? [`${router} ${config.text}`] : []));
    expect(lines(kinds).slice(0, 2)).to.deep.equal(['C area 1 stub', 'D area 1 nssa']);
    const alike = { ...kinds, D: kinds.D.replace('nssa', 'stub') };
    expect(lines(alike)).to.deep.equal(['C ip ospf hello-interval 3', 'D ip ospf hello-interval 3']);
  });

  it('and a line removed is shown where it still stands', () => {
    const removed = { C: 'interface to-D\n no ip address 10.0.3.0/31\n' };
    const line = hints(lost, facts, removed)[1];
    expect(line?.config?.file).to.equal('C.real.conf');
    expect(line?.text).to.match(/"ip address 10\.0\.3\.0\/31" \(interface to-D\) is missing on C$/);
    expect(line?.config?.line).to.equal(lineIn(written('C'), 'ip address 10.0.3.0/31'));
  });

  it('and a cost on the same interface is not blamed for the missing neighbour', () => {
    const both = { C: `interface to-D\n ip ospf cost 99\n${shadow.C}` };
    const texts = hints(lost, facts, both).map((hint) => hint.text);
    expect(texts.some((text) => text.includes('cost'))).to.equal(false);
    expect(texts.some((text) => text.includes('passive-interface'))).to.equal(true);
  });
});

describe('packets that an access list drops', () => {
  const list = 'access-list 101 seq 10 deny udp any any\naccess-list 101 seq 20 permit ip any any\n';
  const shadow = { B: `${list}interface to-A\n ip access-group 101 in\n` };
  const drop = (acl: string) => [...inShadow(['A', 'B'], { dropped: { reason: 'acl-in', acl } }), lostProbe];

  it('lead to its rule', () => {
    const [hint] = hints(lost, drop('access-list 101 seq 10'), shadow);
    expect(hint?.text).to.equal(
      'B (to-A) filters on arrival in shadow, by access-list 101 seq 10: 3 packets to bob lost',
    );
    const line = written('B', shadow.B).split('\n')[(hint?.config?.line ?? 0) - 1];
    expect(line).to.match(/^access-list 101 seq 10 deny udp/);
    expect(hint?.config?.text).to.equal(line);
  });

  it('lead, where no rule fits, to the line that puts the list on the port', () => {
    const [hint] = hints(lost, drop('access-list 101 implicit deny'), shadow);
    expect(hint?.config?.text).to.equal('ip access-group 101 in');
    expect(hint?.config?.line).to.equal(lineIn(written('B', shadow.B), 'ip access-group 101 in'));
  });
});

describe('packets that a policy drops', () => {
  const shadow = {
    B: `policy-map EDGE
 class class-default
  police 64000
  queue-limit 3000 bytes
interface to-A
 service-policy input EDGE
`,
  };
  const drop = (reason: 'police' | 'queue', policy: string) =>
    hints(lost, [...inShadow(['A', 'B'], { dropped: { reason, policy } }), lostProbe], shadow)[0];

  it('lead to the command of the class that does', () => {
    const hint = drop('police', 'policy-map EDGE class class-default');
    expect(hint?.text).to.equal(
      'B (to-A) polices in shadow, by policy-map EDGE class class-default: 3 packets to bob lost',
    );
    expect(hint?.config?.text).to.match(/^police cir 64000 /);
    expect(hint?.config?.line).to.equal(lineIn(written('B', shadow.B), hint?.config?.text ?? ''));
    const queue = drop('queue', 'policy-map EDGE class class-default');
    expect(queue?.text).to.match(/overflows in shadow, by policy-map EDGE class class-default:/);
    expect(queue?.config?.text).to.equal('queue-limit 3000 bytes');
  });

  it('name the port whose policy it is: the way out, where one was chosen already', () => {
    const dropped = { reason: 'police', out: 'to-D', policy: 'policy-map EDGE class class-default' } as const;
    expect(hints(lost, [...inShadow(['A', 'B'], { dropped }), lostProbe], shadow)[0]?.text).to.match(
      /^B \(to-D\) polices in shadow,/,
    );
  });

  it('lead to the policy where it says nothing of the class', () => {
    expect(drop('queue', 'policy-map EDGE class other')?.config?.text).to.equal('policy-map EDGE');
  });
});

describe('packets lost otherwise', () => {
  const one = (routers: readonly string[], settings: PacketSettings): string | undefined =>
    hints(lost, [failed('link B-D'), ...inShadow(routers, settings), lostProbe])[0]?.text;

  it('name the failed link that a router sends into', () => {
    expect(one(['A', 'B'], { dropped: { reason: 'failed', out: 'to-D' } })).to.equal(
      'B sends into link B-D, which is failed in shadow: 3 packets to bob lost',
    );
    expect(one(['D', 'B'], { dropped: { reason: 'failed' } })).to.equal(
      'B (to-D) takes no packets from link B-D, which is failed in shadow: 3 packets to bob lost',
    );
  });

  it('name the link on which they vanished', () => {
    expect(one(['A', 'B'], { to: 'D' })).to.equal(
      'nothing arrives beyond B (to-D): lost on link B-D, which is failed in shadow: 3 packets to bob lost',
    );
  });

  it('name the loop that ate their TTL', () => {
    expect(one(['A', 'B', 'A', 'B'], { dropped: { reason: 'ttl' } })).to.equal(
      'packets go round A → B → A in shadow until their TTL ends at B: 3 packets to bob lost',
    );
  });

  it('name the queue that overflowed', () => {
    expect(one(['A'], { dropped: { reason: 'queue', out: 'to-B' } })).to.equal(
      'the queue of A (to-B) overflows: 3 packets to bob lost',
    );
  });

  it('are not said to be lost on a link while they may wait at a port', () => {
    const waiting = packet(4.9e9, ['A'], { flow: PROBE, plane: 'shadow', to: 'B' });
    expect(hints(lost, [...waiting, lostProbe]).map((hint) => hint.text)).to.deep.equal([
      '1 packet had not arrived, and no router had dropped it, when the run ended: on the way, or waiting at a port',
      'no router has dropped 2 of the lost packets: they were lost on the links of their hosts, or on a link while not traced',
    ]);
  });

  it('that are not traced, and are dropped just after the step that they were sent in, are not missed in it', () => {
    const drop = (t: number, sequence: number) =>
      packet(t, ['B'], { plane: 'shadow', sequence, dropped: { reason: 'no-route' } });
    const told = (received: number): readonly string[] =>
      hints({ kind: 'lost', flow: 'video', plane: 'shadow', count: { op: '==', value: 0 } }, [
        flowWindow(STEP, 'shadow', { fromNs: MS, toNs: 2e9, sent: 12, received }),
        ...drop(1e9, 4),
        started(3, 2e9),
        ...drop(2e9 + MS, 11),
        ...packet(2e9 + 2 * MS, ['A', 'B', 'D'], { plane: 'shadow', sequence: 20 }),
        ...drop(2e9 + 3 * MS, 21),
      ]).map(({ text }) => text);
    const place = 'B has no route to bob (10.9.0.2) in shadow: 1 packet to bob lost';
    expect(told(10)).to.deep.equal([place]);
    expect(told(9)).to.deep.equal([
      place,
      'no router has dropped 1 of the lost packets: they were lost on the links of their hosts, or on a link while not traced',
    ]);
  });

  it('and leave no postcard, are counted', () => {
    expect(hints(lost, [lostProbe]).map((hint) => hint.text)).to.deep.equal([
      'no router has dropped 3 of the lost packets: they were lost on the links of their hosts, or on a link while not traced',
    ]);
  });
});

describe('packets that take another way than expected', () => {
  it('are followed to the router where they turn, its route, and the lines on both ways', () => {
    const shadow = { A: 'interface to-B\n ip ospf cost 5000\n' };
    const facts = [
      ...fibs(STEP, 'shadow', LONG),
      ...inShadow(['A', 'C', 'D']),
      probe(STEP, [1, 1, 1], { sinceNs: 5 * MS }),
    ];
    const found = hints({ kind: 'path', routers: ['A', 'B', 'D'] }, facts, shadow);
    expect(found[0]).to.deep.equal({
      text: `at A packets go to C, not to B in shadow; its FIB has 10.9.0.0/24: ${addressOf('C', 'A')} by to-C`,
      router: 'A',
    });
    expect(found[1]?.text).to.equal(
      'shadow differs from real: "ip ospf cost 5000" (interface to-B) is set on A instead of "ip ospf cost 10"',
    );
    expect(found[1]?.config?.file).to.equal('A.shadow.conf');
  });

  it('where the expected one is failed or has no link, say so', () => {
    const facts = [failed('router B'), ...inShadow(['A', 'C', 'D']), probe(STEP, [1], { sinceNs: 5 * MS })];
    const texts = hints({ kind: 'path', routers: ['A', 'B', 'C', 'D'] }, facts).map((hint) => hint.text);
    expect(texts).to.include('router B, on the expected way, is failed in shadow');
    expect(texts).to.include('no link joins B and C');
  });
});

describe('hints', () => {
  it('are at most eight, and none is there twice', () => {
    const many = ROUTERS.flatMap((router) =>
      (['no-route', 'ttl', 'blackhole'] as const).flatMap((reason, at) =>
        packet((10 + at) * MS + router.charCodeAt(0), [router], {
          flow: PROBE,
          plane: 'shadow',
          dropped: { reason },
        }),
      ),
    );
    const everywhere = Object.fromEntries(
      ROUTERS.map((router) => [
        router,
        (NEIGHBOURS[router] ?? []).map((other) => `interface to-${other}\n shutdown\n`).join(''),
      ]),
    );
    const alone = ROUTERS.map((router): Fact => {
      return { t: 0, fact: 'neighbours', step: 2, router, plane: 'shadow', entries: [] };
    });
    const facts = [...many, lostProbe, ...neighbours(1, 'real'), ...alone, ...fibs(1, 'real', SHORT)];
    const found = hints(lost, facts, everywhere);
    expect(found).to.have.length(8);
    expect(new Set(found.map((hint) => JSON.stringify(hint))).size).to.equal(8);
  });

  it('of mixed packets show one router by router', () => {
    const claim: Expectation = { kind: 'mixed', count: { op: '==', value: 0 } };
    const [hint] = hints(claim, inShadow(['A', 'B', 'D'], { tags: [1, 2, 2] }));
    expect(hint?.text).to.match(
      /^packet 5000 of probe alice to bob in shadow: A by tag 1, B by tag 2, D by tag 2$/,
    );
  });

  it('of looped packets show the loop', () => {
    const claim: Expectation = { kind: 'looped', count: { op: '==', value: 0 } };
    const [hint] = hints(claim, inShadow(['A', 'C', 'A', 'B', 'D']));
    expect(hint).to.deep.equal({ text: '3 packets went round A → C → A', router: 'A' });
  });

  it('of FIBs that differ name router, prefixes and next hops', () => {
    const claim: Expectation = {
      kind: 'fib-equal',
      plane: 'shadow',
      ofPlane: 'real',
      atStep: 1,
      routers: ROUTERS,
    };
    const [hint] = hints(claim, [...fibs(1, 'real', SHORT), ...fibs(1, 'shadow', { ...SHORT, A: 'C' })]);
    expect(hint).to.deep.equal({
      text: `A has ${addressOf('C', 'A')} by to-C in shadow for 10.9.0.0/24, expected ${addressOf('B', 'A')} by to-B`,
      router: 'A',
    });
  });

  it('of an aborted commit name the router that did not confirm', () => {
    const refused: Fact = {
      t: 3,
      fact: 'commit-progress',
      step: STEP,
      kind: 'commit',
      phase: 'swap',
      router: 'C',
      sentNs: 1,
      outcome: 'timed-out',
    };
    const aborted: Fact = {
      t: 4,
      fact: 'commit',
      step: STEP,
      kind: 'commit',
      outcome: 'aborted',
      oldTag: 1,
      newTag: 2,
      startedNs: 0,
      phases: [],
    };
    expect(hints({ kind: 'committed' }, [refused, aborted])).to.deep.equal([
      { text: 'C did not confirm swap in time', router: 'C' },
    ]);
  });

  it('after a commit look for the line in the file that the real plane’s configuration came from', () => {
    const shadow = { C: 'router ospf\n passive-interface to-D\n' };
    const commit: Fact = {
      t: 2,
      fact: 'commit',
      step: 1,
      kind: 'commit',
      outcome: 'committed',
      oldTag: 1,
      newTag: 2,
      startedNs: 1,
      phases: [],
    };
    const inReal = packet(6 * MS, ['A'], { dropped: { reason: 'no-route' } });
    const start = runStarted({ configs: configs(shadow) });
    const facts: readonly Fact[] = [
      start,
      ...neighbours(0, 'real'),
      ...fibs(0, 'real', SHORT),
      started(1, 0),
      commit,
      ...neighbours(1, 'real', ['C-D', 'B-D']),
      ...fibs(1, 'real', { A: undefined, B: undefined, C: undefined }),
      started(STEP, 5 * MS),
      ...inReal,
      {
        t: 9 * MS,
        fact: 'flow',
        step: STEP,
        flow: 1,
        plane: 'real',
        fromNs: 0,
        toNs: 1,
        sent: 1,
        received: 0,
        duplicated: 0,
        reordered: 0,
        bytes: 0,
        delayNs: { min: null, mean: null, p99: null, max: null },
        jitterNs: null,
      },
      finished(STEP, 10 * MS),
    ];
    const found = judge(
      { kind: 'lost', flow: 'video', plane: 'real', count: { op: '==', value: 0 } },
      STEP,
      viewOf(facts),
    ).hints;
    const line = found.find((hint) => hint.config !== undefined);
    expect(line?.text).to.match(
      /^C \(to-D\) and D \(to-C\) are neighbours in real before step 1, not in real: "passive-interface to-D"/,
    );
    expect(line?.config?.file).to.equal('C.shadow.conf');
  });
});
