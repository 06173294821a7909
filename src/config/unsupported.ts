/**
 * What routers of FRR's can do and ours cannot, by the first words of its lines: so that whoever brings a configuration
 * along reads what is missing, and not that a word is misspelt.
 */
import { parseIpv4 } from '../net/address.ts';
import { BGP_UNSUPPORTED } from './bgp-unsupported.ts';
import { ANY_WORD, type SectionKind } from './command.ts';
import { opening, rowsOf, type Unsupported } from './unsupported-row.ts';

const SEGMENT_ROUTING = 'segment routing';
const TRAFFIC_ENGINEERING = 'traffic engineering';
const FAST_REROUTE = 'fast reroute';
const GRACEFUL_RESTART = 'graceful restart';
const BY_ADDRESS = 'OSPF that differs by the address of an interface';
const WHOLE = 'leave the address out: it is for the whole interface';
const INSTANCES = 'more than one OSPF in a router';

const top = rowsOf('');
const vrf = rowsOf('vrf');
const onInterface = rowsOf('interface');
const ospf = rowsOf('router ospf');
const isis = rowsOf('router isis');

export const UNSUPPORTED: readonly Unsupported[] = [
  ...[
    'area *',
    'cost *',
    'hello-interval *',
    'priority *',
    'network *',
    'retransmit-interval *',
    'transmit-delay *',
    'authentication-key *',
    'passive',
    'mtu-ignore',
  ].map((setting) => onInterface(`ip ospf ${setting} .`, BY_ADDRESS, WHOLE)),
  ospf('passive-interface * .', BY_ADDRESS, WHOLE),
  onInterface('ip ospf prefix-suppression', 'hiding the prefixes of links (RFC 6860)'),
  onInterface('ip ospf prefix-suppress', 'hiding the prefixes of links (RFC 6860)'),
  onInterface('ip ospf adjacency-pacing', 'pacing of OSPF (RFC 4222)'),
  onInterface('ip ospf neighbor-filter', 'choosing neighbours of OSPF by a list'),
  onInterface(
    'ip ospf capability opaque',
    'the opaque capability of one interface',
    'use "capability opaque" under "router ospf"',
  ),
  onInterface(
    'isis hello padding during-adjacency-formation',
    'padding of the first hellos alone',
    'use "isis hello padding", or "no isis hello padding"',
  ),
  ospf(
    'max-metric router-lsa on-shutdown',
    'staying for the others while OSPF ends',
    'use "max-metric router-lsa administrative" before',
  ),
  ospf('area * filter-list', 'filtering between areas', 'use "area X range P not-advertise"'),
  ospf('area * import-list', 'filtering between areas', 'use "area X range P not-advertise"'),
  ospf('area * export-list', 'filtering between areas', 'use "area X range P not-advertise"'),
  ospf('area * nssa range', 'summarizing what an NSSA is told of'),
  ospf('area * range * substitute', 'a range by another name'),
  ospf('distribute-list', 'filtering by a distribute list', 'use "redistribute … route-map"'),
  ospf('ospf abr-type', 'choosing what makes a border router'),
  ospf('forwarding-address-self', 'choosing the forwarding address'),
  ospf('redistribute table', 'a table by number as a source of routes'),
  ospf('redistribute rip', 'RIP as a source of routes'),
  ospf('redistribute eigrp', 'EIGRP as a source of routes'),
  ospf('redistribute babel', 'Babel as a source of routes'),
  ospf('redistribute openfabric', 'OpenFabric as a source of routes'),
  ospf('redistribute sharp', 'sharpd as a source of routes'),
  ospf('redistribute nhrp', 'NHRP as a source of routes'),
  isis('redistribute ipv4 table', 'a table by number as a source of routes'),
  ...['lsp-gen-interval', 'lsp-refresh-interval', 'max-lsp-lifetime', 'lsp-timers', 'spf-interval'].flatMap(
    (keywords) =>
      ['level-1', 'level-2'].map((level) =>
        isis(`${keywords} ${level}`, 'an interval of one level', 'leave the level out: it is of both'),
      ),
  ),
  isis('spf-delay-ietf', 'waiting with SPF as RFC 8405 says', 'use "spf-interval"'),
  isis('spf prefix-priority', 'installing some prefixes before others'),
  isis('set-attached-bit', 'the attached bit without a level 2'),
  isis('attached-bit receive', 'the attached bit of others not being looked at'),
  isis('advertise-high-metrics', 'announcing the highest metrics', 'use "set-overload-bit"'),
  isis('advertise-passive-only', 'announcing passive interfaces alone'),
  isis('purge-originator', 'naming who purged an LSP (RFC 6232)'),
  isis('admin-group-send-zero', TRAFFIC_ENGINEERING),
  isis('no hostname dynamic', 'an IS-IS without host names'),
  opening(
    top(
      'router isis * vrf',
      'IS-IS in a VRF',
      'IS-IS runs in the default VRF: routes of a VRF are static or come by BGP',
    ),
  ),
  top('ip import-table', 'a table by number'),
  ...BGP_UNSUPPORTED,
  { keywords: 'ipv6', what: 'IPv6' },
  opening(top('router ospf6', 'OSPFv3 (IPv6)')),
  opening(top('router rip', 'RIP')),
  opening(top('router ripng', 'RIP (IPv6)')),
  opening(top('router eigrp', 'EIGRP')),
  opening(top('router babel', 'Babel')),
  opening(top('router openfabric', 'OpenFabric')),
  opening(top('router pim', 'multicast routing')),
  opening(top('router pim6', 'multicast routing (IPv6)')),
  opening(
    top(
      'router ospf vrf',
      'OSPF in a VRF',
      'OSPF runs in the default VRF: routes of a VRF are static or come by BGP',
    ),
  ),
  opening(top('mpls', 'LDP', 'BGP gives VPNs their labels: docs/vpn.md')),
  opening(top('pseudowire', 'VPLS')),
  opening(top('l2vpn', 'VPLS')),
  opening(top('segment-routing', SEGMENT_ROUTING)),
  opening(top('bfd', 'BFD', 'short timers: "ip ospf dead-interval minimal"')),
  opening(top('nexthop-group', 'policy-based routing')),
  opening(top('pbr-map', 'policy-based routing')),
  top('vrrp', 'VRRP'),
  top('ip multicast-routing', 'multicast routing'),
  top('ip pim', 'multicast routing'),
  top('ip igmp', 'multicast routing'),
  top('ip msdp', 'multicast routing'),
  top('ip mroute', 'multicast routing'),
  top('ip nhrp', 'NHRP'),
  top('nhrp', 'NHRP'),
  top('ip protocol', 'a filter between the table and the kernel'),
  top('no ip nht', 'keeping next hops from the default route'),
  top('allow-reserved-ranges', 'addressing by class E'),
  top('affinity-map', TRAFFIC_ENGINEERING),
  top('no ip forwarding', 'a router that does not forward'),
  vrf('vni', 'EVPN'),
  vrf('netns', 'a VRF in a namespace of its own'),
  vrf('ip protocol', 'a filter between the table and the kernel'),
  vrf('ip pim', 'multicast routing'),
  onInterface('ip pim', 'multicast routing'),
  onInterface('ip igmp', 'multicast routing'),
  onInterface('ip nhrp', 'NHRP'),
  onInterface('ip rip', 'RIP'),
  onInterface('ip router eigrp', 'EIGRP'),
  onInterface('ip router openfabric', 'OpenFabric'),
  onInterface('openfabric', 'OpenFabric'),
  onInterface('babel', 'Babel'),
  onInterface('vrrp', 'VRRP'),
  onInterface('evpn', 'EVPN'),
  onInterface('pbr-policy', 'policy-based routing'),
  onInterface('tunnel', 'a tunnel'),
  opening(onInterface('link-params', TRAFFIC_ENGINEERING)),
  onInterface('mpls', 'MPLS switched on by hand'),
  onInterface('bfd', 'BFD'),
  onInterface('ip ospf bfd', 'BFD', 'short timers: "ip ospf dead-interval minimal hello-multiplier 4"'),
  onInterface('isis bfd', 'BFD', 'short timers: "isis hello-interval 1"'),
  onInterface('isis fast-reroute', FAST_REROUTE),
  onInterface('isis topology', 'IS-IS of several topologies (RFC 5120)'),
  onInterface('isis mpls', 'LDP'),
  onInterface('ip ospf mpls', 'LDP'),
  onInterface('ip ospf graceful-restart', GRACEFUL_RESTART),
  onInterface(
    'ip ospf network non-broadcast',
    'OSPF on networks without broadcast (NBMA)',
    'use "point-to-point" or "broadcast"',
  ),
  onInterface(
    'ip ospf network point-to-multipoint',
    'OSPF from one point to many',
    'use "point-to-point" links or "broadcast"',
  ),
  onInterface('ip ospf * area', INSTANCES, 'use "ip ospf area"'),
  ospf('area * virtual-link', 'a virtual link of OSPF'),
  ospf('area * shortcut', 'an area as a shortcut'),
  ospf('area * flood-reduction', 'an area of LSAs that do not age (RFC 4136)'),
  ospf('flood-reduction', 'an area of LSAs that do not age (RFC 4136)'),
  ospf('neighbor', 'OSPF on networks without broadcast (NBMA)'),
  ospf('graceful-restart', GRACEFUL_RESTART),
  ospf('segment-routing', SEGMENT_ROUTING),
  ospf('mpls-te', TRAFFIC_ENGINEERING),
  ospf('router-info', TRAFFIC_ENGINEERING),
  ospf('pce', TRAFFIC_ENGINEERING),
  ospf('mpls', 'LDP'),
  ospf('fast-reroute', FAST_REROUTE),
  ospf('bfd', 'BFD'),
  ospf('redistribute ospf', INSTANCES),
  opening(isis('segment-routing', SEGMENT_ROUTING)),
  isis('mpls-te', TRAFFIC_ENGINEERING),
  isis('mpls', 'LDP'),
  isis('fast-reroute', FAST_REROUTE),
  isis('topology', 'IS-IS of several topologies (RFC 5120)'),
  opening(isis('flex-algo', SEGMENT_ROUTING)),
  isis('affinity-map', TRAFFIC_ENGINEERING),
  isis('distribute link-state', 'BGP link state'),
  isis('redistribute ipv6', 'IPv6'),
  isis('default-information originate ipv6', 'IPv6'),
];

/** Of the sections from the inside out, the first that has a row for the line. */
export function unsupportedBy(
  sections: readonly { readonly kind: SectionKind }[],
  words: readonly { readonly text: string }[],
): Unsupported | undefined {
  for (const { kind } of sections) {
    const found = rowFor(kind, words) ?? (words[0].text === 'no' ? rowFor(kind, words.slice(1)) : undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

function rowFor(kind: SectionKind, words: readonly { readonly text: string }[]): Unsupported | undefined {
  const first = words.at(0)?.text;
  if (first === undefined) return undefined;
  const begins = ({ keywords }: Row): boolean =>
    keywords.every((keyword, index) => {
      const text = words.at(index)?.text;
      if (keyword === ':') return text?.includes(':') ?? false;
      if (keyword === '.') return text !== undefined && parseIpv4(text) !== undefined;
      return keyword === text || (keyword === ANY_WORD && text !== undefined);
    });
  return (ROWS.get(kind)?.get(first)?.find(begins) ?? ROWS.get(undefined)?.get(first)?.find(begins))?.of;
}

interface Row {
  readonly of: Unsupported;
  readonly keywords: readonly string[];
}

/** By section, then by the first word. */
const ROWS: ReadonlyMap<SectionKind | undefined, ReadonlyMap<string, readonly Row[]>> = new Map(
  [...Map.groupBy(UNSUPPORTED, ({ section }) => section)].map(([section, rows]) => [
    section,
    Map.groupBy(
      rows.map((of): Row => ({ of, keywords: of.keywords.split(' ') })),
      ({ keywords }) => keywords[0],
    ),
  ]),
);
