/**
 * A router's configuration as data: what `frr.conf` says, nothing computed. All of it is plain, readonly and
 * JSON-able. Lists keep the order of the text where order means something (access lists) and are sorted by
 * name or prefix by the writer where it does not.
 */
import type { Ipv4, Prefix } from '../net/address.ts';
import type { BgpConfig } from './bgp-model.ts';
import type { InterfaceIsisConfig, IsisConfig } from './isis-model.ts';
import type {
  AsPathListConfig,
  CommunityListConfig,
  KeyChainConfig,
  PrefixListConfig,
  RedistributeConfig,
  RouteMapConfig,
} from './policy-model.ts';

export interface RouterConfig {
  readonly hostname?: string;
  /** `ip router-id`: of OSPF and BGP where they have none of their own. */
  readonly routerId?: Ipv4;
  readonly interfaces: readonly InterfaceConfig[];
  readonly vrfs: readonly VrfConfig[];
  readonly ospf?: OspfConfig;
  readonly isis?: IsisConfig;
  /** One for each VRF that has BGP, the default one among them. */
  readonly bgp: readonly BgpConfig[];
  readonly staticRoutes: readonly StaticRouteConfig[];
  readonly keyChains: readonly KeyChainConfig[];
  readonly prefixLists: readonly PrefixListConfig[];
  readonly asPathLists: readonly AsPathListConfig[];
  readonly communityLists: readonly CommunityListConfig[];
  readonly routeMaps: readonly RouteMapConfig[];
  readonly accessLists: readonly AccessListConfig[];
  readonly classMaps: readonly ClassMapConfig[];
  readonly policyMaps: readonly PolicyMapConfig[];
}

/** `vrf NAME`: a routing table of its own, for the interfaces that are put in it. */
export interface VrfConfig {
  readonly name: string;
  readonly routerId?: Ipv4;
}

export interface InterfaceConfig {
  readonly name: string;
  /** `interface NAME vrf VRF`. Left out: the default one. */
  readonly vrf?: string;
  readonly description?: string;
  /** `ip address A.B.C.D/M`: host bits kept. */
  readonly addresses: readonly Prefix[];
  /** Mbit/s, as in FRR (`bandwidth (1-1000000)`): OSPF's costs and the shares of a service policy go by it. */
  readonly bandwidthMbps?: number;
  /** `delay`, tens of microseconds, as in IOS. */
  readonly delay?: number;
  readonly mtu?: number;
  readonly shutdown?: boolean;
  /** `no link-detect`: up whether its link is or not. Default on. */
  readonly linkDetect?: false;
  readonly accessGroupIn?: string;
  readonly accessGroupOut?: string;
  /** `service-policy input NAME`, `service-policy output NAME` */
  readonly servicePolicyIn?: string;
  readonly servicePolicyOut?: string;
  readonly ospf: InterfaceOspfConfig;
  readonly isis?: InterfaceIsisConfig;
}

export interface InterfaceOspfConfig {
  /** 1 .. 65535 */
  readonly cost?: number;
  /** `ip ospf area`: enables OSPF on the interface. */
  readonly area?: Ipv4;
  readonly helloIntervalS?: number;
  readonly deadIntervalS?: number;
  readonly network?: 'broadcast' | 'point-to-point';
  /** Router priority for DR election, 0 .. 255 (default 1). */
  readonly priority?: number;
  /** `ip ospf dead-interval minimal hello-multiplier N`: N hellos a second, dead after one. */
  readonly helloMultiplier?: number;
  readonly retransmitIntervalS?: number;
  readonly transmitDelayS?: number;
  readonly mtuIgnore?: boolean;
  readonly authentication?: OspfAuthentication;
  /** `ip ospf authentication-key` (RFC 2328 D.4.2) */
  readonly authenticationKey?: string;
  /** `ip ospf message-digest-key N md5 KEY` (RFC 2328 D.4.3) */
  readonly messageDigestKeys?: readonly { readonly id: number; readonly key: string }[];
}

/** `key-chain`: RFC 5709 and MD5, by the algorithm of the chain's keys. */
export type OspfAuthentication =
  | { readonly kind: 'null' | 'simple' | 'message-digest' }
  | { readonly kind: 'key-chain'; readonly keyChain: string };

export interface OspfConfig {
  readonly routerId?: Ipv4;
  /** `network A.B.C.D/M area X`: enables OSPF on interfaces whose address lies in the prefix. */
  readonly networks: readonly { readonly prefix: Prefix; readonly area: Ipv4 }[];
  readonly passiveInterfaces: readonly string[];
  /** `passive-interface default`; then `no passive-interface X` makes exceptions. */
  readonly passiveDefault?: boolean;
  readonly activeInterfaces: readonly string[];
  /** `default-metric`, used for redistributed routes. */
  readonly defaultMetric?: number;
  /** `maximum-paths`, 1 .. 64 (default 64, as FRR). */
  readonly maximumPaths?: number;
  /** `auto-cost reference-bandwidth`, Mbit/s (default 100000, as FRR). */
  readonly referenceBandwidthMbps?: number;
  /** `timers throttle spf DELAY HOLD MAX`, ms (default 0 50 5000, as FRR). */
  readonly spfThrottleMs?: { readonly delay: number; readonly hold: number; readonly max: number };
  /** `timers throttle lsa all` (default 5000), `timers lsa min-arrival` (default 1000), ms. */
  readonly lsaThrottleMs?: number;
  readonly lsaMinArrivalMs?: number;
  readonly areas: readonly OspfAreaConfig[];
  readonly redistribute: readonly RedistributeConfig[];
  /** `default-information originate [always] [metric N] [metric-type N] [route-map NAME]` */
  readonly defaultInformation?: {
    readonly always: boolean;
    readonly metric?: number;
    readonly metricType?: 1 | 2;
    readonly routeMap?: string;
  };
  /** `max-metric router-lsa …` (RFC 6987) */
  readonly maxMetric?: { readonly administrative: boolean; readonly onStartupS?: number };
  /** `capability opaque`: off where left out, as in FRR; what others sent is carried on either way (RFC 5250). */
  readonly opaque?: boolean;
  /** `ospf rfc1583compatibility` */
  readonly rfc1583Compatibility?: boolean;
  /** `summary-address A.B.C.D/M [no-advertise]` of external routes. */
  readonly summaries: readonly { readonly prefix: Prefix; readonly advertise: boolean }[];
  /** `distance N`, `distance ospf {intra-area N|inter-area N|external N}` */
  readonly distance?: {
    readonly all?: number;
    readonly intraArea?: number;
    readonly interArea?: number;
    readonly external?: number;
  };
}

/** `area X …` */
export interface OspfAreaConfig {
  readonly area: Ipv4;
  readonly kind?: 'stub' | 'nssa';
  /** `stub no-summary`, `nssa no-summary` */
  readonly noSummary?: boolean;
  /** `default-cost` (default 1). */
  readonly defaultCost?: number;
  /** `nssa default-information-originate` */
  readonly nssaDefaultInformation?: boolean;
  /** `nssa translate-always|translate-candidate|translate-never` */
  readonly nssaTranslate?: 'always' | 'candidate' | 'never';
  readonly ranges: readonly OspfRange[];
  readonly authentication?: { readonly kind: 'simple' | 'message-digest' };
}

/** `area X range P [cost N]`, `area X range P not-advertise` */
export interface OspfRange {
  readonly prefix: Prefix;
  readonly advertise: boolean;
  readonly cost?: number;
}

export interface StaticRouteConfig {
  readonly prefix: Prefix;
  readonly via:
    | {
        readonly kind: 'gateway';
        readonly gateway: Ipv4;
        /** Used only while the gateway is on this interface. */
        readonly interface?: string;
        /** `onlink`: it is there, whatever subnet the interface has. */
        readonly onLink?: boolean;
        readonly vrf?: string;
      }
    /** `vrf`: `nexthop-vrf`, where that is another than the route's; `default` is the default one. */
    | { readonly kind: 'interface'; readonly interface: string; readonly vrf?: string }
    | { readonly kind: 'blackhole' }
    /** As a blackhole, and the sender is told. */
    | { readonly kind: 'reject' };
  /** Administrative distance, 1 .. 255 (default 1). */
  readonly distance?: number;
  readonly tag?: number;
  /** `ip route … vrf NAME`: the table that it is in. */
  readonly vrf?: string;
}

export interface AccessListConfig {
  /** Number or name, as written. */
  readonly name: string;
  readonly kind: 'standard' | 'extended';
  readonly rules: readonly AccessRule[];
}

/** One line of an access list. The list ends with an implicit deny. */
export interface AccessRule {
  readonly sequence: number;
  readonly action: 'permit' | 'deny';
  readonly protocol: 'ip' | 'icmp' | 'tcp' | 'udp' | 'ospf';
  readonly source: Prefix;
  readonly destination: Prefix;
  readonly sourcePort?: PortMatch;
  readonly destinationPort?: PortMatch;
  /** DSCP value 0 .. 63. */
  readonly dscp?: number;
}

/** Inclusive range of TCP or UDP ports; `eq N` is N..N. */
export interface PortMatch {
  readonly from: number;
  readonly to: number;
}

/** `class-map [match-all | match-any] NAME`: which packets are of the class. */
export interface ClassMapConfig {
  readonly name: string;
  readonly match: 'all' | 'any';
  readonly criteria: readonly ClassCriterion[];
}

export type ClassCriterion =
  | { readonly kind: 'any' }
  /** `match dscp`: one of the values, 0 .. 63. */
  | { readonly kind: 'dscp'; readonly values: readonly number[] }
  /** `match access-group name NAME`: what the list permits. */
  | { readonly kind: 'access-group'; readonly name: string };

/** `policy-map NAME`: what is done with each class. The first class that matches counts; the rest is class-default. */
export interface PolicyMapConfig {
  readonly name: string;
  readonly classes: readonly PolicyClassConfig[];
}

/** The class that takes what no other takes. */
export const CLASS_DEFAULT = 'class-default';

export interface PolicyClassConfig {
  /** Of a class map, or CLASS_DEFAULT. */
  readonly name: string;
  /** `set dscp`, 0 .. 63 */
  readonly setDscp?: number;
  readonly police?: PoliceConfig;
  /** Out: share of the link that the class has at least when there is more than it can send. */
  readonly bandwidth?: ClassRate;
  /** Out: first of all, but at most this much while others wait (low-latency queueing). */
  readonly priority?: ClassRate;
  /** Out: never faster than so many bits of IPv4 packet per second, `shape average`. */
  readonly shapeBps?: number;
  /** Out: `queue-limit N bytes`. */
  readonly queueLimitBytes?: number;
  /** Out: `random-detect` drops early, with `ecn` it marks instead where the sender understands (RFC 3168). */
  readonly randomDetect?: 'drop' | 'ecn';
}

/** `police cir BPS [bc BYTES] conform-action transmit exceed-action drop`: a token bucket (RFC 2697 with one bucket). */
export interface PoliceConfig {
  readonly rateBps: number;
  /** Absent: what the rate brings in 250 ms, and at least 1500 bytes. */
  readonly burstBytes?: number;
  readonly conform: PoliceAction;
  readonly exceed: PoliceAction;
}

export type PoliceAction =
  | { readonly kind: 'transmit' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'set-dscp-transmit'; readonly dscp: number };

/** In kbit/s, or in percent of the interface's bandwidth. */
export type ClassRate =
  | { readonly kind: 'kbps'; readonly kbps: number }
  | { readonly kind: 'percent'; readonly percent: number };

/** `router ospf`, and nothing below it. */
export const EMPTY_OSPF: OspfConfig = {
  networks: [],
  passiveInterfaces: [],
  activeInterfaces: [],
  areas: [],
  redistribute: [],
  summaries: [],
};

export const EMPTY_CONFIG: RouterConfig = {
  interfaces: [],
  vrfs: [],
  bgp: [],
  staticRoutes: [],
  keyChains: [],
  prefixLists: [],
  asPathLists: [],
  communityLists: [],
  routeMaps: [],
  accessLists: [],
  classMaps: [],
  policyMaps: [],
};
