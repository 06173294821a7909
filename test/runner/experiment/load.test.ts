import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { parseConfig } from '../../../src/config/parser.ts';
import { formatConfig } from '../../../src/config/writer.ts';
import { formatIpv4, formatPrefix } from '../../../src/net/address.ts';
import { loadExperiment } from '../../../src/runner/experiment/load.ts';
import { formatProblem } from '../../../src/runner/experiment/problem.ts';
import type { Action, Experiment } from '../../../src/runner/experiment/resolved.ts';

const TRIANGLE = `name: triangle
topology:
  nodes: { A: , B: , C: }
  hosts: { a: { router: A }, b: { router: B }, c: { router: C } }
  links:
    - endpoints: [A, B]
    - endpoints: [B, C]
    - endpoints: [A, C]
`;

describe('loading an experiment', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-load-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const attempt = (text: string, seed?: number) => {
    writeFileSync(join(folder, 'x.yaml'), text);
    return loadExperiment(join(folder, 'x.yaml'), seed === undefined ? {} : { seed });
  };
  const load = async (text: string, seed?: number): Promise<Experiment> => {
    const loaded = await attempt(text, seed);
    if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
    return loaded.experiment;
  };
  /** What is said, first lines only, without the file's name. */
  const said = async (text: string): Promise<readonly string[]> => {
    const loaded = await attempt(text);
    const problems = loaded.ok ? loaded.warnings : loaded.problems;
    return problems.map((problem) => formatProblem(problem).split('\n', 1)[0].replace(`${folder}/`, ''));
  };

  it("takes the design's own example", async () => {
    const loaded = await loadExperiment('test/runner/experiment/right/design-example.yaml');
    if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
    const { experiment } = loaded;
    expect(experiment.flows.map(({ id, name, group }) => [id, name, group])).to.deep.equal([
      [1, 'background:STTL>NYCM', 'background'],
      [2, 'background:newyork>seattle', 'background'],
      [3, 'video', 'video'],
    ]);
    expect(experiment.flows[0]).to.include({ rateBps: 48_000, traceEvery: 100, mirror: false });
    expect(experiment.flows[2]).to.include({ rateBps: 6e6, packetBytes: 1200, traceEvery: 10, mirror: true });
    expect(experiment.steps.map((step) => step.actions.map((action) => action.kind))).to.deep.equal([
      ['converge'],
      ['fail', 'probe'],
      [],
      ['restore'],
      ['commit'],
      ['rollback'],
    ]);
    expect(experiment.steps[1].expectations.map(({ text, place }) => [text, place.line])).to.deep.equal([
      ['recovered within 2s', 38],
      ['path: [STTL, SNVA, LOSA, HSTN, ATLA, WASH, NYCM]', 39],
    ]);
    const denver = experiment.configs.find(({ router }) => router === 'DNVR');
    const costOf = (plane: 'real' | 'shadow') =>
      denver?.[plane].interfaces.find(({ name }) => name === 'to-KSCY')?.ospf.cost;
    expect([costOf('real'), costOf('shadow')]).to.deep.equal([639, 5000]);
  });

  it('fills in every default that the reference tells', async () => {
    const experiment = await load(`${TRIANGLE}traffic:
  - { name: video, from: a, to: b, rate: 6Mbps }
steps:
  - converge:
  - fail: { router: C }
  - probe: { from: a, to: b }
  - restore:
  - commit:
`);
    const { name, description, seed, management, flows, steps } = experiment;
    expect({ name, description, seed }).to.deep.equal({
      name: 'triangle',
      description: '',
      seed: 1,
    });
    expect(management).to.deep.equal({ delayNs: 5e6, jitterNs: 0, loss: 0, unreachable: [] });
    expect(flows).to.deep.equal([
      {
        id: 1,
        name: 'video',
        group: 'video',
        from: 'a',
        to: 'b',
        plane: 'real',
        mirror: false,
        kind: 'rate',
        packetBytes: 1000,
        rateBps: 6e6,
        arrival: { kind: 'constant' },
        startNs: 0,
        traceEvery: 10,
      },
    ]);
    const actions = steps.flatMap<Action>((step) => step.actions);
    expect(actions).to.deep.equal([
      { kind: 'converge', withinNs: 120e9 },
      { kind: 'fail', target: { kind: 'router', router: 'C' }, plane: 'shadow' },
      {
        kind: 'probe',
        flow: 2,
        from: 'a',
        to: 'b',
        plane: 'shadow',
        count: 100,
        everyNs: 10e6,
        packetBytes: 100,
      },
      { kind: 'restore', plane: 'both' },
      { kind: 'commit', withinNs: 30e9, phaseLimitNs: 5e9 },
    ]);
    expect(steps.map((step) => step.name)).to.deep.equal([
      'converge',
      'fail router C in shadow',
      'probe a to b in shadow',
      'restore all in both planes',
      'commit',
    ]);
  });

  it('carries out actions in the order of the page', async () => {
    const { steps } = await load(`${TRIANGLE}steps:
  - probe: { from: a, to: b }
    wait: 1s
    fail: { link: [A, B] }
    converge:
`);
    expect(steps[0].actions.map((action) => action.kind)).to.deep.equal([
      'probe',
      'wait',
      'fail',
      'converge',
    ]);
  });

  it('gives default names that differ', async () => {
    const { steps } = await load(
      `${TRIANGLE}steps: [{ wait: 1s }, { name: wait 1 s (2), wait: 1s }, { wait: 1s }]`,
    );
    expect(steps.map((step) => step.name)).to.deep.equal(['wait 1 s', 'wait 1 s (2)', 'wait 1 s (3)']);
  });

  it('freezes all of it', async () => {
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isFrozen));
    expect(isFrozen(await load(`${TRIANGLE}steps: [{ converge: }]`))).to.equal(true);
  });

  it('takes the seed of the command line before that of the file', async () => {
    const text = `seed: 7\n${TRIANGLE}steps: [{ converge: }]`;
    expect((await load(text)).seed).to.equal(7);
    expect((await load(text, 0)).seed).to.equal(0);
  });

  it('follows which configuration is real through commits, rollbacks and changes', async () => {
    const cost = (value: number) => `{ A: "interface to-B\\n ip ospf cost ${value}" }`;
    const { steps } = await load(`${TRIANGLE}configs: { shadow: ${cost(10)} }
steps:
  - change: { plane: shadow, configs: { A: "interface to-C\\n ip ospf cost 3" } }
  - commit:
  - change: { plane: real, configs: { A: "interface to-B\\n bandwidth 100" } }
  - commit:
    expect: aborted
  - change: { plane: real, configs: { A: "interface to-B\\n mtu 1400" } }
  - rollback:
  - change: { plane: real, configs: { A: "interface to-B\\n description back" } }
`);
    const seen = steps.flatMap((step) =>
      step.actions.flatMap((action) => {
        if (action.kind !== 'change') return [];
        const { interfaces } = action.routers[0].config;
        const [b, c] = ['to-B', 'to-C'].map((name) => interfaces.find((port) => port.name === name));
        return [[b?.ospf.cost, c?.ospf.cost, b?.bandwidthMbps, b?.mtu, b?.description]];
      }),
    );
    const made = [undefined, 1000] as const;
    expect(seen[0]).to.deep.equal([10, 3, made[1], undefined, undefined]);
    expect(seen[1]).to.deep.equal([10, 3, 100, undefined, undefined]);
    expect(seen[2]).to.deep.equal([10, 3, 100, 1400, undefined]);
    expect(seen[3]).to.deep.equal([undefined, undefined, made[1], undefined, 'back']);
  });

  it('says of a configuration that cannot be read only that, and not that it is missing', async () => {
    writeFileSync(join(folder, 'A.conf'), 'hostname A\n');
    writeFileSync(join(folder, 'B.conf'), 'hostname \0\n');
    const told = await said(`${TRIANGLE}configs: { real: . }\nsteps: [{ converge: }]\n`);
    expect(told.filter((each) => each.includes('onfiguration'))).to.have.length(2);
    expect(told.join('\n'))
      .to.contain('has no configuration for C: made')
      .and.to.contain('B.conf: the configuration ');
  });

  it('reads whole configurations from a folder', async () => {
    writeFileSync(join(folder, 'A.conf'), 'hostname A\ninterface to-B\n ip address 10.9.0.1/30\n');
    const { configs } = await load(`${TRIANGLE}configs: { real: . }\nsteps: [{ converge: }]`);
    expect(formatConfig(configs[0].real)).to.equal(
      formatConfig(parseConfig('hostname A\ninterface to-B\n ip address 10.9.0.1/30\n').config),
    );
    expect(configs[0].shadow).to.deep.equal(configs[0].real);
    expect(configs[1].real.ospf).to.not.equal(undefined);
  });

  it('warns, and goes on, where a line is unknown and that is allowed', async () => {
    const text = `${TRIANGLE}configs: { unknownConfig: warn, shadow: { A: "interface to-B\\n ip ospf kost 5" } }
steps: [{ converge: }]`;
    expect((await attempt(text)).ok).to.equal(true);
    expect(await said(text)).to.deep.equal([
      'x.yaml:9:46: warning: unknown command "ip ospf kost 5" (did you mean "ip ospf cost"?)',
    ]);
  });

  it('holds claims that say each thing they can', async () => {
    const { steps } = await load(`${TRIANGLE}traffic:
  - { name: video, from: a, to: b, rate: 6Mbps, mirror: shadow }
configs: { shadow: { A: "interface to-B\\n ip ospf cost 10" } }
steps:
  - name: begin
    converge:
    wait: 1s
  - fail: { link: [A, B] }
    probe: { from: a, to: b }
    expect:
      - reachable within 500ms
      - { path: [A, C, B], within: 2s }
      - path unchanged
      - { delay: "<20ms", throughput: ">= 5 kbps", plane: shadow }
      - { delay: { mean: "<=5ms", p99: "<20ms" } }
      - { plane: real, flow: video, lost: "<=3" }
      - { flow: video, unreachable: true }
  - expect: { recovered: 1s }
  - commit:
    expect:
      - committed
      - { mixed: 0, looped: 0 }
      - fib equal to shadow of "begin"
      - { fib: { plane: shadow, equals: real, at: start } }
      - fib equal to shadow
`);
    const routers = ['A', 'B', 'C'];
    const scope = { plane: 'shadow' };
    expect(steps.map((step) => step.expectations.map(({ expectation }) => expectation))).to.deep.equal([
      [],
      [
        { kind: 'reachable', withinNs: 5e8 },
        { kind: 'path', routers: ['A', 'C', 'B'], withinNs: 2e9 },
        { kind: 'path-unchanged' },
        { kind: 'delay', statistic: 'max', limitNs: { op: '<', value: 20e6 }, ...scope },
        { kind: 'throughput', limitBps: { op: '>=', value: 5000 }, ...scope },
        { kind: 'delay', statistic: 'mean', limitNs: { op: '<=', value: 5e6 } },
        { kind: 'delay', statistic: 'p99', limitNs: { op: '<', value: 20e6 } },
        { kind: 'lost', count: { op: '<=', value: 3 }, plane: 'real', flow: 'video' },
        { kind: 'unreachable', flow: 'video' },
      ],
      [{ kind: 'recovered', withinNs: 1e9 }],
      [
        { kind: 'committed' },
        { kind: 'mixed', count: { op: '==', value: 0 } },
        { kind: 'looped', count: { op: '==', value: 0 } },
        { kind: 'fib-equal', plane: 'real', ofPlane: 'shadow', atStep: 1, routers },
        { kind: 'fib-equal', plane: 'shadow', ofPlane: 'real', atStep: 0, routers },
        { kind: 'fib-equal', plane: 'real', ofPlane: 'shadow', atStep: 4, routers },
      ],
    ]);
  });

  const CONFIGURED = `${TRIANGLE}configs:
  real:
    A: |
      interface lo
       ip address 192.0.2.1/32
      interface to-B
       ip address 198.51.100.0/31
      interface to-a
       ip address 203.0.113.1/24
       ip address 10.0.0.254/24
    B: |
      interface to-A
       ip address 198.51.100.1/31
      interface to-b
       ip address 10.0.1.1/24
steps:
  - converge:
`;

  it('takes the addresses that the routers are configured with: of links, of loopbacks, of the gateways of hosts', async () => {
    const { topology } = await load(CONFIGURED);
    const [link] = topology.links.filter(({ name }) => name === 'A-B');
    expect(link.ends.map(({ address }) => formatPrefix(address))).to.deep.equal([
      '198.51.100.0/31',
      '198.51.100.1/31',
    ]);
    expect(topology.routers.map(({ loopback }) => formatIpv4(loopback))).to.deep.equal([
      '192.0.2.1',
      '10.255.0.2',
      '10.255.0.3',
    ]);
    expect(topology.hosts.map(({ gateway }) => formatIpv4(gateway))).to.deep.equal([
      '10.0.0.254',
      '10.0.1.1',
      '10.0.2.1',
    ]);
    expect(await said(CONFIGURED)).to.deep.equal([]);
  });

  it('warns of a host that no router has an address for', async () => {
    expect(await said(CONFIGURED.replace('10.0.0.254', '10.9.0.254'))).to.deep.equal([
      'x.yaml:10:3: warning: host "a" is cut off: no router on its link is configured with an address in 10.0.0.0/24, its subnet (A:to-a has 203.0.113.1/24: give the host an "address" there)',
    ]);
    const inShadow = CONFIGURED.replace('       ip address 10.0.0.254/24\n', '').replace(
      'steps:',
      '  shadow:\n    A: |\n      interface to-a\n       ip address 10.0.0.254/24\nsteps:',
    );
    expect(await said(inShadow)).to.deep.equal([]);
  });

  it("warns of an external peer that is another AS than a router takes it for, or is nobody's neighbour", async () => {
    const text = (neighbour: string) => `name: peers
topology:
  nodes: { A: }
  bgp: { as: 65000 }
  hosts:
    east: { router: A, address: 198.51.100.2/30, bgp: { as: 64500 } }
configs:
  real:
    A: |
      interface to-east
       ip address 198.51.100.1/30
      router bgp 65000
       no bgp ebgp-requires-policy
       neighbor ${neighbour}
steps: [{ converge: { within: 10s } }]
`;
    expect(await said(text('198.51.100.2 remote-as 64500'))).to.deep.equal([]);
    expect(await said(text('198.51.100.2 remote-as external'))).to.deep.equal([]);
    expect(await said(text('198.51.100.2 remote-as 64501'))).to.deep.equal([
      'x.yaml:6:61: warning: external peer "east" is AS 64500, but router "A" has "neighbor 198.51.100.2 remote-as 64501": there will be no session',
    ]);
    expect(await said(text('198.51.100.3 remote-as 64500'))).to.deep.equal([
      'x.yaml:2:1: warning: external peer "east" is no router\'s neighbour: no configuration has "neighbor 198.51.100.2" (write "neighbor 198.51.100.2 remote-as 64500" in the router\'s BGP, or give the topology bgp: { as: … })',
      'x.yaml:14:17: warning: router "A" has BGP neighbour 198.51.100.3, which is no router\'s address, and no host\'s',
    ]);
  });

  it('refuses files that are missing, too large, folders or binary', async () => {
    writeFileSync(join(folder, 'large.yaml'), `# ${'x'.repeat(1024 * 1024)}\n`);
    writeFileSync(join(folder, 'binary.yaml'), 'name: a\0b\n');
    const messages = await Promise.all(
      ['none.yaml', 'large.yaml', '.', 'binary.yaml'].map(async (name) => {
        const loaded = await loadExperiment(join(folder, name));
        return loaded.ok ? 'ok' : loaded.problems.map(formatProblem).join('\n').replace(folder, '');
      }),
    );
    expect(messages).to.deep.equal([
      '/none.yaml: the experiment does not exist',
      '/large.yaml: the experiment is larger than 1 MiB',
      ': the experiment is a folder, not a file',
      '/binary.yaml: the experiment is no text',
    ]);
  });
});
