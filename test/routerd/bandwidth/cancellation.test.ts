import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { PROTOCOL_ICMP } from '../../../src/net/ipv4.ts';
import type { Plane } from '../../../src/net/wire.ts';
import {
  type BandwidthSettings,
  CONTROL,
  type PlaneQueue,
} from '../../../src/routerd/bandwidth/bandwidth.ts';
import { headerFrameLength } from '../../../src/routerd/bandwidth/cancellation.ts';
import { ClassQueue } from '../../../src/routerd/bandwidth/class-queue.ts';
import type { Queueing } from '../../../src/routerd/qos/queueing.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { bytesOf, packetFrame, portRig, type RigOptions } from './rig.ts';

const cancelling = (realDelayFrames = 1, headerBytes = 52): BandwidthSettings => ({
  mode: 'cancellation',
  headerBytes,
  realDelayFrames,
});

/** On the port of 1000 bytes a millisecond. */
const NS_PER_BYTE = 1000;
const HEADER_FRAME = headerFrameLength(52);

describe('packet cancellation', () => {
  it('sends of a shadow packet only the header, so that it arrives when all of it would have', () => {
    const { clock, arrived, send, near } = portRig(cancelling());
    send('shadow', 1000, { number: 7 });
    clock.runUntil(900_000);
    expect(near.busyUntilNs, 'nothing has been sent yet').to.equal(0);
    clock.runUntil(1e9);
    expect(arrived).to.have.length(1);
    const [{ timeNs, length, cancelled, number, lateNs }] = arrived;
    expect({ timeNs, length, cancelled, number, lateNs }).to.deep.equal({
      timeNs: 1_000_000,
      length: 1000,
      cancelled: 1000 - 18 - 52,
      number: 7,
      lateNs: 0,
    });
  });

  it('gives each plane the whole link at the same time', () => {
    const { clock, of, send } = portRig(cancelling(1000), { limitBytes: 1e6, mtu: 1500 });
    for (let number = 0; number < 200; number++) {
      send('real', 500, { number });
      send('shadow', 500, { number });
    }
    clock.runUntil(1e9);
    for (const plane of ['real', 'shadow'] as const) {
      expect(of(plane).map(({ number }) => number)).to.deep.equal(Array.from({ length: 200 }, (_, n) => n));
      expect(bytesOf(of(plane))).to.equal(100_000);
    }
    const headersNs = 200 * (HEADER_FRAME - 20 + 6) * NS_PER_BYTE;
    expect(of('real')[199].timeNs).to.be.at.most(100_000_000 + headersNs);
    expect(of('shadow')[199].timeNs).to.be.at.most(100_000_000 + headersNs);
  });

  it('lets the headers that are due ride behind a real packet in one frame', () => {
    const { clock, arrived, send } = portRig(cancelling(3));
    for (let number = 0; number < 2; number++) send('real', 1000, { number });
    for (let number = 0; number < 4; number++) send('shadow', 700, { number });
    clock.runUntil(1e9);
    expect(arrived.map(({ plane, wireFrame }) => [plane, wireFrame])).to.deep.equal([
      ['real', 0],
      ['real', 1],
      ['shadow', 1],
      ['shadow', 1],
      ['shadow', 2],
      ['shadow', 3],
    ]);
    expect(arrived[1].timeNs).to.equal(2_000_000 + (6 + 2 * 60) * NS_PER_BYTE);
  });

  it('tells by how much a header comes too late', () => {
    const { clock, of, send } = portRig(cancelling());
    send('shadow', 200);
    clock.after(100_000, () => send('real', 1000));
    clock.runUntil(1e9);
    const [header] = of('shadow');
    expect(header.timeNs - header.lateNs).to.equal(200_000);
  });

  it('begins a header that came late when it would have begun had it been in time', () => {
    const { clock, output, of } = portRig(cancelling());
    const frame = packetFrame('shadow', 1000);
    frame.lateNs = 300_000;
    clock.after(500_000, () => output.send(frame, 'shadow', 0, 0));
    clock.runUntil(1e9);
    expect(of('shadow')[0].timeNs).to.equal(200_000 + 1_000_000);
  });

  it('delays a real packet that comes meanwhile by no more than the header that is being sent', () => {
    const { clock, of, send } = portRig(cancelling());
    send('shadow', 1000);
    clock.after(1_000_000 - HEADER_FRAME * NS_PER_BYTE, () => send('real', 500));
    clock.runUntil(1e9);
    expect(of('real')[0].timeNs).to.equal(1_000_000 + 500_000);
  });

  it('sends what may not be cut by itself, whole, when no real packet waits', () => {
    const { clock, arrived, send } = portRig(cancelling());
    send('shadow', 1518, { number: 1, protocol: PROTOCOL_ICMP });
    send('shadow', 1518, { number: 2, dscp: 48 });
    send('shadow', 1518, { number: 3 });
    clock.runUntil(1e9);
    expect(arrived.map(({ number, cancelled, timeNs }) => [number, cancelled, timeNs])).to.deep.equal([
      [1, 0, 1_518_000],
      [2, 0, 3_036_000],
      [3, 1448, 4_554_000],
    ]);
  });

  it('never makes a frame longer than the link carries', () => {
    for (const mtu of [100, 128, 600, 1500]) {
      const { clock, arrived, send, near } = portRig(cancelling(1000), { mtu });
      for (let number = 0; number < 50; number++) {
        send('real', 14 + mtu - (number % 40), { number });
        send('shadow', 18 + mtu - (number % 30), { number });
        send('shadow', 70, { number });
      }
      clock.runUntil(1e9);
      expect(arrived.length, `mtu ${mtu}`).to.equal(150);
      expect('lost' in near && near.lost).to.deep.equal({ queue: 0, loss: 0, oversize: 0 });
    }
  });

  it('does not put headers for one neighbour behind a packet for another', () => {
    const { clock, arrived, send } = portRig(cancelling(100));
    send('shadow', 200, { neighbour: 2 });
    send('shadow', 200, { neighbour: 3 });
    send('shadow', 200, { neighbour: 3 });
    clock.after(100_000, () => send('real', 1000, { neighbour: 3 }));
    clock.runUntil(1e9);
    const frames = new Map<number, Set<number>>();
    for (const { wireFrame, bytes } of arrived) {
      frames.set(wireFrame, (frames.get(wireFrame) ?? new Set()).add(bytes[5]));
    }
    expect([...frames.values()].every((neighbours) => neighbours.size === 1)).to.equal(true);
    expect(arrived.length).to.equal(4);
  });

  it('sends control packets of both planes whole and before all that waits', () => {
    const { clock, arrived, send } = portRig(cancelling(), { limitBytes: 1e5 });
    for (let number = 0; number < 100; number++) {
      send('real', 1000, { number });
      send('shadow', 1000, { number });
    }
    clock.after(5_500_000, () => {
      send('shadow', 500, { number: 1001, queueClass: CONTROL });
      send('real', 500, { number: 1000, queueClass: CONTROL });
    });
    clock.runUntil(10e9);
    const control = arrived.filter(({ number }) => number >= 1000);
    expect(control.map(({ number, cancelled }) => [number, cancelled])).to.deep.equal([
      [1001, 0],
      [1000, 0],
    ]);
    expect(control[1].timeNs).to.be.at.most(5_500_000 + 2_000_000 + HEADER_FRAME * NS_PER_BYTE);
  });

  it('bounds control packets too', () => {
    const { send } = portRig(cancelling());
    const taken = Array.from({ length: 400 }, () => send('shadow', 1000, { queueClass: CONTROL }));
    expect(taken.filter(Boolean).length).to.be.within(262, 264);
  });

  it("drops what exceeds a plane's limit as if the plane had the link alone", () => {
    const { send, output } = portRig(cancelling(), { limitBytes: 3000 });
    for (const plane of ['real', 'shadow'] as const) {
      const taken = Array.from({ length: 10 }, () => send(plane, 1000));
      expect(taken.filter(Boolean).length, 'one is being sent, three wait').to.equal(4);
      expect(output.waitingBytes(plane)).to.equal(3000);
    }
  });

  it('is bounded where real packets leave no room for headers at all', () => {
    const { clock, of, send } = portRig(cancelling(), { limitBytes: 1e5, rateBps: 8e6 });
    let refused = 0;
    const feed = (): void => {
      send('real', 1000);
      for (let count = 0; count < 20; count++) if (!send('shadow', 70)) refused++;
      if (clock.now() < 2e9) clock.after(900_000, feed);
    };
    feed();
    clock.runUntil(2e9);
    expect(refused).to.be.above(0);
    expect(of('real').length).to.be.at.least(1990);
  });
});

/** What is sent to a port: times between packets and lengths relative to what the link carries. */
const arrivals = fc.array(
  fc.record({
    // Now and then a gap, else about as much in each plane as the link carries.
    gapBytes: fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 4000 }) },
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 700 }) },
    ),
    plane: fc.constantFrom('real' as const, 'shadow' as const),
    length: fc.oneof(fc.integer({ min: 70, max: 200 }), fc.integer({ min: 70, max: 1514 })),
  }),
  { minLength: 20, maxLength: 200, size: 'max' },
);

describe('the bound of packet cancellation', () => {
  const rates = fc.constantFrom(1e3, 8e6, 1e8, 1e9, 1e10, 1e11);

  it('holds for every real packet, and none more is dropped, against a link with no shadow at all', () => {
    fc.assert(
      fc.property(
        arrivals,
        rates,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 52, max: 200 }),
        fc.integer({ min: 2000, max: 20_000 }),
        (packets, rateBps, frames, headerBytes, limitBytes) => {
          const options = { rateBps, limitBytes };
          const alone = play({ mode: 'fair' }, options, packets, false);
          const both = play(cancelling(frames, headerBytes), options, packets, true);
          expect(both.taken).to.deep.equal(alone.taken);
          const boundNs = frames * Math.ceil((headerFrameLength(headerBytes) * 8e9) / rateBps);
          for (const [index, { number, timeNs }] of both.real.entries()) {
            expect(number).to.equal(alone.real[index].number);
            // What the port rounds up to whole nanoseconds, frame by frame, may differ by one.
            expect(timeNs - alone.real[index].timeNs).to.be.within(0, boundNs);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('holds with classes as well: they choose, shape and drop as they would alone', () => {
    const classified = fc.array(
      fc.record({
        gapBytes: fc.integer({ min: 0, max: 900 }),
        plane: fc.constantFrom('real' as const, 'shadow' as const),
        length: fc.integer({ min: 70, max: 1514 }),
        queueClass: fc.integer({ min: 0, max: 3 }),
      }),
      { minLength: 50, maxLength: 200, size: 'max' },
    );
    fc.assert(
      fc.property(classified, fc.constantFrom(1e6, 1e8, 1e9), (packets, rateBps) => {
        const settings = cancelling(2);
        const alone = play({ mode: 'fair' }, { rateBps, classes: true }, packets, false);
        const both = play(settings, { rateBps, classes: true }, packets, true);
        expect(both.taken).to.deep.equal(alone.taken);
        expect(both.real.map(({ number }) => number)).to.deep.equal(alone.real.map(({ number }) => number));
        const boundNs = 2 * Math.ceil((HEADER_FRAME * 8e9) / rateBps);
        for (const [index, { timeNs }] of both.real.entries()) {
          expect(timeNs - alone.real[index].timeNs).to.be.within(0, boundNs);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is used: a loaded real plane carries headers for nearly as long as it allows', () => {
    const { clock, of, send } = portRig(cancelling(3));
    for (let count = 0; count < 8; count++) send('shadow', 71 + 18);
    for (let count = 0; count < 5; count++) send('real', 1000);
    clock.runUntil(1e9);
    const late = Math.max(...of('real').map(({ timeNs }, index) => timeNs - (index + 1) * 1_000_000));
    expect(late).to.be.within(2 * HEADER_FRAME * NS_PER_BYTE, 3 * HEADER_FRAME * NS_PER_BYTE);
  });

  it('costs no shadow packet and no order: all that is taken arrives, and none before its time', () => {
    fc.assert(
      fc.property(arrivals, rates, fc.integer({ min: 1, max: 20 }), (packets, rateBps, frames) => {
        const both = play(cancelling(frames), { rateBps, limitBytes: 1e6 }, packets, true);
        expect(both.shadow.map(({ number }) => number)).to.deep.equal(
          packets.flatMap(({ plane }, number) => (plane === 'shadow' ? [number] : [])),
        );
        const only = packets.map((packet) =>
          packet.plane === 'shadow' ? packet : { ...packet, plane: undefined },
        );
        const alone = play({ mode: 'fair' }, { rateBps, limitBytes: 1e6 }, only, true);
        for (const [index, { timeNs, lateNs }] of both.shadow.entries()) {
          const dueNs = alone.shadow[index].timeNs;
          expect(timeNs).to.be.at.least(dueNs);
          expect(timeNs - lateNs).to.be.within(
            dueNs,
            Math.max(dueNs, timeNs - 65_000 * (8e9 / rateBps)) + 1 + 8e9 / rateBps,
          );
        }
      }),
      { numRuns: 200 },
    );
  });
});

interface Arrival {
  readonly gapBytes: number;
  readonly plane: 'real' | 'shadow' | undefined;
  readonly length: number;
  readonly queueClass?: number;
}

/** Four classes in each plane: first of all; shaped; with early detection; and the rest. */
function classQueues(clock: VirtualClock, rateBps: number): Readonly<Record<Plane, PlaneQueue>> {
  const plain = { priorityBps: undefined, shapeBps: undefined, randomDetect: undefined };
  const settings = { ...plain, limitBytes: 12_000, shareBps: rateBps / 4 };
  const queueing: Queueing = {
    queueOf: [0, 1, 2, 3],
    queues: [
      { ...settings, name: 'first', priorityBps: rateBps / 4 },
      { ...settings, name: 'shaped', shapeBps: rateBps / 5 },
      { ...settings, name: 'detect', randomDetect: 'drop' },
      { ...settings, name: 'class-default' },
    ],
  };
  const queueOf = (seed: number): PlaneQueue =>
    new ClassQueue({ clock, random: seededRandom(seed), rateBps }, queueing);
  return { real: queueOf(1), shadow: queueOf(2) };
}

/** Plays the arrivals, with or without those of the shadow plane; packets are numbered by their place. */
function play(
  settings: BandwidthSettings,
  options: RigOptions & { readonly classes?: true },
  packets: readonly Arrival[],
  withShadow: boolean,
) {
  const clock = new VirtualClock();
  const queues = options.classes && classQueues(clock, options.rateBps ?? 8e6);
  const rig = portRig(settings, { ...options, clock, ...(queues && { queues }) });
  const nsPerByte = 8e9 / (options.rateBps ?? 8e6);
  const taken: number[] = [];
  let timeNs = 0;
  for (const [number, { gapBytes, plane, length, queueClass = 0 }] of packets.entries()) {
    timeNs += Math.round(gapBytes * nsPerByte);
    if (plane === undefined || (plane === 'shadow' && !withShadow)) continue;
    rig.clock.after(timeNs, () => {
      if (rig.send(plane, length, { number, queueClass }) && plane === 'real') taken.push(number);
    });
  }
  rig.clock.runUntil(timeNs + 1e9 + packets.length * 2000 * nsPerByte);
  return { taken, real: rig.of('real'), shadow: rig.of('shadow') };
}
