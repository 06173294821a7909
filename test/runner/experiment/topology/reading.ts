/** What the tests of topologies share: reading a text, and its problems as they are printed. */
import { existsSync } from 'node:fs';
import { formatProblem, type Problem } from '../../../../src/runner/experiment/problem.ts';
import { SourceText } from '../../../../src/runner/experiment/source-text.ts';
import type { Assembled } from '../../../../src/runner/experiment/topology/assemble.ts';
import { resolveTopologyText } from '../../../../src/runner/experiment/topology/topology.ts';

/** Other people's data, which is not part of the repository; tests that need it are skipped without it. */
export const DATA = new URL('../../../../../shared/data/', import.meta.url);
export const hasData = existsSync(DATA);

export function print(problems: readonly Problem[]): readonly string[] {
  return problems.map(formatProblem);
}

/** First lines only. */
export function sentences(problems: readonly Problem[]): readonly string[] {
  return print(problems).map((text) => text.split('\n', 1)[0]);
}

/** The topology of a text that has nothing wrong with it. */
export function resolved(file: string, text: string): Assembled {
  const { resolved, problems } = resolveTopologyText(new SourceText(file, text));
  if (resolved === undefined) throw new Error(print(problems).join('\n'));
  return resolved;
}

export function problemsOf(file: string, text: string): readonly string[] {
  return sentences(resolveTopologyText(new SourceText(file, text)).problems);
}
