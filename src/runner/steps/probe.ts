/**
 * `probe`: packets from one host to another, every one of them traced. Where the step claims something
 * `within` a time, and it does not hold after the probe's packets yet, the probe goes on until it does or the
 * time is over: as a person would who tries again.
 */
import type { ProbeAction } from '../experiment/resolved.ts';
import type { StepContext } from './context.ts';

/** A probe goes on by this share of its packets before the claims are looked at again. */
const PART = 10;

export async function probe(context: StepContext, action: ProbeAction): Promise<void> {
  const { lab, step, traffic } = context;
  const timed = step.expectations.filter(({ expectation }) => withinOf(expectation) > 0);
  const withinNs = timed.reduce((longest, { expectation }) => Math.max(longest, withinOf(expectation)), 0);
  const deadlineNs = context.disturbedNs + withinNs;
  const number = 1 + step.actions.filter(({ kind }) => kind === 'probe').indexOf(action);
  const sending = traffic.probe(action);

  const send = async (count: number, begin: (finished: () => void) => void): Promise<void> => {
    let sent = false;
    begin(() => {
      sent = true;
    });
    await lab.runUntil(() => sent, lab.clock.now() + count * action.everyNs);
    await lab.runUntil(() => sending.complete, lab.clock.now() + traffic.graceNs);
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
      ...sending.packets(),
    });
  };

  await send(action.count, (finished) => sending.start(finished));
  const part = Math.max(1, Math.ceil(action.count / PART));
  while (lab.clock.now() < deadlineNs && !context.holds(timed)) {
    await send(part, (finished) => sending.goOn(part, finished));
  }
}

function withinOf(expectation: StepContext['step']['expectations'][number]['expectation']): number {
  return 'withinNs' in expectation ? (expectation.withinNs ?? 0) : 0;
}
