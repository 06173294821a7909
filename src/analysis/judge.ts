/**
 * The verdict on one claim of a step, from what is recorded so far. A claim without anything to judge it by is an
 * `error`, never a pass: nothing sent, nothing traced, no FIB, no commit.
 */
import { judgeLooped, judgeLost, judgeMixed } from './claims/counts.ts';
import { judgeEgress } from './claims/egress.ts';
import { type Finding, unjudged } from './claims/finding.ts';
import { judgeDelay, judgeThroughput } from './claims/performance.ts';
import { judgeStalled, judgeStalls, judgeStartup } from './claims/playback.ts';
import { judgeProgram } from './claims/programs.ts';
import { judgeReachable, judgeRecovered, judgeUnreachable } from './claims/reach.ts';
import { judgePath, judgePathUnchanged } from './claims/routes.ts';
import { judgeCommit, judgeFibEqual } from './claims/state.ts';
import { judgeFinished } from './claims/transfer.ts';
import type { Expectation } from './expectation.ts';
import { hintsFor } from './hints/hints.ts';
import type { Hint, Verdict } from './result.ts';
import type { RunView } from './view.ts';

export interface Judgement {
  readonly verdict: Verdict;
  /** In words: `3 of 1,000 packets lost`. */
  readonly seen: string;
  /** What to look at next, most telling first; empty where it passed. */
  readonly hints: readonly Hint[];
}

/**
 * Judges a claim of step number `step`. Also while the step goes on: packets that may still be under way are then
 * left out of paths, and what a probe that has not ended would tell is an `error` until it has.
 */
export function judge(expectation: Expectation, step: number, view: RunView): Judgement {
  if (view.step(step) === undefined) return { ...unjudged('the step was not begun'), hints: [] };
  const looked = lookedAt(step, view);
  const finding = find(expectation, looked, view);
  const hints = finding.verdict === 'fail' ? hintsFor(expectation, looked, view) : [];
  return { ...finding, hints };
}

/** The step that a claim of `step` is about: one that does nothing but claim looks back at the last one before it that did something. */
export function lookedAt(step: number, view: RunView): number {
  const acting = view.start.steps.filter(({ number, actions }) => number <= step && actions.length > 0);
  return acting.at(-1)?.number ?? step;
}

function find(expectation: Expectation, step: number, view: RunView): Finding {
  switch (expectation.kind) {
    case 'lost':
      return judgeLost(expectation, step, view);
    case 'mixed':
      return judgeMixed(expectation, step, view);
    case 'looped':
      return judgeLooped(expectation, step, view);
    case 'path':
      return judgePath(expectation, step, view);
    case 'egress':
      return judgeEgress(expectation, step, view);
    case 'path-unchanged':
      return judgePathUnchanged(expectation, step, view);
    case 'recovered':
      return judgeRecovered(expectation, step, view);
    case 'reachable':
      return judgeReachable(expectation, step, view);
    case 'unreachable':
      return judgeUnreachable(expectation, step, view);
    case 'delay':
      return judgeDelay(expectation, step, view);
    case 'throughput':
      return judgeThroughput(expectation, step, view);
    case 'stalls':
      return judgeStalls(expectation, step, view);
    case 'stalled':
      return judgeStalled(expectation, step, view);
    case 'startup':
      return judgeStartup(expectation, step, view);
    case 'finished':
      return judgeFinished(expectation, step, view);
    case 'fib-equal':
      return judgeFibEqual(expectation, step, view);
    case 'ping-lost':
    case 'rtt':
    case 'ping-reachable':
    case 'ping-unreachable':
    case 'iperf-throughput':
    case 'iperf-lost':
    case 'exit':
    case 'output':
    case 'json':
      return judgeProgram(expectation, step, view);
    case 'committed':
    case 'aborted':
      return judgeCommit(expectation.kind, step, view);
  }
}
