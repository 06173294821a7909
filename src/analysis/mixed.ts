/**
 * Mixed packets: some routers forwarded the packet by one configuration of its plane, others by another.
 *
 * Two witnesses, either of which is enough:
 *
 * Tags. Where one tag names a plane's configuration on every router, a packet whose postcards carry more than
 * one is mixed. A `change` of the plane ends that: routers are loaded one after the other, each with the new tag
 * or none, so tags tell nothing in that plane until a commit has given all routers the same ones. In a step with
 * a commit, a packet is mixed if its postcards carry both of the commit's tags.
 *
 * Behaviour. In a step in which something is changed, failed or restored in the plane, or FIBs change (and nothing
 * is committed: there tags tell), each hop is held against the FIBs recorded at the end of the step before and
 * at the end of the step: did the router do with the packet what that FIB says, by longest prefix match, any
 * member of an ECMP group? A packet is mixed if not all of its hops agree with one of the two. A packet under
 * way across steps may agree with the end of any of them. A router without a recorded FIB agrees with everything.
 * So packets that were forwarded by an intermediate state, however consistent, count: that state is what a
 * network makes of two configurations.
 */
import { agrees } from './fib.ts';
import type { Trace } from './paths.ts';
import type { RunView } from './view.ts';

export function isMixed(trace: Trace, view: RunView): boolean {
  const steps = stepsOf(trace, view);
  return mixedByTags(trace, steps, view) || mixedByBehaviour(trace, steps, view);
}

/** First and last step during which routers forwarded the packet. */
interface Steps {
  readonly first: number;
  readonly last: number;
}

function stepsOf(trace: Trace, view: RunView): Steps {
  return { first: trace.step, last: Math.max(trace.step, view.stepAt(trace.endNs)) };
}

function mixedByTags(trace: Trace, steps: Steps, view: RunView): boolean {
  const { tags } = view.path(trace);
  if (tags.length < 2) return false;
  const commits = view.commitsUntil(steps.last);
  const during = commits.filter((commit) => commit.step >= steps.first);
  if (during.length > 0) {
    return during.some((commit) => tags.includes(commit.oldTag) && tags.includes(commit.newTag));
  }
  const uniformSinceNs = commits.findLast((commit) => commit.outcome === 'committed')?.t ?? 0;
  return !view
    .changesUntil(steps.last)
    .some((change) => change.plane === trace.plane && change.t >= uniformSinceNs);
}

function mixedByBehaviour(trace: Trace, steps: Steps, view: RunView): boolean {
  if (trace.hops.length < 2 || !isUnsettled(trace, steps, view)) return false;
  const flow = view.network.flows.get(trace.flow);
  const destination = flow === undefined ? undefined : view.network.addressOf(flow.to);
  if (destination === undefined) return false;
  for (let step = steps.first - 1; step <= steps.last; step++) {
    const followed = trace.hops.every((hop) => {
      const fib = view.fib(step, hop.router, trace.plane);
      return fib === undefined || agrees(hop, fib, destination);
    });
    if (followed) return false;
  }
  return true;
}

/** Did something change in the packet's plane during the steps, which have all ended, without a commit? */
function isUnsettled(trace: Trace, steps: Steps, view: RunView): boolean {
  let disturbed = false;
  for (let number = steps.first; number <= steps.last; number++) {
    const step = view.step(number);
    if (step === undefined) continue;
    if (step.toNs === undefined || step.commit !== undefined || step.progress.length > 0) return false;
    disturbed ||=
      view.fibsChangedIn(number, trace.plane) ||
      step.changes.some((change) => change.plane === trace.plane) ||
      step.failures.some((failure) => failure.plane === trace.plane || failure.plane === 'both');
  }
  return disturbed;
}
