/**
 * Experiment 4: a video in the shadow plane beside a copy of all transit traffic, while the real plane carries that
 * traffic itself; compared with the same video and traffic in a network that has the shadow's configuration for real,
 * and no shadow.
 */
import { type BandwidthSettings, DEFAULT_CANCELLATION } from '../../src/routerd/bandwidth/bandwidth.ts';
import { loadExperiment } from '../../src/runner/experiment/load.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import { MILLISECOND } from '../../src/world/clock.ts';
import type { Figure } from '../figure.ts';
import type { Line } from './chart.ts';
import type { PaperExperiment, PaperOutcome } from './paper.ts';
import { FILE, type Point, percentile99, type Seen, see } from './streaming-lab.ts';

const WITHIN_PERCENT = 1;
/** Loads at which figures tell of modes that have no goal; the plots have all. */
const COMPARED: readonly number[] = [0.5, 0.6, 0.9];
/** Less is drawn as this: the scale is logarithmic. */
const LEAST_PERCENT = 0.001;
const LEAST_MICROSECONDS = 0.01;

const priority: Mode = { name: 'priority', bandwidth: { mode: 'priority' } };
const partition: Mode = {
  name: 'partition, half each',
  bandwidth: { mode: 'partition', realShare: 0.5, strict: false },
};
const cancellation = (realDelayFrames: number): Mode => ({
  name: `cancellation, ${realDelayFrames} frame${realDelayFrames === 1 ? '' : 's'}`,
  bandwidth: { ...DEFAULT_CANCELLATION, realDelayFrames },
});

interface Mode {
  readonly name: string;
  readonly bandwidth: BandwidthSettings;
}

export interface Sweep extends Omit<Point, 'load'> {
  readonly name: string;
  readonly loads: readonly number[];
  readonly modes: readonly Mode[];
}

/** FILE has a tenth of Abilene's rates. */
const TENTH = {
  name: 'a tenth of the rates',
  faster: 1,
  watchedNs: 750 * MILLISECOND,
  configuration: 'same',
  copied: true,
} as const;
const HIGH_LOADS = [0.5, 0.8, 0.9, 0.95];
export const SWEEPS: readonly Sweep[] = [
  {
    ...TENTH,
    loads: [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95],
    modes: [cancellation(1), cancellation(512), priority, partition],
  },
  {
    ...TENTH,
    name: 'true rates',
    faster: 10,
    loads: HIGH_LOADS,
    modes: [cancellation(1), cancellation(512)],
  },
  { ...TENTH, name: 'changed', configuration: 'changed', loads: HIGH_LOADS, modes: [cancellation(1)] },
  {
    ...TENTH,
    name: 'not copied',
    copied: false,
    loads: HIGH_LOADS,
    modes: [cancellation(1), cancellation(512)],
  },
];

export const streaming: PaperExperiment = {
  name: 'streaming',
  title: 'A video in the shadow, beside a copy of all transit traffic of Abilene',
  claim:
    'With packet cancellation a video in the shadow has the throughput, and the 99th percentile of delay, that it would have in a real network of that configuration, within 1 %, at real loads from 10 to 95 %.',
  measure: () => measureStreaming(SWEEPS),
};

export async function measureStreaming(sweeps: readonly Sweep[]): Promise<PaperOutcome> {
  const loaded = await loadExperiment(FILE);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const results: Result[] = [];
  for (const sweep of sweeps) results.push(...(await measure(loaded.experiment, sweep)));
  const [{ sweep: first }] = results;
  const firsts = results.filter(({ sweep }) => sweep === first);
  return {
    charts: [
      {
        title: `99th percentile of the video's delay, ${first.name}`,
        x: LOAD_AXIS,
        y: { name: 'longer than in a real network, %', scale: 'log', min: LEAST_PERCENT },
        lines: [...linesOf(firsts, ({ mode }) => mode.name, later), goal(first)],
      },
      {
        title: `Throughput of the video, ${first.name}`,
        x: LOAD_AXIS,
        y: { name: 'of that in a real network, %', min: 0, max: 100 },
        lines: linesOf(firsts, ({ mode }) => mode.name, throughput),
      },
      {
        title: 'Packet cancellation: rates, bounds, configurations',
        x: LOAD_AXIS,
        y: { name: '99th percentile longer by, %', scale: 'log', min: LEAST_PERCENT },
        lines: [
          ...linesOf(
            results.filter(({ mode }) => mode.bandwidth.mode === 'cancellation'),
            nameOf,
            later,
          ),
          goal(first),
        ],
      },
      {
        title: `What the shadow adds to the mean delay of real packets, ${first.name}`,
        x: LOAD_AXIS,
        y: { name: 'microseconds', scale: 'log', min: LEAST_MICROSECONDS },
        lines: linesOf(firsts, ({ mode }) => mode.name, addedMicroseconds(LEAST_MICROSECONDS)),
      },
    ],
    figures: results.flatMap(figuresOf),
    method: [
      `Abilene with its routers, metrics and delays of 2004. The traffic is its matrix of 2004-03-01, 20:10, all 132 pairs, Poisson arrivals of 1000-byte packets, scaled until the busiest link on the video's path (Indianapolis-Chicago, which is also the busiest of all) carries the load that is drawn. Each real packet is copied into the shadow.`,
      'Measured is a constant stream of 6 Mbps in 1200-byte packets from Seattle to New York (23.4 ms of fibre), each packet by itself; with it a video is watched, asked for in segments of 0.2 s. What it takes to begin to play is from that.',
      'The reference is the same network with the configuration of the shadow in its real plane, the traffic that is copied and the video in it, at the same times to the nanosecond, and no shadow plane.',
      'True rates: links of 9920 Mbps, and ten such streams as one. A tenth: 992 Mbps. As many packets meet at a link in both, but a queue of as many packets takes a tenth of the time, while fibre takes as long: so the same wait is ten times less of the delay.',
      'Not copied: the shadow has nothing but the video, and so has the reference.',
      'Changed: at a tenth of the rates, Denver-Kansas City is out of use in the shadow, so the video goes by Los Angeles, Houston and Washington. The load is that of Los Angeles-Houston in the shadow; the real plane has a third of it there.',
      '"1 frame" and "512 frames" are `realDelay`: how much later a real packet may leave a router, in times of a header frame of 80 bytes (0.65 µs at 992 Mbps, 0.065 µs at 9920).',
      'Each point is 0.75 s of a network, a tenth of that at true rates, and one seed. What is less than 0.001 % is drawn as that.',
    ],
  };
}

const LOAD_AXIS = { name: 'load of the busiest link on the path, in each plane, %', min: 0, max: 100 };

interface Result {
  readonly sweep: Sweep;
  readonly mode: Mode;
  readonly points: readonly Compared[];
}

interface Compared {
  readonly load: number;
  readonly seen: Seen;
  readonly reference: Seen;
  /** Where there is no shadow, and no video. */
  readonly alone: Seen;
}

async function measure(file: Experiment, sweep: Sweep): Promise<readonly Result[]> {
  const points = sweep.modes.map((): Compared[] => []);
  for (const load of sweep.loads) {
    const point = { ...sweep, load };
    const reference = await see(file, point, { kind: 'reference' });
    const alone = await see(file, point, { kind: 'real alone' });
    for (const [at, { bandwidth }] of sweep.modes.entries()) {
      const seen = await see(file, point, { kind: 'shadow', bandwidth });
      points[at].push({ load, seen, reference, alone });
    }
  }
  return sweep.modes.map((mode, at) => ({ sweep, mode, points: points[at] }));
}

type Quantity = (point: Compared) => number;

/** Percent that the 99th percentile is longer. */
const percentLater: Quantity = ({ seen, reference }) =>
  100 * (percentile99(seen.delaysNs) / percentile99(reference.delaysNs) - 1);
const throughput: Quantity = ({ seen, reference }) =>
  (100 * seen.delaysNs.length) / reference.delaysNs.length;
const later: Quantity = (point) => Math.max(LEAST_PERCENT, percentLater(point));
const addedMicroseconds =
  (least: number): Quantity =>
  ({ seen, alone }) =>
    Math.max(least, (seen.trafficDelayNs - alone.trafficDelayNs) / 1000);

function linesOf(
  results: readonly Result[],
  name: (result: Result) => string,
  of: Quantity,
): readonly Line[] {
  return results.map((result) => ({
    name: name(result),
    points: result.points.flatMap((point) => {
      const y = of(point);
      return Number.isNaN(y) ? [] : [[100 * point.load, y] as const];
    }),
  }));
}

function goal({ loads }: Sweep): Line {
  const ends = [loads[0], loads[loads.length - 1]];
  return {
    name: 'the goal',
    dashed: true,
    points: ends.map((load) => [100 * load, WITHIN_PERCENT] as const),
  };
}

function nameOf({ sweep, mode }: Result): string {
  return `${sweep.name}, ${mode.name.replace('cancellation, ', '')}`;
}

function figuresOf(result: Result): readonly Figure[] {
  const { mode, points } = result;
  const isGoal = mode.bandwidth.mode === 'cancellation';
  const bound = (goal: Figure['goal']) => (isGoal && goal !== undefined ? { goal } : {});
  const name = isGoal ? `cancellation, ${nameOf(result)}` : nameOf(result);
  const figure = (what: string, value: number, goal?: Figure['goal']): Figure => ({
    name: `${name}: ${what}`,
    value,
    unit: '',
    ...bound(goal),
  });
  // Not played in the reference: at the higher rates, and where it is watched too shortly.
  const played = points.filter(({ reference }) => reference.startupNs !== null);
  const startups = played.flatMap(({ seen, reference }) =>
    seen.startupNs === null ? [] : [(seen.startupNs - (reference.startupNs ?? 0)) / MILLISECOND],
  );
  return [
    ...points.flatMap((point) => {
      if (!isGoal && !COMPARED.includes(point.load)) return [];
      const at = `at ${Math.round(100 * point.load)} %`;
      const [percent, through] = [percentLater(point), throughput(point)];
      return [
        ...(Number.isNaN(percent)
          ? []
          : [figure(`${at}, p99 longer by %`, percent, { atMost: WITHIN_PERCENT })]),
        ...(through === 100
          ? []
          : [figure(`${at}, throughput, %`, through, { atLeast: 100 - WITHIN_PERCENT })]),
      ];
    }),
    figure(
      'real packets lost for the shadow, of all',
      points.reduce((sum, { seen, alone }) => sum + seen.trafficLost - alone.trafficLost, 0),
      { atMost: 0 },
    ),
    ...(played.length === 0
      ? []
      : [figure('loads at which the video never played', played.length - startups.length)]),
    ...(startups.length === 0
      ? []
      : [figure('start-up later, at worst, where it did, ms', Math.max(...startups))]),
  ];
}
