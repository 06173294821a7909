/**
 * What packet cancellation gives the shadow plane and costs the real one (docs/bandwidth.md): a stream crosses five
 * links in the shadow plane; on each link there is other real traffic. Compared with the same stream alone, and with
 * the same real traffic alone, packet by packet. Run by `node bench/bandwidth.ts [--seconds N]`; prints Markdown.
 */
import { ETHERTYPE_CANCELLATION } from '../src/net/cancellation.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_MPLS, etherType, writeEthernet } from '../src/net/ethernet.ts';
import { IPV4_HEADER, PROTOCOL_UDP, writeIpv4 } from '../src/net/ipv4.ts';
import { writeLabel } from '../src/net/mpls.ts';
import { writeUdp } from '../src/net/udp.ts';
import { type Plane, SHADOW_MARK } from '../src/net/wire.ts';
import type { OutputQueue } from '../src/routerd/bandwidth/bandwidth.ts';
import { takeApart } from '../src/routerd/bandwidth/bundle.ts';
import { makeCancellationQueue } from '../src/routerd/bandwidth/cancellation.ts';
import { FrameQueue } from '../src/routerd/bandwidth/frame-queue.ts';
import { joinMemoryLink } from '../src/routerd/ports/memory.ts';
import { VirtualClock } from '../src/runner/backends/embedded/virtual-clock.ts';
import { MILLISECOND, SECOND } from '../src/world/clock.ts';
import { type Frame, newFrame } from '../src/world/frame.ts';
import { type Random, seededRandom } from '../src/world/random.ts';

const LINKS = 5;
const LINK = {
  rateBps: 100e6,
  delayNs: 5 * MILLISECOND,
  jitterNs: 0,
  loss: 0,
  queueBytes: 262_144,
  mtu: 1500,
};
const NS_PER_BYTE = 8e9 / LINK.rateBps;
/** Half of the packets acknowledgements, a third full: the mixture of a backbone. */
const REAL_LENGTHS: readonly number[] = [54, 54, 54, 590, 1514, 1514];
const SHADOW_LENGTH = 1218;
const LOADS: readonly number[] = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95];
const BOUNDS: readonly number[] = [1, 8, 32, 128, 512];
const STREAMS: readonly number[] = [0.06, 0.3];

interface Outcome {
  readonly shadowDelays: readonly number[];
  /** On each link, packet by packet. */
  readonly realDelays: readonly number[];
  readonly refused: number;
}

/** Poisson arrivals: `arrive` is called until `untilNs`. */
function poisson(
  clock: VirtualClock,
  random: Random,
  meanGapNs: number,
  untilNs: number,
  arrive: () => void,
): void {
  const next = (): void => {
    arrive();
    const gapNs = Math.round(-Math.log(1 - random.next()) * meanGapNs);
    if (clock.now() + gapNs < untilNs) clock.after(gapNs, next);
  };
  clock.after(0, next);
}

function run(realLoad: number, shadowLoad: number, realDelayFrames: number, seconds: number): Outcome {
  const clock = new VirtualClock();
  const untilNs = seconds * SECOND;
  const outputs: OutputQueue[] = [];
  const sent: number[] = [];
  const shadowDelays: number[] = [];
  const realDelays: number[][] = [];
  let refused = 0;
  const meanLength = REAL_LENGTHS.reduce((sum, length) => sum + length, 0) / REAL_LENGTHS.length;
  for (let index = 0; index < LINKS; index++) {
    const [near, far] = joinMemoryLink(clock, seededRandom(index), LINK, [
      { name: 'near', mac: 1 },
      { name: 'far', mac: 2 },
    ]);
    const queues = { real: new FrameQueue(LINK.queueBytes), shadow: new FrameQueue(LINK.queueBytes) };
    const output = makeCancellationQueue(clock, near, queues, {
      mode: 'cancellation',
      headerBytes: 52,
      realDelayFrames,
    });
    outputs.push(output);
    const realSent: number[] = [];
    const delays: number[] = [];
    realDelays.push(delays);
    far.receiver((frame) => {
      const parts: Frame[] = [];
      if (etherType(frame.bytes, frame.start) !== ETHERTYPE_CANCELLATION) parts.push(frame);
      else takeApart(frame, NS_PER_BYTE, parts);
      for (const part of parts) {
        if (etherType(part.bytes, part.start) === ETHERTYPE_IPV4) {
          delays.push(clock.now() - realSent[delays.length] - LINK.delayNs);
          part.release();
        } else if (index + 1 === LINKS) {
          shadowDelays.push(clock.now() - sent[shadowDelays.length]);
          part.release();
        } else if (!outputs[index + 1].send(part, 'shadow', 0, 0)) refused++;
      }
    });
    if (realLoad === 0) continue;
    const random = seededRandom(100 + index);
    poisson(clock, random, (meanLength * NS_PER_BYTE) / realLoad, untilNs, () => {
      const length = REAL_LENGTHS[Math.floor(random.next() * REAL_LENGTHS.length)];
      if (output.send(packet('real', length), 'real', 0, 0)) realSent.push(clock.now());
      else refused++;
    });
  }
  if (shadowLoad > 0) {
    poisson(clock, seededRandom(99), (SHADOW_LENGTH * NS_PER_BYTE) / shadowLoad, untilNs, () => {
      if (outputs[0].send(packet('shadow', SHADOW_LENGTH), 'shadow', 0, 0)) sent.push(clock.now());
      else refused++;
    });
  }
  clock.runUntil(untilNs);
  const beforeEnd = shadowDelays.length;
  clock.runUntil(untilNs + 5 * SECOND);
  return { shadowDelays: shadowDelays.slice(0, beforeEnd), realDelays: realDelays.flat(), refused };
}

function packet(plane: Plane, length: number): Frame {
  const frame = newFrame(length);
  const { bytes, start, end } = frame;
  const ipAt = start + (plane === 'shadow' ? 18 : 14);
  writeEthernet(bytes, start, 2, 1, plane === 'shadow' ? ETHERTYPE_MPLS : ETHERTYPE_IPV4);
  if (plane === 'shadow') writeLabel(bytes, start + 14, SHADOW_MARK, 0, true, 63);
  writeIpv4(bytes, ipAt, {
    source: 1,
    destination: 2,
    protocol: PROTOCOL_UDP,
    ttl: 63,
    tos: 0,
    totalLength: end - ipAt,
    identification: 0,
    dontFragment: true,
  });
  writeUdp(bytes, ipAt + IPV4_HEADER, end, 5000, 6000, ipAt);
  return frame;
}

function percentile99(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))];
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (ratio: number): string => `${((ratio - 1) * 100).toFixed(2)} %`;
const micro = (ns: number): string => `${(ns / 1000).toFixed(1)} µs`;

const seconds = process.argv[2] === '--seconds' ? Number(process.argv[3]) : 2;
for (const stream of STREAMS) {
  const alone = run(0, stream, 1, seconds);
  console.log(
    `\nShadow stream of ${stream * 100} Mbit/s, alone: p99 ${micro(percentile99(alone.shadowDelays))}\n`,
  );
  console.log('| bound | real load | shadow throughput | shadow p99 | real mean | real most | refused |');
  console.log('|---|---|---|---|---|---|---|');
  for (const load of LOADS) {
    const real = run(load, 0, 1, seconds);
    for (const bound of BOUNDS) {
      const both = run(load, stream, bound, seconds);
      const most = both.realDelays.reduce(
        (sum, delay, index) => Math.max(sum, delay - real.realDelays[index]),
        0,
      );
      console.log(
        `| ${bound} | ${load * 100} % | ${percent(both.shadowDelays.length / alone.shadowDelays.length)} | ` +
          `${percent(percentile99(both.shadowDelays) / percentile99(alone.shadowDelays))} | ` +
          `+${micro(mean(both.realDelays) - mean(real.realDelays))} of ${micro(mean(real.realDelays))} | +${micro(most)} | ${both.refused} |`,
      );
    }
  }
}
