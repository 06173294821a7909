/** Experiment 5: real and shadow flows cross on one link; what the shadow adds to the real plane, packet by packet. */
import { type BandwidthSettings, DEFAULT_CANCELLATION } from '../../src/routerd/bandwidth/bandwidth.ts';
import { headerFrameLength } from '../../src/routerd/bandwidth/cancellation.ts';
import { loadExperiment } from '../../src/runner/experiment/load.ts';
import { SECOND, type TimeNs } from '../../src/world/clock.ts';
import type { Figure } from '../figure.ts';
import type { Line } from './chart.ts';
import { capturedSizes, cross, type Delays, FILE, linkOf } from './interaction-lab.ts';
import type { PaperExperiment, PaperOutcome } from './paper.ts';

const MODES: readonly { readonly name: string; readonly bandwidth: BandwidthSettings }[] = [
  { name: 'cancellation', bandwidth: DEFAULT_CANCELLATION },
  { name: 'priority', bandwidth: { mode: 'priority' } },
  { name: 'partition, half each', bandwidth: { mode: 'partition', realShare: 0.5, strict: false } },
];
/** Loads of the shadow that get a line of their own. */
const DRAWN = [0.1, 0.3, 0.5, 0.7, 1];
/** Less is drawn as this: the scale is logarithmic. */
const LEAST_FRAMES = 0.1;

export interface InteractionSize {
  /** Of each plane; every one of the one meets every one of the other. */
  readonly loads: readonly number[];
  /** How long packets are sent. */
  readonly forNs: TimeNs;
}

export const interaction: PaperExperiment = {
  name: 'interaction',
  title: 'Real and shadow flows crossing on one link, at 10 to 100 % in each plane',
  claim:
    'With packet cancellation the shadow makes a real packet late by the time of one header frame at most, and none is lost for it.',
  measure: () =>
    measureInteraction({ loads: Array.from({ length: 10 }, (_, at) => (at + 1) / 10), forNs: 2 * SECOND }),
};

/** What two loads do to one another in one mode, beside each plane without the other. */
interface Met {
  readonly mode: string;
  readonly real: number;
  readonly shadow: number;
  /** Real packets that arrived without the shadow. */
  readonly packets: number;
  /** Times of a header frame that they arrived later: the mean, and the most of all. */
  readonly meanLate: number;
  readonly mostLate: number;
  /** Real packets that arrived without the shadow, and did not with it; percent. */
  readonly realLost: number;
  /** Of the shadow packets that arrive when the real plane sends nothing, percent. */
  readonly shadowArrived: number;
}

export async function measureInteraction({ loads, forNs }: InteractionSize): Promise<PaperOutcome> {
  const loaded = await loadExperiment(FILE);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const { experiment } = loaded;
  const sizes = capturedSizes();
  const frameNs = (headerFrameLength(DEFAULT_CANCELLATION.headerBytes) * 8e9) / linkOf(experiment).rateBps;
  const send = (real: number, shadow: number, bandwidth: BandwidthSettings) =>
    cross(experiment, sizes, { load: { real, shadow }, bandwidth, forNs });

  const results: Met[] = [];
  for (const { name: mode, bandwidth } of MODES) {
    const alone: { readonly load: number; readonly delays: Delays }[] = [];
    for (const load of loads) {
      const { real } = await send(load, 0, bandwidth);
      const { shadow } = await send(0, load, bandwidth);
      alone.push({ load, delays: { real, shadow } });
    }
    for (const real of alone) {
      // What other modes do is well known: both planes alike are enough to compare.
      for (const shadow of bandwidth.mode === 'cancellation' ? alone : [real]) {
        const both = await send(real.load, shadow.load, bandwidth);
        results.push({
          mode,
          real: real.load,
          shadow: shadow.load,
          ...late(both.real, real.delays.real, frameNs),
          shadowArrived: (100 * arrived(both.shadow)) / arrived(shadow.delays.shadow),
        });
      }
    }
  }
  return {
    charts: [
      {
        title: 'The longest that a real packet is late for the shadow',
        x: BOTH_AXIS,
        y: { name: 'times of a header frame', scale: 'log', min: 0.1 },
        lines: [
          ...perMode(results, ({ mostLate }) => Math.max(LEAST_FRAMES, mostLate)),
          {
            name: 'the goal',
            dashed: true,
            points: [loads[0], loads[loads.length - 1]].map((load) => [100 * load, 1] as const),
          },
        ],
      },
      {
        title: 'Packet cancellation: the mean time that real packets are late',
        x: REAL_AXIS,
        y: { name: 'times of a header frame', min: 0, max: 1 },
        lines: perShadow(results, ({ meanLate }) => meanLate),
      },
      {
        title: 'Real packets lost for the shadow',
        x: BOTH_AXIS,
        y: { name: '% of those that arrive without it', min: 0 },
        lines: perMode(results, ({ realLost }) => realLost),
      },
      {
        title: 'Packet cancellation: what the shadow gets',
        x: REAL_AXIS,
        y: { name: '% of its packets that arrive alone', min: 0, max: 100 },
        lines: perShadow(results, ({ shadowArrived }) => shadowArrived),
      },
    ],
    figures: figuresOf(results),
    method: [
      `A link of 100 Mbps between two routers, a queue of 64 kB in each plane; two real and two shadow flows, each from a host of its own to one of its own. Arrivals are Poisson's, sizes ${sizes.from}; those under 52 bytes are sent with 52. Loads are counted in Ethernet frames of 14 bytes more; ${forNs / SECOND} s each.`,
      'A packet is compared with itself: the same packet, sent at the same time, in the same network whose shadow plane sends nothing. Those that arrive in both are compared in time; "lost for the shadow" are those that arrive only without it. At 100 % some are lost in any case.',
      `A header frame is one with one shadow packet cut to ${DEFAULT_CANCELLATION.headerBytes} bytes: ${headerFrameLength(DEFAULT_CANCELLATION.headerBytes)} bytes, ${frameNs / 1000} µs at 100 Mbps. \`realDelay\` is its default, 1 frame.`,
      'The routers speak OSPF in both planes in all runs, so that is no part of the difference.',
      'The shadow gets what fits behind and between real packets: headers are about a fourteenth of these sizes, so at 90 % of real load all of it still fits. While the real plane alone leaves no gap, at most a header frame is added, and the shadow waits.',
    ],
  };
}

const BOTH_AXIS = { name: 'load in each plane, %', min: 0, max: 100 };
const REAL_AXIS = { name: 'load in the real plane, %', min: 0, max: 100 };

function late(
  both: readonly TimeNs[],
  alone: readonly TimeNs[],
  frameNs: TimeNs,
): Pick<Met, 'packets' | 'meanLate' | 'mostLate' | 'realLost'> {
  if (both.length !== alone.length) throw new Error(`sent ${both.length} packets, and ${alone.length} alone`);
  let [arrivedAlone, arrivedInBoth, sum, most] = [0, 0, 0, 0];
  for (const [packet, delayNs] of alone.entries()) {
    if (Number.isNaN(delayNs)) continue;
    arrivedAlone++;
    if (Number.isNaN(both[packet])) continue;
    arrivedInBoth++;
    sum += both[packet] - delayNs;
    most = Math.max(most, both[packet] - delayNs);
  }
  return {
    packets: arrivedAlone,
    meanLate: sum / arrivedInBoth / frameNs,
    mostLate: most / frameNs,
    realLost: 100 * (1 - arrivedInBoth / arrivedAlone),
  };
}

function arrived(delays: readonly TimeNs[]): number {
  return delays.filter((delayNs) => !Number.isNaN(delayNs)).length;
}

function perMode(results: readonly Met[], of: (met: Met) => number): readonly Line[] {
  return MODES.map(({ name }) => ({
    name,
    points: results
      .filter(({ mode, real, shadow }) => mode === name && real === shadow)
      .map((met) => [100 * met.real, of(met)] as const),
  }));
}

function perShadow(results: readonly Met[], of: (met: Met) => number): readonly Line[] {
  return DRAWN.filter((load) => results.some(({ shadow }) => shadow === load)).map((load) => ({
    name: `${100 * load} % in the shadow`,
    points: results
      .filter(({ mode, shadow }) => mode === 'cancellation' && shadow === load)
      .map((met) => [100 * met.real, of(met)] as const),
  }));
}

function figuresOf(results: readonly Met[]): readonly Figure[] {
  return MODES.flatMap(({ name, bandwidth }): readonly Figure[] => {
    const own = results.filter(({ mode }) => mode === name);
    const most = (of: (met: Met) => number): number =>
      own.reduce((value, met) => Math.max(value, of(met)), 0);
    const bound = (atMost: number) => (bandwidth.mode === 'cancellation' ? { goal: { atMost } } : {});
    return [
      { name: `${name}: pairs of loads`, value: own.length, unit: '' },
      {
        name: `${name}: real packets compared`,
        value: own.reduce((sum, { packets }) => sum + packets, 0),
        unit: '',
      },
      {
        name: `${name}: late at most, header frames`,
        value: most(({ mostLate }) => mostLate),
        unit: '',
        ...bound(1),
      },
      {
        name: `${name}: late on average where that is worst`,
        value: most(({ meanLate }) => meanLate),
        unit: '',
      },
      {
        name: `${name}: real packets lost for the shadow at worst, %`,
        value: most(({ realLost }) => realLost),
        unit: '',
        ...bound(0),
      },
    ];
  });
}
