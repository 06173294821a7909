import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  ICMP_HEADER,
  ICMP_UNREACHABLE,
  UNREACHABLE_FRAGMENTATION_NEEDED,
  writeIcmp,
} from '../../src/net/icmp.ts';
import { ipv4Dscp, ipv4Source, ipv4TotalLength, PROTOCOL_ICMP, PROTOCOL_TCP } from '../../src/net/ipv4.ts';
import { SHADOW_DSCP } from '../../src/net/wire.ts';
import { DEFAULT_TTL, ipv4At, newPacket, payloadAt } from '../../src/traffic/packet.ts';
import { TcpFlow, type TcpFlowSettings } from '../../src/traffic/tcp-flow.ts';
import { TcpHost } from '../../src/traffic/tcp-host.ts';
import { TcpSeries } from '../../src/traffic/tcp-series.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import type { Frame } from '../../src/world/frame.ts';
import { twoHosts } from './lab.ts';

const SETTINGS: TcpFlowSettings = {
  id: 7,
  kind: 'tcp',
  plane: 'real',
  bytes: 5_000_000,
  congestionControl: 'cubic',
};

const { bytes: _, ...ENDLESS } = SETTINGS;

function lab(parameters: Parameters<typeof twoHosts>[0] = {}, seed = 1) {
  const world = twoHosts({ rateBps: 50e6, delayNs: 10 * MILLISECOND, ...parameters }, seed);
  const frames: { readonly dscp: number; readonly length: number; readonly source: number }[] = [];
  for (const port of [world.portA, world.portB]) {
    const send = port.send.bind(port);
    port.send = (frame: Frame) => {
      const { bytes } = frame;
      const at = ipv4At(frame);
      if (bytes[at + 9] === PROTOCOL_TCP && bytes[at] === 0x45) {
        frames.push({
          dscp: ipv4Dscp(bytes, at),
          length: ipv4TotalLength(bytes, at),
          source: ipv4Source(bytes, at),
        });
      }
      return send(frame);
    };
  }
  return { ...world, frames, from: new TcpHost(world.world, world.a), to: new TcpHost(world.world, world.b) };
}

describe('a TCP flow', () => {
  for (const plane of ['real', 'shadow'] as const) {
    for (const congestionControl of ['cubic', 'new-reno'] as const) {
      it(`by ${congestionControl} in the ${plane} plane brings every byte, nearly at the rate of the link`, () => {
        const { world, clock, from, to } = lab();
        const flow = new TcpFlow(world, from, to, { ...SETTINGS, plane, congestionControl });
        flow.start();
        clock.runUntil(10 * SECOND);
        flow.mark();
        const { beganNs, connectedNs, completedNs, end, bytes } = flow.progress();
        expect([beganNs, end, bytes]).to.deep.equal([0, 'closed', 5_000_000]);
        // ARP and the handshake are two round trips; all of it at the rate of the link, headers too, takes 0.84 s.
        expect(connectedNs).to.be.within(40 * MILLISECOND, 41 * MILLISECOND);
        expect(completedNs).to.be.within(880 * MILLISECOND, 1200 * MILLISECOND);
        expect(flow.window(0, 10 * SECOND).bytes).to.equal(5_000_000);
      });
    }
  }

  it('lives in its plane: every packet, both ways', () => {
    const { world, clock, frames, from, to } = lab();
    const flow = new TcpFlow(world, from, to, { ...SETTINGS, plane: 'shadow' });
    flow.start();
    clock.runUntil(SECOND / 2);
    expect([from.stack('shadow').size, to.stack('shadow').size]).to.deep.equal([1, 1]);
    expect([from.stack('real').size, to.stack('real').size]).to.deep.equal([0, 0]);
    expect(new Set(frames.map(({ dscp }) => dscp))).to.deep.equal(new Set([SHADOW_DSCP]));
    expect(new Set(frames.map(({ source }) => source)).size).to.equal(2);
  });

  it('may be two between the same hosts at once, one in each plane', () => {
    const { world, clock, from, to } = lab();
    const flows = (['real', 'shadow'] as const).map(
      (plane) => new TcpFlow(world, from, to, { ...SETTINGS, plane }),
    );
    for (const flow of flows) flow.start();
    clock.runUntil(10 * SECOND);
    expect(flows.map((flow) => flow.progress().bytes)).to.deep.equal([5_000_000, 5_000_000]);
  });

  it('without an end sends until it is stopped; what was written by then arrives, and the ends are free again', () => {
    const { world, clock, from, to } = lab();
    const flow = new TcpFlow(world, from, to, ENDLESS);
    flow.start();
    clock.runUntil(3 * SECOND);
    const { bytes } = flow.progress();
    expect((bytes * 8) / 3).to.be.within(0.9 * 48e6, 48.5e6);
    flow.stop();
    clock.runUntil(10 * SECOND);
    expect(flow.progress()).to.deep.include({ end: 'closed' });
    expect(flow.progress().bytes - bytes).to.be.within(1, 2_000_000);
    clock.runUntil(100 * SECOND);
    expect([from.stack('real').size, to.stack('real').size]).to.deep.equal([0, 0]);
  });

  it('tells of windows between marks, which add up, with losses and round trips', () => {
    const { world, clock, from, to } = lab({ loss: 0.01 });
    const flow = new TcpFlow(world, from, to, ENDLESS);
    flow.start();
    for (const second of [2, 5, 9]) {
      clock.runUntil(second * SECOND);
      flow.mark();
    }
    const all = flow.window(0, 9 * SECOND);
    const parts = [
      flow.window(0, 2 * SECOND),
      flow.window(2 * SECOND, 5 * SECOND),
      flow.window(5 * SECOND, 9 * SECOND),
    ];
    for (const name of ['bytes', 'segments', 'retransmittedSegments', 'timeouts', 'recoveries'] as const) {
      expect(parts.reduce((sum, part) => sum + part[name], 0)).to.equal(all[name]);
    }
    expect(all.bytes).to.equal(flow.progress().bytes);
    expect(all.retransmittedSegments / all.segments).to.be.within(0.005, 0.02);
    expect(all.recoveries).to.be.within(1, all.retransmittedSegments);
    expect(all.roundTripNs.min).to.be.within(20 * MILLISECOND, 21 * MILLISECOND);
    expect(all.roundTripNs.max).to.be.lessThan(100 * MILLISECOND);
    expect(flow.window(2 * SECOND, 2 * SECOND)).to.deep.include({ bytes: 0, segments: 0 });
    expect(() => flow.window(SECOND, 2 * SECOND)).to.throw(RangeError, 'was marked');
  });

  it('shows its goodput over time', () => {
    const { world, clock, from, to } = lab({ queueBytes: 20e6 });
    const flow = new TcpFlow(world, from, to, SETTINGS);
    flow.start();
    clock.runUntil(10 * SECOND);
    const { binNs, goodputBps, retransmittedSegments, roundTripNs } = flow.series();
    expect(binNs).to.equal(100 * MILLISECOND);
    expect(goodputBps.reduce((sum, rate) => sum + rate, 0) / 10 / 8).to.equal(5_000_000);
    expect(Math.max(...goodputBps)).to.be.within(45e6, 50e6);
    expect(retransmittedSegments).to.have.length(goodputBps.length);
    expect(roundTripNs[0]).to.be.within(20 * MILLISECOND, 100 * MILLISECOND);
  });

  it('fails with a reason where nobody answers, and where nobody listens', () => {
    const silent = lab();
    silent.portA.send = () => true;
    const flow = new TcpFlow(silent.world, silent.from, silent.to, SETTINGS);
    flow.start();
    silent.clock.runUntil(200 * SECOND);
    expect(flow.progress()).to.deep.include({
      end: 'timeout',
      connectedNs: null,
      completedNs: null,
      bytes: 0,
    });

    const deaf = lab();
    const refused = new TcpFlow(deaf.world, deaf.from, deaf.to, SETTINGS);
    refused.start();
    deaf.to.stack('real').unlisten(49_159);
    deaf.clock.runUntil(SECOND);
    expect(refused.progress().end).to.equal('refused');
  });

  const MTU = 1006;
  for (const [name, said] of [
    ['says that they are too big', MTU],
    ['says so, and not how long they may be, as before RFC 1191', 0],
  ] as const)
    it(`goes on in smaller packets when a router ${name}, and so does the next one`, () => {
      const { world, clock, a, portA, portB, frames, from, to } = lab();
      // A router of small means in the middle: it answers what it cannot carry (RFC 1191 4).
      const send = portA.send.bind(portA);
      portA.send = (frame) => {
        const at = ipv4At(frame);
        if (frame.bytes[at] !== 0x45 || ipv4TotalLength(frame.bytes, at) <= MTU) return send(frame);
        const answer = newPacket({
          source: to.host.address,
          destination: a.address,
          protocol: PROTOCOL_ICMP,
          plane: 'real',
          ttl: DEFAULT_TTL,
          payloadLength: ICMP_HEADER + 28,
        });
        answer.bytes.set(frame.bytes.subarray(at, at + 28), payloadAt(answer) + ICMP_HEADER);
        const code = UNREACHABLE_FRAGMENTATION_NEEDED;
        writeIcmp(answer.bytes, payloadAt(answer), answer.end, ICMP_UNREACHABLE, code, said);
        clock.after(5 * MILLISECOND, () => {
          to.host.send(answer);
        });
        return true;
      };
      const flow = new TcpFlow(world, from, to, { ...SETTINGS, bytes: 200_000 });
      flow.start();
      clock.runUntil(5 * SECOND);
      expect(flow.progress()).to.deep.include({ end: 'closed', bytes: 200_000 });
      expect(flow.progress().completedNs).to.be.lessThan(SECOND);
      expect(portB.lost.oversize).to.equal(0);
      frames.length = 0;
      const next = new TcpFlow(world, from, to, { ...SETTINGS, id: 8, bytes: 200_000 });
      next.start();
      clock.runUntil(10 * SECOND);
      expect(next.progress().bytes).to.equal(200_000);
      expect(Math.max(...frames.map(({ length }) => length))).to.equal(MTU);
    });

  it('refuses settings that make no sense, and to be started twice', () => {
    const { world, from, to } = lab();
    expect(() => new TcpFlow(world, from, to, { ...SETTINGS, bytes: 0 })).to.throw(
      RangeError,
      '0 bytes to send',
    );
    const flow = new TcpFlow(world, from, to, SETTINGS);
    flow.start();
    expect(() => flow.start()).to.throw('started before');
  });
});

describe('a TCP series', () => {
  it('longer than foreseen has wider bins and loses nothing', () => {
    const series = new TcpSeries(SECOND);
    for (let second = 1; second < 10_000; second++) {
      series.received(second * SECOND, 1000, 1);
      series.roundTrip(second * SECOND, second);
    }
    const { fromNs, binNs, goodputBps, retransmittedSegments } = series.result();
    expect([fromNs, binNs]).to.deep.equal([SECOND, 3.2 * SECOND]);
    expect(goodputBps.reduce((sum, rate) => sum + (rate * binNs) / 8e9, 0)).to.be.closeTo(9_999_000, 1000);
    expect(retransmittedSegments.reduce((sum, count) => sum + count, 0)).to.equal(9999);
  });
});
