/**
 * The recorded facts of a run: one JSON object a line in `events.jsonl`, in the order they were observed.
 * Verdicts, reports and plots are computed from these lines and nothing else, so they can be made again.
 *
 * `t` is nanoseconds of the lab's clock since the run began. No fact holds a wall-clock time or anything else
 * that differs between two runs of one seed; such things stand in `environment.json`.
 */
import type { Plane, Tag } from '../net/wire.ts';
import type {
  BgpEntry,
  BgpRefusal,
  FibEntry,
  NeighbourEntry,
  PortCounters,
  Postcard,
} from '../world/observation.ts';
import type { Expectation, SourcePlace } from './expectation.ts';

export type Fact =
  | RunStarted
  | StepStarted
  | StepFinished
  | ({ readonly t: number; readonly fact: 'postcard' } & Postcard)
  | FibSnapshot
  | NeighbourSnapshot
  | BgpSnapshot
  | CounterSnapshot
  | FailureFact
  | ConfigChanged
  | ProbeResult
  | PingFact
  | CommandFact
  | IperfFact
  | FlowWindow
  | PeerFact
  | StreamWindow
  | TcpWindow
  | TcpBins
  | FlowBins
  | CommitProgress
  | CommitOutcome
  | CaptureFact
  | LogFact
  | SilentFact
  | RunFinished;

/** Everything about the resolved experiment that analysis and reports need. Always the first fact. */
export interface RunStarted {
  readonly t: 0;
  readonly fact: 'run-started';
  readonly version: string;
  readonly experiment: string;
  readonly description: string;
  /** Path of the YAML file as the user gave it. */
  readonly file: string;
  readonly seed: number;
  readonly backend: string;
  readonly nodes: readonly NodeFact[];
  readonly links: readonly LinkFact[];
  readonly flows: readonly FlowFact[];
  readonly steps: readonly StepFact[];
  readonly configs: readonly ConfigFact[];
}

export interface NodeFact {
  readonly name: string;
  readonly kind: 'router' | 'host';
  /** Loopback of a router, address of a host; without prefix length. */
  readonly address: string;
  /** Where to draw it, degrees of longitude and latitude or any plane; absent where not known. */
  readonly position?: { readonly x: number; readonly y: number };
}

export interface LinkFact {
  /** `DNVR-KSCY`: names of the ends joined by `-`; unique (a second one gets `#2`). */
  readonly name: string;
  readonly ends: readonly { readonly node: string; readonly port: string; readonly address: string }[];
  readonly rateBps: number;
  readonly delayNs: number;
}

export interface FlowFact {
  /** Number on the wire. */
  readonly id: number;
  /** Unique: the user's name, `background:STTL>NYCM` for a member of a matrix, `probe 3.1` for a probe. */
  readonly name: string;
  /** The user's name: members of a matrix share it. */
  readonly group: string;
  readonly from: string;
  readonly to: string;
  /** Planes its packets are measured in: both, when it is mirrored. */
  readonly planes: readonly Plane[];
  /** How it sends; absent of a probe. */
  readonly kind?: 'rate' | 'replay' | 'stream' | 'tcp';
  /** Where `to` is no host but an address outside: that address, and the external peers that packets may leave by. */
  readonly outside?: { readonly address: string; readonly exits: readonly string[] };
}

export interface StepFact {
  /** 1 for the first step. */
  readonly number: number;
  readonly name: string;
  /** What it does, in order: `fail`, `probe`, ... */
  readonly actions: readonly string[];
  readonly place: SourcePlace;
  readonly expectations: readonly {
    readonly expectation: Expectation;
    readonly text: string;
    readonly place: SourcePlace;
  }[];
}

export interface ConfigFact {
  readonly router: string;
  /** Whole frr.conf text as resolved. */
  readonly real: string;
  readonly shadow: string;
  /** As `show | compare`; empty where they agree. */
  readonly diff: string;
}

export interface StepStarted {
  readonly t: number;
  readonly fact: 'step-started';
  readonly step: number;
}

/**
 * Written when the step's last packets have had time to arrive, and its FIBs are recorded; `t` is when the step
 * itself was over. Packets sent after that belong to no step.
 */
export interface StepFinished {
  readonly t: number;
  readonly fact: 'step-finished';
  readonly step: number;
  /** Set where the lab could not do what the step asked. */
  readonly error?: string;
}

/** FIBs at the end of the step (step 0: before the first). Only routers whose FIB changed since the last. */
export interface FibSnapshot {
  readonly t: number;
  readonly fact: 'fib';
  readonly step: number;
  readonly router: string;
  readonly plane: Plane;
  readonly entries: readonly FibEntry[];
}

/** Neighbours at the end of a step, only where changed since the last. */
export interface NeighbourSnapshot {
  readonly t: number;
  readonly fact: 'neighbours';
  readonly step: number;
  readonly router: string;
  readonly plane: Plane;
  readonly entries: readonly NeighbourEntry[];
}

/**
 * What a router's BGP had for an address at the end of a step in which a claim about packets to it did not hold: only
 * where somebody will ask why.
 */
export interface BgpSnapshot {
  readonly t: number;
  readonly fact: 'bgp';
  readonly step: number;
  readonly router: string;
  readonly plane: Plane;
  /** Of another routing table than the default one. */
  readonly vrf?: string;
  readonly address: string;
  /** The longest prefix that the address lies in, with its paths; absent where there is none. */
  readonly entry?: BgpEntry;
  readonly refused: readonly BgpRefusal[];
}

/** All that was counted until the end of the step (step 0: before the first). */
export interface CounterSnapshot {
  readonly t: number;
  readonly fact: 'counters';
  readonly step: number;
  readonly router: string;
  readonly ports: readonly PortCounters[];
}

/** `t`: when the routers were told; they act a little later, each when it hears of it. */
export interface FailureFact {
  readonly t: number;
  readonly fact: 'failed' | 'restored';
  readonly step: number;
  readonly plane: Plane | 'both';
  /** `link DNVR-KSCY`, `router DNVR`, `port DNVR:to-KSCY`. */
  readonly target: string;
}

/** A `change` step loaded this router's new configuration; `diff` is between the plane's former one and this; `t`: when it was told. */
export interface ConfigChanged {
  readonly t: number;
  readonly fact: 'config-changed';
  readonly step: number;
  readonly router: string;
  readonly plane: Plane;
  readonly tag: Tag;
  readonly config: string;
  readonly diff: string;
}

/**
 * One probe, after it ended. One that goes on, so that a claim may come true within its time, is recorded again
 * with all packets so far: of one step, flow and probe number the last record counts. Arrays have one element a
 * packet, in order of sending.
 */
export interface ProbeResult {
  readonly t: number;
  readonly fact: 'probe';
  readonly step: number;
  /** Which probe of the step, from 1. */
  readonly probe: number;
  readonly flow: number;
  readonly from: string;
  readonly to: string;
  readonly plane: Plane;
  /** When routers were told of the step's failure, restore or change; what `recovered within` counts from. */
  readonly sinceNs: number;
  readonly sentNs: readonly number[];
  /** One-way delay; null for a packet that did not arrive. */
  readonly delayNs: readonly (number | null)[];
  /** Of a probe to outside: how many arrived at each exit, in the order of its flow's `outside.exits`. */
  readonly exits?: readonly number[];
}

/**
 * The pings of a step, when all have been answered or given up. As with a probe, of one that went on the last
 * record counts.
 */
export interface PingFact {
  readonly t: number;
  readonly fact: 'ping';
  readonly step: number;
  readonly from: string;
  readonly to: string;
  readonly plane: Plane;
  readonly startedNs: number;
  /** One element a ping, in order of sending; null where no answer came in time. */
  readonly roundTripNs: readonly (number | null)[];
  /** Who said that a ping could not be delivered, and how often. */
  readonly refusals: readonly {
    readonly from: string;
    readonly why: 'unreachable' | 'time-exceeded';
    readonly count: number;
  }[];
}

/** A command on a host. Recorded when it has ended; one in the background also when it was started. */
export interface CommandFact {
  readonly t: number;
  readonly fact: 'command';
  readonly step: number;
  readonly host: string;
  /** As it would be typed. */
  readonly command: string;
  readonly background: boolean;
  readonly startedNs: number;
  readonly outcome?: {
    /** Null where a signal ended it. */
    readonly code: number | null;
    readonly signal?: string;
    /** By itself; because its time was over; with the run. */
    readonly ended: 'itself' | 'late' | 'stopped';
    /** The beginning of each output. */
    readonly stdout: string;
    readonly stderr: string;
    /** There was more of one of them. */
    readonly isTruncated: boolean;
  };
}

/** What iperf3 measured in a step: all its streams together, at the end that received. */
export interface IperfFact {
  readonly t: number;
  readonly fact: 'iperf';
  readonly step: number;
  readonly from: string;
  readonly to: string;
  readonly plane: Plane;
  readonly protocol: 'tcp' | 'udp';
  readonly parallel: number;
  readonly durationNs: number;
  readonly receivedBytes: number;
  readonly receivedBps: number;
  /** TCP, where iperf3 tells. */
  readonly retransmits?: number;
  /** UDP. */
  readonly jitterNs?: number;
  readonly sentPackets?: number;
  readonly lostPackets?: number;
  /** Why it came to nothing, in iperf3's words. */
  readonly error?: string;
}

/** One flow in one plane over one step: the packets sent between its start and its end. */
export interface FlowWindow {
  readonly t: number;
  readonly fact: 'flow';
  readonly step: number;
  readonly flow: number;
  readonly plane: Plane;
  readonly fromNs: number;
  readonly toNs: number;
  readonly sent: number;
  /** Each packet once, however often it arrived. */
  readonly received: number;
  readonly duplicated: number;
  /** Arrived after a packet that was sent later. */
  readonly reordered: number;
  /** IP bytes received. */
  readonly bytes: number;
  /** All null where nothing was received. */
  readonly delayNs: {
    readonly min: number | null;
    readonly mean: number | null;
    readonly p99: number | null;
    readonly max: number | null;
  };
  /** Interarrival jitter, RFC 3550 6.4.1, at the end of the window. */
  readonly jitterNs: number | null;
  /** Of a flow to outside: how many of `received` arrived at each exit, in the order of its `outside.exits`. */
  readonly exits?: readonly number[];
}

/** The sessions of an external peer at the end of a step (step 0: before the first), only where changed since the last. */
export interface PeerFact {
  readonly t: number;
  readonly fact: 'peer';
  readonly step: number;
  readonly peer: string;
  readonly as: number;
  readonly sessions: readonly {
    /** The router's address. */
    readonly router: string;
    readonly plane: Plane;
    readonly state: 'opening' | 'established';
    /** Prefixes of its table that it has told, and how many changes since. */
    readonly announced: number;
    readonly changes: number;
    /** Prefixes that it was told, and the AS path of the last. */
    readonly received: number;
    readonly lastPath: readonly number[];
  }[];
}

/** What the viewer of a stream saw in one step. Recorded behind the step's flow windows, from the stream's start on. */
export interface StreamWindow {
  readonly t: number;
  readonly fact: 'stream';
  readonly step: number;
  readonly flow: number;
  readonly plane: Plane;
  readonly fromNs: number;
  readonly toNs: number;
  /** When the viewer pressed play. */
  readonly beganNs: number;
  /** From then until playback began; null where it had not by the end of the step. */
  readonly startupNs: number | null;
  /** Times that playback stopped in the step because the buffer had run dry. */
  readonly stalls: number;
  /** How long it stood still in the step for that, also in a stall that began before. */
  readonly stalledNs: number;
  /** Segments that became whole in the step, and the bytes of media in them. */
  readonly segments: number;
  readonly mediaBytes: number;
}

/** What a TCP flow did in one step, from its start on. It has no flow windows: its packets are not measured ones. */
export interface TcpWindow {
  readonly t: number;
  readonly fact: 'tcp';
  readonly step: number;
  readonly flow: number;
  readonly plane: Plane;
  readonly fromNs: number;
  readonly toNs: number;
  /** When the connection was asked for. */
  readonly beganNs: number;
  /** When all bytes had arrived; null where they had not by the end of the step. */
  readonly completedNs: number | null;
  /** Received in the step, in order and once. */
  readonly bytes: number;
  /** Segments with data that were sent; of them those sent again. */
  readonly segments: number;
  readonly retransmittedSegments: number;
  readonly timeouts: number;
  /** Times that losses were mended without a time-out. */
  readonly recoveries: number;
  /** As the sender measured them; all null where none was. */
  readonly roundTripNs: {
    readonly min: number | null;
    readonly mean: number | null;
    readonly p99: number | null;
    readonly max: number | null;
  };
}

/** A TCP flow over time, for plots. By time of arrival. */
export interface TcpBins {
  readonly t: number;
  readonly fact: 'tcp-bins';
  readonly flow: number;
  readonly plane: Plane;
  readonly fromNs: number;
  readonly binNs: number;
  /** Bits per second received in order. */
  readonly goodputBps: readonly number[];
  readonly retransmittedSegments: readonly number[];
  /** Mean of the bin; null where none was measured. */
  readonly roundTripNs: readonly (number | null)[];
}

/** A group of flows in one plane over time, for plots: bins of `binNs`, the first starting at `fromNs`. By time of sending. */
export interface FlowBins {
  readonly t: number;
  readonly fact: 'bins';
  readonly group: string;
  readonly plane: Plane;
  readonly fromNs: number;
  readonly binNs: number;
  readonly sent: readonly number[];
  readonly received: readonly number[];
  readonly bytes: readonly number[];
  /** Mean one-way delay of the bin, null where nothing was received. */
  readonly delayNs: readonly (number | null)[];
}

export type CommitPhase = 'prepare' | 'mark' | 'swap' | 'settle' | 'unmark' | 'abort';

/** A router confirmed (or refused) a phase, or the time for it passed. */
export interface CommitProgress {
  readonly t: number;
  readonly fact: 'commit-progress';
  readonly step: number;
  readonly kind: 'commit' | 'rollback';
  readonly phase: CommitPhase;
  readonly router: string;
  readonly sentNs: number;
  readonly outcome: 'confirmed' | 'refused' | 'timed-out';
  readonly reason?: string;
}

export interface CommitOutcome {
  readonly t: number;
  readonly fact: 'commit';
  readonly step: number;
  readonly kind: 'commit' | 'rollback';
  readonly outcome: 'committed' | 'aborted';
  readonly oldTag: Tag;
  readonly newTag: Tag;
  readonly startedNs: number;
  /** Begin and end of each phase that was begun. */
  readonly phases: readonly {
    readonly phase: CommitPhase | 'drain';
    readonly fromNs: number;
    readonly toNs: number;
  }[];
  readonly reason?: string;
}

/** A link's capture has ended. */
export interface CaptureFact {
  readonly t: number;
  readonly fact: 'capture';
  readonly link: string;
  /** In the run's folder: `captures/DNVR-KSCY.pcapng`. */
  readonly file: string;
  /** Frames in it; and those that arrived at the link's ends but are not. */
  readonly packets: number;
  readonly dropped: number;
}

export interface LogFact {
  readonly t: number;
  readonly fact: 'log';
  readonly level: 'info' | 'warning' | 'error';
  readonly source: string;
  readonly text: string;
}

/** The router did not answer its management, and is asked no more: what it does from here on is not known. */
export interface SilentFact {
  readonly t: number;
  readonly fact: 'silent';
  readonly router: string;
}

export interface RunFinished {
  readonly t: number;
  readonly fact: 'run-finished';
  /** Set where the run ended before its last step. */
  readonly ended?: 'interrupted' | 'error';
  readonly error?: string;
}
