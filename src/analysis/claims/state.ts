/** Claims about the routers themselves: FIBs that are equal, a commit that went through or did not. */
import type { Plane } from '../../net/wire.ts';
import { diffFibs, type FibDifference } from '../fib-diff.ts';
import { formatList, formatPlural } from '../format.ts';
import type { RunView } from '../view.ts';
import { type Finding, found, unjudged } from './finding.ts';

export interface FibClaim {
  readonly plane: Plane;
  readonly ofPlane: Plane;
  readonly atStep: number;
  readonly routers: readonly string[];
}

/** Differences by router, from the FIB claimed to the FIB now; a router with none is left out. */
export function fibDifferences(
  claim: FibClaim,
  step: number,
  view: RunView,
): readonly { readonly router: string; readonly differences: readonly FibDifference[] }[] {
  return claim.routers.flatMap((router) => {
    const now = view.fib(step, router, claim.plane);
    const then = view.fib(claim.atStep, router, claim.ofPlane);
    if (now === undefined || then === undefined) return [];
    const differences = diffFibs(then.entries, now.entries);
    return differences.length === 0 ? [] : [{ router, differences }];
  });
}

export function judgeFibEqual(claim: FibClaim, step: number, view: RunView): Finding {
  if (claim.routers.length === 0) return unjudged('there is no router to compare');
  const unknown = claim.routers.filter(
    (router) =>
      view.fib(step, router, claim.plane) === undefined ||
      view.fib(claim.atStep, router, claim.ofPlane) === undefined,
  );
  if (unknown.length > 0) return unjudged(`no FIB is recorded of ${formatList(unknown)}`);
  const different = fibDifferences(claim, step, view);
  if (different.length === 0) {
    const entries = claim.routers.reduce(
      (sum, router) => sum + (view.fib(step, router, claim.plane)?.entries.length ?? 0),
      0,
    );
    if (entries === 0) return unjudged('every FIB compared is empty');
    return found(true, `equal on ${formatPlural(claim.routers.length, 'router')}`);
  }
  const prefixes = different.reduce((sum, { differences }) => sum + differences.length, 0);
  const names = formatList(different.map(({ router }) => router));
  return found(
    false,
    `${formatPlural(prefixes, 'route')} differ on ${formatPlural(different.length, 'router')}: ${names}`,
  );
}

export function judgeCommit(wanted: 'committed' | 'aborted', step: number, view: RunView): Finding {
  const commit = view.step(step)?.commit;
  if (commit === undefined) return unjudged('the step ended no commit and no rollback');
  const reason = commit.reason === undefined ? '' : `: ${commit.reason}`;
  return found(commit.outcome === wanted, `${commit.kind} ${commit.outcome}${reason}`);
}
