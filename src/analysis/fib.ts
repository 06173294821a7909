/** FIB snapshots: the route that a router had for an address, and what differs between two tables. */
import { comparePrefixes, contains, type Ipv4, type Prefix, parseIpv4, parsePrefix } from '../net/address.ts';
import type { FibEntry, NextHop, Postcard } from '../world/observation.ts';

/** One router's FIB in one plane at one moment. */
export class Fib {
  readonly entries: readonly FibEntry[];
  /** Longest first; built when first asked. */
  #rows: readonly { readonly prefix: Prefix; readonly entry: FibEntry }[] | undefined;
  readonly #found = new Map<string, FibEntry | undefined>();

  constructor(entries: readonly FibEntry[]) {
    this.entries = entries;
  }

  /** The entry with the longest prefix that `address` (dotted quad) lies in. */
  lookup(address: string): FibEntry | undefined {
    if (this.#found.has(address)) return this.#found.get(address);
    const number = parseIpv4(address);
    const entry = number === undefined ? undefined : this.#match(number);
    if (this.#found.size < MAX_REMEMBERED) this.#found.set(address, entry);
    return entry;
  }

  #match(address: Ipv4): FibEntry | undefined {
    this.#rows ??= this.entries
      .flatMap((entry) => {
        const prefix = parsePrefix(entry.prefix);
        return prefix === undefined ? [] : [{ prefix, entry }];
      })
      .sort((a, b) => b.prefix.length - a.prefix.length);
    return this.#rows.find((row) => contains(row.prefix, address))?.entry;
  }
}

/** Destinations of flows are few; this only bounds what a strange run can make us hold. */
const MAX_REMEMBERED = 10_000;

/**
 * Is what the router did with the packet what this FIB says? Any member of an ECMP group will do. A packet that
 * was dropped before the lookup (filtered on arrival, TTL) says nothing against any FIB.
 */
export function agrees(hop: Postcard, fib: Fib, destination: string): boolean {
  if (
    hop.out === '' &&
    hop.verdict === 'dropped' &&
    hop.reason !== 'no-route' &&
    hop.reason !== 'blackhole'
  ) {
    return true;
  }
  const entry = fib.lookup(destination);
  if (hop.reason === 'no-route') return entry === undefined;
  if (entry === undefined) return false;
  return entry.nextHops.some((nextHop) => follows(hop, nextHop));
}

function follows(hop: Postcard, nextHop: NextHop): boolean {
  switch (nextHop.kind) {
    case 'local':
      return hop.verdict === 'delivered';
    case 'blackhole':
      return hop.reason === 'blackhole';
    case 'connected':
      return hop.out === nextHop.port;
    case 'gateway':
      return hop.out === nextHop.port && (hop.nextHop === '' || hop.nextHop === nextHop.gateway);
  }
}

/** One prefix that two tables do not agree on. No next hops: the prefix is not in that table. */
export interface FibDifference {
  readonly prefix: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly from: readonly NextHop[];
  readonly to: readonly NextHop[];
}

/** What changes from table `a` to table `b`, by prefix; the order of next hops within a group means nothing. */
export function diffFibs(a: readonly FibEntry[], b: readonly FibEntry[]): readonly FibDifference[] {
  const before = new Map(a.map((entry) => [entry.prefix, entry.nextHops]));
  const after = new Map(b.map((entry) => [entry.prefix, entry.nextHops]));
  const differences: FibDifference[] = [];
  for (const [prefix, from] of before) {
    const to = after.get(prefix);
    if (to === undefined) differences.push({ prefix, change: 'removed', from, to: [] });
    else if (formatNextHops(from) !== formatNextHops(to)) {
      differences.push({ prefix, change: 'changed', from, to });
    }
  }
  for (const [prefix, to] of after) {
    if (!before.has(prefix)) differences.push({ prefix, change: 'added', from: [], to });
  }
  return differences.sort((x, y) => comparePrefixTexts(x.prefix, y.prefix));
}

/** Prefixes that changed alike: what a person wants to read instead of one line a prefix. */
export interface FibChange {
  readonly change: FibDifference['change'];
  readonly from: readonly NextHop[];
  readonly to: readonly NextHop[];
  readonly prefixes: readonly string[];
}

/** Groups differences by what they changed from and to, most prefixes first. */
export function groupDifferences(differences: readonly FibDifference[]): readonly FibChange[] {
  const groups = new Map<string, { first: FibDifference; prefixes: string[] }>();
  for (const difference of differences) {
    const key = `${formatNextHops(difference.from)} > ${formatNextHops(difference.to)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: difference, prefixes: [difference.prefix] });
    else group.prefixes.push(difference.prefix);
  }
  return [...groups.values()]
    .map(({ first, prefixes }) => ({ change: first.change, from: first.from, to: first.to, prefixes }))
    .sort((x, y) => y.prefixes.length - x.prefixes.length);
}

/** `10.0.0.1 by to-KSCY`, `connected to eth0`; several joined by ` or `; `no route` for none. */
export function formatNextHops(nextHops: readonly NextHop[]): string {
  if (nextHops.length === 0) return 'no route';
  return nextHops.map(formatNextHop).sort().join(' or ');
}

function formatNextHop(nextHop: NextHop): string {
  switch (nextHop.kind) {
    case 'local':
      return 'itself';
    case 'blackhole':
      return 'blackhole';
    case 'connected':
      return `connected to ${nextHop.port}`;
    case 'gateway':
      return `${nextHop.gateway} by ${nextHop.port}`;
  }
}

function comparePrefixTexts(a: string, b: string): number {
  const left = parsePrefix(a);
  const right = parsePrefix(b);
  if (left === undefined || right === undefined) return a < b ? -1 : a > b ? 1 : 0;
  return comparePrefixes(left, right);
}
