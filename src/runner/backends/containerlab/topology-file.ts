/**
 * A lab as containerlab describes one: pure, from the plan to the value that a `*.clab.yml` holds.
 *
 * - Every machine is a node of kind `linux`, every wire a `veth` link in the extended form, which alone takes addresses
 *   and an MTU. No node is on a management network: ours is a socket in the router's container.
 * - A segment is a node, too, with a bridge in it. containerlab's kind `bridge` would be one of the machine itself.
 * - A lab that has to stand on its own gives hosts and segments what they need by `exec`, in their containers; for a run
 *   we do that from outside.
 * - containerlab makes nodes privileged. Since 0.78 it can be told not to, and nodes then have what Docker gives every
 *   container; it has no keys for less than that, for a read-only root or for a limit of processes.
 */
import { formatMac } from '../../../net/address.ts';
import { hostCommands, segmentCommands } from '../daemons/ip-commands.ts';
import type { LabPlan, Machine } from '../daemons/plan.ts';
import { MACHINE_LABEL, MANAGEMENT_SOCKET, programOf, START_UP_FILE } from '../docker/settings.ts';
import type { Abilities } from './version.ts';

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
  /** Of all containers. */
  readonly labels: Readonly<Record<string, string>>;
  /** Hosts and segments are set up by `exec`. */
  readonly standsAlone: boolean;
  readonly abilities: Abilities;
}

/** In a router's container: its start-up file, and its configurations where they are given. */
export const CONFIG_FOLDER = dirname(START_UP_FILE);

/** An end of a link on such a "node" leads out of the lab, whatever nodes there are. */
export const WORDS_OF_CONTAINERLAB = ['host', 'mgmt-net', 'macvlan', 'vxlan', 'vxlan-stitch', 'dummy'];

/** What our own reader of topology files goes by. */
const KIND_LABEL = 'shadowlab-kind';

/** What a container may take at most. */
const MEMORY: Readonly<Record<Machine['kind'], string>> = { router: '1GiB', host: '1GiB', segment: '32MiB' };

/** The value of a topology file: objects, lists, text, numbers and booleans. Paths in it are relative to its folder. */
export function topologyFile(plan: LabPlan, { lab, prefix, nodes }: Naming, settings: Settings): object {
  return {
    name: lab,
    prefix,
    mgmt: managementNetwork(lab, settings.abilities),
    topology: {
      kinds: { linux: ofAllNodes(settings) },
      nodes: Object.fromEntries(
        plan.machines.map((machine) => {
          const node = nodeOf(nodes, machine.name);
          return [node, nodeFor(machine, node, settings)];
        }),
      ),
      links: plan.wires.map(({ ends, mtu }) => ({
        type: 'veth',
        mtu,
        endpoints: ends.map(({ machine, interface: name, mac }) => ({
          node: nodeOf(nodes, machine),
          interface: name,
          mac: formatMac(mac),
        })),
      })),
    },
  };
}

export function nodeOf(nodes: Naming['nodes'], machine: string): string {
  const node = nodes.get(machine);
  if (node === undefined) throw new Error(`machine ${machine} has no node`);
  return node;
}

/** Where a router's files are, beside the topology file. */
export function routerFolder(node: string): string {
  return `routers/${node}`;
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
      tmpfs: {
        '/run': 'rw,nosuid,nodev,noexec,size=1m,mode=755',
        [dirname(MANAGEMENT_SOCKET)]: 'rw,nosuid,nodev,noexec,size=1m,mode=700',
      },
    }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}

function nodeFor(machine: Machine, node: string, { standsAlone, abilities }: Settings): object {
  const exec = standsAlone ? commandsInside(machine) : [];
  const added = capabilitiesFor(machine, standsAlone);
  return {
    kind: 'linux',
    entrypoint: commandLine(abilities.confines ? programOf(machine) : withSocketFolder(machine)),
    memory: MEMORY[machine.kind],
    ...(abilities.confines && added.length > 0 && { 'cap-add': added }),
    ...(machine.kind === 'router' && { binds: [`${routerFolder(node)}:${CONFIG_FOLDER}:ro`] }),
    labels: {
      [MACHINE_LABEL]: machine.name,
      ...(machine.kind !== 'segment' && { [KIND_LABEL]: machine.kind }),
    },
    ...(exec.length > 0 && { exec: exec.map((line) => `ip ${line}`) }),
  };
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
 * Beside what Docker gives every container, NET_RAW among it. IPC_LOCK: each AF_XDP port locks half a megabyte, and
 * containerlab has no key for the limit of that.
 */
function capabilitiesFor(machine: Machine, standsAlone: boolean): readonly string[] {
  if (machine.kind === 'router') return ['IPC_LOCK'];
  return standsAlone ? ['NET_ADMIN'] : [];
}

/** For versions that do not mount one. */
function withSocketFolder(machine: Machine): readonly string[] {
  if (machine.kind !== 'router') return programOf(machine);
  return [
    'sh',
    '-c',
    `umask 077 && mkdir -p ${dirname(MANAGEMENT_SOCKET)} && exec ${programOf(machine).join(' ')}`,
  ];
}

/** As containerlab takes it apart: like a shell, of which it knows blanks, quotes and comments. */
function commandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`))
    .join(' ');
}

function dirname(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
