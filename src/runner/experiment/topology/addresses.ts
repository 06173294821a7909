/**
 * The address plan. What the topology gives is set aside first; then, in the order of the file, each router
 * gets a /32 for its loopback, each link of two routers a /31 (RFC 3021), and each host behind a router and each
 * broadcast segment a /24, from three pools that do not overlap. Within a subnet the routers are
 * numbered first, then the hosts, in the order of the endpoints. So a link added at the end of the file changes no other address, and no address is used twice:
 * where what was given would break that, it is told, with both owners named. Links of different VRFs may be given the
 * same addresses. `docs/topology.md` says it to users.
 */
import { formatIpv4, formatPrefix, type Ipv4, type Prefix, prefixOf } from '../../../net/address.ts';
import type { Location } from '../source-text.ts';
import { AddressPool, type Block, blockOf, sizeOf } from './address-pool.ts';
import type { AddressPools, Draft, DraftEnd, DraftLink } from './draft.ts';
import type { Findings, Place } from './findings.ts';

export const DEFAULT_POOLS: AddressPools = {
  loopbacks: { address: 0x0aff0000, length: 16 },
  links: { address: 0x0afe0000, length: 16 },
  hosts: { address: 0x0a000000, length: 12 },
};

/** Subnets of hosts and segments are no smaller, so that they look like a site's. */
const SITE_LENGTH = 24;

export interface AddressPlan {
  /** By router, in the order of the draft. */
  readonly loopbacks: readonly Ipv4[];
  /** ends[link][end], with the length of the subnet. */
  readonly ends: readonly (readonly Prefix[])[];
}

interface Claim extends Block {
  /** Within which no address is used twice; empty: the default one. */
  readonly vrf: string;
  /** `10.1.0.0/24 of host "seattle"` */
  readonly words: string;
  readonly location: () => Location;
}

/** Gives every loopback and every end an address. Undefined where that is not possible; `findings` says why. */
export function planAddresses(
  draft: Draft,
  linkNames: readonly string[],
  findings: Findings,
): AddressPlan | undefined {
  const hosts = new Set(draft.hosts.map((host) => host.name));
  const pools = { ...DEFAULT_POOLS, ...draft.addressing };
  const subnets = draft.links.map((link) => givenSubnet(link, findings));
  const taken = claimsOf(draft, subnets, linkNames, findings).toSorted(
    (a, b) => a.first - b.first || b.last - a.last,
  );
  checkOverlaps(taken, findings);
  checkPools(pools, draft.place, findings);
  if (findings.failed) return undefined;

  const loopbacks = new AddressPool(pools.loopbacks, taken);
  if (pools.loopbacks.length < 31) loopbacks.skipTo(pools.loopbacks.address + 1); // .0 reads as a network
  const links = new AddressPool(pools.links, taken);
  const sites = new AddressPool(pools.hosts, taken);
  const exhausted = (pool: keyof AddressPools, at: string): undefined => {
    findings.error(draft.place(['addressing', pool]), {
      message: `no address is left for ${at}: addressing.${pool} is ${formatPrefix(pools[pool])}`,
      suggestion: `give addressing.${pool} a larger prefix`,
    });
    return undefined;
  };

  const planned: Ipv4[] = [];
  for (const { name, loopback } of draft.routers) {
    const address = loopback ?? loopbacks.take(32)?.address;
    if (address === undefined) return exhausted('loopbacks', `the loopback of "${name}"`);
    planned.push(address);
  }
  const ends: (readonly Prefix[])[] = [];
  for (const [index, link] of draft.links.entries()) {
    const isBackbone = link.ends.length === 2 && link.ends.every((end) => !hosts.has(end.node));
    const subnet = subnets[index] ?? (isBackbone ? links.take(31) : sites.take(siteLength(link.ends.length)));
    if (subnet === undefined) return exhausted(isBackbone ? 'links' : 'hosts', `link "${linkNames[index]}"`);
    const addresses = numberEnds(subnet, link.ends, hosts, findings);
    if (addresses !== undefined) ends.push(addresses);
  }
  return findings.failed ? undefined : { loopbacks: planned, ends };
}

/** Longest length, 24 or less, that holds `count` ends besides the network's and the broadcast address. */
function siteLength(count: number): number {
  return Math.min(SITE_LENGTH, 32 - Math.ceil(Math.log2(count + 2)));
}

/** What is given: loopbacks, and the subnets of links. */
function claimsOf(
  draft: Draft,
  subnets: readonly (Prefix | undefined)[],
  linkNames: readonly string[],
  findings: Findings,
): readonly Claim[] {
  const hosts = new Set(draft.hosts.map((host) => host.name));
  const claims: Claim[] = [];
  const claim = (prefix: Prefix, owner: string, location: Claim['location'], vrf = ''): void => {
    claims.push({ ...blockOf(prefix), vrf, words: `${formatPrefix(prefix)} of ${owner}`, location });
  };
  for (const { loopback, name, place } of draft.routers) {
    if (loopback === undefined) continue;
    const location = () => place(['loopback']);
    if (!isUnicast(loopback))
      findings.error(location(), `${formatIpv4(loopback)} is no address that a router can have`);
    claim({ address: loopback, length: 32 }, `the loopback of "${name}"`, location);
  }
  for (const [index, { ends, place }] of draft.links.entries()) {
    const subnet = subnets[index];
    if (subnet === undefined) continue;
    const host = ends.length === 2 ? ends.find((end) => hosts.has(end.node)) : undefined;
    const owner = host === undefined ? `link "${linkNames[index]}"` : `host "${host.node}"`;
    const given = ends.find((end) => end.address !== undefined);
    claim(subnet, owner, () => given?.place(['address']) ?? place(), vrfOf(ends));
  }
  return claims;
}

/** Of a link that a router has in a VRF; empty of others. */
export function vrfOf(ends: readonly DraftEnd[]): string {
  return ends.find(({ vrf }) => vrf !== undefined)?.vrf ?? '';
}

/** The subnet that the given addresses of a link lie in; undefined where none is given. */
function givenSubnet(link: DraftLink, findings: Findings): Prefix | undefined {
  let subnet: Prefix | undefined;
  const used = new Set<Ipv4>();
  for (const { node, address, place } of link.ends) {
    if (address === undefined) continue;
    const own = prefixOf(address.address, address.length);
    subnet ??= own;
    const words = `${formatPrefix(address)} of "${node}"`;
    const { first, last } = usable(own);
    if (own.address !== subnet.address || own.length !== subnet.length)
      findings.error(
        place(['address']),
        `${words} is not in ${formatPrefix(subnet)}, the subnet of the other end`,
      );
    else if (!isUnicast(address.address) || address.address < first || address.address > last)
      findings.error(place(['address']), `${words} is no address that an interface can have`);
    else if (used.has(address.address))
      findings.error(place(['address']), `${words} is the address of the other end, too`);
    used.add(address.address);
  }
  return subnet;
}

/** Given addresses stay; the others are the lowest free ones: routers first, then hosts, each in their order. */
function numberEnds(
  subnet: Prefix,
  ends: readonly DraftEnd[],
  hosts: ReadonlySet<string>,
  findings: Findings,
): readonly Prefix[] | undefined {
  const { first, last } = usable(subnet);
  const given = new Set(ends.flatMap(({ address }) => (address === undefined ? [] : [address.address])));
  const numbers = new Map<DraftEnd, Ipv4>();
  let next = first;
  const routersFirst = ends.toSorted((a, b) => Number(hosts.has(a.node)) - Number(hosts.has(b.node)));
  for (const end of routersFirst) {
    while (given.has(next)) next += 1;
    if (end.address === undefined && next > last) {
      findings.error(end.place(), `${formatPrefix(subnet)} has no address left for "${end.node}"`);
      return undefined;
    }
    numbers.set(end, end.address?.address ?? next);
    if (end.address === undefined) next += 1;
  }
  return ends.map((end) => ({ address: numbers.get(end) ?? first, length: subnet.length }));
}

/** Network and broadcast address left out, but from /31 (RFC 3021) and /32. */
function usable(subnet: Prefix): Block {
  const { first, last } = blockOf(subnet);
  return sizeOf(subnet.length) > 2 ? { first: first + 1, last: last - 1 } : { first, last };
}

/** Not of this network, loopback, multicast or reserved (RFC 6890). */
function isUnicast(address: Ipv4): boolean {
  const octet = address >>> 24;
  return octet > 0 && octet !== 127 && octet < 224;
}

function checkOverlaps(sorted: readonly Claim[], findings: Findings): void {
  const widestOf = new Map<string, Claim>();
  for (const claim of sorted) {
    const widest = widestOf.get(claim.vrf);
    if (widest !== undefined && claim.first <= widest.last)
      findings.error(claim.location(), `${claim.words} overlaps ${widest.words}`);
    if (widest === undefined || claim.last > widest.last) widestOf.set(claim.vrf, claim);
  }
}

function checkPools(pools: AddressPools, place: Place, findings: Findings): void {
  const all = [
    ['loopbacks', blockOf(pools.loopbacks)],
    ['links', blockOf(pools.links)],
    ['hosts', blockOf(pools.hosts)],
  ] as const;
  for (const [index, [name, block]] of all.entries()) {
    if (!isUnicast(block.first) || !isUnicast(block.last))
      findings.error(
        place(['addressing', name]),
        `${formatPrefix(pools[name])} holds addresses that no router can have`,
      );
    for (const [other, { first, last }] of all.slice(0, index)) {
      if (block.first <= last && first <= block.last)
        findings.error(
          place(['addressing', name]),
          `addressing.${name} (${formatPrefix(pools[name])}) overlaps addressing.${other} (${formatPrefix(pools[other])})`,
        );
    }
  }
}
