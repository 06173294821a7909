/**
 * A router's configuration as data: what `frr.conf` says, nothing computed. All of it is plain, readonly and
 * JSON-able. Lists keep the order of the text where order means something (access lists) and are sorted by
 * name or prefix by the writer where it does not.
 */
import type { Ipv4, Prefix } from '../net/address.ts';

export interface RouterConfig {
  readonly hostname?: string;
  readonly interfaces: readonly InterfaceConfig[];
  readonly ospf?: OspfConfig;
  readonly staticRoutes: readonly StaticRouteConfig[];
  readonly accessLists: readonly AccessListConfig[];
  readonly classMaps: readonly ClassMapConfig[];
  readonly policyMaps: readonly PolicyMapConfig[];
}

export interface InterfaceConfig {
  readonly name: string;
  readonly description?: string;
  /** `ip address A.B.C.D/M`: host bits kept. */
  readonly addresses: readonly Prefix[];
  /** Mbit/s, as in FRR (`bandwidth (1-1000000)`): OSPF's costs and the shares of a service policy go by it. */
  readonly bandwidthMbps?: number;
  /** `delay`, tens of microseconds, as in IOS. */
  readonly delay?: number;
  readonly mtu?: number;
  readonly shutdown?: boolean;
  readonly accessGroupIn?: string;
  readonly accessGroupOut?: string;
  /** `service-policy input NAME`, `service-policy output NAME` */
  readonly servicePolicyIn?: string;
  readonly servicePolicyOut?: string;
  readonly ospf: InterfaceOspfConfig;
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
}

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
}

export interface StaticRouteConfig {
  readonly prefix: Prefix;
  readonly via:
    | { readonly kind: 'gateway'; readonly gateway: Ipv4 }
    | { readonly kind: 'interface'; readonly interface: string }
    | { readonly kind: 'blackhole' };
  /** Administrative distance, 1 .. 255 (default 1). */
  readonly distance?: number;
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

export const EMPTY_CONFIG: RouterConfig = {
  interfaces: [],
  staticRoutes: [],
  accessLists: [],
  classMaps: [],
  policyMaps: [],
};
