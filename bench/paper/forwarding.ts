/** Experiment 1: what the forwarding table for two planes costs those who forward by it. */
import { type Figure, median } from '../figure.ts';
import { networkOf } from '../lab.ts';
import { emptyShadow } from '../packet-hops.ts';
import type { Line } from './chart.ts';
import {
  type Setting,
  type StartedRouter,
  startRouter,
  TRAFFICS,
  type Traffic,
} from './forwarding-router.ts';
import type { PaperExperiment, PaperOutcome } from './paper.ts';

const ABILENE = 'experiments/topologies/abilene.yaml';
const SHARES = [0, 0.01, 0.1, 1];
const HALF: Traffic = 'popular, half in the shadow';
/** A shadow plane that carries nothing may cost a hundredth. */
const KEPT = { atLeast: 0.99 };

const TABLES = [
  { table: 'full table', prefixes: 1_000_000, oneIn: 1 },
  { table: 'a thousandth of it', prefixes: 1_000_000, oneIn: 1000 },
];

export interface ForwardingSize {
  readonly tables: readonly ({ readonly table: string } & Pick<Setting, 'prefixes' | 'oneIn'>)[];
  /** Of each turn. */
  readonly packets: number;
  /** Each kind of table has so many processes, one after the other: no two are compiled alike. */
  readonly processes: number;
  /** Turns of each process. */
  readonly rounds: number;
  /** Across Abilene, in each of as many rounds; none where it is 0. */
  readonly abilene: number;
}

export const forwarding: PaperExperiment = {
  name: 'forwarding',
  title: 'Forwarding, static FIB, 300-byte packets: with and without the shadow-enabled FIB',
  claim:
    'One table for both planes forwards as fast as a table for one: a shadow plane that carries nothing costs at most 1 %.',
  measure: () =>
    measureForwarding({ tables: TABLES, packets: 1 << 18, processes: 3, rounds: 9, abilene: 100_000 }),
};

export async function measureForwarding(size: ForwardingSize): Promise<PaperOutcome> {
  const results: Result[] = [];
  for (const { table, ...of } of size.tables) results.push(...(await measureTable(table, of, size)));
  const network = size.abilene > 0 ? networkOf(ABILENE) : undefined;
  const across =
    network === undefined ? [] : await emptyShadow(network, { packets: size.abilene, rounds: size.rounds });
  return {
    charts: [
      {
        title: 'Packets of 300 bytes that one router forwards, one core',
        x: { name: 'routes in which the shadow differs, %' },
        y: { name: 'million packets/s', min: 0 },
        lines: results.filter(({ traffic }) => traffic !== 'captured').flatMap(linesOf),
      },
    ],
    figures: [
      ...results.flatMap(figuresOf),
      ...across.map((figure) => ({ ...figure, name: `Abilene, whole, ${figure.name}` })),
    ],
    method: [
      "One router's engine (src/routerd/forwarding), packets handed in a thousand at a time and taken back at once: no link, no clock, no host. Rates are by the wall clock, over the batches that nothing interrupted (no longer than three times their median); packets are made, and looked at afterwards, outside of it.",
      '901,899 prefixes of a full table (gaissmai/bart), or each thousandth of them; each has one of 64 next hops at random, behind eight ports. A route that differs has another of them.',
      "Popular: prefixes chosen by Zipf's law. Captured: as popular and in the order of the destinations of an ISP's packets (sanitized4k.pcap), each of them moved into a prefix of the table; only a few hundred are different, so caches hold them.",
      'The table without a shadow is the same trie with the group in its leaves in the place of a row: bench/paper/plain-fib.ts. All else of the router is the same, so marks are looked for there too.',
      'Each kind of table has a process of its own; they take turns, and a ratio is one of the same turn. In brackets: the least and the most.',
      'A packet in the shadow carries a label, which is read and written: what that costs is not what the table costs. Half of the packets are to be compared with a shadow that agrees.',
      'Abilene, whole: see docs/benchmarks.md; here all routers have few routes, and hosts, links and the clock are part of it.',
    ],
  };
}

/** Rates of one traffic through every kind of table, round by round. */
interface Result {
  readonly table: string;
  readonly traffic: Traffic;
  readonly plain: readonly number[];
  readonly empty: readonly number[];
  readonly differing: readonly { readonly share: number; readonly rates: readonly number[] }[];
}

async function measureTable(
  table: string,
  of: Pick<Setting, 'prefixes' | 'oneIn'>,
  { packets, processes, rounds }: ForwardingSize,
): Promise<readonly Result[]> {
  const settings: readonly Setting[] = [
    { fib: 'plain', ...of, packets },
    { fib: 'shadow-enabled', ...of, packets },
    ...SHARES.map((differs): Setting => ({ fib: 'shadow-enabled', differs, ...of, packets })),
  ];
  const rates = TRAFFICS.map(() => settings.map((): number[] => []));
  for (let process = 0; process < processes; process++) await takeTurns(settings, rounds, rates);
  return TRAFFICS.map((traffic, at): Result => {
    const [plain, empty, ...rest] = rates[at];
    const differing = SHARES.map((share, which) => ({ share, rates: rest[which] }));
    return { table, traffic, plain, empty, differing };
  });
}

/** Adds to the rates of each traffic and setting: a process for each setting, in turns. */
async function takeTurns(
  settings: readonly Setting[],
  rounds: number,
  rates: readonly (readonly number[][])[],
): Promise<void> {
  const routers: StartedRouter[] = [];
  try {
    for (const setting of settings) routers.push(await startRouter(setting));
    for (const [which, traffic] of TRAFFICS.entries()) {
      const able = [...routers.keys()].filter(
        (at) => traffic !== HALF || routers[at].setting.differs !== undefined,
      );
      // The first turn compiles what is new.
      for (const at of able) await routers[at].measure(traffic);
      for (let round = 0; round < rounds; round++) {
        // There and back: whoever was first is last, so that a machine that slows down slows all alike.
        for (const at of round % 2 === 0 ? able : able.toReversed()) {
          rates[which][at].push(await routers[at].measure(traffic));
        }
      }
    }
  } finally {
    for (const router of routers) router.stop();
  }
}

function linesOf({ table, traffic, plain, differing }: Result): readonly Line[] {
  const points = differing.map(({ share, rates }) => [share * 100, median(rates) / 1e6] as const);
  const line = { name: `${table}, ${traffic}`, points };
  if (plain.length === 0) return [line];
  const alone = median(plain) / 1e6;
  const plainLine = { name: `${table}, no shadow`, points: [[0, alone] as const, [100, alone] as const] };
  return [line, { ...plainLine, dashed: true }];
}

function figuresOf({ table, traffic, plain, empty, differing }: Result): readonly Figure[] {
  const of = `${table}, ${traffic}`;
  const [agrees, ...others] = differing;
  if (plain.length === 0) {
    return [
      { name: `${of}: packets, the shadow agrees`, value: median(agrees.rates), unit: '/s' },
      ...others.map(({ share, rates }) =>
        kept(`${of}: ${share * 100} % differ, of the rate where it agrees`, rates, agrees.rates),
      ),
    ];
  }
  return [
    { name: `${of}: packets, a table of one plane`, value: median(plain), unit: '/s' },
    kept(`${of}: rate kept, the shadow is empty`, empty, plain),
    kept(`${of}: it agrees`, agrees.rates, plain),
    ...others.map(({ share, rates }) => kept(`${of}: ${share * 100} % differ`, rates, plain)),
    {
      ...kept(`${of}: it agrees and carries nothing, of the rate where it is empty`, agrees.rates, empty),
      goal: KEPT,
    },
  ];
}

function kept(name: string, rates: readonly number[], compared: readonly number[]): Figure {
  const ratios = rates.map((rate, round) => rate / compared[round]);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
  return { name: `${name} (${least} .. ${most})`, value: median(ratios), unit: 'x' };
}
