import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatPrefix, type Prefix, parsePrefix } from '../../../../src/net/address.ts';
import { MAX_AGE_S } from '../../../../src/routerd/protocols/ospf/constants.ts';
import type { OspfAreaSettings, OspfExternal } from '../../../../src/routerd/protocols/ospf/contract.ts';
import { EXTERNAL_LSA } from '../../../../src/routerd/protocols/ospf/lsa.ts';
import { decodePacket } from '../../../../src/routerd/protocols/ospf/packet.ts';
import { SECOND } from '../../../../src/world/clock.ts';
import { TestNetwork, type TestRouter } from './network.ts';

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function external(text: string, change: Partial<OspfExternal> = {}): OspfExternal {
  return { prefix: prefix(text), metric: 20, metricType: 2, tag: 0, ...change };
}

/** a - b - c - d in a row: a in area 1, d in area 2, b and c join them by the backbone. Loopbacks are 192.168.0.1 to 4. */
function row(area1: Partial<OspfAreaSettings> = {}) {
  const network = new TestNetwork();
  const [a, b, c, d] = [network.router('a'), network.router('b'), network.router('c'), network.router('d')];
  const wires = {
    ab: network.link(a, b, 10, 10, 1),
    bc: network.link(b, c, 10, 10, 0),
    cd: network.link(c, d, 10, 10, 2),
  };
  for (const [router, area] of [
    [a, 1],
    [d, 2],
  ] as const) {
    router.settings = {
      ...router.settings,
      interfaces: router.settings.interfaces.map((each) => ({ ...each, area })),
    };
  }
  for (const router of [a, b]) router.area(1, area1);
  const start = (): void => {
    network.start();
    network.runFor(60);
  };
  return { network, a, b, c, d, wires, start };
}

const A = '192.168.0.1/32';
const B = '192.168.0.2/32';
const D = '192.168.0.4/32';

function kinds(router: TestRouter): string[] {
  return [...router.routes.values()]
    .map((route) => `${formatPrefix(route.prefix)} ${route.kind} ${route.cost}`)
    .sort();
}

describe('OSPF areas', () => {
  it('are told of one another by border routers, at the cost of the whole way (12.4.3, 16.2)', () => {
    const { a, d, start } = row();
    start();
    expect(kinds(a)).to.deep.equal([
      '10.0.0.0/31 intra-area 10',
      '10.0.0.2/31 inter-area 20',
      '10.0.0.4/31 inter-area 30',
      '192.168.0.1/32 intra-area 0',
      '192.168.0.2/32 inter-area 10',
      '192.168.0.3/32 inter-area 20',
      '192.168.0.4/32 inter-area 30',
    ]);
    expect(d.to(A)).to.equal('inter-area 30 via eth1 10.0.0.4');
  });

  it('hide their topology: a change of cost elsewhere computes no shortest path here (16.5)', () => {
    const { network, a, c, d, start } = row();
    start();
    const before = a.instance.counters.spfRuns;
    c.adjust('eth2', { cost: 100 });
    network.runFor(10);
    expect(a.to(D)).to.equal('inter-area 120 via eth1 10.0.0.1');
    expect(a.instance.counters.spfRuns).to.equal(before);
    expect(d.to(A)).to.equal('inter-area 30 via eth1 10.0.0.4');
  });

  it('lose what another area loses, and get it back', () => {
    const { network, a, wires, start } = row();
    start();
    network.set(wires.cd, false);
    network.runFor(20);
    expect(a.to(D)).to.equal(undefined);
    network.set(wires.cd, true);
    network.runFor(60);
    expect(a.to(D)).to.equal('inter-area 30 via eth1 10.0.0.1');
  });

  it('are joined by the backbone alone: two areas without it do not hear of one another', () => {
    const network = new TestNetwork();
    const [a, b, c] = [network.router(), network.router(), network.router()];
    network.link(a, b, 10, 10, 1);
    network.link(b, c, 10, 10, 2);
    for (const router of [a, b])
      router.settings = {
        ...router.settings,
        interfaces: router.settings.interfaces.map((each) =>
          each.name === 'lo' ? { ...each, area: 1 } : each,
        ),
      };
    c.settings = { ...c.settings, interfaces: c.settings.interfaces.map((each) => ({ ...each, area: 2 })) };
    network.start();
    network.runFor(60);
    expect(a.to('192.168.0.3/32')).to.equal(undefined);
    expect(b.to('192.168.0.3/32')).to.equal('intra-area 10 via eth2 10.0.0.3');
  });

  it('prefer a way within, however much it costs, to one by other areas (11)', () => {
    const network = new TestNetwork();
    const [b, c, x] = [network.router(), network.router(), network.router()];
    network.link(b, c, 1, 1, 0);
    network.link(c, x, 1, 1, 1);
    network.link(b, x, 1000, 1000, 1);
    x.settings = { ...x.settings, interfaces: x.settings.interfaces.map((each) => ({ ...each, area: 1 })) };
    network.start();
    network.runFor(60);
    expect(b.to('192.168.0.3/32')).to.equal('intra-area 1000 via eth2 10.0.0.5');
  });

  it('are told of a range in place of what lies in it, at the largest cost, while there is anything in it', () => {
    const { network, a, b, d, wires, start } = row({
      ranges: [
        { prefix: prefix('192.168.0.0/31'), advertise: true },
        { prefix: prefix('10.0.0.0/30'), advertise: true },
      ],
    });
    start();
    expect(d.to(A)).to.equal(undefined);
    expect(d.to('192.168.0.0/31')).to.equal('inter-area 30 via eth1 10.0.0.4');
    expect(d.to(B), 'the loopback of b is in the backbone').to.equal('inter-area 20 via eth1 10.0.0.4');
    expect(d.to('10.0.0.0/30')).to.equal('inter-area 30 via eth1 10.0.0.4');
    expect(a.to('192.168.0.0/31')).to.equal(undefined);
    expect(b.to('192.168.0.0/31'), 'what is nowhere goes nowhere').to.equal('discard 0 via ');
    network.set(wires.ab, false);
    network.runFor(20);
    expect(d.to('192.168.0.0/31')).to.equal(undefined);
    expect(b.to('192.168.0.0/31')).to.equal(undefined);
  });

  it('are told of a range at the cost that was given it, or not at all', () => {
    for (const [range, expected] of [
      [{ advertise: true, cost: 500 }, 'inter-area 520 via eth1 10.0.0.4'],
      [{ advertise: false }, undefined],
    ] as const) {
      const { b, d, start } = row({ ranges: [{ prefix: prefix('192.168.0.0/31'), ...range }] });
      start();
      expect(d.to('192.168.0.0/31')).to.equal(expected);
      expect(d.to(A)).to.equal(undefined);
      expect(b.to('192.168.0.0/31') !== undefined).to.equal(range.advertise);
    }
  });
});

describe('OSPF external routes', () => {
  it('are announced everywhere, and border routers tell the way to who announces them (12.4.3, 16.4)', () => {
    const { network, a, b, d, start } = row();
    start();
    a.external(
      external('203.0.113.0/24', { metric: 7, tag: 42 }),
      external('198.51.100.0/24', { metric: 7, metricType: 1 }),
    );
    network.runFor(10);
    expect(d.to('203.0.113.0/24')).to.equal('external-2 7 via eth1 10.0.0.4');
    expect(d.routes.get('203.0.113.0/24')?.tag).to.equal(42);
    expect(d.to('198.51.100.0/24')).to.equal('external-1 37 via eth1 10.0.0.4');
    expect(b.to('198.51.100.0/24')).to.equal('external-1 17 via eth1 10.0.0.0');
    a.instance.handle({ type: 'externals', added: [], removed: [prefix('203.0.113.0/24')] });
    network.runFor(10);
    expect(d.to('203.0.113.0/24')).to.equal(undefined);
    expect(d.to('198.51.100.0/24')).to.equal('external-1 37 via eth1 10.0.0.4');
  });

  it('of type 1 go before type 2; of type 2 the metric counts, then the way', () => {
    const { network, a, b, c, d, start } = row();
    start();
    a.external(
      external('203.0.113.0/24', { metric: 1000, metricType: 1 }),
      external('198.51.100.0/24', { metric: 5 }),
      external('192.0.2.0/24'),
    );
    d.external(
      external('203.0.113.0/24', { metric: 1 }),
      external('198.51.100.0/24', { metric: 6 }),
      external('192.0.2.0/24'),
    );
    network.runFor(10);
    expect(c.to('203.0.113.0/24')).to.equal('external-1 1020 via eth1 10.0.0.2');
    expect(c.to('198.51.100.0/24')).to.equal('external-2 5 via eth1 10.0.0.2');
    expect(c.to('192.0.2.0/24')).to.equal('external-2 20 via eth2 10.0.0.5');
    expect(b.to('192.0.2.0/24')).to.equal('external-2 20 via eth1 10.0.0.0');
  });

  it('with a gateway on an OSPF network name it as forwarding address, and others go there straight (2.3)', () => {
    const network = new TestNetwork();
    const routers = [network.router(), network.router()];
    network.segment(routers);
    network.start();
    network.runFor(60);
    routers[0].external(external('203.0.113.0/24', { gateway: 0xac100063 }));
    network.runFor(10);
    expect(routers[1].to('203.0.113.0/24')).to.equal('external-2 20 via eth1 172.16.0.99');
  });

  it('give no route to the router that their forwarding address belongs to', () => {
    const network = new TestNetwork();
    const [a, b, c] = [network.router('a'), network.router('b'), network.router('c')];
    network.segment([a, b, c]);
    a.external(external('203.0.113.0/24', { gateway: 0xac100002 }));
    network.start();
    network.runFor(120);
    expect(c.to('203.0.113.0/24')).to.equal('external-2 20 via eth1 172.16.0.2');
    expect(b.to('203.0.113.0/24')).to.equal(undefined);
  });

  it('are told apart where only their lengths differ (Appendix E)', () => {
    const { network, a, d, start } = row();
    start();
    const nested = ['10.64.0.0/10', '10.64.0.0/16', '10.64.0.0/24', '10.64.0.0/32', '10.64.255.255/32'];
    a.external(...nested.map((text, metric) => external(text, { metric: metric + 1 })));
    network.runFor(10);
    expect(nested.map((text) => d.routes.get(text)?.cost)).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('are gone with the router that announced them, and back with it', () => {
    const { network, a, d, wires, start } = row();
    start();
    a.external(external('203.0.113.0/24'));
    network.runFor(10);
    network.set(wires.ab, false);
    network.runFor(20);
    expect(d.to('203.0.113.0/24')).to.equal(undefined);
    a.restart();
    network.set(wires.ab, true);
    network.runFor(60);
    expect(d.to('203.0.113.0/24')).to.equal('external-2 20 via eth1 10.0.0.4');
  });

  it('are summarized into one, or kept back', () => {
    const { network, a, d } = row();
    const summaries = [
      { prefix: prefix('203.0.0.0/16'), advertise: true },
      { prefix: prefix('198.51.0.0/16'), advertise: false },
    ];
    a.settings = { ...a.settings, summaries };
    network.start();
    a.external(
      external('203.0.113.0/24', { metric: 5 }),
      external('203.0.114.0/24', { metric: 9 }),
      external('198.51.100.0/24'),
    );
    network.runFor(60);
    expect(kinds(d).filter((text) => text.includes('external'))).to.deep.equal(['203.0.0.0/16 external-2 9']);
  });
});

describe('stub areas', () => {
  it('have no external routes but a default by the border router, and all other summaries (3.6)', () => {
    const { network, a, b, d, start } = row({ kind: 'stub', defaultCost: 5 });
    start();
    d.external(external('203.0.113.0/24'));
    network.runFor(10);
    expect(b.to('203.0.113.0/24')).to.equal('external-2 20 via eth2 10.0.0.3');
    expect(a.to('203.0.113.0/24')).to.equal(undefined);
    expect(a.to('0.0.0.0/0')).to.equal('inter-area 15 via eth1 10.0.0.1');
    expect(b.to('0.0.0.0/0')).to.equal(undefined);
    expect(a.to(D)).to.equal('inter-area 30 via eth1 10.0.0.1');
  });

  it('without summaries have the default alone', () => {
    const { a, b, start } = row({ kind: 'stub', noSummary: true });
    start();
    expect(kinds(a)).to.deep.equal([
      '0.0.0.0/0 inter-area 11',
      '10.0.0.0/31 intra-area 10',
      '192.168.0.1/32 intra-area 0',
    ]);
    expect(b.to(D)).to.equal('inter-area 20 via eth2 10.0.0.3');
  });

  it('are stub areas to all their routers or have no adjacency (10.5)', () => {
    const { network, a, b, start } = row({ kind: 'stub' });
    a.area(1, { kind: 'ordinary' });
    start();
    expect(a.state(b)).to.equal('Down');
    expect(a.log).to.include('warning: ospf: packet refused on eth1: hello-mismatch');
    a.area(1, { kind: 'stub' });
    a.configure();
    network.runFor(60);
    expect(a.state(b)).to.equal('Full');
  });

  it('come and go on a running network, and the rest of it does not notice', () => {
    const { network, a, b, c, d, start } = row();
    start();
    d.external(external('203.0.113.0/24'));
    network.runFor(10);
    expect(a.to('203.0.113.0/24')).to.equal('external-2 20 via eth1 10.0.0.1');
    for (const router of [a, b]) {
      router.area(1, { kind: 'stub' });
      router.configure();
    }
    expect(b.state(c)).to.equal('Full');
    network.runFor(60);
    expect(a.to('203.0.113.0/24')).to.equal(undefined);
    expect(a.to('0.0.0.0/0')).to.equal('inter-area 11 via eth1 10.0.0.1');
    expect(b.to('203.0.113.0/24')).to.equal('external-2 20 via eth2 10.0.0.3');
    expect(d.to(A)).to.equal('inter-area 30 via eth1 10.0.0.4');
    for (const router of [a, b]) {
      router.area(1, { kind: 'ordinary' });
      router.configure();
    }
    network.runFor(60);
    expect(a.to('203.0.113.0/24')).to.equal('external-2 20 via eth1 10.0.0.1');
    expect(a.to('0.0.0.0/0')).to.equal(undefined);
  });
});

describe('not-so-stubby areas (RFC 3101)', () => {
  it('tell the world of their external routes, translated by a border router, and hear of none', () => {
    const { network, a, b, c, d, start } = row({ kind: 'nssa' });
    start();
    a.external(external('203.0.113.0/24', { metric: 7, tag: 42 }));
    d.external(external('198.51.100.0/24'));
    network.runFor(10);
    expect(b.to('203.0.113.0/24')).to.equal('external-2 7 via eth1 10.0.0.0');
    expect(d.to('203.0.113.0/24')).to.equal('external-2 7 via eth1 10.0.0.4');
    expect(d.routes.get('203.0.113.0/24')?.tag).to.equal(42);
    expect(c.to('198.51.100.0/24')).to.equal('external-2 20 via eth2 10.0.0.5');
    expect(a.to('198.51.100.0/24')).to.equal(undefined);
    expect(a.to('0.0.0.0/0')).to.equal(undefined);
    a.instance.handle({ type: 'externals', added: [], removed: [prefix('203.0.113.0/24')] });
    network.runFor(20);
    expect(d.to('203.0.113.0/24')).to.equal(undefined);
  });

  it('are told of a default by type 7, or by a summary where no others are told', () => {
    const byType7 = row({ kind: 'nssa', defaultInformation: true, defaultCost: 3 });
    byType7.start();
    expect(byType7.a.to('0.0.0.0/0')).to.equal('external-2 3 via eth1 10.0.0.1');
    expect(byType7.c.to('0.0.0.0/0'), 'it is not translated').to.equal(undefined);
    const bySummary = row({ kind: 'nssa', noSummary: true });
    bySummary.start();
    expect(kinds(bySummary.a)).to.deep.equal([
      '0.0.0.0/0 inter-area 11',
      '10.0.0.0/31 intra-area 10',
      '192.168.0.1/32 intra-area 0',
    ]);
  });

  it('are translated by the border router of the highest Router ID, by another when it is gone, or by whom it is said of', () => {
    const { network, a, b, c, d } = row({ kind: 'nssa' });
    // c joins the NSSA to the backbone, too, and its Router ID is higher than that of b.
    const ac = network.link(a, c, 10, 10, 1);
    c.area(1, { kind: 'nssa' });
    network.start();
    a.external(external('203.0.113.0/24'));
    network.runFor(60);
    const translator = (): readonly number[] => {
      const seen = new Set<number>();
      network.watch = ({ bytes, interface: name, from }) => {
        if (from !== c || name !== 'eth2' || bytes[1] !== 4) return;
        let at = 28;
        while (at + 20 <= bytes.length) {
          if (bytes[at + 3] === 5) seen.add(bytes[at + 11]);
          at += bytes[at + 18] * 256 + bytes[at + 19];
        }
      };
      d.restart();
      network.runFor(60);
      network.watch = () => {};
      return [...seen];
    };
    expect(translator()).to.deep.equal([3]);
    network.set(ac, false);
    network.runFor(60);
    expect(translator()).to.deep.equal([2]);
    expect(d.to('203.0.113.0/24')).to.equal('external-2 20 via eth1 10.0.0.4');
    b.area(1, { translate: 'never' });
    b.configure();
    network.runFor(60);
    expect(d.to('203.0.113.0/24')).to.equal(undefined);
  });

  it('go on being translated for 40 s by who is elected no more, so that they are never told by nobody', () => {
    const { network, a, b, c, d } = row({ kind: 'nssa' });
    const ac = network.link(a, c, 10, 10, 1);
    c.area(1, { kind: 'nssa' });
    network.start();
    a.external(external('203.0.113.0/24'));
    network.set(ac, false);
    network.runFor(60);
    const flushedS: number[] = [];
    let isMissing = false;
    network.changed = () => {
      isMissing ||= !d.routes.has('203.0.113.0/24');
    };
    network.watch = ({ timeNs, from, bytes }) => {
      const packet = decodePacket(bytes);
      if (from !== b || typeof packet === 'string' || packet.type !== 'update') return;
      for (const { header } of packet.lsas) {
        const { type, advertisingRouter, age } = header;
        if (type === EXTERNAL_LSA && advertisingRouter === b.id && age === MAX_AGE_S) {
          flushedS.push((timeNs - since) / SECOND);
        }
      }
    };
    let since = network.clock.now();
    const depose = (): void => {
      network.set(ac, false);
      network.runFor(30);
      since = network.clock.now();
      flushedS.length = 0;
      network.set(ac, true);
    };
    depose();
    network.runFor(30);
    expect(flushedS, 'c is elected').to.deep.equal([]);
    depose();
    network.runFor(38);
    expect(flushedS, 'elected anew meanwhile, it begins to count anew').to.deep.equal([]);
    network.runFor(60);
    expect(flushedS[0]).to.be.within(40, 55);
    expect(isMissing).to.equal(false);
    expect(d.to('203.0.113.0/24')).to.equal('external-2 20 via eth1 10.0.0.4');
  });
});

describe('an area that becomes an NSSA', () => {
  for (const [who, names] of [
    ['first at its border', 'ba'],
    ['first within', 'ab'],
  ] as const) {
    it(`leaves nothing of what it told as type 5: ${who}`, () => {
      const { network, a, b, d, start } = row();
      a.external(external('203.0.113.0/24'), external('198.51.100.0/24'));
      start();
      for (const name of names) {
        const router = name === 'a' ? a : b;
        router.area(1, { kind: 'nssa' });
        router.configure();
        network.runFor(1);
      }
      network.runFor(60);
      expect(d.to('203.0.113.0/24')).to.equal('external-2 20 via eth1 10.0.0.4');
      const gone = [prefix('203.0.113.0/24')];
      a.instance.handle({ type: 'externals', added: [], removed: gone });
      network.runFor(30);
      expect(b.to('203.0.113.0/24')).to.equal(undefined);
      expect(d.to('203.0.113.0/24')).to.equal(undefined);
      expect(d.to('198.51.100.0/24')).to.equal('external-2 20 via eth1 10.0.0.4');
    });
  }

  it('takes its type 5 with it when its routers have it so before the border', () => {
    const { network, a, b, start } = row();
    a.external(external('203.0.113.0/24'));
    start();
    const flushed = new Set<number>();
    network.watch = ({ from, bytes }) => {
      const packet = decodePacket(bytes);
      if (from !== b || typeof packet === 'string' || packet.type !== 'update') return;
      for (const { header } of packet.lsas) if (header.age === MAX_AGE_S) flushed.add(header.type);
    };
    a.area(1, { kind: 'nssa' });
    a.configure();
    network.runFor(5);
    expect([...flushed]).to.include(EXTERNAL_LSA);
  });
});

describe('a router whose areas change', () => {
  it('takes an interface from one area to another; adjacencies elsewhere stay', () => {
    const { network, a, b, c, d, start } = row();
    start();
    for (const router of [b, c]) router.adjust(router === b ? 'eth2' : 'eth1', { area: 0 });
    a.configure({ interfaces: a.settings.interfaces.map((each) => ({ ...each, area: 0 })) });
    b.adjust('eth1', { area: 0 });
    expect(b.state(c)).to.equal('Full');
    network.runFor(60);
    expect(a.to(D)).to.equal('inter-area 30 via eth1 10.0.0.1');
    expect(c.to(A)).to.equal('intra-area 20 via eth1 10.0.0.2');
    expect(d.to(A)).to.equal('inter-area 30 via eth1 10.0.0.4');
    expect(b.instance.counters.lsas, 'b has left area 1').to.be.below(a.instance.counters.lsas + 1);
  });

  it('is no border router any more when its last backbone link is gone, and says so', () => {
    const { network, a, b, d, wires, start } = row();
    start();
    b.adjust('lo', { area: 1 });
    network.runFor(20);
    network.set(wires.bc, false);
    network.runFor(20);
    expect(a.to(D)).to.equal(undefined);
    expect(a.to(B)).to.equal('intra-area 10 via eth1 10.0.0.1');
    network.set(wires.bc, true);
    network.runFor(60);
    expect(a.to(D)).to.equal('inter-area 30 via eth1 10.0.0.1');
    expect(d.to(B)).to.equal('inter-area 20 via eth1 10.0.0.4');
  });
});

describe('a stub router (RFC 6987)', () => {
  it('is gone around where there is another way, and stays reachable itself', () => {
    const network = new TestNetwork();
    const [a, b, c] = [network.router(), network.router(), network.router()];
    network.link(a, b, 10);
    network.link(b, c, 10);
    network.link(a, c, 100);
    network.start();
    network.runFor(60);
    expect(a.to('192.168.0.3/32')).to.equal('intra-area 20 via eth1 10.0.0.1');
    b.configure({ maxMetric: { administrative: true, onStartupS: 0 } });
    network.runFor(10);
    expect(a.to('192.168.0.3/32')).to.equal('intra-area 100 via eth2 10.0.0.5');
    expect(a.to('192.168.0.2/32')).to.equal('intra-area 10 via eth1 10.0.0.1');
    b.configure({ maxMetric: { administrative: false, onStartupS: 0 } });
    network.runFor(10);
    expect(a.to('192.168.0.3/32')).to.equal('intra-area 20 via eth1 10.0.0.1');
  });

  it('is one for so long after its start', () => {
    const network = new TestNetwork();
    const [a, b, c] = [network.router(), network.router(), network.router()];
    network.link(a, b, 10);
    network.link(b, c, 10);
    network.link(a, c, 100);
    b.settings = { ...b.settings, maxMetric: { administrative: false, onStartupS: 120 } };
    network.start();
    network.runFor(110);
    expect(a.to('192.168.0.3/32')).to.equal('intra-area 100 via eth2 10.0.0.5');
    network.runFor(20);
    expect(a.to('192.168.0.3/32')).to.equal('intra-area 20 via eth1 10.0.0.1');
  });
});

describe('other networks of an interface', () => {
  it('are announced as stub networks at its cost', () => {
    const { a, d, start } = row();
    a.adjust('eth1', { stubs: [prefix('10.9.0.0/24')] });
    start();
    expect(d.to('10.9.0.0/24')).to.equal('inter-area 40 via eth1 10.0.0.4');
    expect(a.to('10.9.0.0/24')).to.equal('intra-area 10 via eth1');
  });
});
