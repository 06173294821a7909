/**
 * The docker backend: a container for every machine of the plan, without a network of the engine's, without privileges
 * (settings.ts says which few it has), from an image that this program made itself (src/runner/image). The wires are
 * veth pairs that the runner makes right inside the containers' network namespaces, by the numbers of their processes;
 * so the engine has to be on this machine, and the runner has to be root.
 *
 * Containers are called `shadowlab-<id>-<machine>` and labelled with the run; start-up files lie in /run/shadowlab/<id>,
 * what routers say in the run's folder under `lab/`.
 */
import { monotonic } from '../../../routerd/daemon/timer-clock.ts';
import type { Experiment } from '../../experiment/resolved.ts';
import { DEFAULT_IMAGE } from '../../image/image.ts';
import { type Backend, type Deployment, type Lab, LabError } from '../../lab.ts';
import { version } from '../../version.ts';
import { leftUp } from '../daemons/left-up.ts';
import { planLab } from '../daemons/plan.ts';
import { registerRun, removeRun } from '../daemons/runs.ts';
import { makeWires } from '../daemons/set-up.ts';
import { orUndo, type Undo } from '../daemons/undo.ts';
import { Containers } from './containers.ts';
import {
  connectEngine,
  type Engine,
  engineVersion,
  imageProblem,
  imageRemedy,
  imageState,
} from './engine.ts';
import { openContainers } from './open.ts';

export interface DockerOptions {
  /** The image's name; default `shadowlab`. */
  readonly image?: string;
}

export function docker({ image = DEFAULT_IMAGE }: DockerOptions): Backend {
  return {
    name: 'docker',
    deploy: (experiment, deployment) =>
      orUndo(deployment, (undo) => build(image, experiment, deployment, undo)),
  };
}

async function build(
  image: string,
  experiment: Experiment,
  deployment: Deployment,
  undo: Undo,
): Promise<Lab> {
  const { id, folder, signal } = deployment;
  const engine = await connectEngine();
  await demandImage(engine, image);
  signal.throwIfAborted();
  const epochNs = monotonic(0)();
  const plan = planLab(experiment, epochNs);

  const containers = new Containers(engine, plan, deployment);
  const files = registerRun({ id, backend: 'docker', experiment: experiment.file, folder });
  // While containers may be left, the record has to say whose they were.
  undo.add(() => {
    if (!containers.mayRemain) removeRun(id);
  });
  undo.add(() => containers.remove());
  await containers.start(image, files);
  signal.throwIfAborted();

  const running = containers.places();
  await makeWires(plan.wires, (machine) => running.get(machine)?.netns ?? '');
  signal.throwIfAborted();
  const enter = (machine: string): string => `docker exec -it ${containers.nameOf(machine)} sh`;
  return await openContainers(
    experiment,
    plan,
    { backend: 'docker', epochNs, containers, undo, leftUp: leftUp(id, experiment, 'containers', enter) },
    deployment,
  );
}

/** Rejects with a LabError that says how to get it. */
export async function demandImage(engine: Engine, image: string): Promise<void> {
  await engineVersion(engine);
  const problem = imageProblem(image, version, await imageState(engine, image, version));
  if (problem !== undefined) throw new LabError(`${problem} (${imageRemedy(image)})`);
}
