/** What a command itself said of why it failed: the end of its error output, or of its output where it has none. */
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';

const LINES = 3;
const LONGEST_LINE = 200;

export function outputHints(step: number, view: RunView): readonly Hint[] {
  const outcome = view.step(step)?.command?.outcome;
  if (outcome === undefined) return [];
  const of = outcome.stderr.trim() === '' ? 'stdout' : 'stderr';
  const lines = outcome[of].split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-LINES).map((line) => ({ text: `${of}: ${line.trim().slice(0, LONGEST_LINE)}` }));
}
