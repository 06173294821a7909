/** What differs between two configurations, section by section; printed as JunOS prints `show | compare`. */
import type { RouterConfig } from './model.ts';
import { compareNames } from './order.ts';
import { sectionsOf, type WrittenLine, type WrittenSection } from './writer.ts';

export interface DiffEntry {
  /** The line that opens the section: `interface to-KSCY`, `router ospf`; empty for the top. */
  readonly section: string;
  /** In the order of the text; of one command, what is removed before what is added. */
  readonly changes: readonly DiffChange[];
}

export interface DiffChange {
  readonly kind: 'removed' | 'added';
  /** As the writer writes it, without indentation. */
  readonly line: string;
}

/**
 * What turns `real` into `shadow`, in the order of the text. Empty where both say the same. Where the order of
 * lines has a meaning and only that changed (addresses of an interface), the lines in question are removed and
 * added. A section that only one of them has is a line of the top and an entry with all its lines.
 */
export function diffConfigs(real: RouterConfig, shadow: RouterConfig): readonly DiffEntry[] {
  const realSections = new Map(sectionsOf(real).map((section) => [section.title, section]));
  const shadowSections = new Map(sectionsOf(shadow).map((section) => [section.title, section]));
  return [...new Map([...realSections, ...shadowSections]).values()]
    .sort(compareSections)
    .map(({ title }) => ({
      section: title,
      changes: changesOf(realSections.get(title)?.lines ?? [], shadowSections.get(title)?.lines ?? []),
    }))
    .filter(({ changes }) => changes.length > 0);
}

/**
 * One `[edit …]` header a section, then `-` lines and `+` lines, each ended by a line feed. Empty for an empty
 * difference.
 */
export function formatDiff(entries: readonly DiffEntry[]): string {
  return entries
    .flatMap(({ section, changes }) => [
      section === '' ? '[edit]' : `[edit ${section}]`,
      ...changes.map(({ kind, line }) => `${kind === 'removed' ? '-' : '+'}  ${line}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function compareSections(a: WrittenSection, b: WrittenSection): number {
  if (a.opener === undefined || b.opener === undefined) return a.title === '' ? -1 : 1;
  return compareLines(a.opener, b.opener);
}

function compareLines(a: WrittenLine, b: WrittenLine): number {
  return a.rank - b.rank || compareNames(a.group, b.group);
}

function changesOf(real: readonly WrittenLine[], shadow: readonly WrittenLine[]): readonly DiffChange[] {
  const realGroups = Map.groupBy(real, groupKey);
  const shadowGroups = Map.groupBy(shadow, groupKey);
  return [...new Map([...realGroups, ...shadowGroups]).values()]
    .map(([first]) => first)
    .sort(compareLines)
    .flatMap((first) =>
      groupChanges(
        (realGroups.get(groupKey(first)) ?? []).map(({ text }) => text),
        (shadowGroups.get(groupKey(first)) ?? []).map(({ text }) => text),
      ),
    );
}

function groupKey(line: WrittenLine): string {
  return `${line.rank} ${line.group}`;
}

function groupChanges(real: readonly string[], shadow: readonly string[]): readonly DiffChange[] {
  const inReal = new Set(real);
  const inShadow = new Set(shadow);
  const kept = shadow.filter((line) => inReal.has(line));
  const sameOrder = real.filter((line) => inShadow.has(line)).every((line, index) => line === kept[index]);
  const removed = sameOrder ? real.filter((line) => !inShadow.has(line)) : real;
  const added = sameOrder ? shadow.filter((line) => !inReal.has(line)) : shadow;
  return [
    ...removed.map((line) => ({ kind: 'removed' as const, line })),
    ...added.map((line) => ({ kind: 'added' as const, line })),
  ];
}
