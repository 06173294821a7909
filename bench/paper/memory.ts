/** Experiment 3: what the forwarding table of a full Internet table takes when the shadow plane differs. */
import type { Prefix } from '../../src/net/address.ts';
import { makeFib } from '../../src/routerd/fib/fib.ts';
import { seededRandom } from '../../src/world/random.ts';
import { jinxRoutes } from '../fib.ts';
import type { Figure } from '../figure.ts';
import { prefixesToHold } from '../tables.ts';
import type { PaperExperiment } from './paper.ts';

const SHARES = [0, 0.01, 0.1, 1];
const GROUPS = 64;

interface Table {
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
  measure: async () => {
    const tables = [randomNextHops(), jinx()].filter((table) => table !== undefined);
    const lines = tables.map((table) => ({ name: table.name, points: growth(table) }));
    const figures = lines.flatMap(({ name, points }) =>
      points.map(([percent, added]) => figureOf(name, percent, added)),
    );
    return {
      charts: [
        {
          title: 'Memory that lookups read, over one plane alone',
          x: { name: 'routes in which the shadow differs, %' },
          y: { name: 'added, %' },
          lines,
        },
      ],
      figures,
      method: [
        `${tables.map(({ name, prefixes }) => `${name}: ${prefixes.length.toLocaleString('en')} prefixes`).join('; ')}.`,
        'A route that differs has another of the same next hops, drawn at random; routes are drawn at random too, which is the worst case: real changes are correlated.',
        'Counted is what lookups read, with its reserves; what only changes read is the same for one plane and two.',
      ],
    };
  },
};

/** Of each share: percent of routes that differ, percent of memory added. */
function growth({ prefixes, groups }: Table): readonly (readonly [number, number])[] {
  const distinct = groups.reduce((most, group) => Math.max(most, group), 0);
  return SHARES.map((share) => {
    const random = seededRandom(1, `memory ${share}`);
    const fib = makeFib();
    for (const [at, prefix] of prefixes.entries()) fib.set(prefix, 0, groups[at]);
    const alone = fib.memory.lookupBytes;
    for (const [at, prefix] of prefixes.entries()) {
      const differs = random.next() < share;
      fib.set(prefix, 1, differs ? another(groups[at], distinct, random.next()) : groups[at]);
    }
    return [share * 100, (fib.memory.lookupBytes / alone - 1) * 100];
  });
}

/** Any of 1 .. distinct but `group`. */
function another(group: number, distinct: number, chance: number): number {
  return ((group - 1 + 1 + Math.floor(chance * (distinct - 1))) % distinct) + 1;
}

function figureOf(table: string, percent: number, added: number): Figure {
  const atMost = { 0: 0, 1: 3, 100: 60 }[percent];
  return {
    name: `${table}: added when ${percent} % differ, in %`,
    value: Math.round(added * 10) / 10,
    unit: '',
    ...(atMost === undefined ? {} : { goal: { atMost } }),
  };
}

function randomNextHops(): Table {
  const { from, prefixes } = prefixesToHold(1_000_000);
  const random = seededRandom(1, 'next hops');
  const groups = Uint32Array.from(prefixes, () => 1 + Math.floor(random.next() * GROUPS));
  return { name: `${from}, ${GROUPS} next hops at random`, prefixes, groups };
}

function jinx(): Table | undefined {
  const routes = jinxRoutes();
  if (routes === undefined) return undefined;
  return { name: 'JINX 2014, its own next hops', prefixes: routes.prefixes, groups: routes.groups };
}
