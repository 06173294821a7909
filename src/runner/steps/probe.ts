/**
 * `probe`: packets from one host to another, every one of them traced. It goes on where the step's claims have time
 * to come true (timed-claims.ts).
 */
import { MAX_PROBE_PACKETS } from '../../traffic/probe.ts';
import type { ProbeAction } from '../experiment/resolved.ts';
import type { StepContext } from './context.ts';
import { partOf, timedClaims } from './timed-claims.ts';

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
      const { claims, deadlineNs } = timedClaims(context);
      const part = partOf(action.count);
      let left = MAX_PROBE_PACKETS - action.count;
      while ((probe.packets().sentNs.at(-1) ?? 0) < deadlineNs && left >= part && !context.holds(claims)) {
        sent = false;
        left -= part;
        probe.goOn(part, finished);
        await record(part);
      }
    },
  };
}
