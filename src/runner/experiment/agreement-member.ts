/** A router of one plane, as the checks of what configurations say to one another (agreement.ts) see it. Pure. */
import type { BgpConfig } from '../../config/bgp-model.ts';
import type { RouterConfig } from '../../config/model.ts';
import type { Ipv4 } from '../../net/address.ts';
import type { Plane } from '../../net/wire.ts';
import { isisSettings } from '../../routerd/slot/isis-settings.ts';
import { ospfSettings } from '../../routerd/slot/ospf-settings.ts';
import type { SlotView } from '../../routerd/slot/speaker.ts';
import type { Link } from './resolved.ts';

export interface Disagreement {
  readonly router: string;
  readonly plane: Plane;
  /** What the section that says it is opened by, of several that have such lines. */
  readonly section?: string;
  /** The lines that say it begin so (a pattern), and hold one of these words. */
  readonly keywords: string;
  readonly words: readonly string[];
  /** The other end of the link, which may be the one that was changed. */
  readonly otherEnd?: { readonly router: string; readonly port: string };
  readonly message: string;
  readonly suggestion?: string;
}

export type NeighbourConfig = BgpConfig['neighbours'][number];

interface Spoken {
  readonly bgp: BgpConfig;
  readonly neighbour: NeighbourConfig;
}

/** A router of one plane. */
export interface Member {
  readonly router: string;
  readonly plane: Plane;
  readonly config: RouterConfig;
  readonly addresses: ReadonlySet<Ipv4>;
  /** What it says of BGP neighbours, of all its VRFs, by address. */
  readonly neighbours: ReadonlyMap<Ipv4, readonly Spoken[]>;
  readonly ospf: ReturnType<typeof ospfSettings>;
  readonly isis: ReturnType<typeof isisSettings>;
}

export function memberOf(router: string, plane: Plane, config: RouterConfig, links: readonly Link[]): Member {
  const ports = links.flatMap(({ ends, rateBps, mtu }) =>
    ends.filter(({ node }) => node === router).map(({ port, mac }) => ({ name: port, mac, rateBps, mtu })),
  );
  const view: SlotView = {
    config,
    ports,
    isUp: (name) => config.interfaces.some((each) => each.name === name && each.shutdown !== true),
  };
  const addresses = new Set(
    config.interfaces.flatMap(({ addresses: own }) => own.map(({ address }) => address)),
  );
  const neighbours = new Map<Ipv4, Spoken[]>();
  for (const bgp of config.bgp) {
    for (const neighbour of bgp.neighbours) {
      const { address } = neighbour;
      neighbours.set(address, [...(neighbours.get(address) ?? []), { bgp, neighbour }]);
    }
  }
  const [ospf, isis] = [ospfSettings(view), isisSettings(view)];
  return { router, plane, config, addresses, neighbours, ospf, isis };
}
