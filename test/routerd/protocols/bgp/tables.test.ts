import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatPrefix } from '../../../../src/net/address.ts';
import type { Policy } from '../../../../src/routerd/policy/policy.ts';
import { COMMUNITY } from '../../../../src/routerd/protocols/bgp/attributes.ts';
import { SLICE } from '../../../../src/routerd/protocols/bgp/slices.ts';
import { addressOf, BgpNetwork, type BgpRouter, NO_FAMILY, PERMIT_ALL, prefixAt } from './speakers.ts';

const P = '192.0.2.0/24';

/** Routers 10.0.0.1 and on, of these ASes. */
function routers(network: BgpNetwork, ...ases: readonly number[]): readonly BgpRouter[] {
  return ases.map((as, index) => network.router(index + 1, { as }));
}

/** Nothing is left of it anywhere. */
function expectForgotten(...all: readonly BgpRouter[]): void {
  for (const { bgp, installed } of all) {
    expect(bgp.table('ipv4').locRib.destinations.size).to.equal(0);
    expect([...installed.keys()].filter((prefix) => !prefix.startsWith('10.0.0.'))).to.deep.equal([]);
  }
}

describe('routers that speak BGP', () => {
  it('pass a route on from AS to AS, each with itself before the path', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65001, 65002, 65003);
    network.join(a, b);
    network.join(b, c);
    a.announce([P]);
    network.run(5);
    expect(b.asPath(P)).to.equal('65001');
    expect(c.asPath(P)).to.equal('65002 65001');
    // They share the link: the next hop is told as it is.
    expect(c.ways(P)).to.deep.equal(['lan 10.0.0.1']);
    expect([a, b, c].map(({ bgp }) => bgp.settled)).to.deep.equal([true, true, true]);
    a.withdraw([P]);
    network.run(1);
    expectForgotten(a, b, c);
  });

  it('forget everything of a neighbour that falls silent, and have it again when it is back', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    network.join(a, b, { holdS: 9 }, { holdS: 9 });
    a.announce(Array.from({ length: 3000 }, (_, at) => `100.${at >> 8}.${at & 255}.0/24`));
    network.run(5);
    expect(b.installed.size).to.equal(3002);
    network.streams.isCut = true;
    network.run(12);
    expectForgotten(b);
    network.streams.isCut = false;
    network.run(30);
    expect(b.installed.size).to.equal(3002);
    expect(b.view(a)).to.deep.include({ received: 3000, sent: 0 });
    expect(a.view(b)).to.deep.include({ received: 0, sent: 3000 });
  });

  it('are done when what they hear and say has come to rest, and do not wait for who never comes', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    a.neighbour(b);
    network.run(1);
    expect(a.bgp.settled).to.equal(false);
    network.run(15);
    expect(a.state(b)).to.not.equal('Established');
    expect(a.bgp.settled).to.equal(true);
    b.neighbour(a);
    network.run(20);
    expect(a.state(b)).to.equal('Established');
    expect(a.bgp.settled).to.equal(true);
  });

  it('do not wait for good for who takes a connection and says nothing', () => {
    const network = new BgpNetwork();
    const [a] = routers(network, 65001);
    const silent = network.streams.transport(addressOf(2));
    silent.listen({ remote: a.address, ttl: 1 }, () => ({
      connected: () => {},
      readable: () => {},
      writable: () => {},
      ended: () => {},
      closed: () => {},
    }));
    a.neighbour(network.router(2, { as: 65002 }));
    network.run(5);
    expect(a.bgp.neighbours()[0].state).to.equal('OpenSent');
    expect(a.bgp.settled).to.equal(false);
    network.run(10);
    expect(a.bgp.neighbours()[0].state).to.equal('OpenSent');
    expect(a.bgp.settled).to.equal(true);
  });

  it('begin no session while there is no way, end one of the link at once when the link is lost', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    network.join(a, b);
    a.announce([P]);
    network.run(3);
    expect(b.best(P)).to.not.equal(undefined);
    b.rib.withdraw('connected', prefixAt('10.0.0.0/24'));
    network.run(1);
    expect(b.state(a)).to.equal('Idle');
    expect(b.best(P)).to.equal(undefined);
    b.rib.set({
      prefix: prefixAt('10.0.0.0/24'),
      source: 'connected',
      distance: 0,
      metric: 0,
      nextHops: [{ kind: 'connected', port: 'lan' }],
    });
    network.run(10);
    expect(b.asPath(P)).to.equal('65001');
  });

  it('try a neighbour again as soon as there is a way, however long there was none', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65001);
    const slow = { connectRetryS: 100 };
    network.join(a, b, { holdS: 9 }, { holdS: 9 });
    for (const [one, other] of [
      [a, b],
      [b, a],
    ]) {
      const [{ session, ...rest }] = one.settings.neighbours;
      one.configure({ neighbours: [{ ...rest, session: { ...session, ...slow } }] });
      expect(one.settings.neighbours[0].address).to.equal(other.address);
    }
    network.run(5);
    expect(a.state(b)).to.equal('Established');
    const prefix = prefixAt('10.0.0.0/24');
    for (const { rib } of [a, b]) rib.withdraw('connected', prefix);
    network.streams.isCut = true;
    network.run(600);
    expect(a.state(b)).to.not.equal('Established');
    network.streams.isCut = false;
    for (const { rib } of [a, b]) {
      const nextHops = [{ kind: 'connected', port: 'lan' }] as const;
      rib.set({ prefix, source: 'connected', distance: 0, metric: 0, nextHops });
    }
    network.run(5);
    expect(a.state(b)).to.equal('Established');
  });

  it('refuse paths through themselves, as often as is not allowed', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65001, 65002, 65001);
    network.join(a, b);
    network.join(b, c, {}, {});
    a.announce([P]);
    network.run(3);
    expect(c.best(P)).to.equal(undefined);
    c.neighbour(b, { ipv4: { allowAsIn: 1 } });
    network.run(3);
    expect(c.asPath(P)).to.equal('65002 65001');
  });

  it('refuse next hops that are their own, or no hosts', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65001);
    network.join(a, b);
    for (const [at, nextHop] of [b.address, 0x7f000001, 0xe0000005, 0x00000001].entries()) {
      a.announce([`100.0.${at}.0/24`], { nextHop });
    }
    a.announce([P]);
    network.run(3);
    expect([...b.installed.keys()].filter((prefix) => !prefix.startsWith('10.'))).to.deep.equal([P]);
  });

  it('pass over groups, which are no networks, and take the rest (RFC 4271 6.3)', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    network.join(a, b);
    const groups = ['224.0.0.0/4', '239.1.0.0/16'];
    const others = [P, '0.0.0.0/0', '128.0.0.0/1'];
    a.announce([...groups, ...others]);
    network.run(3);
    expect(groups.map((prefix) => b.from(prefix))).to.deep.equal([undefined, undefined]);
    expect(others.map((prefix) => b.from(prefix))).to.deep.equal([1, 1, 1]);
  });

  it('need a policy towards other ASes where RFC 8212 is kept', () => {
    const network = new BgpNetwork();
    const [a, b, c] = [1, 2, 3].map((number) =>
      network.router(number, { as: 65000 + number, bgp: { ebgpRequiresPolicy: true } }),
    );
    network.join(a, b, { ipv4: { routeMapOut: 'ALL' } }, { ipv4: { routeMapIn: 'ALL' } });
    network.join(b, c);
    network.join(a, c);
    a.announce([P]);
    network.run(3);
    expect(b.asPath(P)).to.equal('65001');
    expect(c.best(P)).to.equal(undefined);
  });

  it('believe no preference that another AS sends, and give way to who is about to go (RFC 8326)', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65001, 65002, 65003);
    network.join(a, c);
    network.join(b, c);
    a.announce([P]);
    b.announce([P]);
    network.run(3);
    expect(c.from(P)).to.equal(1);
    a.configure({ gracefulShutdown: true });
    network.run(1);
    expect(c.from(P)).to.equal(2);
    a.configure({ gracefulShutdown: false });
    b.withdraw([P]);
    network.run(1);
    expect(c.from(P)).to.equal(1);
    expect(c.best(P)?.communities).to.not.include(COMMUNITY.GRACEFUL_SHUTDOWN);
    expect(c.view(a)?.state).to.equal('Established');
  });
});

describe('route reflection', () => {
  it('tells clients of all, others of clients, and breaks loops by ORIGINATOR_ID and CLUSTER_LIST', () => {
    const network = new BgpNetwork();
    // 1 and 2 reflect for 3 and 4, both for both; 5 is nobody's client.
    const [r1, r2, c3, c4, n5] = routers(network, 65000, 65000, 65000, 65000, 65000);
    const client = { ipv4: { routeReflectorClient: true } };
    for (const reflector of [r1, r2]) for (const each of [c3, c4]) network.join(reflector, each, client, {});
    network.join(r1, r2);
    network.join(r1, n5);
    c3.announce([P]);
    n5.announce(['198.51.100.0/24']);
    network.run(5);
    expect(c4.best(P)).to.deep.include({ originatorId: c3.address, nextHop: c3.address });
    expect(n5.best(P)).to.deep.include({ originatorId: c3.address, clusterList: [r1.address] });
    expect(c4.best('198.51.100.0/24')?.clusterList).to.deep.equal([r1.address]);
    // Neither r2 nor n5 is a client of r1.
    expect(r2.best('198.51.100.0/24')).to.equal(undefined);
    expect(c3.from(P)).to.equal(0);
    const updates = [r1, r2, c3, c4, n5].reduce((sum, { installs }) => sum + installs, 0);
    network.run(60);
    expect([r1, r2, c3, c4, n5].reduce((sum, { installs }) => sum + installs, 0)).to.equal(updates);
    c3.withdraw([P]);
    n5.withdraw(['198.51.100.0/24']);
    network.run(2);
    expectForgotten(r1, r2, c3, c4, n5);
  });

  it('is of a family whose client the neighbour is, and of no other', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65000, 65000, 65000);
    const client = { importPolicy: '', exportPolicy: '', routeReflectorClient: true };
    network.join(a, b, {}, { vpnv4: client });
    network.join(b, c);
    a.announce([P]);
    network.run(3);
    expect(b.best(P)).to.not.equal(undefined);
    expect(c.best(P)).to.equal(undefined);
  });

  it('is not done by who has no clients', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65000, 65000, 65000);
    network.join(a, b);
    network.join(b, c);
    a.announce([P]);
    network.run(3);
    expect(b.best(P)).to.not.equal(undefined);
    expect(c.best(P)).to.equal(undefined);
  });
});

describe('next hops', () => {
  const REMOTE = 0xcb007101; // 203.0.113.1

  it('are found by the other routes of the table, and followed when those change', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65000, 65000, 65000);
    network.join(a, c);
    network.join(b, c);
    a.announce([P], { nextHop: REMOTE });
    b.announce([P], { nextHop: REMOTE + 1 });
    network.run(3);
    expect(c.best(P), 'nothing leads there').to.equal(undefined);
    c.igp('203.0.113.1/32', 10, '10.0.0.77');
    c.igp('203.0.113.2/32', 20, '10.0.0.88');
    network.run(1);
    expect(c.ways(P)).to.deep.equal(['lan 10.0.0.77']);
    c.igp('203.0.113.1/32', 30, '10.0.0.77');
    network.run(1);
    expect(c.ways(P), 'the other one is nearer').to.deep.equal(['lan 10.0.0.88']);
    c.igp('203.0.113.2/32', 20, '10.0.0.99', 'west');
    network.run(1);
    expect(c.ways(P)).to.deep.equal(['west 10.0.0.99']);
    for (const prefix of ['203.0.113.1/32', '203.0.113.2/32']) c.rib.withdraw('ospf', prefixAt(prefix));
    network.run(1);
    expect(c.ways(P)).to.equal(undefined);
  });

  it('do not lead through routes of BGP, their own least of all', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65000, 65000);
    network.join(a, b);
    a.announce(['203.0.113.0/24'], { nextHop: REMOTE });
    a.announce([P], { nextHop: REMOTE });
    a.announce(['203.0.0.0/16']);
    network.run(3);
    expect(b.ways('203.0.0.0/16')).to.deep.equal(['lan 10.0.0.1']);
    expect(b.ways('203.0.113.0/24')).to.equal(undefined);
    expect(b.ways(P)).to.equal(undefined);
  });

  it('of neighbours of another AS must be on the link', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    const set: Policy = { ...PERMIT_ALL, routeMap: (_, route) => ({ ...route, setNextHop: REMOTE }) };
    network.join(a, b, { ipv4: { routeMapOut: 'M' } });
    a.configure({ policy: set });
    a.announce([P]);
    b.igp('203.0.113.0/24', 5, '10.0.0.9');
    network.run(3);
    expect(b.best(P)).to.equal(undefined);
    b.neighbour(a, { mustBeConnected: false });
    network.run(5);
    expect(b.ways(P)).to.deep.equal(['lan 10.0.0.9']);
  });

  it('are used together where paths are as good', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65001);
    const c = network.router(3, { as: 65003, ipv4: { maximumPaths: 2 } });
    network.join(a, c);
    network.join(b, c);
    for (const each of [a, b]) each.announce([P]);
    network.run(3);
    expect(c.ways(P)).to.deep.equal(['lan 10.0.0.1', 'lan 10.0.0.2']);
    c.configure({ families: { ipv4: NO_FAMILY, vpnv4: NO_FAMILY } });
    network.run(1);
    expect(c.ways(P)).to.have.length(1);
  });
});

describe('limits of what a neighbour may announce', () => {
  const few = ['100.0.0.0/24', '100.0.1.0/24', '100.0.2.0/24'];

  for (const [onExceed, isUp] of [
    ['close', false],
    ['warn', true],
  ] as const) {
    it(`${onExceed === 'close' ? 'end the session' : 'are told of alone, where that is asked for'}`, () => {
      const network = new BgpNetwork();
      const [a, b] = routers(network, 65001, 65002);
      network.join(a, b, {}, { ipv4: { maximumPrefix: { count: 2, onExceed } } });
      a.announce(few.slice(0, 2));
      network.run(3);
      expect(b.state(a)).to.equal('Established');
      a.announce(few);
      network.run(300);
      expect(b.state(a) === 'Established').to.equal(isUp);
      expect(b.best('100.0.0.0/24') !== undefined).to.equal(isUp);
    });
  }

  it('end it for a while', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    const onExceed = { restartAfterMinutes: 5 };
    network.join(a, b, {}, { ipv4: { maximumPrefix: { count: 2, onExceed } } });
    a.announce(few);
    network.run(240);
    expect(b.state(a)).to.not.equal('Established');
    a.withdraw(few.slice(1));
    network.run(240);
    expect(b.state(a)).to.equal('Established');
    expect(b.best('100.0.0.0/24')).to.not.equal(undefined);
  });
});

describe('a session that ended over its limit', () => {
  for (const [onExceed, isUpAgain] of [
    ['close', false],
    [{ restartAfterMinutes: 5 }, true],
  ] as const) {
    it(`stays so while the way to the neighbour goes and comes back${isUpAgain ? ', until its time has come' : ''}`, () => {
      const network = new BgpNetwork();
      const [a, b] = routers(network, 65001, 65002);
      network.join(a, b, {}, { ipv4: { maximumPrefix: { count: 1, onExceed } } });
      a.announce(['100.0.0.0/24', '100.0.1.0/24']);
      network.run(10);
      a.withdraw(['100.0.1.0/24']);
      const link = prefixAt('10.0.0.0/24');
      b.rib.withdraw('connected', link);
      network.run(10);
      const nextHops = [{ kind: 'connected', port: 'lan' } as const];
      b.rib.set({ prefix: link, source: 'connected', distance: 0, metric: 0, nextHops });
      network.run(240);
      expect(b.state(a)).to.equal('Idle');
      network.run(300);
      expect(b.state(a) === 'Established').to.equal(isUpAgain);
    });
  }
});

describe('a path that is let in or not', () => {
  const build = (own: object) => {
    const network = new BgpNetwork();
    const [a, server, b] = routers(network, 65001, 65010, 65002);
    const client = { ipv4: { routeServerClient: true } };
    network.join(server, a, client);
    network.join(server, b, client, own);
    a.announce(['100.0.0.0/24']);
    network.run(5);
    return b.asPath('100.0.0.0/24');
  };
  it('begins with the AS of the neighbour, where that is enforced', () => {
    expect(build({})).to.equal('65001');
    expect(build({ enforceFirstAs: true })).to.equal(undefined);
  });

  it('may end with our own AS where that is said, and have it nowhere else', () => {
    const network = new BgpNetwork();
    const [origin, between, site, other] = routers(network, 65001, 65002, 65001, 65003);
    network.join(origin, between);
    network.join(between, site, {}, { ipv4: { allowAsIn: 'origin' } });
    network.join(other, origin);
    origin.announce(['100.0.0.0/24']);
    other.announce(['100.0.1.0/24']);
    network.run(5);
    expect(between.asPath('100.0.1.0/24')).to.equal('65001 65003');
    expect(site.asPath('100.0.0.0/24')).to.equal('65002 65001');
    expect(site.asPath('100.0.1.0/24')).to.equal(undefined);
  });
});

describe('a table', () => {
  it('that is full ends the session of who fills it, and goes on', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    const c = network.router(3, { as: 65003, maxDestinations: 100 });
    network.join(a, c);
    network.join(b, c);
    b.announce(['198.51.100.0/24']);
    network.run(3);
    a.announce(Array.from({ length: 200 }, (_, at) => `100.0.${at}.0/24`));
    network.run(60);
    expect(c.state(a)).to.equal('Idle');
    expect(c.asPath('198.51.100.0/24')).to.equal('65002');
    expect(c.bgp.table('ipv4').locRib.destinations.size).to.equal(1);
  });

  it('keeps no more next hops than paths have, however many come by', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65000, 65000);
    network.join(a, b);
    b.igp('100.0.0.0/8', 1, '10.0.0.1');
    network.run(3);
    for (let turn = 0; turn < 40; turn++) {
      for (let at = 0; at < 1000; at++)
        a.announce([`198.18.${at >> 8}.${at & 255}/32`], { nextHop: 0x64000000 + turn * 1000 + at });
      network.run(1);
    }
    expect(b.installed.size).to.equal(1003);
    expect(b.bgp.trackedHops).to.be.below(20_000);
  });

  it('decides what flaps a thousand times in a moment a few times', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65001, 65002, 65003);
    network.join(a, b);
    network.join(b, c);
    network.run(3);
    const before = b.installs + c.installs;
    for (let turn = 0; turn < 1000; turn++) {
      a.announce([P], { med: turn });
      a.withdraw([P]);
    }
    a.announce([P]);
    network.run(3);
    expect(c.asPath(P)).to.equal('65002 65001');
    expect(b.installs + c.installs - before).to.be.at.most(4);
  });
});

describe('another configuration of a session that lives', () => {
  const less: Policy = { ...PERMIT_ALL, prefixList: (_, prefix) => prefix.length < 24 };
  const prefixes = ['100.0.0.0/16', '100.0.1.0/24', '100.0.2.0/24'];

  for (const soft of [false, true]) {
    it(`lets in by the new policy, ${soft ? 'from what was kept' : 'having asked for it again'}`, () => {
      const network = new BgpNetwork();
      const [a, b] = routers(network, 65001, 65002);
      const ipv4 = { softReconfigurationInbound: soft };
      network.join(a, b, {}, { ipv4 });
      a.announce(prefixes);
      network.run(3);
      const seen = b.view(a)?.agreement;
      b.configure({ policy: less });
      b.neighbour(a, { ipv4: { ...ipv4, prefixListIn: 'L', importPolicy: 'less' } });
      network.run(2);
      expect(prefixes.map((prefix) => b.best(prefix) !== undefined)).to.deep.equal([true, false, false]);
      expect(b.view(a)?.received).to.equal(1);
      b.configure({ policy: PERMIT_ALL });
      b.neighbour(a, { ipv4: { ...ipv4, prefixListIn: 'L', importPolicy: 'all' } });
      network.run(2);
      expect(prefixes.map((prefix) => b.best(prefix) !== undefined)).to.deep.equal([true, true, true]);
      expect(b.view(a)?.agreement, 'the session is the same').to.equal(seen);
    });
  }

  it('tells the differences of another export policy, and nothing twice', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    network.join(a, b);
    a.announce(prefixes);
    network.run(3);
    const before = b.installs;
    const sent = a.view(b)?.counters.updatesOut ?? 0;
    a.configure({ policy: less });
    a.neighbour(b, { ipv4: { prefixListOut: 'L', exportPolicy: 'less' } });
    network.run(2);
    expect(prefixes.map((prefix) => b.best(prefix) !== undefined)).to.deep.equal([true, false, false]);
    expect(b.installs - before).to.equal(2);
    expect((a.view(b)?.counters.updatesOut ?? 0) - sent, 'one withdrawal of both').to.equal(1);
  });

  it('tells a neighbour that leaves others what its own policy makes of a route that changes meanwhile', () => {
    const network = new BgpNetwork();
    const byMap: Policy = {
      ...PERMIT_ALL,
      routeMap: (name, route) => {
        const { attributes } = route;
        if (attributes === undefined) return route;
        // One map leaves the mark of a route alone, the other one makes it 2.
        const communities = name === 'SAME' ? [2] : attributes.communities;
        return { ...route, attributes: { ...attributes, communities } };
      },
    };
    const a = network.router(1, { as: 65001, policy: byMap });
    const [b, c] = [network.router(2, { as: 65002 }), network.router(3, { as: 65002 })];
    const given = { ipv4: { routeMapOut: 'AS-IS', exportPolicy: 'as is' } };
    const other = { ipv4: { routeMapOut: 'SAME', exportPolicy: 'same' } };
    const d = network.router(4, { as: 65002 });
    for (const each of [b, c]) network.join(a, each, given);
    network.join(a, d, other);
    const many = Array.from({ length: 5000 }, (_, at) => `100.${at >> 8}.${at & 255}.0/24`);
    a.announce(many, { communities: [1] });
    network.run(5);
    a.neighbour(b, other);
    // Before the walk comes to it: those who stay are told the mark 2, who left was told 1.
    a.announce(many.slice(-1), { communities: [2] });
    network.run(5);
    expect([b, c, d].map((each) => each.best(many[4999])?.communities)).to.deep.equal([[2], [2], [2]]);
  });

  it('leaves sessions alone that it says nothing else of', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65001, 65002, 65003);
    network.join(a, b);
    network.join(a, c);
    network.run(3);
    a.neighbour(b, { localAs: { as: 64999, noPrepend: false, replaceAs: false } });
    network.run(10);
    expect(a.view(c)?.counters.established).to.equal(1);
    expect(b.view(a)?.agreement?.remoteAs).to.equal(64999);
  });

  it('takes away what a neighbour brought that is not configured any more', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65001, 65002, 65003);
    network.join(a, b);
    network.join(b, c);
    a.announce([P]);
    network.run(3);
    b.configure({ neighbours: b.settings.neighbours.filter(({ address }) => address !== a.address) });
    network.run(2);
    expect(a.state(b)).to.not.equal('Established');
    expectForgotten(b, c);
  });
});

describe('aggregates', () => {
  const aggregate = (summaryOnly: boolean, asSet: boolean) => ({
    prefix: prefixAt('100.0.0.0/8'),
    summaryOnly,
    asSet,
  });
  const build = (summaryOnly: boolean, asSet: boolean) => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    const c = network.router(3, { as: 65003, ipv4: { aggregates: [aggregate(summaryOnly, asSet)] } });
    const d = network.router(4, { as: 65004 });
    network.join(a, c);
    network.join(b, c);
    network.join(c, d);
    a.announce(['100.1.0.0/16']);
    b.announce(['100.2.0.0/16']);
    network.run(5);
    return { network, a, b, c, d };
  };

  it('stand for what lies within, while there is some; what has no part goes nowhere', () => {
    const { network, a, b, c, d } = build(false, false);
    expect(d.asPath('100.0.0.0/8')).to.equal('65003');
    expect(d.best('100.0.0.0/8')).to.deep.include({
      atomicAggregate: true,
      aggregator: { as: 65003, address: c.address },
    });
    expect(d.asPath('100.1.0.0/16')).to.equal('65003 65001');
    expect(c.ways('100.0.0.0/8')).to.deep.equal(['blackhole']);
    a.withdraw(['100.1.0.0/16']);
    network.run(1);
    expect(d.best('100.0.0.0/8')).to.not.equal(undefined);
    b.withdraw(['100.2.0.0/16']);
    network.run(1);
    expectForgotten(c, d);
  });

  it('are told alone, if so asked, and the parts again when they go', () => {
    const { network, c, d } = build(true, false);
    expect(d.best('100.1.0.0/16')).to.equal(undefined);
    expect(d.asPath('100.0.0.0/8')).to.equal('65003');
    c.configure({ families: { ipv4: NO_FAMILY, vpnv4: NO_FAMILY } });
    network.run(1);
    expect(d.best('100.0.0.0/8')).to.equal(undefined);
    expect(d.asPath('100.1.0.0/16')).to.equal('65003 65001');
  });

  it('are what their map makes of them, or not there where it denies; of the origin that is asked for', () => {
    const policy: Policy = {
      ...PERMIT_ALL,
      routeMap: (name, route) =>
        name === 'DENY'
          ? undefined
          : {
              ...route,
              metric: 77,
              metricIsSet: true,
              ...(route.attributes && { attributes: { ...route.attributes, communities: [5] } }),
            },
    };
    const { network, c, d } = build(true, false);
    const become = (more: object) => {
      const aggregates = [{ ...aggregate(true, false), ...more }];
      c.configure({ policy, families: { ipv4: { ...NO_FAMILY, aggregates }, vpnv4: NO_FAMILY } });
      network.run(1);
    };
    become({ routeMap: 'SET', origin: 'incomplete' });
    expect(d.best('100.0.0.0/8')).to.deep.include({ communities: [5], med: 77, origin: 2 });
    become({ routeMap: 'DENY' });
    expect(d.best('100.0.0.0/8')).to.equal(undefined);
    expect(d.asPath('100.1.0.0/16'), 'which nothing stands for').to.equal('65003 65001');
  });

  it('take the place of those parts that suppress-map permits', () => {
    const policy: Policy = {
      ...PERMIT_ALL,
      routeMap: (_, route) => (formatPrefix(route.prefix) === '100.1.0.0/16' ? route : undefined),
    };
    const { network, c, d } = build(false, false);
    const aggregates = [{ ...aggregate(false, false), suppressMap: 'S' }];
    c.configure({ policy, families: { ipv4: { ...NO_FAMILY, aggregates }, vpnv4: NO_FAMILY } });
    network.run(1);
    expect(d.asPath('100.0.0.0/8')).to.equal('65003');
    expect(d.best('100.1.0.0/16')).to.equal(undefined);
    expect(d.asPath('100.2.0.0/16')).to.equal('65003 65002');
  });

  it('with matching-MED-only are there while the MEDs of their parts are one', () => {
    const { network, a, c, d } = build(true, false);
    const aggregates = [{ ...aggregate(true, false), matchingMedOnly: true }];
    c.configure({ families: { ipv4: { ...NO_FAMILY, aggregates }, vpnv4: NO_FAMILY } });
    network.run(1);
    expect(d.asPath('100.0.0.0/8')).to.equal('65003');
    a.announce(['100.1.0.0/16'], { med: 3 });
    network.run(1);
    expect(d.best('100.0.0.0/8')).to.equal(undefined);
    expect(d.asPath('100.2.0.0/16')).to.equal('65003 65002');
  });

  it('stay as they are where another one is configured, or one of theirs is told otherwise', () => {
    const { network, c, d } = build(true, false);
    const { messagesOut } = c.view(d)?.counters ?? expect.fail();
    const other = { ...aggregate(true, false), prefix: prefixAt('200.0.0.0/8') };
    const { installs } = d;
    c.configure({
      families: { ipv4: { ...NO_FAMILY, aggregates: [other, aggregate(true, false)] }, vpnv4: NO_FAMILY },
    });
    network.run(1);
    expect(d.installs - installs, 'of the neighbour').to.equal(0);
    expect((c.view(d)?.counters.messagesOut ?? 0) - messagesOut, 'messages to it').to.equal(0);
    c.configure({
      families: { ipv4: { ...NO_FAMILY, aggregates: [aggregate(true, true)] }, vpnv4: NO_FAMILY },
    });
    network.run(1);
    expect(d.asPath('100.0.0.0/8')).to.equal('65003 {65001,65002}');
    expect(d.best('100.1.0.0/16')).to.equal(undefined);
    c.configure({
      families: { ipv4: { ...NO_FAMILY, aggregates: [aggregate(false, true)] }, vpnv4: NO_FAMILY },
    });
    network.run(1);
    expect(d.asPath('100.1.0.0/16')).to.equal('65003 65001');
  });

  it('are, after any changes of their parts, as if those had always been as they are', () => {
    const parts = [
      ['100.1.0.0/16', '100.3.0.0/16', '100.5.0.0/16'],
      ['100.2.0.0/16', '100.4.0.0/16'],
    ];
    const change = fc.record({ of: fc.nat(1), at: fc.nat(2), community: fc.nat(2), withdraw: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
        const one = build(true, true);
        const kept = new Map<string, { readonly of: number; readonly communities: readonly number[] }>();
        for (const [of, [prefix]] of parts.entries()) kept.set(prefix, { of, communities: [] });
        for (const { of, at, community, withdraw } of changes) {
          const prefix = parts[of][at % parts[of].length];
          const speaker = of === 0 ? one.a : one.b;
          if (withdraw) kept.delete(prefix);
          else kept.set(prefix, { of, communities: [community] });
          if (withdraw) speaker.withdraw([prefix]);
          else speaker.announce([prefix], { communities: [community] });
          one.network.run(community / 20);
        }
        one.network.run(2);
        const two = build(true, true);
        for (const [of, [prefix]] of parts.entries()) (of === 0 ? two.a : two.b).withdraw([prefix]);
        for (const [prefix, { of, communities }] of kept) {
          (of === 0 ? two.a : two.b).announce([prefix], { communities });
        }
        two.network.run(2);
        expect(one.d.best('100.0.0.0/8')).to.deep.equal(two.d.best('100.0.0.0/8'));
        expect(one.d.best('100.0.0.0/8') !== undefined).to.equal(kept.size > 0);
      }),
      { numRuns: 30 },
    );
  });

  it('are no parts of larger ones: neither do they keep those alive, nor are they silenced by them', () => {
    const network = new BgpNetwork();
    const large = aggregate(true, false);
    const small = { ...large, prefix: prefixAt('100.1.0.0/16') };
    const c = network.router(1, { as: 65001, ipv4: { aggregates: [large, small] } });
    const d = network.router(2, { as: 65002 });
    network.join(c, d);
    c.announce(['100.1.1.0/24']);
    network.run(5);
    const told = ['100.0.0.0/8', '100.1.0.0/16', '100.1.1.0/24'].map((prefix) => d.asPath(prefix));
    expect(told).to.deep.equal(['65001', '65001', undefined]);
    c.withdraw(['100.1.1.0/24']);
    network.run(2);
    expectForgotten(c, d);
  });

  it('have the communities of their parts, but not that one of them is about to go', () => {
    const { network, a, b, d } = build(false, true);
    a.announce(['100.1.0.0/16'], { communities: [7, COMMUNITY.GRACEFUL_SHUTDOWN] });
    b.announce(['100.2.0.0/16'], { communities: [9] });
    network.run(2);
    expect(d.best('100.0.0.0/8')).to.deep.include({ communities: [7, 9] });
  });

  it('name the ASes of their parts as a set, so that those refuse them', () => {
    const { a, d } = build(false, true);
    expect(d.asPath('100.0.0.0/8')).to.equal('65003 {65001,65002}');
    expect(a.best('100.0.0.0/8')).to.equal(undefined);
  });
});

describe('a neighbour that is to have a default route', () => {
  it('has one, whether there is one or not, and the real one again later', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65001, 65002, 65003);
    network.join(a, b, { ipv4: { defaultOriginate: {} } });
    network.join(a, c);
    network.run(3);
    expect(b.asPath('0.0.0.0/0')).to.equal('65001');
    c.announce(['0.0.0.0/0']);
    network.run(2);
    expect(b.asPath('0.0.0.0/0')).to.equal('65001');
    a.neighbour(b, {});
    network.run(2);
    expect(b.asPath('0.0.0.0/0')).to.equal('65001 65003');
    c.withdraw(['0.0.0.0/0']);
    network.run(2);
    expect(b.best('0.0.0.0/0')).to.equal(undefined);
  });
});

describe('a neighbour that is to have a default route while another is there', () => {
  const watched: Policy = {
    ...PERMIT_ALL,
    routeMap: (_, route, { matched = route } = {}) =>
      matched.prefix.address === prefixAt(P).address ? { ...route, metric: 9, metricIsSet: true } : undefined,
  };

  it('has it for as long as its map permits some route of the table, with what the map sets', () => {
    const network = new BgpNetwork();
    const a = network.router(1, { as: 65001, policy: watched });
    const [b, c] = [network.router(2, { as: 65002 }), network.router(3, { as: 65003 })];
    network.join(a, b, { ipv4: { defaultOriginate: { routeMap: 'M' } } });
    network.join(a, c);
    c.announce(['100.0.0.0/8']);
    network.run(10);
    expect(b.best('0.0.0.0/0')).to.equal(undefined);
    c.announce([P]);
    network.run(10);
    expect(b.best('0.0.0.0/0')).to.deep.include({ med: 9, nextHop: a.address });
    expect(b.asPath('0.0.0.0/0')).to.equal('65001');
    c.withdraw([P]);
    network.run(10);
    expect(b.best('0.0.0.0/0')).to.equal(undefined);
    expect(a.bgp.settled).to.equal(true);
  });
});

describe('a neighbour that comes and goes', () => {
  it('leaves nothing behind, however often, and in the middle of its table, too', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65001, 65002, 65003);
    network.join(a, b);
    network.join(b, c);
    const prefixes = Array.from({ length: 4 * SLICE }, (_, at) => `100.${at >> 8}.${at & 255}.0/24`);
    for (const [at, prefix] of prefixes.entries()) a.announce([prefix], { med: at >> 3 });
    network.run(10);
    const { destinations } = b.bgp.table('ipv4').locRib;
    const before = [b.installed.size, c.installed.size, b.bgp.trackedHops, destinations.end];
    for (let turn = 0; turn < 20; turn++) {
      b.neighbour(a, { shutdown: true });
      network.run(turn % 2 === 0 ? 10 : 0.01);
      b.neighbour(a);
      network.run(turn % 3 === 0 ? 5.1 : 20);
    }
    network.run(200);
    expect([b.installed.size, c.installed.size, b.bgp.trackedHops, destinations.end]).to.deep.equal(before);
    b.neighbour(a, { shutdown: true });
    network.run(10);
    expect([b.installed.size, c.installed.size]).to.deep.equal([2, 2]);
    expect(prefixes.some((prefix) => destinations.find({ prefix: prefixAt(prefix) }) >= 0)).to.equal(false);
  });
});

describe('a default route that depends on one route of many', () => {
  it('stays while another is looked for, a slice of the table at a time', () => {
    const network = new BgpNetwork();
    const { clock } = network.streams;
    const witnesses = ['200.0.0.0/8', '201.0.0.0/8'];
    const isWitness = new Set(witnesses.map((prefix) => prefixAt(prefix).address));
    /** By time: how many routes the map was put to. */
    const asked = new Map<number, number>();
    const watched: Policy = {
      ...PERMIT_ALL,
      routeMap: (_, route, { matched = route } = {}) => {
        asked.set(clock.now(), (asked.get(clock.now()) ?? 0) + 1);
        return isWitness.has(matched.prefix.address) ? route : undefined;
      },
    };
    const a = network.router(1, { as: 65001, policy: watched });
    const [b, c] = [network.router(2, { as: 65002 }), network.router(3, { as: 65003 })];
    network.join(a, b, { ipv4: { defaultOriginate: { routeMap: 'M' } } });
    network.join(a, c);
    const [first, second] = witnesses;
    c.announce([first]);
    network.run(5);
    c.announce(Array.from({ length: 8 * SLICE }, (_, at) => `100.${at >> 8}.${at & 255}.0/24`));
    network.run(5);
    c.announce([second]);
    network.run(5);
    asked.clear();
    for (const witness of witnesses) {
      expect(b.asPath('0.0.0.0/0')).to.equal('65001');
      const told = b.installs;
      c.withdraw([witness]);
      network.run(5);
      expect(b.installs - told, 'the route itself, and the default one after the last').to.be.at.most(2);
    }
    expect(b.best('0.0.0.0/0')).to.equal(undefined);
    expect(Math.max(...asked.values())).to.be.within(SLICE / 2, SLICE + 2);
    expect(a.bgp.settled).to.equal(true);
  });
});

describe('what goes out', () => {
  it('is one UPDATE for routes of equal attributes', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    network.join(a, b);
    network.run(3);
    const before = a.view(b)?.counters.updatesOut ?? 0;
    a.announce(Array.from({ length: 500 }, (_, at) => `100.0.${at & 255}.${at >> 8}/32`));
    network.run(1);
    expect(b.installed.size).to.equal(502);
    expect((a.view(b)?.counters.updatesOut ?? 0) - before).to.equal(1);
  });

  it('waits for the advertisement interval, and is then only the latest', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    network.join(a, b, { advertisementIntervalS: 30 });
    network.run(35);
    const before = a.view(b)?.counters.updatesOut ?? 0;
    for (let turn = 1; turn <= 20; turn++) {
      a.announce([P], { med: turn });
      network.run(1);
    }
    network.run(60);
    expect(b.best(P)?.med).to.equal(20);
    expect((a.view(b)?.counters.updatesOut ?? 0) - before).to.be.at.most(2);
  });

  it('is nothing that leads to the neighbour itself (RFC 4271 5.1.3)', () => {
    const network = new BgpNetwork();
    const [a, b, c] = routers(network, 65001, 65002, 65003);
    network.join(a, b);
    network.join(a, c);
    a.announce([P], { nextHop: b.address });
    network.run(3);
    expect(c.ways(P)).to.deep.equal(['lan 10.0.0.2']);
    expect(a.view(b)?.sent).to.equal(0);
  });

  it('is no more at once than a neighbour takes that reads nothing, however long the attributes are', () => {
    const network = new BgpNetwork();
    const [a, b] = routers(network, 65001, 65002);
    network.join(a, b);
    network.run(3);
    network.streams.capacity = 0;
    const unknown = [{ flags: 0xe0, type: 99, value: new Uint8Array(8_000) }];
    for (let at = 0; at < 1100; at++) a.announce([`100.${at >> 8}.${at & 255}.0/24`], { med: at, unknown });
    network.run(3);
    expect(a.state(b)).to.equal('Established');
    expect(a.view(b)?.counters.updatesOut).to.be.below(50);
  });

  it('is as much as a slow neighbour takes, and in the end all of it', () => {
    const network = new BgpNetwork();
    network.streams.capacity = 4096;
    const [a, b] = routers(network, 65001, 65002);
    network.join(a, b);
    for (let at = 0; at < 2000; at++) a.announce([`100.${at >> 8}.${at & 255}.0/24`], { med: at });
    network.run(120);
    expect(b.installed.size).to.equal(2002);
    expect(a.bgp.settled).to.equal(true);
  });
});

describe('any network of BGP routers', () => {
  it('comes to rest at the shortest AS paths, whatever was announced, withdrawn and cut before', () => {
    const link = fc.record({ a: fc.nat(5), b: fc.nat(5) });
    const step = fc.record({ router: fc.nat(5), prefix: fc.nat(2), withdraw: fc.boolean(), wait: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.array(link, { minLength: 4, maxLength: 9 }),
        fc.array(step, { maxLength: 12 }),
        (links, steps) => {
          const network = new BgpNetwork();
          const all = routers(network, 65001, 65002, 65003, 65004, 65005, 65006);
          const edges = new Set(links.filter(({ a, b }) => a !== b).map(({ a, b }) => [a, b].sort().join()));
          for (const edge of edges) {
            const [a, b] = edge.split(',').map((at) => all[Number(at)]);
            network.join(a, b);
          }
          network.run(3);
          const announced = new Set<string>();
          for (const { router, prefix, withdraw, wait } of steps) {
            const key = `${router} ${prefix}`;
            if (withdraw) announced.delete(key);
            else announced.add(key);
            if (withdraw) all[router].withdraw([`100.0.${prefix}.0/24`]);
            else all[router].announce([`100.0.${prefix}.0/24`]);
            network.run(wait / 50);
          }
          network.run(20);
          for (const prefix of [0, 1, 2]) {
            const distances = distancesFrom(
              all.flatMap((_, at) => (announced.has(`${at} ${prefix}`) ? [at] : [])),
              edges,
            );
            for (const [at, router] of all.entries()) {
              expect(
                router.best(`100.0.${prefix}.0/24`)?.asPath.flatMap(({ numbers }) => numbers).length,
              ).to.equal(distances.get(at));
            }
          }
          expect(all.every(({ bgp }) => bgp.settled)).to.equal(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('has in every table what its neighbours have now, by preferences that all agree on', () => {
    const link = fc.record({ a: fc.nat(5), b: fc.nat(5) });
    const step = fc.record({ router: fc.nat(5), withdraw: fc.boolean(), wait: fc.nat(3) });
    const preferences = fc.array(fc.integer({ min: 50, max: 150 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(link, { minLength: 4, maxLength: 9 }),
        fc.array(step, { minLength: 2, maxLength: 12 }),
        preferences,
        (links, steps, preferred) => {
          const network = new BgpNetwork();
          const byOrigin: Policy = {
            ...PERMIT_ALL,
            routeMap: (_, route) => {
              const origin = route.attributes?.asPath.at(-1)?.numbers.at(-1) ?? 0;
              const attributes = route.attributes && {
                ...route.attributes,
                localPreference: preferred[origin - 65001],
              };
              return attributes === undefined ? route : { ...route, attributes };
            },
          };
          const all = [1, 2, 3, 4, 5, 6].map((number) =>
            network.router(number, { as: 65000 + number, policy: byOrigin }),
          );
          const edges = new Set(links.filter(({ a, b }) => a !== b).map(({ a, b }) => [a, b].sort().join()));
          const pairs = [...edges].map((edge) => edge.split(',').map((at) => all[Number(at)]));
          const own = { ipv4: { routeMapIn: 'M' } };
          for (const [a, b] of pairs) network.join(a, b, own, own);
          network.run(2);
          for (const { router, withdraw, wait } of steps) {
            if (withdraw) all[router].withdraw([P]);
            else all[router].announce([P]);
            network.run(wait / 50);
          }
          network.run(30);
          for (const [a, b] of [...pairs, ...pairs.map(([a, b]) => [b, a])]) {
            const best = a.best(P)?.asPath.flatMap(({ numbers }) => numbers);
            const isTold = best !== undefined && a.from(P) !== b.number && !best.includes(b.as);
            expect(b.heardFrom(a, P)).to.equal(isTold ? [a.as, ...best].join(' ') : undefined);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** How many steps each router is from the nearest of these. */
function distancesFrom(sources: readonly number[], edges: ReadonlySet<string>): ReadonlyMap<number, number> {
  const distances = new Map(sources.map((at) => [at, 0]));
  for (const [at, distance] of distances) {
    for (const edge of edges) {
      const ends = edge.split(',').map(Number);
      const other = ends[0] === at ? ends[1] : ends[1] === at ? ends[0] : undefined;
      if (other !== undefined && !distances.has(other)) distances.set(other, distance + 1);
    }
  }
  return distances;
}
