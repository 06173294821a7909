/** What a run came to, less what differs where time is real: for runs of one experiment in several backends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../../src/analysis/result.ts';
import { PLANES, viewOf } from '../../src/analysis/view.ts';
import type { Plane } from '../../src/net/wire.ts';
import { readFacts } from '../../src/runner/results/reports.ts';

/** In lines, so that what differs can be shown. */
export interface Outcome {
  /** `16.2 pass: lost: 0` */
  readonly verdicts: readonly string[];
  /** The way that the last packet of each probe took. */
  readonly paths: readonly string[];
  /**
   * Every entry of every router's FIB, in both planes, at the end of every step, but in a plane that something was failed,
   * restored or changed in since it last converged: how far routers are on the way is a matter of when one looks.
   */
  readonly fibs: readonly string[];
  /** Lost and mixed packets of each commit, by plane. */
  readonly commits: readonly string[];
}

/** What sets routing going, or waits until it has come to rest. */
const MOVES: ReadonlySet<string> = new Set(['fail', 'restore', 'change', 'converge']);

/** Of the run whose folder this is. */
export async function outcomeOf(folder: string): Promise<Outcome> {
  const result: Result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
  const facts = await readFacts(folder);
  const view = viewOf(facts);

  const paths: string[] = [];
  const fibs: string[] = [];
  /** Routers' FIBs are recorded where they changed. */
  const now = new Map<string, { readonly plane: Plane; readonly lines: readonly string[] }>();
  const converging = new Set<Plane>(PLANES);
  for (const fact of facts) {
    if (fact.fact === 'fib') {
      const { router, plane } = fact;
      const lines = fact.entries.map((entry) => `${router} ${plane} ${JSON.stringify(entry)}`);
      now.set(`${router} ${plane}`, { plane, lines });
    } else if (fact.fact === 'failed' || fact.fact === 'restored' || fact.fact === 'config-changed') {
      for (const plane of PLANES) if (fact.plane === plane || fact.plane === 'both') converging.add(plane);
    } else if (fact.fact === 'step-finished') {
      if (view.plan(fact.step)?.actions.findLast((action) => MOVES.has(action)) === 'converge')
        converging.clear();
      const settled = [...now.values()].filter(({ plane }) => !converging.has(plane));
      fibs.push(...settled.flatMap(({ lines }) => lines.map((line) => `step ${fact.step}: ${line}`)));
      for (const { flow, plane, probe } of view.step(fact.step)?.probes ?? []) {
        const last = view.packets(fact.step, flow, plane).at(-1);
        const { routers, arrived } = last === undefined ? { routers: [], arrived: false } : view.path(last);
        const way = `${routers.join(' → ')}${arrived ? '' : ', lost'}`;
        paths.push(`step ${fact.step}, probe ${probe}: ${way}`);
      }
    }
  }
  return {
    verdicts: result.steps.flatMap(({ expectations }) =>
      expectations.map(({ id, verdict, expected }) => `${id} ${verdict}: ${expected}`),
    ),
    paths,
    fibs,
    commits: result.steps.flatMap(({ number, commit, traffic }) => {
      if (commit === undefined) return [];
      return traffic.map(
        ({ plane, lost, mixed }) =>
          `step ${number}, ${commit.outcome}, ${plane}: ${lost} lost, ${mixed} mixed`,
      );
    }),
  };
}

/** Lines that only one of the two has. */
export function differences(a: readonly string[], b: readonly string[]): readonly string[] {
  const [inA, inB] = [new Set(a), new Set(b)];
  return [
    ...a.filter((line) => !inB.has(line)).map((line) => `only the first: ${line}`),
    ...b.filter((line) => !inA.has(line)).map((line) => `only the second: ${line}`),
  ];
}
