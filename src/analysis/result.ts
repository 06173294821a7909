/** The shape of `result.json` (schemas/result.schema.json): what machines read. Equal, byte for byte, for equal seeds. */
import type { Plane } from '../net/wire.ts';
import type { SourcePlace } from './expectation.ts';
import type { CommitPhase } from './facts.ts';

export type Verdict = 'pass' | 'fail' | 'error';

export interface Result {
  readonly schema: 'shadowlab/result/1';
  readonly version: string;
  readonly experiment: string;
  readonly description: string;
  readonly file: string;
  readonly seed: number;
  readonly backend: string;
  readonly verdict: Verdict;
  /** Set where the run did not reach its end. */
  readonly ended?: 'interrupted' | 'error';
  readonly error?: string;
  /** Length of the run in the lab's time. */
  readonly durationNs: number;
  readonly counts: {
    readonly passed: number;
    readonly failed: number;
    readonly errors: number;
    readonly skipped: number;
  };
  /** What no claim was about, and people should know: neighbours that one plane alone has. Absent where there is nothing. */
  readonly notices?: readonly string[];
  readonly steps: readonly StepResult[];
}

export interface StepResult {
  readonly number: number;
  readonly name: string;
  readonly actions: readonly string[];
  readonly place: SourcePlace;
  /** `skipped`: not reached, or left out by --only. */
  readonly verdict: Verdict | 'skipped';
  readonly error?: string;
  readonly fromNs?: number;
  readonly toNs?: number;
  readonly expectations: readonly ExpectationResult[];
  readonly probes: readonly ProbeSummary[];
  /** The step's ping, command and iperf; absent where it had none. */
  readonly ping?: PingSummary;
  readonly command?: CommandSummary;
  readonly iperf?: IperfSummary;
  /** Totals over all flows of the step, by plane. */
  readonly traffic: readonly TrafficSummary[];
  /** What the viewers of streams saw; absent where nothing was streamed. */
  readonly streams?: readonly StreamSummary[];
  /** By which external peers traffic to outside left; absent where there was none. */
  readonly exits?: readonly ExitSummary[];
  /** TCP flows; absent where there were none. */
  readonly transfers?: readonly TransferSummary[];
  readonly commit?: CommitSummary;
}

export interface ExpectationResult {
  /** Unique and stable within the run: `3.2` is the second expectation of the third step. */
  readonly id: string;
  readonly verdict: Verdict | 'skipped';
  /** In words: `lost: 0`, as the user wrote it or would. */
  readonly expected: string;
  /** In words: `3 of 1,000 packets lost`. */
  readonly seen: string;
  readonly place: SourcePlace;
  /** What to look at next, most telling first; empty where it passed. */
  readonly hints: readonly Hint[];
}

export interface Hint {
  readonly text: string;
  readonly router?: string;
  /** A line of a configuration, e.g. `DNVR.shadow.conf:14`, and its words. */
  readonly config?: { readonly file: string; readonly line: number; readonly text: string };
}

export interface ProbeSummary {
  readonly from: string;
  readonly to: string;
  readonly plane: Plane;
  readonly sent: number;
  readonly received: number;
  /** Time from the failure until packets arrived again for good; null where they did not, or nothing was lost: 0. */
  readonly recoveredNs: number | null;
  readonly delayNs: {
    readonly min: number | null;
    readonly mean: number | null;
    readonly max: number | null;
  };
  /** Paths taken, in order of appearance, with the number of traced packets on each. */
  readonly paths: readonly {
    readonly routers: readonly string[];
    readonly packets: number;
    readonly arrived: boolean;
  }[];
}

export interface PingSummary {
  readonly from: string;
  readonly to: string;
  readonly plane: Plane;
  readonly sent: number;
  readonly answered: number;
  /** All null where none was answered. */
  readonly roundTripNs: {
    readonly min: number | null;
    readonly mean: number | null;
    readonly p99: number | null;
    readonly max: number | null;
  };
}

export interface CommandSummary {
  readonly host: string;
  /** As it would be typed. */
  readonly run: string;
  readonly background: boolean;
  /** `running`: it had not ended when the last was heard of it. */
  readonly end: 'itself' | 'late' | 'stopped' | 'running';
  /** Null where a signal ended it, and while it runs. */
  readonly code: number | null;
  readonly signal?: string;
  /** Null while it runs. */
  readonly durationNs: number | null;
  /** The first 4,000 characters of each output; the facts have more. */
  readonly stdout: string;
  readonly stderr: string;
  /** There was more of one of them. */
  readonly isTruncated: boolean;
}

export interface IperfSummary {
  readonly from: string;
  readonly to: string;
  readonly plane: Plane;
  readonly protocol: 'tcp' | 'udp';
  readonly parallel: number;
  /** Bits per second at the end that received, all streams together. */
  readonly throughputBps: number;
  readonly retransmits?: number;
  readonly jitterNs?: number;
  readonly sentPackets?: number;
  readonly lostPackets?: number;
  /** Why it came to nothing. */
  readonly error?: string;
}

export interface TrafficSummary {
  readonly plane: Plane;
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly traced: number;
  readonly mixed: number;
  readonly looped: number;
}

export interface ExitSummary {
  /** Name of the flow, of a probe `probe 3.1`. */
  readonly flow: string;
  readonly plane: Plane;
  /** As the user wrote it. */
  readonly to: string;
  readonly sent: number;
  /** Every external peer, also those that nothing left by. */
  readonly by: readonly { readonly exit: string; readonly packets: number }[];
}

export interface StreamSummary {
  /** Name of the flow. */
  readonly flow: string;
  readonly plane: Plane;
  /** From its start until it played; null where it did not by the end of the step. */
  readonly startupNs: number | null;
  /** Of this step. */
  readonly stalls: number;
  readonly stalledNs: number;
  /** Video that became whole in the step, bits per second. */
  readonly videoBps: number;
  /** IP packets received, bits per second. */
  readonly throughputBps: number;
}

export interface TransferSummary {
  /** Name of the flow. */
  readonly flow: string;
  readonly plane: Plane;
  /** From its start until all had arrived; null where it had not by the end of the step. */
  readonly finishedNs: number | null;
  /** Bits per second that were received in order and once, in the step. */
  readonly throughputBps: number;
  readonly segments: number;
  readonly retransmittedSegments: number;
  readonly timeouts: number;
  readonly roundTripNs: {
    readonly min: number | null;
    readonly mean: number | null;
    readonly p99: number | null;
    readonly max: number | null;
  };
}

export interface CommitSummary {
  readonly kind: 'commit' | 'rollback';
  readonly outcome: 'committed' | 'aborted';
  readonly reason?: string;
  readonly durationNs: number;
  readonly phases: readonly {
    readonly phase: CommitPhase | 'drain';
    readonly durationNs: number;
    readonly routers: number;
  }[];
}
