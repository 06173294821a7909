import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatMac, formatPrefix } from '../../../../src/net/address.ts';
import { resolveTopologyFile } from '../../../../src/runner/experiment/topology/topology.ts';
import { problemsOf, resolved } from './reading.ts';

const problems = (text: string) => problemsOf('lab.clab.yml', text);

describe('the containerlab example', () => {
  const { resolved: example, problems } = resolveTopologyFile('experiments/topologies/clab-example.clab.yml');

  it('is read without a doubt', () => {
    expect(problems).to.deep.equal([]);
    expect(example?.topology.name).to.equal('square');
    expect(example?.topology.routers.map(({ name }) => name)).to.deep.equal(['r1', 'r2', 'r3', 'r4']);
    expect(example?.topology.hosts.map(({ name }) => name)).to.deep.equal(['client1', 'client3']);
  });

  it('keeps interface names, MACs, addresses, MTUs and what vars say, in brief and extended links', () => {
    const links = example?.topology.links.map(({ name, ends, mtu, rateBps }) => [
      name,
      ends.map((end) => `${end.port} ${formatPrefix(end.address)}`).join(' '),
      mtu,
      rateBps,
    ]);
    expect(links).to.deep.equal([
      ['client1-r1', 'eth1 10.1.0.10/24 eth3 10.1.0.1/24', 1500, 1e9],
      ['client3-r3', 'eth1 10.0.0.2/24 eth3 10.0.0.1/24', 1500, 1e9],
      ['r1-r2', 'eth1 10.254.0.0/31 eth1 10.254.0.1/31', 1500, 1e9],
      ['r1-r4', 'eth2 10.254.0.6/31 eth2 10.254.0.7/31', 1500, 1e9],
      ['r2-r3', 'eth2 10.254.0.2/31 eth1 10.254.0.3/31', 9000, 1e9],
      ['r3-r4', 'eth2 10.254.0.4/31 eth1 10.254.0.5/31', 1500, 1e8],
    ]);
    expect(formatMac(example?.topology.links[3].ends[0].mac ?? 0)).to.equal('02:00:00:00:04:02');
    const toR4 = example?.real.get('r3')?.interfaces.find(({ name }) => name === 'eth2');
    expect(toR4?.ospf.cost).to.equal(10);
  });

  it('draws north where the graph has its top', () => {
    expect(example?.topology.routers[2].position).to.deep.equal({ x: 200, y: -200 });
  });
});

describe('a containerlab file', () => {
  it('has settings inherited from defaults, kinds and groups, the node’s own first', () => {
    const { topology } = resolved(
      'lab.clab.yml',
      `
name: inherit
topology:
  defaults: { kind: linux, labels: { shadowlab-kind: router } }
  groups: { clients: { labels: { shadowlab-kind: host } } }
  nodes:
    a:
    b: { group: clients }
    c: { group: clients, labels: { shadowlab-kind: router } }
  links:
    - endpoints: ["a:eth1", "b:eth1"]
    - endpoints: ["a:eth2", "c:eth1"]
`,
    );
    expect(topology.routers.map(({ name }) => name)).to.deep.equal(['a', 'c']);
    expect(topology.hosts.map(({ name }) => name)).to.deep.equal(['b']);
  });

  it('tells what it guessed of Linux nodes that have no label', () => {
    const text = `
name: guess
topology:
  kinds: { linux: { image: "alpine:3" } }
  nodes:
    r1: { kind: linux, image: "quay.io/frrouting/frr:10.2.1" }
    r2: { kind: linux, binds: ["r2.conf:/etc/bird/bird.conf"] }
    ceos: { kind: arista_ceos }
    gw: { kind: linux }
    pc: { kind: linux }
    grafana: { kind: linux }
  links:
    - endpoints: ["r1:eth1", "r2:eth1"]
    - endpoints: ["r1:eth2", "ceos:eth1"]
    - endpoints: ["ceos:eth2", "gw:eth1"]
    - endpoints: ["gw:eth2", "pc:eth1"]
`;
    const settles = '(the label "shadowlab-kind: router" or "shadowlab-kind: host" settles it)';
    expect(problems(text)).to.deep.equal([
      `lab.clab.yml:5:3: warning: taken for hosts, having one link and no routing suite: "pc" ${settles}`,
      `lab.clab.yml:5:3: warning: taken for routers, having several links and no routing suite: "gw" ${settles}`,
      `lab.clab.yml:5:3: warning: left out, having no link and no routing suite: "grafana" ${settles}`,
    ]);
    const { topology } = resolved('lab.clab.yml', text);
    expect(topology.routers.map(({ name }) => name)).to.deep.equal(['ceos', 'gw', 'r1', 'r2']);
  });

  it('has bridges, which become broadcast segments', () => {
    const { topology, real } = resolved(
      'lab.clab.yml',
      `
name: bridged
topology:
  nodes:
    br0: { kind: bridge }
    a: { kind: nokia_srlinux }
    b: { kind: nokia_srlinux }
    c: { kind: nokia_srlinux }
  links:
    - endpoints: ["a:e1-1", "br0:eth1"]
    - { endpoints: ["br0:eth2", "b:e1-1"], mtu: 9000 }
    - endpoints: ["c:e1-1", "br0:eth3"]
`,
    );
    expect(
      topology.links.map(({ name, ends, mtu }) => [name, ends.map((end) => end.node).join(), mtu]),
    ).to.deep.equal([['br0', 'a,b,c', 9000]]);
    expect(real.get('a')?.interfaces[0]).to.deep.include({ name: 'e1-1', ospf: { area: 0 } });
  });

  it('may place nodes on the globe', () => {
    const { topology } = resolved(
      'lab.clab.yml',
      'name: x\ntopology: { nodes: { a: { kind: rare, labels: { graph-geoCoordinateLat: "52.4", graph-geoCoordinateLng: 4.9 } } } }',
    );
    expect(topology.routers[0].position).to.deep.equal({ x: 4.9, y: 52.4 });
  });

  const NODES = 'topology:\n  nodes: { a: { kind: rare }, b: { kind: rare } }\n';
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['no topology', 'name: x\n', ['lab.clab.yml:1:1: the key "topology" is missing']],
    [
      'a link to a node that is not there',
      `${NODES}  links: [{ endpoints: ["a:eth1", "bb:eth1"] }]`,
      ['lab.clab.yml:3:35: unknown node "bb" (did you mean "b"?)'],
    ],
    [
      'an endpoint without an interface',
      `${NODES}  links: [{ endpoints: [a, "b:eth1"] }]`,
      ['lab.clab.yml:3:25: an endpoint is written "NODE:interface"'],
    ],
    [
      'a link out of the lab',
      `${NODES}  links:\n    - endpoints: ["a:eth1", "host:a-eth1"]\n    - { type: macvlan, endpoint: { node: a, interface: eth2 }, host-interface: eno1 }`,
      [
        'lab.clab.yml:4:29: an endpoint "host:" leads out of the lab: only links between nodes can be taken along',
        'lab.clab.yml:5:15: links of type "macvlan" lead out of the lab: only veth links can be taken along',
      ],
    ],
    [
      'a node of no kind, of a group that is not there, and one that is the machine itself',
      'topology:\n  nodes:\n    a:\n    b: { kind: rare, group: gruop }\n    c: { kind: host }\n  groups: { group: {} }',
      [
        'lab.clab.yml:3:5: node "a" has no kind, and nothing that gives it one',
        'lab.clab.yml:4:29: unknown group "gruop" (did you mean "group"?)',
        'lab.clab.yml:5:16: node "c" is the machine that containerlab runs on: it cannot be taken along',
      ],
    ],
    [
      'a label that is no role, a MAC and an address that are none',
      'topology:\n  nodes: { a: { kind: linux, labels: { shadowlab-kind: switch } }, b: { kind: rare } }\n  links: [{ endpoints: [{ node: a, interface: e1, mac: "02:zz" }, { node: b, interface: e1, ipv4: 10.0.0/24 }] }]',
      [
        'lab.clab.yml:3:25: "02:zz" is no MAC address',
        'lab.clab.yml:3:67: "10.0.0/24" is no address',
        'lab.clab.yml:2:56: the label shadowlab-kind of "a" is "switch": expected router or host',
      ],
    ],
  ];
  for (const [what, text, expected] of cases) {
    it(`is refused with ${what}`, () => {
      const errors = problems(text).filter((line) => !line.includes('warning:'));
      expect(errors).to.deep.equal(expected);
    });
  }
});
