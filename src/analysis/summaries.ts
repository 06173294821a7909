/** What a step measured, in numbers: its probes, its traffic by plane, its commit. */
import { exitsOf } from './claims/egress.ts';
import { delayStatistics } from './claims/performance.ts';
import { streamsOf } from './claims/playback.ts';
import { recoveryOf } from './claims/reach.ts';
import { countPaths } from './claims/routes.ts';
import { transfersOf } from './claims/transfer.ts';
import type { CommitOutcome, ProbeResult } from './facts.ts';
import { isMixed } from './mixed.ts';
import type {
  CommitSummary,
  ExitSummary,
  ProbeSummary,
  StreamSummary,
  TrafficSummary,
  TransferSummary,
} from './result.ts';
import { countOf, probeStep, type Subject, totalOf, tracedOf } from './scope.ts';
import { PLANES, type RunView } from './view.ts';

export function probeSummary(probe: ProbeResult, view: RunView): ProbeSummary {
  const { from, to, plane } = probe;
  const delays = delayStatistics(probe.delayNs);
  const firstNs = probe.sentNs[0] ?? 0;
  const traced = view
    .packets(probe.step, probe.flow, plane)
    .filter((trace) => view.path(trace).traced && !view.isUnderWay(trace))
    .filter((trace) => trace.startNs >= firstNs && trace.startNs <= probe.t);
  return {
    from,
    to,
    plane,
    sent: probe.sentNs.length,
    received: delays?.packets ?? 0,
    recoveredNs: recoveryOf(probe),
    delayNs: { min: delays?.min ?? null, mean: delays?.mean ?? null, max: delays?.max ?? null },
    paths: countPaths(traced, view),
  };
}

/** Totals over all flows and probes of the step, one a plane that something was sent or traced in. */
export function trafficSummaries(step: number, view: RunView): readonly TrafficSummary[] {
  return PLANES.flatMap((plane) => {
    const subjects: readonly Subject[] = view.start.flows
      .filter((flow) => flow.planes.includes(plane))
      .map((flow) => ({ flow, plane, isProbe: probeStep(flow) !== undefined }));
    const { sent, received } = totalOf(subjects, step, view);
    const traced = subjects.flatMap((subject) => tracedOf(subject, step, view));
    if (sent === 0 && traced.length === 0) return [];
    return [
      {
        plane,
        sent,
        received,
        lost: sent - received,
        traced: traced.length,
        mixed: traced.filter((trace) => isMixed(trace, view)).length,
        looped: traced.filter((trace) => view.path(trace).looped).length,
      },
    ];
  });
}

/** Of flows to outside: by which external peers their packets left. */
export function exitSummaries(step: number, view: RunView): readonly ExitSummary[] {
  return view.start.flows.flatMap((flow) =>
    flow.planes.flatMap((plane): readonly ExitSummary[] => {
      const subject = { flow, plane, isProbe: probeStep(flow) !== undefined };
      const by = exitsOf(subject, step, view);
      const { sent } = countOf(subject, step, view);
      return by === undefined || sent === 0 ? [] : [{ flow: flow.name, plane, to: flow.to, sent, by }];
    }),
  );
}

/** Of the streams that had been started by the end of the step. */
export function streamSummaries(step: number, view: RunView): readonly StreamSummary[] {
  return streamsOf({}, step, view).flatMap(({ flow, window }): readonly StreamSummary[] => {
    if (window === undefined) return [];
    const { plane, startupNs, stalls, stalledNs, mediaBytes } = window;
    const bytes = view.windows(step, flow.id, plane).reduce((sum, packets) => sum + packets.bytes, 0);
    const videoBps = rateOf(mediaBytes, window);
    const throughputBps = rateOf(bytes, window);
    return [{ flow: flow.name, plane, startupNs, stalls, stalledNs, videoBps, throughputBps }];
  });
}

/** Of the TCP flows that had been started by the end of the step. */
export function transferSummaries(step: number, view: RunView): readonly TransferSummary[] {
  return transfersOf({}, step, view).flatMap(({ flow, window }): readonly TransferSummary[] => {
    if (window === undefined) return [];
    const { plane, beganNs, completedNs, segments, retransmittedSegments, timeouts, roundTripNs } = window;
    return [
      {
        flow: flow.name,
        plane,
        finishedNs: completedNs === null ? null : completedNs - beganNs,
        throughputBps: rateOf(window.bytes, window),
        segments,
        retransmittedSegments,
        timeouts,
        roundTripNs,
      },
    ];
  });
}

/** Whole bits per second over the window. */
function rateOf(bytes: number, { fromNs, toNs }: { readonly fromNs: number; readonly toNs: number }): number {
  return toNs > fromNs ? Math.round((bytes * 8e9) / (toNs - fromNs)) : 0;
}

/** Times of the phases begun, and how many routers confirmed each. */
export function commitSummary(commit: CommitOutcome, view: RunView): CommitSummary {
  const progress = view.step(commit.step)?.progress.filter(({ kind }) => kind === commit.kind) ?? [];
  const { kind, outcome, reason } = commit;
  return {
    kind,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    durationNs: Math.max(0, commit.t - commit.startedNs),
    phases: commit.phases.map(({ phase, fromNs, toNs }) => ({
      phase,
      durationNs: toNs - fromNs,
      routers: new Set(
        progress
          .filter((answer) => answer.phase === phase && answer.outcome === 'confirmed')
          .map((answer) => answer.router),
      ).size,
    })),
  };
}
