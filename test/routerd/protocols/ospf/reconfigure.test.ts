import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SpfThrottle } from '../../../../src/routerd/protocols/spf/throttle.ts';
import { VirtualClock } from '../../../../src/runner/backends/embedded/virtual-clock.ts';
import { MILLISECOND } from '../../../../src/world/clock.ts';
import { anInterface, showRoute, showRoutes, TestNetwork } from './network.ts';

/** a - b - c in a row, and a second way from a to c that costs more. Converged. */
function triangle() {
  const network = new TestNetwork();
  const [a, b, c] = [network.router(), network.router(), network.router()];
  const wires = { ab: network.link(a, b), bc: network.link(b, c), ac: network.link(a, c, 100) };
  network.start();
  network.runFor(60);
  return { network, a, b, c, wires };
}

/** Packets sent by anyone in the time, by type. */
function sentIn(network: TestNetwork, seconds: number): Set<number> {
  const types = new Set<number>();
  network.watch = ({ bytes }) => types.add(bytes[1]);
  network.runFor(seconds);
  network.watch = () => {};
  return types;
}

describe('reconfiguring OSPF', () => {
  it('with the same settings changes nothing', () => {
    const { network, a } = triangle();
    const before = a.instance.counters.spfRuns;
    let changes = 0;
    network.changed = () => {
      changes++;
    };
    a.configure();
    expect([...sentIn(network, 9)]).to.deep.equal([]);
    expect(changes).to.equal(0);
    expect(a.instance.counters.spfRuns).to.be.at.most(before + 1);
  });

  it('of a cost floods one router-LSA; adjacencies stay', () => {
    const { network, a, b, c } = triangle();
    a.adjust('eth1', { cost: 95 });
    expect([...sentIn(network, 5)].sort()).to.deep.equal([4, 5]);
    expect(a.state(b)).to.equal('Full');
    expect(showRoutes(a).filter((route) => route.startsWith('192.168.0.3'))).to.deep.equal([
      '192.168.0.3/32 100 via eth2 10.0.0.5',
    ]);
    expect(c.routes.get('192.168.0.1/32')?.cost).to.equal(20);
  });

  it('gives equal paths together, and no more than maximum-paths', () => {
    const { network, a } = triangle();
    a.adjust('eth1', { cost: 90 });
    network.runFor(5);
    const route = () => showRoutes(a).find((text) => text.startsWith('192.168.0.3'));
    expect(route()).to.equal('192.168.0.3/32 100 via eth1 10.0.0.1, eth2 10.0.0.5');
    a.configure({ maximumPaths: 1 });
    network.runFor(5);
    expect(route()).to.equal('192.168.0.3/32 100 via eth1 10.0.0.1');
  });

  it('that removes an interface kills its neighbours at once, and only those', () => {
    const { network, a, b, c, wires } = triangle();
    network.set(wires.ab, false);
    expect(a.state(b)).to.equal('Down');
    expect(a.state(c)).to.equal('Full');
    network.runFor(0.2);
    expect(a.routes.get('192.168.0.2/32')).to.include({ cost: 110 });
    network.set(wires.ab, true);
    network.runFor(10);
    expect(a.state(b)).to.equal('Full');
    expect(a.routes.get('192.168.0.2/32')).to.include({ cost: 10 });
  });

  it('that makes an interface passive ends its adjacency and keeps its subnet', () => {
    const { network, a, b } = triangle();
    a.adjust('eth1', { passive: true });
    network.runFor(1);
    expect(a.state(b)).to.equal('Down');
    const sent: string[] = [];
    network.watch = ({ from, interface: name }) => {
      if (from === a) sent.push(name);
    };
    network.runFor(60);
    expect(new Set(sent)).to.deep.equal(new Set(['eth2']));
    expect(b.routes.get('10.0.0.0/31')).to.include({ cost: 10 });
    expect(a.routes.get('192.168.0.2/32')).to.include({ cost: 110 });
  });

  it('of Hello or dead interval, address or kind restarts that interface alone', () => {
    const changes = [
      { helloIntervalS: 5 },
      { deadIntervalS: 30 },
      { address: 0x0a000101 },
      { prefixLength: 30 },
      { network: 'broadcast' as const },
    ];
    for (const change of changes) {
      const { a, b, c } = triangle();
      a.adjust('eth1', change);
      expect(a.state(b), JSON.stringify(change)).to.equal('Down');
      expect(a.state(c)).to.equal('Full');
    }
  });

  it('of the Router ID starts everything anew and takes the old LSA out of the network', () => {
    const { network, a, b } = triangle();
    a.configure({ routerId: 0x01010101 });
    expect(a.instance.neighbours()).to.deep.equal([]);
    network.runFor(60);
    expect(a.state(b)).to.equal('Full');
    expect(b.instance.counters.lsas).to.equal(3);
    expect(b.routes.get('192.168.0.1/32')?.cost).to.equal(10);
  });

  it('of one end to another area ends that adjacency, and no other', () => {
    const { network, a, b, c } = triangle();
    a.adjust('eth1', { area: 7 });
    expect(a.state(c)).to.equal('Full');
    network.runFor(60);
    expect(a.state(b)).to.equal('Down');
    expect(a.state(c)).to.equal('Full');
    expect(a.log).to.include('warning: ospf: packet refused on eth1: area');
    expect(a.routes.get('192.168.0.2/32')).to.include({ cost: 110 });
  });

  it('announces a loopback as its address at cost 0, and a passive network as it is', () => {
    const network = new TestNetwork();
    const [a, b] = [network.router(), network.router()];
    network.link(a, b, 10);
    const lan = { ...anInterface('lan', 0xc0a86401, 24, 'broadcast', 7), passive: true };
    const loopback = anInterface('lo1', 0x08080808, 24, 'loopback', 50);
    b.settings = { ...b.settings, interfaces: [...b.settings.interfaces, lan, loopback] };
    network.start();
    network.runFor(10);
    expect(showRoutes(a)).to.include.members([
      '192.168.100.0/24 17 via eth1 10.0.0.1',
      '8.8.8.8/32 10 via eth1 10.0.0.1',
    ]);
    expect([...b.routes.values()].map(showRoute)).to.include('192.168.100.0/24 7 via lan');
  });

  it('stopped, it says nothing more, whatever it is told', () => {
    const { network, a, b } = triangle();
    const sent: string[] = [];
    a.instance.stop();
    network.watch = ({ from }) => sent.push(from.name);
    network.runFor(100);
    a.configure();
    network.runFor(100);
    expect(sent).to.not.include('r0');
    expect(b.state(a)).to.equal('Down');
  });
});

describe('throttling SPF as FRR does', () => {
  function throttled(delay: number, hold: number, max: number) {
    const clock = new VirtualClock();
    const runs: number[] = [];
    const throttle = new SpfThrottle(clock, { delay, hold, max }, () => runs.push(clock.now() / MILLISECOND));
    return {
      runs,
      at: (ms: number) => {
        clock.runUntil(ms * MILLISECOND);
        throttle.schedule();
      },
      end: () => clock.runUntil(100_000 * MILLISECOND),
    };
  }

  it('serves the first event after the delay, and those that come meanwhile with it', () => {
    const { runs, at, end } = throttled(20, 50, 5000);
    at(1000);
    at(1010);
    at(1019);
    end();
    expect(runs).to.deep.equal([1020]);
  });

  it('holds off longer and longer while events go on, up to the maximum', () => {
    const { runs, at, end } = throttled(0, 100, 250);
    for (let ms = 1000; ms < 2000; ms += 10) at(ms);
    end();
    const gaps = runs.slice(1).map((run, i) => run - runs[i]);
    expect(gaps).to.deep.equal([100, 200, 250, 250, 250]);
  });

  it('is as quick as at first once it was quiet for the hold time', () => {
    const { runs, at, end } = throttled(0, 100, 5000);
    for (const ms of [1000, 1050, 1120]) at(ms);
    at(3000);
    at(3010);
    end();
    expect(runs).to.deep.equal([1000, 1100, 1300, 3000, 3100]);
  });
});
