/**
 * OSPF's border: what goes into an instance and what comes out. The instance does no I/O; it is handed a
 * clock, random numbers and these outputs, and it is told everything through `handle`.
 */
import type { Ipv4, Prefix } from '../../../net/address.ts';
import type { World } from '../../../world/world.ts';

/** An interface that OSPF runs on (or announces as a stub, when passive). */
export interface OspfInterfaceInput {
  readonly name: string;
  readonly address: Ipv4;
  readonly prefixLength: number;
  readonly network: 'point-to-point' | 'broadcast' | 'loopback';
  readonly passive: boolean;
  /** 1 .. 65535 */
  readonly cost: number;
  readonly area: Ipv4;
  readonly helloIntervalS: number;
  readonly deadIntervalS: number;
  /** 0 .. 255; 0 never becomes DR. */
  readonly priority: number;
  /** For the MTU field of Database Description packets and the largest packet sent, bytes. */
  readonly mtu: number;
}

export interface OspfSettings {
  readonly routerId: Ipv4;
  readonly maximumPaths: number;
  readonly spfThrottleMs: { readonly delay: number; readonly hold: number; readonly max: number };
  /** Interfaces that are up now and have OSPF enabled. One that goes down is left out. */
  readonly interfaces: readonly OspfInterfaceInput[];
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
    };

export interface OspfRoute {
  readonly prefix: Prefix;
  readonly cost: number;
  /** Sorted by interface and gateway. A gateway of null means that the prefix is on the wire there. */
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
