/** What a claim is about: which flows, in which planes, and what was counted of them in a step. */
import type { Plane } from '../net/wire.ts';
import type { Scope } from './expectation.ts';
import type { FlowFact, FlowWindow, ProbeResult } from './facts.ts';
import type { Trace } from './paths.ts';
import type { RunView } from './view.ts';

/** One flow in one plane. */
export interface Subject {
  readonly flow: FlowFact;
  readonly plane: Plane;
  readonly isProbe: boolean;
}

/**
 * The subjects of a claim in a step. A flow that is named, by its own name or its group's; where none is named,
 * the step's own probes; where it has none (in that plane), every flow that is not a probe. Without a plane:
 * every plane that the flow is measured in.
 */
export function subjectsOf(scope: Scope, step: number, view: RunView): readonly Subject[] {
  // What TCP sends is not measured packet by packet (claims/transfer.ts).
  const flows = view.start.flows.filter(({ kind }) => kind !== 'tcp');
  if (scope.flow !== undefined) {
    return inPlanes(
      flows.filter((flow) => flow.name === scope.flow || flow.group === scope.flow),
      scope,
    );
  }
  const probes = inPlanes(
    flows.filter((flow) => probeStep(flow) === step),
    scope,
  );
  return probes.length > 0
    ? probes
    : inPlanes(
        flows.filter((flow) => probeStep(flow) === undefined),
        scope,
      );
}

function inPlanes(flows: readonly FlowFact[], scope: Scope): readonly Subject[] {
  return flows.flatMap((flow) =>
    flow.planes
      .filter((plane) => scope.plane === undefined || plane === scope.plane)
      .map((plane) => ({ flow, plane, isProbe: probeStep(flow) !== undefined })),
  );
}

/** The step that a probe belongs to (`probe 3.1`: step 3); undefined for a flow that is no probe. */
export function probeStep(flow: FlowFact): number | undefined {
  const named = /^probe (\d+)\.\d+$/.exec(flow.name);
  return named === null ? undefined : Number(named[1]);
}

/** `video in real`, for texts. */
export function nameOf(subject: Subject): string {
  const { flow, plane, isProbe } = subject;
  return isProbe ? `probe ${flow.from} to ${flow.to} in ${plane}` : `${flow.name} in ${plane}`;
}

/** Why there is nothing to judge by, in words. */
export function nothingInScope(scope: Scope): string {
  const plane = scope.plane === undefined ? '' : ` in ${scope.plane}`;
  return scope.flow === undefined
    ? `no traffic was measured${plane}`
    : `no flow "${scope.flow}" was measured${plane}`;
}

/** The results of a subject's probe in a step: one, unless the step probed it anew. */
export function probesOf(subject: Subject, step: number, view: RunView): readonly ProbeResult[] {
  const probes = view.step(step)?.probes ?? [];
  return probes.filter((probe) => probe.flow === subject.flow.id && probe.plane === subject.plane);
}

export function windowsOf(subject: Subject, step: number, view: RunView): readonly FlowWindow[] {
  return view.windows(step, subject.flow.id, subject.plane);
}

export interface Count {
  readonly sent: number;
  readonly received: number;
}

/** Packets of a subject that were sent in the step, and how many of them arrived: from its probe, else from its windows. */
export function countOf(subject: Subject, step: number, view: RunView): Count {
  const probes = probesOf(subject, step, view);
  if (probes.length > 0) {
    return probes.reduce(
      (sum, probe) => ({
        sent: sum.sent + probe.sentNs.length,
        received: sum.received + probe.delayNs.filter((delay) => delay !== null).length,
      }),
      NOTHING,
    );
  }
  return windowsOf(subject, step, view).reduce(
    (sum, window) => ({
      sent: sum.sent + window.sent,
      received: sum.received + Math.min(window.received, window.sent),
    }),
    NOTHING,
  );
}

const NOTHING: Count = { sent: 0, received: 0 };

export function totalOf(subjects: readonly Subject[], step: number, view: RunView): Count {
  return subjects.reduce((sum, subject) => {
    const count = countOf(subject, step, view);
    return { sent: sum.sent + count.sent, received: sum.received + count.received };
  }, NOTHING);
}

/** The step's traced packets of a subject: those whose postcards begin where the source is attached. */
export function tracedOf(subject: Subject, step: number, view: RunView): readonly Trace[] {
  return view.packets(step, subject.flow.id, subject.plane).filter((trace) => view.path(trace).traced);
}

/** The last tenth of so many packets of a probe, at least one: "the end of the probe". */
export function lastTenth(packets: number): number {
  return Math.max(1, Math.floor(packets / 10));
}

/** How many packets of a flow that is no probe are "the end of the step". */
const LAST_OF_FLOW = 10;

/**
 * The traced packets of the end of the step, those under way left out: of a probe those sent in its last tenth
 * (while it goes on, of what was sent so far), of another flow the last ten.
 */
export function lastTracedOf(subject: Subject, step: number, view: RunView): readonly Trace[] {
  const traced = tracedOf(subject, step, view).filter((trace) => !view.isUnderWay(trace));
  if (!subject.isProbe) return traced.slice(-LAST_OF_FLOW);
  const probe = probesOf(subject, step, view).at(-1);
  if (probe === undefined) return traced.slice(-lastTenth(traced.length));
  const sinceNs = probe.sentNs.at(-lastTenth(probe.sentNs.length));
  return sinceNs === undefined ? [] : traced.filter((trace) => trace.startNs >= sinceNs);
}
