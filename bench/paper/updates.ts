/** Experiment 2: what is left of the forwarding rate while routes change, in the real plane or in the shadow. */
import { makeFib } from '../../src/routerd/fib/fib.ts';
import { SLOTS, type Slot } from '../../src/routerd/forwarding/contract.ts';
import { seededRandom } from '../../src/world/random.ts';
import { zipf } from '../fib.ts';
import { type Figure, median } from '../figure.ts';
import { prefixesToHold } from '../tables.ts';
import { BATCH, MeasuredRouter, undisturbedMean } from './measured-router.ts';
import type { PaperExperiment, PaperOutcome } from './paper.ts';

const PACKET_BYTES = 300;
const MOST = 10_000;
const RATES = [1, 10, 100, MOST];
const PLANES = ['real', 'shadow'] as const;
const KEPT = { atLeast: 0.98 };

export interface UpdatesSize {
  /** Of the full table, at most. */
  readonly prefixes: number;
  readonly rounds: number;
  /** Time for packets in each turn. */
  readonly turnSeconds: number;
}

export const updates: PaperExperiment = {
  name: 'updates',
  title: 'Forwarding while the FIB changes: 1 to 10,000 updates a second, full table, 300-byte packets',
  claim:
    'Routes that change, in the real plane or in the shadow, leave the forwarding rate within 2 % of what it is without.',
  measure: async () => measureUpdates({ prefixes: 1_000_000, rounds: 9, turnSeconds: 0.5 }),
};

interface Result {
  readonly plane: (typeof PLANES)[number];
  readonly perSecond: number;
  readonly kept: readonly number[];
}

export function measureUpdates({ prefixes: most, rounds, turnSeconds }: UpdatesSize): PaperOutcome {
  const { prefixes } = prefixesToHold(most);
  const router = new MeasuredRouter(PACKET_BYTES, makeFib());
  const { engine, nextHops } = router;
  const random = seededRandom(1, 'updates');
  const below = (limit: number): number => Math.floor(random.next() * limit);
  for (const prefix of prefixes) {
    const nextHop = nextHops[below(nextHops.length)];
    for (const slot of SLOTS) engine.route(slot, prefix, nextHop);
  }
  const addresses = zipf(prefixes, random);
  const updateMicroseconds: number[] = [];
  let first = 0;

  /** A batch of packets, and the updates that are due with it. */
  const batch = (slot: Slot, due: number): { readonly all: number; readonly updating: number } => {
    const changes = Array.from({ length: due }, () => ({
      prefix: prefixes[below(prefixes.length)],
      nextHop: nextHops[below(nextHops.length)],
    }));
    const forwarding = router.forward(addresses, first, false);
    first = (first + BATCH) % addresses.length;
    const startedMs = performance.now();
    for (const { prefix, nextHop } of changes) engine.route(slot, prefix, nextHop);
    const updating = (performance.now() - startedMs) / 1000;
    return { all: forwarding + updating, updating };
  };
  const typical = undisturbedMean(Array.from({ length: 200 }, () => batch(0, 1).all));

  /** Seconds for a batch with its share of the updates. By the typical time of a batch it is said when they are due. */
  const turn = (slot: Slot, perSecond: number): number => {
    const took: number[] = [];
    const batches = Math.ceil(turnSeconds / typical);
    for (let count = 0; count < batches; count++) {
      // The first one comes after half of its time.
      const due = (at: number): number => Math.floor(at * typical * perSecond + 0.5);
      const { all, updating } = batch(slot, due(count + 1) - due(count));
      took.push(all);
      if (perSecond === MOST) updateMicroseconds.push((updating * 1e6) / (typical * perSecond));
    }
    return undisturbedMean(took);
  };

  const without: number[] = [];
  const results = PLANES.flatMap((plane) =>
    RATES.map((perSecond) => ({ plane, perSecond, kept: [] as number[] })),
  );
  for (let round = 0; round < rounds; round++) {
    let before = turn(0, 0);
    for (const { plane, perSecond, kept } of results) {
      const among = turn(plane === 'real' ? 0 : 1, perSecond);
      const after = turn(0, 0);
      kept.push((before + after) / 2 / among);
      without.push(BATCH / after);
      before = after;
    }
  }
  return {
    charts: [
      {
        title: 'Forwarding rate kept while routes change',
        x: { name: 'updates a second', scale: 'log' },
        y: { name: 'of the rate without, %', min: 80, max: 110 },
        lines: [
          ...PLANES.map((plane) => ({
            name: `updates of the ${plane} plane`,
            points: results
              .filter((result) => result.plane === plane)
              .map(({ perSecond, kept }) => [perSecond, 100 * median(kept)] as const),
          })),
          {
            name: 'the goal',
            dashed: true,
            points: [RATES[0], MOST].map((rate) => [rate, 100 * KEPT.atLeast] as const),
          },
        ],
      },
    ],
    figures: [
      { name: 'packets, no updates', value: median(without), unit: '/s' },
      { name: 'an update, microseconds', value: median(updateMicroseconds), unit: '' },
      {
        name: 'what 100 updates a second take of a core by that, %',
        value: median(updateMicroseconds) / 100,
        unit: '',
      },
      ...results.map(figureOf),
    ],
    method: [
      `${prefixes.length.toLocaleString('en')} prefixes, the same next hops in both planes at first; packets as in the experiment "forwarding", all in the real plane, to prefixes chosen by Zipf's law.`,
      'An update gives a prefix drawn at random, all alike, another next hop drawn at random: by the way that the control plane takes (`route` of the engine), between two batches of packets, on the same core.',
      `Each turn is ${turnSeconds} s of forwarding, by the wall clock, updates included and batches left out that something interrupted, and is compared with the mean of the turns without updates just before and after it; the median of ${rounds}. In brackets: the least and the most.`,
      'What computes the routes is not part of it.',
    ],
  };
}

function figureOf({ plane, perSecond, kept }: Result): Figure {
  const [least, most] = [Math.min(...kept), Math.max(...kept)].map((ratio) => ratio.toFixed(3));
  return {
    name: `rate kept at ${perSecond.toLocaleString('en')}/s in the ${plane} plane (${least} .. ${most})`,
    value: median(kept),
    unit: 'x',
    goal: KEPT,
  };
}
