/**
 * The containerlab backend: containerlab makes the containers and the wires, from a topology file (topology-file.ts) in
 * the run's folder under `lab/`; everything after that is as with docker. Addresses, routes and rules are set from
 * outside, commands on hosts go by the engine (`containerlab exec` ends with 0 though the command failed), and so do
 * logs. `lab/by-hand/` is the same lab for people: what `shadowlab export clab` writes.
 *
 * containerlab itself would do with membership in the group `clab_admins`; that we enter the containers' namespaces
 * needs root.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { monotonic } from '../../../routerd/daemon/timer-clock.ts';
import type { Experiment } from '../../experiment/resolved.ts';
import { DEFAULT_IMAGE } from '../../image/image.ts';
import { type Backend, type Deployment, type Lab, LabError } from '../../lab.ts';
import { writeRunFile } from '../../results/folder.ts';
import { DaemonLog } from '../daemons/daemon-log.ts';
import { type LabPlan, planLab } from '../daemons/plan.ts';
import { registerRun, removeRun } from '../daemons/runs.ts';
import { orUndo, type Undo } from '../daemons/undo.ts';
import { Containers } from '../docker/containers.ts';
import { demandImage } from '../docker/docker.ts';
import { answered, connectEngine, type Engine } from '../docker/engine.ts';
import { openContainers } from '../docker/open.ts';
import { type CommandOptions, deploy, destroy, inspect, installedVersion } from './command.ts';
import { type Files, filesOfExport, filesOfRun, nodesOf, topologyFileName } from './folder.ts';
import { leftovers } from './leftovers.ts';
import { loggedErrors } from './outcome.ts';
import { type Naming, nodeOf } from './topology-file.ts';
import { abilitiesOf, formatVersion, isAtLeast, OLDEST } from './version.ts';

export interface ContainerlabOptions {
  /** The image's name; default `shadowlab`. */
  readonly image?: string;
}

export const PROGRAM = 'containerlab';

export function containerlab({ image = DEFAULT_IMAGE }: ContainerlabOptions): Backend {
  return {
    name: 'containerlab',
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
  const { id, signal, log } = deployment;
  const version = await installedVersion({ program: PROGRAM });
  if (!isAtLeast(version, OLDEST)) {
    throw new LabError(
      `containerlab ${formatVersion(version)} is too old: ${formatVersion(OLDEST)} is the first that will do`,
    );
  }
  const engine = await connectEngine();
  // containerlab would ask a registry for an image that is not there.
  await demandImage(engine, image);
  signal.throwIfAborted();

  const epochNs = monotonic(0)();
  const plan = planLab(experiment, epochNs);
  const naming: Naming = { lab: `shadowlab-${id}`, prefix: '__lab-name', nodes: nodesOf(plan) };
  const folder = join(resolve(deployment.folder), 'lab');
  if (folder.includes(':')) {
    throw new LabError(
      `containerlab cannot take files from ${folder}: there is a colon in it (choose --results DIR)`,
    );
  }
  const abilities = abilitiesOf(version);
  if (!abilities.confines) {
    log(
      'containerlab',
      'warning',
      `containerlab ${formatVersion(version)} makes every container privileged; 0.78 and newer need not`,
    );
  }

  const containers = new Containers(engine, plan, deployment, naming.nodes);
  registerRun({ id, backend: 'containerlab', experiment: experiment.file, folder: deployment.folder });
  undo.add(() => {
    if (!containers.mayRemain) removeRun(id);
  });
  write(folder, filesOfRun(plan, naming, { id, image, abilities }));
  write(join(folder, 'by-hand'), filesOfExport(experiment, image));
  const file = join(folder, topologyFileName(naming.lab));
  const options: CommandOptions = { program: PROGRAM, log: join(folder, 'containerlab.log') };
  undo.add(() => removeTraces(id, folder, naming.lab));
  undo.add(() => containers.remove());
  await containers.expect();
  // What it leaves undone, for whatever reason, the next two do.
  undo.add(() =>
    destroy(options, file).catch((error: Error) => log('containerlab', 'warning', error.message)),
  );
  const said = await deploy(options, file, signal).catch(async (error) => {
    if (error instanceof LabError) await demandNoneEnded(plan, naming, options, engine);
    throw error;
  });
  await demandNoneEnded(plan, naming, options, engine);
  demandRunning(plan, naming, await inspect(options, file, naming.lab), said, options);
  signal.throwIfAborted();

  await containers.takeOver();
  const leftUp = `its lab is ${naming.lab}, deployed from ${file}; to remove it: shadowlab clean --run ${id}`;
  return await openContainers(
    experiment,
    plan,
    { backend: 'containerlab', epochNs, containers, undo, leftUp },
    deployment,
  );
}

function write(folder: string, files: Files): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of files) writeRunFile(folder, path, text);
}

/** Some versions succeed though a node did not start, and all do where its program ends soon after. */
function demandRunning(
  { machines }: LabPlan,
  { lab, nodes }: Naming,
  found: Awaited<ReturnType<typeof inspect>>,
  said: string,
  { log }: CommandOptions,
): void {
  const states = new Map(found.map(({ name, state }) => [name, state]));
  for (const { name } of machines) {
    const state = states.get(`${lab}-${nodeOf(nodes, name)}`) ?? 'not there';
    if (state === 'running') continue;
    const why = loggedErrors(said)[0];
    throw new LabError(
      `the container of ${name} is ${state}${why === undefined ? '' : `: ${why}`} (all that containerlab said is in ${log})`,
    );
  }
}

/** One that ended by itself says why better than containerlab, which misses its network. Rejects with LabError. */
async function demandNoneEnded(
  { machines }: LabPlan,
  { lab, nodes }: Naming,
  { log }: CommandOptions,
  engine: Engine,
): Promise<void> {
  for (const { name } of machines) {
    const words = await lastWords(engine, `${lab}-${nodeOf(nodes, name)}`);
    if (words === undefined) continue;
    throw new LabError(
      `the container of ${name} ended at once: ${words} (all that containerlab said is in ${log})`,
    );
  }
}

/** Of a container that has ended; undefined where it has not, is not there, or said nothing. */
async function lastWords(engine: Engine, name: string): Promise<string | undefined> {
  try {
    const container = engine.getContainer(name);
    const { State: state } = await answered(name, container.inspect());
    if (state.Status !== 'exited') return undefined;
    const said = await answered(name, container.logs({ stdout: true, stderr: true, tail: 100 }));
    const log = new DaemonLog(name, () => {});
    log.add(`${stripVTControlCharacters(said.toString()).replaceAll('\r', '')}\n`);
    return log.lastWords;
  } catch {
    return undefined;
  }
}

/** What containerlab leaves on the machine when it could not end the lab itself, and its own folder of the lab. */
async function removeTraces(id: string, folder: string, lab: string): Promise<void> {
  for (const name of [`clab-${lab}`, `.${topologyFileName(lab)}.bak`]) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  for (const { run, remove } of await leftovers()) if (run === id) await remove();
}
