import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { contains, formatPrefix, type Prefix, prefixOf } from '../../../../src/net/address.ts';
import type { Topology } from '../../../../src/runner/experiment/resolved.ts';
import { AddressPool, blockOf } from '../../../../src/runner/experiment/topology/address-pool.ts';
import { DEFAULT_POOLS } from '../../../../src/runner/experiment/topology/addresses.ts';
import type { Assembled } from '../../../../src/runner/experiment/topology/assemble.ts';
import { problemsOf, resolved } from './reading.ts';

interface Net {
  readonly routers: number;
  /** Index of a router that has a host, and the host's address where it is given. */
  readonly hosts: readonly { readonly router: number; readonly address?: string }[];
  readonly links: readonly (readonly number[])[];
}

/** Up to a dozen routers, links of two to four of them, hosts with and without an address. */
const nets: fc.Arbitrary<Net> = fc.integer({ min: 2, max: 12 }).chain((routers) => {
  const index = fc.integer({ min: 0, max: routers - 1 });
  const address = fc.option(fc.integer({ min: 0, max: 15 }), { nil: undefined });
  return fc.record({
    routers: fc.constant(routers),
    hosts: fc
      .array(fc.tuple(index, address), { maxLength: 8 })
      .map((hosts) =>
        hosts.map(([router, site], number) =>
          site === undefined ? { router } : { router, address: `10.0.${site * 8 + number}.77/24` },
        ),
      ),
    links: fc.array(fc.uniqueArray(index, { minLength: 2, maxLength: 4 }), { maxLength: 20 }),
  });
});

function yamlOf(net: Net): string {
  return JSON.stringify({
    nodes: Object.fromEntries(Array.from({ length: net.routers }, (_, i) => [`R${i}`, null])),
    hosts: Object.fromEntries(
      net.hosts.map(({ router, ...given }, i) => [`h${i}`, { router: `R${router}`, ...given }]),
    ),
    links: net.links.map((ends) => ({ endpoints: ends.map((i) => `R${i}`) })),
  });
}

function resolve(net: Net): Assembled {
  return resolved('net.yaml', yamlOf(net));
}

function subnetsOf(topology: Topology): readonly Prefix[] {
  return [
    ...topology.routers.map((router) => ({ address: router.loopback, length: 32 })),
    ...topology.links.map(({ ends }) => prefixOf(ends[0].address.address, ends[0].address.length)),
  ];
}

describe('the address plan', () => {
  it('never uses an address twice, nor lets subnets overlap, whatever was given', () => {
    fc.assert(
      fc.property(nets, (net) => {
        const { topology } = resolve(net);
        const blocks = subnetsOf(topology)
          .map(blockOf)
          .toSorted((a, b) => a.first - b.first);
        for (const [i, block] of blocks.entries())
          if (i > 0) expect(block.first).to.be.greaterThan(blocks[i - 1].last);
        const addresses = topology.links.flatMap(({ ends }) => ends.map((end) => end.address.address));
        expect(new Set(addresses).size).to.equal(addresses.length);
        const macs = topology.links.flatMap(({ ends }) => ends.map((end) => end.mac));
        expect(new Set(macs).size).to.equal(macs.length);
      }),
    );
  });

  it('puts all ends of a link in one subnet, and keeps what was given', () => {
    fc.assert(
      fc.property(nets, (net) => {
        const { topology } = resolve(net);
        for (const { ends } of topology.links) {
          const subnet = prefixOf(ends[0].address.address, ends[0].address.length);
          for (const { address } of ends) {
            expect(address.length).to.equal(subnet.length);
            expect(contains(subnet, address.address)).to.equal(true);
          }
        }
        for (const [i, { address }] of net.hosts.entries()) {
          const host = topology.hosts.find(({ name }) => name === `h${i}`);
          if (address !== undefined && host !== undefined)
            expect(formatPrefix(host.address)).to.equal(address);
        }
      }),
    );
  });

  it('says the same for the same text, and a link added at the end changes nothing of what was there', () => {
    fc.assert(
      fc.property(nets, (net) => {
        const before = resolve(net);
        expect(resolve(net)).to.deep.equal(before);
        const after = resolve({ ...net, links: [...net.links, [0, 1]] });
        expect(after.topology.routers).to.deep.equal(before.topology.routers);
        expect(after.topology.hosts).to.deep.equal(before.topology.hosts);
        for (const link of before.topology.links) expect(after.topology.links).to.deep.include(link);
      }),
    );
  });

  it('takes each address from the pool of its kind', () => {
    const { topology } = resolved(
      'net.yaml',
      yamlOf({
        routers: 3,
        hosts: [{ router: 0 }],
        links: [
          [0, 1],
          [0, 1, 2],
        ],
      }),
    );
    for (const { loopback } of topology.routers)
      expect(contains(DEFAULT_POOLS.loopbacks, loopback)).to.equal(true);
    const subnets = topology.links.map(({ name, ends }) => [
      name,
      formatPrefix(prefixOf(ends[0].address.address, ends[0].address.length)),
    ]);
    expect(subnets).to.deep.equal([
      ['R0-R1', '10.254.0.0/31'],
      ['R0-R1-R2', '10.0.0.0/24'],
      ['R0-h0', '10.0.1.0/24'],
    ]);
  });

  it('has room for a thousand routers with a host each and five thousand links, in a second', () => {
    const links = Array.from({ length: 5000 }, (_, i) => [
      i % 1000,
      ((i % 1000) + 1 + Math.floor(i / 1000) * 7) % 1000,
    ]);
    const hosts = Array.from({ length: 1000 }, (_, router) => ({ router }));
    const { topology, real } = resolved('net.yaml', yamlOf({ routers: 1000, hosts, links }));
    expect(topology.links).to.have.length(6000);
    expect(real.size).to.equal(1000);
  });

  it('gives a segment of 300 routers a subnet that holds them', () => {
    const { topology } = resolved(
      'net.yaml',
      yamlOf({ routers: 300, hosts: [], links: [Array.from({ length: 300 }, (_, i) => i)] }),
    );
    expect(formatPrefix(topology.links[0].ends[299].address)).to.equal('10.0.1.44/23');
  });

  const AB = 'nodes: { A:, B: }\n';
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'a pool without a free address',
      `${AB}addressing:\n  loopbacks: 10.255.0.1/32\n`,
      [
        'net.yaml:3:14: no address is left for the loopback of "B": addressing.loopbacks is 10.255.0.1/32 (give addressing.loopbacks a larger prefix)',
      ],
    ],
    [
      'pools that overlap',
      `${AB}addressing: { links: 10.255.128.0/17 }\n`,
      ['net.yaml:2:22: addressing.links (10.255.128.0/17) overlaps addressing.loopbacks (10.255.0.0/16)'],
    ],
    [
      'a loopback in the subnet of a host',
      'nodes: { A: { loopback: 10.1.0.77 } }\nhosts: { h: { router: A, address: 10.1.0.10/24 } }\n',
      ['net.yaml:1:25: 10.1.0.77/32 of the loopback of "A" overlaps 10.1.0.0/24 of host "h"'],
    ],
    [
      'a loopback given twice',
      'nodes: { A: { loopback: 10.1.0.1 }, B: { loopback: 10.1.0.1 } }\n',
      ['net.yaml:1:52: 10.1.0.1/32 of the loopback of "B" overlaps 10.1.0.1/32 of the loopback of "A"'],
    ],
    [
      'an address that no interface can have',
      `${AB}hosts: { h: { router: A, address: 10.1.0.255/24 } }\n`,
      ['net.yaml:2:35: 10.1.0.255/24 of "h" is no address that an interface can have'],
    ],
    [
      'a loopback that is a multicast group',
      'nodes: { A: { loopback: 224.0.0.5 } }\n',
      ['net.yaml:1:25: 224.0.0.5 is no address that a router can have'],
    ],
    [
      'a subnet without room for the router',
      `${AB}hosts: { h: { router: A, address: 10.1.0.1/32 } }\n`,
      ['net.yaml:2:23: 10.1.0.1/32 has no address left for "A"'],
    ],
    [
      'ends in two subnets',
      `${AB}links: [{ endpoints: [{ node: A, address: 10.1.0.0/31 }, { node: B, address: 10.2.0.1/31 }] }]\n`,
      ['net.yaml:2:78: 10.2.0.1/31 of "B" is not in 10.1.0.0/31, the subnet of the other end'],
    ],
    [
      'ends with one address',
      `${AB}links: [{ endpoints: [{ node: A, address: 10.1.0.0/31 }, { node: B, address: 10.1.0.0/31 }] }]\n`,
      ['net.yaml:2:78: 10.1.0.0/31 of "B" is the address of the other end, too'],
    ],
  ];
  for (const [what, text, expected] of cases) {
    it(`refuses ${what}`, () => {
      const errors = problemsOf('net.yaml', text).filter((line) => !line.includes('warning:'));
      expect(errors).to.deep.equal(expected);
    });
  }

  it('lets links of different VRFs have the same addresses, at interfaces with MACs of their own', () => {
    const two = (red: string, blue: string) => `nodes: { A: , B: }
links: [{ endpoints: [A, B] }]
hosts:
  h: { router: A, address: 10.1.0.2/24, vrf: ${red} }
  i: { router: A, address: 10.1.0.2/24, vrf: ${blue} }
`;
    const { topology, real } = resolved('net.yaml', two('BLUE', 'RED'));
    expect(topology.hosts.map(({ address }) => formatPrefix(address))).to.deep.equal([
      '10.1.0.2/24',
      '10.1.0.2/24',
    ]);
    const macs = topology.links.flatMap(({ ends }) => ends.map(({ mac }) => mac));
    expect(new Set(macs).size).to.equal(macs.length);
    const { vrfs, interfaces, ospf } = real.get('A') ?? expect.fail('A has no configuration');
    expect(vrfs).to.deep.equal([{ name: 'BLUE' }, { name: 'RED' }]);
    expect(interfaces.map(({ name, vrf, ospf: own }) => [name, vrf, own.area])).to.deep.equal([
      ['lo', undefined, 0],
      ['to-B', undefined, 0],
      ['to-h', 'BLUE', undefined],
      ['to-i', 'RED', undefined],
    ]);
    expect(ospf?.passiveInterfaces).to.deep.equal([]);
    expect(problemsOf('net.yaml', two('RED', 'RED'))).to.deep.equal([
      'net.yaml:5:28: 10.1.0.0/24 of host "i" overlaps 10.1.0.0/24 of host "h"',
    ]);
  });
});

describe('an address pool', () => {
  it('cuts aligned blocks around what is taken, until nothing is left', () => {
    const taken = [
      { first: 2, last: 2 },
      { first: 8, last: 11 },
    ];
    const pool = new AddressPool({ address: 0, length: 28 }, taken);
    const blocks = Array.from({ length: 6 }, () => pool.take(31)?.address);
    expect(blocks).to.deep.equal([0, 4, 6, 12, 14, undefined]);
  });
});
