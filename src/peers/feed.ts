/** Feeds: those whose routes a collector writes down. A file has one or many. */
import { formatIpv4, type Ipv4 } from '../net/address.ts';

/** Whose routes: of the feed in this AS, or, as an AS may have several, of the one with this address. */
export type Feed = { readonly as: number } | { readonly address: Ipv4 };

/** One of a file; undefined where its session ran over IPv6. */
export interface KnownFeed {
  readonly as: number;
  readonly address: Ipv4 | undefined;
}

/** Feeds over IPv6 are meant by nobody: their IPv4 routes, where they have any, have next hops that are none here. */
export function isMeant(feed: Feed, { as, address }: KnownFeed): boolean {
  return 'as' in feed ? as === feed.as && address !== undefined : address === feed.address;
}

/** The one feed that is meant; or what is wrong, in words that follow the file's name. */
export function chooseFeed<Known extends KnownFeed>(
  known: readonly Known[],
  feed: Feed,
): { readonly chosen: Known } | { readonly wrong: string } {
  const [chosen, another] = known.filter((each) => isMeant(feed, each));
  if (chosen === undefined) {
    const name = 'as' in feed ? `AS ${feed.as}` : formatIpv4(feed.address);
    return { wrong: `has no peer ${name}; its peers are ${listed(known)}` };
  }
  if (another === undefined) return { chosen };
  const several = listed(known.filter((each) => isMeant(feed, each)));
  return { wrong: `has several peers in AS ${chosen.as}, so one is named by its address: ${several}` };
}

const MOST_LISTED = 40;

function listed(feeds: readonly KnownFeed[]): string {
  const known = feeds.flatMap(({ as, address }) =>
    address === undefined ? [] : [`${as} (${formatIpv4(address)})`],
  );
  const more = known.length > MOST_LISTED ? ` and ${known.length - MOST_LISTED} more` : '';
  return known.length === 0 ? 'none over IPv4' : `${known.slice(0, MOST_LISTED).join(', ')}${more}`;
}
