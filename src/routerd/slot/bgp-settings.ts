/** What a configuration says of BGP in one VRF, with every default filled in. Pure. */
import type {
  BgpConfig,
  BgpFamilyConfig,
  BgpPeerConfig,
  BgpPeerFamilyConfig,
} from '../../config/bgp-model.ts';
import type { RouterConfig } from '../../config/model.ts';
import { routerIdOf } from '../../config/vrf-commands.ts';
import { contains, formatIpv4, type Ipv4, type Prefix, parseIpv4, prefixOf } from '../../net/address.ts';
import { policyOf } from '../policy/compile.ts';
import type { SessionSettings, TransportSettings } from '../protocols/bgp/contract.ts';
import type {
  BgpSettings,
  FamilySettings,
  NeighbourFamilySettings,
  NeighbourSettings,
} from '../protocols/bgp/settings.ts';
import { highestAddress } from './ospf-settings.ts';
import { matchesPeer, policyText } from './policy-text.ts';
import { DEFAULT_VRF, type SlotView } from './speaker.ts';

type NeighbourConfig = BgpConfig['neighbours'][number];

const MAX_TTL = 255;
const FRR_MAXIMUM_PATHS = 64;
const FRR_DISTANCE = { external: 20, internal: 200, local: 200 };
const FRR_TIMERS = { keepalive: 60, hold: 180 };
const FRR_CONNECT_RETRY_S = 120;
const FRR_LOCAL_PREFERENCE = 100;
const FRR_LISTEN_LIMIT = 100;

export function bgpSettings(view: SlotView, bgp: BgpConfig): BgpSettings {
  const { config } = view;
  const vrf = bgp.vrf ?? DEFAULT_VRF;
  const routerId =
    bgp.routerId ?? routerIdOf(view.config, bgp.vrf) ?? (highestIn(view, vrf) || highestAddress(view));
  const groups = new Map(bgp.peerGroups.map((group) => [group.name, group]));
  return {
    as: bgp.as,
    routerId,
    clusterId: bgp.clusterId ?? routerId,
    gracefulShutdown: bgp.gracefulShutdown ?? false,
    ebgpRequiresPolicy: bgp.ebgpRequiresPolicy ?? true,
    decision: {
      defaultLocalPreference: bgp.defaultLocalPreference ?? FRR_LOCAL_PREFERENCE,
      alwaysCompareMed: bgp.alwaysCompareMed ?? false,
      deterministicMed: bgp.deterministicMed ?? false,
      medMissingAsWorst: bgp.bestpathMedMissingAsWorst ?? false,
      asPathIgnore: bgp.bestpathAsPathIgnore ?? false,
      compareRouterId: bgp.bestpathCompareRouterId ?? false,
      multipathRelax: bgp.bestpathMultipathRelax ?? false,
    },
    ...(bgp.reflectorOutboundPolicy && { reflectorOutboundPolicy: true }),
    families: { ipv4: familySettings(config, bgp.ipv4), vpnv4: familySettings(config, bgp.vpnv4) },
    neighbours: bgp.neighbours.flatMap((neighbour) => {
      const merged = withGroup(neighbour, groups.get(neighbour.peerGroup ?? ''));
      return neighbourSettings(view, bgp, merged, routerId) ?? [];
    }),
    ...(bgp.listenRanges !== undefined && {
      guests: {
        limit: bgp.listenLimit ?? FRR_LISTEN_LIMIT,
        settingsFor: (address) => guestSettings(view, bgp, bgp.listenRanges ?? [], address, routerId),
      },
    }),
    policy: policyOf(config),
  };
}

/** One that connects from a range, of the longest that there is: with the settings of its group. */
function guestSettings(
  view: SlotView,
  bgp: BgpConfig,
  ranges: NonNullable<BgpConfig['listenRanges']>,
  address: Ipv4,
  routerId: Ipv4,
): NeighbourSettings | undefined {
  const [range] = ranges
    .filter(({ prefix }) => contains(prefix, address))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const group = bgp.peerGroups.find(({ name }) => name === range?.peerGroup);
  if (group === undefined) return undefined;
  const stranger = { name: formatIpv4(address), address, passive: true, ipv4: {}, vpnv4: {} };
  return neighbourSettings(view, bgp, withGroup(stranger, group), routerId);
}

function familySettings(
  config: RouterConfig,
  { maximumPaths, maximumPathsIbgp, equalClusterLength, distance, aggregates }: BgpFamilyConfig,
): FamilySettings {
  return {
    maximumPaths: maximumPaths ?? FRR_MAXIMUM_PATHS,
    maximumPathsIbgp: maximumPathsIbgp ?? FRR_MAXIMUM_PATHS,
    distance: distance ?? FRR_DISTANCE,
    ...(equalClusterLength && { equalClusterLength }),
    aggregates: aggregates.map((each) => ({
      ...each,
      policy: policyText(config, [each.routeMap, each.suppressMap]),
    })),
  };
}

/** What the neighbour says itself counts before what its group says. */
function withGroup(neighbour: NeighbourConfig, group: BgpPeerConfig | undefined): NeighbourConfig {
  if (group === undefined) return neighbour;
  return {
    ...group,
    ...neighbour,
    ipv4: { ...group.ipv4, ...neighbour.ipv4 },
    vpnv4: { ...group.vpnv4, ...neighbour.vpnv4 },
  };
}

/** Undefined where it cannot be spoken to: no `remote-as`, no family, or no router id. */
function neighbourSettings(
  view: SlotView,
  bgp: BgpConfig,
  neighbour: NeighbourConfig,
  routerId: Ipv4,
): NeighbourSettings | undefined {
  const { remoteAs, address } = neighbour;
  const vrf = bgp.vrf ?? DEFAULT_VRF;
  const ipv4 = neighbour.ipv4.activate ?? bgp.defaultIpv4Unicast ?? true;
  const vpnv4 = neighbour.vpnv4.activate === true && vrf === DEFAULT_VRF;
  if (remoteAs === undefined || routerId === 0 || !(ipv4 || vpnv4)) return undefined;
  const isExternal = remoteAs !== 'internal' && remoteAs !== bgp.as;
  const localAs = isExternal ? neighbour.localAs : undefined;
  const link = linkOf(view.config, vrf, address);
  const session: SessionSettings = {
    localAs: localAs?.as ?? bgp.as,
    remoteAs,
    routerId,
    families: [...(ipv4 ? ['ipv4' as const] : []), ...(vpnv4 ? ['vpnv4' as const] : [])],
    ...timers(bgp, neighbour),
    passive: neighbour.passive ?? false,
  };
  const maps = [neighbour.ipv4.routeMapOut, neighbour.vpnv4.routeMapOut];
  return {
    address,
    transport: transportOf(view.config, neighbour, isExternal),
    session,
    shutdown: neighbour.shutdown ?? bgp.shutdown ?? false,
    ...(neighbour.shutdownMessage !== undefined && { shutdownMessage: neighbour.shutdownMessage }),
    ...((neighbour.enforceFirstAs ?? bgp.enforceFirstAs) && { enforceFirstAs: true }),
    mustBeConnected:
      isExternal &&
      isOneHopAway(neighbour) &&
      !(neighbour.disableConnectedCheck ?? bgp.disableConnectedCheck ?? false),
    ...(link !== undefined && isOneHopAway(neighbour) && { link }),
    matchesPeer: matchesPeer(view.config, maps),
    ...(localAs !== undefined && { localAs }),
    advertisementIntervalS: neighbour.advertisementIntervalS ?? 0,
    ...(ipv4 && { ipv4: neighbourFamily(view.config, neighbour.ipv4) }),
    ...(vpnv4 && { vpnv4: neighbourFamily(view.config, neighbour.vpnv4) }),
  };
}

function timers(bgp: BgpConfig, neighbour: NeighbourConfig) {
  const { keepalive, hold } = neighbour.timersS ?? bgp.timersS ?? FRR_TIMERS;
  return {
    keepaliveS: keepalive,
    holdS: hold,
    connectRetryS: neighbour.connectRetryS ?? FRR_CONNECT_RETRY_S,
  };
}

function isOneHopAway({ ebgpMultihop = 1, ttlSecurityHops = 1 }: NeighbourConfig): boolean {
  return ebgpMultihop === 1 && ttlSecurityHops === 1;
}

function transportOf(
  config: RouterConfig,
  neighbour: NeighbourConfig,
  isExternal: boolean,
): TransportSettings {
  const { address, ebgpMultihop, ttlSecurityHops, updateSource, password } = neighbour;
  const local = updateSource === undefined ? undefined : addressNamed(config, updateSource);
  // RFC 5082 3: what comes from so many hops away has lost so much of the largest TTL.
  const isSecured = ttlSecurityHops !== undefined;
  return {
    remote: address,
    ...(local !== undefined && { local }),
    ttl: isSecured || !isExternal ? MAX_TTL : (ebgpMultihop ?? 1),
    ...(isSecured && { minimumTtl: MAX_TTL + 1 - ttlSecurityHops }),
    ...(password !== undefined && { password }),
  };
}

function neighbourFamily(config: RouterConfig, own: BgpPeerFamilyConfig): NeighbourFamilySettings {
  const { routeMapIn, prefixListIn, filterListIn, routeMapOut, prefixListOut, filterListOut } = own;
  return {
    ...own,
    importPolicy: policyText(config, [routeMapIn, prefixListIn, filterListIn]),
    exportPolicy: policyText(config, [
      routeMapOut,
      prefixListOut,
      filterListOut,
      own.unsuppressMap,
      own.defaultOriginate?.routeMap,
    ]),
  };
}

/** `update-source`: an address, or an interface's first. */
function addressNamed({ interfaces }: RouterConfig, name: string): Ipv4 | undefined {
  return parseIpv4(name) ?? interfaces.find((each) => each.name === name)?.addresses[0]?.address;
}

/** The subnet of the link that the address is on. */
function linkOf(config: RouterConfig, vrf: string, address: Ipv4): Prefix | undefined {
  return addressesIn(config, vrf)
    .map((own) => prefixOf(own.address, own.length))
    .find((subnet) => contains(subnet, address));
}

function addressesIn({ interfaces }: RouterConfig, vrf: string): readonly Prefix[] {
  return interfaces.filter((each) => (each.vrf ?? DEFAULT_VRF) === vrf).flatMap(({ addresses }) => addresses);
}

function highestIn({ config }: SlotView, vrf: string): Ipv4 {
  return vrf === DEFAULT_VRF ? 0 : Math.max(0, ...addressesIn(config, vrf).map(({ address }) => address));
}
