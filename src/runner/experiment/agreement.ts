/**
 * What the configurations of several routers say to one another, plane by plane: neighbours that nobody is, ends of a
 * link that will never see one another, identifiers that two routers have, route targets that only one side has. Each
 * line by itself may be; so it is a warning, told where the line stands. Nothing is said of what may be meant: a link
 * on which only one end runs a protocol.
 *
 *     agreement-member.ts   a router of one plane, as all of this sees it
 *     agreement-links.ts    the two ends of a link: subnets, OSPF, IS-IS
 *     agreement-bgp.ts      the two ends of a BGP session
 *
 * Pure. What a configuration comes to is asked of the router's own code. Secrets are compared, and never told.
 */
import { formatIpv4 } from '../../net/address.ts';
import { ownersOf, wrongNeighbours } from './agreement-bgp.ts';
import { unequalEnds } from './agreement-links.ts';
import { type Disagreement, type Member, memberOf } from './agreement-member.ts';
import type { RouterConfigs, Topology } from './resolved.ts';

export function disagreements(
  topology: Topology,
  configs: readonly RouterConfigs[],
): readonly Disagreement[] {
  return (['real', 'shadow'] as const).flatMap((plane) => {
    const members = configs.map((both) => memberOf(both.router, plane, both[plane], topology.links));
    const byName = new Map(members.map((member) => [member.router, member]));
    const owners = ownersOf(members);
    const hosts = new Set(topology.hosts.map(({ address }) => address.address));
    return [
      ...sharedIdentifiers(members),
      ...topology.links.flatMap((link) => unequalEnds(link, byName)),
      ...members.flatMap((member) => wrongNeighbours(member, owners, hosts)),
      ...lonelyTargets(members),
    ];
  });
}

// ── Identifiers ─────────────────────────────────────────────────────────────────────────────────────────────────

function sharedIdentifiers(members: readonly Member[]): readonly Disagreement[] {
  const ospf = members.filter((member) => member.ospf.interfaces.length > 0);
  const isis = members.filter((member) => member.isis.circuits.length > 0);
  return [
    ...shared(
      ospf,
      (member) => formatIpv4(member.ospf.routerId),
      'OSPF router id',
      'ospf router-id',
      (id) => [id],
    ),
    ...shared(
      isis,
      (member) => member.isis.systemId,
      'IS-IS system id',
      'net',
      (_, member) => member.config.isis?.nets ?? [],
    ),
  ];
}

function shared(
  members: readonly Member[],
  idOf: (member: Member) => string,
  what: string,
  keywords: string,
  wordsOf: (id: string, member: Member) => readonly string[],
): readonly Disagreement[] {
  const owners = new Map<string, string>();
  return members.flatMap((member): readonly Disagreement[] => {
    const id = idOf(member);
    const owner = owners.get(id);
    if (owner === undefined) {
      owners.set(id, member.router);
      return [];
    }
    const { router, plane } = member;
    const message = `router "${router}" has the ${what} ${id}, as router "${owner}" has: others take them for one`;
    return [{ router, plane, keywords, words: wordsOf(id, member), message }];
  });
}

// ── VPNs ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Targets of a VRF that no other VRF has at the other side; none where nobody has any. */
function lonelyTargets(members: readonly Member[]): readonly Disagreement[] {
  const sites = members.flatMap(({ router, plane, config }) =>
    config.bgp.flatMap(({ vrf, ipv4: { vpn } }) =>
      vrf === undefined || vpn === undefined
        ? []
        : [
            {
              router,
              plane,
              vrf,
              gives: vpn.export ? vpn.exportTargets : [],
              takes: vpn.import ? vpn.importTargets : [],
            },
          ],
    ),
  );
  const givers = countOf(sites.map(({ gives }) => gives));
  const takers = countOf(sites.map(({ takes }) => takes));
  // A route map may add others to what a VRF exports.
  const set = new Set(
    members.flatMap(({ config }) =>
      config.routeMaps.flatMap(({ entries }) =>
        entries.flatMap((entry) =>
          entry.set.flatMap((each) => (each.kind === 'extcommunity rt' ? each.targets : [])),
        ),
      ),
    ),
  );
  return sites.flatMap(({ router, plane, vrf, gives, takes }) => {
    const others = (count: ReadonlyMap<string, number>, target: string, own: readonly string[]): number =>
      (count.get(target) ?? 0) - Number(own.includes(target));
    const lonely = {
      takes: takes.filter((target) => !set.has(target) && others(givers, target, gives) === 0),
      gives: gives.filter((target) => others(takers, target, takes) === 0),
    };
    return [...new Set([...lonely.takes, ...lonely.gives])].map((target) => {
      const [isTaken, isGiven] = [lonely.takes.includes(target), lonely.gives.includes(target)];
      const [does, lacks, line] =
        isTaken && isGiven
          ? ['imports and exports', 'has', '(?:both|import)']
          : isTaken
            ? ['imports', 'exports', '(?:import|both)']
            : ['exports', 'imports', '(?:export|both)'];
      const message = `VRF "${vrf}" of router "${router}" ${does} route target ${target}, which no other VRF ${lacks}`;
      return { router, plane, keywords: `rt vpn ${line}`, words: [target], message };
    });
  });
}

/** How many of the lists have each target. */
function countOf(lists: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const list of lists)
    for (const target of new Set(list)) counts.set(target, (counts.get(target) ?? 0) + 1);
  return counts;
}
