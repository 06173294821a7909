/**
 * `converge`: waits until the control planes of all routers have come to rest. At rest means that for as long
 * as the longest dead interval no FIB and no neighbour changed, and no adjacency is on its way up: what can
 * form has formed, and what can time out has timed out.
 */

import { formatTime } from '../../analysis/format.ts';
import type { RouterConfig } from '../../config/model.ts';
import { SECOND, type TimeNs } from '../../world/clock.ts';
import { askAll } from '../ask.ts';
import type { Experiment } from '../experiment/resolved.ts';
import { LabError } from '../lab.ts';
import { routerNames, type StepContext } from './context.ts';

/** Between two looks at all routers. */
const LOOK_EVERY_NS = SECOND / 4;

export async function converge({ lab, experiment }: StepContext, withinNs: TimeNs): Promise<void> {
  const routers = routerNames(experiment);
  const quietNs = quietTime(experiment);
  const deadlineNs = lab.clock.now() + withinNs;
  for (;;) {
    const statuses = await askAll<'status'>(lab, routers, () => ({ op: 'status' }));
    const restless = [...statuses].filter(([, { real, shadow }]) =>
      [real, shadow].some(({ quietNs: quiet, settled }) => !settled || quiet < quietNs),
    );
    if (restless.length === 0) return;
    if (lab.clock.now() >= deadlineNs)
      throw new LabError(
        notConverged(
          restless.map(([name]) => name),
          withinNs,
        ),
      );
    await lab.runUntil(() => false, Math.min(lab.clock.now() + LOOK_EVERY_NS, deadlineNs));
  }
}

/** The longest dead interval of any interface; a second where nothing runs OSPF. */
function quietTime(experiment: Experiment): TimeNs {
  const deadIntervalS = (config: RouterConfig): number[] =>
    config.ospf === undefined
      ? []
      : config.interfaces.map(({ ospf }) => ospf.deadIntervalS ?? 4 * (ospf.helloIntervalS ?? 10));
  const all = experiment.configs.flatMap(({ real, shadow }) => [real, shadow].flatMap(deadIntervalS));
  return all.reduce((longest, seconds) => Math.max(longest, seconds * SECOND), SECOND);
}

function notConverged(restless: readonly string[], withinNs: TimeNs): string {
  const some = restless.slice(0, 5).join(', ');
  const more = restless.length > 5 ? ` and ${restless.length - 5} more` : '';
  return `the network did not converge within ${formatTime(withinNs)}: ${some}${more} still changing (allow more with converge: { within: ... })`;
}
