/** Comparisons of forwarding tables as people and machines read them. */
import type { NextHop } from '../world/observation.ts';
import { aligned } from './columns.ts';
import type { FibComparison, FibPlace } from './fib-compare.ts';
import type { CoveredChange } from './fib-covers.ts';
import type { FibChange, Naming } from './fib-diff.ts';
import { formatCount, formatPlural } from './format.ts';

/** Covers that are named in one row. */
const COVERS_IN_A_ROW = 3;

/**
 * What the two tables do with the prefixes of a change: `10.0.0.1 by to-KSCY`, or of a prefix that is not in the
 * table `no route`, or the way that its addresses go by a shorter prefix: `10.0.0.1 by to-KSCY (for 10.0.0.0/8)`.
 */
export function sidesOf(change: FibChange, naming: Naming): { readonly from: string; readonly to: string } {
  const instead = (name: Naming['from']): string => {
    if (change.instead === undefined) return name([]);
    const { nextHops, prefixes } = change.instead;
    const [first] = prefixes;
    const what =
      prefixes.length === 1 ? first : formatPlural(prefixes.length, 'shorter prefix', 'shorter prefixes');
    return `${name(nextHops)} (for ${what})`;
  };
  return {
    from: change.change === 'added' ? instead(naming.from) : naming.from(change.from),
    to: change.change === 'removed' ? instead(naming.to) : naming.to(change.to),
  };
}

/**
 * Where the prefixes lie: `10.1.0.0/16, 10.3.0.0/16`; of many `10.1.0.0/24, 10.1.4.0/24 and 20 more in 10.1.0.0/16`; of
 * another VRF than the default one `RED 10.1.0.0/16`.
 */
export function formatCovers({
  vrf,
  cover,
  covers,
}: Pick<CoveredChange, 'vrf' | 'cover' | 'covers'>): string {
  const of = vrf === undefined ? '' : `${vrf} `;
  if (covers.length <= COVERS_IN_A_ROW) return of + covers.join(', ');
  const shown = covers.slice(0, COVERS_IN_A_ROW - 1);
  return `${of}${shown.join(', ')} and ${formatCount(covers.length - shown.length)} more in ${cover}`;
}

/**
 * The comparison as a table, its title first. `title` names the two sides where they do not follow from the router
 * alone.
 */
export function comparisonLines(
  title: string,
  { changes, naming, ...routes }: FibComparison,
): readonly string[] {
  const differing = changes.reduce((sum, { prefixes }) => sum + prefixes.length, 0);
  const sizes =
    routes.fromRoutes === routes.toRoutes
      ? `of ${formatCount(routes.toRoutes)}`
      : `of ${formatCount(routes.fromRoutes)} and ${formatCount(routes.toRoutes)}`;
  const rows = changes.map((change) => {
    const { from, to } = sidesOf(change, naming);
    return [formatCount(change.prefixes.length), change.change, formatCovers(change), from, to];
  });
  return [
    `${title}: ${formatPlural(differing, 'prefix', 'prefixes')} ${sizes} ${differing === 1 ? 'differs' : 'differ'}`,
    ...aligned([['prefixes', 'change', 'in', 'from', 'to'], ...rows], [0]).map((line) => `  ${line}`),
  ];
}

/** `real after step 3`. */
export function formatMoment({ plane, step }: Omit<FibPlace, 'router'>): string {
  return `${plane} ${step === 0 ? 'at the start' : `after step ${step}`}`;
}

/** One comparison of `shadowlab fib --json`; docs/results.md describes it. */
export interface FibComparisonJson {
  readonly from: FibPlace & { readonly routes: number };
  readonly to: FibPlace & { readonly routes: number };
  readonly changes: readonly (Omit<CoveredChange, 'from' | 'to' | 'instead'> & {
    readonly from: readonly NextHopJson[];
    readonly to: readonly NextHopJson[];
    readonly instead?: { readonly nextHops: readonly NextHopJson[]; readonly prefixes: readonly string[] };
  })[];
}

/** `name`: as the comparison names it. */
export type NextHopJson = NextHop & { readonly name: string };

export function comparisonJson(comparison: FibComparison): FibComparisonJson {
  const { from, to, fromRoutes, toRoutes, naming, changes } = comparison;
  return {
    from: { ...from, routes: fromRoutes },
    to: { ...to, routes: toRoutes },
    changes: changes.map(({ vrf, change, prefixes, cover, covers, instead, ...sides }) => ({
      ...(vrf !== undefined && { vrf }),
      change,
      prefixes,
      cover,
      covers,
      from: named(sides.from, naming.from),
      to: named(sides.to, naming.to),
      ...(instead && {
        instead: {
          nextHops: named(instead.nextHops, change === 'added' ? naming.from : naming.to),
          prefixes: instead.prefixes,
        },
      }),
    })),
  };
}

const named = (nextHops: readonly NextHop[], name: Naming['from']): readonly NextHopJson[] =>
  nextHops.map((nextHop) => ({ ...nextHop, name: name([nextHop]) }));
