/** The kinds of step, one file each, and how a step goes. */

import type { Action } from '../experiment/resolved.ts';
import { LabError } from '../lab.ts';
import { change } from './change.ts';
import { commit } from './commit.ts';
import type { StepContext } from './context.ts';
import { converge } from './converge.ts';
import { fail, restore } from './fail.ts';
import { probe } from './probe.ts';

/** Steps that touch what forwards packets: while they last every packet is traced, not only each n-th. */
const DISTURBING: readonly Action['kind'][] = ['fail', 'restore', 'change', 'commit', 'rollback'];

/**
 * Carries out a step's actions in the order of the page and records what became of the traffic meanwhile.
 * Returns why, where the lab could not do what was asked. Traffic starts after the first `converge`, or with
 * the first action that is none.
 */
export async function runStep(context: StepContext): Promise<string | undefined> {
  const { lab, recorder, traffic, step } = context;
  const traced = step.actions.some(({ kind }) => DISTURBING.includes(kind));
  traffic.mark();
  const fromNs = lab.clock.now();
  recorder.record({ t: fromNs, fact: 'step-started', step: step.number });
  if (traced) traffic.traceAll(true);
  let error: string | undefined;
  try {
    for (const action of step.actions) {
      if (action.kind !== 'converge') traffic.start();
      await act(context, action);
      traffic.start();
    }
  } catch (caught) {
    if (!(caught instanceof LabError)) throw caught;
    error = caught.message;
  }
  traffic.mark();
  const toNs = lab.clock.now();
  if (traced) traffic.traceAll(false);
  await lab.runUntil(() => false, toNs + traffic.graceNs);
  await context.postcards.collect();
  for (const window of traffic.windows(step.number, fromNs, toNs)) recorder.record(window);
  return error;
}

function act(context: StepContext, action: Action): Promise<unknown> {
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
    case 'probe':
      return probe(context, action);
    case 'commit':
    case 'rollback':
      return commit(context, action.kind, action.withinNs, action.phaseLimitNs);
  }
}
