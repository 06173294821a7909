/**
 * The resolved experiment: a plain, deeply frozen value with every default filled in, every address given and
 * every reference checked. Everything after `resolve` works from this and never looks at YAML again.
 */
import type { Expectation, SourcePlace } from '../../analysis/expectation.ts';
import type { RouterConfig } from '../../config/model.ts';
import type { Ipv4, Mac, Prefix } from '../../net/address.ts';
import type { Plane } from '../../net/wire.ts';
import type { RouteChange, RouteTable } from '../../peers/route-table.ts';
import type { BandwidthSettings } from '../../routerd/bandwidth/bandwidth.ts';
import type { Sending } from '../../traffic/schedule.ts';
import type { StreamSending } from '../../traffic/segment.ts';
import type { TcpSending } from '../../traffic/tcp-flow.ts';

export interface Experiment {
  readonly name: string;
  readonly description: string;
  /** As the user gave it on the command line. */
  readonly file: string;
  readonly seed: number;
  readonly topology: Topology;
  /** One per router, sorted by name. */
  readonly configs: readonly RouterConfigs[];
  readonly routers: {
    /** Time that a router takes to write one route into its FIB. */
    readonly fibUpdateNs: number;
  };
  readonly management: {
    /** One way, between the coordinator and each router. */
    readonly delayNs: number;
    readonly jitterNs: number;
    /** Share of messages lost, 0 .. 1. */
    readonly loss: number;
    /** Routers that the coordinator of a commitment cannot reach, from which phase on. */
    readonly unreachable: readonly {
      readonly router: string;
      readonly from: 'prepare' | 'mark' | 'swap' | 'settle' | 'unmark';
    }[];
  };
  readonly flows: readonly Flow[];
  readonly steps: readonly Step[];
  /** At most one of a link. */
  readonly captures: readonly Capture[];
}

/** The frames that arrive at the ends of a link, to be written into a file. */
export interface Capture {
  readonly link: string;
  /** The first so many are kept. */
  readonly packets: number;
  /** Kept of each frame; 0: all. */
  readonly snapBytes: number;
  /** Absent: both. */
  readonly plane?: Plane;
  /** From the beginning of the one to the end of the other; absent: the whole run. */
  readonly steps?: { readonly from: number; readonly to: number };
}

export interface Topology {
  readonly name: string;
  /** Sorted by name. */
  readonly routers: readonly RouterNode[];
  readonly hosts: readonly HostNode[];
  readonly links: readonly Link[];
}

export interface RouterNode {
  readonly name: string;
  readonly loopback: Ipv4;
  readonly position?: { readonly x: number; readonly y: number };
}

export interface HostNode {
  readonly name: string;
  /** Address with the length of its subnet; host bits kept. */
  readonly address: Prefix;
  readonly gateway: Ipv4;
  readonly position?: { readonly x: number; readonly y: number };
  /** It speaks BGP, and stands for the Internet. */
  readonly peer?: ExternalPeer;
}

/** What an external peer says over its sessions. */
export interface ExternalPeer {
  readonly as: number;
  readonly table: RouteTable;
  /** In order; their times are the lab's, after the start of the traffic. */
  readonly changes: readonly RouteChange[];
}

/** Two ends make a point-to-point link, more make a broadcast segment. */
export interface Link {
  /** Unique, see LinkFact. */
  readonly name: string;
  readonly ends: readonly LinkEnd[];
  readonly rateBps: number;
  readonly delayNs: number;
  readonly jitterNs: number;
  /** Share of frames lost, 0 .. 1. */
  readonly loss: number;
  /** Bytes that may wait at each end; a frame that does not fit is dropped. */
  readonly queueBytes: number;
  readonly mtu: number;
  /** How the planes share it, at the ends that are routers. */
  readonly bandwidth: BandwidthSettings;
}

export interface LinkEnd {
  readonly node: string;
  readonly kind: 'router' | 'host';
  readonly port: string;
  readonly mac: Mac;
  /** Of a router's as its real configuration has it; where that has none, as the topology or the address plan. */
  readonly address: Prefix;
}

export interface RouterConfigs {
  readonly router: string;
  readonly real: RouterConfig;
  readonly shadow: RouterConfig;
}

/** What a host sends to another, or to outside, and how. */
export type Flow = FlowCommon & FlowSending;

export type FlowSending = Sending | StreamSending | TcpSending;

/** An address outside of the network: what is sent there may leave by any external peer. */
export interface Outside {
  readonly address: Ipv4;
  /** The external peers, by name. */
  readonly exits: readonly string[];
}

export interface FlowCommon {
  /** 1 .. 65535, the number on the wire. */
  readonly id: number;
  readonly name: string;
  readonly group: string;
  /** Host names; `to` as written where it is an address outside. */
  readonly from: string;
  readonly to: string;
  readonly outside?: Outside;
  /** The plane its packets are sent in. */
  readonly plane: Plane;
  /** Also copied into the shadow plane by the ingress router. Only with plane `real`. */
  readonly mirror: boolean;
  /** After the traffic starts (see EXPERIMENT reference: end of the first `converge`). */
  readonly startNs: number;
  /** Absent: until the run ends. */
  readonly stopNs?: number;
  /** Which packets routers write postcards for outside commits and changes, where all are traced. 0: none, n: each n-th. */
  readonly traceEvery: number;
}

export interface Step {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly place: SourcePlace;
  /** In the order of the page. */
  readonly actions: readonly Action[];
  readonly expectations: readonly StepExpectation[];
}

export interface StepExpectation {
  readonly expectation: Expectation;
  /** As the user would write it, for people. */
  readonly text: string;
  readonly place: SourcePlace;
}

export type Action =
  | { readonly kind: 'converge'; readonly withinNs: number }
  | { readonly kind: 'wait'; readonly forNs: number }
  | { readonly kind: 'fail'; readonly target: Target; readonly plane: Plane | 'both' }
  /** No target: everything that is failed now, in those planes. */
  | { readonly kind: 'restore'; readonly target?: Target; readonly plane: Plane | 'both' }
  | {
      readonly kind: 'change';
      readonly plane: Plane;
      /** In the order given; each with its whole new configuration. */
      readonly routers: readonly { readonly router: string; readonly config: RouterConfig }[];
      /** Between one router and the next. */
      readonly everyNs: number;
    }
  | ProbeAction
  | PingAction
  | ExecAction
  | IperfAction
  | CommitAction;

export interface CommitAction {
  readonly kind: 'commit' | 'rollback';
  readonly withinNs: number;
  readonly phaseLimitNs: number;
}

export interface ProbeAction {
  readonly kind: 'probe';
  /** The flow number its packets carry, unique in the experiment. */
  readonly flow: number;
  readonly from: string;
  readonly to: string;
  readonly outside?: Outside;
  readonly plane: Plane;
  readonly count: number;
  readonly everyNs: number;
  readonly packetBytes: number;
}

export interface PingAction {
  readonly kind: 'ping';
  readonly from: string;
  readonly to: string;
  readonly plane: Plane;
  readonly count: number;
  readonly everyNs: number;
  /** IPv4 bytes. */
  readonly packetBytes: number;
  /** An answer that takes longer is none. */
  readonly withinNs: number;
}

export interface ExecAction {
  readonly kind: 'exec';
  readonly host: string;
  readonly words: readonly string[];
  /** As it would be typed. */
  readonly command: string;
  readonly withinNs: number;
  readonly background: boolean;
}

export interface IperfAction {
  readonly kind: 'iperf';
  readonly from: string;
  readonly to: string;
  readonly plane: Plane;
  readonly seconds: number;
  readonly protocol: 'tcp' | 'udp';
  /** Of each stream; absent: no limit. */
  readonly rateBps?: number;
  /** IPv4 bytes, of UDP. */
  readonly packetBytes?: number;
  readonly parallel: number;
  readonly reverse: boolean;
}

export type Target =
  /** All ends of the link. */
  | { readonly kind: 'link'; readonly link: string }
  | { readonly kind: 'port'; readonly router: string; readonly port: string }
  | { readonly kind: 'router'; readonly router: string };
