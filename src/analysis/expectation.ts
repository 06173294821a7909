/**
 * What an experiment can claim, as data: written by the runner when it resolves the YAML, judged here from
 * recorded facts. `plane` and `flow` narrow a claim; left out, it is about everything the step measured.
 */
import type { Plane } from '../net/wire.ts';

/** Where in the user's files something stands; line and column from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Comparison = { readonly op: '<' | '<=' | '>' | '>=' | '=='; readonly value: number };

/** A value in JSON: keys, and places in lists. */
export type JsonPath = readonly (string | number)[];

/** What is claimed of the step's own ping, measurement or command; there is one of each at most. */
export type ProgramExpectation =
  /** Pings that were not answered in time. */
  | { readonly kind: 'ping-lost'; readonly count: Comparison }
  | {
      readonly kind: 'rtt';
      readonly statistic: 'min' | 'mean' | 'p99' | 'max';
      readonly limitNs: Comparison;
    }
  /** All of the last pings are answered, or none of them. */
  | { readonly kind: 'ping-reachable' | 'ping-unreachable'; readonly withinNs?: number }
  /** All streams of the measurement together. */
  | { readonly kind: 'iperf-throughput'; readonly limitBps: Comparison }
  | { readonly kind: 'iperf-lost'; readonly count: Comparison }
  | { readonly kind: 'exit'; readonly code: Comparison }
  | {
      readonly kind: 'output';
      readonly of: 'stdout' | 'stderr';
      readonly wanted: 'matches' | 'lacks';
      readonly regex: string;
    }
  | { readonly kind: 'json'; readonly at: JsonPath; readonly value: JsonClaim };

export type JsonClaim =
  | { readonly kind: 'number'; readonly limit: Comparison }
  | { readonly kind: 'equal'; readonly to: string | boolean }
  | { readonly kind: 'matches'; readonly regex: string };

export interface Scope {
  readonly plane?: Plane;
  /** Name or group of a flow; absent: the step's probe, or every flow where the step has none. */
  readonly flow?: string;
}

export type Expectation =
  /** Packets sent in the step that did not arrive. */
  | ({ readonly kind: 'lost'; readonly count: Comparison } & Scope)
  /** Traced packets forwarded by more than one configuration, or by half of each. */
  | ({ readonly kind: 'mixed'; readonly count: Comparison } & Scope)
  /** Traced packets that passed a router twice. */
  | ({ readonly kind: 'looped'; readonly count: Comparison } & Scope)
  /** Router names in order. Every traced packet of the end of the step took exactly this path. */
  | ({ readonly kind: 'path'; readonly routers: readonly string[]; readonly withinNs?: number } & Scope)
  /** What was sent in the step and arrived left the network by exactly these external peers. */
  | ({ readonly kind: 'egress'; readonly exits: readonly string[] } & Scope)
  /** Paths at the end of the step equal those before the run's first failure, change or commit. */
  | ({ readonly kind: 'path-unchanged' } & Scope)
  /** From the step's failure (or start) until the probe's last loss at most so long, and it works at the end. */
  | ({ readonly kind: 'recovered'; readonly withinNs: number } & Scope)
  /** Nothing of the probe arrives at its end (and at least one packet was sent). */
  | ({ readonly kind: 'unreachable'; readonly withinNs?: number } & Scope)
  /** Everything of the probe's last packets arrives. */
  | ({ readonly kind: 'reachable'; readonly withinNs?: number } & Scope)
  | ({
      readonly kind: 'delay';
      readonly statistic: 'min' | 'mean' | 'p99' | 'max';
      readonly limitNs: Comparison;
    } & Scope)
  | ({ readonly kind: 'throughput'; readonly limitBps: Comparison } & Scope)
  /** Times that the streams in scope stopped for want of data in the step, all together. */
  | ({ readonly kind: 'stalls'; readonly count: Comparison } & Scope)
  /** How long they stood still for that in the step, all together. */
  | ({ readonly kind: 'stalled'; readonly limitNs: Comparison } & Scope)
  /** From the start of a stream until it played, whenever that was; of several the longest. */
  | ({ readonly kind: 'startup'; readonly limitNs: Comparison } & Scope)
  /** From the start of a TCP flow until all its bytes had arrived, whenever that was; of several the longest. */
  | ({ readonly kind: 'finished'; readonly limitNs: Comparison } & Scope)
  /** FIBs of `plane` now equal those of `ofPlane` at the end of step `atStep` (0: before the first), on every router. */
  | {
      readonly kind: 'fib-equal';
      readonly plane: Plane;
      readonly ofPlane: Plane;
      readonly atStep: number;
      readonly routers: readonly string[];
    }
  | ProgramExpectation
  /** Did the step's commit or rollback go through? */
  | { readonly kind: 'committed' }
  | { readonly kind: 'aborted' };
