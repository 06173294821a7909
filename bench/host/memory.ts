/** What a router daemon takes when it does nothing, and what of that Node itself takes. */
import { rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { type Figure, median } from '../figure.ts';
import type { Circumstances } from './circumstances.ts';
import { startDaemon } from './daemon.ts';
import { BenchNetwork, benchFolder } from './network.ts';
import type { Usage } from './usage.ts';
import { ROUTER_CORE, routeByOurs, wireWay } from './ways.ts';

/** What is given back after the start is given back by then. */
const SETTLE_MS = 4000;

export async function measureMemory({ rounds, signal }: Circumstances): Promise<readonly Figure[]> {
  const results: { readonly node: Usage; readonly daemon: Usage }[] = [];
  for (let round = 0; round < rounds; round++) results.push(await measure(signal));
  const figures = (name: string, of: 'node' | 'daemon'): readonly [Figure, Figure] => [
    { name: `${name}: resident`, value: median(results.map((result) => result[of].residentMb)), unit: 'MB' },
    {
      name: `${name}: of it private`,
      value: median(results.map((result) => result[of].privateMb)),
      unit: 'MB',
    },
  ];
  const [resident, own] = figures('a daemon with two ports', 'daemon');
  return [...figures('Node alone', 'node'), { ...resident, goal: { atMost: 70 } }, own];
}

async function measure(signal: AbortSignal): Promise<{ readonly node: Usage; readonly daemon: Usage }> {
  const network = new BenchNetwork();
  const folder = benchFolder();
  try {
    const [g, r, s] = await network.namespaces(['g', 'r', 's']);
    wireWay(g, r, s);
    routeByOurs(r);
    const node = network.start(g, [
      'taskset',
      '-c',
      String(ROUTER_CORE),
      process.execPath,
      '-e',
      'setInterval(() => {}, 1e6)',
    ]);
    const daemon = await startDaemon(network, r, folder);
    await setTimeout(SETTLE_MS, undefined, { signal });
    return { node: node.usage(), daemon: daemon.usage() };
  } finally {
    network.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}
