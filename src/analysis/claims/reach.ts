/** Claims about whether packets arrive at the end of a step: recovered, reachable, unreachable. */
import type { Scope } from '../expectation.ts';
import type { ProbeResult } from '../facts.ts';
import { formatCount, formatPlural, formatTime } from '../format.ts';
import { lastTenth, nothingInScope, probesOf, type Subject, subjectsOf, windowsOf } from '../scope.ts';
import type { RunView } from '../view.ts';
import { type Finding, found, unjudged } from './finding.ts';

/**
 * Time from a probe's disturbance (`sinceNs`) to the sending of the first packet after its last lost one: 0 where
 * nothing was lost, null where the last packet was lost or nothing was sent since.
 */
export function recoveryOf(probe: ProbeResult): number | null {
  const lastSentNs = probe.sentNs.at(-1);
  if (lastSentNs === undefined || lastSentNs < probe.sinceNs) return null;
  const lastLost = probe.delayNs.lastIndexOf(null);
  if (lastLost < 0) return 0;
  const nextSentNs = probe.sentNs[lastLost + 1];
  return nextSentNs === undefined ? null : Math.max(0, nextSentNs - probe.sinceNs);
}

/** Every probe in scope works again, the slowest within the limit. */
export function judgeRecovered(
  claim: Scope & { readonly withinNs: number },
  step: number,
  view: RunView,
): Finding {
  const subjects = subjectsOf(claim, step, view);
  if (subjects.length === 0) return unjudged(nothingInScope(claim));
  let slowest = 0;
  let lost = 0;
  for (const subject of subjects) {
    const probe = probesOf(subject, step, view).at(-1);
    if (probe === undefined) return unjudged('no probe has ended that could tell when packets arrived again');
    const lastSentNs = probe.sentNs.at(-1);
    if (lastSentNs === undefined) return unjudged('no packet was sent');
    if (lastSentNs < probe.sinceNs) return unjudged('no packet was sent after the disturbance');
    const recovery = recoveryOf(probe);
    const losses = probe.delayNs.filter((delay) => delay === null).length;
    if (recovery === null) {
      return found(
        false,
        `not recovered ${formatTime(lastSentNs - probe.sinceNs)} after the disturbance: ` +
          `${formatCount(losses)} of ${formatPlural(probe.sentNs.length, 'packet')} lost, the last one among them`,
      );
    }
    slowest = Math.max(slowest, recovery);
    lost += losses;
  }
  const losses = `${formatPlural(lost, 'packet')} lost`;
  const seen =
    lost === 0
      ? 'no packet was lost'
      : slowest === 0
        ? `${losses}, none sent after the disturbance`
        : `recovered after ${formatTime(slowest)}, ${losses}`;
  return found(slowest <= claim.withinNs, seen);
}

export function judgeReachable(claim: Scope, step: number, view: RunView): Finding {
  return judgeEnd(claim, step, view, (end) => end.received === end.sent);
}

export function judgeUnreachable(claim: Scope, step: number, view: RunView): Finding {
  return judgeEnd(claim, step, view, (end) => end.received === 0);
}

interface End {
  readonly sent: number;
  readonly received: number;
  readonly of: string;
}

/** Holds the end of each subject against the claim; each must have sent something. */
function judgeEnd(claim: Scope, step: number, view: RunView, holds: (end: End) => boolean): Finding {
  const subjects = subjectsOf(claim, step, view);
  if (subjects.length === 0) return unjudged(nothingInScope(claim));
  const ends = subjects.map((subject) => endOf(subject, step, view));
  if (ends.some((end) => end.sent === 0)) return unjudged('no packet was sent');
  const telling = ends.find((end) => !holds(end)) ?? ends[0];
  const seen =
    telling === undefined
      ? ''
      : `${formatCount(telling.received)} of ${telling.of} ${formatPlural(telling.sent, 'packet')} arrived`;
  return found(
    ends.every((end) => holds(end)),
    seen,
  );
}

/** The last tenth of the subject's last probe; of a flow that is no probe, all of the step. */
function endOf(subject: Subject, step: number, view: RunView): End {
  const probe = probesOf(subject, step, view).at(-1);
  if (probe !== undefined) {
    const last = probe.delayNs.slice(-lastTenth(probe.delayNs.length));
    return { sent: last.length, received: last.filter((delay) => delay !== null).length, of: 'the last' };
  }
  const windows = windowsOf(subject, step, view);
  return {
    sent: windows.reduce((sum, window) => sum + window.sent, 0),
    received: windows.reduce((sum, window) => sum + Math.min(window.received, window.sent), 0),
    of: 'all',
  };
}
