/** What differs between two configurations, section by section; printed as JunOS prints `show | compare`. */
import type { RouterConfig } from './model.ts';
import { compareNames } from './order.ts';
import { withoutSecrets } from './secrets.ts';
import { sectionsOf, type WrittenLine, type WrittenSection } from './writer.ts';

export interface DiffEntry {
  /** The section's title: `interface to-KSCY`, `policy-map EDGE class VOICE`; empty for the top. */
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
 * lines has a meaning (addresses of an interface, classes of a policy map) and one comes before others that were
 * there, those are removed and added. A section that only one of them has is a line of the section it stands in, and
 * an entry with all its lines; so is one that is removed and added.
 */
export function diffConfigs(real: RouterConfig, shadow: RouterConfig): readonly DiffEntry[] {
  const realSections = new Map(sectionsOf(real).map((section) => [section.title, section]));
  const shadowSections = new Map(sectionsOf(shadow).map((section) => [section.title, section]));
  const entries: DiffEntry[] = [];
  const opened = new Set<string>();
  for (const { title, openers } of [...new Map([...realSections, ...shadowSections]).values()].sort(
    compareSections,
  )) {
    const before = realSections.get(title)?.lines ?? [];
    const after = shadowSections.get(title)?.lines ?? [];
    const changes = opened.has(title)
      ? [...changesOf(before, []), ...changesOf([], after)]
      : changesOf(before, after);
    if (changes.length > 0) entries.push({ section: title, changes });
    for (const { kind, line } of changes) {
      if (kind === 'added') opened.add([...openers.map(({ text }) => text), line].join(' '));
    }
  }
  return entries;
}

/**
 * One `[edit …]` header a section, then `-` lines and `+` lines, each ended by a line feed. Empty for an empty
 * difference. It is read by more people than the configurations are: keys and passwords are blanked.
 */
export function formatDiff(entries: readonly DiffEntry[]): string {
  return entries
    .flatMap(({ section, changes }) => [
      section === '' ? '[edit]' : `[edit ${section}]`,
      ...changes.map(({ kind, line }) => `${kind === 'removed' ? '-' : '+'}  ${withoutSecrets(line)}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function compareSections(a: WrittenSection, b: WrittenSection): number {
  for (let depth = 0; depth < a.openers.length && depth < b.openers.length; depth++) {
    const order = compareLines(a.openers[depth], b.openers[depth]);
    if (order !== 0) return order;
  }
  return a.openers.length - b.openers.length;
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
      groupChanges(realGroups.get(groupKey(first)) ?? [], shadowGroups.get(groupKey(first)) ?? []),
    );
}

function groupKey(line: WrittenLine): string {
  return `${line.rank} ${line.group}`;
}

function groupChanges(real: readonly WrittenLine[], shadow: readonly WrittenLine[]): readonly DiffChange[] {
  const kept = keptOf(real, shadow);
  const change = (kind: DiffChange['kind'], lines: readonly WrittenLine[]): readonly DiffChange[] =>
    lines.filter(({ text }) => !kept.has(text)).map(({ text }) => ({ kind, line: text }));
  return [...change('removed', real), ...change('added', shadow)];
}

/** Lines that stay: those in both; of ordered ones, as many as can, since what is added comes after them. */
function keptOf(real: readonly WrittenLine[], shadow: readonly WrittenLine[]): ReadonlySet<string> {
  const places = new Map(real.map(({ text }, index) => [text, index]));
  const kept = new Set<string>();
  let last = -1;
  for (const { text, ordered } of shadow) {
    const place = places.get(text);
    if (place !== undefined && (!ordered || place > last)) {
      kept.add(text);
      last = place;
    } else if (ordered) {
      break;
    }
  }
  return kept;
}
