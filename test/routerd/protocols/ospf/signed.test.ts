import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Authentication } from '../../../../src/routerd/protocols/ospf/authentication.ts';
import { type Sent, TestNetwork, type TestRouter, type Wire } from './network.ts';

const KEYS: Authentication = {
  kind: 'cryptographic',
  keys: [{ id: 1, algorithm: 'hmac-sha-512', secret: 'ours alone' }],
};

function pair(change: Parameters<TestRouter['adjustAll']>[0]): {
  readonly network: TestNetwork;
  readonly a: TestRouter;
  readonly b: TestRouter;
  readonly wire: Wire;
} {
  const network = new TestNetwork();
  const [a, b] = [network.router('a'), network.router('b')];
  const wire = network.link(a, b);
  for (const router of [a, b]) router.adjustAll(change);
  return { network, a, b, wire };
}

/** As if it came from the wire once more. */
function replay(to: TestRouter, { source, destination, bytes }: Sent): void {
  to.instance.handle({ type: 'packet', interface: 'eth1', source, destination, bytes });
}

describe('OSPF that signs', () => {
  it('refuses what was recorded before, counts all of it and tells of it once', () => {
    const { network, a, b } = pair({ authentication: KEYS });
    const recorded: Sent[] = [];
    network.watch = (sent) => {
      if (sent.from === b) recorded.push({ ...sent, bytes: sent.bytes.slice() });
    };
    network.start();
    network.runFor(60);
    expect(a.state(b)).to.equal('Full');
    expect(a.instance.counters.packetsRefused).to.equal(0);
    const old = recorded.filter(({ timeNs }) => timeNs < 10e9);
    expect(old).not.to.have.length(0);
    for (const sent of old) replay(a, sent);
    expect(a.instance.counters.packetsRefused).to.equal(old.length);
    expect(a.log).to.deep.equal(['warning: ospf: packet refused on eth1: replay']);
    network.runFor(60);
    expect(a.state(b)).to.equal('Full');
  });

  it('is no neighbour of who has another key; who gets the key under way becomes one', () => {
    const { network, a, b } = pair({ authentication: KEYS });
    a.adjustAll({ authentication: { kind: 'none' } });
    network.start();
    network.runFor(60);
    expect([a.state(b), b.state(a)]).to.deep.equal(['Down', 'Down']);
    expect(b.log).to.deep.equal(['warning: ospf: packet refused on eth1: authentication']);
    a.adjustAll({ authentication: KEYS });
    a.configure();
    network.runFor(60);
    expect([a.state(b), b.state(a)]).to.deep.equal(['Full', 'Full']);
  });

  it('keeps its neighbour while one key replaces another on both sides, one after the other', () => {
    const { network, a, b } = pair({ authentication: KEYS });
    network.start();
    network.runFor(60);
    const next = { id: 2, algorithm: 'md5', secret: 'the next' } as const;
    const changes: string[] = [];
    for (const keys of [[...KEYS.keys, next], [next, ...KEYS.keys], [next]]) {
      for (const router of [a, b]) {
        router.adjustAll({ authentication: { kind: 'cryptographic', keys } });
        router.configure();
        network.runFor(30);
        changes.push(a.state(b), b.state(a));
      }
    }
    expect(new Set(changes)).to.deep.equal(new Set(['Full']));
  });

  it('sends no packet that is larger than the MTU with its digest', () => {
    const { network, a, b } = pair({ authentication: KEYS });
    network.start();
    a.external(
      ...Array.from({ length: 500 }, (_, i) => ({
        prefix: { address: 0x14000000 + 256 * i, length: 24 },
        metric: 1,
        metricType: 2 as const,
        tag: 0,
      })),
    );
    network.runFor(60);
    b.restart();
    const sizes: number[] = [];
    network.watch = ({ bytes }) => sizes.push(bytes.length);
    network.runFor(60);
    expect(b.routes.size).to.equal(503);
    expect(Math.max(...sizes)).to.be.within(1400, 1480);
  });
});

describe('OSPF by its timers', () => {
  it('notices within a second that fast Hellos do not come any more, and others after the dead interval', () => {
    const fast = { fastHellos: 4, deadIntervalS: 1 };
    for (const [change, afterS] of [
      [fast, 1],
      [{}, 40],
    ] as const) {
      const { network, a, b, wire } = pair(change);
      network.start();
      network.runFor(60);
      wire.loss = 1;
      network.runFor(afterS / 2);
      expect(a.state(b)).to.equal('Full');
      network.runFor(afterS / 2 + 0.1);
      expect(a.state(b)).to.equal('Down');
    }
  });

  it('sends again every retransmit interval, each time older by the transmit delay', () => {
    const { network, a, b, wire } = pair({ retransmitIntervalS: 3, transmitDelayS: 20 });
    network.start();
    network.runFor(60);
    expect(a.state(b)).to.equal('Full');
    wire.loss = 1;
    const sent: { readonly afterS: number; readonly age: number }[] = [];
    const begin = network.clock.now();
    network.watch = ({ from, bytes, timeNs }) => {
      if (from !== a || bytes[1] !== 4) return;
      sent.push({ afterS: Math.round((timeNs - begin) / 1e9), age: bytes[28] * 256 + bytes[29] });
    };
    a.adjust('eth1', { cost: 11 });
    network.runFor(10);
    expect(sent).to.deep.equal([
      { afterS: 0, age: 20 },
      { afterS: 3, age: 23 },
      { afterS: 6, age: 26 },
      { afterS: 9, age: 29 },
    ]);
  });
});
