import { expect } from 'chai';
import { describe, it } from 'mocha';
import { encodeLsa } from '../../../../src/routerd/protocols/ospf/lsa.ts';
import { showRoutes, TestNetwork } from './network.ts';
import {
  Bench,
  heardLsa,
  PEER_ADDRESS,
  PEER_ID,
  routerLsa,
  ScriptedNeighbour,
} from './scripted-neighbour.ts';

const OTHER = 0x0a000063;

/** A bench with one neighbour in Full, and nothing left to say. */
function adjacent() {
  const bench = new Bench();
  const peer = new ScriptedNeighbour(bench);
  peer.exchange();
  bench.runFor(2);
  peer.hello();
  for (const heard of bench.take('update')) {
    heard.packet.lsas.forEach((_, i) => {
      peer.acknowledge(heardLsa(heard, i));
    });
  }
  return { bench, peer };
}

/** The same with a second neighbour on the link, so that there is someone to flood to. */
function between() {
  const { bench, peer } = adjacent();
  const other = new ScriptedNeighbour(bench, PEER_ID + 1, PEER_ADDRESS + 1);
  other.exchange();
  bench.runFor(6);
  for (const heard of bench.take('update')) {
    heard.packet.lsas.forEach((_, i) => {
      peer.acknowledge(heardLsa(heard, i));
      other.acknowledge(heardLsa(heard, i));
    });
  }
  bench.runFor(6);
  bench.heard.length = 0;
  return { bench, peer, other };
}

describe('OSPF flooding', () => {
  it('sends its own LSA again and again until it is acknowledged', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    bench.runFor(1);
    const [first] = bench.take('update');
    bench.runFor(16);
    const again = bench.take('update');
    expect(again).to.have.lengthOf(3);
    expect(again.map(({ packet }) => packet.lsas[0].header.age)).to.deep.equal([6, 11, 16]);
    peer.hello();
    peer.acknowledge(heardLsa(first));
    bench.runFor(20);
    expect(bench.take('update')).to.deep.equal([]);
  });

  it('does not take the acknowledgement of another instance for its own', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    bench.runFor(1);
    const own = heardLsa(bench.take('update')[0]);
    const older = { ...own, bytes: own.bytes.slice() };
    older.bytes[own.at + 15]++;
    peer.acknowledge(older);
    bench.runFor(6);
    expect(bench.take('update')).to.have.lengthOf(1);
  });

  it('takes the same LSA coming back as an acknowledgement, and acknowledges nothing', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    bench.runFor(1);
    const own = heardLsa(bench.take('update')[0]);
    peer.update(own);
    bench.runFor(10);
    expect(bench.heard.filter(({ packet }) => packet.type !== 'hello')).to.deep.equal([]);
  });

  it('passes a new LSA on within milliseconds, one InfTransDelay older, and acknowledges within RxmtInterval', () => {
    const { bench, peer } = between();
    peer.update(routerLsa(OTHER, { age: 10 }));
    bench.runFor(0.001);
    const [{ packet }] = bench.take('update');
    expect(packet.lsas[0].header).to.include({ id: OTHER, age: 11 });
    bench.runFor(1);
    // Flooded back out of the interface that it came from: that is its acknowledgement (table 19).
    expect(bench.take('acknowledgement')).to.deep.equal([]);
  });

  it('acknowledges delayed what it had no reason to send back', () => {
    const { bench, peer } = adjacent();
    peer.update(routerLsa(OTHER), routerLsa(OTHER + 1));
    bench.runFor(0.5);
    expect(bench.take('acknowledgement')).to.deep.equal([]);
    bench.runFor(1);
    const acknowledged = bench.take('acknowledgement').flatMap(({ packet }) => packet.headers);
    expect(acknowledged.map(({ id }) => id)).to.deep.equal([OTHER, OTHER + 1]);
  });

  it('acknowledges a duplicate at once', () => {
    const { bench, peer } = adjacent();
    peer.update(routerLsa(OTHER));
    bench.runFor(2);
    bench.heard.length = 0;
    peer.update(routerLsa(OTHER));
    expect(bench.take('acknowledgement')).to.have.lengthOf(1);
  });

  it('ignores a newer instance that comes within MinLSArrival', () => {
    const { bench, peer } = adjacent();
    peer.update(routerLsa(OTHER, { sequence: 1 }));
    bench.runFor(0.9);
    peer.update(routerLsa(OTHER, { sequence: 2 }));
    bench.runFor(2);
    const acknowledged = bench.take('acknowledgement').flatMap(({ packet }) => packet.headers);
    expect(acknowledged.map(({ sequence }) => sequence)).to.deep.equal([1]);
    peer.update(routerLsa(OTHER, { sequence: 2 }));
    bench.runFor(2);
    expect(bench.take('acknowledgement')[0].packet.headers[0].sequence).to.equal(2);
  });

  it('acknowledges only the newest of several that come while acknowledgments are gathered', () => {
    const { bench, peer } = adjacent();
    bench.settings = { ...bench.settings, lsaTimersMs: { interval: 5000, arrival: 0 } };
    bench.instance.handle({ type: 'configure', settings: bench.settings });
    for (let sequence = 1; sequence <= 300; sequence++) peer.update(routerLsa(OTHER, { sequence }));
    bench.runFor(2);
    const acknowledged = bench.take('acknowledgement').flatMap(({ packet }) => packet.headers);
    expect(acknowledged.map(({ sequence }) => sequence)).to.deep.equal([300]);
  });

  it('answers an older instance with the one it has, at most once a second', () => {
    const { bench, peer } = adjacent();
    peer.update(routerLsa(OTHER, { sequence: 9 }));
    bench.runFor(2);
    bench.heard.length = 0;
    peer.update(routerLsa(OTHER, { sequence: 8 }));
    peer.update(routerLsa(OTHER, { sequence: 8 }));
    expect(bench.takeLsas().map(({ id, sequence }) => [id, sequence])).to.deep.equal([[OTHER, 9]]);
    bench.runFor(1);
    peer.update(routerLsa(OTHER, { sequence: 8 }));
    expect(bench.takeLsas()).to.have.lengthOf(1);
  });

  it('acknowledges an LSA at MaxAge that it does not have, and does not store it', () => {
    const { bench, peer } = adjacent();
    const before = bench.instance.counters.lsas;
    peer.update(routerLsa(OTHER, { age: 3600 }));
    expect(bench.take('acknowledgement')[0].packet.headers[0]).to.include({ id: OTHER, age: 3600 });
    expect(bench.instance.counters.lsas).to.equal(before);
  });

  it('refuses an LSA with a wrong checksum or of a type the RFC does not know, and takes the rest', () => {
    const { bench, peer } = adjacent();
    const wrong = routerLsa(OTHER);
    wrong.bytes[10] ^= 1;
    const unknown = routerLsa(OTHER + 1);
    unknown.bytes[3] = 10;
    const before = bench.instance.counters;
    peer.update(wrong, unknown, routerLsa(OTHER + 2));
    expect(bench.instance.counters.packetsRefused).to.equal(before.packetsRefused + 2);
    expect(bench.instance.counters.lsas).to.equal(before.lsas + 1);
  });

  it('keeps LSAs that it does not read (types 3 to 5) and hands them on as they are', () => {
    const { bench, peer } = adjacent();
    // An AS-external-LSA is a mask and three words more (A.4.5): the shape that a network-LSA may have.
    const identity = { type: 5, id: 0xac100100, advertisingRouter: 0x01010101 };
    const body = { kind: 'network', mask: 0xffffff00, routers: [0x80000014, 0, 0] } as const;
    const external = encodeLsa(identity, 2, 1, body) ?? new Uint8Array();
    peer.update({ bytes: external, at: 0, age: 3 });
    bench.heard.length = 0;
    peer.request(identity);
    const [{ bytes, packet }] = bench.take('update');
    expect(bytes.slice(packet.lsas[0].at + 2)).to.deep.equal(external.slice(2));
  });

  it('gathers what comes close together into few packets that fit the MTU', () => {
    const { bench, peer } = between();
    const many = Array.from({ length: 100 }, (_, i) => routerLsa(OTHER + i));
    for (const lsa of many) peer.update(lsa);
    bench.runFor(0.2);
    const updates = bench.take('update');
    expect(updates.flatMap(({ packet }) => packet.lsas)).to.have.lengthOf(100);
    expect(updates.length).to.be.below(5);
    for (const { bytes } of updates) expect(bytes.length).to.be.at.most(1480);
  });

  it('stops at 50,000 LSAs, and says so', () => {
    const { bench, peer } = adjacent();
    for (let at = 0; at < 50_200; at += 50) {
      peer.update(...Array.from({ length: 50 }, (_, i) => routerLsa(OTHER + at + i)));
    }
    expect(bench.instance.counters.lsas).to.equal(50_000);
    expect(bench.log).to.include('warning: ospf: link state database full: 50000 LSAs');
  });

  it('reaches everyone on a grid although one packet in ten is lost, all the time', () => {
    const network = new TestNetwork(4711);
    const size = 5;
    const routers = Array.from({ length: size * size }, () => network.router());
    routers.forEach((router, i) => {
      if (i % size < size - 1) network.link(router, routers[i + 1]);
      if (i + size < routers.length) network.link(router, routers[i + size]);
    });
    for (const wire of network.wires) wire.loss = 0.1;
    network.start();
    network.runFor(90);
    for (const router of routers) {
      expect(router.instance.counters.lsas).to.equal(25);
      expect(showRoutes(router)).to.have.lengthOf(25 + 40);
    }
  });

  it('does not echo: on a quiet network nothing but Hellos is sent', () => {
    const network = new TestNetwork();
    const [a, b, c] = [network.router(), network.router(), network.router()];
    network.link(a, b);
    network.segment([a, b, c]);
    network.start();
    network.runFor(100);
    const types = new Set<number>();
    network.watch = ({ bytes }) => types.add(bytes[1]);
    network.runFor(600);
    expect([...types]).to.deep.equal([1]);
  });
});
