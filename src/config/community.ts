/** Communities as FRR writes them: `65000:100`, `no-export`; large ones, `64512:1:2` (RFC 1997, RFC 8092). */
import type { Community } from './policy-model.ts';

/** Matches every route in a community list; as a value, 0. */
export const INTERNET: Community = 'internet';

/** RFC 1997, 3765, 7611, 7999, 8326, 9494; the names of FRR (bgpd/bgp_community.c). */
const WELL_KNOWN: ReadonlyMap<Community, number> = new Map([
  [INTERNET, 0],
  ['graceful-shutdown', 0xffff0000],
  ['accept-own', 0xffff0001],
  ['route-filter-translated-v4', 0xffff0002],
  ['route-filter-v4', 0xffff0003],
  ['route-filter-translated-v6', 0xffff0004],
  ['route-filter-v6', 0xffff0005],
  ['llgr-stale', 0xffff0006],
  ['no-llgr', 0xffff0007],
  ['accept-own-nexthop', 0xffff0008],
  ['blackhole', 0xffff029a],
  ['no-export', 0xffffff01],
  ['no-advertise', 0xffffff02],
  ['local-AS', 0xffffff03],
  ['no-peer', 0xffffff04],
]);

const NAMES: ReadonlyMap<number, Community> = new Map([...WELL_KNOWN].map(([name, value]) => [value, name]));

export const WELL_KNOWN_COMMUNITIES: readonly Community[] = [...WELL_KNOWN.keys()];

/** The 32 bits of `65000:100`, of a name, or of a plain number; undefined where it is none of them. */
export function communityValue(text: string): number | undefined {
  const known = WELL_KNOWN.get(text);
  if (known !== undefined) return known;
  const parts = numbersOf(text);
  if (parts?.length === 1) return parts[0] <= 0xffffffff ? parts[0] : undefined;
  if (parts?.length !== 2 || parts.some((part) => part > 0xffff)) return undefined;
  return parts[0] * 0x10000 + parts[1];
}

/** As FRR writes it: by name where it has one. */
export function formatCommunity(value: number): Community {
  return NAMES.get(value) ?? `${Math.floor(value / 0x10000)}:${value % 0x10000}`;
}

/** `64512:1:2`, three numbers of 32 bits; undefined where it is not. */
export function largeCommunityParts(text: string): readonly [number, number, number] | undefined {
  const parts = numbersOf(text);
  if (parts?.length !== 3 || parts.some((part) => part > 0xffffffff)) return undefined;
  return [parts[0], parts[1], parts[2]];
}

function numbersOf(text: string): readonly number[] | undefined {
  return /^\d{1,10}(:\d{1,10})*$/.test(text) ? text.split(':').map(Number) : undefined;
}

/** Kinds of extended communities that are written and matched (RFC 4360 4, 5): a route's target, its site of origin. */
export const EXTENDED_KINDS = ['rt', 'soo'] as const;
export type ExtendedKind = (typeof EXTENDED_KINDS)[number];

/**
 * A route target or distinguisher, `65000:1`, `4200000000:1` or `10.0.0.1:1` (RFC 4364 4.2), as type and its six
 * bytes' two numbers; undefined where it is none.
 */
export function administrated(
  text: string,
): { readonly type: 0 | 1 | 2; readonly administrator: number; readonly assigned: number } | undefined {
  const parts = /^(?:(\d{1,10})|(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})):(\d{1,10})$/.exec(text);
  if (parts === null) return undefined;
  const assigned = Number(parts[6]);
  if (parts[1] === undefined) {
    const octets = parts.slice(2, 6).map(Number);
    if (octets.some((octet) => octet > 255) || assigned > 0xffff) return undefined;
    return { type: 1, administrator: octets.reduce((sum, octet) => sum * 256 + octet, 0), assigned };
  }
  const administrator = Number(parts[1]);
  if (administrator <= 0xffff && assigned <= 0xffffffff) return { type: 0, administrator, assigned };
  if (administrator > 0xffffffff || assigned > 0xffff) return undefined;
  return { type: 2, administrator, assigned };
}
