/**
 * What ends with the next configuration ends first, while interfaces, addresses and VRFs are still those by which it
 * is spoken: a NOTIFICATION, or the purge of what a protocol announced, finds no way out later, and the other side
 * would wait for its hold timer. Pure.
 */
import type { BgpConfig } from '../../config/bgp-model.ts';
import type { RouterConfig } from '../../config/model.ts';
import { contains, type Ipv4, prefixOf } from '../../net/address.ts';
import { DEFAULT_VRF } from './speaker.ts';

/** `now` without the protocols, BGP processes and neighbours that `next` does not have; `now` itself where it has all. */
export function whatStays(now: RouterConfig, next: RouterConfig): RouterConfig {
  const bgp = now.bgp.flatMap((process) => processThatStays(process, now, next) ?? []);
  const isAllThere = bgp.length === now.bgp.length && bgp.every((process, at) => process === now.bgp[at]);
  const endsOspf = now.ospf !== undefined && next.ospf === undefined;
  const endsIsis = now.isis !== undefined && next.isis === undefined;
  if (isAllThere && !endsOspf && !endsIsis) return now;
  const { ospf, isis, ...others } = now;
  return { ...others, bgp, ...(!endsOspf && ospf && { ospf }), ...(!endsIsis && isis && { isis }) };
}

function processThatStays(process: BgpConfig, now: RouterConfig, next: RouterConfig): BgpConfig | undefined {
  const vrf = process.vrf ?? DEFAULT_VRF;
  const following = next.bgp.find((each) => (each.vrf ?? DEFAULT_VRF) === vrf);
  if (following === undefined) return undefined;
  const known = new Set(following.neighbours.map(({ address }) => address));
  const stays = ({ address }: BgpConfig['neighbours'][number]): boolean =>
    known.has(address) && (!isOnLink(now, vrf, address) || isOnLink(next, vrf, address));
  const neighbours = process.neighbours.filter(stays);
  return neighbours.length === process.neighbours.length ? process : { ...process, neighbours };
}

function isOnLink({ interfaces }: RouterConfig, vrf: string, neighbour: Ipv4): boolean {
  return interfaces.some(
    (each) =>
      (each.vrf ?? DEFAULT_VRF) === vrf &&
      each.addresses.some(({ address, length }) => contains(prefixOf(address, length), neighbour)),
  );
}
