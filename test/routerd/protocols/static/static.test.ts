/** Static routes: which can be used, and by what way. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseConfig } from '../../../../src/config/parser.ts';
import { contains, formatPrefix, type Prefix, parsePrefix } from '../../../../src/net/address.ts';
import { usableStaticRoutes } from '../../../../src/routerd/protocols/static/static.ts';
import type { Route } from '../../../../src/routerd/rib/rib.ts';
import type { NextHop } from '../../../../src/world/observation.ts';

const toA: NextHop = { kind: 'connected', port: 'a' };
const byA = (gateway: string): NextHop => ({ kind: 'gateway', port: 'a', gateway });

/** What the slot reaches without static routes. */
const CONNECTED: readonly Route[] = [
  { prefix: prefix('10.0.1.0/24'), source: 'connected', distance: 0, metric: 0, nextHops: [toA] },
  {
    prefix: prefix('10.0.1.1/32'),
    source: 'connected',
    distance: 0,
    metric: 0,
    nextHops: [{ kind: 'local' }],
  },
  {
    prefix: prefix('10.5.0.0/16'),
    source: 'ospf',
    distance: 110,
    metric: 20,
    nextHops: [byA('10.0.1.5'), { kind: 'gateway', port: 'b', gateway: '10.0.2.5' }],
  },
];

/** The routes that these lines come to, as `prefix distance: next hops`. */
function routes(lines: readonly string[], others = CONNECTED, down: readonly string[] = []): string[] {
  const { config, problems } = parseConfig(lines.map((line) => `ip route ${line}`).join('\n'));
  expect(problems).to.deep.equal([]);
  const usable = usableStaticRoutes(config.staticRoutes, {
    reach: (address, vrf) =>
      (vrf === '' ? others : [])
        .filter((route) => contains(route.prefix, address))
        .sort((x, y) => y.prefix.length - x.prefix.length)[0],
    isUp: (name) => !down.includes(name),
    isUnnumbered: (name) => name === 'u',
  });
  return [...usable].flatMap(([vrf, table]) =>
    table.map(
      ({ prefix, distance, nextHops }) =>
        `${vrf}${vrf === '' ? '' : ' '}${formatPrefix(prefix)} ${distance}: ${nextHops.map(textOf).join(' ')}`,
    ),
  );
}

describe('static routes', () => {
  it('go by a neighbour, an interface that is up, or nowhere', () => {
    const lines = ['10.9.0.0/16 10.0.1.2', '10.8.0.0/16 b', '10.7.0.0/16 Null0', '10.6.0.0/16 c'];
    expect(routes(lines, CONNECTED, ['c'])).to.have.members([
      '10.9.0.0/16 1: a>10.0.1.2',
      '10.8.0.0/16 1: b',
      '10.7.0.0/16 1: blackhole',
    ]);
  });

  it('are not offered while nothing leads to their gateway, or it is the router itself', () => {
    expect(routes(['10.9.0.0/16 10.0.3.2', '10.8.0.0/16 10.0.1.1'])).to.deep.equal([]);
  });

  it('float: the one of the smallest distance that can be used', () => {
    const lines = ['10.9.0.0/16 b', '10.9.0.0/16 10.0.1.2 200'];
    expect(routes(lines)).to.deep.equal(['10.9.0.0/16 1: b']);
    expect(routes(lines, CONNECTED, ['b'])).to.deep.equal(['10.9.0.0/16 200: a>10.0.1.2']);
  });

  it('share the load where their distances are equal, and count one way once', () => {
    expect(routes(['10.9.0.0/16 10.0.1.2', '10.9.0.0/16 b'])).to.deep.equal(['10.9.0.0/16 1: a>10.0.1.2 b']);
    expect(routes(['10.9.0.0/16 10.5.0.1', '10.9.0.0/16 10.5.0.2'])).to.deep.equal([
      '10.9.0.0/16 1: a>10.0.1.5 b>10.0.2.5',
    ]);
  });

  it('take all ways of the route to a gateway that is no neighbour', () => {
    expect(routes(['10.9.0.0/16 10.5.7.7'])).to.deep.equal(['10.9.0.0/16 1: a>10.0.1.5 b>10.0.2.5']);
  });

  it("lead to one another's gateways, the longest prefix first, also by a blackhole", () => {
    expect(
      routes([
        '10.9.0.0/16 10.8.0.1',
        '10.8.0.0/16 10.5.0.1',
        '10.5.0.0/24 10.0.1.2',
        '10.4.0.0/16 10.3.0.1',
        '10.3.0.0/16 Null0',
      ]),
    ).to.have.members([
      '10.9.0.0/16 1: a>10.0.1.2',
      '10.8.0.0/16 1: a>10.0.1.2',
      '10.5.0.0/24 1: a>10.0.1.2',
      '10.4.0.0/16 1: blackhole',
      '10.3.0.0/16 1: blackhole',
    ]);
  });

  it("prefer the smaller distance where static and other routes have the gateway's prefix", () => {
    expect(routes(['10.9.0.0/16 10.5.0.1', '10.5.0.0/16 10.0.1.2'])).to.include('10.9.0.0/16 1: a>10.0.1.2');
    expect(routes(['10.9.0.0/16 10.5.0.1', '10.5.0.0/16 10.0.1.2 120'])).to.include(
      '10.9.0.0/16 1: a>10.0.1.5 b>10.0.2.5',
    );
  });

  it('never lead to their own gateway, directly or round about', () => {
    expect(routes(['10.9.0.0/16 10.9.0.1'])).to.deep.equal([]);
    expect(routes(['10.9.0.0/16 10.8.0.1', '10.8.0.0/16 10.9.0.1'])).to.deep.equal([]);
  });

  it('by a gateway on an interface are used while it is on the wire there', () => {
    expect(routes(['10.9.0.0/16 10.0.1.2 a'])).to.deep.equal(['10.9.0.0/16 1: a>10.0.1.2']);
    expect(routes(['10.9.0.0/16 10.0.1.2 b', '10.8.0.0/16 10.5.0.1 a'])).to.deep.equal([]);
    expect(routes(['10.9.0.0/16 10.0.1.2 a'], CONNECTED, ['a'])).to.deep.equal([]);
  });

  it('by a gateway that is said to be on an interface need no subnet there', () => {
    const lines = ['10.9.0.0/16 10.7.7.7 b onlink', '10.8.0.0/16 10.7.7.7 u'];
    expect(routes(lines)).to.have.members(['10.9.0.0/16 1: b>10.7.7.7', '10.8.0.0/16 1: u>10.7.7.7']);
    expect(routes(lines, CONNECTED, ['b', 'u'])).to.deep.equal([]);
  });

  it('tell the sender, or not, when they lead nowhere', () => {
    expect(routes(['10.9.0.0/16 reject', '10.8.0.0/16 null0 5'])).to.deep.equal([
      '10.8.0.0/16 5: blackhole',
      '10.9.0.0/16 1: reject',
    ]);
  });

  it('of a VRF find their gateways in another, static routes of that among them', () => {
    expect(
      routes([
        '10.9.0.0/16 10.0.1.2 vrf RED nexthop-vrf default',
        '10.8.0.0/16 10.0.1.2 vrf RED',
        '10.7.0.0/16 10.9.0.1 nexthop-vrf RED',
        '10.6.0.0/16 10.7.0.1 vrf RED nexthop-vrf default',
        '10.4.0.0/16 a vrf RED nexthop-vrf default',
      ]),
    ).to.have.members([
      '10.7.0.0/16 1: a>10.0.1.2',
      'RED 10.4.0.0/16 1: a',
      'RED 10.6.0.0/16 1: a>10.0.1.2',
      'RED 10.9.0.0/16 1: a>10.0.1.2',
    ]);
  });

  it('may find their gateways by the same prefix of another VRF, and not by their own', () => {
    expect(
      routes([
        '10.9.0.0/16 10.0.1.2 vrf RED nexthop-vrf default',
        '10.9.0.0/16 10.9.0.1 nexthop-vrf RED',
        '10.8.0.0/16 10.8.0.1 vrf RED',
      ]),
    ).to.have.members(['10.9.0.0/16 1: a>10.0.1.2', 'RED 10.9.0.0/16 1: a>10.0.1.2']);
  });

  it('are never used with a distance of 255', () => {
    expect(routes(['10.9.0.0/16 10.0.1.2 255'])).to.deep.equal([]);
  });
});

function prefix(text: string): Prefix {
  return parsePrefix(text) ?? expect.fail(`${text} is no prefix`);
}

function textOf(hop: NextHop): string {
  switch (hop.kind) {
    case 'local':
    case 'blackhole':
    case 'reject':
      return hop.kind;
    case 'connected':
      return hop.port;
    case 'gateway':
      return `${hop.port}>${hop.gateway}`;
    case 'tunnel':
      return `${hop.to} label ${hop.label}`;
  }
}
