/** Claims about TCP flows: when all had arrived. (Their throughput is judged with that of all others.) */
import type { Comparison, Scope } from '../expectation.ts';
import type { FlowFact, TcpWindow } from '../facts.ts';
import type { RunView } from '../view.ts';
import { type Finding, judgeTimeUntil, unjudged } from './finding.ts';

/** A TCP flow, and what it did in a step; that is absent where it had not started by the end. */
export interface Carried {
  readonly flow: FlowFact;
  readonly window?: TcpWindow;
}

/** The TCP flows of a claim, in order; without a flow, all of them. */
export function transfersOf(scope: Scope, step: number, view: RunView): readonly Carried[] {
  return view.start.flows
    .filter((flow) => flow.kind === 'tcp')
    .filter((flow) => scope.flow === undefined || flow.name === scope.flow || flow.group === scope.flow)
    .flatMap((flow) =>
      flow.planes
        .filter((plane) => scope.plane === undefined || plane === scope.plane)
        .map((plane): Carried => {
          const window = view.carried(step, flow.id, plane).at(-1);
          return window === undefined ? { flow } : { flow, window };
        }),
    );
}

export function judgeFinished(
  claim: Scope & { readonly limitNs: Comparison },
  step: number,
  view: RunView,
): Finding {
  const transfers = transfersOf(claim, step, view);
  if (transfers.length === 0) return unjudged('no TCP flow was measured');
  const idle = transfers.find(({ window }) => window === undefined);
  if (idle !== undefined) return unjudged(`the flow ${idle.flow.name} had not been started`);
  return judgeTimeUntil(
    claim.limitNs,
    transfers.flatMap(({ window }) => {
      if (window === undefined) return [];
      const { beganNs, completedNs, toNs } = window;
      return [{ tookNs: completedNs === null ? null : completedNs - beganNs, waitedNs: toNs - beganNs }];
    }),
    (time) => `all had arrived after ${time}`,
    (time) => `after ${time} not all had arrived`,
  );
}
