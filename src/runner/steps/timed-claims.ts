/**
 * Claims that have a time to come true in. Where one does not hold after what a probe or a ping was told to send, it goes
 * on until it does or the time is over: as a person would who tries again.
 */
import type { TimeNs } from '../../world/clock.ts';
import type { StepExpectation } from '../experiment/resolved.ts';
import type { StepContext } from './context.ts';

/** What goes on does so by this part of its packets before the claims are looked at again. */
const PART = 10;

export interface TimedClaims {
  readonly claims: readonly StepExpectation[];
  /** When the longest of their times is over, counted from what the step disturbed last. */
  readonly deadlineNs: TimeNs;
}

export function timedClaims({ step, disturbedNs }: StepContext): TimedClaims {
  const claims = step.expectations.filter((claim) => withinOf(claim) > 0);
  return { claims, deadlineNs: disturbedNs + Math.max(0, ...claims.map(withinOf)) };
}

/** Packets to go on by, of `count` at first. */
export function partOf(count: number): number {
  return Math.max(1, Math.ceil(count / PART));
}

function withinOf({ expectation }: StepExpectation): TimeNs {
  return 'withinNs' in expectation ? (expectation.withinNs ?? 0) : 0;
}
