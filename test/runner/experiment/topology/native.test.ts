import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EMPTY_CONFIG } from '../../../../src/config/model.ts';
import { formatIpv4, formatMac, formatPrefix } from '../../../../src/net/address.ts';
import { SourceText } from '../../../../src/runner/experiment/source-text.ts';
import { resolveTopologyText } from '../../../../src/runner/experiment/topology/topology.ts';
import { print, problemsOf, resolved } from './reading.ts';

const native = (text: string) => resolved('net.yaml', text);
const problems = (text: string) => problemsOf('net.yaml', text);

const TRIANGLE = `
nodes: { A: { position: [1, 2] }, B:, C: { loopback: 10.255.7.7 } }
hosts:
  alice: { router: A }
  bob: { router: C, address: 192.0.2.9/28, delay: 2ms }
links:
  - { endpoints: [B, A], metric: 10, rate: 2.5Gbps, delay: 4ms, jitter: 1us, loss: 0.5%, queue: 64kB, mtu: 9000 }
  - endpoints: [{ node: B, metric: 3 }, C]
  - endpoints: ["A:eth7", C]
    metric: 8
`;

describe('a topology in our own grammar', () => {
  const { topology, real } = native(TRIANGLE);
  const link = (name: string) => {
    const found = topology.links.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`no link ${name}`);
    return found;
  };
  const ends = (name: string) =>
    link(name).ends.map((end) => `${end.node}:${end.port} ${formatPrefix(end.address)}`);

  it('has its routers and hosts sorted by name, each with an address', () => {
    expect(topology.routers.map(({ name, loopback }) => `${name} ${formatIpv4(loopback)}`)).to.deep.equal([
      'A 10.255.0.1',
      'B 10.255.0.2',
      'C 10.255.7.7',
    ]);
    expect(topology.routers[0].position).to.deep.equal({ x: 1, y: 2 });
    expect(
      topology.hosts.map(
        ({ name, address, gateway }) => `${name} ${formatPrefix(address)} ${formatIpv4(gateway)}`,
      ),
    ).to.deep.equal(['alice 10.0.0.2/24 10.0.0.1', 'bob 192.0.2.9/28 192.0.2.1']);
  });

  it('names links by their nodes in order, and ports by the peer', () => {
    expect(topology.links.map((own) => own.name)).to.deep.equal(['A-B', 'A-C', 'A-alice', 'B-C', 'C-bob']);
    expect(ends('A-B')).to.deep.equal(['B:to-A 10.254.0.0/31', 'A:to-B 10.254.0.1/31']);
    expect(ends('A-C')).to.deep.equal(['A:eth7 10.254.0.4/31', 'C:to-A 10.254.0.5/31']);
    expect(ends('A-alice')).to.deep.equal(['A:to-alice 10.0.0.1/24', 'alice:eth0 10.0.0.2/24']);
  });

  it('makes each MAC locally administered and of the address', () => {
    expect(formatMac(link('A-B').ends[1].mac)).to.equal('02:00:0a:fe:00:01');
  });

  it('takes what is given for a link, and the documented defaults for the rest', () => {
    expect(link('A-B')).to.include({
      rateBps: 2.5e9,
      delayNs: 4e6,
      jitterNs: 1e3,
      loss: 0.005,
      queueBytes: 64e3,
      mtu: 9000,
    });
    expect(link('B-C')).to.include({
      rateBps: 1e9,
      delayNs: 1e6,
      jitterNs: 0,
      loss: 0,
      queueBytes: 1e6,
      mtu: 1500,
    });
    expect(link('A-alice')).to.include({ rateBps: 10e9, delayNs: 10e3 });
    expect(link('C-bob')).to.include({ rateBps: 10e9, delayNs: 2e6 });
  });

  it('makes each router a configuration: loopback, addresses, costs, point-to-point, hosts passive', () => {
    expect(real.get('A')).to.deep.equal({
      ...EMPTY_CONFIG,
      hostname: 'A',
      interfaces: [
        {
          name: 'eth7',
          addresses: [{ address: 0x0afe0004, length: 31 }],
          bandwidthMbps: 1000,
          ospf: { area: 0, cost: 8, network: 'point-to-point' },
        },
        { name: 'lo', addresses: [{ address: 0x0aff0001, length: 32 }], ospf: { area: 0 } },
        {
          name: 'to-B',
          addresses: [{ address: 0x0afe0001, length: 31 }],
          bandwidthMbps: 2500,
          mtu: 9000,
          ospf: { area: 0, cost: 10, network: 'point-to-point' },
        },
        {
          name: 'to-alice',
          addresses: [{ address: 0x0a000001, length: 24 }],
          bandwidthMbps: 10000,
          ospf: { area: 0 },
        },
      ],
      ospf: {
        routerId: 0x0aff0001,
        networks: [],
        passiveInterfaces: ['to-alice'],
        activeInterfaces: [],
        areas: [],
        redistribute: [],
        summaries: [],
      },
    });
  });

  it('gives each end its own metric, and no cost where none is known', () => {
    const costs = (router: string) =>
      Object.fromEntries(real.get(router)?.interfaces.map(({ name, ospf }) => [name, ospf.cost]) ?? []);
    expect(costs('B')).to.deep.equal({ lo: undefined, 'to-A': 10, 'to-C': 3 });
    expect(costs('C')).to.deep.equal({ lo: undefined, 'to-A': 8, 'to-B': undefined, 'to-bob': undefined });
  });

  it('writes timers only where OSPF has neighbours; dead is four hellos', () => {
    const timed = native(
      'nodes: { A:, B: }\nhosts: { h: { router: A } }\nlinks: [{ endpoints: [A, B] }]\nospf: { hello: 2s }\n',
    );
    const timers = timed.real
      .get('A')
      ?.interfaces.map(({ name, ospf }) => [name, ospf.helloIntervalS, ospf.deadIntervalS]);
    expect(timers).to.deep.equal([
      ['lo', undefined, undefined],
      ['to-B', 2, 8],
      ['to-h', undefined, undefined],
    ]);
  });

  it('keeps parallel links apart', () => {
    const twice = native(
      'nodes: { A:, B: }\nlinks: [{ endpoints: [A, B] }, { endpoints: [B, A] }, { endpoints: [A, B] }]',
    );
    expect(
      twice.topology.links.map(({ name, ends }) => [name, ends.map((end) => end.port).join()]),
    ).to.deep.equal([
      ['A-B', 'to-B,to-A'],
      ['A-B#2', 'to-A-2,to-B-2'],
      ['A-B#3', 'to-B-3,to-A-3'],
    ]);
  });

  it('makes a broadcast segment of more than two endpoints, hosts among them', () => {
    const lan = native(
      `
nodes: { A:, B: }
hosts: { h: { address: 10.9.0.50/24 } }
links:
  - endpoints: [h, A, B]
  - { endpoints: [A, B, "h2:ens3"], name: office }
`.replace('h: {', 'h2:, h: {'),
    );
    expect(
      lan.topology.links.map(({ name, ends }) => [
        name,
        ...ends.map((end) => `${end.port} ${formatPrefix(end.address)}`),
      ]),
    ).to.deep.equal([
      ['A-B-h', 'eth0 10.9.0.50/24', 'lan-1 10.9.0.1/24', 'lan-1 10.9.0.2/24'],
      ['office', 'office 10.0.0.1/24', 'office 10.0.0.2/24', 'ens3 10.0.0.3/24'],
    ]);
    expect(lan.real.get('A')?.interfaces.map(({ ospf }) => ospf.network)).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
    expect(lan.real.get('A')?.ospf?.passiveInterfaces).to.deep.equal([]);
  });

  it('lets nodes have any name that can be seen, and makes words of it for interfaces', () => {
    const odd = native(
      'nodes: { "<img src=x onerror=alert(1)>":, Zürich: }\nlinks: [{ endpoints: ["<img src=x onerror=alert(1)>", Zürich] }]',
    );
    expect(odd.topology.links[0].ends.map((end) => end.port)).to.deep.equal(['to-Zurich', 'to-img_src_x_on']);
    expect(odd.real.get('Zürich')?.hostname).to.equal('Zurich');
  });
});

describe('a wrong topology', () => {
  it('tells its first 100 problems, quickly, however many there are', () => {
    const nodes = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`node${i}`, null]));
    const links = Array.from({ length: 5000 }, (_, i) => ({ endpoints: [`nodeX${i}`, 'node0'] }));
    const found = problems(JSON.stringify({ nodes, links }));
    expect(found).to.have.length(101);
    expect(found[100]).to.match(/: more than 100 problems in this topology: no more are told$/);
  });

  it('is told with its place and the nearest right word', () => {
    const { problems } = resolveTopologyText(
      new SourceText(
        'net.yaml',
        'nodes: { DNVR:, KSCY: }\nlinks:\n  - { endpoints: [DNVR, KCSY], metric: 5 }\n',
      ),
    );
    expect(print(problems)).to.deep.equal([
      [
        'net.yaml:3:25: unknown node "KCSY" (did you mean "KSCY"?)',
        '    3 |   - { endpoints: [DNVR, KCSY], metric: 5 }',
        '      |                         ^^^^',
      ].join('\n'),
    ]);
  });

  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'an unknown key',
      'nodes: { A: }\nlink: []\n',
      ['net.yaml:2:1: unknown key "link" (did you mean "links"?)'],
    ],
    [
      'a quantity without its unit',
      'nodes: { A:, B: }\nlinks: [{ endpoints: [A, B], delay: 5 }]',
      [
        'net.yaml:2:37: delay: expected a duration with its unit (ns, us, ms, s, min, h), such as 10ms, found 5',
      ],
    ],
    [
      'a link with one end',
      'nodes: { A: }\nlinks: [{ endpoints: [A] }]',
      ['net.yaml:2:22: endpoints: expected a list of two nodes or more, such as [A, B], found a list'],
    ],
    [
      'a metric that OSPF does not have',
      'nodes: { A: }\ndefaults: { metric: 70000 }',
      ['net.yaml:2:21: metric: expected at most 65535, found 70000'],
    ],
    [
      'a rate of nothing',
      'nodes: { A: }\ndefaults: { rate: 0bps }',
      ['net.yaml:2:19: a rate of 0 carries nothing'],
    ],
    [
      'a link from a node to itself',
      'nodes: { A: }\nlinks: [{ endpoints: [A, A] }]',
      ['net.yaml:2:26: "A" is linked to itself'],
    ],
    [
      'hosts on no link, on two, or without a router',
      'nodes: { A: }\nhosts: { h:, i: { router: A }, j:, k: }\nlinks: [{ endpoints: [A, i] }, { endpoints: [j, k] }]',
      [
        'net.yaml:3:32: no router on the link of "j" and "k"',
        'net.yaml:2:10: host "h" is on no link (give it a router, or name it among the endpoints of a link)',
        'net.yaml:2:14: host "i" is on 2 links; a host has one',
      ],
    ],
    [
      'a host named like a router',
      'nodes: { A: }\nhosts: { A: { router: A } }',
      ['net.yaml:2:10: "A" is the name of a router and of a host'],
    ],
    [
      'a name with a colon',
      'nodes: { "A:1": }',
      ['net.yaml:1:10: the name "A:1" contains a colon, which sets a node apart from its interface'],
    ],
    [
      'an interface with two links',
      'nodes: { A:, B: }\nlinks: [{ endpoints: ["A:eth1", B] }, { endpoints: ["A:eth1", B] }]',
      ['net.yaml:2:53: the interface "eth1" of "A" has two links'],
    ],
    [
      'the loopback as a link',
      'nodes: { A:, B: }\nlinks: [{ endpoints: ["A:lo", B] }]',
      ['net.yaml:2:23: the interface "lo" is the loopback: no link can end there'],
    ],
    [
      'what belongs to the link, said of the host',
      'nodes: { A: }\nhosts: { h: { rate: 1Gbps } }\nlinks: [{ endpoints: [A, h] }]',
      ['net.yaml:2:15: "rate" belongs to the link that names "h"'],
    ],
    [
      'two links of one name',
      'nodes: { A:, B: }\nlinks: [{ endpoints: [A, B], name: x }, { endpoints: [A, B], name: x }]',
      ['net.yaml:2:68: two links are called "x"'],
    ],
    [
      'timers that FRR does not have',
      'nodes: { A: }\nospf: { hello: 100ms, dead: 1s }',
      ['net.yaml:2:16: ospf.hello must be whole seconds, 1s to 65535s'],
    ],
    [
      'a dead interval shorter than a hello',
      'nodes: { A: }\nospf: { dead: 9s }',
      ['net.yaml:2:15: ospf.dead must be longer than ospf.hello'],
    ],
    [
      'a network in parts, which may be meant',
      'nodes: { A:, B:, C:, D: }\nlinks: [{ endpoints: [A, B] }]',
      [
        'net.yaml:1:1: warning: the network is in 3 parts without a link between them; apart from the largest: "C"; "D"',
      ],
    ],
  ];
  for (const [what, text, expected] of cases) {
    it(`says so: ${what}`, () => expect(problems(text)).to.deep.equal(expected));
  }
});
