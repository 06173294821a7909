import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ARP_REQUEST } from '../../../src/net/arp.ts';
import { ETHERTYPE_CANCELLATION } from '../../../src/net/cancellation.ts';
import { etherType } from '../../../src/net/ethernet.ts';
import { labelOf, SHADOW_DSCP, SHADOW_MARK } from '../../../src/net/wire.ts';
import { type BandwidthSettings, DEFAULT_CANCELLATION } from '../../../src/routerd/bandwidth/bandwidth.ts';
import { takeApart } from '../../../src/routerd/bandwidth/bundle.ts';
import { labelOfFrame } from '../../../src/routerd/forwarding/mark.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import type { Frame } from '../../../src/world/frame.ts';
import { address, engine, join, on, packetBytes, prefix, up, via, WireEnd } from '../forwarding/network.ts';

const MODES: readonly BandwidthSettings[] = [
  { mode: 'fair' },
  { mode: 'priority' },
  { mode: 'partition', realShare: 0.3, strict: true },
  DEFAULT_CANCELLATION,
];

describe('packets that wait at a port when marking begins', () => {
  for (const bandwidth of MODES) {
    it(`leave under the tag of the slot that sent them, mode ${bandwidth.mode}`, () => {
      const clock = new VirtualClock();
      const [h1Port, edge] = join(clock, 'eth0', 'h1');
      const [core, farPort] = join(clock, 'R2', 'R1', { rateBps: 8e6, delayNs: 0 });
      const r1 = engine(clock, 'R1', [
        { port: edge, edge: true },
        { port: core, edge: false, bandwidth },
      ]);
      const h1 = new WireEnd(clock, h1Port, '10.1.0.2');
      const far = new WireEnd(clock, farPort, '10.12.0.2');
      for (const slot of [0, 1] as const) {
        r1.setTag(slot, 11 + slot);
        r1.configurePort(slot, 'h1', up('10.1.0.1/24'));
        r1.configurePort(slot, 'R2', up('10.12.0.1/24'));
        r1.route(slot, prefix('10.12.0.0/24'), [on('R2')]);
        r1.route(slot, prefix('10.2.0.0/24'), [via('R2', '10.12.0.2')]);
      }
      far.arp(ARP_REQUEST, 0, address('10.12.0.1'));
      clock.runUntil(SECOND);
      const send = (): void => {
        h1.send(packetBytes({ to: '10.2.0.2', length: 500 }), edge.mac);
        h1.send(packetBytes({ to: '10.2.0.2', length: 500, dscp: SHADOW_DSCP }), edge.mac);
      };
      for (let count = 0; count < 50; count++) send();
      clock.runUntil(SECOND + 10_000_000);
      const before = far.frames.length;
      r1.setMarking(true);
      r1.swapPlanes();
      send();
      clock.runUntil(3 * SECOND);
      const labels = far.frames.flatMap((frame, index) =>
        partsOf(frame).map((part) => ({ label: labelOfFrame(part), isLate: index > before })),
      );
      const count = (wanted: number | undefined): number =>
        labels.filter(({ label }) => label === wanted).length;
      expect(labels.length).to.equal(102);
      expect(
        labels.some(({ label, isLate }) => isLate && (label === undefined || label === SHADOW_MARK)),
      ).to.equal(false);
      expect(count(undefined) + count(labelOf(11, 'real')), 'of the slot that was real').to.equal(50);
      expect(count(SHADOW_MARK) + count(labelOf(12, 'shadow')), 'of the slot that was shadow').to.equal(50);
      expect([count(labelOf(12, 'real')), count(labelOf(11, 'shadow'))], 'what came after').to.deep.equal([
        1, 1,
      ]);
    });
  }

  it('stay without label on a link with hosts where they go to a host, and get one where they go to a router', () => {
    const clock = new VirtualClock();
    const [h1Port, edge] = join(clock, 'eth0', 'h1');
    const [lan, farPort] = join(clock, 'lan', 'R1', { rateBps: 8e6, delayNs: 0 });
    const r1 = engine(clock, 'R1', [
      { port: edge, edge: true },
      { port: lan, edge: true },
    ]);
    const h1 = new WireEnd(clock, h1Port, '10.1.0.2');
    const far = new WireEnd(clock, farPort, '10.12.0.2');
    r1.setTag(0, 11);
    r1.configurePort(0, 'h1', up('10.1.0.1/24'));
    r1.configurePort(0, 'lan', up('10.12.0.1/24'));
    r1.route(0, prefix('10.12.0.0/24'), [on('lan')]);
    r1.route(0, prefix('10.2.0.0/24'), [via('lan', '10.12.0.2')]);
    far.arp(ARP_REQUEST, 0, address('10.12.0.1'));
    clock.runUntil(SECOND);
    for (let count = 0; count < 10; count++) {
      h1.send(packetBytes({ to: '10.2.0.2', length: 500 }), edge.mac);
      h1.send(packetBytes({ to: '10.12.0.2', length: 500 }), edge.mac);
    }
    clock.runUntil(SECOND + 2_000_000);
    r1.setMarking(true);
    expect(r1.lastSeenNs(11), 'one waits under the tag').to.equal(clock.now());
    const before = far.frames.length;
    clock.runUntil(3 * SECOND);
    // One frame was being sent when marking began.
    const labels = far.frames.slice(before + 1).map(labelOfFrame);
    expect(new Set(labels)).to.deep.equal(new Set([undefined, labelOf(11, 'real')]));
    expect(labels.filter((label) => label === undefined).length).to.equal(Math.floor(labels.length / 2));
    expect(r1.lastSeenNs(11), 'none waits any more').to.be.below(2 * SECOND);
  });
});

function partsOf(frame: Frame): readonly Frame[] {
  if (etherType(frame.bytes, frame.start) !== ETHERTYPE_CANCELLATION) return [frame];
  const parts: Frame[] = [];
  expect(takeApart(frame, 1000, parts)).to.equal(true);
  return parts;
}
