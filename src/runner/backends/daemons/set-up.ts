/**
 * Wires between namespaces, and what the kernel is to do in each of them.
 *
 * - At a router: nothing. No address, no IPv6, no forwarding: the daemon alone speaks there.
 * - At a host: all that a host does, but for the ports from FIRST_OWN_PORT up, which are shadowlab's own there: the
 *   runner sends measured traffic from the same address, and the kernel may not answer it with errors or resets. A
 *   rule in front of the table `local` drops such packets; packet sockets have seen them by then. What the kernel
 *   chooses for its own connections lies below. At an external peer BGP's port is shadowlab's own, too.
 * - At a segment: a bridge that repeats.
 */
import { formatMac } from '../../../net/address.ts';
import { BGP_PORT, FIRST_OWN_PORT } from '../../../net/wire.ts';
import { sourcePortOf } from '../../../traffic/source.ts';
import type { Experiment } from '../../experiment/resolved.ts';
import { LabError } from '../../lab.ts';
import { hostCommands, segmentCommands } from './ip-commands.ts';
import { ipBatch, setKernel } from './namespace.ts';
import type { HostMachine, Machine, Wire, WireEnd } from './plan.ts';

/** A rule's range may not hold 65535 (net/core/fib_rules.c). */
export const LAST_OWN_PORT = 65_534;
/** Where `ip rule` looks for `local`, from now on; it was the first (0). */
const LOCAL_RULE = 100;

/** Veth pairs, made where they belong. `netnsOf`: the path of a machine's namespace. Rejects with LabError. */
export async function makeWires(wires: readonly Wire[], netnsOf: (machine: string) => string): Promise<void> {
  const end = ({ machine, interface: name, mac }: WireEnd, mtu: number): string =>
    `name ${name} mtu ${mtu} address ${formatMac(mac)} netns ${netnsOf(machine)}`;
  await ipBatch(
    wires.map(({ ends: [a, b], mtu }) => `link add ${end(a, mtu)} type veth peer ${end(b, mtu)}`),
  );
}

/** Its interfaces are there already. Rejects with LabError. */
export async function setUpMachine(netns: string, machine: Machine): Promise<void> {
  setKernel(netns, {
    'ipv6/conf/all/disable_ipv6': 1,
    'ipv6/conf/default/disable_ipv6': 1,
    'ipv4/ip_forward': 0,
    ...(machine.kind === 'host' && {
      'ipv4/ip_local_port_range': `32768 ${FIRST_OWN_PORT - 1}`,
      // A server answers in the plane of the question, as its kernel answers pings.
      'ipv4/tcp_reflect_tos': 1,
    }),
  });
  await ipBatch(['link set dev lo up', ...commandsFor(machine)], { namespace: netns });
}

function commandsFor(machine: Machine): readonly string[] {
  switch (machine.kind) {
    case 'router':
      return machine.interfaces.map((name) => `link set dev ${name} up`);
    case 'host':
      return [...hostCommands(machine), ...ownPortRules(machine)];
    case 'segment':
      return segmentCommands(machine);
  }
}

function ownPortRules({ interface: name, isInternet }: HostMachine): readonly string[] {
  const own = `${FIRST_OWN_PORT}-${LAST_OWN_PORT}`;
  return [
    `rule add pref ${LOCAL_RULE} lookup local`,
    'rule del pref 0',
    `rule add pref 1 iif ${name} ipproto udp dport ${own} blackhole`,
    `rule add pref 2 iif ${name} ipproto tcp dport ${own} blackhole`,
    ...(isInternet ? [`rule add pref 3 iif ${name} ipproto tcp dport ${BGP_PORT} blackhole`] : []),
  ];
}

/**
 * Throws LabError where a flow's TCP ports are not among those that the kernel leaves alone: it would reset what it
 * does not know.
 */
export function checkTcpPorts({ flows }: Experiment): void {
  const wrong = flows.find(({ kind, id }) => {
    const port = sourcePortOf(id);
    return kind === 'tcp' && (port < FIRST_OWN_PORT || port > LAST_OWN_PORT);
  });
  if (wrong === undefined) return;
  const limit = LAST_OWN_PORT - FIRST_OWN_PORT;
  throw new LabError(
    `flow ${wrong.name} is number ${wrong.id}: on real hosts TCP flows are among the first ${limit}`,
  );
}
