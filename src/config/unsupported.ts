/**
 * What routers of FRR's can do and ours cannot, by the first words of its lines: so that whoever brings a configuration
 * along reads what is missing, and not that a word is misspelt.
 */
import { parseIpv4 } from '../net/address.ts';
import { BGP_UNSUPPORTED } from './bgp-unsupported.ts';
import { ANY_WORD, type SectionKind } from './command.ts';

export interface Unsupported {
  /** Where the line stands; left out: anywhere. */
  readonly section?: SectionKind;
  /** The line begins so; `*` is any word, `:` one with a colon in it: an IPv6 address, `.` one of IPv4. */
  readonly keywords: string;
  /** In the words of a sentence: `IPv6`. */
  readonly what: string;
  /** Lines follow that belong to it. */
  readonly opens?: boolean;
  /** What to say in its place. */
  readonly instead?: string;
}

const SEGMENT_ROUTING = 'segment routing';
const TRAFFIC_ENGINEERING = 'traffic engineering';
const FAST_REROUTE = 'fast reroute';
const GRACEFUL_RESTART = 'graceful restart';
const BY_ADDRESS = 'OSPF that differs by the address of an interface';
const WHOLE = 'leave the address out: it is for the whole interface';
const INSTANCES = 'more than one OSPF in a router';

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
  ].map(
    (setting): Unsupported => ({
      section: 'interface',
      keywords: `ip ospf ${setting} .`,
      what: BY_ADDRESS,
      instead: WHOLE,
    }),
  ),
  { section: 'router ospf', keywords: 'passive-interface * .', what: BY_ADDRESS, instead: WHOLE },
  {
    section: 'interface',
    keywords: 'ip ospf prefix-suppression',
    what: 'hiding the prefixes of links (RFC 6860)',
  },
  {
    section: 'interface',
    keywords: 'ip ospf prefix-suppress',
    what: 'hiding the prefixes of links (RFC 6860)',
  },
  { section: 'interface', keywords: 'ip ospf adjacency-pacing', what: 'pacing of OSPF (RFC 4222)' },
  {
    section: 'interface',
    keywords: 'ip ospf neighbor-filter',
    what: 'choosing neighbours of OSPF by a list',
  },
  {
    section: 'interface',
    keywords: 'ip ospf capability opaque',
    what: 'the opaque capability of one interface',
    instead: 'use "capability opaque" under "router ospf"',
  },
  {
    section: 'interface',
    keywords: 'isis hello padding during-adjacency-formation',
    what: 'padding of the first hellos alone',
    instead: 'use "isis hello padding", or "no isis hello padding"',
  },
  {
    section: 'router ospf',
    keywords: 'max-metric router-lsa on-shutdown',
    what: 'staying for the others while OSPF ends',
    instead: 'use "max-metric router-lsa administrative" before',
  },
  {
    section: 'router ospf',
    keywords: 'area * filter-list',
    what: 'filtering between areas',
    instead: 'use "area X range P not-advertise"',
  },
  {
    section: 'router ospf',
    keywords: 'area * import-list',
    what: 'filtering between areas',
    instead: 'use "area X range P not-advertise"',
  },
  {
    section: 'router ospf',
    keywords: 'area * export-list',
    what: 'filtering between areas',
    instead: 'use "area X range P not-advertise"',
  },
  { section: 'router ospf', keywords: 'area * nssa range', what: 'summarizing what an NSSA is told of' },
  { section: 'router ospf', keywords: 'area * range * substitute', what: 'a range by another name' },
  {
    section: 'router ospf',
    keywords: 'distribute-list',
    what: 'filtering by a distribute list',
    instead: 'use "redistribute … route-map"',
  },
  { section: 'router ospf', keywords: 'ospf abr-type', what: 'choosing what makes a border router' },
  { section: 'router ospf', keywords: 'forwarding-address-self', what: 'choosing the forwarding address' },
  { section: 'router ospf', keywords: 'redistribute table', what: 'a table by number as a source of routes' },
  { section: 'router ospf', keywords: 'redistribute rip', what: 'RIP as a source of routes' },
  { section: 'router ospf', keywords: 'redistribute eigrp', what: 'EIGRP as a source of routes' },
  { section: 'router ospf', keywords: 'redistribute babel', what: 'Babel as a source of routes' },
  { section: 'router ospf', keywords: 'redistribute openfabric', what: 'OpenFabric as a source of routes' },
  { section: 'router ospf', keywords: 'redistribute sharp', what: 'sharpd as a source of routes' },
  { section: 'router ospf', keywords: 'redistribute nhrp', what: 'NHRP as a source of routes' },
  {
    section: 'router isis',
    keywords: 'redistribute ipv4 table',
    what: 'a table by number as a source of routes',
  },
  ...['lsp-gen-interval', 'lsp-refresh-interval', 'max-lsp-lifetime', 'lsp-timers', 'spf-interval'].flatMap(
    (keywords) =>
      ['level-1', 'level-2'].map(
        (level): Unsupported => ({
          section: 'router isis',
          keywords: `${keywords} ${level}`,
          what: 'an interval of one level',
          instead: 'leave the level out: it is of both',
        }),
      ),
  ),
  {
    section: 'router isis',
    keywords: 'spf-delay-ietf',
    what: 'waiting with SPF as RFC 8405 says',
    instead: 'use "spf-interval"',
  },
  { section: 'router isis', keywords: 'spf prefix-priority', what: 'installing some prefixes before others' },
  { section: 'router isis', keywords: 'set-attached-bit', what: 'the attached bit without a level 2' },
  {
    section: 'router isis',
    keywords: 'attached-bit receive',
    what: 'the attached bit of others not being looked at',
  },
  {
    section: 'router isis',
    keywords: 'advertise-high-metrics',
    what: 'announcing the highest metrics',
    instead: 'use "set-overload-bit"',
  },
  { section: 'router isis', keywords: 'advertise-passive-only', what: 'announcing passive interfaces alone' },
  { section: 'router isis', keywords: 'purge-originator', what: 'naming who purged an LSP (RFC 6232)' },
  { section: 'router isis', keywords: 'admin-group-send-zero', what: TRAFFIC_ENGINEERING },
  { section: 'router isis', keywords: 'no hostname dynamic', what: 'an IS-IS without host names' },
  {
    section: '',
    keywords: 'router isis * vrf',
    what: 'IS-IS in a VRF',
    instead: 'IS-IS runs in the default VRF: routes of a VRF are static or come by BGP',
    opens: true,
  },
  { section: '', keywords: 'ip import-table', what: 'a table by number' },
  ...BGP_UNSUPPORTED,
  { keywords: 'ipv6', what: 'IPv6' },
  { section: '', keywords: 'router ospf6', what: 'OSPFv3 (IPv6)', opens: true },
  { section: '', keywords: 'router rip', what: 'RIP', opens: true },
  { section: '', keywords: 'router ripng', what: 'RIP (IPv6)', opens: true },
  { section: '', keywords: 'router eigrp', what: 'EIGRP', opens: true },
  { section: '', keywords: 'router babel', what: 'Babel', opens: true },
  { section: '', keywords: 'router openfabric', what: 'OpenFabric', opens: true },
  { section: '', keywords: 'router pim', what: 'multicast routing', opens: true },
  { section: '', keywords: 'router pim6', what: 'multicast routing (IPv6)', opens: true },
  {
    section: '',
    keywords: 'router ospf vrf',
    what: 'OSPF in a VRF',
    opens: true,
    instead: 'OSPF runs in the default VRF: routes of a VRF are static or come by BGP',
  },
  {
    section: '',
    keywords: 'mpls',
    what: 'LDP',
    opens: true,
    instead: 'BGP gives VPNs their labels: docs/vpn.md',
  },
  { section: '', keywords: 'pseudowire', what: 'VPLS', opens: true },
  { section: '', keywords: 'l2vpn', what: 'VPLS', opens: true },
  { section: '', keywords: 'segment-routing', what: SEGMENT_ROUTING, opens: true },
  {
    section: '',
    keywords: 'bfd',
    what: 'BFD',
    opens: true,
    instead: 'short timers: "ip ospf dead-interval minimal"',
  },
  { section: '', keywords: 'nexthop-group', what: 'policy-based routing', opens: true },
  { section: '', keywords: 'pbr-map', what: 'policy-based routing', opens: true },
  { section: '', keywords: 'vrrp', what: 'VRRP' },
  { section: '', keywords: 'ip multicast-routing', what: 'multicast routing' },
  { section: '', keywords: 'ip pim', what: 'multicast routing' },
  { section: '', keywords: 'ip igmp', what: 'multicast routing' },
  { section: '', keywords: 'ip msdp', what: 'multicast routing' },
  { section: '', keywords: 'ip mroute', what: 'multicast routing' },
  { section: '', keywords: 'ip nhrp', what: 'NHRP' },
  { section: '', keywords: 'nhrp', what: 'NHRP' },
  { section: '', keywords: 'ip protocol', what: 'a filter between the table and the kernel' },
  { section: '', keywords: 'no ip nht', what: 'keeping next hops from the default route' },
  { section: '', keywords: 'allow-reserved-ranges', what: 'addressing by class E' },
  { section: '', keywords: 'affinity-map', what: TRAFFIC_ENGINEERING },
  { section: '', keywords: 'no ip forwarding', what: 'a router that does not forward' },
  { section: 'vrf', keywords: 'vni', what: 'EVPN' },
  { section: 'vrf', keywords: 'netns', what: 'a VRF in a namespace of its own' },
  { section: 'vrf', keywords: 'ip protocol', what: 'a filter between the table and the kernel' },
  { section: 'vrf', keywords: 'ip pim', what: 'multicast routing' },
  { section: 'interface', keywords: 'ip pim', what: 'multicast routing' },
  { section: 'interface', keywords: 'ip igmp', what: 'multicast routing' },
  { section: 'interface', keywords: 'ip nhrp', what: 'NHRP' },
  { section: 'interface', keywords: 'ip rip', what: 'RIP' },
  { section: 'interface', keywords: 'ip router eigrp', what: 'EIGRP' },
  { section: 'interface', keywords: 'ip router openfabric', what: 'OpenFabric' },
  { section: 'interface', keywords: 'openfabric', what: 'OpenFabric' },
  { section: 'interface', keywords: 'babel', what: 'Babel' },
  { section: 'interface', keywords: 'vrrp', what: 'VRRP' },
  { section: 'interface', keywords: 'evpn', what: 'EVPN' },
  { section: 'interface', keywords: 'pbr-policy', what: 'policy-based routing' },
  { section: 'interface', keywords: 'tunnel', what: 'a tunnel' },
  { section: 'interface', keywords: 'link-params', what: TRAFFIC_ENGINEERING, opens: true },
  { section: 'interface', keywords: 'mpls', what: 'MPLS switched on by hand' },
  { section: 'interface', keywords: 'bfd', what: 'BFD' },
  {
    section: 'interface',
    keywords: 'ip ospf bfd',
    what: 'BFD',
    instead: 'short timers: "ip ospf dead-interval minimal hello-multiplier 4"',
  },
  {
    section: 'interface',
    keywords: 'isis bfd',
    what: 'BFD',
    instead: 'short timers: "isis hello-interval 1"',
  },
  { section: 'interface', keywords: 'isis fast-reroute', what: FAST_REROUTE },
  { section: 'interface', keywords: 'isis topology', what: 'IS-IS of several topologies (RFC 5120)' },
  { section: 'interface', keywords: 'isis mpls', what: 'LDP' },
  { section: 'interface', keywords: 'ip ospf mpls', what: 'LDP' },
  { section: 'interface', keywords: 'ip ospf graceful-restart', what: GRACEFUL_RESTART },
  {
    section: 'interface',
    keywords: 'ip ospf network non-broadcast',
    what: 'OSPF on networks without broadcast (NBMA)',
    instead: 'use "point-to-point" or "broadcast"',
  },
  {
    section: 'interface',
    keywords: 'ip ospf network point-to-multipoint',
    what: 'OSPF from one point to many',
    instead: 'use "point-to-point" links or "broadcast"',
  },
  { section: 'interface', keywords: 'ip ospf * area', what: INSTANCES, instead: 'use "ip ospf area"' },
  { section: 'router ospf', keywords: 'area * virtual-link', what: 'a virtual link of OSPF' },
  { section: 'router ospf', keywords: 'area * shortcut', what: 'an area as a shortcut' },
  {
    section: 'router ospf',
    keywords: 'area * flood-reduction',
    what: 'an area of LSAs that do not age (RFC 4136)',
  },
  { section: 'router ospf', keywords: 'flood-reduction', what: 'an area of LSAs that do not age (RFC 4136)' },
  { section: 'router ospf', keywords: 'neighbor', what: 'OSPF on networks without broadcast (NBMA)' },
  { section: 'router ospf', keywords: 'graceful-restart', what: GRACEFUL_RESTART },
  { section: 'router ospf', keywords: 'segment-routing', what: SEGMENT_ROUTING },
  { section: 'router ospf', keywords: 'mpls-te', what: TRAFFIC_ENGINEERING },
  { section: 'router ospf', keywords: 'router-info', what: TRAFFIC_ENGINEERING },
  { section: 'router ospf', keywords: 'pce', what: TRAFFIC_ENGINEERING },
  { section: 'router ospf', keywords: 'mpls', what: 'LDP' },
  { section: 'router ospf', keywords: 'fast-reroute', what: FAST_REROUTE },
  { section: 'router ospf', keywords: 'bfd', what: 'BFD' },
  {
    section: 'router ospf',
    keywords: 'redistribute ospf',
    what: INSTANCES,
  },
  { section: 'router isis', keywords: 'segment-routing', what: SEGMENT_ROUTING, opens: true },
  { section: 'router isis', keywords: 'mpls-te', what: TRAFFIC_ENGINEERING },
  { section: 'router isis', keywords: 'mpls', what: 'LDP' },
  { section: 'router isis', keywords: 'fast-reroute', what: FAST_REROUTE },
  { section: 'router isis', keywords: 'topology', what: 'IS-IS of several topologies (RFC 5120)' },
  { section: 'router isis', keywords: 'flex-algo', what: SEGMENT_ROUTING, opens: true },
  { section: 'router isis', keywords: 'affinity-map', what: TRAFFIC_ENGINEERING },
  { section: 'router isis', keywords: 'distribute link-state', what: 'BGP link state' },
  { section: 'router isis', keywords: 'redistribute ipv6', what: 'IPv6' },
  { section: 'router isis', keywords: 'default-information originate ipv6', what: 'IPv6' },
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
