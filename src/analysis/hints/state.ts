/** Hints about routers whose FIBs differ, and about a commit that did not go as claimed. */
import { type FibClaim, fibDifferences } from '../claims/state.ts';
import { formatNextHops } from '../fib.ts';
import { groupDifferences } from '../fib-diff.ts';
import { formatList } from '../format.ts';
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';

/** Groups of prefixes that are named of one router. */
const MAX_GROUPS = 2;

export function fibHints(claim: FibClaim, step: number, view: RunView): readonly Hint[] {
  return fibDifferences(claim, step, view).flatMap(({ router, differences }) =>
    groupDifferences(differences)
      .slice(0, MAX_GROUPS)
      .map(({ from, to, prefixes }) => ({
        text: `${router} has ${formatNextHops(to)} in ${claim.plane} for ${formatList(prefixes)}, expected ${formatNextHops(from)}`,
        router,
      })),
  );
}

/** The routers that did not confirm a phase, and why. */
export function commitHints(step: number, view: RunView): readonly Hint[] {
  return (view.step(step)?.progress ?? [])
    .filter(({ outcome }) => outcome !== 'confirmed')
    .map(({ router, phase, outcome, reason }) => {
      const why = reason === undefined ? '' : `: ${reason}`;
      const what = outcome === 'refused' ? `refused ${phase}` : `did not confirm ${phase} in time`;
      return { text: `${router} ${what}${why}`, router };
    });
}
