import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FrameQueue } from '../../../src/routerd/bandwidth/frame-queue.ts';
import { makeOutputQueue } from '../../../src/routerd/bandwidth/output-queue.ts';
import { ForwardingLoop } from '../../../src/routerd/daemon/forwarding-loop.ts';
import { LoopClock } from '../../../src/routerd/daemon/loop-clock.ts';
import type { DrivenPort } from '../../../src/routerd/ports/driven.ts';
import { ShapedPort } from '../../../src/routerd/ports/shaped.ts';
import { type Frame, newFrame } from '../../../src/world/frame.ts';
import { seededRandom } from '../../../src/world/random.ts';

const FRAME_BYTES = 1000;
/** A frame takes 80 us. */
const LINK = { rateBps: 1e8, delayNs: 1e6, jitterNs: 0, loss: 0, mtu: 1500, queueBytes: 1e6 };

/** An interface on which so many frames have arrived whenever somebody looks, and which counts what is sent. */
class Interface implements DrivenPort {
  readonly fd = 0;
  readonly name = 'eth1';
  readonly mac = 1;
  readonly mtu = 1500;
  readonly rateBps = 1e10;
  readonly busyUntilNs = 0;
  readonly dropped = { received: 0, sent: 0 };
  readonly #arriving: number;
  #receive: (frame: Frame) => void = () => {};
  sent = 0;

  constructor(arriving: number) {
    this.#arriving = arriving;
  }

  receiver(receive: (frame: Frame) => void): void {
    this.#receive = receive;
  }

  receive(): number {
    for (let count = 0; count < this.#arriving; count++) this.#receive(newFrame(FRAME_BYTES));
    return this.#arriving;
  }

  send(): boolean {
    this.sent++;
    return true;
  }

  flush(): void {}
  close(): void {}
}

describe('the forwarding loop', () => {
  it('keeps the rate of a link where its turns are rare, as on a machine with other work', () => {
    const hand = { ns: 0 };
    const clock = new LoopClock(() => hand.ns);
    const [from, to] = [new Interface(50), new Interface(0)];
    const link = new ShapedPort(clock, seededRandom(1), LINK, to);
    const queues = { real: new FrameQueue(LINK.queueBytes), shadow: new FrameQueue(LINK.queueBytes) };
    const output = makeOutputQueue(clock, link, queues, { mode: 'fair' });
    let refused = 0;
    from.receiver((frame) => {
      if (!output.send(frame, 'real', 0, 0)) refused++;
    });
    const loop = new ForwardingLoop(clock, [from, to]);
    // Each turn brings 4 ms of the link, and is 20 ms behind the one before.
    const wait = (): void => {
      hand.ns += 20e6;
    };
    for (let turn = 0; turn < 100; turn++) loop.turn(wait, () => false);
    expect(refused).to.equal(0);
    expect(queues.real.length).to.be.lessThan(50);
    expect(to.sent).to.equal(99 * 50);
  });
});
