/** What to look at next when a claim failed: a few hints, the most telling first, none twice. */
import type { Expectation } from '../expectation.ts';
import type { Hint } from '../result.ts';
import { subjectsOf } from '../scope.ts';
import type { RunView } from '../view.ts';
import { exitHints, wayOutHints } from './exits.ts';
import { lossHints } from './losses.ts';
import { outputHints } from './output.ts';
import { commitHints, fibHints } from './state.ts';
import { leakHints } from './vpn.ts';
import { deviationHints, loopHints, mixedHints, wayHints } from './ways.ts';

/** More than a person follows up. */
const MAX_HINTS = 8;

export function hintsFor(expectation: Expectation, step: number, view: RunView): readonly Hint[] {
  const seen = new Set<string>();
  return allHints(expectation, step, view)
    .filter((hint) => {
      const key = JSON.stringify([hint.text, hint.config?.file, hint.config?.line]);
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, MAX_HINTS);
}

function allHints(expectation: Expectation, step: number, view: RunView): readonly Hint[] {
  switch (expectation.kind) {
    case 'lost':
    case 'throughput':
    case 'stalls':
    case 'stalled':
    case 'startup':
      return lossHints(expectation, step, view, false);
    case 'recovered':
    case 'reachable':
      return lossHints(expectation, step, view, true);
    case 'egress':
      return [
        ...exitHints(expectation.exits, expectation, step, view),
        ...lossHints(expectation, step, view, false),
      ];
    case 'unreachable':
      return [
        ...wayHints(expectation, step, view),
        ...subjectsOf(expectation, step, view).flatMap(({ flow, plane }) =>
          leakHints(flow.from, flow.to, { plane, step }, view),
        ),
      ];
    case 'delay':
      return wayHints(expectation, step, view);
    case 'path':
      return [
        ...deviationHints(expectation, expectation.routers, step, view),
        ...wayOutHints(expectation, step, view),
        ...lossHints(expectation, step, view, true),
      ];
    case 'path-unchanged':
      return [
        ...deviationHints(expectation, 'unchanged', step, view),
        ...lossHints(expectation, step, view, true),
      ];
    case 'mixed':
      return mixedHints(expectation, step, view);
    case 'looped':
      return loopHints(expectation, step, view);
    case 'fib-equal':
      return fibHints(expectation, step, view);
    // Its packets leave no postcards.
    case 'finished':
      return [];
    // Nor do those of the hosts' own programs.
    case 'ping-lost':
    case 'rtt':
    case 'ping-reachable':
    case 'ping-unreachable':
    case 'iperf-throughput':
    case 'iperf-lost':
      return [];
    case 'exit':
    case 'output':
    case 'json':
      return outputHints(step, view);
    case 'committed':
    case 'aborted':
      return commitHints(step, view);
  }
}
