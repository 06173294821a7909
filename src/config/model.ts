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
}

export interface InterfaceConfig {
  readonly name: string;
  readonly description?: string;
  /** `ip address A.B.C.D/M`: host bits kept. */
  readonly addresses: readonly Prefix[];
  /** Mbit/s, as in FRR (`bandwidth (1-1000000)`). */
  readonly bandwidthMbps?: number;
  readonly mtu?: number;
  readonly shutdown?: boolean;
  readonly accessGroupIn?: string;
  readonly accessGroupOut?: string;
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

export const EMPTY_CONFIG: RouterConfig = { interfaces: [], staticRoutes: [], accessLists: [] };
