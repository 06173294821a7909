/**
 * `change`: loads new configurations into a plane, router after router.
 *
 * A changed shadow is another network-wide configuration, so it gets a new tag, at every router: one that
 * missed the change would refuse to prepare a commit. A change made to the real plane directly is nobody's
 * transaction and keeps the tag; what it does to packets is seen in the FIBs.
 */
import { diffConfigs, formatDiff } from '../../config/diff.ts';
import type { RouterConfig } from '../../config/model.ts';
import { parseConfig } from '../../config/parser.ts';
import { formatConfig } from '../../config/writer.ts';
import type { Plane, Tag } from '../../net/wire.ts';
import type { TimeNs } from '../../world/clock.ts';
import { askAll } from '../ask.ts';
import { refuseAfterSurprise } from './commit.ts';
import { routerNames, type StepContext } from './context.ts';

interface NewConfig {
  readonly router: string;
  readonly config: RouterConfig;
}

export async function change(
  context: StepContext,
  plane: Plane,
  changes: readonly NewConfig[],
  everyNs: TimeNs,
): Promise<void> {
  const { lab, memory, experiment } = context;
  refuseAfterSurprise(memory);
  const tag = plane === 'shadow' ? memory.nextTag++ : memory.tags.real;
  memory.tags[plane] = tag;
  context.disturbedNs = lab.clock.now();
  for (const [index, { router, config }] of changes.entries()) {
    if (index > 0) await lab.runUntil(() => false, lab.clock.now() + everyNs);
    await load(context, plane, router, config, tag);
  }
  if (plane === 'shadow') {
    const changed = new Set(changes.map(({ router }) => router));
    const others = routerNames(experiment).filter((router) => !changed.has(router));
    const configs = await askAll<'config'>(lab, others, () => ({ op: 'config', plane }));
    await askAll<'load'>(lab, others, (router) => {
      return { op: 'load', plane, config: configs.get(router)?.text ?? '', tag };
    });
  }
}

async function load(
  { lab, recorder, step }: StepContext,
  plane: Plane,
  router: string,
  config: RouterConfig,
  tag: Tag,
): Promise<void> {
  const before = await askAll<'config'>(lab, [router], () => ({ op: 'config', plane }));
  const old = parseConfig(before.get(router)?.text ?? '').config;
  const text = formatConfig(config);
  const toldNs = lab.clock.now();
  await askAll<'load'>(lab, [router], () => ({ op: 'load', plane, config: text, tag }));
  recorder.record({
    t: toldNs,
    fact: 'config-changed',
    step: step.number,
    router,
    plane,
    tag,
    config: text,
    diff: formatDiff(diffConfigs(old, config)),
  });
}
