/** What judging a claim comes to, before hints: the verdict and, in words, what was seen. */
import type { Comparison } from '../expectation.ts';
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
