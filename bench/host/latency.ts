/**
 * What one router adds to a packet's way, at a low rate: one packet of 300 bytes after the other, sent and seen by one
 * process, through no router (a wire alone), through the kernel's forwarding, and through our daemon as it is
 * installed, in turn.
 */
import { rmSync } from 'node:fs';
import { type Figure, median } from '../figure.ts';
import type { Circumstances } from './circumstances.ts';
import { startDaemon } from './daemon.ts';
import { BenchNetwork, benchFolder, pathOf } from './network.ts';
import {
  GENERATOR_CORE,
  GENERATOR_MAC,
  routeByKernel,
  routeByOurs,
  SINK_MAC,
  wire,
  wireWay,
} from './ways.ts';

const PACKETS = 4000;
const GAP_MS = 1;

const WAYS = ['wire', 'kernel', 'steered', 'ours'] as const;
type Way = (typeof WAYS)[number];

/** Microseconds. */
interface Times {
  readonly middle: number;
  readonly late: number;
}

export async function measureLatency(circumstances: Circumstances): Promise<readonly Figure[]> {
  const results: Record<Way, Times[]> = { wire: [], kernel: [], steered: [], ours: [] };
  for (let round = 0; round < circumstances.rounds; round++) {
    for (const way of WAYS) {
      const { middle, late } = await measure(way, circumstances);
      results[way].push({ middle, late });
      console.error(`${way}: median ${middle.toFixed(1)} us, 99th percentile ${late.toFixed(1)} us`);
    }
  }
  /** Of a round, less what the wire takes in the same round. */
  const added = (way: Way, of: keyof Times): number =>
    median(results[way].map((times, round) => times[of] - results.wire[round].middle));
  const figures = (way: Way, name: string): readonly Figure[] => [
    { name: `${name}: adds, median`, value: added(way, 'middle'), unit: 'us' },
    { name: `${name}: adds, 99th percentile`, value: added(way, 'late'), unit: 'us' },
  ];
  return [
    { name: 'the wire alone, median', value: median(results.wire.map(({ middle }) => middle)), unit: 'us' },
    ...figures('kernel', "the kernel, in the sender's call"),
    ...figures('steered', 'the kernel, on a core of its own'),
    ...figures('ours', 'ours, on a core of its own'),
  ];
}

async function measure(way: Way, { realtime, signal }: Circumstances): Promise<Times> {
  const network = new BenchNetwork(realtime);
  const folder = benchFolder();
  try {
    const [g, r, s] = await network.namespaces(['g', 'r', 's']);
    if (way === 'wire') wire([g, 'g0', GENERATOR_MAC], [s, 's0', SINK_MAC]);
    else wireWay(g, r, s);
    if (way === 'kernel' || way === 'steered') routeByKernel(r, way === 'steered');
    if (way === 'ours') {
      routeByOurs(r);
      await startDaemon(network, r, folder);
    }
    const words = ['g0', pathOf(s), 's0', String(PACKETS), String(GAP_MS)];
    const prober = network.startNode(g, GENERATOR_CORE, 'prober.ts', ...words);
    const times: readonly number[] = JSON.parse(await prober.firstLine(signal));
    if (times.length < PACKETS * 0.9)
      throw new Error(`${way}: only ${times.length} of ${PACKETS} packets arrived`);
    return { middle: median(times), late: [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)] };
  } finally {
    network.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}
