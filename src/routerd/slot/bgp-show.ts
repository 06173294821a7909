/** BGP's table as it is told outside: of each prefix the paths, the best first. */
import {
  comparePrefixes,
  formatIpv4,
  formatPrefix,
  maskOf,
  parseIpv4,
  parsePrefix,
} from '../../net/address.ts';
import type { BgpEntry, BgpPathEntry, BgpRefusal } from '../../world/observation.ts';
import { asPathText, communityText, largeCommunityText } from '../policy/text.ts';
import type { Family } from '../protocols/bgp/contract.ts';
import { isUsable } from '../protocols/bgp/decision.ts';
import { NO_DESTINATION } from '../protocols/bgp/destinations.ts';
import type { Path } from '../protocols/bgp/path.ts';
import type { FamilyTable } from '../protocols/bgp/table.ts';

/** What of it is asked for; left out: all, from the beginning. */
export interface BgpQuestion {
  readonly vrf?: string;
  readonly family?: Family;
  /** This one alone. */
  readonly prefix?: string;
  /** Only the longest that leads to this address; and what was refused that would. */
  readonly address?: string;
  /** Those behind it: how to go on where there were more. */
  readonly after?: string;
}

export interface BgpAnswer {
  readonly entries: readonly BgpEntry[];
  readonly more: boolean;
  /** Where it was asked for an address. */
  readonly refused?: readonly BgpRefusal[];
}

/** Prefixes of one answer. */
export const MAX_BGP_ENTRIES = 10_000;

const ORIGINS = ['igp', 'egp', 'incomplete'] as const;

export function showBgp(table: FamilyTable, { prefix, address, after }: BgpQuestion): BgpAnswer {
  const numbers =
    address !== undefined
      ? longest(table, address)
      : prefix === undefined
        ? all(table, after)
        : one(table, prefix);
  const shown = numbers.slice(0, MAX_BGP_ENTRIES);
  return { entries: shown.map((number) => entryOf(table, number)), more: shown.length < numbers.length };
}

function one({ locRib: { destinations } }: FamilyTable, text: string): readonly number[] {
  const prefix = parsePrefix(text);
  const number = prefix === undefined ? NO_DESTINATION : destinations.find({ prefix });
  return number === NO_DESTINATION ? [] : [number];
}

function longest({ locRib }: FamilyTable, text: string): readonly number[] {
  const address = parseIpv4(text) ?? 0;
  for (let length = 32; length >= 0; length--) {
    const prefix = { address: (address & maskOf(length)) >>> 0, length };
    const number = locRib.destinations.find({ prefix });
    if (number !== NO_DESTINATION && locRib.paths(number).length > 0) return [number];
  }
  return [];
}

/** By prefix, then by route distinguisher. */
function all({ locRib }: FamilyTable, after: string | undefined): readonly number[] {
  const { destinations } = locRib;
  const from = after === undefined ? undefined : parsePrefix(after);
  const wanted: { readonly number: number; readonly nlri: ReturnType<typeof destinations.nlri> }[] = [];
  for (let number = 0; number < destinations.end; number++) {
    if (!destinations.isUsed(number) || locRib.paths(number).length === 0) continue;
    const nlri = destinations.nlri(number);
    if (from === undefined || comparePrefixes(nlri.prefix, from) > 0) wanted.push({ number, nlri });
  }
  const rdOrder = (a = '', b = ''): number => (a < b ? -1 : Number(a > b));
  wanted.sort((a, b) => comparePrefixes(a.nlri.prefix, b.nlri.prefix) || rdOrder(a.nlri.rd, b.nlri.rd));
  return wanted.map(({ number }) => number);
}

function entryOf({ locRib }: FamilyTable, number: number): BgpEntry {
  const { prefix, rd } = locRib.destinations.nlri(number);
  const used = locRib.selection(number);
  const others = locRib.paths(number).filter((path) => !used.includes(path));
  return {
    prefix: formatPrefix(prefix),
    ...(rd !== undefined && { rd }),
    paths: [
      ...used.map((path, at) => pathEntry(path, at === 0 ? 'best' : 'multipath')),
      ...others.map((path) => pathEntry(path, isUsable(path) ? 'usable' : 'unreachable')),
    ],
  };
}

function pathEntry({ source, attributes, weight, label }: Path, use: BgpPathEntry['use']): BgpPathEntry {
  const { origin, asPath, nextHop, med, localPreference, originatorId, clusterList } = attributes;
  return {
    use,
    neighbour: formatIpv4(source.address),
    nextHop: formatIpv4(nextHop),
    weight,
    ...(localPreference !== undefined && { localPreference }),
    asPath: asPathText(asPath),
    origin: ORIGINS[origin],
    ...(med !== undefined && { med }),
    communities: attributes.communities.map(communityText),
    largeCommunities: attributes.largeCommunities.map(largeCommunityText),
    extendedCommunities: attributes.extendedCommunities,
    ...(originatorId !== undefined && { originatorId: formatIpv4(originatorId) }),
    clusterList: clusterList.map(formatIpv4),
    ...(label !== undefined && { label }),
  };
}
