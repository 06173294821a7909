/**
 * Which of what is found on this machine may be removed. A run's own record (daemons/runs.ts) says whether its runner
 * lives and whether its lab was left up on purpose; what nobody says anything about may be the lab of a runner in a
 * container, or on another machine with the same Docker engine, so it is left alone until somebody names it.
 */
import { type FoundRun, isAlive, listRuns, removeRun, runFolder } from './daemons/runs.ts';
import type { Leftover } from './leftover.ts';

/** What is meant to be removed: one run, whatever became of it; or what killed runs left, or that and all else. */
export type Choice = { readonly run: string } | 'killed' | 'all';

export interface Spared {
  readonly run: string;
  /** In words: why, and what removes it. */
  readonly why: string;
}

export interface Cleaning {
  /** In the order in which it has to go. */
  readonly remove: readonly Leftover[];
  readonly spared: readonly Spared[];
}

/** The folders of runs, with sockets and start-up files in them. */
export function folders(root?: string): readonly Leftover[] {
  return listRuns(root).map(({ id }) => {
    const what = `folder ${runFolder(id, root)}`;
    return { run: id, what, remove: async () => removeRun(id, root) };
  });
}

export function choose(
  found: readonly Leftover[],
  runs: readonly FoundRun[],
  choice: Choice,
  lives: typeof isAlive = isAlive,
): Cleaning {
  const recordOf = new Map(runs.map(({ id, run }) => [id, run]));
  const reasons = new Map<string, string | undefined>();
  for (const { run } of found) {
    if (run !== undefined && !reasons.has(run))
      reasons.set(run, whySpared(run, recordOf.get(run), choice, lives));
  }
  return {
    remove: found.filter(
      ({ run }) => isMeant(run, choice) && (run === undefined || reasons.get(run) === undefined),
    ),
    spared: [...reasons].flatMap(([run, why]) => (why === undefined ? [] : [{ run, why }])),
  };
}

function isMeant(run: Leftover['run'], choice: Choice): boolean {
  return typeof choice === 'string' || choice.run === run;
}

function whySpared(
  id: string,
  record: FoundRun['run'],
  choice: Choice,
  lives: typeof isAlive,
): string | undefined {
  if (typeof choice !== 'string') return undefined;
  const remedy = `shadowlab clean --run ${id} removes it`;
  if (record === undefined) {
    return choice === 'all' ? undefined : `nothing on this machine says whether it goes on (${remedy})`;
  }
  const which = `${record.experiment} on ${record.backend}`;
  if (!record.kept && lives(record)) return `${which} goes on, as process ${record.pid}`;
  return record.kept && choice === 'killed' ? `${which} was left up on purpose (${remedy})` : undefined;
}
