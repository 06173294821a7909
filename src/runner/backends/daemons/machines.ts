/**
 * What a backend hands over once its machines run: namespaces or containers, wired and set up, each router's daemon
 * started. `openLab` makes a lab of them.
 */
import type { TimeNs } from '../../../world/clock.ts';
import type { Experiment } from '../../experiment/resolved.ts';
import { type Deployment, type Lab, LabError } from '../../lab.ts';
import type { LabPlan } from './plan.ts';

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

/** Reaches all routers' management, opens the hosts' ports, starts the loop. Rejects with LabError. */
export async function openLab(
  _experiment: Experiment,
  _plan: LabPlan,
  _machines: Machines,
  _deployment: Deployment,
): Promise<Lab> {
  throw new LabError('not yet');
}
