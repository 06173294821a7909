/**
 * A lab's folder, as containerlab takes it: the topology file, and what it binds into routers' containers.
 *
 *     LAB.clab.yml
 *     routers/NODE/router.json      start-up file (docs/daemon.md)
 *     routers/NODE/real.conf        configurations, where the lab has to stand on its own
 *     routers/NODE/shadow.conf
 *     README.md                     likewise
 *     clab-LAB/                     containerlab's own, once the lab is deployed
 */
import { formatConfig } from '../../../config/writer.ts';
import type { Tag } from '../../../net/wire.ts';
import type { Experiment } from '../../experiment/resolved.ts';
import { asWord } from '../../experiment/topology/names.ts';
import { DEFAULT_IMAGE } from '../../image/image.ts';
import { type LabPlan, planLab, type RouterMachine } from '../daemons/plan.ts';
import { MANAGEMENT_SOCKET, machineWords, RUN_LABEL } from '../docker/settings.ts';
import { readme } from './readme.ts';
import { clabText } from './text.ts';
import {
  CONFIG_FOLDER,
  type Naming,
  nodeOf,
  routerFolder,
  topologyFile,
  WORDS_OF_CONTAINERLAB,
} from './topology-file.ts';
import { type Abilities, ALL_ABILITIES } from './version.ts';

/** By path, relative to the folder; `/` separates. */
export type Files = ReadonlyMap<string, string>;

/** How an exported topology file begins, in a comment. */
export const EXPORT_MARK = 'Made by: shadowlab export clab';

/** The same as in a run. */
const TAGS: { readonly real: Tag; readonly shadow: Tag } = { real: 1, shadow: 2 };

export function topologyFileName(lab: string): string {
  return `${lab}.clab.yml`;
}

/** What the lab's machines are called in it, by their names in the plan. */
export function nodesOf(plan: LabPlan): Naming['nodes'] {
  return machineWords(plan, WORDS_OF_CONTAINERLAB);
}

export interface RunLab {
  readonly id: string;
  readonly image: string;
  readonly abilities: Abilities;
}

/** For a run: it sets hosts up and loads configurations itself, and all routers have its clock. */
export function filesOfRun(plan: LabPlan, naming: Naming, { id, image, abilities }: RunLab): Files {
  const value = topologyFile(plan, naming, {
    image,
    labels: { [RUN_LABEL]: id },
    standsAlone: false,
    abilities,
  });
  const heading = ['The lab of a run of shadowlab, which deploys it and sets it up. by-hand/ is for people.'];
  const files = new Map([[topologyFileName(naming.lab), clabText(value, heading)]]);
  for (const [folder, machine] of routersOf(plan, naming)) {
    files.set(`${folder}/router.json`, startUp(machine, {}));
  }
  return files;
}

/** For use without us. */
export function filesOfExport(experiment: Experiment, image = DEFAULT_IMAGE): Files {
  // No clock is kept in common: each daemon's begins when it does.
  const plan = planLab(experiment, 0);
  const naming: Naming = { lab: asWord(experiment.name), prefix: 'clab', nodes: nodesOf(plan) };
  const value = topologyFile(plan, naming, {
    image,
    labels: {},
    standsAlone: true,
    abilities: ALL_ABILITIES,
  });
  const heading = [`${EXPORT_MARK}, of ${experiment.name}. README.md says what to do with it.`];
  const files = new Map([
    [topologyFileName(naming.lab), clabText(value, heading)],
    ['README.md', readme(experiment, plan, naming, image)],
  ]);
  const configs = new Map(experiment.configs.map((config) => [config.router, config]));
  for (const [folder, machine] of routersOf(plan, naming)) {
    const planes: Record<string, unknown> = {};
    for (const plane of ['real', 'shadow'] as const) {
      const config = configs.get(machine.name)?.[plane];
      if (config === undefined) continue;
      planes[plane] = { tag: TAGS[plane], file: `${CONFIG_FOLDER}/${plane}.conf` };
      files.set(`${folder}/${plane}.conf`, formatConfig(config));
    }
    const { epochNs: _, ...machineStartUp } = machine.startUp;
    files.set(`${folder}/router.json`, startUp({ ...machine, startUp: machineStartUp }, planes));
  }
  return files;
}

function routersOf(plan: LabPlan, { nodes }: Naming): readonly [string, RouterMachine][] {
  return plan.machines.flatMap((machine): [string, RouterMachine][] =>
    machine.kind === 'router' ? [[routerFolder(nodeOf(nodes, machine.name)), machine]] : [],
  );
}

function startUp({ startUp: settings }: RouterMachine, more: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ ...settings, ...more, management: { socket: MANAGEMENT_SOCKET } }, null, 2)}\n`;
}
