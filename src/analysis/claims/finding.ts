/** What judging a claim comes to, before hints: the verdict and, in words, what was seen. */
import type { Comparison } from '../expectation.ts';
import { formatTime } from '../format.ts';
import type { Verdict } from '../result.ts';

export interface Finding {
  readonly verdict: Verdict;
  readonly seen: string;
}

/** Nothing to judge by is never a pass. */
export function unjudged(seen: string): Finding {
  return { verdict: 'error', seen };
}

export function found(holds: boolean, seen: string): Finding {
  return { verdict: holds ? 'pass' : 'fail', seen };
}

export function compare(seen: number, limit: Comparison): boolean {
  switch (limit.op) {
    case '<':
      return seen < limit.value;
    case '<=':
      return seen <= limit.value;
    case '>':
      return seen > limit.value;
    case '>=':
      return seen >= limit.value;
    case '==':
      return seen === limit.value;
  }
}

/** Something that takes its time. */
export interface Waited {
  /** Null where it has not happened. */
  readonly tookNs: number | null;
  /** How long it had been waited for when nobody looked any more. */
  readonly waitedNs: number;
}

/** Of several the longest counts. What has not happened can be too late already; else nobody knows yet. */
export function judgeTimeUntil(
  limit: Comparison,
  waits: readonly Waited[],
  happened: (time: string) => string,
  notYet: (time: string) => string,
): Finding {
  const longestNs = Math.max(...waits.map(({ tookNs, waitedNs }) => tookNs ?? waitedNs));
  if (waits.every(({ tookNs }) => tookNs !== null)) {
    return found(compare(longestNs, limit), happened(formatTime(longestNs)));
  }
  const openNs = Math.max(...waits.map(({ tookNs, waitedNs }) => (tookNs === null ? waitedNs : 0)));
  const seen = notYet(formatTime(openNs));
  if (longestNs <= limit.value) return unjudged(seen);
  return found(limit.op === '>' || limit.op === '>=', seen);
}
