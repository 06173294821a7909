/**
 * Where in the address space a change lies: prefixes that cover many others, so that a thousand routes that moved
 * read as one line.
 *
 * The prefixes of both tables, in order, are the leaves and inner nodes of a trie that need not be built: a range of
 * the sorted list is a subtree, and its root is what the first and the last prefix of the range have in common. A
 * subtree that belongs to one group alone is covered by its root.
 */
import { formatPrefix, type Prefix, parsePrefix, prefixOf } from '../net/address.ts';
import type { FibEntry } from '../world/observation.ts';
import {
  BY_PORT,
  byVrf,
  diffRows,
  type FibChange,
  type FibDifference,
  grouped,
  type Naming,
  orderOf,
  type Row,
  rowsInOrder,
} from './fib-diff.ts';

export interface CoveredChange extends FibChange {
  /** The longest prefix that contains all prefixes of the group. Others may lie in it, too. */
  readonly cover: string;
  /**
   * The shortest list of prefixes that contain every prefix of the group and none of the two tables' other
   * prefixes, each as long as it can be. A prefix of the group that has one of another group (or one that did not
   * change) beneath it stands for itself alone. By address, then length.
   */
  readonly covers: readonly string[];
}

/** What changes from table `a` to table `b`: grouped as by `groupDifferences`, with the covers of each group. */
export function compareFibs(
  a: readonly FibEntry[],
  b: readonly FibEntry[],
  naming: Naming = BY_PORT,
): readonly CoveredChange[] {
  return byVrf(a, b).flatMap(({ vrf, ...tables }) => {
    const changes = compareTables(tables.a, tables.b, naming);
    return vrf === undefined ? changes : changes.map((change) => ({ vrf, ...change }));
  });
}

function compareTables(
  a: readonly FibEntry[],
  b: readonly FibEntry[],
  naming: Naming,
): readonly CoveredChange[] {
  const [before, after] = [rowsInOrder(a), rowsInOrder(b)];
  const differences = diffRows(before, after, naming);
  const groups = grouped(differences, naming);
  if (groups.length === 0) return [];
  const groupOf = new Map(groups.flatMap(({ members }, group) => members.map((member) => [member, group])));
  const covers = coversOf(membersOf(before, after, differences, groupOf), groups.length);
  return groups.map(({ change }, group) => ({
    ...change,
    cover: sharedCover(change.prefixes),
    covers: covers[group].map(formatPrefix),
  }));
}

/** A prefix of either table, and the index of the group it is in. */
interface Member extends Prefix {
  readonly group: number;
}

const UNCHANGED = -1;

/** The prefixes of both tables in order, each once; the differences are in the same order. */
function membersOf(
  before: readonly Row[],
  after: readonly Row[],
  differences: readonly FibDifference[],
  groupOf: ReadonlyMap<FibDifference, number>,
): readonly Member[] {
  const members: Member[] = [];
  let [i, j, next] = [0, 0, 0];
  while (i < before.length || j < after.length) {
    const order = orderOf(before[i], after[j]);
    const { address, length, entry } = order <= 0 ? before[i] : after[j];
    const differs = differences[next]?.prefix === entry.prefix;
    members.push({
      address,
      length,
      group: differs ? (groupOf.get(differences[next]) ?? UNCHANGED) : UNCHANGED,
    });
    if (differs) next++;
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return members;
}

function sharedCover(prefixes: readonly string[]): string {
  const first = parsePrefix(prefixes[0]);
  const last = parsePrefix(prefixes[prefixes.length - 1]);
  return first === undefined || last === undefined ? '' : formatPrefix(common(first, last));
}

/** The longest prefix that contains two neighbours in order, and so everything between them. */
function common(first: Prefix, last: Prefix): Prefix {
  return prefixOf(first.address, Math.min(first.length, Math.clz32(first.address ^ last.address)));
}

/** The covers of each group, by index. `members` are in order, without duplicates. */
function coversOf(members: readonly Member[], groups: number): readonly (readonly Prefix[])[] {
  const covers = Array.from({ length: groups }, (): Prefix[] => []);
  const runEnds = runEndsOf(members);

  /** Covers the members from `begin` to before `end`, which all lie beneath a prefix of length `above`. */
  const coverRange = (begin: number, end: number, above: number): void => {
    if (begin === end) return;
    const first = members[begin];
    const root = common(first, members[end - 1]);
    if (runEnds[begin] >= end && root.length > above) {
      covers[first.group]?.push(root);
    } else if (first.length === root.length) {
      covers[first.group]?.push(root);
      coverRange(begin + 1, end, first.length);
    } else {
      const middle = upperHalf(members, begin, end, root.length);
      coverRange(begin, middle, above);
      coverRange(middle, end, above);
    }
  };
  coverRange(0, members.length, -1);
  return covers;
}

/** For each member, where the run of members of its group ends that it is in. */
function runEndsOf(members: readonly Member[]): Uint32Array {
  const ends = new Uint32Array(members.length);
  for (let at = members.length - 1; at >= 0; at--) {
    const joins = at + 1 < members.length && members[at].group === members[at + 1].group;
    ends[at] = joins ? ends[at + 1] : at + 1;
  }
  return ends;
}

/** The first member from `begin` on whose address has bit `bit` (0 is the most significant) set, in a range that shares the bits before. */
function upperHalf(members: readonly Member[], begin: number, end: number, bit: number): number {
  let low = begin;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (((members[middle].address << bit) & 0x80000000) === 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
