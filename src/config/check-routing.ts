/**
 * Names that routing and its policy use and that nothing bears, and neighbours that cannot be spoken to, or that nothing
 * is told. FRR lets names be unknown, and what is unknown denies: that is a warning. Pure.
 */
import { formatPrefix } from '../net/address.ts';
import { nearest } from '../net/suggest.ts';
import { meant } from './argument.ts';
import { bgpTitle } from './bgp-edit.ts';
import type { BgpConfig, BgpPeerConfig } from './bgp-model.ts';
import type { Inconsistency } from './inconsistency.ts';
import type { RouterConfig } from './model.ts';
import type { RedistributeConfig, RouteMapEntry } from './policy-model.ts';

type Kind =
  | 'route map'
  | 'prefix list'
  | 'access list'
  | 'AS path list'
  | 'community list'
  | 'large-community list'
  | 'extended community list'
  | 'key chain'
  | 'VRF';

/** A name, and the beginning of the lines that use it. */
interface Use {
  readonly kind: Kind;
  readonly name: string;
  readonly keywords: string;
  /** Where it is another than CONSEQUENCES says. */
  readonly consequence?: string;
}

/** What comes of a name that nothing bears. */
const CONSEQUENCES: Readonly<Record<Kind, string>> = {
  'route map': 'it denies everything',
  'prefix list': 'it denies everything',
  'access list': 'it matches nothing',
  'AS path list': 'it denies everything',
  'community list': 'it matches nothing',
  'large-community list': 'it matches nothing',
  'extended community list': 'it matches nothing',
  'key chain': 'no packet is let through',
  VRF: 'say "vrf NAME", so that it can be seen that it is meant',
};

const MAX_OSPF_KEY = 255;

export function checkRouting(config: RouterConfig): readonly Inconsistency[] {
  return [
    ...usesOf(config).flatMap((use) => unknown(config, use)),
    ...config.bgp.flatMap(neighboursWithoutAs),
    ...config.bgp.flatMap(listeningWithoutAs),
    ...config.bgp.flatMap(neighboursWithoutPolicy),
    ...config.bgp.flatMap(vpnWithoutTargets),
    ...isisWithoutInstance(config),
    ...config.keyChains.flatMap(({ name, keys }) =>
      keys
        .filter(({ keyString }) => keyString === '')
        .map(
          ({ id }): Inconsistency => ({
            severity: 'error',
            keywords: 'key',
            word: String(id),
            message: `key ${id} of key chain "${name}" has no key-string`,
            suggestion: 'say "key-string" below it',
          }),
        ),
    ),
    ...keysBeyondOspf(config),
  ];
}

/** The packets of OSPF have 8 bits for a key's number (RFC 2328 D.3): two that agree in them would be one. */
function keysBeyondOspf({ interfaces, keyChains }: RouterConfig): readonly Inconsistency[] {
  const used = new Set(
    interfaces.flatMap(({ ospf: { authentication } }) =>
      authentication?.kind === 'key-chain' ? [authentication.keyChain] : [],
    ),
  );
  return keyChains
    .filter(({ name }) => used.has(name))
    .flatMap(({ name, keys }) =>
      keys
        .filter(({ id }) => id > MAX_OSPF_KEY)
        .map(({ id }) => ({
          severity: 'error',
          keywords: 'key',
          word: String(id),
          message: `key ${id} of key chain "${name}" signs OSPF, whose keys go up to ${MAX_OSPF_KEY}`,
          suggestion: `give it a number from 1 to ${MAX_OSPF_KEY}, at both ends the same`,
        })),
    );
}

function unknown(config: RouterConfig, { kind, name, keywords, consequence }: Use): readonly Inconsistency[] {
  const known = namesOf(config, kind);
  if (known.includes(name)) return [];
  const suggestion = meant(nearest(name, known));
  return [
    {
      severity: 'warning',
      keywords,
      word: name,
      message: `${kind} "${name}" is not defined: ${consequence ?? CONSEQUENCES[kind].replace('NAME', name)}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    },
  ];
}

function namesOf(config: RouterConfig, kind: Kind): readonly string[] {
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  switch (kind) {
    case 'route map':
      return names(config.routeMaps);
    case 'prefix list':
      return names(config.prefixLists);
    case 'access list':
      return names(config.accessLists);
    case 'AS path list':
      return names(config.asPathLists);
    case 'community list':
      return names(config.communityLists.filter(({ size }) => size === 'standard'));
    case 'large-community list':
      return names(config.communityLists.filter(({ size }) => size === 'large'));
    case 'extended community list':
      return names(config.communityLists.filter(({ size }) => size === 'extended'));
    case 'key chain':
      return names(config.keyChains);
    case 'VRF':
      return names(config.vrfs);
  }
}

function usesOf(config: RouterConfig): readonly Use[] {
  const { ospf, isis } = config;
  const routeMap = (keywords: string, name: string | undefined) => use('route map', keywords, name);
  return [
    ...config.interfaces.flatMap(({ vrf, ospf: { authentication } }) => [
      ...use('VRF', 'interface', vrf),
      ...(authentication?.kind === 'key-chain'
        ? use('key chain', 'ip ospf authentication', authentication.keyChain)
        : []),
    ]),
    ...redistributions(ospf?.redistribute),
    ...routeMap('default-information', ospf?.defaultInformation?.routeMap),
    ...redistributions(isis?.redistribute),
    ...(isis?.defaultInformation ?? []).flatMap((each) => routeMap('default-information', each.routeMap)),
    ...routeMap('redistribute', isis?.leak?.routeMap),
    ...config.bgp.flatMap(usesOfBgp),
    ...config.routeMaps.flatMap(({ entries }) => entries.flatMap(usesOfEntry)),
  ];
}

function use(kind: Kind, keywords: string, name: string | undefined): readonly Use[] {
  return name === undefined ? [] : [{ kind, keywords, name }];
}

function redistributions(list: readonly RedistributeConfig[] | undefined): readonly Use[] {
  return (list ?? []).flatMap(({ routeMap }) => use('route map', 'redistribute', routeMap));
}

function usesOfBgp({ vrf, peerGroups, neighbours, ipv4, vpnv4 }: BgpConfig): readonly Use[] {
  return [
    ...use('VRF', 'router bgp', vrf),
    ...[ipv4, vpnv4].flatMap(({ networks, aggregates, redistribute, vpn }) => [
      ...networks.flatMap(({ routeMap }) => use('route map', 'network', routeMap)),
      ...aggregates.flatMap(({ routeMap, suppressMap }) => [
        ...use('route map', 'aggregate-address', routeMap).map((each) => ({
          ...each,
          consequence: 'there is no such aggregate',
        })),
        ...use('route map', 'aggregate-address', suppressMap).map((each) => ({
          ...each,
          consequence: 'the aggregate takes the place of no route',
        })),
      ]),
      ...redistributions(redistribute),
      ...use('route map', 'route-map vpn', vpn?.routeMapImport),
      ...use('route map', 'route-map vpn', vpn?.routeMapExport),
    ]),
    ...[...peerGroups, ...neighbours].flatMap(usesOfPeer),
  ];
}

function usesOfPeer({ ipv4, vpnv4 }: BgpPeerConfig): readonly Use[] {
  return [ipv4, vpnv4].flatMap((family) => [
    ...use('route map', 'neighbor', family.routeMapIn),
    ...use('route map', 'neighbor', family.routeMapOut),
    ...use('route map', 'neighbor', family.defaultOriginate?.routeMap),
    ...use('route map', 'neighbor', family.unsuppressMap),
    ...use('prefix list', 'neighbor', family.prefixListIn),
    ...use('prefix list', 'neighbor', family.prefixListOut),
    ...use('AS path list', 'neighbor', family.filterListIn),
    ...use('AS path list', 'neighbor', family.filterListOut),
  ]);
}

function usesOfEntry({ match, set, call }: RouteMapEntry): readonly Use[] {
  return [
    ...use('route map', 'call', call).map((each) => ({ ...each, consequence: 'it is as if not called' })),
    ...match.flatMap((each): readonly Use[] => {
      switch (each.kind) {
        case 'ip address prefix-list':
        case 'ip next-hop prefix-list':
          return use('prefix list', `match ${each.kind}`, each.list);
        case 'ip address':
        case 'ip next-hop':
          return use('access list', `match ${each.kind}`, each.list);
        case 'as-path':
          return use('AS path list', 'match as-path', each.list);
        case 'community':
          return use('community list', 'match community', each.list);
        case 'large-community':
          return use('large-community list', 'match large-community', each.list);
        case 'extcommunity':
          return use('extended community list', 'match extcommunity', each.list);
        default:
          return [];
      }
    }),
    ...set.flatMap((each): readonly Use[] => {
      if (each.kind === 'comm-list delete') return use('community list', 'set comm-list', each.list);
      if (each.kind === 'large-comm-list delete') {
        return use('large-community list', 'set large-comm-list', each.list);
      }
      return [];
    }),
  ];
}

/** What its group says counts for it, too. */
function neighboursWithoutAs(bgp: BgpConfig): readonly Inconsistency[] {
  return bgp.neighbours
    .filter(({ remoteAs, peerGroup }) => {
      const group = bgp.peerGroups.find(({ name }) => name === peerGroup);
      return (remoteAs ?? group?.remoteAs) === undefined;
    })
    .map(({ name }) => ({
      severity: 'error',
      keywords: 'neighbor',
      word: name,
      message: `neighbour ${name} of "${bgpTitle(bgp)}" has no AS`,
      suggestion: `say "neighbor ${name} remote-as", or put it in a peer group that has one`,
    }));
}

/** Who connects from a range is answered as a neighbour of its group, or not at all where that has no AS. */
function listeningWithoutAs({ listenRanges = [], peerGroups }: BgpConfig): readonly Inconsistency[] {
  return listenRanges
    .filter(({ peerGroup }) => peerGroups.find(({ name }) => name === peerGroup)?.remoteAs === undefined)
    .map(({ prefix, peerGroup }) => ({
      severity: 'error',
      keywords: 'bgp listen range',
      word: formatPrefix(prefix),
      message: `nobody from ${formatPrefix(prefix)} can be a neighbour: peer group "${peerGroup}" has no AS`,
      suggestion: `say "neighbor ${peerGroup} remote-as", for instance "external"`,
    }));
}

/** Another AS that nothing comes from, or goes to, because no policy says that it may (RFC 8212). */
function neighboursWithoutPolicy(bgp: BgpConfig): readonly Inconsistency[] {
  if (bgp.ebgpRequiresPolicy === false) return [];
  const listening = new Set(bgp.listenRanges?.map(({ peerGroup }) => peerGroup));
  const guests = bgp.peerGroups.filter(({ name }) => listening.has(name));
  const peers: readonly (BgpPeerConfig & { readonly peerGroup?: string })[] = [...guests, ...bgp.neighbours];
  return peers.flatMap((neighbour): readonly Inconsistency[] => {
    const group = bgp.peerGroups.find(({ name }) => name === neighbour.peerGroup);
    const remoteAs = neighbour.remoteAs ?? group?.remoteAs;
    if (remoteAs === undefined || remoteAs === 'internal' || remoteAs === bgp.as) return [];
    const family = { ...group?.ipv4, ...neighbour.ipv4 };
    if (!(family.activate ?? bgp.defaultIpv4Unicast ?? true)) return [];
    const mayEnter = (family.routeMapIn ?? family.prefixListIn ?? family.filterListIn) !== undefined;
    const mayLeave = (family.routeMapOut ?? family.prefixListOut ?? family.filterListOut) !== undefined;
    const missing = [...(mayEnter ? [] : ['comes in']), ...(mayLeave ? [] : ['goes out'])];
    if (missing.length === 0) return [];
    const { name } = neighbour;
    return [
      {
        severity: 'warning',
        keywords: 'neighbor',
        word: name,
        message: `${listening.has(name) ? 'peer group' : 'neighbour'} ${name}, of another AS, has no policy for what ${missing.join(' or ')}: by RFC 8212 no such route passes`,
        suggestion: `give it a route map, or say "no bgp ebgp-requires-policy" below "${bgpTitle(bgp)}"`,
      },
    ];
  });
}

/** A VRF that gives the VPN nothing that others could take, or takes nothing. */
function vpnWithoutTargets(bgp: BgpConfig): readonly Inconsistency[] {
  const { vrf = '', ipv4 } = bgp;
  const { vpn } = ipv4;
  if (vpn === undefined) return [];
  const given = [
    { line: 'rd vpn export', isThere: vpn.rd !== undefined },
    { line: 'rt vpn export', isThere: vpn.exportTargets.length > 0 },
    { line: 'label vpn export', isThere: vpn.label !== undefined },
  ];
  const taken = [{ line: 'rt vpn import', isThere: vpn.importTargets.length > 0 }];
  const lacking = [
    ...(vpn.export ? [{ what: 'goes into', lines: given }] : []),
    ...(vpn.import ? [{ what: 'comes from', lines: taken }] : []),
  ];
  return lacking.flatMap(({ what, lines }): readonly Inconsistency[] => {
    const missing = lines.filter(({ isThere }) => !isThere).map(({ line }) => `"${line}"`);
    if (missing.length === 0) return [];
    return [
      {
        severity: 'warning',
        keywords: 'router bgp',
        word: vrf,
        message: `nothing of VRF "${vrf}" ${what} the VPN: there is no ${missing.join(', no ')}`,
      },
    ];
  });
}

function isisWithoutInstance({ interfaces, isis }: RouterConfig): readonly Inconsistency[] {
  return interfaces.flatMap(({ name, isis: own }): readonly Inconsistency[] => {
    const tag = own?.tag;
    if (tag === undefined || tag === isis?.tag) return [];
    const suggestion = meant(nearest(tag, isis === undefined ? [] : [isis.tag]));
    return [
      {
        severity: 'warning',
        keywords: 'ip router isis',
        word: tag,
        message: `there is no "router isis ${tag}": interface "${name}" does not run IS-IS`,
        ...(suggestion === undefined ? {} : { suggestion }),
      },
    ];
  });
}
