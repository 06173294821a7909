/**
 * IS-IS's border: what goes into an instance and what comes out. The instance does no I/O; it is handed a
 * clock, random numbers and these outputs, and it is told everything through `handle`.
 */
import type { IsisLevel, IsisPassword } from '../../../config/isis-model.ts';
import type { Ipv4, Mac, Prefix } from '../../../net/address.ts';
import type { World } from '../../../world/world.ts';

/** What differs between the levels of a circuit. */
export interface IsisCircuitLevel {
  /** 1 .. 16777215 */
  readonly metric: number;
  readonly helloIntervalS: number;
  readonly helloMultiplier: number;
  /** 0 .. 127 */
  readonly priority: number;
  readonly csnpIntervalS: number;
  readonly psnpIntervalS: number;
}

/** An interface that IS-IS runs on (or announces, when passive). */
export interface IsisCircuitInput {
  readonly name: string;
  readonly mac: Mac;
  readonly addresses: readonly Prefix[];
  readonly network: 'point-to-point' | 'broadcast' | 'loopback';
  readonly passive: boolean;
  readonly levels: Readonly<Partial<Record<IsisLevel, IsisCircuitLevel>>>;
  readonly padding: boolean;
  readonly threeWay: boolean;
  readonly password?: IsisPassword;
  /** Largest PDU, bytes. */
  readonly mtu: number;
}

export interface IsisSettings {
  readonly hostname: string;
  /** 6 bytes as 12 hexadecimal digits. */
  readonly systemId: string;
  /** Area addresses, hexadecimal digits. */
  readonly areas: readonly string[];
  readonly levels: readonly IsisLevel[];
  readonly metricStyle: 'narrow' | 'transition' | 'wide';
  readonly overload: boolean;
  readonly overloadOnStartupS: number;
  readonly attached: boolean;
  readonly lspMtu: number;
  readonly lspGenerationIntervalS: number;
  readonly lspRefreshIntervalS: number;
  readonly lspLifetimeS: number;
  readonly spfIntervalS: number;
  readonly passwords: Readonly<Partial<Record<IsisLevel, IsisPassword>>>;
  readonly maximumPaths: number;
  /** Which routes of level 2 go into level 1 (RFC 5302). */
  readonly leaks: (prefix: Prefix) => boolean;
  /** Circuits that are up now. One that goes down is left out. */
  readonly circuits: readonly IsisCircuitInput[];
}

/** A route from elsewhere, announced in a level. */
export interface IsisExternal {
  readonly prefix: Prefix;
  readonly level: IsisLevel;
  readonly metric: number;
}

export type IsisInput =
  /** The whole of what IS-IS should be now; the instance finds out itself what changed. */
  | { readonly type: 'configure'; readonly settings: IsisSettings }
  /** The whole of what is redistributed into it. */
  | { readonly type: 'externals'; readonly externals: readonly IsisExternal[] }
  /** A PDU (from the NLPID 0x83 on) that arrived; `source` is the sender's MAC. */
  | { readonly type: 'pdu'; readonly circuit: string; readonly source: Mac; readonly bytes: Uint8Array };

export interface IsisRoute {
  readonly prefix: Prefix;
  readonly level: IsisLevel;
  readonly metric: number;
  /** Sorted by circuit and gateway. A gateway of null means that the prefix is on the wire there. */
  readonly nextHops: readonly { readonly interface: string; readonly gateway: Ipv4 | null }[];
}

export interface IsisOutputs {
  /** Sends a PDU to a group MAC of ISO 10589 on a circuit. The bytes belong to the receiver. */
  send(circuit: string, destination: Mac, bytes: Uint8Array): void;
  /** The instance's routing table changed. `added` replaces what was there for the same prefix. */
  routes(change: { readonly added: readonly IsisRoute[]; readonly removed: readonly Prefix[] }): void;
}

/** For `neighbours`, tests and benches. */
export interface IsisNeighbourView {
  readonly circuit: string;
  readonly level: IsisLevel;
  /** 12 hexadecimal digits. */
  readonly systemId: string;
  readonly address: Ipv4;
  readonly state: 'Down' | 'Initializing' | 'Up';
  /** Designated IS of the circuit's level? */
  readonly dis: boolean;
}

export interface IsisInstance {
  handle(input: IsisInput): void;
  /** Nothing is on its way: no election, no LSP or SPF that is due, nothing sent that is not confirmed. */
  readonly settled: boolean;
  neighbours(): readonly IsisNeighbourView[];
  /** Counters since construction. */
  readonly counters: {
    readonly pdusSent: number;
    readonly pdusReceived: number;
    readonly pdusRefused: number;
    /** Trees grown; `partialRuns` are those times that only prefixes had changed. */
    readonly spfRuns: number;
    readonly partialRuns: number;
    readonly lsps: number;
  };
  /** Cancels every timer. The instance sends nothing more. */
  stop(): void;
}

/** src/routerd/protocols/isis/instance.ts */
export type MakeIsis = (world: World, outputs: IsisOutputs) => IsisInstance;
