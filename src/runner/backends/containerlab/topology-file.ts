/**
 * A lab as containerlab describes one: pure, from the plan to the value that a `*.clab.yml` holds.
 *
 * Every machine is a node of kind `linux`, every wire a `veth` link in the extended form, which alone takes addresses
 * and an MTU. No node is on a management network: ours is a socket in the container. A segment is a node, too, with a
 * bridge in it; containerlab's own kind `bridge` would be one of the machine that the lab runs on.
 *
 * A lab that has to stand on its own gives hosts and segments what they need by `exec`; a run does so from outside.
 */
import { formatMac } from '../../../net/address.ts';
import { hostCommands, segmentCommands } from '../daemons/ip-commands.ts';
import type { LabPlan, Machine } from '../daemons/plan.ts';
import type { Abilities } from './version.ts';

/** Where a router's start-up file is, in its container; beside the topology file it is `routers/NODE.json`. */
export const START_UP_FILE = '/etc/shadowlab/router.json';

export interface Naming {
  /** Of the lab: unique on a machine. */
  readonly lab: string;
  /** `clab`: containers are called `clab-LAB-NODE`; `__lab-name`: `LAB-NODE`. */
  readonly prefix: 'clab' | '__lab-name';
  /** By the machine's name in the plan. */
  readonly nodes: ReadonlyMap<string, string>;
}

export interface Settings {
  readonly image: string;
  /** What runs in a container: a command line, its words set apart by blanks. */
  readonly programs: Readonly<Record<Machine['kind'], string>>;
  /** Of all containers. */
  readonly labels: Readonly<Record<string, string>>;
  /** Hosts and segments are set up by `exec`, so that the lab is complete without us. */
  readonly standsAlone: boolean;
  readonly abilities: Abilities;
}

/** What a container may take at most: a router with hundreds of thousands of routes, a host with a few programs. */
const MEMORY: Readonly<Record<Machine['kind'], string>> = { router: '1GiB', host: '1GiB', segment: '64MiB' };
/** Sockets and other files of a moment. */
const RUN_FOLDER = { '/run': 'rw,nosuid,nodev,noexec,size=16m' };

/**
 * The value of a topology file: objects, lists, text, numbers and booleans. Paths in it are relative to its folder.
 */
export function topologyFile(plan: LabPlan, { lab, prefix, nodes }: Naming, settings: Settings): object {
  const nodeOf = (machine: string): string => {
    const name = nodes.get(machine);
    if (name === undefined) throw new Error(`machine ${machine} has no name in the topology file`);
    return name;
  };
  return {
    name: lab,
    prefix,
    mgmt: managementNetwork(lab, settings.abilities),
    topology: {
      kinds: { linux: ofAllNodes(settings) },
      nodes: Object.fromEntries(
        plan.machines.map((machine) => {
          const name = nodeOf(machine.name);
          return [name, nodeFor(machine, name, settings)];
        }),
      ),
      links: plan.wires.map(({ ends, mtu }) => ({
        type: 'veth',
        mtu,
        endpoints: ends.map(({ machine, interface: name, mac }) => ({
          node: nodeOf(machine),
          interface: name,
          mac: formatMac(mac),
        })),
      })),
    },
  };
}

/** No node is on it. Versions that make one all the same make one of the lab's own, which leads nowhere. */
function managementNetwork(lab: string, { skipsManagement }: Abilities): object {
  if (skipsManagement) return { 'skip-when-unused': true };
  return { network: lab, 'ipv4-subnet': 'auto', 'external-access': false };
}

function ofAllNodes({ image, labels, abilities }: Settings): object {
  return {
    image,
    'image-pull-policy': 'IfNotPresent',
    'restart-policy': 'no',
    'network-mode': 'none',
    ...(abilities.confines && {
      privileged: false,
      'security-opts': ['no-new-privileges:true'],
      tmpfs: RUN_FOLDER,
    }),
    labels,
  };
}

function nodeFor(machine: Machine, name: string, { programs, standsAlone, abilities }: Settings): object {
  const exec = standsAlone ? commandsInside(machine) : [];
  const added = capabilitiesFor(machine, standsAlone);
  return {
    kind: 'linux',
    entrypoint: programs[machine.kind],
    memory: MEMORY[machine.kind],
    ...(machine.kind === 'router' && { binds: [`${startUpFile(name)}:${START_UP_FILE}:ro`] }),
    ...(abilities.confines && added.length > 0 && { 'cap-add': added }),
    labels: {
      'shadowlab.machine': machine.name,
      // What our own reader of topology files goes by.
      ...(machine.kind !== 'segment' && { 'shadowlab-kind': machine.kind }),
    },
    ...(exec.length > 0 && { exec: exec.map((line) => `ip ${line}`) }),
  };
}

/** Of a router, beside the topology file. */
export function startUpFile(node: string): string {
  return `routers/${node}.json`;
}

function commandsInside(machine: Machine): readonly string[] {
  switch (machine.kind) {
    case 'router':
      return [];
    case 'host':
      return hostCommands(machine);
    case 'segment':
      return segmentCommands(machine);
  }
}

/**
 * Beside what Docker gives every container, CAP_NET_RAW among it. containerlab has no key that takes one away.
 * IPC_LOCK: rings are locked into memory beyond what `ulimit -l` lets a container have.
 */
function capabilitiesFor(machine: Machine, standsAlone: boolean): readonly string[] {
  if (machine.kind === 'router') return ['IPC_LOCK'];
  return standsAlone ? ['NET_ADMIN'] : [];
}
