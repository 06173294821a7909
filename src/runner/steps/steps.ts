/** The kinds of step, one file each, and how a step goes. */
import { SECOND, type TimeNs } from '../../world/clock.ts';
import type { Action, CommitAction, ProbeAction } from '../experiment/resolved.ts';
import { LabError } from '../lab.ts';
import { change } from './change.ts';
import { commit } from './commit.ts';
import type { StepContext } from './context.ts';
import { converge } from './converge.ts';
import { exec } from './exec.ts';
import { fail, restore } from './fail.ts';
import { iperf } from './iperf.ts';
import { ping } from './ping.ts';
import { beginProbe } from './probe.ts';

/** Where configurations change under packets every packet is traced, not only each n-th, and so long after. */
const TRACED: readonly Action['kind'][] = ['change', 'commit', 'rollback'];
const TRACED_AFTER_NS = SECOND;
/** What changes nothing about how packets are forwarded. */
const CALM: readonly Action['kind'][] = ['converge', 'wait', 'ping', 'exec', 'iperf'];
/** A commit's step goes on for so long after it. */
const WATCHED_AFTER_NS = SECOND;

export interface StepEnd {
  /** When the step was over; what is later belongs to no step. */
  readonly toNs: TimeNs;
  /** Why the lab could not do what was asked. */
  readonly error?: string;
}

/**
 * Carries out a step's actions in the order of the page and records what became of the traffic meanwhile. A
 * probe that stands right behind a failure, change or commit is on its way already when that happens, so that
 * it sees it. Traffic starts after the first `converge`, or with the first action that is none.
 */
export async function runStep(context: StepContext): Promise<StepEnd> {
  const { lab, recorder, traffic, step } = context;
  traffic.mark();
  const fromNs = lab.clock.now();
  recorder.record({ t: fromNs, fact: 'step-started', step: step.number });
  const failure = await failureOf(() => runActions(context));
  traffic.mark();
  const toNs = lab.clock.now();
  // A lab that is lost does neither; what its hosts have seen is recorded all the same.
  const loss = await failureOf(async () => {
    await lab.runUntil(() => false, toNs + traffic.graceNs);
    await context.postcards.collect();
  });
  const error = failure ?? loss;
  for (const window of traffic.windows(step.number, fromNs, toNs)) recorder.record(window);
  for (const window of traffic.streamWindows(step.number, fromNs, toNs)) recorder.record(window);
  for (const window of traffic.tcpWindows(step.number, fromNs, toNs)) recorder.record(window);
  return error === undefined ? { toNs } : { toNs, error };
}

/** Why the lab could not do it; undefined where it could. */
export async function failureOf(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
}

async function runActions(context: StepContext): Promise<void> {
  const { traffic, peers, step } = context;
  const start = (): void => {
    traffic.start();
    peers.start();
  };
  for (let index = 0; index < step.actions.length; index++) {
    const action = step.actions[index];
    if (action.kind !== 'converge') start();
    if (action.kind === 'probe') {
      await beginProbe(context, action).finish();
    } else if (CALM.includes(action.kind)) {
      await act(context, action);
    } else {
      const next = step.actions[index + 1];
      await disturb(context, action, next?.kind === 'probe' ? next : undefined);
      if (next?.kind === 'probe') index++;
    }
    start();
  }
}

/** Does what changes how packets are forwarded, with a probe on its way. */
async function disturb(
  context: StepContext,
  action: Exclude<Action, ProbeAction>,
  probe: ProbeAction | undefined,
): Promise<void> {
  const { traffic } = context;
  const traced = TRACED.includes(action.kind);
  if (traced) traffic.traceAll();
  const running = probe === undefined ? undefined : beginProbe(context, probe);
  await act(context, action);
  if (traced) traffic.traceLessAfter(TRACED_AFTER_NS);
  await running?.finish();
}

function act(context: StepContext, action: Exclude<Action, ProbeAction>): Promise<unknown> {
  switch (action.kind) {
    case 'converge':
      return converge(context, action.withinNs);
    case 'wait':
      return context.lab.runUntil(() => false, context.lab.clock.now() + action.forNs);
    case 'fail':
      return fail(context, action.target, action.plane);
    case 'restore':
      return restore(context, action.target, action.plane);
    case 'change':
      return change(context, action.plane, action.routers, action.everyNs);
    case 'ping':
      return ping(context, action);
    case 'exec':
      return exec(context, action);
    case 'iperf':
      return iperf(context, action);
    case 'commit':
    case 'rollback':
      return commitAndWatch(context, action);
  }
}

/** A commit is over in a fraction of a second: what it did to packets is watched a little longer. */
async function commitAndWatch(context: StepContext, action: CommitAction): Promise<void> {
  await commit(context, action.kind, action.withinNs, action.phaseLimitNs);
  await context.lab.runUntil(() => false, context.lab.clock.now() + WATCHED_AFTER_NS);
}
