/** Our routers on an experiment's network, in any backend: from nothing until all is removed again. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { formatConfig } from '../../src/config/writer.ts';
import { askAll } from '../../src/runner/ask.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import { type Backend, type Lab, LabError } from '../../src/runner/lab.ts';
import { converge } from '../../src/runner/steps/converge.ts';
import { MILLISECOND } from '../../src/world/clock.ts';
import { idleUsage, LIMIT_MS, type Phases, prefixesToLearn, untilComplete } from './converging.ts';
import { benchFolder } from './network.ts';
import { routersOf, uptimeS, usageOf } from './usage.ts';

const PLANES = ['real', 'shadow'] as const;

export async function measureOurs(
  backend: Backend,
  experiment: Experiment,
  signal: AbortSignal,
): Promise<Phases> {
  const folder = benchFolder();
  const routers = experiment.configs.map(({ router }) => router);
  const beganMs = performance.now();
  const since = (ms: number): number => (performance.now() - ms) / 1000;
  let lab: Lab | undefined;
  try {
    const id = randomBytes(4).toString('hex');
    const made = await backend.deploy(experiment, { signal, log: () => {}, folder, id });
    lab = made;
    const deployed = since(beganMs);
    const processes = routersOf(id);
    const firstS = Math.min(...processes.map(({ startedS }) => startedS));

    await load(made, experiment);
    const pass = (ms: number): Promise<boolean> =>
      made.runUntil(() => false, made.clock.now() + ms * MILLISECOND);
    await untilComplete(routers, (asked) => lacking(made, asked, prefixesToLearn(experiment)), pass);
    const complete = since(beganMs);
    const daemons = uptimeS() - firstS;

    await converge({ lab: made, experiment }, LIMIT_MS * MILLISECOND);
    const judged = since(beganMs);
    const router = await idleUsage(routers.length, () => processes.map(({ pid }) => usageOf(pid)), pass);

    const endMs = performance.now();
    await made.destroy();
    lab = undefined;
    return { deployed, complete, judged, daemons, destroyed: since(endMs), router };
  } finally {
    await lab?.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Both planes, as a run begins. */
async function load(lab: Lab, { configs }: Experiment): Promise<void> {
  const byRouter = new Map(configs.map((config) => [config.router, config]));
  for (const [index, plane] of PLANES.entries()) {
    await askAll<'load'>(lab, [...byRouter.keys()], (router) => {
      const config = byRouter.get(router)?.[plane];
      if (config === undefined) throw new LabError(`router ${router} has no configuration`);
      return { op: 'load', plane, config: formatConfig(config), tag: index + 1 };
    });
  }
}

/** Those that have not all their routes yet, in one plane or the other. */
async function lacking(
  lab: Lab,
  routers: readonly string[],
  wanted: ReadonlyMap<string, readonly string[]>,
): Promise<readonly string[]> {
  const left = new Set<string>();
  for (const plane of PLANES) {
    const answers = await askAll<'fib'>(lab, routers, () => ({ op: 'fib', plane }));
    for (const [router, { entries }] of answers) {
      const known = new Set(entries.map(({ prefix }) => prefix));
      if (!wanted.get(router)?.every((prefix) => known.has(prefix))) left.add(router);
    }
  }
  return [...left];
}
