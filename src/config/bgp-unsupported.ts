/** What BGP of FRR's can do and ours cannot (unsupported.ts), and route maps. */
import { opening, rowsOf } from './unsupported-row.ts';

const IPV6 = 'IPv6';
const BFD = 'BFD';
const ADD_PATH = 'telling several routes to a prefix (add-path)';
const CONFEDERATION = 'a confederation';
const RESTART = 'graceful restart';
const BANDWIDTH = 'sharing traffic by bandwidth communities';
const DAMPENING = 'dampening of routes';
const CONDITIONAL = 'announcing on condition of other routes';
const AIGP = 'AIGP';
const EVPN = 'EVPN';
const ROLES = 'roles (RFC 9234)';
const LABELLED = 'labelled unicast';
const SEGMENT_ROUTING = 'segment routing';
const RPKI = 'RPKI';
const VNC = 'virtual network control';
const CAPABILITIES = 'choosing what OPEN says we are capable of';

const SHORT_TIMERS = 'short timers: "neighbor X timers 1 3"';
const REFLECTORS = 'a route reflector: "neighbor X route-reflector-client"';

const bgp = rowsOf('router bgp');
const inFamily = rowsOf('address-family');
const entry = rowsOf('route-map');
const top = rowsOf('');
const peer = (keywords: string, what: string, instead?: string) =>
  bgp(`neighbor * ${keywords}`, what, instead);
const family = (keywords: string, what: string) => opening(bgp(`address-family ${keywords}`, what));

/** Rows of the table of unsupported.ts. */
export const BGP_UNSUPPORTED = [
  family('ipv4 labeled-unicast', LABELLED),
  family('ipv4 multicast', 'multicast routing'),
  family('ipv4 flowspec', 'flow specifications (RFC 8955)'),
  family('ipv6', IPV6),
  family('vpnv6', IPV6),
  family('l2vpn', EVPN),
  family('link-state', 'BGP link state'),
  bgp('neighbor :', IPV6),
  peer('interface', 'a session over IPv6 link-local addresses', 'give the link IPv4 addresses'),
  peer('bfd', BFD, SHORT_TIMERS),
  peer('addpath-tx-all-paths', ADD_PATH),
  peer('addpath-tx-bestpath-per-AS', ADD_PATH),
  peer('addpath-tx-best-selected', ADD_PATH),
  peer('addpath-rx-paths-limit', ADD_PATH),
  peer('aigp', AIGP),
  peer('advertise-map', CONDITIONAL),
  peer('capability extended-nexthop', 'next hops of IPv6'),
  peer('capability orf', 'filters that are sent to neighbours (RFC 5291)'),
  peer('capability', CAPABILITIES),
  peer('dont-capability-negotiate', CAPABILITIES),
  peer('override-capability', CAPABILITIES),
  peer('strict-capability-match', CAPABILITIES),
  peer('dampening', DAMPENING),
  peer('encapsulation-srv6', SEGMENT_ROUTING),
  peer('graceful-restart', RESTART),
  peer('graceful-restart-helper', RESTART),
  peer('local-role', ROLES),
  peer(
    'remote-as auto',
    'an AS that is learnt from the neighbour',
    'say the number, "internal" or "external"',
  ),
  peer('timers delayopen', 'waiting with OPEN', '"neighbor X passive" has one end wait'),
  peer('port', 'another port than 179'),
  peer('tcp-mss', 'a segment size of its own'),
  peer('maximum-prefix-out', 'a limit of what is told'),
  peer('distribute-list', 'filtering by a distribute list', '"neighbor X prefix-list"'),
  peer('sender-as-path-loop-detection', 'keeping from a neighbour what leads through it'),
  peer('path-attribute', 'leaving out attributes by number'),
  peer('extended-optional-parameters', CAPABILITIES),
  peer('shutdown rtt', 'ending a session by its round-trip time'),
  peer('oad', 'several ASs of one administration'),
  bgp('bgp confederation', CONFEDERATION, REFLECTORS),
  bgp('bgp bestpath as-path confed', CONFEDERATION, REFLECTORS),
  bgp('bgp bestpath med confed', CONFEDERATION, REFLECTORS),
  bgp('bgp bestpath bandwidth', BANDWIDTH),
  bgp('bgp bestpath aigp', AIGP),
  bgp('bgp dampening', DAMPENING),
  bgp('bgp graceful-restart', RESTART),
  bgp('bgp long-lived-graceful-restart', RESTART),
  bgp('bgp conditional-advertisement', CONDITIONAL),
  bgp('bgp labeled-unicast', LABELLED),
  bgp('bgp default ipv6-unicast', IPV6),
  bgp('bgp default ipv6-multicast', IPV6),
  bgp('bgp default ipv6-vpn', IPV6),
  bgp('bgp default ipv6-labeled-unicast', IPV6),
  bgp('bgp default ipv6-flowspec', IPV6),
  bgp('bgp default ipv4-vpn', 'VPN routes without being told', '"activate" under "address-family ipv4 vpn"'),
  bgp('bgp default ipv4-labeled-unicast', LABELLED),
  bgp('bgp default l2vpn-evpn', EVPN),
  bgp('bgp default link-local-capability', CAPABILITIES),
  bgp('bgp default software-version-capability', CAPABILITIES),
  bgp('bgp suppress-fib-pending', 'waiting with announcements for the FIB'),
  bgp('no bgp suppress-duplicates', 'telling a neighbour what it knows'),
  bgp('no bgp fast-external-failover', 'keeping a session whose link is down'),
  bgp('no bgp client-to-client reflection', 'a reflector that does not reflect between its clients'),
  bgp('bgp default shutdown', 'shutting neighbours down unless they say otherwise', '"neighbor X shutdown"'),
  bgp('bgp minimum-holdtime', 'a lower limit for hold times of neighbours'),
  bgp('bgp update-delay', 'waiting for all neighbours before any is told'),
  bgp('update-delay', 'waiting for all neighbours before any is told'),
  bgp('bgp reject-as-sets', 'refusing sets in paths', '"bgp as-path access-list" with a "filter-list"'),
  bgp('bgp bestpath peer-type multipath-relax', 'sharing traffic between routes of our AS and of others'),
  bgp('bgp tcp-keepalive', 'keeping TCP itself alive', '"timers bgp"'),
  bgp('bgp max-med', 'the worst MED for all routes', '"bgp graceful-shutdown", for maintenance'),
  bgp('segment-routing', SEGMENT_ROUTING),
  bgp('sid', SEGMENT_ROUTING),
  bgp('vnc', VNC),
  bgp('rfp', VNC),
  opening(bgp('bmp targets', 'BMP')),
  ...(['address-family', 'router bgp'] as const)
    .map(rowsOf)
    .flatMap((row) => [
      row(
        'import vrf',
        'taking routes of a VRF by its name',
        '"rt vpn", "export vpn" and "import vpn" in both VRFs',
      ),
      row('redistribute local', 'announcing own addresses by themselves', '"redistribute connected"'),
      row('redistribute vnc-direct', VNC),
      row('redistribute table', 'announcing a table of the kernel'),
      row('redistribute table-direct', 'announcing a table of the kernel'),
    ]),
  bgp('table-map', 'a filter between BGP and the table'),
  bgp('network * backdoor', "a network's route that gives way to the IGP"),
  bgp('network * label-index', SEGMENT_ROUTING),
  inFamily('nexthop vpn export', 'another next hop for what goes into the VPN'),
  inFamily('sid', SEGMENT_ROUTING),
  opening(top('router bgp * view', 'a table that forwards nothing (a view)')),
  opening(top('rpki', RPKI)),
  entry('match ipv6', IPV6),
  entry('set ipv6', IPV6),
  entry('match evpn', EVPN),
  entry('set evpn', EVPN),
  entry('match rpki', RPKI),
  entry('set extcommunity bandwidth', BANDWIDTH),
  entry('set extcommunity color', SEGMENT_ROUTING),
  entry('set sr-te', SEGMENT_ROUTING),
  entry('set aigp', AIGP),
  entry('set aigp-metric', AIGP),
  entry('set metric igp', "the IGP's metric as MED", 'say the number'),
  entry('set metric rtt', 'a metric by round-trip time', 'say the number'),
  entry('set metric aigp', AIGP),
  entry('set src', 'a source address for what the kernel sends'),
  entry('set table', 'a table of the kernel'),
  entry('match probability', 'matching by chance'),
  entry('match alias', 'names for communities', '"match community"'),
];
