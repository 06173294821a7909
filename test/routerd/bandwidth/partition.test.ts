import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Plane } from '../../../src/net/wire.ts';
import { bytesOf, portRig, type RigOptions } from './rig.ts';

const partition = (realShare: number, strict = false) => ({ mode: 'partition', realShare, strict }) as const;
const PLANES: readonly Plane[] = ['real', 'shadow'];

/** Keeps `count` packets of a plane waiting. */
function load(rig: ReturnType<typeof portRig>, plane: Plane, length: number, count: number): void {
  for (let number = 0; number < count; number++) rig.send(plane, length, { number });
}

describe('a partitioned link', () => {
  it('gives each plane its share while both have packets waiting, however long these are', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.boolean(),
        fc.integer({ min: 70, max: 1514 }),
        fc.integer({ min: 70, max: 1514 }),
        (share, strict, realLength, shadowLength) => {
          const rig = portRig(partition(share, strict));
          load(rig, 'real', realLength, 500_000 / realLength);
          load(rig, 'shadow', shadowLength, 500_000 / shadowLength);
          rig.clock.runUntil(400e6);
          const wanted = { real: share * 400_000, shadow: (1 - share) * 400_000 };
          for (const plane of PLANES) {
            expect(bytesOf(rig.of(plane)), plane).to.be.closeTo(wanted[plane], 2 * 1518 + 1518);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps the order within each plane and leaves no gap on the wire', () => {
    const rig = portRig(partition(0.7));
    load(rig, 'real', 500, 100);
    load(rig, 'shadow', 500, 100);
    rig.clock.runUntil(1e9);
    for (const plane of PLANES) {
      expect(rig.of(plane).map(({ number }) => number)).to.deep.equal(
        Array.from({ length: 100 }, (_, n) => n),
      );
    }
    expect(rig.arrived.map(({ timeNs }) => timeNs)).to.deep.equal(
      rig.arrived.map((_, index) => (index + 1) * 500_000),
    );
  });

  it('gives all to the plane that is alone, and nothing is saved up meanwhile', () => {
    const rig = portRig(partition(0.5));
    load(rig, 'shadow', 1000, 200);
    rig.clock.runUntil(100e6);
    expect(bytesOf(rig.of('shadow'))).to.equal(100_000);
    load(rig, 'real', 1000, 100);
    const before = rig.arrived.length;
    rig.clock.runUntil(140e6);
    const since = rig.arrived.slice(before);
    const real = since.filter(({ plane }) => plane === 'real').length;
    expect(real).to.be.within(19, 21);
  });

  it('where it is strict gives no more than the share although the rest lies idle', () => {
    for (const plane of PLANES) {
      const rig = portRig(partition(0.25, true));
      load(rig, plane, 1000, 1000);
      rig.clock.runUntil(1e9);
      const share = plane === 'real' ? 0.25 : 0.75;
      expect(bytesOf(rig.of(plane)), plane).to.be.closeTo(share * 1e6, 1518 + 1000);
    }
  });

  it('where it is strict makes up for what a packet waited for the other plane, and saves up no more', () => {
    const rig = portRig(partition(0.5, true));
    rig.clock.runUntil(1e9);
    load(rig, 'real', 1000, 20);
    rig.clock.runUntil(1e9 + 10e6);
    expect(bytesOf(rig.of('real')), 'half of 10 ms, and what a longest frame stands for').to.be.within(
      5000,
      7000,
    );
  });

  it('does the same at every rate, and never stops the clock', () => {
    for (const rateBps of [1e3, 1e6, 1e9, 1e10, 1e11]) {
      for (const strict of [false, true]) {
        const options: RigOptions = { rateBps };
        const rig = portRig(partition(0.3, strict), options);
        load(rig, 'real', 700, 500);
        load(rig, 'shadow', 700, 500);
        const nsPerByte = 8e9 / rateBps;
        rig.clock.runUntil(Math.round(300_000 * nsPerByte));
        expect(bytesOf(rig.of('real')) / bytesOf(rig.arrived), `${rateBps} ${strict}`).to.be.closeTo(
          0.3,
          0.02,
        );
      }
    }
  });

  it('refuses shares that leave a plane nothing', () => {
    for (const share of [0, 1, -1, Number.NaN]) {
      expect(() => portRig(partition(share))).to.throw(RangeError, 'between 0 and 1');
    }
  });
});
