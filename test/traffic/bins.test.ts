import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { TimeBins } from '../../src/traffic/bins.ts';

describe('time bins', () => {
  it('count packets by the time they were sent at, also those that were lost', () => {
    const bins = new TimeBins(1000, 100);
    for (const at of [1000, 1099, 1100, 1350]) bins.sent(at);
    bins.received(1099, 500, 2000);
    bins.received(1000, 700, 1001);
    bins.received(1350, 60, 30);
    expect(bins.result()).to.deep.equal({
      fromNs: 1000,
      binNs: 100,
      sent: [2, 1, 0, 1],
      received: [2, 0, 0, 1],
      bytes: [1200, 0, 0, 60],
      delayNs: [1501, null, null, 30],
    });
  });

  it('leave out what was sent before they begin', () => {
    const bins = new TimeBins(1000, 100);
    bins.sent(999);
    bins.received(999, 1, 1);
    expect(bins.result().sent).to.deep.equal([]);
  });

  it('grow wider in a long run, and still count every packet in the bin of its time', () => {
    const packets = fc.array(
      fc.record({
        sentNs: fc.integer({ min: 0, max: 100_000 }),
        delayNs: fc.option(fc.integer({ min: 0, max: 1000 })),
      }),
      { maxLength: 100, size: 'max' },
    );
    fc.assert(
      fc.property(packets, (list) => {
        const bins = new TimeBins(0, 10, 16);
        for (const { sentNs, delayNs } of list) {
          bins.sent(sentNs);
          if (delayNs !== null) bins.received(sentNs, 100, delayNs);
        }
        const { binNs, sent, received, bytes, delayNs } = bins.result();
        expect(sent.length).to.be.at.most(16);
        for (let bin = 0; bin < sent.length; bin++) {
          const mine = list.filter((packet) => Math.floor(packet.sentNs / binNs) === bin);
          const delays = mine.flatMap((packet) => packet.delayNs ?? []);
          expect(sent[bin]).to.equal(mine.length);
          expect(received[bin]).to.equal(delays.length);
          expect(bytes[bin]).to.equal(100 * delays.length);
          const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
          expect(delayNs[bin]).to.equal(delays.length === 0 ? null : Math.round(mean));
        }
        expect(sent.reduce((sum, n) => sum + n, 0)).to.equal(list.length);
      }),
    );
  });
});
