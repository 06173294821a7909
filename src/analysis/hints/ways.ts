/** Hints about the ways that packets took: where they leave the expected one, go round, or are of two minds. */

import { baselineOf, countPaths, type PathCount } from '../claims/routes.ts';
import type { Scope } from '../expectation.ts';
import { failureAt } from '../failures.ts';
import { agrees, formatNextHops } from '../fib.ts';
import { formatPath, formatPlural, formatTime } from '../format.ts';
import { isMixed } from '../mixed.ts';
import { loopOf, samePath, type Trace } from '../paths.ts';
import type { Hint } from '../result.ts';
import { lastTracedOf, nameOf, type Subject, subjectsOf, tracedOf } from '../scope.ts';
import type { RunView } from '../view.ts';
import { lineHint } from './causes.ts';
import { changedLines, mentions } from './config-lines.ts';
import { type Moment, referenceOf } from './reference.ts';

const MAX_EXAMPLES = 2;

/** Where the packets of the end of the step leave the way that they should take, and what the configurations say of it. */
export function deviationHints(
  scope: Scope,
  expected: readonly string[] | 'unchanged',
  step: number,
  view: RunView,
): readonly Hint[] {
  return subjectsOf(scope, step, view).flatMap((subject) => {
    const wanted =
      expected === 'unchanged' ? baselineOf(subject, view).map((path) => path.routers) : [expected];
    const seen = countPaths(lastTracedOf(subject, step, view), view).find(
      (path) => !wanted.some((routers) => samePath(routers, path.routers)),
    );
    const [first] = wanted;
    return seen === undefined || first === undefined ? [] : deviation(subject, first, seen, step, view);
  });
}

function deviation(
  subject: Subject,
  expected: readonly string[],
  seen: PathCount,
  step: number,
  view: RunView,
): readonly Hint[] {
  const now = { plane: subject.plane, step };
  const at = expected.findIndex((router, index) => seen.routers[index] !== router);
  const router = expected[at - 1];
  // Where they were lost before they could turn, the loss itself says why.
  const turned = at >= 0 && (seen.arrived || seen.routers[at] !== undefined);
  const turn =
    router === undefined || !turned
      ? []
      : [turnHint(router, expected[at], seen.routers[at], subject, step, view)];
  return [
    ...turn,
    ...expectedWayHints(expected, now, view),
    ...lineHints([expected, seen.routers], now, view),
  ];
}

function turnHint(
  router: string,
  wanted: string | undefined,
  taken: string | undefined,
  { flow, plane }: Subject,
  step: number,
  view: RunView,
): Hint {
  const address = view.network.addressOf(flow.to);
  const entry = address === undefined ? undefined : view.fib(step, router, plane)?.lookup(address);
  const says = entry === undefined ? '' : `; its FIB has ${entry.prefix}: ${formatNextHops(entry.nextHops)}`;
  const goes = taken === undefined ? 'packets go no further' : `packets go to ${taken}`;
  const instead = wanted === undefined ? '' : `, not to ${wanted}`;
  return { text: `at ${router} ${goes}${instead} in ${plane}${says}`, router };
}

/** A link of the expected way that is failed, or was never there. */
function expectedWayHints(expected: readonly string[], now: Moment, view: RunView): readonly Hint[] {
  const failed = view.failedAt(now.step, now.plane);
  return hopsOf(expected).flatMap(([from, to]): readonly Hint[] => {
    const ports = portsBetween(from, to, view);
    if (ports.length === 0) return [{ text: `no link joins ${from} and ${to}`, router: from }];
    const reasons = ports.map(({ router, port }) => failureAt(router, port, failed, view.network));
    const [reason] = reasons;
    if (reason === undefined || reasons.includes(undefined)) return [];
    return [{ text: `${reason}, on the expected way, is failed in ${now.plane}`, router: from }];
  });
}

/** Lines that differ from the reference and say something of the ports on the ways. */
function lineHints(ways: readonly (readonly string[])[], now: Moment, view: RunView): readonly Hint[] {
  const reference = referenceOf(now, view);
  const ports = ways.flatMap((way) =>
    hopsOf(way).flatMap(([from, to]) => [...portsBetween(from, to, view), ...portsBetween(to, from, view)]),
  );
  return ports.flatMap(({ router, port }) =>
    changedLines(router, reference, now, view)
      .filter((line) => mentions(line, port))
      .map((line) => lineHint(line, reference, now)),
  );
}

function hopsOf(way: readonly string[]): readonly (readonly [string, string])[] {
  return way.slice(1).map((to, index) => [way[index] ?? to, to]);
}

function portsBetween(from: string, to: string, view: RunView): readonly { router: string; port: string }[] {
  return view.start.links
    .filter((link) => link.ends.some((end) => end.node === to))
    .flatMap((link) => link.ends.filter((end) => end.node === from))
    .map(({ node, port }) => ({ router: node, port }));
}

/** The ways by which packets arrive that should not, or arrive late: with the delay of their links. */
export function wayHints(scope: Scope, step: number, view: RunView): readonly Hint[] {
  return subjectsOf(scope, step, view).flatMap((subject) =>
    countPaths(lastTracedOf(subject, step, view), view)
      .filter((path) => path.arrived)
      .slice(0, MAX_EXAMPLES)
      .map(({ routers }) => ({
        text: `${nameOf(subject)} arrives by ${formatPath(routers)}; links between these routers take ${formatTime(delayOf(routers, view))}`,
      })),
  );
}

/** Sum of the delays of the quickest links between consecutive routers, ns. */
function delayOf(routers: readonly string[], view: RunView): number {
  return hopsOf(routers).reduce((sum, [from, to]) => {
    const delays = portsBetween(from, to, view).map(
      ({ router, port }) => view.network.linkAt(router, port)?.delayNs ?? 0,
    );
    return sum + (delays.length === 0 ? 0 : Math.min(...delays));
  }, 0);
}

/** The loops that packets went, most packets first. */
export function loopHints(scope: Scope, step: number, view: RunView): readonly Hint[] {
  const loops = new Map<string, { loop: readonly string[]; packets: number }>();
  for (const subject of subjectsOf(scope, step, view)) {
    for (const trace of tracedOf(subject, step, view)) {
      const loop = loopOf(view.path(trace).routers);
      if (loop.length === 0) continue;
      const key = `${subject.plane} ${loop.join('\0')}`;
      const known = loops.get(key);
      if (known === undefined) loops.set(key, { loop, packets: 1 });
      else known.packets++;
    }
  }
  return [...loops.values()]
    .sort((a, b) => b.packets - a.packets)
    .map(({ loop, packets }) => ({
      text: `${formatPlural(packets, 'packet')} went round ${formatPath(loop)}`,
      ...(loop[0] === undefined ? {} : { router: loop[0] }),
    }));
}

/** The first mixed packets, router by router. */
export function mixedHints(scope: Scope, step: number, view: RunView): readonly Hint[] {
  return subjectsOf(scope, step, view).flatMap((subject) => {
    const traced = tracedOf(subject, step, view);
    const example = traced.find((trace) => isMixed(trace, view));
    if (example === undefined) return [];
    const text = `packet ${example.sequence} of ${nameOf(subject)}: ${forwardedBy(example, subject, view)}`;
    return [{ text, ...(example.hops[0] === undefined ? {} : { router: example.hops[0].router }) }];
  });
}

function forwardedBy(trace: Trace, { flow, plane }: Subject, view: RunView): string {
  if (view.path(trace).tags.length > 1) {
    return trace.hops.map((hop) => `${hop.router} by tag ${hop.tag}`).join(', ');
  }
  const address = view.network.addressOf(flow.to) ?? '';
  return trace.hops
    .map((hop) => {
      const before = view.fib(trace.step - 1, hop.router, plane);
      const after = view.fib(trace.step, hop.router, plane);
      const old = before === undefined || agrees(hop, before, address);
      const fresh = after === undefined || agrees(hop, after, address);
      if (old && fresh) return `${hop.router} as before and after`;
      return `${hop.router} ${old ? 'as before the step' : fresh ? 'as after it' : 'as neither before nor after it'}`;
    })
    .join(', ');
}
