/**
 * `converge`: waits until the control planes of all routers have come to rest. At rest means that no adjacency
 * is on its way up, and no configuration, FIB or neighbour has changed for as long as anything may be held back: the
 * longest dead interval or holding time, the longest pause before SPF, or the time between two originations of an LSA
 * (MinLSInterval, RFC 2328), whichever is longest. What can form has formed then, and what can time out has timed out.
 */

import { formatTime } from '../../analysis/format.ts';
import type { InterfaceIsisConfig, IsisLevel } from '../../config/isis-model.ts';
import { deadIntervalS, seeksOspfNeighbours } from '../../routerd/slot/ospf-settings.ts';
import { MILLISECOND, SECOND, type TimeNs } from '../../world/clock.ts';
import { askAll, askThoseWhoAnswer } from '../ask.ts';
import type { Action, Experiment } from '../experiment/resolved.ts';
import { type Lab, LabError } from '../lab.ts';
import { routerNames, type StepContext } from './context.ts';

type Change = Extract<Action, { readonly kind: 'change' }>;

/** MinLSInterval, and a second for flooding and SPF after it. */
const LSA_HELD_BACK_NS = 6 * SECOND;

/** Routers, and adjacencies, that an error names. */
const MAX_NAMED = 5;
/** Of OSPF, IS-IS and BGP: neighbours that are what they are to be. */
const SETTLED: readonly string[] = ['Full', '2-Way', 'Up', 'Established'];
/** RFC 2328 10.6: a database description from a port with a larger MTU is refused. */
const EXCHANGE_HINT = ' (have both ends the same mtu?)';

/** Between two looks at all routers. */
const LOOK_EVERY_NS = SECOND / 4;

export async function converge(
  { lab, experiment, peers }: Pick<StepContext, 'lab' | 'experiment'> & Partial<Pick<StepContext, 'peers'>>,
  withinNs: TimeNs,
): Promise<void> {
  const routers = routerNames(experiment);
  const quietNs = quietTime(experiment);
  const deadlineNs = lab.clock.now() + withinNs;
  for (;;) {
    const statuses = await askAll<'status'>(lab, routers, () => ({ op: 'status' }));
    const restless = [...statuses].filter(([, { real, shadow }]) =>
      [real, shadow].some(({ quietNs: quiet, settled }) => !settled || quiet < quietNs),
    );
    if (restless.length === 0 && peers?.settled !== false) return;
    if (lab.clock.now() >= deadlineNs) {
      const names = restless.map(([name]) => name);
      if (names.length === 0)
        throw new LabError(`an external peer has not told its table within ${formatTime(withinNs)}`);
      throw new LabError(`${notConverged(names, withinNs)}${await stuck(lab, names)}`);
    }
    await lab.runUntil(() => false, Math.min(lab.clock.now() + LOOK_EVERY_NS, deadlineNs));
  }
}

/** How long nothing may change; a second where no link between routers runs OSPF or IS-IS. */
export function quietTime(experiment: Experiment): TimeNs {
  const core = new Set(
    experiment.topology.links
      .filter(({ ends }) => ends.filter(({ kind }) => kind === 'router').length > 1)
      .flatMap(({ ends }) => ends.map(({ node, port }) => `${node} ${port}`)),
  );
  const heldBackNs = configsOf(experiment).flatMap(({ router, config }) => {
    const { ospf, isis } = config;
    const between = config.interfaces.filter(({ name }) => core.has(`${router} ${name}`));
    const ofOspf = between.filter((at) => seeksOspfNeighbours(config, at));
    const ofIsis = between.filter(({ isis: at }) => isis && at?.tag === isis.tag && at.passive !== true);
    return [
      ...ofOspf.flatMap((at) => [
        SECOND * deadIntervalS(at.ospf),
        MILLISECOND * (ospf?.spfThrottleMs?.max ?? 0),
      ]),
      ...ofIsis.flatMap((at) => [SECOND * holdingTimeS(at.isis), SECOND * (isis?.spfIntervalS ?? 1)]),
    ];
  });
  if (heldBackNs.length === 0) return SECOND;
  return heldBackNs.reduce((longest, ns) => Math.max(longest, ns), LSA_HELD_BACK_NS);
}

/** The longer one of the levels; what an instance of IS-IS holds back itself, it says (settled). */
function holdingTimeS({ helloIntervalS = {}, helloMultiplier = {} }: InterfaceIsisConfig = {}): number {
  const of = (level: IsisLevel): number => (helloIntervalS[level] ?? 3) * (helloMultiplier[level] ?? 10);
  return Math.max(of(1), of(2));
}

/** Every configuration that a router has in the course of the experiment. */
function configsOf({ configs, steps }: Experiment): readonly Change['routers'][number][] {
  return [
    ...configs.flatMap(({ router, real, shadow }) => [
      { router, config: real },
      { router, config: shadow },
    ]),
    ...steps.flatMap(({ actions }) =>
      actions.flatMap((action) => (action.kind === 'change' ? action.routers : [])),
    ),
  ];
}

/** Adjacencies that do not come up, in words, with what is known to hold them: an end in the sentence of the error. */
async function stuck(lab: Lab, routers: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const plane of ['real', 'shadow'] as const) {
    const asked = routers.slice(0, MAX_NAMED);
    const answers = await askThoseWhoAnswer<'neighbours'>(lab, asked, () => ({ op: 'neighbours', plane }));
    for (const [router, { entries }] of answers) {
      for (const { port, address, state } of entries) {
        if (SETTLED.includes(state)) continue;
        const hint = state === 'ExStart' || state === 'Exchange' ? EXCHANGE_HINT : '';
        lines.push(
          `${router}${port === '' ? '' : ` (${port})`} has neighbour ${address} in state ${state} in ${plane}${hint}`,
        );
      }
    }
  }
  return lines.length === 0 ? '' : `; ${lines.slice(0, MAX_NAMED).join('; ')}`;
}

function notConverged(restless: readonly string[], withinNs: TimeNs): string {
  const some = restless.slice(0, MAX_NAMED).join(', ');
  const more = restless.length > MAX_NAMED ? ` and ${restless.length - MAX_NAMED} more` : '';
  return `the network did not converge within ${formatTime(withinNs)}: ${some}${more} still changing (allow more with converge: { within: ... })`;
}
