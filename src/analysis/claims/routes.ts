/** Claims about the way packets take at the end of a step: `path` and `path: unchanged`. */
import type { Scope } from '../expectation.ts';
import { formatCount, formatList, formatPath, formatPlural } from '../format.ts';
import { type Path, samePath, type Trace } from '../paths.ts';
import {
  lastTenth,
  lastTracedOf,
  nameOf,
  nothingInScope,
  probesOf,
  type Subject,
  subjectsOf,
} from '../scope.ts';
import type { RunView } from '../view.ts';
import { type Finding, found, unjudged } from './finding.ts';

/** Paths seen, in order of appearance, each with its number of packets. */
export interface PathCount {
  readonly routers: readonly string[];
  readonly arrived: boolean;
  readonly packets: number;
}

export function countPaths(traces: readonly Trace[], view: RunView): readonly PathCount[] {
  const counts = new Map<string, { path: Path; packets: number }>();
  for (const trace of traces) {
    const path = view.path(trace);
    const key = JSON.stringify([path.arrived, ...path.routers]);
    const count = counts.get(key);
    if (count === undefined) counts.set(key, { path, packets: 1 });
    else count.packets++;
  }
  return [...counts.values()].map(({ path, packets }) => ({
    routers: path.routers,
    arrived: path.arrived,
    packets,
  }));
}

/** Every packet in scope of the end of the step took exactly these routers, in this order, and arrived. */
export function judgePath(
  claim: Scope & { readonly routers: readonly string[] },
  step: number,
  view: RunView,
): Finding {
  const subjects = subjectsOf(claim, step, view);
  if (subjects.length === 0) return unjudged(nothingInScope(claim));
  const seen: PathCount[] = [];
  for (const subject of subjects) {
    const paths = countPaths(completeLast(subject, step, view), view);
    if (paths.length === 0)
      return unjudged(`no packet was traced at the end of the step (${nameOf(subject)})`);
    seen.push(...paths);
    const lost = lostAtEnd(subject, step, view);
    if (lost > 0) {
      return found(
        false,
        `${formatPlural(lost, 'packet')} at the end of the probe did not arrive; ${describePaths(paths)}`,
      );
    }
  }
  const holds = seen.every((path) => path.arrived && samePath(path.routers, claim.routers));
  return found(holds, describePaths(seen));
}

/** Each flow in scope takes a way at the end of the step that it took before the run's first disturbance. */
export function judgePathUnchanged(claim: Scope, step: number, view: RunView): Finding {
  const subjects = subjectsOf(claim, step, view);
  if (subjects.length === 0) return unjudged(nothingInScope(claim));
  const changed: string[] = [];
  let compared = 0;
  for (const subject of subjects) {
    const paths = countPaths(completeLast(subject, step, view), view);
    const before = baselineOf(subject, view);
    if (paths.length === 0 || before.length === 0) continue;
    compared++;
    const lost = lostAtEnd(subject, step, view);
    const same = paths.every(
      (path) => path.arrived && before.some((old) => samePath(old.routers, path.routers)),
    );
    if (!same || lost > 0) {
      changed.push(`${nameOf(subject)}: was ${describePaths(before)}; now ${describePaths(paths)}`);
    }
  }
  if (compared === 0)
    return unjudged(`no packet was traced both before the first change and at the end of the step`);
  const untraced = subjects.length - compared;
  const missing = untraced === 0 ? '' : ` (not traced: ${formatCount(untraced)})`;
  if (changed.length === 0) return found(true, `${formatPlural(compared, 'path')} unchanged${missing}`);
  return found(false, `${formatPlural(changed.length, 'path')} changed${missing}: ${formatList(changed, 3)}`);
}

/**
 * The ways a subject took before the run's first failure, change or commit: those of its last ten traced
 * packets that had arrived by then. A probe has none of its own: those of flows between the same hosts.
 */
export function baselineOf(subject: Subject, view: RunView): readonly PathCount[] {
  const own = arrivedBefore([subject], view);
  if (own.length > 0) return own;
  const alike = view.start.flows
    .filter((flow) => flow.from === subject.flow.from && flow.to === subject.flow.to)
    .filter((flow) => flow.planes.includes(subject.plane))
    .map((flow) => ({ flow, plane: subject.plane, isProbe: false }));
  return arrivedBefore(alike, view);
}

const BASELINE_PACKETS = 10;

function arrivedBefore(subjects: readonly Subject[], view: RunView): readonly PathCount[] {
  const limitNs = view.disturbedNs ?? Number.POSITIVE_INFINITY;
  const traces = subjects.flatMap(({ flow, plane }) =>
    view
      .allPackets(flow.id, plane)
      .filter((trace) => {
        const path = view.path(trace);
        return trace.endNs < limitNs && path.traced && path.complete && path.arrived;
      })
      .slice(-BASELINE_PACKETS),
  );
  return countPaths(traces, view);
}

function completeLast(subject: Subject, step: number, view: RunView): readonly Trace[] {
  return lastTracedOf(subject, step, view).filter((trace) => view.path(trace).complete);
}

/** Packets of the last tenth of an ended probe that its destination did not see. */
function lostAtEnd(subject: Subject, step: number, view: RunView): number {
  const delays = probesOf(subject, step, view).at(-1)?.delayNs ?? [];
  return delays.slice(-lastTenth(delays.length)).filter((delay) => delay === null).length;
}

/** `A → B → C`; with several, the number of packets on each and which did not arrive. */
function describePaths(paths: readonly PathCount[]): string {
  const ways = waysOf(paths);
  const [only] = ways;
  const lost = (way: Way): string => (way.arrived ? '' : ' (did not arrive)');
  if (ways.length === 1 && only !== undefined) return `${only.text}${lost(only)}`;
  return ways
    .slice(0, MAX_PATHS)
    .map((way) => `${formatCount(way.packets)} by ${way.text}${lost(way)}`)
    .concat(ways.length > MAX_PATHS ? [`${formatCount(ways.length - MAX_PATHS)} more paths`] : [])
    .join('; ');
}

/** Paths in words. Those that go round are one as far as the router that they came back to. */
export interface Way {
  readonly text: string;
  readonly arrived: boolean;
  readonly packets: number;
}

export function waysOf(paths: readonly PathCount[]): readonly Way[] {
  const ways = new Map<string, Way>();
  for (const { routers, arrived, packets } of paths) {
    const again = routers.findIndex((router, index) => routers.indexOf(router) < index);
    const text = again < 0 ? inWords(routers) : `${formatPath(routers.slice(0, again + 1))} → … (a loop)`;
    const key = `${text} ${arrived}`;
    ways.set(key, { text, arrived, packets: packets + (ways.get(key)?.packets ?? 0) });
  }
  return [...ways.values()];
}

function inWords(routers: readonly string[]): string {
  if (routers.length <= LONGEST_PATH) return formatPath(routers);
  const half = LONGEST_PATH / 2;
  return `${formatPath(routers.slice(0, half))} → … → ${formatPath(routers.slice(-half))}`;
}

/** Routers of a path that are named. */
const LONGEST_PATH = 40;

/** Paths that one text names; a loop can make hundreds. */
const MAX_PATHS = 4;
