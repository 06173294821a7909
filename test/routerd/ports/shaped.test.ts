import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { joinMemoryLink, type LinkParameters } from '../../../src/routerd/ports/memory.ts';
import { ShapedPort } from '../../../src/routerd/ports/shaped.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { type Frame, newFrame } from '../../../src/world/frame.ts';
import type { Port } from '../../../src/world/port.ts';
import { seededRandom } from '../../../src/world/random.ts';

/** A wire without any time of its own: notes when a frame is on it, and which. */
class Wire implements Port {
  readonly name = 'wire';
  readonly mac = 1;
  readonly mtu = 1500;
  readonly rateBps = 1e10;
  readonly busyUntilNs = 0;
  readonly sent: { readonly timeNs: number; readonly number: number }[] = [];
  receive: ((frame: Frame) => void) | undefined;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  send(frame: Frame): boolean {
    this.sent.push({ timeNs: this.#clock.now(), number: frame.bytes[frame.start] });
    return true;
  }

  receiver(receive: (frame: Frame) => void): void {
    this.receive = receive;
  }
}

const SEED = 7;

/** Sends frames of these lengths at these times; what the port said, and when it was free. */
function sendAll(
  clock: VirtualClock,
  port: Port,
  frames: readonly { readonly atNs: number; readonly length: number }[],
) {
  const answers: { readonly taken: boolean; readonly busyUntilNs: number }[] = [];
  frames.forEach(({ atNs, length }, number) => {
    clock.call(atNs, () => {
      const frame = newFrame(length);
      frame.bytes[frame.start] = number;
      answers.push({ taken: port.send(frame), busyUntilNs: port.busyUntilNs });
    });
  });
  clock.runUntil(1e12);
  return answers;
}

function byMemory(link: LinkParameters, frames: Parameters<typeof sendAll>[2]) {
  const clock = new VirtualClock();
  const ends = [
    { name: 'a', mac: 1 },
    { name: 'b', mac: 2 },
  ];
  const [a, b] = joinMemoryLink(clock, seededRandom(SEED), link, ends);
  const sent: { readonly timeNs: number; readonly number: number }[] = [];
  b.receiver((frame) => sent.push({ timeNs: clock.now(), number: frame.bytes[frame.start] }));
  return { answers: sendAll(clock, a, frames), sent, lost: a.lost };
}

function byShapedPort(link: LinkParameters, frames: Parameters<typeof sendAll>[2]) {
  const clock = new VirtualClock();
  const wire = new Wire(clock);
  const port = new ShapedPort(clock, seededRandom(SEED).fork('0/a'), link, wire);
  return { answers: sendAll(clock, port, frames), sent: wire.sent, lost: port.lost };
}

describe('a shaped port', () => {
  it('puts each frame on its wire exactly when an embedded link of the same numbers delivers it', () => {
    const link = fc.record({
      rateBps: fc.constantFrom(64_000, 8_000_000, 1e9, Number.POSITIVE_INFINITY),
      delayNs: fc.integer({ min: 0, max: 10_000_000 }),
      jitterNs: fc.constantFrom(0, 5_000_000),
      loss: fc.constantFrom(0, 0.3),
      queueBytes: fc.constantFrom(2_000, 100_000),
      mtu: fc.constantFrom(1000, 1500),
    });
    const frame = fc.record({
      atNs: fc.integer({ min: 0, max: 20_000_000 }),
      length: fc.integer({ min: 60, max: 1514 }),
    });
    fc.assert(
      fc.property(link, fc.array(frame, { minLength: 1, maxLength: 60 }), (parameters, frames) => {
        expect(byShapedPort(parameters, frames)).to.deep.equal(byMemory(parameters, frames));
      }),
    );
  });

  it('sends at its rate, not at that of the interface behind it', () => {
    const link = { rateBps: 8e6, delayNs: 0, jitterNs: 0, loss: 0, queueBytes: 10_000, mtu: 1500 };
    const frames = [1000, 500, 500].map((length) => ({ atNs: 0, length }));
    const { sent } = byShapedPort(link, frames);
    expect(sent.map(({ timeNs }) => timeNs)).to.deep.equal([1_000_000, 1_500_000, 2_000_000]);
  });

  it('counts as fast as the interface where the link has no rate of its own', () => {
    const clock = new VirtualClock();
    const link = { rateBps: Infinity, delayNs: 5, jitterNs: 0, loss: 0, queueBytes: 0, mtu: 1400 };
    const port = new ShapedPort(clock, seededRandom(SEED), link, new Wire(clock));
    expect(port.rateBps).to.equal(1e10);
    expect(port.mtu).to.equal(1400);
  });

  it('holds back what comes in exactly as it does what goes out, where the other end does not', () => {
    const link = fc.record({
      rateBps: fc.constantFrom(64_000, 8_000_000, 1e9),
      delayNs: fc.integer({ min: 0, max: 10_000_000 }),
      jitterNs: fc.constant(0),
      loss: fc.constant(0),
      queueBytes: fc.constantFrom(2_000, 100_000),
      mtu: fc.constantFrom(1000, 1500),
    });
    const frame = fc.record({
      atNs: fc.integer({ min: 0, max: 20_000_000 }),
      length: fc.integer({ min: 60, max: 1514 }),
    });
    fc.assert(
      fc.property(link, fc.array(frame, { maxLength: 60 }), (parameters, frames) => {
        const clock = new VirtualClock();
        const wire = new Wire(clock);
        const port = new ShapedPort(clock, seededRandom(SEED), parameters, wire, true);
        const received: Wire['sent'][number][] = [];
        port.receiver((arrived) =>
          received.push({ timeNs: clock.now(), number: arrived.bytes[arrived.start] }),
        );
        for (const [number, { atNs, length }] of frames.entries()) {
          clock.call(atNs, () => {
            const incoming = newFrame(length);
            incoming.bytes[incoming.start] = number;
            wire.receive?.(incoming);
          });
        }
        clock.runUntil(1e12);
        expect(received).to.deep.equal(byShapedPort(parameters, frames).sent);
      }),
    );
  });

  it('hands on what comes in at once', () => {
    const clock = new VirtualClock();
    const wire = new Wire(clock);
    const link = { rateBps: 1000, delayNs: 1e9, jitterNs: 0, loss: 1, queueBytes: 0, mtu: 1500 };
    const received: Frame[] = [];
    new ShapedPort(clock, seededRandom(SEED), link, wire).receiver((frame) => received.push(frame));
    const frame = newFrame(100);
    wire.receive?.(frame);
    expect(received).to.deep.equal([frame]);
  });
});
