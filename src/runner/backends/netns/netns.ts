/**
 * The netns backend: a network namespace for every machine of the plan, veth pairs between them, daemons as processes
 * of this machine. Namespaces are `shadowlab-<id>-<machine>`; start-up files and sockets lie in /run/shadowlab/<id>,
 * logs in the run's folder under `lab/`. Wires end with the namespaces that they join.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { monotonic } from '../../../routerd/daemon/timer-clock.ts';
import type { Experiment } from '../../experiment/resolved.ts';
import { type Backend, type Deployment, type Lab, LabError } from '../../lab.ts';
import { fileNames } from '../daemons/file-names.ts';
import { leftUp } from '../daemons/left-up.ts';
import { openLab, type RunningMachine } from '../daemons/machines.ts';
import { ipBatch } from '../daemons/namespace.ts';
import { planLab } from '../daemons/plan.ts';
import { keepRun, registerRun, removeRun } from '../daemons/runs.ts';
import { makeWires, setUpMachine } from '../daemons/set-up.ts';
import { orUndo, type Undo } from '../daemons/undo.ts';
import { Commands } from './commands.ts';
import { endProcessesIn } from './processes.ts';
import { Routers } from './routers.ts';

const NAMESPACES = '/run/netns';

export const netns: Backend = { name: 'netns', deploy };

function deploy(experiment: Experiment, deployment: Deployment): Promise<Lab> {
  return orUndo(deployment, (undo) => build(experiment, deployment, undo));
}

async function build(experiment: Experiment, deployment: Deployment, undo: Undo): Promise<Lab> {
  const { id, folder, signal, log } = deployment;
  signal.throwIfAborted();
  const epochNs = monotonic(0)();
  const plan = planLab(experiment, epochNs);
  const files = fileNames(plan.machines);
  const fileOf = (machine: string): string => files.get(machine) ?? machine;
  const namespaceOf = (machine: string): string => `shadowlab-${id}-${fileOf(machine)}`;
  const pathOf = (machine: string): string => join(NAMESPACES, namespaceOf(machine));
  const paths = plan.machines.map(({ name }) => pathOf(name));

  const runFolder = registerRun({ id, backend: 'netns', experiment: experiment.file, folder });
  undo.add(() => removeRun(id));
  const logs = join(folder, 'lab');
  mkdirSync(logs, { recursive: true });

  undo.add(() => removeNamespaces(paths));
  await ipBatch(plan.machines.map(({ name }) => `netns add ${namespaceOf(name)}`));
  signal.throwIfAborted();
  await makeWires(plan.wires, pathOf);
  signal.throwIfAborted();
  await Promise.all(plan.machines.map((machine) => setUpMachine(pathOf(machine.name), machine)));
  signal.throwIfAborted();

  const commands = new Commands();
  const routers = new Routers(log);
  undo.add(async () => {
    commands.killAll();
    await routers.end();
  });
  const running = new Map<string, RunningMachine>();
  for (const machine of plan.machines) {
    const { name } = machine;
    const place = { netns: pathOf(name), socket: join(runFolder, `${fileOf(name)}.sock`) };
    if (machine.kind === 'router') {
      const startUp = join(runFolder, `${fileOf(name)}.json`);
      routers.start(machine, { ...place, startUp, log: join(logs, `${fileOf(name)}.log`) });
    }
    running.set(name, machine.kind === 'router' ? place : { netns: place.netns });
  }

  const machines = {
    backend: 'netns',
    epochNs,
    running,
    failure: () => routers.failure,
    exec: (host: string, ...rest: Rest<NonNullable<Lab['exec']>>) => commands.run(pathOf(host), ...rest),
    destroy: () => undo.all(),
    leave: async () => {
      undo.forget();
      keepRun(id);
      routers.leave();
      return leftUp(id, experiment, 'namespaces', (machine) => `ip netns exec ${namespaceOf(machine)} bash`);
    },
  };
  return await openLab(experiment, plan, machines, deployment);
}

type Rest<F> = F extends (first: string, ...rest: infer R) => unknown ? R : never;

/** With all that is in them; nothing where they are gone. */
async function removeNamespaces(paths: readonly string[]): Promise<void> {
  const there = paths.filter((path) => existsSync(path));
  await endProcessesIn(there);
  // One that cannot be removed does not keep the others; what is left of them all is what counts.
  await ipBatch(
    there.map((path) => `netns delete ${path.slice(NAMESPACES.length + 1)}`),
    { goesOn: true },
  ).catch(() => {});
  const left = there.filter((path) => existsSync(path));
  if (left.length > 0) throw new LabError(`${left.join(', ')} cannot be removed`);
}
