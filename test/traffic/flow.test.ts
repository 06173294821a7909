import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setIpv4Dscp } from '../../src/net/ipv4.ts';
import { probeAt, probeSequence, probeTraced } from '../../src/net/probe.ts';
import { udpSourcePort } from '../../src/net/udp.ts';
import { TimeBins } from '../../src/traffic/bins.ts';
import { Flow, type FlowSettings } from '../../src/traffic/flow.ts';
import { ipv4At, payloadAt } from '../../src/traffic/packet.ts';
import { Probe } from '../../src/traffic/probe.ts';
import { Sink } from '../../src/traffic/sink.ts';
import { sourcePortOf } from '../../src/traffic/source.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { twoHosts } from './lab.ts';

const SETTINGS: FlowSettings = {
  id: 7,
  plane: 'real',
  mirror: false,
  packetBytes: 1000,
  rateBps: 8e6,
  kind: 'rate',
  arrival: { kind: 'constant' },
  traceEvery: 0,
};

/** Two hosts that know each other's address, a sink on the second, and every measured frame the first sends. */
function lab(parameters: Parameters<typeof twoHosts>[0] = {}, seed = 1) {
  const world = twoHosts(parameters, seed);
  const sink = new Sink(world.clock, world.b);
  const introduce = (): void => {
    world.a.ping(world.b.address, {}, (outcome) => {
      if (outcome.kind !== 'reply') introduce();
    });
  };
  introduce();
  world.clock.runUntil(60 * SECOND);
  const sent: { readonly sequence: number; readonly traced: boolean; readonly sourcePort: number }[] = [];
  const send = world.portA.send.bind(world.portA);
  world.portA.send = (frame) => {
    const at = probeAt(frame.bytes, ipv4At(frame));
    if (at >= 0) {
      sent.push({
        sequence: probeSequence(frame.bytes, at),
        traced: probeTraced(frame.bytes, at),
        sourcePort: udpSourcePort(frame.bytes, payloadAt(frame)),
      });
    }
    return send(frame);
  };
  return { ...world, sink, sent, startNs: world.clock.now() };
}

describe('the source port of a flow', () => {
  it('is its own for each of the 65,535 flows, and dynamic for the first', () => {
    const ports = new Set(Array.from({ length: 65_535 }, (_, i) => sourcePortOf(i + 1)));
    expect(ports.size).to.equal(65_535);
    expect([Math.min(...ports), Math.max(...ports)]).to.deep.equal([1, 65_535]);
    expect([1, 16_383, 16_384, 65_535].map(sourcePortOf)).to.deep.equal([49_153, 65_535, 1, 49_152]);
  });
});

describe('a flow', () => {
  it('of constant rate sends exactly its rate, and is received whole with its true delay', () => {
    const { world, clock, a, sink, startNs } = lab({ rateBps: 8e9, delayNs: 3 * MILLISECOND });
    const flow = new Flow(world, a, sink, SETTINGS);
    flow.start();
    clock.runUntil(startNs + 10 * SECOND);
    flow.mark();
    flow.stop();
    clock.runUntil(startNs + 20 * SECOND);
    const delayNs = 3 * MILLISECOND + 1014;
    expect(flow.window('real', startNs, startNs + 10 * SECOND)).to.deep.equal({
      sent: 10_000,
      received: 10_000,
      duplicated: 0,
      reordered: 0,
      bytes: 10_000_000,
      delayNs: { min: delayNs, mean: delayNs, p99: delayNs, max: delayNs },
      jitterNs: 0,
    });
    expect([flow.strays, sink.unexpected]).to.deep.equal([0, 0]);
  });

  it('loses exactly what the link loses, and bins show it where it was sent', () => {
    for (const seed of [1, 2, 3]) {
      const { world, clock, a, portA, sink, startNs } = lab({ loss: 0.1 }, seed);
      const before = portA.lost.loss;
      const bins = new TimeBins(startNs, 100 * MILLISECOND);
      const arrival = { kind: 'poisson' } as const;
      const flow = new Flow(world, a, sink, { ...SETTINGS, arrival }, { real: bins });
      flow.start();
      clock.runUntil(startNs + 5 * SECOND);
      flow.stop();
      clock.runUntil(startNs + 6 * SECOND);
      flow.mark();
      const { sent, received } = flow.window('real', startNs, clock.now());
      expect(sent).to.be.within(4700, 5300);
      expect(sent - received)
        .to.equal(portA.lost.loss - before)
        .and.to.be.greaterThan(400);
      const plotted = bins.result();
      expect(plotted.sent).to.have.length(50);
      expect(plotted.sent.reduce((sum, n) => sum + n, 0)).to.equal(sent);
      expect(plotted.received.reduce((sum, n) => sum + n, 0)).to.equal(received);
    }
  });

  it('loses what a full queue drops, and is delayed by what it holds', () => {
    const { world, clock, a, portA, sink, startNs } = lab({ rateBps: 4e6, queueBytes: 10_140 });
    const flow = new Flow(world, a, sink, SETTINGS);
    flow.start();
    clock.runUntil(startNs + 5 * SECOND);
    flow.stop();
    clock.runUntil(startNs + 6 * SECOND);
    flow.mark();
    const { sent, received, delayNs } = flow.window('real', startNs, clock.now());
    expect(sent - received)
      .to.equal(portA.lost.queue)
      .and.to.be.greaterThan(2000);
    expect(a.counters().drops).to.deep.equal({ queue: portA.lost.queue });
    // Ten frames of 1,014 bytes at 4 Mbit/s, and 1 ms.
    expect(delayNs.max).to.be.at.most(10 * 2_028_000 + MILLISECOND);
    expect(delayNs.max).to.be.greaterThan(9 * 2_028_000);
  });

  it('in the shadow plane is received there, and its windows are cut where they were marked', () => {
    const { world, clock, a, sink, startNs } = lab();
    const flow = new Flow(world, a, sink, { ...SETTINGS, plane: 'shadow' });
    flow.start();
    for (let second = 1; second <= 3; second++) {
      clock.runUntil(startNs + second * SECOND);
      flow.mark();
    }
    clock.runUntil(startNs + 5 * SECOND);
    expect(flow.planes).to.deep.equal(['shadow']);
    for (let second = 0; second < 3; second++) {
      const window = flow.window('shadow', startNs + second * SECOND, startNs + (second + 1) * SECOND);
      expect(window).to.include({ sent: 1000, received: 1000 });
    }
  });

  it('traces each n-th packet, and all of them while told so', () => {
    const { world, clock, a, sink, sent, startNs } = lab();
    const flow = new Flow(world, a, sink, { ...SETTINGS, traceEvery: 10 });
    flow.start();
    clock.runUntil(startNs + 50 * MILLISECOND);
    flow.traceAll(true);
    clock.runUntil(startNs + 70 * MILLISECOND);
    flow.traceAll(false);
    clock.runUntil(startNs + 100 * MILLISECOND);
    const traced = sent.filter((packet) => packet.traced).map(({ sequence }) => sequence);
    const all = Array.from({ length: 20 }, (_, i) => 50 + i);
    expect(traced).to.deep.equal([0, 10, 20, 30, 40, ...all, 70, 80, 90]);
    expect(new Set(sent.map(({ sourcePort }) => sourcePort))).to.deep.equal(new Set([sourcePortOf(7)]));
  });

  it('holds one timer, and none when it is stopped', () => {
    const { world, clock, a, sink, startNs } = lab();
    const flow = new Flow(world, a, sink, SETTINGS);
    const before = clock.pending;
    flow.start();
    expect(clock.pending).to.equal(before + 1);
    clock.runUntil(startNs + SECOND);
    flow.stop();
    clock.runUntil(startNs + 2 * SECOND);
    expect(clock.pending).to.equal(0);
    expect(() => flow.start()).to.throw('flow 7 was started before');
  });

  it('refuses packets that cannot carry its header or that the link does not carry', () => {
    const { world, a, sink } = lab();
    for (const packetBytes of [51, 1501]) {
      expect(() => new Flow(world, a, sink, { ...SETTINGS, packetBytes })).to.throw(RangeError, '52 .. 1500');
    }
  });

  it('is nobody else’s: a sink counts what it does not expect', () => {
    const { world, clock, a, b, sink, startNs } = lab();
    const flow = new Flow(world, a, sink, SETTINGS);
    const fresh = new Sink(clock, b);
    flow.start();
    clock.runUntil(startNs + SECOND);
    expect(fresh.unexpected).to.be.greaterThan(990);
  });
});

describe('a probe', () => {
  it('sends so many packets at such a distance, all traced, and tells the delay of each', () => {
    const { world, clock, a, sink, sent, startNs } = lab({ rateBps: 8e9 });
    const settings = {
      flow: 9,
      plane: 'real',
      count: 50,
      everyNs: 2 * MILLISECOND,
      packetBytes: 52,
    } as const;
    const probe = new Probe(world, a, sink, settings);
    let finishedNs = -1;
    probe.start(() => {
      finishedNs = clock.now();
    });
    clock.runUntil(startNs + SECOND);
    expect(finishedNs).to.equal(startNs + 98 * MILLISECOND);
    expect(probe.packets()).to.deep.equal({
      sentNs: Array.from({ length: 50 }, (_, i) => startNs + 2 * MILLISECOND * i),
      delayNs: Array(50).fill(MILLISECOND + 66),
    });
    expect(sent).to.have.length(50);
    expect(sent.every(({ traced }) => traced)).to.equal(true);
    probe.mark();
    expect(probe.window('real', startNs, clock.now())).to.include({ sent: 50, received: 50 });
  });

  it('tells null for exactly the packets that were lost', () => {
    const { world, clock, a, portA, sink, startNs } = lab({ loss: 0.3 });
    const before = portA.lost.loss;
    const settings = {
      flow: 9,
      plane: 'shadow',
      count: 1000,
      everyNs: MILLISECOND,
      packetBytes: 100,
    } as const;
    const probe = new Probe(world, a, sink, settings);
    probe.start();
    clock.runUntil(startNs + 2 * SECOND);
    const lost = probe.packets().delayNs.filter((delay) => delay === null).length;
    expect(lost)
      .to.equal(portA.lost.loss - before)
      .and.to.be.within(200, 400);
  });

  it('counts as lost, and as stray, what leaves its plane on the way', () => {
    const { world, clock, a, portA, sink, startNs } = lab();
    const send = portA.send.bind(portA);
    portA.send = (frame) => {
      setIpv4Dscp(frame.bytes, ipv4At(frame), 0);
      return send(frame);
    };
    const settings = { flow: 9, plane: 'shadow', count: 3, everyNs: MILLISECOND, packetBytes: 100 } as const;
    const probe = new Probe(world, a, sink, settings);
    probe.start();
    clock.runUntil(startNs + SECOND);
    expect(probe.packets().delayNs).to.deep.equal([null, null, null]);
    expect(probe.strays).to.equal(3);
  });

  it('of no packets, or too many, is refused', () => {
    const { world, a, sink } = lab();
    for (const count of [0, Number.NaN, 1_000_001]) {
      const settings = { flow: 9, plane: 'real', count, everyNs: 1, packetBytes: 52 } as const;
      expect(() => new Probe(world, a, sink, settings)).to.throw(RangeError);
    }
  });
});
