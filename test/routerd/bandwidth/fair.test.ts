import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Plane } from '../../../src/net/wire.ts';
import { makeFairQueue } from '../../../src/routerd/bandwidth/fair.ts';
import { FrameQueue } from '../../../src/routerd/bandwidth/frame-queue.ts';
import { joinMemoryLink } from '../../../src/routerd/ports/memory.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { newFrame } from '../../../src/world/frame.ts';
import { seededRandom } from '../../../src/world/random.ts';

/** A port of 1000 bytes a millisecond with a fair queue before it; `sent` lists what arrives at the far end. */
function fairPort(limitBytes: number) {
  const clock = new VirtualClock();
  const link = { rateBps: 8e6, delayNs: 0, jitterNs: 0, loss: 0, queueBytes: 2000, mtu: 1500 };
  const [near, far] = joinMemoryLink(clock, seededRandom(1), link, [
    { name: 'near', mac: 1 },
    { name: 'far', mac: 2 },
  ]);
  const queues = { real: new FrameQueue(limitBytes), shadow: new FrameQueue(limitBytes) };
  const queue = makeFairQueue(clock, near, queues, { mode: 'fair' });
  const sent: { plane: Plane; number: number; length: number; timeNs: number }[] = [];
  far.receiver((frame) => {
    sent.push({
      plane: frame.bytes[frame.start] === 0 ? 'real' : 'shadow',
      number: frame.bytes[frame.start + 1],
      length: frame.length,
      timeNs: clock.now(),
    });
  });
  const send = (plane: Plane, length: number, number = 0): boolean => {
    const frame = newFrame(length);
    frame.bytes[frame.start] = plane === 'real' ? 0 : 1;
    frame.bytes[frame.start + 1] = number;
    return queue.send(frame, plane, 0, 0);
  };
  return { clock, queue, sent, send, near };
}

function bytesOf(sent: readonly { plane: Plane; length: number }[], plane: Plane): number {
  return sent.filter((one) => one.plane === plane).reduce((sum, { length }) => sum + length, 0);
}

describe('the fair queue', () => {
  it('passes a frame straight to an idle port, with no event of its own', () => {
    const { clock, queue, send } = fairPort(10_000);
    expect(send('shadow', 500)).to.equal(true);
    expect(queue.waitingBytes('shadow')).to.equal(0);
    expect(clock.pending, 'the arrival alone').to.equal(1);
  });

  it('keeps the order within a plane and leaves no gap on the wire', () => {
    const { clock, sent, send } = fairPort(100_000);
    for (let number = 0; number < 20; number++) send(number % 3 === 0 ? 'shadow' : 'real', 1000, number);
    clock.runUntil(1e9);
    for (const plane of ['real', 'shadow'] as const) {
      const numbers = sent.filter((one) => one.plane === plane).map(({ number }) => number);
      expect(numbers).to.deep.equal([...numbers].sort((a, b) => a - b));
    }
    expect(sent.map(({ timeNs }) => timeNs)).to.deep.equal(sent.map((_, index) => (index + 1) * 1_000_000));
    expect(sent.length).to.equal(20);
  });

  it('gives both planes half of the bytes, however long the frames of each are', () => {
    const { clock, sent, send } = fairPort(1e6);
    for (let number = 0; number < 200; number++) send('real', 1500);
    for (let number = 0; number < 3000; number++) send('shadow', 100);
    clock.runUntil(400_000_000);
    const real = bytesOf(sent, 'real');
    const shadow = bytesOf(sent, 'shadow');
    expect(real + shadow).to.be.at.least(398_000);
    expect(Math.abs(real - shadow)).to.be.at.most(2 * 1518);
  });

  it('gives one plane everything when the other has nothing to send', () => {
    const { clock, sent, send } = fairPort(1e6);
    for (let number = 0; number < 50; number++) send('shadow', 1000);
    clock.runUntil(50_000_000);
    expect(sent.length).to.equal(50);
  });

  it('saves nothing up for a plane that had nothing to send', () => {
    const { clock, sent, send } = fairPort(1e6);
    for (let number = 0; number < 200; number++) send('shadow', 1000);
    clock.runUntil(100_000_000);
    for (let number = 0; number < 100; number++) send('real', 1000);
    sent.splice(0);
    clock.runUntil(140_000_000);
    expect(Math.abs(bytesOf(sent, 'real') - bytesOf(sent, 'shadow'))).to.be.at.most(2 * 1518);
  });

  it('lets nothing overtake what waits at the very moment when the port is free', () => {
    const { clock, sent, send } = fairPort(1e6);
    clock.after(1_000_000, () => send('real', 1000, 3));
    send('real', 1000, 1);
    send('real', 1000, 2);
    clock.runUntil(1e9);
    expect(sent.map(({ number }) => number)).to.deep.equal([1, 2, 3]);
  });

  it('refuses what exceeds the limit of a plane, and the other plane does not notice', () => {
    const { clock, sent, send } = fairPort(3000);
    const real = Array.from({ length: 10 }, () => send('real', 1000));
    expect(real.filter((taken) => taken).length, 'one on the wire, three waiting').to.equal(4);
    expect([1, 2, 3].map(() => send('shadow', 1000))).to.deep.equal([true, true, true]);
    clock.runUntil(1e9);
    expect(sent.length).to.equal(7);
  });
});
