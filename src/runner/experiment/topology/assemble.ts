/** From a draft to the topology: names, addresses, impairments and the routers' own configurations filled in. */
import type { RouterConfig } from '../../../config/model.ts';
import type { Ipv4, Mac } from '../../../net/address.ts';
import type { Link, LinkEnd, Topology } from '../resolved.ts';
import { planAddresses, vrfOf } from './addresses.ts';
import { DEFAULT_TRAITS, type Draft } from './draft.ts';
import { readExternalPeer } from './external-peers.ts';
import type { Findings } from './findings.ts';
import { checkLinks, checkNodes, compareText, nameLinks, namePorts, quoted } from './names.ts';
import { type BgpPlan, type RouterPort, realConfig } from './real-config.ts';

export interface Assembled {
  readonly topology: Topology;
  /** The configuration made for each router, by its name. */
  readonly real: ReadonlyMap<string, RouterConfig>;
}

/** Undefined where the draft is wrong; `findings` says why, all at once as far as one check lets the next be made. */
export function assemble(draft: Draft, findings: Findings): Assembled | undefined {
  checkNodes(draft, findings);
  if (findings.failed) return undefined;
  checkLinks(draft, findings);
  const ports = namePorts(draft, findings);
  const linkNames = nameLinks(draft, findings);
  if (findings.failed) return undefined;
  const withHostAddresses = addressesOnEnds(draft);
  const plan = planAddresses(withHostAddresses, linkNames, findings);
  if (plan === undefined) return undefined;
  warnOfParts(draft, findings);

  const hosts = new Set(draft.hosts.map((host) => host.name));
  const vrfs = ['', ...new Set(draft.links.map(({ ends }) => vrfOf(ends)).filter((vrf) => vrf !== ''))];
  const routerPorts = new Map<string, RouterPort[]>(draft.routers.map((router) => [router.name, []]));
  const hostEnds = new Map<string, Pick<Topology['hosts'][number], 'address' | 'gateway'>>();
  const links = draft.links.map((link, index): Link => {
    const { metric, ...traits } = { ...DEFAULT_TRAITS, ...draft.defaults, ...link.traits };
    const ends = link.ends.map((end, at): LinkEnd => {
      const address = plan.ends[index][at];
      const kind = hosts.has(end.node) ? 'host' : 'router';
      return {
        node: end.node,
        kind,
        port: ports[index][at],
        mac: end.mac ?? macOf(address.address, vrfs.indexOf(vrfOf(link.ends))),
        address,
      };
    });
    const routers = ends.filter((end) => end.kind === 'router');
    for (const [at, { node, kind, port: name, address }] of ends.entries()) {
      if (kind === 'host') hostEnds.set(node, { address, gateway: routers[0].address.address });
      const ownMetric = link.ends[at].metric ?? metric;
      routerPorts.get(node)?.push({
        name,
        address,
        routers: routers.length,
        nodes: ends.length,
        rateBps: traits.rateBps,
        mtu: traits.mtu,
        peers: link.ends.flatMap(({ node: other }, otherAt) => {
          const peer = draft.hosts.find((host) => host.name === other)?.peer;
          return peer === undefined
            ? []
            : [{ as: peer.as, address: ends[otherAt].address.address, name: other }];
        }),
        ...(ownMetric === undefined ? {} : { metric: ownMetric }),
        ...(link.ends[at].vrf === undefined ? {} : { vrf: link.ends[at].vrf }),
      });
    }
    return { name: linkNames[index], ends, ...traits, bandwidth: { mode: 'fair' } as const };
  });

  const real = new Map<string, RouterConfig>();
  const bgp = planBgp(draft, plan.loopbacks, findings);
  const routers = draft.routers.map(({ name, position }, index) => {
    const loopback = plan.loopbacks[index];
    real.set(name, realConfig(name, loopback, routerPorts.get(name) ?? [], draft, bgp));
    return { name, loopback, ...(position === undefined ? {} : { position }) };
  });
  const hostNodes = draft.hosts.flatMap((host) => {
    const { name, position } = host;
    const end = hostEnds.get(name);
    if (end === undefined) return [];
    const peer = readExternalPeer(host, end.address.address, findings);
    return [
      {
        name,
        ...end,
        ...(position === undefined ? {} : { position }),
        ...(peer === undefined ? {} : { peer }),
      },
    ];
  });
  if (findings.failed) return undefined;
  const byName = (a: { readonly name: string }, b: { readonly name: string }) => compareText(a.name, b.name);
  return {
    topology: {
      name: draft.name,
      routers: routers.toSorted(byName),
      hosts: hostNodes.toSorted(byName),
      links: links.toSorted(byName),
    },
    real,
  };
}

/** Who speaks BGP with whom, where the topology has the routers do so. */
function planBgp(draft: Draft, loopbacks: readonly Ipv4[], findings: Findings): BgpPlan | undefined {
  if (draft.bgp === undefined) return undefined;
  const { as, reflectors, place } = draft.bgp;
  const byName = new Map(draft.routers.map(({ name }, index) => [name, loopbacks[index]]));
  for (const [index, name] of (reflectors ?? []).entries()) {
    if (!byName.has(name)) findings.error(place(['reflectors', index]), `there is no router "${name}"`);
  }
  return { as, loopbacks: byName, ...(reflectors === undefined ? {} : { reflectors: new Set(reflectors) }) };
}

/**
 * Addresses are unique in a topology's VRF, so they make unique MACs: locally administered, 02, the number of the VRF
 * (0 of the default one, others in the order of the links) and the address.
 */
function macOf(address: Ipv4, vrf: number): Mac {
  return 0x020000000000 + (vrf % 256) * 2 ** 32 + address;
}

/** The address that a host gives for itself belongs to its end of its link. */
function addressesOnEnds(draft: Draft): Draft {
  const hosts = new Map(draft.hosts.map((host) => [host.name, host]));
  const links = draft.links.map((link) => ({
    ...link,
    ends: link.ends.map((end) => {
      const host = hosts.get(end.node);
      if (host?.address === undefined || end.address !== undefined) return end;
      return { ...end, address: host.address, place: host.place };
    }),
  }));
  return { ...draft, links };
}

/** A network in several parts may be meant (a new site not yet connected), but is mostly a forgotten link. */
function warnOfParts(draft: Draft, findings: Findings): void {
  const parent = new Map(draft.routers.map((router) => [router.name, router.name]));
  const rootOf = (name: string): string => {
    let root = name;
    for (let next = parent.get(root); next !== undefined && next !== root; next = parent.get(root)) {
      parent.set(root, parent.get(next) ?? next);
      root = next;
    }
    return root;
  };
  for (const link of draft.links) {
    const [first, ...others] = link.ends.map((end) => end.node).filter((node) => parent.has(node));
    for (const other of others) parent.set(rootOf(other), rootOf(first));
  }
  const parts = Map.groupBy(draft.routers, (router) => rootOf(router.name));
  if (parts.size < 2) return;
  const small = [...parts.values()].toSorted((a, b) => b.length - a.length).slice(1);
  const shown = small
    .slice(0, 3)
    .map((part) => quoted(part.slice(0, 3).map((router) => router.name)) + more(part.length - 3));
  findings.warning(
    draft.place(),
    `the network is in ${parts.size} parts without a link between them; apart from the largest: ${shown.join('; ')}${more(small.length - 3)}`,
  );
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : '';
}
