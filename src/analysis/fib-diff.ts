/**
 * What differs between two forwarding tables: of two planes, of two routers, of one router at two moments.
 *
 * Both tables are walked once, side by side, in the order of their prefixes, so two tables of a million routes take
 * seconds. A prefix that only one of them has is not simply "missing": the other one sends its addresses by the
 * longest shorter prefix, if it has one, and that is what the difference tells.
 */
import { comparePrefixes, contains, type Prefix, parsePrefix } from '../net/address.ts';
import type { FibEntry, NextHop } from '../world/observation.ts';
import { formatNextHops } from './fib.ts';

/** One prefix that two tables do not agree on. No next hops: the prefix is not in that table. */
export interface FibDifference {
  /** Where it is not the default one. */
  readonly vrf?: string;
  readonly prefix: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly from: readonly NextHop[];
  readonly to: readonly NextHop[];
  /** Of a prefix in one table only: what the other does with it, by the longest prefix that contains it. Absent: no route. */
  readonly instead?: FibEntry;
}

/** Prefixes that changed alike: what a person wants to read instead of one line a prefix. */
export interface FibChange {
  /** Where it is not the default one. */
  readonly vrf?: string;
  readonly change: FibDifference['change'];
  readonly from: readonly NextHop[];
  readonly to: readonly NextHop[];
  /** By address, then length. */
  readonly prefixes: readonly string[];
  /** Of prefixes in one table only: the other's next hops for them, and the prefixes that it has those by. */
  readonly instead?: { readonly nextHops: readonly NextHop[]; readonly prefixes: readonly string[] };
}

/**
 * How next hops are compared and written: what has the same text is the same. On one router ports and gateways
 * tell; of two routers, whom they lead to (`nextHopNames` in fib-compare.ts).
 */
export interface Naming {
  readonly from: (nextHops: readonly NextHop[]) => string;
  readonly to: (nextHops: readonly NextHop[]) => string;
}

/** `formatNextHops` on both sides. */
export const BY_PORT: Naming = { from: formatNextHops, to: formatNextHops };

/** A route with its prefix as numbers. */
export interface Row extends Prefix {
  readonly entry: FibEntry;
}

/** The entries of each VRF that either table has, by name, the default one first. */
export function byVrf(
  a: readonly FibEntry[],
  b: readonly FibEntry[],
): readonly { readonly vrf?: string; readonly a: readonly FibEntry[]; readonly b: readonly FibEntry[] }[] {
  const vrfs = new Set<string>();
  for (const entries of [a, b]) for (const { vrf } of entries) if (vrf !== undefined) vrfs.add(vrf);
  if (vrfs.size === 0) return [{ a, b }];
  const of = (entries: readonly FibEntry[], wanted?: string) => entries.filter(({ vrf }) => vrf === wanted);
  const others = [...vrfs].sort().map((vrf) => ({ vrf, a: of(a, vrf), b: of(b, vrf) }));
  return [{ a: of(a), b: of(b) }, ...others];
}

/** The table of one VRF in the order of its prefixes. What is no prefix is left out: no table has it. */
export function rowsInOrder(entries: readonly FibEntry[]): readonly Row[] {
  const rows: Row[] = [];
  for (const entry of entries) {
    const prefix = parsePrefix(entry.prefix);
    if (prefix !== undefined) rows.push({ address: prefix.address, length: prefix.length, entry });
  }
  return rows.sort(comparePrefixes);
}

/** Which comes next in a walk of two tables: below 0 the first one's row, above 0 the second one's, 0 both. */
export function orderOf(a: Row | undefined, b: Row | undefined): number {
  return a === undefined ? 1 : b === undefined ? -1 : comparePrefixes(a, b);
}

/**
 * What changes from table `a` to table `b`, by VRF, then address, then length; the order of next hops within a group means
 * nothing.
 */
export function diffFibs(
  a: readonly FibEntry[],
  b: readonly FibEntry[],
  naming: Naming = BY_PORT,
): readonly FibDifference[] {
  return byVrf(a, b).flatMap(({ vrf, ...tables }) => {
    const differences = diffRows(rowsInOrder(tables.a), rowsInOrder(tables.b), naming);
    return vrf === undefined ? differences : differences.map((each) => ({ vrf, ...each }));
  });
}

/** `diffFibs` of two tables of one VRF that are in order already. */
export function diffRows(
  before: readonly Row[],
  after: readonly Row[],
  naming: Naming,
): readonly FibDifference[] {
  const differences: FibDifference[] = [];
  const [aboveBefore, aboveAfter] = [new Enclosing(), new Enclosing()];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const from = before[i];
    const to = after[j];
    const order = orderOf(from, to);
    if (order < 0) {
      const instead = aboveAfter.of(from);
      differences.push(difference('removed', from.entry.prefix, from.entry.nextHops, [], instead));
    } else if (order > 0) {
      const instead = aboveBefore.of(to);
      differences.push(difference('added', to.entry.prefix, [], to.entry.nextHops, instead));
    } else if (!areSame(from.entry.nextHops, to.entry.nextHops, naming)) {
      differences.push(
        difference('changed', from.entry.prefix, from.entry.nextHops, to.entry.nextHops, undefined),
      );
    }
    if (order <= 0) {
      aboveBefore.enter(from);
      i++;
    }
    if (order >= 0) {
      aboveAfter.enter(to);
      j++;
    }
  }
  return differences;
}

/** Most routes are by one next hop and the same in both tables: no text is made of those. */
function areSame(from: readonly NextHop[], to: readonly NextHop[], naming: Naming): boolean {
  const [a, b] = [from[0], to[0]];
  const alike =
    naming === BY_PORT &&
    from.length === 1 &&
    to.length === 1 &&
    a.kind === 'gateway' &&
    b.kind === 'gateway' &&
    a.port === b.port &&
    a.gateway === b.gateway;
  return alike || naming.from(from) === naming.to(to);
}

function difference(
  change: FibDifference['change'],
  prefix: string,
  from: readonly NextHop[],
  to: readonly NextHop[],
  instead: FibEntry | undefined,
): FibDifference {
  return { prefix, change, from, to, ...(instead && { instead }) };
}

/** The prefixes of one table that the walk is inside of, the longest last: at most 33. */
class Enclosing {
  readonly #rows: Row[] = [];

  enter(row: Row): void {
    this.of(row);
    this.#rows.push(row);
  }

  /** The route of the longest prefix that contains this one. The walk does not go back. */
  of({ address }: Prefix): FibEntry | undefined {
    for (;;) {
      const last = this.#rows.at(-1);
      if (last === undefined || contains(last, address)) return last?.entry;
      this.#rows.pop();
    }
  }
}

/** Groups differences by what they changed from and to, most prefixes first. */
export function groupDifferences(
  differences: readonly FibDifference[],
  naming: Naming = BY_PORT,
): readonly FibChange[] {
  return grouped(differences, naming).map(({ change }) => change);
}

/** The groups, most prefixes first, each with its differences. */
export function grouped(
  differences: readonly FibDifference[],
  naming: Naming,
): readonly { readonly change: FibChange; readonly members: readonly FibDifference[] }[] {
  const groups = new Map<string, FibDifference[]>();
  for (const difference of differences) {
    const key = groupKey(difference, naming);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [difference]);
    else members.push(difference);
  }
  return [...groups.values()]
    .map((members) => ({ change: changeOf(members), members }))
    .sort((x, y) => y.members.length - x.members.length);
}

function changeOf(members: readonly FibDifference[]): FibChange {
  const [{ vrf, change, from, to, instead }] = members;
  const of = vrf === undefined ? undefined : { vrf };
  const prefixes = members.map(({ prefix }) => prefix);
  if (instead === undefined) return { ...of, change, from, to, prefixes };
  const shorter = [...new Set(members.map((member) => member.instead?.prefix ?? ''))];
  return { ...of, change, from, to, prefixes, instead: { nextHops: instead.nextHops, prefixes: shorter } };
}

function groupKey({ vrf, ...difference }: FibDifference, naming: Naming): string {
  const key = keyOfChange(difference, naming);
  return vrf === undefined ? key : `${vrf} ${key}`;
}

function keyOfChange({ change, from, to, instead }: FibDifference, naming: Naming): string {
  switch (change) {
    case 'changed':
      return `${naming.from(from)} > ${naming.to(to)}`;
    case 'removed':
      return `${naming.from(from)} > (${naming.to(instead?.nextHops ?? [])})`;
    case 'added':
      return `(${naming.from(instead?.nextHops ?? [])}) > ${naming.to(to)}`;
  }
}
