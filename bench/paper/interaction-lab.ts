/** The network of experiment 5: one that a user can run, FILE, its four flows with other packets at other loads. */
import { existsSync, readFileSync } from 'node:fs';
import { ETHERNET_HEADER } from '../../src/net/ethernet.ts';
import { SMALLEST_PROBE_PACKET } from '../../src/net/probe.ts';
import type { Plane } from '../../src/net/wire.ts';
import type { BandwidthSettings } from '../../src/routerd/bandwidth/bandwidth.ts';
import type { Experiment, Link } from '../../src/runner/experiment/resolved.ts';
import { type Lab, LabError } from '../../src/runner/lab.ts';
import { converge } from '../../src/runner/steps/converge.ts';
import { readCapture } from '../../src/traffic/capture.ts';
import { departures, intervalOf } from '../../src/traffic/departures.ts';
import type { Host } from '../../src/traffic/host.ts';
import { type ArrivalObserver, type Arrived, Sink } from '../../src/traffic/sink.ts';
import { Source, type SourceObserver } from '../../src/traffic/source.ts';
import { SECOND, type TimeNs } from '../../src/world/clock.ts';
import { seededRandom } from '../../src/world/random.ts';
import { startLab } from '../lab.ts';

export const FILE = 'experiments/paper/interaction.yaml';
const CAPTURE = '../shared/data/pcap/sanitized4k.pcap';
/** Where the capture is not at hand: its packets by size, 4096 in all, as means of ranges. */
const CAPTURED: readonly (readonly [bytes: number, packets: number])[] = [
  [SMALLEST_PROBE_PACKET, 968],
  [96, 391],
  [176, 208],
  [372, 109],
  [750, 112],
  [1290, 555],
  [1490, 1753],
];

export interface Sizes {
  readonly from: string;
  /** Bytes of IPv4 packets, one after the other. */
  readonly bytes: readonly number[];
}

/** Sizes of an ISP's packets, in their order where the capture is at hand, at random otherwise. */
export function capturedSizes(): Sizes {
  if (!existsSync(CAPTURE)) {
    const packets = CAPTURED.flatMap(([bytes, count]) => Array.from({ length: count }, () => bytes));
    const random = seededRandom(1, 'sizes');
    const bytes = packets
      .map((size) => ({ size, at: random.next() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ size }) => size);
    return { from: 'drawn from the ranges of sizes in sanitized4k.pcap', bytes };
  }
  const capture = readCapture(readFileSync(CAPTURE));
  if ('wrong' in capture) throw new Error(`${CAPTURE} ${capture.wrong}`);
  const bytes = capture.packets.map((packet) => Math.max(SMALLEST_PROBE_PACKET, packet.bytes));
  return { from: 'of sanitized4k.pcap, in their order', bytes };
}

export interface Crossing {
  /** Of the link's rate, in Ethernet frames; 0: the plane sends nothing. */
  readonly load: Readonly<Record<Plane, number>>;
  readonly bandwidth: BandwidthSettings;
  readonly forNs: TimeNs;
}

/** Of each packet sent in the plane, flow after flow, its delay; NaN where it was lost. */
export type Delays = Readonly<Record<Plane, readonly TimeNs[]>>;

/** Sends and measures. A plane's packets, and when they leave, are the same whatever the other plane does. */
export async function cross(file: Experiment, sizes: Sizes, crossing: Crossing): Promise<Delays> {
  const experiment = { ...file, topology: { ...file.topology, links: file.topology.links.map(shared) } };
  const lab = await startLab(experiment);
  try {
    for (const host of lab.hosts.values()) host.greetGateway();
    await converge({ lab, experiment }, 600 * SECOND);
    const { rateBps } = linkOf(file);
    const flows = file.flows.map((flow, index) => {
      const inPlane = file.flows.filter(({ plane }) => plane === flow.plane).length;
      const bps = (rateBps * crossing.load[flow.plane]) / inPlane;
      const first = Math.floor((index * sizes.bytes.length) / file.flows.length);
      return new RecordedFlow(lab, flow, bps, [...sizes.bytes.slice(first), ...sizes.bytes.slice(0, first)]);
    });
    for (const flow of flows) flow.start();
    await lab.runUntil(() => false, lab.clock.now() + crossing.forNs);
    for (const flow of flows) flow.stop();
    await lab.runUntil(() => false, lab.clock.now() + SECOND);
    const delaysOf = (plane: Plane) => flows.flatMap((flow) => (flow.plane === plane ? flow.delaysNs : []));
    return { real: delaysOf('real'), shadow: delaysOf('shadow') };
  } finally {
    await lab.destroy();
  }

  function shared(link: Link): Link {
    return link === linkOf(file) ? { ...link, bandwidth: crossing.bandwidth } : link;
  }
}

/** The one link that all cross. */
export function linkOf({ file, topology }: Experiment): Link {
  const link = topology.links.find(({ ends }) => ends.every(({ kind }) => kind === 'router'));
  if (link === undefined) throw new Error(`${file} has no link between routers`);
  return link;
}

/** Poisson arrivals; what becomes of each packet is kept. */
class RecordedFlow implements SourceObserver, ArrivalObserver {
  readonly plane: Plane;
  readonly delaysNs: TimeNs[] = [];
  readonly #source: Source | undefined;

  /** `bps` in Ethernet frames. */
  constructor(lab: Lab, flow: Experiment['flows'][number], bps: number, sizes: readonly number[]) {
    this.plane = flow.plane;
    if (bps === 0) return;
    const sink = new Sink(lab.clock, hostOf(lab, flow.to));
    sink.expect(flow.id, this);
    const meanBytes = ETHERNET_HEADER + sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length;
    let next = 0;
    this.#source = new Source(
      lab.clock,
      hostOf(lab, flow.from),
      {
        flow: flow.id,
        destination: sink.host.address,
        packetBytes: Math.max(...sizes),
        sizes: () => sizes[next++ % sizes.length],
        plane: flow.plane,
        traceEvery: 0,
      },
      departures({ kind: 'poisson' }, intervalOf(meanBytes, bps), lab.random.fork(`flow ${flow.id}`)),
      this,
    );
  }

  start(): void {
    this.#source?.start();
  }

  stop(): void {
    this.#source?.stop();
  }

  sent(sequence: number): void {
    this.delaysNs[sequence] = Number.NaN;
  }

  arrived({ sequence, sentNs, arrivedNs }: Arrived): void {
    this.delaysNs[sequence] = arrivedNs - sentNs;
  }
}

function hostOf(lab: Lab, name: string): Host {
  const host = lab.hosts.get(name);
  if (host === undefined) throw new LabError(`the lab has no host "${name}"`);
  return host;
}
