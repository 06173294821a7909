import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  equalLoad,
  headRoom,
  isWithin,
  limitsOf,
  lineRate,
  type PlanInput,
  regionEdge,
  SMALLEST_WIRE_BYTES,
} from '../../src/analysis/plan.ts';
import { planOf } from '../../src/analysis/plan-outline.ts';
import { EMBEDDED, ETHERNET, meanSizes, wireBytes } from '../../src/analysis/plan-sizes.ts';
import { planJson, planLines } from '../../src/analysis/plan-text.ts';
import { planPlot } from '../../src/analysis/report/plan.ts';

const MODES = ['without', 'with'] as const;

const input: fc.Arbitrary<PlanInput> = fc
  .record({
    linkBps: fc.integer({ min: 1e6, max: 1e11 }),
    built: fc.double({ min: 0.05, max: 2, noNaN: true }),
    realWireBytes: fc.integer({ min: 54, max: 1538 }),
    shadowWireBytes: fc.integer({ min: 58, max: 1542 }),
    headerWireBytes: fc.integer({ min: 58, max: 200 }),
  })
  .map(({ built, ...rest }) => ({ ...rest, packetRate: built * lineRate(rest.linkBps) }));

const load = fc.double({ min: 0, max: 1, noNaN: true });

describe('the limits of the planner', () => {
  it('are the conditions of docs/planner.md, written in bytes and packets per second', () => {
    fc.assert(
      fc.property(input, load, load, (given, real, shadow) => {
        const bytesPerSecond = given.linkBps / 8;
        const realPackets = (real * bytesPerSecond) / given.realWireBytes;
        const shadowPackets = (shadow * bytesPerSecond) / given.shadowWireBytes;
        const forwards = realPackets + shadowPackets <= given.packetRate * (1 + 1e-9);
        const fits = (shadowBytes: number): boolean =>
          realPackets * given.realWireBytes + shadowPackets * shadowBytes <= bytesPerSecond * (1 + 1e-9);
        expect(isWithin(limitsOf(given, 'without'), real, shadow)).to.equal(
          forwards && fits(given.shadowWireBytes),
        );
        expect(isWithin(limitsOf(given, 'with'), real, shadow)).to.equal(
          forwards && fits(given.headerWireBytes),
        );
      }),
    );
  });

  it('leave head room that is exactly the edge: so much is within, a little more is not', () => {
    fc.assert(
      fc.property(input, load, fc.constantFrom(...MODES), (given, real, mode) => {
        const limits = limitsOf(given, mode);
        const room = headRoom(limits, real);
        if (room === undefined) {
          expect(isWithin(limits, real, 0)).to.equal(false);
          return;
        }
        expect(isWithin(limits, real, room.shadowLoad)).to.equal(true);
        expect(isWithin(limits, real, room.shadowLoad + 1e-3)).to.equal(false);
        const binding = limits.find(({ name }) => name === room.limit);
        expect((binding?.real ?? 0) * real + (binding?.shadow ?? 0) * room.shadowLoad).to.be.closeTo(1, 1e-6);
      }),
    );
  });

  it('meet in the corners of the region that is drawn', () => {
    fc.assert(
      fc.property(input, load, fc.constantFrom(...MODES), (given, real, mode) => {
        const limits = limitsOf(given, mode);
        const edge = regionEdge(limits);
        const right = edge.findIndex(([x]) => x >= real);
        if (right < 0) expect(headRoom(limits, real)).to.equal(undefined);
        if (right <= 0) return;
        const [[x0, y0], [x1, y1]] = [edge[right - 1], edge[right]];
        const drawn = y0 + ((y1 - y0) * (real - x0)) / (x1 - x0);
        expect(headRoom(limits, real)?.shadowLoad).to.be.closeTo(drawn, 1e-6);
      }),
    );
  });

  it('let both planes fill a link only where their packets are twice what the router is built for, less the headers', () => {
    const twice = { linkBps: 1e10, packetRate: lineRate(1e10), headerWireBytes: 0 };
    const wireBytes = 2 * SMALLEST_WIRE_BYTES;
    const alike = (bytes: number): number | undefined =>
      equalLoad(limitsOf({ ...twice, realWireBytes: bytes, shadowWireBytes: bytes }, 'with'))?.shadowLoad;
    expect(alike(wireBytes)).to.be.closeTo(1, 1e-9);
    expect(alike(wireBytes - 1)).to.be.below(1);
    expect(alike(wireBytes + 100)).to.be.closeTo(1, 1e-9);
  });

  it('leave nothing beside a link full of the smallest packets, whatever is cancelled', () => {
    const given = {
      linkBps: 1e9,
      packetRate: lineRate(1e9),
      realWireBytes: SMALLEST_WIRE_BYTES,
      shadowWireBytes: 1000,
      headerWireBytes: 100,
    };
    expect(headRoom(limitsOf(given, 'with'), 1)?.shadowLoad).to.be.closeTo(0, 1e-9);
    expect(headRoom(limitsOf({ ...given, packetRate: given.packetRate / 2 }, 'with'), 0.6)).to.equal(
      undefined,
    );
  });
});

describe('packets on a wire', () => {
  it('have Ethernet around them: the smallest take 84 bytes, the largest 1538', () => {
    expect([40, 46, 47, 1500].map((bytes) => wireBytes(ETHERNET, bytes))).to.deep.equal([84, 84, 85, 1538]);
    expect(lineRate(10e9)).to.be.closeTo(14_880_952, 1);
    expect(wireBytes(EMBEDDED, 40)).to.equal(54);
  });

  it('are averaged as they are on the wire, padding and headers apart, by any kind of weight', () => {
    const sizes = [
      { bytes: 40, weight: 3 },
      { bytes: 1500, weight: 1 },
    ];
    const mean = meanSizes(sizes, ETHERNET, 52);
    expect(mean.packetBytes).to.equal((3 * 40 + 1500) / 4);
    expect(mean.realWireBytes).to.equal((3 * 84 + 1538) / 4);
    expect(mean.shadowWireBytes).to.equal((3 * 84 + 1542) / 4);
    // Label, record and bundle: 14 bytes beside what is kept, which of a packet of 40 bytes is all of it.
    expect(mean.headerWireBytes).to.equal((3 * (40 + 14 + 38) + (52 + 14 + 38)) / 4);
  });
});

describe('a plan', () => {
  const plan = planOf({
    linkBps: 10e9,
    packetRate: 4e6,
    framing: ETHERNET,
    real: [
      { bytes: 40, weight: 0.5 },
      { bytes: 576, weight: 0.3 },
      { bytes: 1500, weight: 0.2 },
    ],
    shadow: [{ bytes: 300, weight: 1 }],
    keptBytes: 52,
    realLoads: [0.1, 0.5, 0.9],
  });

  it('reads as a table that names what limits the shadow', () => {
    expect(planLines(plan).join('\n')).to.equal(`\
link    10 Gbps; its router forwards 4 Mpps (packets of 313 B one after the other; the smallest have 84 B)
real    493 B a packet, 534 B on the wire; 2.34 Mpps fill the link
shadow  300 B a packet, 342 B on the wire with its label; 3.65 Mpps fill the link; as a header 104 B

A load is the share of the link that the packets of a plane take when they travel whole. The router stands
a real load r and a shadow load s where
  without cancellation  r + s <= 1 (link)        0.585 r + 0.914 s <= 1 (packets)
  with cancellation     r + 0.304 s <= 1 (link)  0.585 r + 0.914 s <= 1 (packets)  s <= 1 (shadow link)

 real load  shadow without  limited by  shadow with cancellation  limited by
       10%             90%  link                            100%  shadow link
       50%             50%  link                           77.4%  packets
       90%             10%  link                           32.9%  link
both alike             50%  link                           66.7%  packets`);
  });

  it('is the same as JSON', () => {
    expect(planJson(plan)).to.have.nested.property('rows[1].with.limit', 'packets');
    expect(planJson({ ...plan, rows: [{ realLoad: 1 }] })).to.have.nested.property('rows[0].with', null);
  });

  it('is drawn as an SVG document of its own, the same one every time, with the corners of both regions', async () => {
    const svg = await planPlot(plan);
    expect(svg).to.match(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).to.contain('with packet cancellation').and.to.contain('10 Gbps, 4 Mpps');
    expect(await planPlot(plan)).to.equal(svg);
  });
});
