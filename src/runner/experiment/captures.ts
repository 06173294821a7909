/** What is captured: `captures:` of an experiment, by links, or by routers and hosts for all links there. */
import { listed, type Names } from './names.ts';
import type { DocumentPath } from './problem.ts';
import type { Report } from './report.ts';
import type { Capture, Step } from './resolved.ts';
import type { Capture as CaptureItem } from './schema.generated.ts';
import { sizeBytes } from './units.ts';

/** Links, and so files. */
const MAX_CAPTURES = 100;
const DEFAULT_PACKETS = 10_000;
/** Ethernet's smallest frame: the headers down to UDP under a label. */
const MIN_SNAP_BYTES = 64;

/** In the order of the page; a router's links in the order of the topology. */
export function resolveCaptures(
  report: Report,
  names: Names,
  items: readonly CaptureItem[],
  steps: readonly Step[],
): readonly Capture[] {
  const captures = new Map<string, Capture>();
  for (const [index, item] of items.entries()) {
    const path = ['captures', index];
    if (!report.sound(...path)) continue;
    const rest = settingsOf(report, item, path, steps.length);
    for (const link of linksOf(report, names, item, path)) {
      if (!captures.has(link)) captures.set(link, { link, ...rest });
    }
  }
  if (captures.size > MAX_CAPTURES) {
    report.error(
      ['captures'],
      `captures: these are ${captures.size} links, at most ${MAX_CAPTURES} can be`,
      true,
    );
  }
  return [...captures.values()];
}

function linksOf(report: Report, names: Names, item: CaptureItem, path: DocumentPath): readonly string[] {
  const given = (['link', 'router', 'host'] as const).filter((key) => item[key] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : listed(given);
    report.error(path, `captures: expected one of link, router and host, found ${found}`);
    return [];
  }
  const where = ' in captures';
  if (item.link !== undefined) {
    const link = names.link([...path, 'link'], item.link, where);
    return link === undefined ? [] : [link.name];
  }
  const node =
    item.router === undefined
      ? names.host([...path, 'host'], item.host ?? '', where)?.name
      : names.router([...path, 'router'], item.router, where);
  const links = names.topology?.links ?? [];
  return links.filter(({ ends }) => ends.some((end) => end.node === node)).map(({ name }) => name);
}

function settingsOf(
  report: Report,
  item: CaptureItem,
  path: DocumentPath,
  stepCount: number,
): Omit<Capture, 'link'> {
  const snapBytes = item.snap === undefined ? 0 : sizeBytes(item.snap);
  if (item.snap !== undefined && snapBytes < MIN_SNAP_BYTES) {
    report.error(
      [...path, 'snap'],
      `snap: at least ${MIN_SNAP_BYTES}B are kept of a frame, found ${item.snap}`,
    );
  }
  const packets = item.packets ?? DEFAULT_PACKETS;
  const kept = { packets, snapBytes, ...(item.plane === undefined ? {} : { plane: item.plane }) };
  if (item.steps === undefined) return kept;
  const [from, to] = item.steps;
  if (from > to) report.error([...path, 'steps'], `steps: ${from} is behind ${to}`);
  else if (to > stepCount) {
    report.error([...path, 'steps'], `steps: there is no step ${to}: the last one is ${stepCount}`);
  }
  return { ...kept, steps: { from, to } };
}
