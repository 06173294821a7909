/** `commit` and `rollback`: both swap real and shadow, by the same transaction. */
import { MILLISECOND, type TimeNs } from '../../world/clock.ts';
import { commit as coordinate, type Outcome } from '../commit/coordinator.ts';
import type { Topology } from '../experiment/resolved.ts';
import { LabError } from '../lab.ts';
import { type RunMemory, routerNames, type StepContext } from './context.ts';

/** Added to what a packet needs from one router to the next: processing. */
const HOP_MARGIN_NS = MILLISECOND;
/** Ethernet header and labels. */
const LONGEST_HEADERS = 64;

export async function commit(
  context: StepContext,
  kind: 'commit' | 'rollback',
  withinNs: TimeNs,
  phaseLimitNs: TimeNs,
): Promise<void> {
  const { lab, experiment, memory, recorder, step } = context;
  refuseAfterSurprise(memory);
  const { real: oldTag, shadow: newTag } = memory.tags;
  const { delayNs, jitterNs } = experiment.management;
  const hopTimeNs = wireTime(experiment.topology) + lab.marginNs;
  let outcome: Outcome | undefined;
  coordinate(
    lab.clock,
    (router, request, answered) => lab.routers.get(router)?.ask(request, answered),
    {
      routers: routerNames(experiment),
      oldTag,
      newTag,
      phaseLimitNs,
      withinNs,
      hopTimeNs,
      repeatNs: 4 * (delayNs + jitterNs) + 100 * MILLISECOND,
    },
    {
      progress: ({ atNs, ...report }) =>
        recorder.record({ t: atNs, fact: 'commit-progress', step: step.number, kind, ...report }),
      done: (result) => {
        outcome = result;
      },
    },
  );
  // The coordinator ends by itself: every phase, and the way back, has its limit.
  const given = (): Outcome | undefined => outcome;
  await lab.runUntil(
    () => given() !== undefined,
    lab.clock.now() + 2 * withinNs + 12 * phaseLimitNs + 4 * hopTimeNs,
  );
  const result = given();
  if (result === undefined) throw new LabError(`the ${kind} came to no end`);
  if (result.outcome === 'committed') memory.tags = { real: newTag, shadow: oldTag };
  const awaited = step.expectations.some(({ expectation }) => expectation.kind === 'aborted');
  if (awaited !== (result.outcome === 'aborted')) memory.surprise = step.number;
  recorder.record({
    t: lab.clock.now(),
    fact: 'commit',
    step: step.number,
    kind,
    outcome: result.outcome,
    oldTag,
    newTag,
    startedNs: result.startedNs,
    phases: result.phases,
    ...(result.reason !== undefined && { reason: result.reason }),
  });
}

/**
 * What stands in the file behind a commit was written for the state that it was meant to leave. LabError where it
 * ended otherwise: to go on would change, commit or roll back something else than what was meant.
 */
export function refuseAfterSurprise({ surprise }: RunMemory): void {
  if (surprise === undefined) return;
  throw new LabError(
    `the commit of step ${surprise} did not end as the experiment expects; nothing is changed after that`,
  );
}

/** The longest time that a frame can spend from one router to the next once it has left its queue. */
export function wireTime(topology: Topology): TimeNs {
  const times = topology.links.map(({ mtu, rateBps, delayNs, jitterNs }) => {
    return ((mtu + LONGEST_HEADERS) * 8e9) / rateBps + delayNs + jitterNs;
  });
  return Math.ceil(times.reduce((longest, time) => Math.max(longest, time), 0)) + HOP_MARGIN_NS;
}

/** The longest time that a packet can spend from one router to the next: both planes' queues full in front of it, and the wire. */
export function hopTime(topology: Topology): TimeNs {
  const times = topology.links.map(({ queueBytes, mtu, rateBps, delayNs, jitterNs }) => {
    return ((2 * queueBytes + 2 * mtu) * 8e9) / rateBps + delayNs + jitterNs;
  });
  return Math.ceil(times.reduce((longest, time) => Math.max(longest, time), 0)) + HOP_MARGIN_NS;
}
