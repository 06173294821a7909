/**
 * What a lab of router daemons consists of, worked out from the experiment before anything is made: machines, the
 * wires between them, and each router's start-up file. All backends but the embedded one build this; they differ in
 * what a machine is (a network namespace, a container).
 *
 * A wire is a veth pair without addresses at routers: the daemon alone speaks there, and shapes what it sends. A link
 * with more than two ends gets a machine of its own, a *segment*, whose bridge joins the ends' wires.
 */
import type { Ipv4, Mac, Prefix } from '../../../net/address.ts';
import { readSettings } from '../../../routerd/daemon/settings.ts';
import type { TimeNs } from '../../../world/clock.ts';
import { HEADROOM } from '../../../world/frame.ts';
import { messageOf } from '../../../world/message-of.ts';
import type { Experiment, Link, LinkEnd } from '../../experiment/resolved.ts';
import { LabError } from '../../lab.ts';

export interface LabPlan {
  /** Sorted: routers, hosts, segments. */
  readonly machines: readonly Machine[];
  readonly wires: readonly Wire[];
}

export type Machine = RouterMachine | HostMachine | SegmentMachine;

export interface RouterMachine {
  readonly kind: 'router';
  readonly name: string;
  readonly interfaces: readonly string[];
  /** As docs/daemon.md describes it, but for `management`, which is for the backend to say. */
  readonly startUp: Readonly<Record<string, unknown>>;
}

export interface HostMachine {
  readonly kind: 'host';
  readonly name: string;
  readonly interface: string;
  /** Its port's name in the topology; `interface` is this where Linux takes it as a name. */
  readonly port: string;
  readonly address: Prefix;
  readonly gateway: Ipv4;
  readonly mtu: number;
  readonly rateBps: number;
  readonly link: Link;
  /** Whatever it sends, the router at the other end of its link shapes it. */
  readonly isShaped: boolean;
  /** An external peer: BGP there is the runner's. */
  readonly isInternet: boolean;
}

export interface SegmentMachine {
  readonly kind: 'segment';
  /** Of no router and no host. */
  readonly name: string;
  readonly interfaces: readonly string[];
}

export interface Wire {
  readonly ends: readonly [WireEnd, WireEnd];
  /** Of the interfaces: room for labels is in it. */
  readonly mtu: number;
}

export interface WireEnd {
  readonly machine: string;
  readonly interface: string;
  readonly mac: Mac;
}

/** IFNAMSIZ without its closing zero. */
const MAX_INTERFACE_NAME = 15;
/** What `ip` and /sys take as they are. `lo` is there already; `eth0` is what container engines call their own. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const RESERVED = ['lo', 'eth0', 'all', 'default'];
/** Locally administered, of no port of a topology: ends of a segment's bridge, numbered. */
const SEGMENT_MACS = 0x0a_5d_00_00_00_00;

/**
 * `epochNs` is the machine's monotonic clock at the lab's time 0. Throws LabError where a router is more than a daemon
 * can be, such as one with too long packets.
 */
export function planLab({ topology, routers, seed }: Experiment, epochNs: TimeNs): LabPlan {
  const interfaces = interfaceNames(topology.links);
  const nameOf = ({ node, port }: LinkEnd): string => interfaces.get(`${node} ${port}`) ?? port;
  const endOf = (end: LinkEnd): WireEnd => ({ machine: end.node, interface: nameOf(end), mac: end.mac });
  const taken = new Set([...topology.routers, ...topology.hosts].map(({ name }) => name));

  const wires: Wire[] = [];
  const segments: SegmentMachine[] = [];
  for (const link of topology.links) {
    const mtu = link.mtu + HEADROOM;
    const [first, second, ...more] = link.ends;
    if (second !== undefined && more.length === 0) {
      wires.push({ ends: [endOf(first), endOf(second)], mtu });
      continue;
    }
    const name = freeName(`segment-${segments.length + 1}`, taken);
    segments.push({ kind: 'segment', name, interfaces: link.ends.map((_, index) => `eth${index + 1}`) });
    for (const [index, end] of link.ends.entries()) {
      const mac = SEGMENT_MACS + wires.length;
      wires.push({ ends: [endOf(end), { machine: name, interface: `eth${index + 1}`, mac }], mtu });
    }
  }

  const routerMachines = topology.routers.map(({ name }): RouterMachine => {
    const ports = topology.links.flatMap((link) =>
      link.ends.filter(({ node }) => node === name).map((end) => portOf(link, end, nameOf(end))),
    );
    const startUp = { name, seed, epochNs, fibUpdateNs: routers.fibUpdateNs, ports };
    checkStartUp(name, startUp, ports);
    return { kind: 'router', name, interfaces: ports.map((port) => port.interface), startUp };
  });
  const hostMachines = topology.hosts.map(({ name, address, gateway, peer }): HostMachine => {
    const link = topology.links.find(({ ends }) => ends.some(({ node }) => node === name));
    const end = link?.ends.find(({ node }) => node === name);
    if (link === undefined || end === undefined) throw new Error(`host ${name} has no link`);
    const { mtu, rateBps } = link;
    return {
      kind: 'host',
      name,
      interface: nameOf(end),
      port: end.port,
      address,
      gateway,
      mtu,
      rateBps,
      link,
      isShaped: isShapedByRouter(link),
      isInternet: peer !== undefined,
    };
  });
  return { machines: [...routerMachines, ...hostMachines, ...segments], wires };
}

/** What the daemon would refuse, before anything is made. Throws LabError. */
function checkStartUp(router: string, startUp: object, ports: readonly { readonly name: string }[]): void {
  try {
    readSettings({ ...startUp, management: { socket: '/run/management.sock' } }, 0);
  } catch (error) {
    const reason = messageOf(error);
    const named = reason.replace(/ports\[(\d+)\]\.?/g, (_, index) => `port ${ports[Number(index)].name}, `);
    throw new LabError(`router ${router} can only be embedded: ${named}`);
  }
}

/**
 * A host's own programs send by its kernel, which shapes nothing: the router at the other end of the link does it for
 * them. Where the link has more ends, only what the runner sends is shaped, by the runner itself.
 */
function isShapedByRouter({ ends }: Link): boolean {
  return (
    ends.length === 2 &&
    ends.some(({ kind }) => kind === 'host') &&
    ends.some(({ kind }) => kind === 'router')
  );
}

function portOf(link: Link, end: LinkEnd, name: string) {
  const edge = link.ends.some(({ kind }) => kind === 'host');
  const hostsOnly = edge && link.ends.filter(({ kind }) => kind === 'router').length === 1;
  const { mtu, rateBps, delayNs, jitterNs, loss, queueBytes, bandwidth } = link;
  const bothWays = isShapedByRouter(link);
  const common = { name: end.port, driver: 'packet', interface: name, edge, hostsOnly, mtu, bothWays };
  return { ...common, rateBps, delayNs, jitterNs, loss, queueBytes, ...(edge ? {} : { bandwidth }) };
}

/** By `node port`, only where Linux would not take the port's name: `eth<n>`, n its place among the node's ports. */
function interfaceNames(links: readonly Link[]): ReadonlyMap<string, string> {
  const portsOf = new Map<string, string[]>();
  for (const { node, port } of links.flatMap(({ ends }) => ends)) {
    portsOf.set(node, [...(portsOf.get(node) ?? []), port]);
  }
  const names = new Map<string, string>();
  for (const [node, ports] of portsOf) {
    const taken = new Set(ports.filter(isPlain));
    for (const [index, port] of ports.entries()) {
      if (!isPlain(port)) names.set(`${node} ${port}`, freeName(`eth${index + 1}`, taken));
    }
  }
  return names;
}

function isPlain(port: string): boolean {
  return port.length <= MAX_INTERFACE_NAME && PLAIN_NAME.test(port) && !RESERVED.includes(port);
}

/** The first of `name`, `name-2`, … that is not taken; taken from now on. */
function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}-${count}`;
  taken.add(free);
  return free;
}
