/** Claims that count packets: lost, mixed, looped. */
import type { Comparison, Scope } from '../expectation.ts';
import { formatCount, formatPlural } from '../format.ts';
import { isMixed } from '../mixed.ts';
import type { Trace } from '../paths.ts';
import { nothingInScope, subjectsOf, totalOf, tracedOf } from '../scope.ts';
import type { RunView } from '../view.ts';
import { compare, type Finding, found, unjudged } from './finding.ts';

/** Sent in the step and not arrived, over all packets in scope, traced or not. */
export function judgeLost(
  claim: Scope & { readonly count: Comparison },
  step: number,
  view: RunView,
): Finding {
  const subjects = subjectsOf(claim, step, view);
  const { sent, received } = totalOf(subjects, step, view);
  if (subjects.length === 0) return unjudged(nothingInScope(claim));
  if (sent === 0) return unjudged('no packet was sent');
  const lost = sent - received;
  return found(compare(lost, claim.count), `${formatCount(lost)} of ${formatPlural(sent, 'packet')} lost`);
}

export function judgeMixed(
  claim: Scope & { readonly count: Comparison },
  step: number,
  view: RunView,
): Finding {
  return judgeTraced(claim, step, view, 'mixed', (trace) => isMixed(trace, view));
}

export function judgeLooped(
  claim: Scope & { readonly count: Comparison },
  step: number,
  view: RunView,
): Finding {
  return judgeTraced(claim, step, view, 'looped', (trace) => view.path(trace).looped);
}

/** A packet with postcards missing can show that it was mixed or looped, not that it was not. */
function judgeTraced(
  claim: Scope & { readonly count: Comparison },
  step: number,
  view: RunView,
  word: string,
  counts: (trace: Trace) => boolean,
): Finding {
  const subjects = subjectsOf(claim, step, view);
  if (subjects.length === 0) return unjudged(nothingInScope(claim));
  const traced = subjects.flatMap((subject) => tracedOf(subject, step, view));
  const number = traced.filter(counts).length;
  const blind = traced.filter((trace) => !view.path(trace).complete && !counts(trace)).length;
  if (traced.length === 0) return unjudged('no packet was traced');
  if (compare(number, claim.count) !== compare(number + blind, claim.count)) {
    return unjudged(
      `postcards are missing of ${formatCount(blind)} of ${formatPlural(traced.length, 'traced packet')}; ${formatCount(number)} ${word} among the others`,
    );
  }
  const missing = blind === 0 ? '' : `; postcards are missing of ${formatCount(blind)}`;
  return found(
    compare(number, claim.count),
    `${formatCount(number)} of ${formatPlural(traced.length, 'traced packet')} ${word}${missing}`,
  );
}
