/** Claims about numbers of the packets that arrived: delay and throughput. */
import type { Comparison, Scope } from '../expectation.ts';
import { formatRate, formatTime } from '../format.ts';
import { nothingInScope, probesOf, type Subject, subjectsOf, windowsOf } from '../scope.ts';
import { PLANES, type RunView } from '../view.ts';
import { compare, type Finding, found, unjudged } from './finding.ts';
import { transfersOf } from './transfer.ts';

export interface DelayStatistics {
  readonly packets: number;
  readonly min: number;
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

/** Statistics of one-way delays, ns; undefined where there is none. p99 is the nearest rank. */
export function delayStatistics(delays: readonly (number | null)[]): DelayStatistics | undefined {
  const sorted = delays.filter((delay) => delay !== null).sort((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  return {
    packets: sorted.length,
    min,
    mean: sorted.reduce((sum, delay) => sum + delay, 0) / sorted.length,
    p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? max,
    max,
  };
}

/** Over all packets in scope that arrived. Over several flows, p99 is that of the worst: the rest is not recorded. */
export function judgeDelay(
  claim: Scope & { readonly statistic: 'min' | 'mean' | 'p99' | 'max'; readonly limitNs: Comparison },
  step: number,
  view: RunView,
): Finding {
  const subjects = subjectsOf(claim, step, view);
  if (subjects.length === 0) return unjudged(nothingInScope(claim));
  const statistics = pool(subjects.flatMap((subject) => delaysOf(subject, step, view)));
  if (statistics === undefined) return unjudged('no packet arrived whose delay could be told');
  const value = statistics[claim.statistic];
  return found(
    compare(value, claim.limitNs),
    `${claim.statistic} delay ${formatTime(value)} (min ${formatTime(statistics.min)}, max ${formatTime(statistics.max)})`,
  );
}

function delaysOf(subject: Subject, step: number, view: RunView): readonly DelayStatistics[] {
  const probes = probesOf(subject, step, view);
  if (probes.length > 0) {
    const statistics = delayStatistics(probes.flatMap((probe) => probe.delayNs));
    return statistics === undefined ? [] : [statistics];
  }
  return windowsOf(subject, step, view).flatMap(({ received, delayNs: { min, mean, p99, max } }) =>
    min === null || mean === null || p99 === null || max === null
      ? []
      : [{ packets: received, min, mean, p99, max }],
  );
}

function pool(parts: readonly DelayStatistics[]): DelayStatistics | undefined {
  if (parts.length === 0) return undefined;
  const packets = parts.reduce((sum, part) => sum + part.packets, 0);
  return {
    packets,
    min: parts.reduce((least, part) => Math.min(least, part.min), Number.POSITIVE_INFINITY),
    mean: parts.reduce((sum, part) => sum + part.mean * part.packets, 0) / packets,
    p99: parts.reduce((most, part) => Math.max(most, part.p99), 0),
    max: parts.reduce((most, part) => Math.max(most, part.max), 0),
  };
}

/** IP bits (of TCP: bits that it carried) received a second over the step, all flows in scope together; in each plane by itself. */
export function judgeThroughput(
  claim: Scope & { readonly limitBps: Comparison },
  step: number,
  view: RunView,
): Finding {
  const subjects = subjectsOf(claim, step, view);
  // A probe stands for the step it is in; TCP flows count with all others.
  const transfers = subjects.some(({ isProbe }) => isProbe) ? [] : transfersOf(claim, step, view);
  if (subjects.length + transfers.length === 0) return unjudged(nothingInScope(claim));
  const rates = PLANES.flatMap((plane) => {
    const measured = subjects
      .filter((subject) => subject.plane === plane)
      .flatMap((subject) => windowsOf(subject, step, view));
    const carried = transfers.flatMap(({ window }) => (window?.plane === plane ? [window] : []));
    const windows = [...measured, ...carried].filter((window) => window.toNs > window.fromNs);
    if (!measured.some((window) => window.sent > 0) && carried.length === 0) return [];
    const bps = windows.reduce((sum, { bytes, fromNs, toNs }) => sum + (bytes * 8e9) / (toNs - fromNs), 0);
    return [{ plane, bps }];
  });
  const planes = new Set([
    ...subjects.map((subject) => subject.plane),
    ...transfers.flatMap(({ flow }) => flow.planes),
  ]);
  if (rates.length < planes.size) return unjudged('no packet was sent whose throughput could be told');
  return found(
    rates.every(({ bps }) => compare(bps, claim.limitBps)),
    rates.map(({ plane, bps }) => `${formatRate(bps)} in ${plane}`).join(', '),
  );
}
