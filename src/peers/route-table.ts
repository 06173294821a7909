/**
 * What one feed announces: prefixes by the attributes they share, as small as a full table can be kept. A prefix is a
 * number here (`packPrefix`), since objects of 500,000 of them take more than all the rest.
 */
import type { Ipv4, Prefix } from '../net/address.ts';
import type { PathAttributes } from '../routerd/protocols/bgp/attributes.ts';

/** Prefixes that share their attributes. */
export interface RouteGroup {
  readonly attributes: PathAttributes;
  /** By `keyOf` (routerd/rib/prefix-map.ts), each once. */
  readonly prefixes: readonly number[];
}

/** What `keyOf` made a number of. */
export function prefixOfKey(key: number): Prefix {
  return { address: Math.floor(key / 64), length: key % 64 };
}

export class RouteTable {
  readonly #groups: readonly RouteGroup[];
  /** How many there are. */
  readonly prefixes: number;

  constructor(groups: readonly RouteGroup[]) {
    this.#groups = groups;
    this.prefixes = groups.reduce((sum, group) => sum + group.prefixes.length, 0);
  }

  /** In the order of the file, by the first prefix of each. */
  get groups(): readonly RouteGroup[] {
    return this.#groups;
  }
}

export const EMPTY_TABLE = new RouteTable([]);

/** One change of a table: what an UPDATE said, some time after the first message of its file. */
export interface RouteChange {
  readonly afterNs: number;
  readonly withdrawn: readonly number[];
  /** Absent where nothing is announced. */
  readonly announced?: RouteGroup;
}

/** As whom routes are announced. */
export interface Announcer {
  readonly as: number;
  readonly address: Ipv4;
}

/**
 * Attributes of a feed as the announcer would send them over a session of its own: the next hop is its address, its
 * AS is the first of the path, and what has a meaning within an AS alone is left out (RFC 4271 5.1). Undefined where
 * a mandatory attribute is missing.
 */
export function announcedBy(
  { as, address }: Announcer,
  {
    origin,
    asPath,
    localPreference: _,
    originatorId: __,
    clusterList: ___,
    ...found
  }: Partial<PathAttributes>,
): PathAttributes | undefined {
  if (origin === undefined || asPath === undefined) return undefined;
  return { ...NO_LISTS, ...found, origin, asPath: beginsWith(asPath, as), nextHop: address };
}

/** One of each for all. */
const NO_LISTS = {
  communities: [],
  largeCommunities: [],
  extendedCommunities: [],
  clusterList: [],
  unknown: [],
};

function beginsWith(asPath: PathAttributes['asPath'], as: number): PathAttributes['asPath'] {
  const [first, ...rest] = asPath;
  if (first?.type !== 'sequence') return [{ type: 'sequence', numbers: [as] }, ...asPath];
  if (first.numbers[0] === as) return asPath;
  return [{ type: 'sequence', numbers: [as, ...first.numbers] }, ...rest];
}
