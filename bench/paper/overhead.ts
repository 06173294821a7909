/** Experiment 6: which loads of both planes this router stands, and which ones the planner says (docs/planner.md). */
import {
  equalLoad,
  type Limit,
  limitsOf,
  type PlanInput,
  regionEdge,
  type SharingMode,
} from '../../src/analysis/plan.ts';
import { DEFAULT_CANCELLATION } from '../../src/routerd/bandwidth/bandwidth.ts';
import { headerFrameLength } from '../../src/routerd/bandwidth/cancellation.ts';
import { type Figure, median } from '../figure.ts';
import type { Line } from './chart.ts';
import { type Loads, refusedShare, serviceSeconds, wireBytes } from './overhead-router.ts';
import type { PaperExperiment, PaperOutcome } from './paper.ts';

/** UDP without a payload. */
const SMALLEST_PACKET = 28;
const PACKET_BYTES = 300;
/** Bytes of the link that the router has time for in each smallest packet: those of one on Ethernet. */
const BUDGET_BYTES = 84;
/** What a port may refuse and still be said to carry what it is offered. */
const REFUSED = 0.001;
const HALVINGS = 7;
/** Loads of a mixture at which the router's time is measured. */
const PARTS = 4;
/** Real and shadow to one another, from no real packets to no shadow ones. */
const MIXTURES: readonly Loads[] = [
  { real: 0, shadow: 1 },
  { real: 1 / 4, shadow: 1 },
  { real: 1 / 2, shadow: 1 },
  { real: 1, shadow: 1 },
  { real: 1, shadow: 1 / 2 },
  { real: 1, shadow: 1 / 4 },
  { real: 1, shadow: 1 / 8 },
  { real: 1, shadow: 0 },
];

export interface OverheadSize {
  /** Of each measurement. */
  readonly packets: number;
  readonly rounds: number;
  readonly mixtures: readonly Loads[];
}

export const overhead: PaperExperiment = {
  name: 'overhead',
  title: 'Forwarding overhead against the planner',
  claim:
    'A router that is built for links full of the smallest packets has packets per second to spare for a shadow plane; the planner says how many.',
  measure: async () => measureOverhead({ packets: 60_000, rounds: 5, mixtures: MIXTURES }),
};

export function measureOverhead({ packets, rounds, mixtures }: OverheadSize): PaperOutcome {
  const smallest = (linkBps: number): number =>
    serviceSeconds(
      { sharing: 'without', linkBps, packetBytes: SMALLEST_PACKET, loads: { real: 0.25, shadow: 0 } },
      packets,
    );
  for (let warm = 0; warm < 3; warm++) smallest(1e9);
  const packetRate = 1 / median(Array.from({ length: 3 * rounds }, () => smallest(1e9)));
  const linkBps = packetRate * BUDGET_BYTES * 8;
  const offer = (sharing: SharingMode, loads: Loads) => ({
    sharing,
    linkBps,
    packetBytes: PACKET_BYTES,
    loads,
  });
  /** Time for a packet of the mixture, in times of that for a smallest one just before. */
  const cost = (sharing: SharingMode, loads: Loads): number =>
    median(
      Array.from({ length: rounds }, () => {
        const one = smallest(linkBps);
        return serviceSeconds(offer(sharing, loads), packets) / one;
      }),
    );
  const busy = (sharing: SharingMode, loads: Loads): number =>
    (cost(sharing, loads) * packetsPerSecond(linkBps, loads)) / packetRate;

  /** The most of a mixture that links and router stand. */
  const edge = (sharing: SharingMode, mixture: Loads): Loads => {
    let [carried, tooMuch] = [0, 1];
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = (carried + tooMuch) / 2;
      if (refusedShare(offer(sharing, times(mixture, middle)), packets) <= REFUSED) carried = middle;
      else tooMuch = middle;
    }
    // What a packet costs depends on how many there are.
    let [before, busyBefore] = [0, 0];
    for (let part = 1; part <= PARTS; part++) {
      const here = (carried * part) / PARTS;
      const busyHere = busy(sharing, times(mixture, here));
      if (busyHere > 1) {
        return times(mixture, before + ((here - before) * (1 - busyBefore)) / (busyHere - busyBefore));
      }
      [before, busyBefore] = [here, busyHere];
    }
    return times(mixture, carried);
  };

  const moderate = { real: 0.25, shadow: 0.25 };
  const kinds = [
    { name: 'real packets', sharing: 'without', loads: { real: 0.5, shadow: 0 } },
    { name: 'half real, half shadow, whole', sharing: 'without', loads: moderate },
    { name: 'real packets, cancellation on', sharing: 'with', loads: { real: 0.5, shadow: 0 } },
    { name: 'half real, half shadow headers', sharing: 'with', loads: moderate },
    { name: 'shadow headers alone', sharing: 'with', loads: { real: 0, shadow: 0.5 } },
  ] as const;
  const costs = kinds.map(({ sharing, loads }) => cost(sharing, loads));
  const planned = (sharing: SharingMode, rate: number): readonly Limit[] =>
    limitsOf(planInput(linkBps, rate), sharing);
  const mixedRate = packetRate / costs[3];
  const edges = (['without', 'with'] as const).map((sharing) => ({
    sharing,
    points: mixtures.map((mixture) => edge(sharing, mixture)),
  }));
  const alike = mixtures.findIndex(({ real, shadow }) => real === shadow);
  return {
    charts: [
      {
        title: 'Loads that a router stands, as shares of the link',
        x: { name: 'real load, %', min: 0, max: 100 },
        y: { name: 'shadow load, %', min: 0, max: 110 },
        lines: [
          ...edges.map(({ sharing, points }) => ({
            name: `measured ${sharing} cancellation`,
            points: points.map(percent),
          })),
          plannedLine('planner, without', planned('without', packetRate)),
          plannedLine('planner, with', planned('with', packetRate)),
          plannedLine('planner, with, told the rate of mixed packets', planned('with', mixedRate)),
        ],
      },
    ],
    figures: [
      { name: 'smallest packets that the router forwards', value: packetRate, unit: '/s' },
      { name: 'the link, Gbps', value: linkBps / 1e9, unit: '' },
      ...kinds.map(
        ({ name }, at): Figure => ({
          name: `${name}, 300 bytes: times as long as a smallest packet`,
          value: costs[at],
          unit: 'x',
        }),
      ),
      ...edges.flatMap(({ sharing, points }): readonly Figure[] => {
        if (alike < 0) return [];
        const load = 100 * points[alike].real;
        return [
          {
            name: `both planes alike, ${sharing} cancellation: planned, %`,
            value: 100 * alikeLoad(planned(sharing, packetRate)),
            unit: '',
          },
          { name: `both planes alike, ${sharing} cancellation: measured, %`, value: load, unit: '' },
        ];
      }),
      {
        name: 'both planes alike, with cancellation: planned with the rate of mixed packets, %',
        value: 100 * alikeLoad(planned('with', mixedRate)),
        unit: '',
      },
    ],
    method: [
      "Routers of the embedded backend have no limit of packets per second on the virtual clock. The limit here is the processor: the wall-clock time that one core needs for a packet in one router's engine is taken as the packet's service time, frames taken apart at one port and put together at another included, and the virtual clock's timers of its queues. A router stands a load when it needs no more than the time in which the packets arrive, and when no port refuses more than one packet in a thousand.",
      `The link is as fast as a router of this packet rate is built for: ${BUDGET_BYTES} bytes, the smallest packet on Ethernet, for each. Packets have ${PACKET_BYTES} bytes in both planes, arrivals are Poisson, headers keep ${DEFAULT_CANCELLATION.headerBytes} bytes; on the wire as in the embedded backend (14 bytes around a packet).`,
      'Without cancellation: mode fair. Each measurement stands beside one of smallest packets just before it, as the machine is not always as fast.',
      'The planner takes every packet for as costly as a smallest one. Here packets in the shadow cost more, and headers more still: they are cut off, copied and timed. So a router in software is to be planned with the rate that it reaches with such packets (--packet-rate), which is the third dashed line; what that line says of unequal loads is then too little where there are more real packets, and too much where there are fewer.',
      'Where the link limits, more than planned may go: the planner takes every header for a frame of its own, and those that ride behind real packets need less.',
    ],
  };
}

function planInput(linkBps: number, packetRate: number): PlanInput {
  return {
    linkBps,
    packetRate,
    realWireBytes: wireBytes('real', PACKET_BYTES),
    shadowWireBytes: wireBytes('shadow', PACKET_BYTES),
    headerWireBytes: headerFrameLength(DEFAULT_CANCELLATION.headerBytes),
  };
}

function packetsPerSecond(linkBps: number, { real, shadow }: Loads): number {
  return (
    (linkBps / 8) * (real / wireBytes('real', PACKET_BYTES) + shadow / wireBytes('shadow', PACKET_BYTES))
  );
}

const times = ({ real, shadow }: Loads, factor: number): Loads => ({
  real: real * factor,
  shadow: shadow * factor,
});

const percent = ({ real, shadow }: Loads) => [100 * real, 100 * shadow] as const;

function alikeLoad(limits: readonly Limit[]): number {
  return equalLoad(limits)?.shadowLoad ?? 0;
}

function plannedLine(name: string, limits: readonly Limit[]): Line {
  return {
    name,
    dashed: true,
    points: regionEdge(limits).map(([real, shadow]) => percent({ real, shadow })),
  };
}
