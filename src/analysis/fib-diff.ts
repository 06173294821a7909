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
  readonly prefix: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly from: readonly NextHop[];
  readonly to: readonly NextHop[];
  /** Of a prefix in one table only: what the other does with it, by the longest prefix that contains it. Absent: no route. */
  readonly instead?: FibEntry;
}

/** Prefixes that changed alike: what a person wants to read instead of one line a prefix. */
export interface FibChange {
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

/** The table in the order of its prefixes. What is no prefix is left out: no table has it. */
export function rowsInOrder(entries: readonly FibEntry[]): readonly Row[] {
  return entries
    .flatMap((entry) => {
      const prefix = parsePrefix(entry.prefix);
      return prefix === undefined ? [] : [{ address: prefix.address, length: prefix.length, entry }];
    })
    .sort(comparePrefixes);
}

/**
 * What changes from table `a` to table `b`, by address, then length; the order of next hops within a group means
 * nothing.
 */
export function diffFibs(
  a: readonly FibEntry[],
  b: readonly FibEntry[],
  naming: Naming = BY_PORT,
): readonly FibDifference[] {
  const differences: FibDifference[] = [];
  const [before, after] = [rowsInOrder(a), rowsInOrder(b)];
  const [aboveBefore, aboveAfter] = [new Enclosing(), new Enclosing()];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const from = before[i];
    const to = after[j];
    const order = from === undefined ? 1 : to === undefined ? -1 : comparePrefixes(from, to);
    if (order < 0) {
      const instead = aboveAfter.of(from);
      differences.push(difference('removed', from.entry.prefix, from.entry.nextHops, [], instead));
    } else if (order > 0) {
      const instead = aboveBefore.of(to);
      differences.push(difference('added', to.entry.prefix, [], to.entry.nextHops, instead));
    } else if (naming.from(from.entry.nextHops) !== naming.to(to.entry.nextHops)) {
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
  const groups = new Map<string, { first: FibDifference; prefixes: string[]; instead: Set<string> }>();
  for (const difference of differences) {
    const key = groupKey(difference, naming);
    let group = groups.get(key);
    if (group === undefined) {
      group = { first: difference, prefixes: [], instead: new Set() };
      groups.set(key, group);
    }
    group.prefixes.push(difference.prefix);
    if (difference.instead !== undefined) group.instead.add(difference.instead.prefix);
  }
  return [...groups.values()]
    .map(({ first: { change, from, to, instead }, prefixes, instead: shorter }) => ({
      change,
      from,
      to,
      prefixes,
      ...(instead && { instead: { nextHops: instead.nextHops, prefixes: [...shorter] } }),
    }))
    .sort((x, y) => y.prefixes.length - x.prefixes.length);
}

function groupKey({ change, from, to, instead }: FibDifference, naming: Naming): string {
  switch (change) {
    case 'changed':
      return `${naming.from(from)} > ${naming.to(to)}`;
    case 'removed':
      return `${naming.from(from)} > (${naming.to(instead?.nextHops ?? [])})`;
    case 'added':
      return `(${naming.from(instead?.nextHops ?? [])}) > ${naming.to(to)}`;
  }
}
