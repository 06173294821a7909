/**
 * `probe`: packets from one host to another, every one of them traced. Where the step claims something
 * `within` a time, and it does not hold after the probe's packets yet, the probe goes on until it does or the
 * time is over: as a person would who tries again.
 */
import { MAX_PROBE_PACKETS } from '../../traffic/probe.ts';
import type { ProbeAction, StepExpectation } from '../experiment/resolved.ts';
import type { StepContext } from './context.ts';

/** A probe goes on by this part of its packets before the claims are looked at again. */
const PART = 10;

/** A probe on its way. */
export interface RunningProbe {
  /** Waits until it is done, and records it. */
  finish(): Promise<void>;
}

/** Starts sending; nothing is waited for. */
export function beginProbe(context: StepContext, action: ProbeAction): RunningProbe {
  const { lab, step, traffic } = context;
  const number = 1 + step.actions.filter(({ kind }) => kind === 'probe').indexOf(action);
  const probe = traffic.probe(action);
  let sent = false;
  const finished = (): void => {
    sent = true;
  };
  probe.start(finished);

  /** Waits for what is being sent, then for the last packets to arrive. */
  const record = async (count: number): Promise<void> => {
    await lab.runUntil(() => sent, lab.clock.now() + count * action.everyNs);
    await lab.runUntil(() => probe.complete, lab.clock.now() + traffic.graceNs);
    await context.postcards.collect();
    context.recorder.record({
      t: lab.clock.now(),
      fact: 'probe',
      step: step.number,
      probe: number,
      flow: action.flow,
      from: action.from,
      to: action.to,
      plane: action.plane,
      sinceNs: context.disturbedNs,
      ...probe.packets(),
    });
  };

  return {
    finish: async () => {
      await record(action.count);
      const timed = step.expectations.filter((claim) => withinOf(claim) > 0);
      const deadlineNs = context.disturbedNs + Math.max(0, ...timed.map(withinOf));
      const part = Math.max(1, Math.ceil(action.count / PART));
      let left = MAX_PROBE_PACKETS - action.count;
      while ((probe.packets().sentNs.at(-1) ?? 0) < deadlineNs && left >= part && !context.holds(timed)) {
        sent = false;
        left -= part;
        probe.goOn(part, finished);
        await record(part);
      }
    },
  };
}

function withinOf({ expectation }: StepExpectation): number {
  return 'withinNs' in expectation ? (expectation.withinNs ?? 0) : 0;
}
