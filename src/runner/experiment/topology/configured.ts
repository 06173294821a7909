/**
 * A topology's addresses as the routers' configurations have them. The address plan gives every end one; where a
 * configuration of the user's own says otherwise, that is what counts: hosts send by the gateway that is there, and
 * whatever names an address names one that a router answers to.
 */
import type { RouterConfig } from '../../../config/model.ts';
import { contains, formatIpv4, formatPrefix, type Prefix, prefixOf } from '../../../net/address.ts';
import type { Report } from '../report.ts';
import type { HostNode, Link, RouterConfigs, Topology } from '../resolved.ts';

/** One or several loopbacks need no port. */
export const LOOPBACK = /^(lo|lo\d+|dummy\d+|Loopback\d+)$/;

/** Warns of hosts that no router has an address for, in neither configuration. */
export function withConfiguredAddresses(
  report: Report,
  topology: Topology,
  configs: readonly RouterConfigs[],
): Topology {
  const configsOf = new Map(configs.map((both) => [both.router, both]));
  const links = topology.links.map((link): Link => {
    const ends = link.ends.map((end) => {
      const real = configsOf.get(end.node)?.real;
      return {
        ...end,
        address: preferred(
          end.address,
          addressesOn(real, (port) => port === end.port),
        ),
      };
    });
    return { ...link, ends };
  });
  const routers = topology.routers.map((router) => {
    const loopbacks = addressesOn(configsOf.get(router.name)?.real, (port) => LOOPBACK.test(port));
    const planned = { address: router.loopback, length: 32 };
    return { ...router, loopback: preferred(planned, loopbacks).address };
  });
  const hosts = topology.hosts.map((host): HostNode => {
    const near = routersBeside(host, links, configsOf);
    const subnet = prefixOf(host.address.address, host.address.length);
    const found = near.map(({ address }) => address.address).filter((address) => contains(subnet, address));
    const [first] = found;
    if (first !== undefined) return { ...host, gateway: found.includes(host.gateway) ? host.gateway : first };
    const [other] = near;
    report.warning(['configs', 'real'], {
      message: `host "${host.name}" is cut off: no router on its link is configured with an address in ${formatPrefix(subnet)}, its subnet`,
      ...(other === undefined
        ? {}
        : {
            suggestion: `${other.end} has ${formatPrefix(other.address)}: give the host an "address" there`,
          }),
    });
    return host;
  });
  warnOfLonelyPeers(report, hosts, configs);
  return { ...topology, routers, hosts, links };
}

/** An external peer waits for routers to connect, and says which AS it is. */
function warnOfLonelyPeers(
  report: Report,
  hosts: readonly HostNode[],
  configs: readonly RouterConfigs[],
): void {
  const neighbours = configs.flatMap(({ router, real, shadow }) =>
    [...real.bgp, ...shadow.bgp].flatMap((bgp) =>
      bgp.neighbours.map(({ address, remoteAs, peerGroup }) => ({
        router,
        address,
        remoteAs: remoteAs ?? bgp.peerGroups.find(({ name }) => name === peerGroup)?.remoteAs,
        as: bgp.as,
      })),
    ),
  );
  for (const { name, address, peer } of hosts) {
    if (peer === undefined) continue;
    const own = formatIpv4(address.address);
    const meant = neighbours.filter((neighbour) => neighbour.address === address.address);
    const wrong = meant.find(({ remoteAs, as }) => !isOf(peer.as, remoteAs, as));
    if (wrong !== undefined) {
      report.warning(['topology', 'hosts', name, 'bgp', 'as'], {
        message: `external peer "${name}" is AS ${peer.as}, but router "${wrong.router}" has "neighbor ${own} remote-as ${wrong.remoteAs}": there will be no session`,
      });
    }
    if (meant.length > 0) continue;
    report.warning(['topology'], {
      message: `external peer "${name}" is no router's neighbour: no configuration has "neighbor ${own}"`,
      suggestion: `write "neighbor ${own} remote-as ${peer.as}" in the router's BGP, or give the topology bgp: { as: … }`,
    });
  }
}

function isOf(as: number, remoteAs: number | 'internal' | 'external' | undefined, own: number): boolean {
  if (remoteAs === 'internal') return as === own;
  return remoteAs === 'external' ? as !== own : remoteAs === undefined || remoteAs === as;
}

/** What routers on the host's link have there: in their real configurations, then in the shadow ones. */
function routersBeside(
  { name }: HostNode,
  links: readonly Link[],
  configsOf: ReadonlyMap<string, RouterConfigs>,
): readonly { readonly end: string; readonly address: Prefix }[] {
  const ends = links.find((link) => link.ends.some(({ node }) => node === name))?.ends ?? [];
  return (['real', 'shadow'] as const).flatMap((plane) =>
    ends.flatMap(({ node, port }) =>
      addressesOn(configsOf.get(node)?.[plane], (own) => own === port).map((address) => ({
        end: `${node}:${port}`,
        address,
      })),
    ),
  );
}

function addressesOn(
  config: RouterConfig | undefined,
  isMeant: (port: string) => boolean,
): readonly Prefix[] {
  return (config?.interfaces ?? []).filter(({ name }) => isMeant(name)).flatMap(({ addresses }) => addresses);
}

/** The planned one where it is configured, or nothing is; else the first that is configured. */
function preferred(planned: Prefix, configured: readonly Prefix[]): Prefix {
  return configured.find(({ address }) => address === planned.address) ?? configured[0] ?? planned;
}
