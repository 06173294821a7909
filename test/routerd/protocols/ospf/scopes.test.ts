/** How far LSAs go, by type and area; and what hostile ones do not do. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Ipv4 } from '../../../../src/net/address.ts';
import { writeU16, writeU32 } from '../../../../src/net/bytes.ts';
import { fletcherChecksum } from '../../../../src/net/fletcher.ts';
import { type OspfInterfaceInput, PLAIN_AREA } from '../../../../src/routerd/protocols/ospf/contract.ts';
import { type LsaIdentity, writeLsaHeader } from '../../../../src/routerd/protocols/ospf/lsa.ts';
import { type AgedLsa, encodeUpdate } from '../../../../src/routerd/protocols/ospf/packet.ts';
import { TestNetwork, type TestRouter } from './network.ts';
import { Bench, PEER_ID, ScriptedNeighbour } from './scripted-neighbour.ts';

const OTHER = 0x0a000063;

/** An LSA of any type with any body. */
function lsa(
  identity: Partial<LsaIdentity> & { readonly type: number },
  body: readonly number[] = [0, 0, 0, 0],
  { sequence = 1, age = 1, options = 2 } = {},
): AgedLsa {
  const { type, id = 0x01020300, advertisingRouter = OTHER } = identity;
  const length = 20 + 4 * body.length;
  const bytes = new Uint8Array(length);
  const header = { age: 0, options, type, id, advertisingRouter, sequence, checksum: 0, length };
  writeLsaHeader(bytes, 0, header);
  body.forEach((word, i) => {
    writeU32(bytes, 20 + 4 * i, word);
  });
  writeU16(bytes, 16, fletcherChecksum(bytes, 2, length, 16));
  return { bytes, at: 0, age };
}

const summary = (metric: number): readonly number[] => [0xffffff00, metric];
const externalBody = (metric: number, forwarding: Ipv4 = 0): readonly number[] => [
  0xffffff00,
  metric,
  forwarding,
  0,
];

/** A row of routers, links all in one area but the last, which is in area 1; all of them welcome opaque LSAs but one. */
function row(deaf?: number) {
  const network = new TestNetwork();
  const routers = Array.from({ length: 5 }, () => network.router());
  for (let i = 1; i < 5; i++) network.link(routers[i - 1], routers[i], 10, 10, i === 4 ? 1 : 0);
  routers.forEach((router, i) => {
    router.settings = { ...router.settings, opaque: i !== deaf };
  });
  network.start();
  network.runFor(60);
  return { network, routers };
}

/** `to` hears an update as if by its neighbour `from`. */
function forge(from: TestRouter, to: TestRouter, lsas: readonly AgedLsa[]): void {
  const neighbour = to.instance.neighbours().find(({ routerId }) => routerId === from.id);
  const at = to.settings.interfaces.find(({ name }) => name === neighbour?.interface);
  if (neighbour === undefined || at === undefined) throw new Error('no neighbours');
  to.instance.handle({
    type: 'packet',
    interface: at.name,
    source: neighbour.address,
    destination: 0xe0000005,
    bytes: encodeUpdate({ routerId: from.id, areaId: at.area }, lsas),
  });
}

describe('opaque LSAs (RFC 5250)', () => {
  const spread = (type: number, deaf?: number): number[] => {
    const { network, routers } = row(deaf);
    const before = routers.map(({ instance }) => instance.counters.lsas);
    forge(routers[0], routers[1], [lsa({ type })]);
    network.runFor(10);
    return routers.map(({ instance }, i) => instance.counters.lsas - before[i]);
  };

  it('go no farther than the link, the area, or the AS, by their type', () => {
    expect(spread(9), 'link').to.deep.equal([0, 1, 0, 0, 0]);
    expect(spread(10), 'area').to.deep.equal([0, 1, 1, 1, 0]);
    expect(spread(11), 'AS').to.deep.equal([0, 1, 1, 1, 1]);
  });

  it('are not sent to a neighbour that does not welcome them', () => {
    expect(spread(11, 3)).to.deep.equal([0, 1, 1, 0, 0]);
  });

  it('are told to a router that comes later, and to none that does not welcome them', () => {
    const { network, routers } = row();
    forge(routers[2], routers[3], [lsa({ type: 10 }), lsa({ type: 11 })]);
    network.runFor(10);
    const known = routers[4].instance.counters.lsas;
    routers[4].restart();
    network.runFor(60);
    expect(routers[4].instance.counters.lsas).to.equal(known);
    routers[4].settings = { ...routers[4].settings, opaque: false };
    routers[4].restart();
    network.runFor(60);
    expect(routers[4].instance.counters.lsas).to.equal(known - 1);
  });

  it('of one link are at most 256', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    bench.runFor(1);
    const before = bench.instance.counters.lsas;
    for (let id = 0; id < 400; id++) peer.update(lsa({ type: 9, id }));
    expect(bench.instance.counters.lsas - before).to.equal(256);
    expect(bench.log.join()).to.contain('link state database full: 256 LSAs');
  });
});

describe('LSAs of types that an area does not have', () => {
  function inArea(kind: 'ordinary' | 'stub' | 'nssa') {
    const area = 1;
    const bench = new Bench();
    bench.settings = {
      ...bench.settings,
      areas: [{ ...PLAIN_AREA, area, kind }],
      interfaces: bench.settings.interfaces.map((each: OspfInterfaceInput) => ({ ...each, area })),
    };
    bench.instance.handle({ type: 'configure', settings: bench.settings });
    class Peer extends ScriptedNeighbour {
      override readonly areaId = area;
    }
    const peer = new Peer(bench);
    const options = kind === 'ordinary' ? 2 : kind === 'stub' ? 0 : 8;
    const dd = kind === 'ordinary' ? 2 : 0;
    const meet = (described: readonly AgedLsa[] = []): void => {
      peer.hello({ options });
      peer.describe({ initial: true, more: true, options: dd });
      peer.sequence++;
      peer.describe({ options: dd }, described);
    };
    return { bench, peer, meet };
  }

  const taken = {
    ordinary: [1, 2, 3, 4, 5, 9, 10, 11],
    stub: [1, 2, 3, 4, 9, 10],
    nssa: [1, 2, 3, 4, 7, 9, 10],
  } as const;
  const bodyOf = (type: number): readonly number[] =>
    type === 1 ? [0] : type === 5 || type === 7 ? externalBody(1) : [0xffffff00, 1];

  for (const kind of ['ordinary', 'stub', 'nssa'] as const) {
    it(`are refused and counted: in an ${kind} area all but ${taken[kind].join(', ')}`, () => {
      const { bench, peer, meet } = inArea(kind);
      meet();
      bench.runFor(1);
      expect(bench.state).to.equal('Full');
      const stored = Array.from({ length: 256 }, (_, type) => type).filter((type) => {
        const before = bench.instance.counters;
        peer.update(lsa({ type, id: OTHER }, bodyOf(type)));
        const { lsas, packetsRefused } = bench.instance.counters;
        expect(lsas - before.lsas + packetsRefused - before.packetsRefused, `type ${type}`).to.equal(1);
        return lsas > before.lsas;
      });
      expect(stored).to.deep.equal(taken[kind]);
    });
  }

  it('make an exchange begin anew where they are described (10.6)', () => {
    const { bench, meet } = inArea('stub');
    meet([lsa({ type: 5 }, externalBody(1))]);
    expect(bench.state).to.equal('ExStart');
    expect(bench.log.join()).to.contain('an LSA of type 5 was described, which the area does not have');
  });
});

describe('hostile summaries and external routes', () => {
  /** A router that joins the backbone to area 1, and its neighbours there: a, then b, then c. */
  function three() {
    const network = new TestNetwork();
    const [a, b, c] = [network.router(), network.router(), network.router()];
    network.link(a, b, 10, 10, 0);
    network.link(b, c, 10, 10, 1);
    c.settings = { ...c.settings, interfaces: c.settings.interfaces.map((each) => ({ ...each, area: 1 })) };
    network.start();
    network.runFor(60);
    return { network, a, b, c };
  }

  it('whose bodies are too short, or too long, are refused', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    const { lsas } = bench.instance.counters;
    const bodies: readonly (readonly [number, readonly number[]])[] = [
      [3, []],
      [3, [0xffffff00]],
      [4, [0]],
      [5, externalBody(1).slice(1)],
      [5, [...externalBody(1), 1]],
    ];
    for (const [type, body] of bodies) {
      const { packetsRefused } = bench.instance.counters;
      peer.update(lsa({ type }, body));
      expect(bench.instance.counters.packetsRefused, `type ${type}`).to.equal(packetsRefused + 1);
    }
    expect(bench.instance.counters.lsas).to.equal(lsas);
  });

  it('with masks that have holes, or by routers that are nowhere or no border routers, give no route', () => {
    const { network, a, b } = three();
    const before = [...a.routes.keys()];
    forge(b, a, [
      lsa({ type: 3, advertisingRouter: OTHER }, summary(1)),
      lsa({ type: 3, id: 0x0a630000, advertisingRouter: b.id }, [0xff00ff00, 1]),
      lsa({ type: 5, advertisingRouter: OTHER }, externalBody(1)),
      lsa({ type: 4, id: OTHER, advertisingRouter: OTHER }, [0, 1]),
    ]);
    network.runFor(3);
    expect([...a.routes.keys()]).to.deep.equal(before);
  });

  it('that say they are ours are outdone or flushed everywhere (13.4)', () => {
    const { network, a, b, c } = three();
    const told = a.to('10.0.0.2/31');
    expect(told).to.equal('inter-area 20 via eth1 10.0.0.1');
    forge(a, b, [
      lsa({ type: 3, id: 0x0a000002, advertisingRouter: b.id }, [0xfffffffe, 9000], { sequence: 0x1000 }),
      lsa({ type: 3, id: 0x0a630000, advertisingRouter: b.id }, summary(1)),
      lsa({ type: 5, id: 0x0a640000, advertisingRouter: b.id }, externalBody(1)),
    ]);
    network.runFor(30);
    expect(a.to('10.0.0.2/31')).to.equal(told);
    expect(a.to('10.99.0.0/24')).to.equal(undefined);
    expect(c.to('10.100.0.0/24')).to.equal(undefined);
    expect(a.instance.counters.lsas + c.instance.counters.lsas).to.equal(b.instance.counters.lsas);
  });

  it('at the highest sequence number are flushed and begun anew', () => {
    const { network, a, b, c } = three();
    c.external({ prefix: { address: 0xcb007100, length: 24 }, metric: 7, metricType: 2, tag: 0 });
    network.runFor(10);
    const body = [0xffffff00, 0x80000001, 0, 0];
    forge(a, b, [lsa({ type: 5, id: 0xcb007100, advertisingRouter: c.id }, body, { sequence: 0x7fffffff })]);
    network.runFor(60);
    expect(a.to('203.0.113.0/24')).to.equal('external-2 7 via eth1 10.0.0.1');
    expect(b.to('203.0.113.0/24')).to.equal('external-2 7 via eth2 10.0.0.3');
  });

  it('with a forwarding address outside, or by another external route, lead nowhere (16.4, step 3)', () => {
    const { network, a, b, c } = three();
    c.external({ prefix: { address: 0x01000000, length: 8 }, metric: 1, metricType: 2, tag: 0 });
    network.runFor(10);
    for (const [i, forwarding] of [0x01020304, 0xfefefefe].entries()) {
      const id = 0x0a630000 + 256 * i;
      forge(c, b, [
        lsa({ type: 5, id, advertisingRouter: c.id }, externalBody(1, forwarding), { sequence: -5 }),
      ]);
    }
    network.runFor(0.9);
    expect([...a.routes.keys()].filter((prefix) => prefix.startsWith('10.99'))).to.deep.equal([]);
  });

  it('that come a hundred times a second are taken once a second, and cost as many tables', () => {
    const { network, a, b } = three();
    const sent: number[] = [];
    network.watch = ({ from, bytes }) => {
      if (from === b && bytes[1] === 4) sent.push(bytes.length);
    };
    const { spfRuns } = b.instance.counters;
    for (let i = 0; i < 1000; i++) {
      forge(a, b, [lsa({ type: 5, advertisingRouter: a.id }, externalBody(i), { sequence: i + 1 })]);
      network.runFor(0.01);
    }
    expect(b.instance.counters.spfRuns).to.equal(spfRuns);
    expect(sent.length).to.be.below(60);
  });

  it('thousands of them at MaxAge, of LSAs that nobody has, leave nothing behind', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    bench.runFor(1);
    const { lsas } = bench.instance.counters;
    for (let id = 0; id < 5000; id++) {
      peer.update(
        lsa({ type: 3 + (id % 3), id, advertisingRouter: PEER_ID }, externalBody(1), { age: 3600 }),
      );
    }
    expect(bench.instance.counters.lsas).to.equal(lsas);
  });
});
