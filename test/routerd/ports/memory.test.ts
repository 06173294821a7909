import { expect } from 'chai';
import { describe, it } from 'mocha';
import { joinMemoryLink, type LinkParameters } from '../../../src/routerd/ports/memory.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { type Frame, newFrame } from '../../../src/world/frame.ts';
import { seededRandom } from '../../../src/world/random.ts';

/** 1000 bytes take 1 ms. */
const LINK: LinkParameters = {
  rateBps: 8_000_000,
  delayNs: 5_000_000,
  jitterNs: 0,
  loss: 0,
  queueBytes: 10_000,
  mtu: 1500,
};

interface Arrival {
  readonly end: number;
  readonly timeNs: number;
  readonly frame: Frame;
}

function link(parameters: Partial<LinkParameters> = {}, ends = 2, seed = 1) {
  const clock = new VirtualClock();
  const names = Array.from({ length: ends }, (_, index) => ({ name: `end${index}`, mac: index + 1 }));
  const ports = joinMemoryLink(clock, seededRandom(seed), { ...LINK, ...parameters }, names);
  const arrivals: Arrival[] = [];
  ports.forEach((port, end) => {
    port.receiver((frame) => arrivals.push({ end, timeNs: clock.now(), frame }));
  });
  return { clock, ports, arrivals };
}

function numbered(length: number, number: number): Frame {
  const frame = newFrame(length);
  frame.bytes[frame.start] = number;
  return frame;
}

describe('a link in memory', () => {
  it('delivers a frame after its time on the wire and the delay of the link', () => {
    const { clock, ports, arrivals } = link();
    const frame = newFrame(1000);
    expect(ports[0].send(frame)).to.equal(true);
    expect(ports[0].busyUntilNs).to.equal(1_000_000);
    expect(clock.pending, 'one event a hop').to.equal(1);
    clock.runUntil(1e9);
    expect(arrivals).to.deep.equal([{ end: 1, timeNs: 6_000_000, frame }]);
    expect(arrivals[0].frame, 'the very frame, not a copy').to.equal(frame);
  });

  it('sends one frame after the other, and both ways at once', () => {
    const { clock, ports, arrivals } = link();
    ports[0].send(newFrame(1000));
    ports[0].send(newFrame(500));
    ports[1].send(newFrame(100));
    clock.runUntil(1e9);
    expect(arrivals.map(({ end, timeNs }) => [end, timeNs])).to.deep.equal([
      [0, 5_100_000],
      [1, 6_000_000],
      [1, 6_500_000],
    ]);
  });

  it('refuses and counts what its queue has no room for', () => {
    const { clock, ports, arrivals } = link({ queueBytes: 2500 });
    expect([1, 2, 3].map(() => ports[0].send(newFrame(1000)))).to.deep.equal([true, true, false]);
    clock.runUntil(1_000_000);
    expect(ports[0].send(newFrame(1000)), 'the first one has left').to.equal(true);
    clock.runUntil(1e9);
    expect(arrivals.length).to.equal(3);
    expect(ports[0].lost).to.deep.equal({ queue: 1, loss: 0, oversize: 0 });
  });

  it('refuses and counts frames longer than it carries', () => {
    const { ports } = link({ mtu: 100 });
    expect(ports[0].send(newFrame(114))).to.equal(true);
    expect(ports[0].send(newFrame(1000))).to.equal(false);
    expect(ports[0].lost.oversize).to.equal(1);
  });

  it('keeps the order of frames under jitter, and each within its bounds', () => {
    const { clock, ports, arrivals } = link({ jitterNs: 20_000_000, queueBytes: 1e6 });
    for (let number = 0; number < 200; number++) ports[0].send(numbered(1000, number));
    clock.runUntil(1e9);
    expect(arrivals.map(({ frame }) => frame.bytes[frame.start])).to.deep.equal(
      Array.from({ length: 200 }, (_, number) => number),
    );
    const extra = arrivals.map(({ timeNs }, number) => timeNs - (number + 1) * 1_000_000 - LINK.delayNs);
    expect(Math.min(...extra)).to.be.at.least(0);
    expect(Math.max(...extra)).to.be.within(10_000_000, 20_000_000);
  });

  it('loses the share of frames that it was told to, the same ones under the same seed', () => {
    const run = (seed: number) => {
      const { clock, ports, arrivals } = link({ loss: 0.25, queueBytes: 1e9 }, 2, seed);
      for (let number = 0; number < 4000; number++) ports[0].send(numbered(100, number % 256));
      clock.runUntil(1e9);
      expect(ports[0].lost.loss + arrivals.length).to.equal(4000);
      return arrivals.map(({ frame, timeNs }) => `${frame.bytes[frame.start]}@${timeNs}`);
    };
    expect(run(7)).to.deep.equal(run(7));
    expect(run(7)).not.to.deep.equal(run(8));
    expect(run(7).length / 4000).to.be.within(0.72, 0.78);
  });

  it('is a segment with three ends: all others hear a frame, each in bytes of its own', () => {
    const { clock, ports, arrivals } = link({}, 3);
    ports[1].send(numbered(60, 9));
    clock.runUntil(1e9);
    expect(arrivals.map(({ end }) => end)).to.deep.equal([0, 2]);
    arrivals[0].frame.bytes[arrivals[0].frame.start] = 1;
    expect(arrivals[1].frame.bytes[arrivals[1].frame.start]).to.equal(9);
  });
});
