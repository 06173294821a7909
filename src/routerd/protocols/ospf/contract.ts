/**
 * OSPF's border: what goes into an instance and what comes out. The instance does no I/O; it is handed a
 * clock, random numbers and these outputs, and it is told everything through `handle`.
 */
import type { Ipv4, Prefix } from '../../../net/address.ts';
import type { World } from '../../../world/world.ts';
import type { Authentication } from './authentication.ts';

/** An interface that OSPF runs on (or announces as a stub, when passive). */
export interface OspfInterfaceInput {
  readonly name: string;
  readonly address: Ipv4;
  readonly prefixLength: number;
  readonly network: 'point-to-point' | 'broadcast' | 'loopback';
  readonly passive: boolean;
  /** 1 .. 65535 */
  readonly cost: number;
  /** Other networks of the interface, announced at the same cost: nobody speaks OSPF by these addresses. */
  readonly stubs?: readonly Prefix[];
  readonly area: Ipv4;
  readonly helloIntervalS: number;
  readonly deadIntervalS: number;
  /** 0 .. 255; 0 never becomes DR. */
  readonly priority: number;
  /** For the MTU field of Database Description packets, bytes. */
  readonly mtu: number;
  /** Bytes of the longest IPv4 packet that is sent; at most the MTU, which it is where it is left out. */
  readonly longestPacket?: number;
  /** How packets are signed (default: not at all). */
  readonly authentication?: Authentication;
  /**
   * Hellos a second, where the dead interval is one: packets then say that the hello interval is 0, and what the
   * neighbour's say of it does not matter, as in FRR.
   */
  readonly fastHellos?: number;
  /** RxmtInterval (default 5) and InfTransDelay (default 1) of RFC 2328 C.3, seconds. */
  readonly retransmitIntervalS?: number;
  readonly transmitDelayS?: number;
  /** Takes Database Descriptions that name a larger MTU. */
  readonly mtuIgnore?: boolean;
}

/** What an area is, where it is more than the plain one that PLAIN_AREA describes. */
export interface OspfAreaSettings {
  readonly area: Ipv4;
  /** The backbone (0) is ordinary, whatever this says. */
  readonly kind: 'ordinary' | 'stub' | 'nssa';
  /** Into a stub area or NSSA no summary goes but a default route. */
  readonly noSummary: boolean;
  /** Metric of the default route that a stub area, or an NSSA, is given. */
  readonly defaultCost: number;
  /** An ABR of the NSSA originates a default route of type 7 into it. */
  readonly defaultInformation: boolean;
  /** Whether an ABR of the NSSA makes type 5 of its type 7 (RFC 3101 3.1). */
  readonly translate: 'always' | 'candidate' | 'never';
  /** An ABR announces one summary in place of all networks within (RFC 2328 C.2). */
  readonly ranges: readonly OspfRange[];
}

export interface OspfRange {
  readonly prefix: Prefix;
  readonly advertise: boolean;
  /** 0 .. 0xffffff; left out: the largest of what lies within. */
  readonly cost?: number;
}

export const PLAIN_AREA: OspfAreaSettings = {
  area: 0,
  kind: 'ordinary',
  noSummary: false,
  defaultCost: 1,
  defaultInformation: false,
  translate: 'candidate',
  ranges: [],
};

export interface OspfSettings {
  readonly routerId: Ipv4;
  readonly maximumPaths: number;
  readonly spfThrottleMs: { readonly delay: number; readonly hold: number; readonly max: number };
  /** MinLSInterval: between two of one LSA that we make; MinLSArrival: between two that we take (appendix B). */
  readonly lsaTimersMs: { readonly interval: number; readonly arrival: number };
  /** Interfaces that are up now and have OSPF enabled. One that goes down is left out. */
  readonly interfaces: readonly OspfInterfaceInput[];
  /** Areas that differ from PLAIN_AREA, each once. */
  readonly areas: readonly OspfAreaSettings[];
  /** RFC 6987: nothing but what ends here is sent this way; for so many seconds after the start, or until it is unset. */
  readonly maxMetric: { readonly administrative: boolean; readonly onStartupS: number };
  /** Tell neighbours that opaque LSAs are welcome (RFC 5250); those that come are carried on either way. */
  readonly opaque: boolean;
  /** RFC 2328 16.4.1, C.1. */
  readonly rfc1583Compatibility: boolean;
  /** One external route in place of all within, or none (`advertise` false). */
  readonly summaries: readonly { readonly prefix: Prefix; readonly advertise: boolean }[];
}

export const PLAIN_SETTINGS: OspfSettings = {
  routerId: 0,
  maximumPaths: 64,
  spfThrottleMs: { delay: 0, hold: 50, max: 5000 },
  lsaTimersMs: { interval: 5000, arrival: 1000 },
  interfaces: [],
  areas: [],
  maxMetric: { administrative: false, onStartupS: 0 },
  opaque: false,
  rfc1583Compatibility: false,
  summaries: [],
};

/** A route from elsewhere that the instance is to announce as an AS boundary router (12.4.4). */
export interface OspfExternal {
  readonly prefix: Prefix;
  /** 0 .. 0xfffffe */
  readonly metric: number;
  readonly metricType: 1 | 2;
  readonly tag: number;
  /** Where our own packets to the prefix go: announced as forwarding address where OSPF runs on that network. */
  readonly gateway?: Ipv4;
}

export type OspfInput =
  /** The whole of what OSPF should be now; the instance finds out itself what changed. */
  | { readonly type: 'configure'; readonly settings: OspfSettings }
  /** An OSPF packet (IP payload) that arrived; `destination` is 224.0.0.5, 224.0.0.6 or a unicast address. */
  | {
      readonly type: 'packet';
      readonly interface: string;
      readonly source: Ipv4;
      readonly destination: Ipv4;
      readonly bytes: Uint8Array;
    }
  /** Routes from elsewhere: `added` replaces what was there for the same prefix. They stay through `configure`. */
  | {
      readonly type: 'externals';
      readonly added: readonly OspfExternal[];
      readonly removed: readonly Prefix[];
    };

/** In order of preference (RFC 2328 11). `discard`: a range of ours, for what is in it and nowhere (C.2). */
export const ROUTE_KINDS = ['intra-area', 'inter-area', 'external-1', 'external-2', 'discard'] as const;
export type RouteKind = (typeof ROUTE_KINDS)[number];

export interface OspfRoute {
  readonly prefix: Prefix;
  readonly kind: RouteKind;
  /** Of an external route of type 2, what its LSA says; else the cost of the whole way. */
  readonly cost: number;
  /** Of external routes; 0 for none. */
  readonly tag: number;
  /** Sorted by interface and gateway; none to discard. A gateway of null means that the prefix is on the wire there. */
  readonly nextHops: readonly { readonly interface: string; readonly gateway: Ipv4 | null }[];
}

export interface OspfOutputs {
  /** Sends an OSPF packet (IP payload) out of an interface, TTL 1. The bytes belong to the receiver. */
  send(interfaceName: string, destination: Ipv4, bytes: Uint8Array): void;
  /** The instance's routing table changed. `added` replaces what was there for the same prefix. */
  routes(change: { readonly added: readonly OspfRoute[]; readonly removed: readonly Prefix[] }): void;
}

/** For `neighbours`, tests and benches. */
export interface OspfNeighbourView {
  readonly interface: string;
  readonly routerId: Ipv4;
  readonly address: Ipv4;
  readonly state: 'Down' | 'Init' | '2-Way' | 'ExStart' | 'Exchange' | 'Loading' | 'Full';
  readonly role: 'DR' | 'BDR' | 'DROther' | '-';
}

export interface OspfInstance {
  handle(input: OspfInput): void;
  neighbours(): readonly OspfNeighbourView[];
  /** Another number whenever a neighbour has come, gone or changed its state. */
  readonly neighboursVersion: number;
  /** The routing table as last told, in no order. */
  routes(): Iterable<OspfRoute>;
  /** Counters since construction. */
  readonly counters: {
    readonly packetsSent: number;
    readonly packetsReceived: number;
    readonly packetsRefused: number;
    readonly spfRuns: number;
    readonly lsas: number;
  };
  /** Cancels every timer. The instance sends nothing more. */
  stop(): void;
}

export type MakeOspf = (world: World, outputs: OspfOutputs) => OspfInstance;
