/** Where BGP's settings are in a configuration, and how one of them is exchanged for another. */
import { formatIpv4, parseIpv4 } from '../net/address.ts';
import { type BgpConfig, type BgpFamilyConfig, type BgpPeerConfig, EMPTY_BGP_FAMILY } from './bgp-model.ts';
import { Refusal } from './command.ts';
import { atMost } from './limits.ts';
import type { RouterConfig } from './model.ts';

export type Family = 'ipv4' | 'vpnv4';

export type Neighbour = BgpConfig['neighbours'][number];

/** As the lines that open them say it, behind `address-family`. */
export const FAMILY_NAMES: Readonly<Record<Family, string>> = { ipv4: 'ipv4 unicast', vpnv4: 'ipv4 vpn' };

export function emptyBgp(as: number, vrf: string | undefined): BgpConfig {
  return {
    as,
    ...(vrf === undefined ? {} : { vrf }),
    peerGroups: [],
    neighbours: [],
    ipv4: EMPTY_BGP_FAMILY,
    vpnv4: EMPTY_BGP_FAMILY,
  };
}

/** `router bgp 65000 vrf RED` */
export function bgpTitle({ as, vrf }: BgpConfig): string {
  return `router bgp ${as}${vrf === undefined ? '' : ` vrf ${vrf}`}`;
}

/** The path of a section is `65000` or `65000 vrf RED`, and that of a family within it has the family's name behind. */
function vrfOf(path: string): string | undefined {
  const words = path.split(' ');
  return words[1] === 'vrf' ? words[2] : undefined;
}

export function familyOf(path: string): Family {
  return path.endsWith(` ${FAMILY_NAMES.vpnv4}`) ? 'vpnv4' : 'ipv4';
}

export function findBgp(config: RouterConfig, path: string): BgpConfig | undefined {
  const vrf = vrfOf(path);
  return config.bgp.find((each) => each.vrf === vrf);
}

export function updateBgp(
  config: RouterConfig,
  path: string,
  change: (bgp: BgpConfig) => BgpConfig,
): RouterConfig {
  const vrf = vrfOf(path);
  return { ...config, bgp: config.bgp.map((each) => (each.vrf === vrf ? change(each) : each)) };
}

export function updateFamily(
  config: RouterConfig,
  path: string,
  change: (family: BgpFamilyConfig) => BgpFamilyConfig,
): RouterConfig {
  const family = familyOf(path);
  return updateBgp(config, path, (bgp) => ({ ...bgp, [family]: change(bgp[family]) }));
}

export function findPeer(config: RouterConfig, path: string, peer: string): BgpPeerConfig | undefined {
  const bgp = findBgp(config, path);
  return [...(bgp?.peerGroups ?? []), ...(bgp?.neighbours ?? [])].find((each) => each.name === peer);
}

/** A neighbour is there as soon as something is said of it; a group, when it is named as one. */
export function updatePeer(
  config: RouterConfig,
  path: string,
  peer: string,
  change: (settings: BgpPeerConfig) => BgpPeerConfig,
): RouterConfig | Refusal {
  const bgp = findBgp(config, path);
  if (bgp === undefined) return config;
  if (parseIpv4(peer) === undefined) {
    const groups = bgp.peerGroups;
    if (!groups.some((each) => each.name === peer)) return unknownGroup(peer);
    const peerGroups = groups.map((each) => (each.name === peer ? change(each) : each));
    return updateBgp(config, path, (each) => ({ ...each, peerGroups }));
  }
  return updateNeighbour(config, path, peer, (each) => {
    const { address, peerGroup } = each;
    return { ...change(each), address, ...(peerGroup === undefined ? {} : { peerGroup }) };
  });
}

/** `peer` is an address. */
export function updateNeighbour(
  config: RouterConfig,
  path: string,
  peer: string,
  change: (settings: Neighbour) => Neighbour,
): RouterConfig | Refusal {
  const address = parseIpv4(peer) ?? 0;
  const neighbours = findBgp(config, path)?.neighbours ?? [];
  const known = neighbours.find((each) => each.address === address);
  const others = neighbours.filter((each) => each.address !== address);
  const changed = change(known ?? { address, name: formatIpv4(address), ipv4: {}, vpnv4: {} });
  return (
    (known === undefined ? atMost(others, 'neighbours') : undefined) ??
    updateBgp(config, path, (bgp) => ({ ...bgp, neighbours: [...others, changed] }))
  );
}

export function unknownGroup(peer: string): Refusal {
  return new Refusal(`there is no peer group "${peer}"`, {
    suggestion: `say "neighbor ${peer} peer-group" first`,
  });
}
