import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MAX_LAN_CIRCUITS } from '../../../../src/routerd/protocols/isis/constants.ts';
import type { IsisSettings } from '../../../../src/routerd/protocols/isis/contract.ts';
import { aCircuit, TestNetwork, type TestRouter } from './network.ts';

const LEVEL_2_LSP = 20;
const loopback = (router: number): string => `192.168.0.${router + 1}/32`;

/** Three in a row, on LANs or point-to-point. */
function row(kind: 'lan' | 'link', ...settings: readonly Partial<IsisSettings>[]) {
  const network = new TestNetwork();
  const [a, b, c] = [0, 1, 2].map((at) => network.router(settings[at]));
  for (const [left, right] of [
    [a, b],
    [b, c],
  ]) {
    if (kind === 'lan') network.lan([left, right]);
    else network.link(left, right);
  }
  network.start();
  network.runFor(30);
  return { network, a, b, c };
}

/** Every state that anybody sees a neighbour in while `act` goes on. */
function statesDuring(network: TestNetwork, seconds: number, act: () => void): readonly string[] {
  const states = new Set<string>();
  network.watch = () => {
    for (const { instance } of network.routers) {
      for (const { state, level } of instance.neighbours()) states.add(`${level} ${state}`);
    }
  };
  act();
  network.runFor(seconds);
  network.watch = () => {};
  return [...states].sort();
}

describe('IS-IS that is configured anew', () => {
  for (const kind of ['lan', 'link'] as const) {
    describe(`on a ${kind}`, () => {
      it('takes a network from one area to another and loses no adjacency, by way of both', () => {
        const levels = { levels: [1] as const };
        const { network, a, b, c } = row(kind, levels, levels, levels);
        const take = (areas: readonly string[]) => {
          for (const each of [a, b, c]) {
            each.configure({ areas });
            network.runFor(5);
          }
        };
        let isMissing = false;
        network.changed = () => {
          isMissing ||= !a.routes.has(loopback(2)) || !c.routes.has(loopback(0));
        };
        const states = statesDuring(network, 60, () => {
          take(['490001', '490002']);
          take(['490002']);
        });
        expect(states).to.deep.equal(['1 Up']);
        expect(isMissing).to.equal(false);
      });

      it('loses who has no area in common any more in level 1, and nobody in level 2', () => {
        const both = { levels: [1, 2] as const };
        const { network, a, b } = row(kind, both, both, both);
        const levelsTo = (to: TestRouter): readonly number[] =>
          a.instance
            .neighbours()
            .filter(({ systemId, state }) => systemId === to.settings.systemId && state === 'Up')
            .map(({ level }) => level);
        expect(levelsTo(b)).to.deep.equal([1, 2]);
        b.configure({ areas: ['490002'] });
        network.runFor(4);
        expect(levelsTo(b)).to.deep.equal([2]);
        expect(a.routes.get(loopback(2))?.level).to.equal(2);
        b.configure({ areas: ['490001'] });
        network.runFor(15);
        expect(levelsTo(b)).to.deep.equal([1, 2]);
      });

      it('says another address at once, and its neighbours go there', () => {
        const { network, a, b } = row(kind);
        const circuit = b.settings.circuits[1];
        const { address, length } = circuit.addresses[0];
        const states = statesDuring(network, 3, () =>
          b.adjust('eth1', { addresses: [{ address: address + 64, length }, ...circuit.addresses] }),
        );
        expect(states).to.deep.equal(['2 Up']);
        expect(a.routes.get(loopback(1))?.nextHops).to.deep.equal([
          { interface: 'eth1', gateway: kind === 'lan' ? address + 64 : address },
        ]);
      });
    });
  }

  it('gives the numbers of LANs that are no more to others', () => {
    const network = new TestNetwork();
    const [a, b] = [network.router(), network.router()];
    network.lan([a, b]);
    const [lo] = a.settings.circuits;
    const lan = a.settings.circuits[1];
    const others = Array.from({ length: MAX_LAN_CIRCUITS }, (_, at) =>
      aCircuit(`x${at}`, 0x0200000a0000 + at, 0x0a010000 + 256 * at, 24, 'broadcast', 10),
    );
    // b stands for no LAN, so that all hangs on what a does.
    const level = b.settings.circuits[1].levels[2];
    if (level === undefined) throw new Error('no level 2');
    b.settings = {
      ...b.settings,
      circuits: b.settings.circuits.map((each) =>
        each.name === 'eth1' ? { ...each, levels: { 2: { ...level, priority: 0 } } } : each,
      ),
    };
    a.configure({ circuits: [lo, ...others] });
    a.configure({ circuits: [lo, ...others.slice(1), lan] });
    b.configure();
    network.runFor(30);
    expect(a.log).to.deep.equal([]);
    expect(b.routes.get(loopback(0))?.metric).to.equal(10);
    a.configure({ circuits: [lo, ...others, lan] });
    expect(a.log).to.deep.equal(['error: isis: x0: more than 255 circuits before it: it cannot be a LAN']);
    network.runFor(30);
    expect(b.state(a), 'those that had a number keep it').to.equal('Up');
  });

  it('takes another system ID, and its old self is purged everywhere', () => {
    const { network, b, c } = row('lan');
    const lsps = c.instance.counters.lsps;
    b.configure({ systemId: '0000000000bb' });
    network.runFor(120);
    expect(c.routes.get(loopback(0))?.metric).to.equal(20);
    expect(c.instance.counters.lsps).to.equal(lsps);
  });
});

describe('Two routers of one system ID that are no neighbours', () => {
  it('are told of by both, once, and do not flood the network', () => {
    const network = new TestNetwork();
    const routers = Array.from({ length: 4 }, () => network.router());
    routers.slice(1).forEach((router, at) => {
      network.link(routers[at], router);
    });
    const [a, , , d] = routers;
    d.settings = { ...d.settings, systemId: a.settings.systemId };
    network.start();
    network.runFor(600);
    let lsps = 0;
    network.watch = ({ from, bytes }) => {
      if (from === a && bytes[4] === LEVEL_2_LSP) lsps++;
    };
    network.runFor(3600);
    for (const each of [a, d]) {
      expect(each.log).to.deep.equal([
        'error: isis: another router changes our LSP 0000.0000.0001.00-00 of level 2 again and again: has it our system ID 0000.0000.0001?',
      ]);
    }
    expect(lsps, 'an hour long').to.be.within(60, 1000);
  });

  it('are not what a router takes its own LSPs of before a restart for', () => {
    const { network, a } = row('lan');
    for (let restart = 0; restart < 5; restart++) {
      a.restart();
      network.runFor(60);
    }
    expect(a.log).to.deep.equal([]);
  });
});

describe('The lifetime of an LSP (RFC 7987)', () => {
  it('that was spoilt on the way does not make it be purged', () => {
    const { network, b, c } = row('link');
    const received = network.wires[1].ends[1];
    network.watch = ({ from, circuit, bytes }) => {
      // What b tells c says from now on that it lives for a second.
      if (from !== b || circuit !== 'eth2' || bytes[4] !== LEVEL_2_LSP) return;
      bytes[10] = 0;
      bytes[11] = 1;
    };
    expect(received.router).to.equal(c);
    network.routers[0].configure({ hostname: 'other' });
    network.runFor(60);
    expect(c.routes.get(loopback(0))?.metric).to.equal(20);
    expect(network.routers[0].log).to.deep.equal([]);
  });
});
