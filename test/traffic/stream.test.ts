import { expect } from 'chai';
import { describe, it } from 'mocha';
import { decodePieceRequest, encodePieceRequest } from '../../src/net/piece-request.ts';
import { probeAt, probePiece } from '../../src/net/probe.ts';
import { udpDestinationPort } from '../../src/net/udp.ts';
import { REQUEST_PORT } from '../../src/net/wire.ts';
import { ipv4At, payloadAt } from '../../src/traffic/packet.ts';
import { RequestDesk } from '../../src/traffic/request-desk.ts';
import { Sink } from '../../src/traffic/sink.ts';
import { Stream, type StreamSettings } from '../../src/traffic/stream.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import type { Frame } from '../../src/world/frame.ts';
import { twoHosts } from './lab.ts';

/** 1 Mbit/s in segments of 2 s, 250,000 bytes: 250 packets with 1,000 bytes of video each, sent at 2 Mbit/s. */
const SETTINGS: StreamSettings = {
  kind: 'stream',
  id: 9,
  plane: 'shadow',
  mirror: false,
  traceEvery: 0,
  bitrateBps: 1e6,
  segmentNs: 2 * SECOND,
  bufferNs: 10 * SECOND,
  startupNs: 4 * SECOND,
  paceBps: 2 * 1.052e6,
  packetBytes: 1052,
};

/**
 * A stream from a to b that began at `startNs`. `lose` takes packets off the wire: the n-th measured packet (from
 * 0) that a sends, or the n-th request of b.
 */
function lab(
  settings: Partial<StreamSettings> = {},
  parameters: Parameters<typeof twoHosts>[0] = {},
  lose: (kind: 'piece' | 'request', n: number) => boolean = () => false,
  seed = 1,
) {
  const world = twoHosts(parameters, seed);
  const introduce = (): void => {
    world.a.ping(world.b.address, {}, (outcome) => {
      if (outcome.kind !== 'reply') introduce();
    });
  };
  introduce();
  world.clock.runUntil(60 * SECOND);
  const startNs = world.clock.now();
  const counts = { piece: 0, request: 0 };
  const pieces: number[] = [];
  const kindOf = (frame: Frame): 'piece' | 'request' | undefined => {
    if (probeAt(frame.bytes, ipv4At(frame)) >= 0) return 'piece';
    return udpDestinationPort(frame.bytes, payloadAt(frame)) === REQUEST_PORT ? 'request' : undefined;
  };
  for (const port of [world.portA, world.portB]) {
    const send = port.send.bind(port);
    port.send = (frame) => {
      const kind = kindOf(frame);
      if (kind === 'piece') pieces.push(probePiece(frame.bytes, probeAt(frame.bytes, ipv4At(frame))));
      return kind !== undefined && lose(kind, counts[kind]++) ? true : send(frame);
    };
  }
  const stream = new Stream(world.world, new RequestDesk(world.a), new Sink(world.clock, world.b), {
    ...SETTINGS,
    ...settings,
  });
  stream.start();
  /** What the viewer saw, and what became of packets, in these seconds of the stream. */
  const watch = (fromS: number, toS: number) => {
    world.clock.runUntil(startNs + fromS * SECOND);
    stream.mark();
    world.clock.runUntil(startNs + toS * SECOND);
    stream.mark();
    const span = [startNs + fromS * SECOND, startNs + toS * SECOND] as const;
    world.clock.runUntil(world.clock.now() + 100 * MILLISECOND);
    const viewed = stream.viewed(...span);
    return viewed === undefined
      ? expect.fail('the stream was not started')
      : { viewed, packets: stream.window(settings.plane ?? 'shadow', ...span) };
  };
  return { ...world, stream, startNs, counts, pieces, watch };
}

const unfinished = (pieces: readonly number[]): number => new Set(pieces).size;

describe('a stream', () => {
  it('starts after two segments at its pace and two round trips, and never stalls on a good network', () => {
    const { watch, counts, startNs } = lab();
    const { viewed, packets } = watch(0, 60);
    // Of each segment, the first packet leaves at once, the 250th 249 packet times later.
    const segmentNs = 2 * MILLISECOND + 249 * 4 * MILLISECOND;
    expect(viewed.startupNs).to.be.within(2 * segmentNs, 2 * segmentNs + MILLISECOND);
    expect(viewed).to.include({ beganNs: startNs, stalls: 0, stalledNs: 0, segments: 33 });
    expect(viewed.mediaBytes).to.equal(33 * 250_000);
    expect(packets.sent - packets.received).to.equal(0);
    // 58 s were played and 8 s lie ready, which is as much as leaves no room for a segment: nothing was asked twice.
    expect(counts.request).to.be.within(33, 34);
  });

  it('is played at its bitrate: over a minute as much arrives as is played', () => {
    const { watch } = lab();
    const { viewed, packets } = watch(20, 80);
    expect(viewed).to.include({ stalls: 0, segments: 30, mediaBytes: 30 * 250_000 });
    expect((packets.bytes * 8) / 60).to.be.within(1.05e6, 1.06e6);
  });

  it('keeps no more ready than its buffer holds', () => {
    const { clock, startNs, pieces } = lab({ bufferNs: 6 * SECOND });
    clock.runUntil(startNs + 30 * SECOND);
    // Played since 2 s: 28 s; at most 6 s ready; one segment on its way at most.
    expect(Math.max(...pieces) / 250).to.be.within((28 + 2) / 2, (28 + 6 + 2) / 2);
  });

  it('asks again for what was lost: every piece arrives, and only what was lost is sent twice', () => {
    const lost = new Set([0, 7, 8, 9, 100, 248, 249, 250, 499]);
    const { watch, pieces } = lab({}, {}, (kind, n) => kind === 'piece' && lost.has(n));
    const { viewed, packets } = watch(0, 40);
    expect(viewed).to.include({ stalls: 0 });
    expect(packets.sent - packets.received).to.equal(lost.size);
    expect(pieces.length - unfinished(pieces)).to.equal(lost.size);
  });

  it('asks again when the request was lost, later each time', () => {
    const { watch, counts, stream } = lab({}, {}, (kind, n) => kind === 'request' && n < 3);
    const { viewed } = watch(0, 20);
    // Time-outs of 1 s (RFC 6298 2.1), then 2 s, then the longest, 2 s.
    expect(viewed.startupNs).to.be.within(5 * SECOND + 1.9 * SECOND, 5 * SECOND + 2.1 * SECOND);
    expect(viewed.stalls).to.equal(0);
    expect(counts.request).to.be.greaterThan(3);
    expect(stream.strays).to.equal(0);
  });

  it('on a lossy wire plays all the same, whatever is lost', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { watch, pieces } = lab({}, { loss: 0.05 }, undefined, seed);
      const { viewed, packets } = watch(0, 60);
      expect(packets.sent - packets.received).to.be.greaterThan(100);
      expect(viewed.segments).to.be.greaterThan(28);
      // Whole segments hold each piece, and little is sent in vain: what is sent twice was lost, but for a few.
      expect(unfinished(pieces)).to.be.at.least(viewed.segments * 250);
      const inVain = pieces.length - unfinished(pieces) - (packets.sent - packets.received);
      expect(inVain).to.be.lessThan(60);
    }
  });

  it('stalls while the network is cut, and goes on when it is back', () => {
    let isCut = false;
    const { watch, clock } = lab({}, {}, () => isCut);
    clock.after(20 * SECOND, () => {
      isCut = true;
    });
    clock.after(40 * SECOND, () => {
      isCut = false;
    });
    const { viewed } = watch(0, 60);
    // 6 s to 10 s lay ready when it was cut; at most 2 s after the cut it asks again, and two segments take 2 s.
    expect(viewed.stalls).to.equal(1);
    expect(viewed.stalledNs).to.be.within(12 * SECOND, 18.1 * SECOND);
  });

  it('on a link that is slower than the video stalls, and plays what comes', () => {
    // A third of what it would need: of 60 segments at most 20 come, some of it in vain, for most of a pace is lost.
    const { watch } = lab({}, { rateBps: 0.36e6, queueBytes: 20_000 });
    const { viewed } = watch(0, 120);
    expect(viewed.stalls).to.be.greaterThan(2);
    expect(viewed.segments).to.be.within(6, 20);
  });

  it('of the shadow plane asks in that plane, and hears nothing of another', () => {
    for (const plane of ['real', 'shadow'] as const) {
      const { watch, stream, a } = lab({ plane });
      expect(watch(0, 20).viewed.segments).to.be.greaterThan(10);
      expect(stream.planes).to.deep.equal([plane]);
      expect(a.counters().drops).to.deep.equal({});
    }
  });

  it('that is stopped sends nothing, asks for nothing and holds no timer', () => {
    for (const atMs of [0, 1, 500, 5_000, 12_345]) {
      const { stream, clock, startNs, counts } = lab();
      clock.runUntil(startNs + atMs * MILLISECOND);
      stream.stop();
      const before = { ...counts };
      clock.runUntil(startNs + 100 * SECOND);
      expect(counts).to.deep.equal(before);
      expect(clock.pending).to.equal(0);
    }
  });

  it('is the same for the same seed', () => {
    const run = () => lab({}, { loss: 0.02, jitterNs: MILLISECOND }).watch(0, 30);
    expect(run()).to.deep.equal(run());
  });

  it('that cannot be is refused', () => {
    for (const settings of [
      { packetBytes: 52 },
      { bitrateBps: 1e9, packetBytes: 100 },
      { startupNs: 9 * SECOND, bufferNs: 9 * SECOND },
      { packetBytes: 1501 },
    ]) {
      expect(() => lab(settings), JSON.stringify(settings)).to.throw(RangeError);
    }
  });
});

describe('a request for pieces', () => {
  it('is read as it was written, and nothing else is', () => {
    const request = { flow: 513, count: 65_535, first: 4_000_000_000 };
    const bytes = encodePieceRequest(request);
    expect(decodePieceRequest(bytes, 0, bytes.length)).to.deep.equal(request);
    expect(decodePieceRequest(bytes, 0, bytes.length - 1)).to.equal(undefined);
    expect(decodePieceRequest(encodePieceRequest({ ...request, count: 0 }), 0, 12)).to.equal(undefined);
    bytes[0] ^= 1;
    expect(decodePieceRequest(bytes, 0, bytes.length)).to.equal(undefined);
  });
});
