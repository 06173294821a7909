/** The two ends of a BGP session: neighbours that nobody is, or who say otherwise of themselves. Pure. */
import type { BgpConfig, BgpPeerConfig } from '../../config/bgp-model.ts';
import type { Ipv4 } from '../../net/address.ts';
import type { Disagreement, Member, NeighbourConfig } from './agreement-member.ts';

/** Members by the addresses that they have. In VRFs an address may be several routers'. */
export type Owners = ReadonlyMap<Ipv4, readonly Member[]>;

export function ownersOf(members: readonly Member[]): Owners {
  const owners = new Map<Ipv4, Member[]>();
  for (const member of members) {
    for (const address of member.addresses) owners.set(address, [...(owners.get(address) ?? []), member]);
  }
  return owners;
}

export function wrongNeighbours(
  member: Member,
  owners: Owners,
  hosts: ReadonlySet<Ipv4>,
): readonly Disagreement[] {
  const { router, plane, config } = member;
  return config.bgp.flatMap((bgp) =>
    bgp.neighbours
      .filter((neighbour) => settingOf(bgp, neighbour, 'shutdown') !== true)
      // Who is behind a host's address, its own programs say.
      .filter(({ address }) => !hosts.has(address))
      .flatMap((neighbour) => {
        const has = `router "${router}" has BGP neighbour ${neighbour.name}`;
        const wrongs = (owners.get(neighbour.address) ?? []).map((owner) =>
          wrongBetween(neighbour, bgp, member, owner),
        );
        if (wrongs.includes(undefined)) return [];
        const { message, ...more } = wrongs[0] ?? {
          message: ", which is no router's address, and no host's",
        };
        return [
          { router, plane, keywords: 'neighbor', words: [neighbour.name], message: has + message, ...more },
        ];
      }),
  );
}

/** In words that follow the neighbour's name. */
function wrongBetween(
  neighbour: NeighbourConfig,
  bgp: BgpConfig,
  member: Member,
  other: Member,
): Pick<Disagreement, 'message' | 'suggestion'> | undefined {
  const { name } = neighbour;
  if (other === member) return { message: ', which is its own address' };
  if (other.config.bgp.length === 0)
    return { message: `, which is router "${other.router}", but that has no BGP` };
  const back = [...member.addresses].flatMap((address) => other.neighbours.get(address) ?? []);
  if (back.length === 0) {
    return { message: `, which is router "${other.router}", but that does not have it for a neighbour` };
  }
  const expected = settingOf(bgp, neighbour, 'remoteAs');
  const said = back.map(({ bgp: each, neighbour: one }) => settingOf(each, one, 'localAs')?.as ?? each.as);
  const isExpected = said.some((as) =>
    expected === 'internal' ? as === bgp.as : expected === 'external' ? as !== bgp.as : as === expected,
  );
  if (isExpected || expected === undefined) {
    return passwordsBetween(
      settingOf(bgp, neighbour, 'password'),
      back.map(({ bgp: each, neighbour: one }) => settingOf(each, one, 'password')),
      other.router,
    );
  }
  return {
    message: ` with remote-as ${expected}, but router "${other.router}" is AS ${said.join(', ')} there`,
    suggestion: `"neighbor ${name} remote-as ${said[0]}"`,
  };
}

/** RFC 2385: without the same one at both ends no segment is taken. */
function passwordsBetween(
  own: string | undefined,
  theirs: readonly (string | undefined)[],
  other: string,
): Pick<Disagreement, 'message'> | undefined {
  if (theirs.includes(own)) return undefined;
  if (own === undefined) return { message: ` without a password, but router "${other}" has one for it` };
  const isOther = theirs.some((password) => password !== undefined);
  return {
    message: isOther
      ? ` with another password than router "${other}" has for it`
      : ` with a password, but router "${other}" has none for it`,
  };
}

/** What a neighbour says itself, else its group. */
function settingOf<Key extends 'shutdown' | 'remoteAs' | 'localAs' | 'password'>(
  { peerGroups }: BgpConfig,
  neighbour: NeighbourConfig,
  key: Key,
): BgpPeerConfig[Key] | undefined {
  return neighbour[key] ?? peerGroups.find(({ name }) => name === neighbour.peerGroup)?.[key];
}
