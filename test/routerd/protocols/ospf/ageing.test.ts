import { expect } from 'chai';
import { describe, it } from 'mocha';
import { encodeLsa, type LsaHeader } from '../../../../src/routerd/protocols/ospf/lsa.ts';
import { TestNetwork } from './network.ts';
import { Bench, heardLsa, OUR_ID, routerLsa, ScriptedNeighbour } from './scripted-neighbour.ts';

const OTHER = 0x0a000063;
const MAX_SEQUENCE = 0x7fffffff;
const INITIAL_SEQUENCE = -0x7fffffff;

/** Keeps a scripted neighbour alive for `seconds`, and returns the LSAs heard meanwhile, acknowledging each. */
function live(bench: Bench, peer: ScriptedNeighbour, seconds: number) {
  const lsas: (LsaHeader & { readonly atS: number })[] = [];
  for (let second = 0; second < seconds; second += 5) {
    peer.hello();
    bench.runFor(5);
    for (const heard of bench.take('update')) {
      heard.packet.lsas.forEach(({ header }, i) => {
        lsas.push({ ...header, atS: Math.round(heard.timeNs / 1e9) });
        peer.acknowledge(heardLsa(heard, i));
      });
    }
  }
  return lsas;
}

describe('the age of an LSA', () => {
  it('grows with the clock', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    peer.update(routerLsa(OTHER, { age: 100 }));
    live(bench, peer, 500);
    peer.request({ type: 1, id: OTHER, advertisingRouter: OTHER });
    const [header] = bench.takeLsas();
    expect(header.age).to.equal(100 + 500 + 1);
  });

  it('is renewed by its originator every 30 minutes, with the next sequence number', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    const own = live(bench, peer, 5500).filter(({ id }) => id === OUR_ID);
    expect(own.map(({ sequence }) => sequence - INITIAL_SEQUENCE)).to.deep.equal([0, 1, 2, 3]);
    const gaps = own.slice(1).map(({ atS }, i) => atS - own[i].atS);
    expect(gaps).to.deep.equal([1800, 1800, 1800]);
  });

  it('at one hour the LSA is flushed, by everyone who has it, and forgotten once that is acknowledged', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    peer.update(routerLsa(OTHER, { age: 3000 }));
    live(bench, peer, 590);
    expect(bench.instance.counters.lsas).to.equal(2);
    const flushed = live(bench, peer, 20).filter(({ id }) => id === OTHER);
    expect(flushed.map(({ age }) => age)).to.deep.equal([3600]);
    expect(bench.instance.counters.lsas).to.equal(1);
  });

  it('keeps a whole network in place for hours: refreshed, flooded, never expired', () => {
    const network = new TestNetwork();
    const routers = Array.from({ length: 4 }, () => network.router());
    routers.forEach((router, i) => {
      network.link(router, routers[(i + 1) % 4]);
    });
    network.start();
    network.runFor(60);
    let changes = 0;
    network.changed = (routes) => {
      changes += routes;
    };
    network.runFor(3 * 3600);
    expect(changes).to.equal(0);
    for (const { instance } of routers) expect(instance.counters.lsas).to.equal(4);
  });

  it('routes by way of a dead router are gone at once, its LSA an hour later', () => {
    const network = new TestNetwork();
    const [a, b, c] = [network.router(), network.router(), network.router()];
    network.link(a, b);
    network.link(b, c);
    network.start();
    network.runFor(60);
    c.instance.stop();
    network.runFor(45);
    expect(a.routes.has('192.168.0.3/32')).to.equal(false);
    expect(a.instance.counters.lsas).to.equal(3);
    network.runFor(3600);
    expect(a.instance.counters.lsas).to.equal(2);
  });
});

describe("a router's own LSA from before", () => {
  it('is outdone with the next sequence number when it comes back after a restart', () => {
    const network = new TestNetwork();
    const [a, b, c] = [network.router(), network.router(), network.router()];
    network.link(a, b);
    network.link(b, c);
    network.start();
    network.runFor(4000);
    const before = [...a.routes.keys()];
    b.restart();
    network.runFor(60);
    expect([...a.routes.keys()].sort()).to.deep.equal(before.sort());
    expect(a.state(b)).to.equal('Full');
    expect(a.instance.counters.lsas).to.equal(3);
  });

  it('is outdone when a neighbour sends it', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange([routerLsa(OUR_ID, { sequence: 77 })]);
    peer.update(routerLsa(OUR_ID, { sequence: 77 }));
    const own = live(bench, peer, 20).filter(({ id }) => id === OUR_ID);
    expect(own[own.length - 1].sequence).to.equal(78);
  });

  it('is flushed when we would not originate it: the network-LSA of a network that we do not lead', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    const identity = { type: 2, id: 0x0b000001, advertisingRouter: OUR_ID };
    const body = { kind: 'network', mask: 0xffffff00, routers: [OUR_ID] } as const;
    const bytes = encodeLsa(identity, 2, 5, body) ?? new Uint8Array();
    peer.update({ bytes, at: 0, age: 5 }, routerLsa(OTHER));
    const flushed = live(bench, peer, 20).filter(({ type }) => type === 2);
    expect(flushed.map(({ age }) => age)).to.include(3600);
    expect(bench.instance.counters.lsas).to.equal(2);
  });

  it('at the highest sequence number is flushed first, and begins anew with the lowest', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    live(bench, peer, 10);
    peer.update(routerLsa(OUR_ID, { sequence: MAX_SEQUENCE }));
    const own = live(bench, peer, 40).filter(({ id }) => id === OUR_ID);
    const story = own.map(({ sequence, age }) => [sequence, age === 3600]);
    expect(story).to.deep.include.members([
      [MAX_SEQUENCE, true],
      [INITIAL_SEQUENCE, false],
    ]);
    expect(story[story.length - 1]).to.deep.equal([INITIAL_SEQUENCE, false]);
  });
});

describe('MinLSInterval', () => {
  it('lies between two instances of an LSA, however often its contents change; the last contents win', () => {
    const network = new TestNetwork();
    const [a, b] = [network.router(), network.router()];
    network.link(a, b);
    network.start();
    network.runFor(60);
    const times: number[] = [];
    network.watch = ({ from, bytes, timeNs }) => {
      if (from === a && bytes[1] === 4) times.push(timeNs / 1e9);
    };
    for (let cost = 1; cost <= 20; cost++) {
      a.adjust('eth1', { cost });
      network.runFor(0.5);
    }
    network.runFor(10);
    for (let i = 1; i < times.length; i++) expect(times[i] - times[i - 1]).to.be.at.least(5);
    expect(times).to.have.lengthOf(3);
    expect(a.routes.get('192.168.0.2/32')?.cost).to.equal(20);
  });

  for (const arrival of [0, 1000]) {
    const told = arrival === 0 ? [2, 4, 6, 8, 10] : [2, 2, 2, 2, 10];
    it(`may be none at all; a neighbour follows as fast as its MinLSArrival of ${arrival} ms says`, () => {
      const network = new TestNetwork();
      const [a, b, c] = [network.router(), network.router(), network.router()];
      network.link(a, b);
      network.link(a, c);
      for (const router of [a, c]) router.configure({ lsaTimersMs: { interval: 0, arrival: 0 } });
      b.configure({ lsaTimersMs: { interval: 5000, arrival } });
      network.start();
      network.runFor(60);
      const before = b.routes.get('192.168.0.3/32')?.cost ?? 0;
      const costs: number[] = [];
      for (let cost = 2; cost <= 10; cost += 2) {
        a.adjust('eth2', { cost });
        network.runFor(0.15);
        costs.push((b.routes.get('192.168.0.3/32')?.cost ?? 0) - before + 10);
      }
      network.runFor(10);
      costs[4] = (b.routes.get('192.168.0.3/32')?.cost ?? 0) - before + 10;
      expect(costs).to.deep.equal(told);
    });
  }
});

describe('two routers of one Router ID that are no neighbours', () => {
  it('are told of by both, once, and do not flood the network', () => {
    const network = new TestNetwork();
    const routers = Array.from({ length: 4 }, () => network.router());
    routers.slice(1).forEach((router, at) => {
      network.link(routers[at], router);
    });
    const [a, , , d] = routers;
    d.settings = { ...d.settings, routerId: a.id };
    network.start();
    network.runFor(600);
    let packets = 0;
    network.watch = () => {
      packets++;
    };
    network.runFor(600);
    for (const each of [a, d]) {
      expect(each.log).to.deep.equal([
        'error: ospf: another router changes our LSA of type 1, 192.168.0.1, again and again: has it our Router ID 192.168.0.1?',
      ]);
    }
    // Both originate every MinLSInterval; six Hellos, updates and acknowledgements each time.
    expect(packets).to.be.below(600 * 12);
  });

  it('are not what a router takes its own LSA of before a restart for', () => {
    const network = new TestNetwork();
    const [a, b] = [network.router(), network.router()];
    network.link(a, b);
    network.start();
    for (let restart = 0; restart < 6; restart++) {
      network.runFor(60);
      a.restart();
    }
    expect(a.log).to.deep.equal([]);
  });
});
