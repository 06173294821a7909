/** `exec`: a command on a host. One in the foreground is waited for; one in the background goes on (background.ts). */
import { factOf, type Started } from '../background.ts';
import type { ExecAction } from '../experiment/resolved.ts';
import { runProgram } from '../program.ts';
import type { StepContext } from './context.ts';

export async function exec(context: StepContext, action: ExecAction): Promise<void> {
  const { lab, recorder, step, background } = context;
  const { host, words, command, withinNs } = action;
  const startedNs = lab.clock.now();
  const started: Started = { step: step.number, host, command, background: action.background, startedNs };
  if (action.background) return background.start(started, words);
  const outcome = await runProgram(lab, host, words, withinNs);
  recorder.record(factOf(started, lab.clock.now(), outcome, outcome.isTimedOut ? 'late' : 'itself'));
}
