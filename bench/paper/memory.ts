/** Experiment 3: what the forwarding table of a full Internet table takes when the shadow plane differs. */
import type { Prefix } from '../../src/net/address.ts';
import { type Fib, makeFib } from '../../src/routerd/fib/fib.ts';
import { seededRandom } from '../../src/world/random.ts';
import { jinxRoutes } from '../fib.ts';
import type { Figure } from '../figure.ts';
import { prefixesToHold } from '../tables.ts';
import type { PaperExperiment, PaperOutcome } from './paper.ts';

const SHARES = [0, 0.01, 0.1, 1];
const GROUPS = 64;
/** By percent of routes that differ: percent added. What agrees may add as much as rounding does. */
const GOALS = new Map<number | undefined, number>([
  [0, 0.1],
  [1, 3],
  [100, 60],
]);

export interface Table {
  readonly name: string;
  readonly prefixes: readonly Prefix[];
  /** Next-hop group of each prefix, from 1. */
  readonly groups: Uint32Array;
}

export const memory: PaperExperiment = {
  name: 'memory',
  title: 'FIB memory, full table, shadow differing by 0, 1, 10, 100 %',
  claim:
    'One table serves both planes: a shadow that agrees adds nothing, one that differs in 1 % of the routes at most 3 %, one that shares no next hop at most 60 %.',
  measure: async () =>
    measureMemory([randomNextHops(1_000_000), jinx()].filter((table) => table !== undefined)),
};

type Point = readonly [percentDiffering: number, percentAdded: number];

export function measureMemory(tables: readonly Table[]): PaperOutcome {
  const results = tables.map((table) => ({
    name: table.name,
    random: atRandom(table),
    exchanged: exchanged(table),
  }));
  return {
    charts: [
      {
        title: 'Memory that lookups read, over one plane alone',
        x: { name: 'routes in which the shadow differs, %' },
        y: { name: 'added, %' },
        lines: results.flatMap(({ name, random, exchanged }) => [
          { name: `${name}: at random`, points: random },
          { name: `${name}: next hops exchanged`, points: exchanged },
        ]),
      },
    ],
    figures: results.flatMap(({ name, random, exchanged }) => [
      ...random.map(([percent, added]) => figureOf(`${name}: ${percent} % differ at random`, added, percent)),
      ...exchanged
        .filter(([percent], at) => percent > 0 && percent !== exchanged[at - 1]?.[0])
        .map(([percent, added]) => figureOf(`${name}: ${percent.toFixed(1)} % by exchange`, added)),
    ]),
    method: [
      `${tables.map(({ name, prefixes }) => `${name}: ${prefixes.length.toLocaleString('en')} prefixes`).join('; ')}.`,
      'At random: a route that differs has another of the same next hops, drawn at random, and which routes differ is drawn too. That is the worst case: where neighbouring prefixes share a next hop they are one run of leaves, and a random shadow breaks the runs.',
      'Exchanged: one next hop after another, the least used first, is replaced by a new one wherever it is used. That is what a change of neighbours does, or one of metrics far away: routes change together, runs stay runs, and only rows are added. The shares are those that whole next hops come to, the largest that is not above 1, 10 and 100 %.',
      'The full table here has next hops drawn at random, so it has few runs to begin with and takes more for one plane; JINX has its own, few of which carry nearly everything.',
      'Counted is what lookups read, without reserves; what only changes read is the same for one plane and two.',
    ],
  };
}

/** Of each share: percent of routes that differ, percent of memory added. */
function atRandom(table: Table): readonly Point[] {
  return SHARES.map((share) => {
    const random = seededRandom(1, `memory ${share}`);
    const distinct = distinctOf(table);
    const added = addedBy(table, (group) =>
      random.next() < share ? another(group, distinct, random.next()) : group,
    );
    return [share * 100, added];
  });
}

/** Those that use a next hop, from the least used one on, all have a new one in its place: by share of the routes. */
function exchanged(table: Table): readonly Point[] {
  const distinct = distinctOf(table);
  const routes = new Uint32Array(distinct + 1);
  for (const group of table.groups) routes[group]++;
  const byUse = Array.from({ length: distinct }, (_, at) => at + 1).sort((a, b) => routes[a] - routes[b]);
  return SHARES.map((share) => {
    const gone = new Set<number>();
    let differing = 0;
    for (const group of byUse) {
      if (differing + routes[group] > share * table.groups.length) break;
      gone.add(group);
      differing += routes[group];
    }
    const added = addedBy(table, (group) => (gone.has(group) ? distinct + group : group));
    return [(100 * differing) / table.groups.length, added];
  });
}

/**
 * Percent of memory that a shadow adds. Reserves do not count: they depend on when a table last grew, which is more
 * than the differences looked for.
 */
function addedBy({ prefixes, groups }: Table, shadowOf: (group: number) => number): number {
  const fib = makeFib();
  for (const [at, prefix] of prefixes.entries()) fib.set(prefix, 0, groups[at]);
  const alone = usedBytes(fib);
  for (const [at, prefix] of prefixes.entries()) fib.set(prefix, 1, shadowOf(groups[at]));
  return (usedBytes(fib) / alone - 1) * 100;
}

function usedBytes({ memory }: Fib): number {
  return memory.lookupBytes - memory.idleBytes;
}

function distinctOf({ groups }: Table): number {
  return groups.reduce((most, group) => Math.max(most, group), 0);
}

/** Any of 1 .. distinct but `group`. */
function another(group: number, distinct: number, chance: number): number {
  return ((group - 1 + 1 + Math.floor(chance * (distinct - 1))) % distinct) + 1;
}

function figureOf(name: string, added: number, percent?: number): Figure {
  const atMost = GOALS.get(percent);
  return {
    name: `${name}: added, in %`,
    value: Math.round(added * 100) / 100,
    unit: '',
    ...(atMost === undefined ? {} : { goal: { atMost } }),
  };
}

export function randomNextHops(most: number): Table {
  const { from, prefixes } = prefixesToHold(most);
  const random = seededRandom(1, 'next hops');
  const groups = Uint32Array.from(prefixes, () => 1 + Math.floor(random.next() * GROUPS));
  return { name: `${from}, ${GROUPS} next hops at random`, prefixes, groups };
}

function jinx(): Table | undefined {
  const routes = jinxRoutes();
  if (routes === undefined) return undefined;
  return { name: 'JINX 2014, its own next hops', prefixes: routes.prefixes, groups: routes.groups };
}
