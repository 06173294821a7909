import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Plane } from '../../../src/net/wire.ts';
import {
  type BandwidthSettings,
  CONTROL,
  type PlaneQueue,
} from '../../../src/routerd/bandwidth/bandwidth.ts';
import { FrameQueue } from '../../../src/routerd/bandwidth/frame-queue.ts';
import type { Clock } from '../../../src/world/clock.ts';
import type { Frame } from '../../../src/world/frame.ts';
import { packetFrame, portRig } from './rig.ts';

const MODES: readonly BandwidthSettings[] = [
  { mode: 'fair' },
  { mode: 'priority' },
  { mode: 'partition', realShare: 0.5, strict: false },
  { mode: 'partition', realShare: 0.5, strict: true },
  { mode: 'cancellation', headerBytes: 52, realDelayFrames: 1 },
];
const PLANES: readonly Plane[] = ['real', 'shadow'];

/** Lets a frame go every `gapNs`. */
class ShapedQueue implements PlaneQueue {
  readonly limitBytes = 1e6;
  readonly #queue = new FrameQueue(1e6);
  readonly #clock: Clock;
  readonly #gapNs: number;
  #nextNs = 0;
  looked = 0;

  constructor(clock: Clock, gapNs: number) {
    this.#clock = clock;
    this.#gapNs = gapNs;
  }

  get length(): number {
    return this.#queue.length;
  }

  get bytes(): number {
    return this.#queue.bytes;
  }

  get readyNs(): number {
    return Math.max(this.#queue.readyNs, this.#nextNs);
  }

  passes(): boolean {
    return false;
  }

  forEach(visit: (frame: Frame) => void): void {
    this.#queue.forEach(visit);
  }

  push(frame: Frame): boolean {
    return this.#queue.push(frame);
  }

  peek(): Frame | undefined {
    this.looked++;
    return this.#clock.now() < this.#nextNs ? undefined : this.#queue.peek();
  }

  shift(): Frame | undefined {
    this.#nextNs = this.#clock.now() + this.#gapNs;
    return this.#queue.shift();
  }
}

for (const settings of MODES) {
  const name = settings.mode === 'partition' && settings.strict ? 'strict partition' : settings.mode;

  describe(`a port in mode ${name}`, () => {
    it('sends or refuses every frame, in the order of its plane', () => {
      const { clock, of, send } = portRig(settings, { limitBytes: 20_000 });
      const taken: Record<Plane, number[]> = { real: [], shadow: [] };
      for (let number = 0; number < 200; number++) {
        const plane = number % 3 === 0 ? 'shadow' : 'real';
        clock.after(number * 300_000, () => {
          if (send(plane, 100 + ((number * 379) % 1400), { number })) taken[plane].push(number);
        });
      }
      clock.runUntil(10e9);
      for (const plane of PLANES) expect(of(plane).map(({ number }) => number)).to.deep.equal(taken[plane]);
      expect(taken.real.length + taken.shadow.length).to.be.within(100, 199);
    });

    it('is idle when nothing waits: no event is left', () => {
      const { clock, send } = portRig(settings);
      for (const plane of PLANES) for (let count = 0; count < 5; count++) send(plane, 800);
      clock.runUntil(1e9);
      expect(clock.pending).to.equal(0);
    });

    it("sends the routers' own packets at once, although both planes are full", () => {
      const { clock, arrived, send } = portRig(settings, { limitBytes: 50_000 });
      for (let count = 0; count < 100; count++) for (const plane of PLANES) send(plane, 1500);
      clock.after(10_000_000, () => {
        for (const plane of PLANES) send(plane, 100, { number: 77, queueClass: CONTROL });
      });
      clock.runUntil(10e9);
      const own = arrived.filter(({ number }) => number === 77);
      expect(own.length).to.equal(2);
      for (const { timeNs } of own)
        expect(timeNs).to.be.at.most(10_000_000 + 2 * 1_500_000 + 200_000 + 80_000);
    });

    it("bounds what of the routers' own packets waits", () => {
      const { send } = portRig(settings);
      const taken = Array.from({ length: 1000 }, () => send('real', 1000, { queueClass: CONTROL }));
      expect(taken.filter(Boolean).length).to.be.within(262, 264);
    });

    it('wakes for what is shaped when it may go, and not before', () => {
      const queues: Record<Plane, PlaneQueue> = { real: new FrameQueue(1e6), shadow: new FrameQueue(1e6) };
      const rig = portRig(settings, { queues });
      const shaped = new ShapedQueue(rig.clock, 10_000_000);
      for (const plane of PLANES) {
        const given = { ...queues, [plane]: shaped };
        const { clock, of, send } = portRig(settings, { queues: given, clock: rig.clock });
        const startNs = clock.now();
        for (let number = 0; number < 5; number++) send(plane, 500, { number });
        const before = shaped.looked;
        clock.runUntil(startNs + 100_000_000);
        const times = of(plane).map(({ timeNs }) => timeNs - startNs);
        expect(times.length, plane).to.equal(5);
        for (const [index, timeNs] of times.entries()) {
          expect(timeNs - times[0]).to.equal(index * 10_000_000);
        }
        expect(shaped.looked - before, 'looked at seldom').to.be.below(60);
      }
    });

    it('does all that from 1 kbit/s to 100 Gbit/s', () => {
      for (const rateBps of [1e3, 1e5, 1e7, 1e9, 1e10, 1e11]) {
        const { clock, of, send } = portRig(settings, { rateBps });
        for (let number = 0; number < 50; number++) for (const plane of PLANES) send(plane, 1000, { number });
        clock.runUntil(Math.round((8e9 / rateBps) * 210_000) + 1000);
        for (const plane of PLANES) {
          expect(of(plane).map(({ number }) => number)).to.deep.equal(
            Array.from({ length: 50 }, (_, n) => n),
          );
        }
      }
    });

    it('counts by its virtual length a packet that comes with its payload cancelled', () => {
      const { clock, arrived, output } = portRig(settings, { limitBytes: 3000 });
      const cut = (): Frame => {
        const frame = packetFrame('shadow', 1018);
        frame.end = frame.start + 14 + 4 + 52;
        frame.cancelled = 948;
        return frame;
      };
      const taken = Array.from({ length: 5 }, () => output.send(cut(), 'shadow', 0, 0));
      expect(taken.filter(Boolean).length).to.equal(3);
      expect(output.waitingBytes('shadow')).to.equal(2036);
      clock.runUntil(1e9);
      expect(arrived.map(({ length }) => length)).to.deep.equal([1018, 1018, 1018]);
      const isCut = settings.mode === 'cancellation';
      for (const { cancelled, bytes } of arrived) {
        expect(cancelled).to.equal(isCut ? 948 : 0);
        if (!isCut) expect(bytes).to.deep.equal(contentsOf(packetFrame('shadow', 1018)));
      }
    });
  });
}

const contentsOf = ({ bytes, start, end }: Frame): Uint8Array => bytes.slice(start, end);
