/** `router bgp` as data. */
import type { Ipv4, Prefix } from '../net/address.ts';
import type { OriginName, RedistributeConfig } from './policy-model.ts';

/** `router bgp AS [vrf NAME]`. AS numbers: 1 .. 4294967295 (RFC 6793), written as plain numbers. */
export interface BgpConfig {
  readonly as: number;
  /** Left out: the default VRF. */
  readonly vrf?: string;
  readonly routerId?: Ipv4;
  readonly clusterId?: Ipv4;
  /** `bgp ebgp-requires-policy` (RFC 8212); on where left out, as in FRR. */
  readonly ebgpRequiresPolicy?: boolean;
  /** `bgp default ipv4-unicast`; on where left out. */
  readonly defaultIpv4Unicast?: boolean;
  /** `bgp network import-check`: a `network` is announced only while the table has a route to it; on where left out. */
  readonly networkImportCheck?: boolean;
  /** `bgp default local-preference` (default 100). */
  readonly defaultLocalPreference?: number;
  readonly alwaysCompareMed?: boolean;
  readonly deterministicMed?: boolean;
  /** `bgp bestpath …` */
  readonly bestpathAsPathIgnore?: boolean;
  readonly bestpathMultipathRelax?: boolean;
  readonly bestpathCompareRouterId?: boolean;
  readonly bestpathMedMissingAsWorst?: boolean;
  /** `bgp enforce-first-as`, of all neighbours: the path of another AS begins with its number (RFC 4271 6.3). */
  readonly enforceFirstAs?: boolean;
  /** `bgp disable-ebgp-connected-route-check`: `disable-connected-check` of all neighbours. */
  readonly disableConnectedCheck?: boolean;
  /** `bgp route-reflector allow-outbound-policy`: route maps change what is reflected, too. */
  readonly reflectorOutboundPolicy?: boolean;
  /** `bgp shutdown`: no session of any neighbour. */
  readonly shutdown?: boolean;
  /** `bgp listen range P peer-group G`: who connects from there is a neighbour of that group. */
  readonly listenRanges?: readonly { readonly prefix: Prefix; readonly peerGroup: string }[];
  /** `bgp listen limit`, of such neighbours (default 100). */
  readonly listenLimit?: number;
  /** `bgp graceful-shutdown` (RFC 8326): routes go out, and count here, as those nobody should prefer. */
  readonly gracefulShutdown?: boolean;
  /** `timers bgp KEEPALIVE HOLD`, s (default 60 180). */
  readonly timersS?: { readonly keepalive: number; readonly hold: number };
  /** Peer groups first. A neighbour has what it says itself, else what its group says. */
  readonly peerGroups: readonly BgpPeerConfig[];
  readonly neighbours: readonly (BgpPeerConfig & { readonly address: Ipv4; readonly peerGroup?: string })[];
  readonly ipv4: BgpFamilyConfig;
  /** `address-family ipv4 vpn` (RFC 4364), in the default VRF alone. */
  readonly vpnv4: BgpFamilyConfig;
}

export interface BgpPeerConfig {
  /** Of a group; of a neighbour its address as text. */
  readonly name: string;
  readonly remoteAs?: number | 'internal' | 'external';
  readonly description?: string;
  readonly password?: string;
  readonly shutdown?: boolean;
  /** `shutdown message`: what the neighbour is told of it (RFC 9003). */
  readonly shutdownMessage?: string;
  readonly enforceFirstAs?: boolean;
  readonly passive?: boolean;
  /** `ebgp-multihop [TTL]` */
  readonly ebgpMultihop?: number;
  /** `ttl-security hops N` (RFC 5082) */
  readonly ttlSecurityHops?: number;
  /** `disable-connected-check` */
  readonly disableConnectedCheck?: boolean;
  /** An interface's name or an address. */
  readonly updateSource?: string;
  readonly localAs?: { readonly as: number; readonly noPrepend: boolean; readonly replaceAs: boolean };
  readonly timersS?: { readonly keepalive: number; readonly hold: number };
  /** `timers connect` (default 120). */
  readonly connectRetryS?: number;
  /** `advertisement-interval` (default 0). */
  readonly advertisementIntervalS?: number;
  readonly ipv4: BgpPeerFamilyConfig;
  readonly vpnv4: BgpPeerFamilyConfig;
}

/** What a neighbour or group says within `address-family`. */
export interface BgpPeerFamilyConfig {
  readonly activate?: boolean;
  readonly nextHopSelf?: 'normal' | 'force';
  readonly routeReflectorClient?: boolean;
  readonly routeMapIn?: string;
  readonly routeMapOut?: string;
  readonly prefixListIn?: string;
  readonly prefixListOut?: string;
  readonly filterListIn?: string;
  readonly filterListOut?: string;
  readonly maximumPrefix?: {
    readonly count: number;
    /** Percent at which a warning is told (default 75). */
    readonly threshold?: number;
    readonly onExceed: 'close' | 'warn' | { readonly restartAfterMinutes: number };
  };
  /** The kinds that are sent (`both`: standard and extended). Default: all. */
  readonly sendCommunity?: SentCommunities;
  readonly softReconfigurationInbound?: boolean;
  /** `allowas-in [N|origin]` */
  readonly allowAsIn?: number | 'origin';
  readonly asOverride?: boolean;
  /** `remove-private-AS [all] [replace-AS]`: also between other numbers; our own number in their place. */
  readonly removePrivateAs?: { readonly all: boolean; readonly replace: boolean };
  /** What one client of a route server said goes to another as it is. */
  readonly routeServerClient?: boolean;
  /** `attribute-unchanged`: what is told to another AS as it came. */
  readonly attributeUnchanged?: {
    readonly asPath: boolean;
    readonly nextHop: boolean;
    readonly med: boolean;
  };
  /** `unsuppress-map`: of what an aggregate stands for, the routes that are told nevertheless. */
  readonly unsuppressMap?: string;
  readonly defaultOriginate?: { readonly routeMap?: string };
  readonly weight?: number;
}

export type SentCommunities =
  | 'none'
  | 'standard'
  | 'extended'
  | 'large'
  | 'both'
  | 'standard-and-large'
  | 'extended-and-large'
  | 'all';

export interface BgpFamilyConfig {
  readonly networks: readonly { readonly prefix: Prefix; readonly routeMap?: string }[];
  readonly aggregates: readonly {
    readonly prefix: Prefix;
    readonly summaryOnly: boolean;
    readonly asSet: boolean;
    /** What the aggregate's attributes are to be. */
    readonly routeMap?: string;
    readonly origin?: OriginName;
    /** `matching-MED-only`: there is none while its parts differ in MED. */
    readonly matchingMedOnly?: boolean;
    /** The parts that the aggregate takes the place of. */
    readonly suppressMap?: string;
  }[];
  readonly redistribute: readonly RedistributeConfig[];
  /** `maximum-paths N` and `maximum-paths ibgp N` (default 64 and 64 in FRR's build for Debian; 1 uses no multipath). */
  readonly maximumPaths?: number;
  readonly maximumPathsIbgp?: number;
  /** `maximum-paths ibgp N equal-cluster-length` */
  readonly equalClusterLength?: boolean;
  /** `distance bgp EXTERNAL INTERNAL LOCAL` (default 20 200 200). */
  readonly distance?: { readonly external: number; readonly internal: number; readonly local: number };
  /** In a VRF: how its routes and those of the VPN become one another's. */
  readonly vpn?: BgpVpnConfig;
}

/** `rd vpn export`, `rt vpn …`, `label vpn export`, `export vpn`, `import vpn`, in `address-family ipv4 unicast` of a VRF. */
export interface BgpVpnConfig {
  /** `65000:1` or `10.0.0.1:1` */
  readonly rd?: string;
  readonly importTargets: readonly string[];
  readonly exportTargets: readonly string[];
  readonly label?: number | 'auto';
  readonly export: boolean;
  readonly import: boolean;
  readonly routeMapExport?: string;
  readonly routeMapImport?: string;
}

export const EMPTY_BGP_FAMILY: BgpFamilyConfig = { networks: [], aggregates: [], redistribute: [] };
