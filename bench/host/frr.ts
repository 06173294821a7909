/** FRR on an experiment's network, a namespace a router: from nothing until all is removed again. */
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { formatConfig } from '../../src/config/writer.ts';
import { setKernel } from '../../src/runner/backends/daemons/namespace.ts';
import { planLab } from '../../src/runner/backends/daemons/plan.ts';
import { makeWires, setUpMachine } from '../../src/runner/backends/daemons/set-up.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import { quietTime } from '../../src/runner/steps/converge.ts';
import { MILLISECOND } from '../../src/world/clock.ts';
import { askFrr, type FrrDaemon, frrCommand, logOf } from '../../test/host/interop/frr-daemons.ts';
import { idleUsage, LIMIT_MS, LOOK_MS, type Phases, prefixesToLearn, untilComplete } from './converging.ts';
import { BenchNetwork, benchFolder, pathOf, type Running } from './network.ts';

/** By prefix, what zebra wrote into the kernel's FIB. */
type Routes = ReadonlyMap<string, string>;

export async function measureFrr(experiment: Experiment, signal: AbortSignal): Promise<Phases> {
  const network = new BenchNetwork();
  const folder = benchFolder();
  // FRR's user has to come through.
  chmodSync(folder, 0o755);
  const pass = (ms: number): Promise<void> => setTimeout(ms, undefined, { signal });
  const beganMs = performance.now();
  const since = (ms: number): number => (performance.now() - ms) / 1000;
  try {
    const { machines, wires } = planLab(experiment, 0);
    const names = await network.namespaces(machines.map(({ name }) => name));
    const namespaces = new Map(machines.map(({ name }, index) => [name, names[index]]));
    const namespaceOf = (machine: string): string => namespaces.get(machine) ?? machine;
    await makeWires(wires, (machine) => pathOf(namespaceOf(machine)));
    for (const machine of machines) {
      const path = pathOf(namespaceOf(machine.name));
      await setUpMachine(path, machine);
      if (machine.kind === 'router') setKernel(path, { 'ipv4/ip_forward': 1 });
    }

    const daemonsMs = performance.now();
    const routers = experiment.configs.map(({ router }) => router);
    const folderOf = (router: string): string => join(folder, router);
    const running = new Map<string, Running>();
    // ospfd tries zebra only now and then, so zebra is first, as FRR's own start-up has it.
    for (const daemon of ['zebra', 'ospfd'] as const) {
      for (const { router, real } of experiment.configs) {
        const config = formatConfig(real);
        const words = frrCommand(folderOf(router), daemon, config);
        // What it says of a kernel without MPLS it would say once a router.
        running.set(`${daemon} ${router}`, network.start(namespaceOf(router), words, 'ignore'));
      }
      for (const router of routers) {
        const isUp = (): boolean => running.get(`${daemon} ${router}`)?.hasEnded === false;
        await untilAnswering(folderOf(router), daemon, isUp, pass);
      }
    }
    const deployed = since(beganMs);

    const wanted = prefixesToLearn(experiment);
    const lacking = async (asked: readonly string[]): Promise<readonly string[]> => {
      const routes = await Promise.all(asked.map((router) => routesOf(folderOf(router))));
      return asked.filter(
        (router, index) => !wanted.get(router)?.every((prefix) => routes[index].has(prefix)),
      );
    };
    await untilComplete(routers, lacking, pass);
    const complete = since(beganMs);
    const daemons = since(daemonsMs);

    await untilQuiet(routers.map(folderOf), quietTime(experiment) / MILLISECOND, pass);
    const judged = since(beganMs);
    const router = await idleUsage(
      routers.length,
      () => [...running.values()].map((each) => each.usage()),
      pass,
    );

    const endMs = performance.now();
    await Promise.all([...running.values()].map((each) => each.stop()));
    network.destroy();
    return { deployed, complete, judged, daemons, destroyed: since(endMs), router };
  } finally {
    network.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilAnswering(
  folder: string,
  daemon: FrrDaemon,
  isUp: () => boolean,
  pass: (ms: number) => Promise<void>,
): Promise<void> {
  for (const limitMs = performance.now() + LIMIT_MS; ; await pass(LOOK_MS / 10)) {
    try {
      await askFrr(folder, daemon, 'show version');
      return;
    } catch (error) {
      if (!isUp()) throw new Error(`${daemon} ended: ${readFileSync(logOf(folder, daemon), 'utf8')}`);
      if (performance.now() > limitMs) throw error;
    }
  }
}

async function routesOf(folder: string): Promise<Routes> {
  const answer: unknown = JSON.parse(await askFrr(folder, 'zebra', 'show ip route json'));
  // What FRR writes: a list of routes a prefix; `installed` ones are in the kernel.
  const routes = Object.entries(answer as Record<string, readonly FrrRoute[]>);
  return new Map(
    routes.flatMap(([prefix, all]) => {
      const route = all.find(({ selected, installed }) => selected === true && installed === true);
      return route === undefined ? [] : [[prefix, JSON.stringify([route.metric, route.nexthops])] as const];
    }),
  );
}

interface FrrRoute {
  readonly selected?: boolean;
  readonly installed?: boolean;
  readonly metric: number;
  readonly nexthops: unknown;
}

/** Until all routers' routes have been the same for so long: as the runner asks of ours. */
async function untilQuiet(
  folders: readonly string[],
  quietMs: number,
  pass: (ms: number) => Promise<void>,
): Promise<void> {
  const look = async (): Promise<string> =>
    JSON.stringify((await Promise.all(folders.map(routesOf))).map((routes) => [...routes].sort()));
  let [known, sinceMs] = [await look(), performance.now()];
  for (const limitMs = performance.now() + LIMIT_MS; performance.now() - sinceMs < quietMs; ) {
    await pass(2 * LOOK_MS);
    const now = await look();
    if (now !== known) [known, sinceMs] = [now, performance.now()];
    if (performance.now() > limitMs) throw new Error('FRR does not come to rest');
  }
}
