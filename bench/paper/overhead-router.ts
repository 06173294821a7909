/**
 * A router behind a link that two planes share: what arrives over the link is recorded first, then the router is
 * given it at the times at which it arrived, and the time is taken that it needs: to take frames apart,
 * to forward, and to put together what leaves by a link of the same kind.
 */
import { formatIpv4 } from '../../src/net/address.ts';
import { ETHERNET_HEADER, ETHERTYPE_ARP, etherType } from '../../src/net/ethernet.ts';
import { MPLS_ENTRY } from '../../src/net/mpls.ts';
import type { Plane } from '../../src/net/wire.ts';
import { type BandwidthSettings, DEFAULT_CANCELLATION } from '../../src/routerd/bandwidth/bandwidth.ts';
import { FrameQueue } from '../../src/routerd/bandwidth/frame-queue.ts';
import { makeOutputQueue } from '../../src/routerd/bandwidth/output-queue.ts';
import { DEFAULT_QUEUE_BYTES, SLOTS } from '../../src/routerd/forwarding/contract.ts';
import { makeForwarding } from '../../src/routerd/forwarding/engine.ts';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import type { Frame } from '../../src/world/frame.ts';
import { seededRandom } from '../../src/world/random.ts';
import {
  answerTo,
  BATCH,
  IN_MAC,
  LooseEnd,
  packetFrame,
  subnet,
  undisturbedMean,
} from './measured-router.ts';

export type Sharing = 'without' | 'with';

/** Shares of the link that the packets of each plane would take whole. */
export interface Loads {
  readonly real: number;
  readonly shadow: number;
}

export interface Offered {
  readonly sharing: Sharing;
  readonly linkBps: number;
  readonly packetBytes: number;
  readonly loads: Loads;
}

const SETTINGS: Readonly<Record<Sharing, BandwidthSettings>> = {
  without: { mode: 'fair' },
  with: DEFAULT_CANCELLATION,
};
const DESTINATION = 0x0b000001;

/** On the wire of the embedded backend, whole. */
export const wireBytes = (plane: Plane, packetBytes: number): number =>
  packetBytes + ETHERNET_HEADER + (plane === 'shadow' ? MPLS_ENTRY : 0);

/** Poisson arrivals of both planes at one end of a link; what comes out at the other, in order. */
class SharedLink {
  readonly frames: Frame[] = [];
  readonly timesNs: number[] = [];
  offered = 0;
  refused = 0;
  readonly #clock = new VirtualClock();

  constructor({ sharing, linkBps, packetBytes, loads }: Offered) {
    const clock = this.#clock;
    const record = (frame: Frame): void => {
      this.frames.push(frame);
      this.timesNs.push(port.busyUntilNs);
    };
    const port: LooseEnd = new LooseEnd('near', IN_MAC + 1, record, linkBps, clock);
    const queues = {
      real: new FrameQueue(DEFAULT_QUEUE_BYTES),
      shadow: new FrameQueue(DEFAULT_QUEUE_BYTES),
    };
    const output = makeOutputQueue(clock, port, queues, SETTINGS[sharing]);
    for (const plane of ['real', 'shadow'] as const) {
      if (loads[plane] === 0) continue;
      const random = seededRandom(1, plane);
      const template = packetFrame(packetBytes, plane, DESTINATION);
      const meanGapNs = (wireBytes(plane, packetBytes) * 8e9) / linkBps / loads[plane];
      const next = (): void => {
        this.offered++;
        const frame = template.clone();
        if (!output.send(frame, plane, plane === 'real' ? 0 : 1, 0)) {
          this.refused++;
          frame.release();
        }
        clock.after(-Math.log(1 - random.next()) * meanGapNs, next);
      };
      clock.after(0, next);
    }
  }

  /** Goes on until as many frames, or more, have arrived. */
  fill(frames: number): void {
    while (this.frames.length < frames) if (!this.#clock.step()) throw new Error('a link without packets');
  }
}

/** The share of packets for which a link has no room, of as many offered or more. */
export function refusedShare(offered: Offered, packets: number): number {
  const link = new SharedLink(offered);
  while (link.offered < packets) {
    link.fill(BATCH);
    for (const frame of link.frames.splice(0)) frame.release();
    link.timesNs.length = 0;
  }
  return link.refused / link.offered;
}

/** Seconds that a router takes for each packet of those that the link carried. */
export function serviceSeconds(offered: Offered, packets: number): number {
  const link = new SharedLink(offered);
  const clock = new VirtualClock();
  const questions: Frame[] = [];
  const take = (frame: Frame): void => {
    if (etherType(frame.bytes, frame.start) === ETHERTYPE_ARP) questions.push(frame);
    else frame.release();
  };
  const near = new LooseEnd('in', IN_MAC, take, offered.linkBps, clock);
  const far = new LooseEnd('out', IN_MAC + 2, take, offered.linkBps, clock);
  const world = { clock, random: seededRandom(1), log: () => undefined };
  const bandwidth = SETTINGS[offered.sharing];
  const ports = [near, far].map((port) => ({ port, edge: false, bandwidth }));
  const engine = makeForwarding(world, 'router', ports, () => undefined);
  const gateway = formatIpv4(subnet(1).address + 1);
  for (const slot of SLOTS) {
    ports.forEach(({ port: { name } }, index) => {
      engine.configurePort(slot, name, { up: true, addresses: [subnet(index)], mtu: 1500 });
    });
    engine.route(slot, { address: DESTINATION, length: 32 }, [{ kind: 'gateway', port: 'out', gateway }]);
  }
  for (const question of questions) far.arrive(answerTo(question));
  const took: number[] = [];
  while (link.offered < packets) {
    link.fill(BATCH);
    const { frames, timesNs } = link;
    const startedMs = performance.now();
    for (let at = 0; at < frames.length; at++) {
      clock.runUntil(timesNs[at]);
      near.arrive(frames[at]);
    }
    took.push((performance.now() - startedMs) / 1000);
    frames.length = 0;
    timesNs.length = 0;
  }
  const drops = engine.counters().flatMap((counters) => Object.values(counters.drops));
  const dropped = drops.reduce((sum, count) => sum + count, 0);
  const received = engine.counters().reduce((sum, { inPackets }) => sum + inPackets, 0);
  if (dropped > received / 100) throw new Error(`the router dropped ${dropped} of ${received} packets`);
  return (undisturbedMean(took) * took.length) / received;
}
