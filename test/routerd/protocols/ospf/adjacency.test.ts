import { expect } from 'chai';
import { describe, it } from 'mocha';
import { elect } from '../../../../src/routerd/protocols/ospf/election.ts';
import { TestNetwork } from './network.ts';
import { Bench, OUR_ID, PEER_ADDRESS, PEER_ID, routerLsa, ScriptedNeighbour } from './scripted-neighbour.ts';

const ALL_SPF_ROUTERS = 0xe0000005;

describe('an OSPF adjacency on a point-to-point link', () => {
  it('goes through all states when each packet is what the RFC wants', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.hello({ neighbours: [] });
    expect(bench.state).to.equal('Init');
    peer.hello();
    expect(bench.state).to.equal('ExStart');
    const [first] = bench.take('database-description');
    expect(first.packet.description).to.include({
      initial: true,
      more: true,
      master: true,
      mtu: 1500,
      options: 2,
    });
    expect(first.destination).to.equal(ALL_SPF_ROUTERS);
    // The larger Router ID is master.
    peer.describe({ initial: true, more: true });
    expect(bench.state).to.equal('Exchange');
    const [reply] = bench.take('database-description');
    expect(reply.packet.description).to.include({ initial: false, master: false, sequence: peer.sequence });
    peer.sequence++;
    peer.describe({}, [routerLsa(PEER_ID)]);
    expect(bench.state).to.equal('Loading');
    const [request] = bench.take('request');
    expect(request.packet.requests).to.deep.equal([{ type: 1, id: PEER_ID, advertisingRouter: PEER_ID }]);
    peer.update(routerLsa(PEER_ID));
    expect(bench.state).to.equal('Full');
  });

  it('is led by the one with the larger Router ID', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench, OUR_ID - 1);
    peer.hello();
    const [{ packet }] = bench.take('database-description');
    peer.describe({ initial: true, more: true });
    expect(bench.state, 'the smaller one cannot be master').to.equal('ExStart');
    peer.describe({ master: false, more: false, sequence: packet.description.sequence });
    expect(bench.state).to.equal('Exchange');
    const [next] = bench.take('database-description');
    expect(next.packet.description).to.include({ master: true, sequence: packet.description.sequence + 1 });
  });

  it('repeats what is not answered every RxmtInterval', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.hello();
    bench.heard.length = 0;
    bench.runFor(11);
    expect(bench.take('database-description')).to.have.lengthOf(2);
    peer.exchange([routerLsa(PEER_ID)]);
    bench.heard.length = 0;
    bench.runFor(11);
    expect(bench.take('request')).to.have.lengthOf(2);
  });

  it('as slave answers a repeated description with the same packet again', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    expect(bench.state).to.equal('Full');
    const [last] = bench.take('database-description').slice(-1);
    peer.describe();
    const again = bench.take('database-description');
    expect(again.map(({ bytes }) => bytes)).to.deep.equal([last.bytes]);
    expect(bench.state).to.equal('Full');
  });

  it('begins anew on a sequence number, flags or a request that cannot be', () => {
    const wrongs: ((peer: ScriptedNeighbour) => void)[] = [
      (peer) => peer.describe({ sequence: peer.sequence + 7 }),
      (peer) => peer.describe({ initial: true, more: true, sequence: 5 }),
      (peer) => peer.describe({ master: false, sequence: peer.sequence + 1 }),
      (peer) => peer.request({ type: 1, id: 99, advertisingRouter: 99 }),
    ];
    for (const wrong of wrongs) {
      const bench = new Bench();
      const peer = new ScriptedNeighbour(bench);
      peer.exchange();
      expect(bench.state).to.equal('Full');
      wrong(peer);
      expect(bench.state).to.equal('ExStart');
    }
  });

  it('is not formed with a neighbour whose MTU is larger', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.hello();
    peer.describe({ initial: true, more: true, mtu: 9000 });
    expect(bench.state).to.equal('ExStart');
    expect(bench.log).to.include('warning: ospf: packet refused on eth0: mtu');
  });

  it('is not formed where Hellos do not agree, or area or Router ID is wrong; each is refused and counted', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.hello({ helloIntervalS: 9 });
    peer.hello({ deadIntervalS: 41 });
    peer.hello({ options: 0 });
    new ScriptedNeighbour(bench, OUR_ID).hello();
    new ScriptedNeighbour(bench, 0).hello();
    peer.hello.call({ ...peer, say: peer.say.bind(peer), areaId: 1 });
    expect(bench.instance.neighbours()).to.deep.equal([]);
    expect(bench.instance.counters.packetsRefused).to.equal(6);
    // On a point-to-point network the mask does not matter (10.5).
    peer.hello({ mask: 0xffffff80 });
    expect(bench.state).to.equal('ExStart');
  });

  it('ends when nothing is heard for the dead interval, or when the neighbour hears us no more', () => {
    const bench = new Bench();
    const peer = new ScriptedNeighbour(bench);
    peer.exchange();
    bench.runFor(39);
    expect(bench.state).to.equal('Full');
    peer.hello();
    bench.runFor(39);
    expect(bench.state).to.equal('Full');
    peer.hello({ neighbours: [] });
    expect(bench.state).to.equal('Init');
    bench.runFor(41);
    expect(bench.instance.neighbours()).to.deep.equal([]);
  });

  it('goes to the new router when another one answers at the same address', () => {
    const bench = new Bench();
    new ScriptedNeighbour(bench).exchange();
    new ScriptedNeighbour(bench, PEER_ID + 1, PEER_ADDRESS).hello();
    expect(bench.instance.neighbours().map(({ routerId, state }) => [routerId, state])).to.deep.equal([
      [PEER_ID + 1, 'ExStart'],
    ]);
  });

  it('describes a database larger than the MTU in several packets', () => {
    const bench = new Bench({ mtu: 576 });
    const peer = new ScriptedNeighbour(bench);
    peer.mtu = 576;
    peer.exchange();
    const many = Array.from({ length: 100 }, (_, i) => routerLsa(i + 1));
    for (let at = 0; at < many.length; at += 10) peer.update(...many.slice(at, at + 10));
    expect(bench.instance.counters.lsas).to.equal(100);
    const other = new ScriptedNeighbour(bench, PEER_ID + 5, PEER_ADDRESS + 5);
    bench.heard.length = 0;
    other.mtu = 576;
    other.hello();
    other.describe({ initial: true, more: true });
    for (let i = 0; i < 10; i++) {
      other.sequence++;
      other.describe({ more: i < 9 });
    }
    const described = bench.heard.filter(({ packet }) => packet.type === 'database-description');
    const headers = described.flatMap(({ packet }) => ('headers' in packet ? packet.headers : []));
    expect(new Set(headers.map(({ id }) => id)).size).to.be.at.least(100);
    expect(described.length).to.be.above(4);
    for (const { bytes } of described) expect(bytes.length).to.be.at.most(556);
  });
});

describe('electing a designated router', () => {
  const router = (address: number, priority: number, designatedRouter = 0, backup = 0) => ({
    routerId: address + 100,
    address,
    priority,
    designatedRouter,
    backup,
  });

  it('takes the highest priority, then the highest Router ID; the next one is backup', () => {
    expect(elect(router(3, 1), [router(1, 1), router(2, 1)])).to.deep.equal({
      designatedRouter: 3,
      backup: 2,
    });
    expect(elect(router(3, 9), [router(1, 5), router(4, 1)])).to.deep.equal({
      designatedRouter: 3,
      backup: 1,
    });
  });

  it('sees one router as both until that router has chosen its backup (step 4 is for one’s own role)', () => {
    expect(elect(router(2, 1), [router(1, 1), router(3, 1)])).to.deep.equal({
      designatedRouter: 3,
      backup: 3,
    });
    expect(elect(router(2, 1, 3, 3), [router(1, 1), router(3, 1, 3, 2)])).to.deep.equal({
      designatedRouter: 3,
      backup: 2,
    });
  });

  it('never takes priority 0', () => {
    expect(elect(router(1, 0), [router(2, 0)])).to.deep.equal({ designatedRouter: 0, backup: 0 });
    expect(elect(router(1, 0), [router(2, 1)])).to.deep.equal({ designatedRouter: 2, backup: 2 });
  });

  it('leaves who is designated in place when a better one appears', () => {
    const settled = [router(1, 1, 1, 2), router(2, 1, 1, 2)];
    expect(elect(router(3, 200), settled)).to.deep.equal({ designatedRouter: 1, backup: 2 });
  });

  it('makes the backup designated when the designated router is gone, and finds another backup', () => {
    expect(elect(router(2, 1, 1, 2), [router(3, 1, 1, 2), router(4, 1, 1, 2)])).to.deep.equal({
      designatedRouter: 2,
      backup: 4,
    });
  });

  it('does not let the calculating router be both', () => {
    expect(elect(router(1, 1), [])).to.deep.equal({ designatedRouter: 1, backup: 0 });
  });
});

describe('OSPF on a broadcast network', () => {
  function segmentOf(count: number) {
    const network = new TestNetwork();
    const routers = Array.from({ length: count }, () => network.router());
    const wire = network.segment(routers);
    return { network, routers, wire };
  }

  it('waits for the dead interval, then elects; others are adjacent to the designated two only', () => {
    const { network, routers } = segmentOf(4);
    network.start();
    network.runFor(39);
    expect(routers[0].state(routers[3])).to.equal('2-Way');
    network.runFor(20);
    const [a, b, c, d] = routers;
    expect(a.instance.neighbours().map(({ role, state }) => [role, state])).to.deep.equal([
      ['DROther', '2-Way'],
      ['BDR', 'Full'],
      ['DR', 'Full'],
    ]);
    expect(a.state(b)).to.equal('2-Way');
    expect(c.state(d)).to.equal('Full');
    // One router-LSA each, and one network-LSA.
    expect(routers.map(({ instance }) => instance.counters.lsas)).to.deep.equal([5, 5, 5, 5]);
  });

  it('does not wait where a designated router is there already', () => {
    const { network, routers, wire } = segmentOf(3);
    for (const router of routers.slice(0, 2)) router.configure();
    network.runFor(60);
    routers[2].configure();
    network.runFor(25);
    expect(wire.ends).to.have.lengthOf(3);
    expect(routers[2].instance.neighbours().map(({ role, state }) => [role, state])).to.deep.equal([
      ['BDR', 'Full'],
      ['DR', 'Full'],
    ]);
  });

  it('the backup takes over when the designated router dies, and its network-LSA with it', () => {
    const { network, routers } = segmentOf(3);
    network.start();
    network.runFor(60);
    routers[2].instance.stop();
    network.runFor(60);
    const [a, b] = routers;
    expect(a.instance.neighbours().map(({ role, state }) => [role, state])).to.deep.equal([['DR', 'Full']]);
    expect(b.instance.neighbours().map(({ role, state }) => [role, state])).to.deep.equal([['BDR', 'Full']]);
    expect(a.routes.get('192.168.0.2/32')?.cost).to.equal(10);
    expect(a.routes.has('192.168.0.3/32')).to.equal(false);
  });

  it('a router of priority 0 is never designated', () => {
    const { network, routers } = segmentOf(2);
    routers[1].settings = {
      ...routers[1].settings,
      interfaces: routers[1].settings.interfaces.map((known) => ({ ...known, priority: 0 })),
    };
    network.start();
    network.runFor(60);
    expect(routers[1].instance.neighbours().map(({ role, state }) => [role, state])).to.deep.equal([
      ['DR', 'Full'],
    ]);
  });

  it('DROthers flood to the designated two alone (224.0.0.6), they to all (224.0.0.5)', () => {
    const { network, routers } = segmentOf(4);
    network.start();
    network.runFor(60);
    const floods: string[] = [];
    network.watch = ({ from, destination, bytes }) => {
      if (bytes[1] === 4) floods.push(`${from.name} ${(destination >>> 0).toString(16)}`);
    };
    routers[0].adjust('lo', { address: 0x01010101 });
    network.runFor(3);
    expect(floods).to.deep.equal(['r0 e0000006', 'r3 e0000005']);
  });

  it('takes Hellos only from its own subnet and with its own mask', () => {
    const bench = new Bench({ network: 'broadcast' });
    new ScriptedNeighbour(bench, PEER_ID, 0x01020304).hello();
    new ScriptedNeighbour(bench).hello({ mask: 0xffffff80 });
    expect(bench.instance.neighbours()).to.deep.equal([]);
    expect(bench.instance.counters.packetsRefused).to.equal(2);
  });

  it('has room for 256 neighbours, and says when there are more', () => {
    const bench = new Bench({ network: 'broadcast', prefixLength: 16 });
    for (let i = 0; i < 300; i++) {
      new ScriptedNeighbour(bench, 1000 + i, 0xac100100 + i).hello({ mask: 0xffff0000 });
    }
    expect(bench.instance.neighbours()).to.have.lengthOf(256);
    expect(bench.log).to.include('warning: ospf: more than 256 neighbours on eth0');
  });
});

describe('the number of what neighbours are', () => {
  it('is another whenever one comes, goes or changes its state, also with its interface; and stays at rest', () => {
    const network = new TestNetwork();
    const routers = [network.router(), network.router(), network.router()];
    const [a, b, c] = routers;
    const wire = network.link(a, b);
    network.segment([a, b, c]);
    const seen = new Map(routers.map((router) => [router, { text: '', version: -1 }]));
    let changes = 0;
    const look = (): void => {
      for (const router of routers) {
        const { neighboursVersion: version } = router.instance;
        const text = JSON.stringify(router.instance.neighbours().map(({ role, ...rest }) => rest));
        const former = seen.get(router);
        if (former?.text === text) continue;
        changes++;
        expect(version, `${former?.text} ${text}`).not.to.equal(former?.version);
        seen.set(router, { text, version });
      }
    };
    const watch = (seconds: number): void => {
      for (let step = 0; step < seconds * 100; step++) {
        network.runFor(0.01);
        look();
      }
    };
    network.start();
    watch(60);
    for (const up of [false, true]) {
      network.set(wire, up);
      look();
      watch(15);
    }
    c.instance.stop();
    watch(50);
    expect(changes).to.be.above(10);
    const atRest = [a, b].map(({ instance }) => instance.neighboursVersion);
    network.runFor(100);
    expect([a, b].map(({ instance }) => instance.neighboursVersion)).to.deep.equal(atRest);
  });
});
