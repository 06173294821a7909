/** Claims about what the viewers of streams saw: stalls, and how long it took to start. */
import type { Comparison, Scope } from '../expectation.ts';
import type { FlowFact, StreamWindow } from '../facts.ts';
import { formatPlural, formatTime } from '../format.ts';
import type { RunView } from '../view.ts';
import { compare, type Finding, found, judgeTimeUntil, unjudged } from './finding.ts';

/** A stream, and what was seen of it in a step; that is absent where it had not started by the end. */
export interface Viewed {
  readonly flow: FlowFact;
  readonly window?: StreamWindow;
}

/** The streams of a claim, in order; without a flow, all of them. */
export function streamsOf(scope: Scope, step: number, view: RunView): readonly Viewed[] {
  return view.start.flows
    .filter((flow) => flow.kind === 'stream')
    .filter((flow) => scope.flow === undefined || flow.name === scope.flow || flow.group === scope.flow)
    .flatMap((flow) =>
      flow.planes
        .filter((plane) => scope.plane === undefined || plane === scope.plane)
        .map((plane): Viewed => {
          const window = view.streamed(step, flow.id, plane).at(-1);
          return window === undefined ? { flow } : { flow, window };
        }),
    );
}

export function judgeStalls(
  claim: Scope & { readonly count: Comparison },
  step: number,
  view: RunView,
): Finding {
  return judgeViewed(claim, step, view, (windows) => {
    const stalls = windows.reduce((sum, window) => sum + window.stalls, 0);
    return found(compare(stalls, claim.count), `${formatPlural(stalls, 'stall')}${notPlaying(windows)}`);
  });
}

export function judgeStalled(
  claim: Scope & { readonly limitNs: Comparison },
  step: number,
  view: RunView,
): Finding {
  return judgeViewed(claim, step, view, (windows) => {
    const stalledNs = windows.reduce((sum, window) => sum + window.stalledNs, 0);
    return found(
      compare(stalledNs, claim.limitNs),
      `stalled for ${formatTime(stalledNs)}${notPlaying(windows)}`,
    );
  });
}

export function judgeStartup(
  claim: Scope & { readonly limitNs: Comparison },
  step: number,
  view: RunView,
): Finding {
  return judgeViewed(claim, step, view, (windows) =>
    judgeTimeUntil(
      claim.limitNs,
      windows.map(({ startupNs, beganNs, toNs }) => ({ tookNs: startupNs, waitedNs: toNs - beganNs })),
      (time) => `it played after ${time}`,
      (time) => `after ${time} it did not play yet`,
    ),
  );
}

function judgeViewed(
  claim: Scope,
  step: number,
  view: RunView,
  judge: (windows: readonly StreamWindow[]) => Finding,
): Finding {
  const streams = streamsOf(claim, step, view);
  if (streams.length === 0) return unjudged('no stream was measured');
  const windows = streams.flatMap(({ window }) => (window === undefined ? [] : [window]));
  const idle = streams.find(({ window }) => window === undefined);
  return idle === undefined ? judge(windows) : unjudged(`the stream ${idle.flow.name} had not been started`);
}

/** A video that never begins does not stall either: that has to be said. */
function notPlaying(windows: readonly StreamWindow[]): string {
  return windows.some(({ startupNs }) => startupNs === null) ? ' (it did not play yet)' : '';
}
