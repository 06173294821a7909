/**
 * What is measured of a lab of routers, and when it counts as reached, the same for ours and for FRR's:
 *
 *   deployed    machines and wires are there, every daemon answers
 *   complete    every router has a route in its FIB to every prefix of the network that is not its own; of ours, in
 *               both planes
 *   judged      what the runner's `converge` waits for: nothing has changed for so long that nothing can be held back
 *   destroyed   nothing of it is left
 */
import { setTimeout } from 'node:timers/promises';
import { formatPrefix, prefixOf } from '../../src/net/address.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import type { Usage } from './usage.ts';

/** Seconds. */
export interface Phases {
  /** These three since the first thing was made. */
  readonly deployed: number;
  readonly complete: number;
  readonly judged: number;
  /** From the start of the first daemon until complete. */
  readonly daemons: number;
  /** How long destroying took. */
  readonly destroyed: number;
  /** Of one router: its daemon, or daemons, on the average of all; the processor's share while nothing happens. */
  readonly router: Pick<Usage, 'residentMb' | 'privateMb'> & { readonly idleShare: number };
}

/** Between two looks at the routers that have not all routes yet. */
export const LOOK_MS = 100;
/** Adjacencies that come up on two busy cores; an experiment would have stopped long before. */
export const LIMIT_MS = 120_000;
/** Long enough for a share of processor time that is told in hundredths of a second. */
const IDLE_MS = 5000;

/** By router, the prefixes that it has to learn. */
export function prefixesToLearn({ configs }: Experiment): ReadonlyMap<string, readonly string[]> {
  const own = configs.map(({ router, real }) => ({
    router,
    prefixes: real.interfaces.flatMap(({ addresses }) =>
      addresses.map(({ address, length }) => formatPrefix(prefixOf(address, length))),
    ),
  }));
  const all = new Set(own.flatMap(({ prefixes }) => prefixes));
  return new Map(
    own.map(({ router, prefixes }) => [router, [...all].filter((prefix) => !prefixes.includes(prefix))]),
  );
}

/** Asks the routers that lack routes, as `lacking` tells, until there is none. Rejects where it takes longer than LIMIT_MS. */
export async function untilComplete(
  routers: readonly string[],
  lacking: (routers: readonly string[]) => Promise<readonly string[]>,
  pass: (ms: number) => Promise<unknown>,
): Promise<void> {
  const limitMs = performance.now() + LIMIT_MS;
  for (let left = await lacking(routers); left.length > 0; left = await lacking(left)) {
    if (performance.now() > limitMs) {
      throw new Error(`no complete FIB after ${LIMIT_MS / 1000} s: ${left.join(', ')}`);
    }
    await pass(LOOK_MS);
  }
}

/** What `routers` routers take together, when nothing happens. `look` reads the usage of all their processes. */
export async function idleUsage(
  routers: number,
  look: () => readonly Usage[],
  pass: (ms: number) => Promise<unknown> = (ms) => setTimeout(ms),
): Promise<Phases['router']> {
  const sum = (usages: readonly Usage[], of: keyof Usage): number =>
    usages.reduce((total, usage) => total + usage[of], 0) / routers;
  const [before, fromMs] = [look(), performance.now()];
  await pass(IDLE_MS);
  const [after, toMs] = [look(), performance.now()];
  return {
    residentMb: sum(after, 'residentMb'),
    privateMb: sum(after, 'privateMb'),
    idleShare: ((sum(after, 'cpuSeconds') - sum(before, 'cpuSeconds')) * 1000) / (toMs - fromMs),
  };
}
