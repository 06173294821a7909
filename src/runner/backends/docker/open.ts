/** What labs of containers do once these run and have their wires, whoever made them. */
import type { Experiment } from '../../experiment/resolved.ts';
import type { Deployment, Lab } from '../../lab.ts';
import { openLab } from '../daemons/machines.ts';
import type { LabPlan } from '../daemons/plan.ts';
import { keepRun } from '../daemons/runs.ts';
import { setUpMachine } from '../daemons/set-up.ts';
import type { Undo } from '../daemons/undo.ts';
import type { Containers } from './containers.ts';
import { execute } from './execute.ts';
import { inParallel } from './parallel.ts';

export interface WiredContainers {
  readonly backend: 'docker' | 'containerlab';
  /** As in the plan. */
  readonly epochNs: number;
  readonly containers: Containers;
  /** Takes the lab down. */
  readonly undo: Undo;
  /** Where the lab is left up: what it is and how to remove it. */
  readonly leftUp: string;
}

/** Processes of `nsenter` at once. */
const AT_ONCE = 4;

/** Sets the machines up. Rejects with LabError, or when aborted. */
export async function openContainers(
  experiment: Experiment,
  plan: LabPlan,
  { backend, epochNs, containers, undo, leftUp }: WiredContainers,
  deployment: Deployment,
): Promise<Lab> {
  const { id, signal } = deployment;
  const running = containers.places();
  await inParallel(plan.machines, AT_ONCE, async (machine) => {
    signal.throwIfAborted();
    await setUpMachine(running.get(machine.name)?.netns ?? '', machine);
  });
  return await openLab(
    experiment,
    plan,
    {
      backend,
      epochNs,
      running,
      failure: () => containers.failure,
      exec: (host, command, ended) => execute(containers.of(host), command, ended),
      destroy: () => undo.all(),
      leave: async () => {
        undo.forget();
        keepRun(id);
        containers.leave();
        return leftUp;
      },
    },
    deployment,
  );
}
