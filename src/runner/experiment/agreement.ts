/**
 * What the configurations of several routers say to one another, plane by plane: neighbours that nobody is, ends of a
 * link that will never see one another, identifiers that two routers have, route targets that only one side has. Each
 * line by itself may be; so it is a warning, told where the line stands. Nothing is said of what may be meant: a link
 * on which only one end runs a protocol, or is passive.
 *
 * Pure. What a configuration comes to is asked of the router's own code.
 */
import type { BgpConfig, BgpPeerConfig } from '../../config/bgp-model.ts';
import type { RouterConfig } from '../../config/model.ts';
import { contains, formatIpv4, type Ipv4, prefixOf } from '../../net/address.ts';
import type { Plane } from '../../net/wire.ts';
import { isisSettings } from '../../routerd/slot/isis-settings.ts';
import { ospfSettings } from '../../routerd/slot/ospf-settings.ts';
import type { SlotView } from '../../routerd/slot/speaker.ts';
import type { Link, RouterConfigs, Topology } from './resolved.ts';

export interface Disagreement {
  readonly router: string;
  readonly plane: Plane;
  /** The lines that say it begin so (a pattern), and hold one of these words. */
  readonly keywords: string;
  readonly words: readonly string[];
  readonly message: string;
  readonly suggestion?: string;
}

interface Spoken {
  readonly bgp: BgpConfig;
  readonly neighbour: NeighbourConfig;
}

/** A router of one plane. */
interface Member {
  readonly router: string;
  readonly plane: Plane;
  readonly config: RouterConfig;
  readonly addresses: ReadonlySet<Ipv4>;
  /** What it says of BGP neighbours, of all its VRFs, by address. */
  readonly neighbours: ReadonlyMap<Ipv4, readonly Spoken[]>;
  readonly ospf: ReturnType<typeof ospfSettings>;
  readonly isis: ReturnType<typeof isisSettings>;
}

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

function memberOf(router: string, plane: Plane, config: RouterConfig, links: readonly Link[]): Member {
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

// ── The ends of a link ──────────────────────────────────────────────────────────────────────────────────────────

interface End {
  readonly member: Member;
  readonly port: string;
}

/** Each end is compared with the first one of the link that runs the protocol. */
function unequalEnds({ ends }: Link, members: ReadonlyMap<string, Member>): readonly Disagreement[] {
  const own = ends.flatMap(({ node, port }): readonly End[] => {
    const member = members.get(node);
    return member === undefined ? [] : [{ member, port }];
  });
  return [...compared(own, ospfOf, ospfDifferences), ...compared(own, isisOf, isisDifferences)];
}

function compared<Input>(
  ends: readonly End[],
  inputOf: (end: End) => Input | undefined,
  differences: (a: Input, b: Input) => readonly string[],
): readonly Disagreement[] {
  const running = ends.flatMap((end) => {
    const input = inputOf(end);
    return input === undefined ? [] : [{ ...end, input }];
  });
  const [first, ...others] = running;
  if (first === undefined) return [];
  return others.flatMap(({ member: { router, plane }, port, input }) =>
    differences(input, first.input).map((difference) => ({
      router,
      plane,
      keywords: 'interface',
      words: [port],
      message: `"${router}:${port}" and "${first.member.router}:${first.port}" will be no neighbours: ${difference}`,
    })),
  );
}

function ospfOf({ member: { ospf }, port }: End) {
  const found = ospf.interfaces.find(({ name, passive }) => name === port && !passive);
  if (found === undefined) return undefined;
  const { kind = 'ordinary' } = ospf.areas.find(({ area }) => area === found.area) ?? {};
  return { ...found, kind };
}

type OspfEnd = NonNullable<ReturnType<typeof ospfOf>>;

/** RFC 2328 10.5: what must be equal in hellos. */
function ospfDifferences(a: OspfEnd, b: OspfEnd): readonly string[] {
  if (!contains(prefixOf(a.address, a.prefixLength), b.address)) return [];
  if (a.area !== b.area) return [`OSPF area ${formatIpv4(a.area)} and ${formatIpv4(b.area)}`];
  const isFast = a.fastHellos !== undefined || b.fastHellos !== undefined;
  const kinds = { ordinary: 'no stub area', stub: 'a stub area', nssa: 'a not-so-stubby area' };
  const pairs: readonly (readonly [boolean, string])[] = [
    [a.kind !== b.kind, `OSPF area ${formatIpv4(a.area)} is ${kinds[a.kind]} and ${kinds[b.kind]}`],
    [a.network !== b.network, `OSPF network ${a.network} and ${b.network}`],
    [
      !isFast && a.helloIntervalS !== b.helloIntervalS,
      `OSPF hello interval ${a.helloIntervalS} s and ${b.helloIntervalS} s`,
    ],
    [!agreeOnMtu(a, b), `OSPF exchanges no databases over MTUs of ${a.mtu} and ${b.mtu}`],
    [a.deadIntervalS !== b.deadIntervalS, `OSPF dead interval ${a.deadIntervalS} s and ${b.deadIntervalS} s`],
  ];
  return pairs.flatMap(([differs, text]) => (differs ? [text] : []));
}

/** RFC 2328 10.6: the end with the smaller one refuses the other's packets, unless it is to ignore that. */
function agreeOnMtu(a: OspfEnd, b: OspfEnd): boolean {
  const smaller = a.mtu < b.mtu ? a : b;
  return a.mtu === b.mtu || smaller.mtuIgnore === true;
}

function isisOf({ member: { isis }, port }: End) {
  const found = isis.circuits.find(({ name, passive }) => name === port && !passive);
  return found === undefined ? undefined : { ...found, areas: isis.areas };
}

type IsisEnd = NonNullable<ReturnType<typeof isisOf>>;

function isisDifferences(a: IsisEnd, b: IsisEnd): readonly string[] {
  if (a.network !== b.network) return [`IS-IS network ${a.network} and ${b.network}`];
  const [one, other] = [Object.keys(a.levels), Object.keys(b.levels)];
  const common = one.filter((level) => other.includes(level));
  const named = (levels: readonly string[]): string =>
    levels.length === 0 ? 'no level' : `level ${levels.join(' and ')}`;
  if (common.length === 0) return [`IS-IS ${named(one)}, and ${named(other)}`];
  const isOneArea = a.areas.some((area) => b.areas.includes(area));
  return common.includes('2') || isOneArea
    ? []
    : [`IS-IS level 1 alone, and no area in common (${a.areas.join(', ')}; ${b.areas.join(', ')})`];
}

// ── BGP ─────────────────────────────────────────────────────────────────────────────────────────────────────────

type NeighbourConfig = BgpConfig['neighbours'][number];

/** Members by the addresses that they have. In VRFs an address may be several routers'. */
type Owners = ReadonlyMap<Ipv4, readonly Member[]>;

function ownersOf(members: readonly Member[]): Owners {
  const owners = new Map<Ipv4, Member[]>();
  for (const member of members) {
    for (const address of member.addresses) owners.set(address, [...(owners.get(address) ?? []), member]);
  }
  return owners;
}

function wrongNeighbours(member: Member, owners: Owners, hosts: ReadonlySet<Ipv4>): readonly Disagreement[] {
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
  if (isExpected || expected === undefined) return undefined;
  return {
    message: ` with remote-as ${expected}, but router "${other.router}" is AS ${said.join(', ')} there`,
    suggestion: `"neighbor ${name} remote-as ${said[0]}"`,
  };
}

/** What a neighbour says itself, else its group. */
function settingOf<Key extends 'shutdown' | 'remoteAs' | 'localAs'>(
  { peerGroups }: BgpConfig,
  neighbour: NeighbourConfig,
  key: Key,
): BgpPeerConfig[Key] | undefined {
  return neighbour[key] ?? peerGroups.find(({ name }) => name === neighbour.peerGroup)?.[key];
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
