/** The section that shows where packets went: one picture a step that failed something or probed. */

import type { Plane } from '../../net/wire.ts';
import type { Fact, FailureFact, RunStarted } from '../facts.ts';
import { formatCount, formatPath } from '../format.ts';
import type { ProbeSummary, Result, StepResult } from '../result.ts';
import { type Html, html } from './escape.ts';
import { LARGEST_PICTURE } from './layout.ts';
import { drawingOf, type PicturePath, pictureOf, type Scene, symbolsOf } from './picture.ts';

const PICTURES = 12;
const PATHS_IN_A_PICTURE = 6;
const PATHS_IN_A_LIST = 8;
const LONGEST_PATH_IN_WORDS = 40;

interface StepScene extends Scene {
  readonly step: number;
  readonly probes: readonly ProbeSummary[];
}

/** Pictures of the network, with the paths that probes took and what was failed. */
export async function topologySection(
  facts: readonly Fact[],
  result: Result,
  start: RunStarted,
  changed: ReadonlySet<string>,
): Promise<Html> {
  const routers = start.nodes.filter((node) => node.kind === 'router').length;
  const hosts = start.nodes.length - routers;
  const drawing = await drawingOf(start, changed);
  const scenes = scenesOf(facts, result);
  const shown: readonly StepScene[] =
    scenes.length > 0
      ? scenes.slice(0, PICTURES)
      : [{ step: 0, title: 'The network', paths: [], failed: [], probes: [] }];
  return html`<section id="topology">
<h2>Paths through the network</h2>
<p class="lead">${formatCount(routers)} routers, ${formatCount(hosts)} hosts, ${formatCount(start.links.length)} links.</p>
${routers > LARGEST_PICTURE ? html`<p class="more">Only the first ${formatCount(LARGEST_PICTURE)} routers are drawn.</p>` : undefined}
${legend(changed.size > 0)}
${symbolsOf(drawing)}
<div class="scenes">${shown.map(
    (scene) => html`<figure class="card scene">
<figcaption>${scene.step > 0 ? html`<span class="number">${scene.step}</span>` : undefined}${scene.title}</figcaption>
<div class="scroll">${pictureOf(drawing, scene)}</div>
${scene.failed.length === 0 ? undefined : html`<p class="failed-list">${scene.failed.map((one, i) => html`${i > 0 ? ', ' : ''}${one.target} failed in ${one.plane === 'both' ? 'both planes' : one.plane}`)}</p>`}
${pathList(scene.probes)}
</figure>`,
  )}</div>
${scenes.length > PICTURES ? html`<p class="more">and ${formatCount(scenes.length - PICTURES)} more in events.jsonl</p>` : undefined}
</section>`;
}

function legend(changed: boolean): Html {
  const line = (kind: string): Html =>
    html`<svg class="key" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true"><path class="path ${kind}" d="M1 6H33"/></svg>`;
  return html`<ul class="legend">
<li>${line('real')}real</li>
<li>${line('shadow')}shadow</li>
<li><svg class="key" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true"><g class="former"><path class="path shadow" d="M1 6H33"/></g></svg>path taken before</li>
<li><svg class="key" viewBox="0 0 34 18" width="34" height="18" aria-hidden="true"><path class="broken" d="M1 9H33"/><g class="cross" transform="translate(17 9)"><circle r="8"/><path d="M-3.5 -3.5L3.5 3.5M3.5 -3.5L-3.5 3.5"/></g></svg>failed</li>
${changed ? html`<li><svg class="key" viewBox="0 0 34 16" width="34" height="16" aria-hidden="true"><g class="node changed"><rect x="2" y="1" width="30" height="14" rx="7"/></g></svg>configuration changes here</li>` : undefined}
</ul>`;
}

/** A picture a step that failed something or has paths to show; failures stay until they are restored. */
function scenesOf(facts: readonly Fact[], result: Result): readonly StepScene[] {
  const events = facts.filter(
    (fact): fact is FailureFact => fact.fact === 'failed' || fact.fact === 'restored',
  );
  const scenes: StepScene[] = [];
  for (const step of result.steps) {
    const paths = step.probes.flatMap(pathsOf);
    const inStep = events.filter((event) => event.step === step.number);
    const failed = failuresDuring(events, step.number);
    if (paths.length === 0 && !inStep.some((event) => event.fact === 'failed')) continue;
    scenes.push({
      step: step.number,
      title: titleOf(step),
      paths: paths.slice(-PATHS_IN_A_PICTURE),
      failed,
      probes: step.probes,
    });
  }
  return scenes;
}

const titleOf = (step: StepResult): string => step.name || step.actions.join(', ');

function pathsOf(probe: ProbeSummary): readonly PicturePath[] {
  const shown = probe.paths.slice(-PATHS_IN_A_PICTURE);
  return shown.map((path, i) => ({
    plane: probe.plane,
    from: probe.from,
    to: probe.to,
    routers: path.routers,
    arrived: path.arrived,
    former: i < shown.length - 1,
  }));
}

/** What is failed at the end of a step, or was failed in it even if the step restored it again. */
function failuresDuring(events: readonly FailureFact[], step: number): Scene['failed'] {
  const planes = new Map<string, Set<Plane>>();
  for (const event of events) {
    if (event.step > step) break;
    if (
      event.fact === 'restored' &&
      events.some((other) => failsIn(other, step) && other.target === event.target)
    ) {
      continue;
    }
    const set = planes.get(event.target) ?? new Set<Plane>();
    planes.set(event.target, set);
    for (const plane of event.plane === 'both' ? (['real', 'shadow'] as const) : [event.plane]) {
      if (event.fact === 'failed') set.add(plane);
      else set.delete(plane);
    }
  }
  return [...planes].flatMap(([target, set]) => {
    const [plane] = set;
    return plane === undefined ? [] : [{ target, plane: set.size === 2 ? 'both' : plane }];
  });
}

const failsIn = (event: FailureFact, step: number): boolean => event.fact === 'failed' && event.step === step;

/** The same in words, which is what a screen reader, a printer in black and white and a search find. */
function pathList(probes: readonly ProbeSummary[]): Html | undefined {
  if (probes.length === 0) return undefined;
  return html`<ul class="paths">${probes.map((probe) => {
    const shown = probe.paths.slice(0, PATHS_IN_A_LIST);
    return html`<li><span class="plane ${probe.plane}">${probe.plane}</span> ${probe.from} to ${probe.to}: ${formatCount(probe.received)} of ${formatCount(probe.sent)} packets arrived
<ul>${shown.map((path) => html`<li class="${path.arrived ? 'arrived' : 'lost'}"><span class="count">${formatCount(path.packets)} ${path.arrived ? 'by' : 'lost after'}</span> ${inWords(path.routers)}</li>`)}${probe.paths.length > shown.length ? html`<li class="more">and ${formatCount(probe.paths.length - shown.length)} more in events.jsonl</li>` : undefined}</ul></li>`;
  })}</ul>`;
}

function inWords(routers: readonly string[]): string {
  if (routers.length <= LONGEST_PATH_IN_WORDS) return formatPath(routers);
  const half = LONGEST_PATH_IN_WORDS / 2;
  return `${formatPath(routers.slice(0, half))} → … → ${formatPath(routers.slice(-half))}`;
}
