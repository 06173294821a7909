/**
 * What a backend hands over once its machines run: namespaces or containers, wired and set up, each router's daemon
 * started. `openLab` makes a lab of them.
 */

import { monotonic } from '../../../routerd/daemon/timer-clock.ts';
import { MILLISECOND, type TimeNs } from '../../../world/clock.ts';
import { seededRandom } from '../../../world/random.ts';
import type { World } from '../../../world/world.ts';
import type { Experiment } from '../../experiment/resolved.ts';
import { type Deployment, type Lab, LabError } from '../../lab.ts';
import { overNetwork } from '../management-network.ts';
import { captureEnds, captureLink } from './capture.ts';
import { type OpenHost, openHost } from './hosts.ts';
import { InterfaceWatch } from './interface-watch.ts';
import { RunnerLoop } from './loop.ts';
import { type ManagementClient, managementClient } from './management-client.ts';
import type { LabPlan } from './plan.ts';
import { checkTcpPorts } from './set-up.ts';

export interface RunningMachine {
  /** Path of its network namespace: `/run/netns/NAME` or `/proc/PID/ns/net`. */
  readonly netns: string;
  /** A router's management socket, as this process reaches it. */
  readonly socket?: string;
}

export interface Machines {
  readonly backend: string;
  /** What the plan was given: this machine's monotonic clock at the lab's time 0. */
  readonly epochNs: TimeNs;
  /** By the machine's name in the plan. */
  readonly running: ReadonlyMap<string, RunningMachine>;
  readonly exec: NonNullable<Lab['exec']>;
  /**
   * Why the lab cannot go on (a router's process ended, a container stopped, the engine is gone), in words, with the
   * place; undefined while it can. Asked after every turn of the loop, so it must be cheap.
   */
  readonly failure: () => string | undefined;
  /** Never rejects for what is gone already. */
  readonly destroy: () => Promise<void>;
  readonly leave: () => Promise<string>;
}

/** How much later than the clock says a machine may act: processes wait for a processor. */
const MARGIN_NS = 50 * MILLISECOND;
/** Daemons start side by side: a lab of many waits longer for the last. */
const REACH_LIMIT_MS = 30_000;
const REACH_LIMIT_PER_ROUTER_MS = 1_000;
const LOOK_EVERY_MS = 20;

/**
 * Reaches all routers' management, opens the hosts' ports, starts the loop. Rejects with LabError, or with the
 * signal's reason; the machines are then still the caller's to destroy.
 */
export async function openLab(
  experiment: Experiment,
  plan: LabPlan,
  machines: Machines,
  { signal, log }: Deployment,
): Promise<Lab> {
  const { backend, epochNs, exec } = machines;
  const failure = (): string | undefined => machines.failure() ?? watch.failure;
  const loop = new RunnerLoop(epochNs, signal, failure);
  const watch = new InterfaceWatch(loop.clock);
  const { clock } = loop;
  const random = seededRandom(experiment.seed);
  const worldOf = (name: string): World => {
    return { clock, random: random.fork(name), log: (level, text) => log(name, level, text) };
  };

  const netnsOf = (machine: string): string => runningOf(machines, machine).netns;

  const clients = plan.machines.flatMap(({ kind, name }) => {
    const { socket } = runningOf(machines, name);
    if (kind !== 'router') return [];
    if (socket === undefined) throw new Error(`router ${name} has no socket`);
    return [managementClient(name, { path: socket })];
  });
  const hosts: OpenHost[] = [];
  const close = (): void => {
    loop.stop();
    watch.close();
    for (const client of clients) client.close();
    for (const host of hosts) host.close();
  };
  try {
    checkTcpPorts(experiment);
    await reachAll(clients, failure, signal);
    watch.start(plan.machines, netnsOf);
    for (const machine of plan.machines) {
      if (machine.kind !== 'host') continue;
      hosts.push(openHost(worldOf(machine.name), machine, netnsOf(machine.name)));
    }
    loop.start(hosts.map(({ driven }) => driven));
  } catch (error) {
    close();
    throw error;
  }

  const management = worldOf('management');
  return {
    ...worldOf('lab'),
    backend,
    routers: new Map(
      clients.map((client) => [client.name, overNetwork(management, experiment.management, client)]),
    ),
    hosts: new Map(hosts.map(({ host }) => [host.name, host])),
    runUntil: loop.runUntil,
    marginNs: MARGIN_NS,
    exec,
    capture: (name, take) => {
      const link = experiment.topology.links.find((one) => one.name === name);
      if (link === undefined) throw new Error(`there is no link ${name}`);
      const ends = captureEnds(plan, link, netnsOf);
      return captureLink(clock, monotonic(epochNs), link, ends, take);
    },
    destroy: async () => {
      close();
      await machines.destroy();
    },
    leave: async () => {
      close();
      return machines.leave();
    },
  };
}

function runningOf({ running }: Machines, name: string): RunningMachine {
  const machine = running.get(name);
  if (machine === undefined) throw new Error(`machine ${name} does not run`);
  return machine;
}

/** Until every one of them has said who it is. */
async function reachAll(
  clients: readonly ManagementClient[],
  failure: Machines['failure'],
  signal: AbortSignal,
): Promise<void> {
  const limitMs = REACH_LIMIT_MS + clients.length * REACH_LIMIT_PER_ROUTER_MS;
  const hopeless = Promise.withResolvers<never>();
  const look = setInterval(() => {
    const reason = failure();
    if (signal.aborted) hopeless.reject(signal.reason);
    else if (reason !== undefined) hopeless.reject(new LabError(reason));
  }, LOOK_EVERY_MS);
  try {
    await Promise.race([Promise.all(clients.map((client) => client.reached(limitMs))), hopeless.promise]);
  } finally {
    clearInterval(look);
  }
}
