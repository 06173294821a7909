/**
 * How long whole routers take until OSPF, or IS-IS, has converged in both planes, and what that costs.
 *
 * Everything is there that a run has: the embedded backend, links that carry real frames, ARP, labels on what
 * the shadow plane sends, configurations loaded as text over the management network. The end is the end of a
 * `converge` step: no FIB and no neighbour has changed for a dead interval. So some of the time is spent on
 * watching a network at rest; `last change` tells when it came to rest.
 */

import { askAll } from '../src/runner/ask.ts';
import type { Link, Topology } from '../src/runner/experiment/resolved.ts';
import type { Assembled } from '../src/runner/experiment/topology/assemble.ts';
import type { Lab } from '../src/runner/lab.ts';
import { converge } from '../src/runner/steps/converge.ts';
import { SECOND } from '../src/world/clock.ts';
import type { Figure, Goal } from './figure.ts';
import { experimentOn, startLab } from './lab.ts';

const WITHIN_NS = 600 * SECOND;
const MEGABYTE = 1e6;

export interface ConvergenceGoals {
  readonly wallSeconds?: Goal;
  readonly peakMegabytes?: Goal;
}

/** Peak memory is the process's: measure one network in one process. */
export async function convergence(
  network: Assembled,
  goals: ConvergenceGoals = {},
): Promise<readonly Figure[]> {
  const experiment = experimentOn(network);
  const { topology } = network;
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const lab = await startLab(experiment);
  await converge({ lab, experiment }, WITHIN_NS);
  const wallSeconds = (performance.now() - startedMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const converged = await measureWork(lab);

  const link = redundantLink(topology);
  const failedNs = lab.clock.now();
  const failedMs = performance.now();
  await failInShadow(lab, link);
  await converge({ lab, experiment }, WITHIN_NS);
  const afterFailure = await measureWork(lab);
  const failureSeconds = (performance.now() - failedMs) / 1000;
  await lab.destroy();

  return [
    { name: 'routers', value: topology.routers.length, unit: '' },
    { name: 'links', value: topology.links.length, unit: '' },
    figure('both planes converged, wall clock', wallSeconds, 's', goals.wallSeconds),
    { name: 'processor time', value: (cpu.user + cpu.system) / 1e6, unit: 's' },
    figure('peak memory', peakBytes / MEGABYTE, 'MB', goals.peakMegabytes),
    { name: 'last change, virtual time', value: converged.lastChangeNs / SECOND, unit: 's' },
    { name: 'routing packets', value: converged.packets, unit: '' },
    { name: 'SPF runs', value: converged.spfRuns, unit: '' },
    { name: 'a link fails in the shadow: wall clock', value: failureSeconds, unit: 's' },
    {
      name: 'its last change, virtual time after it',
      value: (afterFailure.lastChangeNs - failedNs) / SECOND,
      unit: 's',
    },
    { name: 'its SPF runs', value: afterFailure.spfRuns - converged.spfRuns, unit: '' },
  ];
}

function figure(name: string, value: number, unit: Figure['unit'], goal: Goal | undefined): Figure {
  return goal === undefined ? { name, value, unit } : { name, value, unit, goal };
}

interface Work {
  /** Packets that routers have sent; without hosts all of them are the routing protocol's. */
  readonly packets: number;
  readonly spfRuns: number;
  readonly lastChangeNs: number;
}

async function measureWork(lab: Lab): Promise<Work> {
  const routers = [...lab.routers.keys()];
  const counters = await askAll<'counters'>(lab, routers, () => ({ op: 'counters' }));
  const statuses = await askAll<'status'>(lab, routers, () => ({ op: 'status' }));
  // The answer was given a little earlier than now: one way over the management network.
  const planes = [...statuses.values()].flatMap(({ real, shadow }) => [real, shadow]);
  return {
    packets: sum([...counters.values()].flatMap(({ ports }) => ports.map(({ outPackets }) => outPackets))),
    spfRuns: sum(planes.map(({ spfRuns }) => spfRuns)),
    lastChangeNs: lab.clock.now() - planes.reduce((least, { quietNs }) => Math.min(least, quietNs), Infinity),
  };
}

async function failInShadow(lab: Lab, { ends }: Link): Promise<void> {
  const portOf = new Map(ends.map(({ node, port }) => [node, port]));
  await askAll<'fail' | 'restore'>(lab, [...portOf.keys()], (router) => {
    return { op: 'fail', plane: 'shadow', target: { kind: 'port', port: portOf.get(router) ?? '' } };
  });
}

/** The first link between two routers that the network does not fall apart without. */
export function redundantLink({ links, routers }: Topology): Link {
  const found = links.find((link) => {
    const reached = new Set([routers[0].name]);
    for (const name of reached) {
      for (const { ends } of links.filter((other) => other !== link)) {
        if (ends.some(({ node }) => node === name)) for (const { node } of ends) reached.add(node);
      }
    }
    return routers.every(({ name }) => reached.has(name));
  });
  if (found === undefined) throw new Error('every link is a bridge');
  return found;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
