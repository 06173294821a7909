/** The section that shows where packets went: one picture a step that failed something, probed, or moved a flow. */

import type { Plane } from '../../net/wire.ts';
import { waysOf } from '../claims/routes.ts';
import { formatCount, formatPlural } from '../format.ts';
import type { Result, StepResult } from '../result.ts';
import type { RunView } from '../view.ts';
import { type Html, html } from './escape.ts';
import { type Journey, journeysOf, sameJourneys } from './journeys.ts';
import { LARGEST_PICTURE } from './layout.ts';
import { drawingOf, type PicturePath, pictureOf, type Scene, symbolsOf } from './picture.ts';

const PICTURES = 16;
const PATHS_IN_A_PICTURE = 6;
const PATHS_IN_A_LIST = 8;
/** A share of packets: those still under way when the step ended, or lost one by one. */
const FEW = 0.03;

interface StepScene extends Scene {
  readonly step: number;
  readonly journeys: readonly Journey[];
}

/** Pictures of the network, with the paths that probes and named flows took and what was failed. */
export async function topologySection(
  view: RunView,
  result: Result,
  changed: ReadonlySet<string>,
): Promise<Html> {
  const { start } = view;
  const routers = start.nodes.filter((node) => node.kind === 'router').length;
  const hosts = start.nodes.length - routers;
  const drawing = await drawingOf(start, changed);
  const scenes = scenesOf(view, result);
  const network: StepScene = { step: 0, title: 'The network', paths: [], failed: [], journeys: [] };
  const shown = scenes.length > 0 ? scenes.slice(0, PICTURES) : [network];
  return html`<section id="topology">
<h2>Paths through the network</h2>
<p class="lead">${formatPlural(routers, 'router')}, ${formatPlural(hosts, 'host')}, ${formatPlural(start.links.length, 'link')}.</p>
${routers > LARGEST_PICTURE ? html`<p class="more">Only the first ${formatCount(LARGEST_PICTURE)} routers are drawn.</p>` : undefined}
${legend(changed.size > 0)}
${symbolsOf(drawing)}
<div class="scenes${drawing.labelled ? '' : ' large'}">${shown.map(
    (scene) => html`<figure class="card scene">
<figcaption>${scene.step > 0 ? html`<span class="number">${scene.step}</span>` : undefined}${scene.title}</figcaption>
<div class="scroll">${pictureOf(drawing, scene)}</div>
${scene.failed.length === 0 ? undefined : html`<p class="failed-list">${scene.failed.map((one, i) => html`${i > 0 ? ', ' : ''}${one.target} failed in ${one.plane === 'both' ? 'both planes' : one.plane}`)}</p>`}
${pathList(scene.journeys)}
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

/**
 * A picture a step that failed or probed something, and where real traffic of a named flow took another path than
 * before; where no step is of that kind, the first in which such traffic was traced.
 */
function scenesOf(view: RunView, result: Result): readonly StepScene[] {
  const scenes: StepScene[] = [];
  let first: StepScene | undefined;
  let before: readonly Journey[] = [];
  for (const step of result.steps) {
    const journeys = journeysOf(step, view);
    const flows = journeys.filter((journey) => journey.flow !== undefined && journey.plane === 'real');
    const fails = view.step(step.number)?.failures.some((failure) => failure.fact === 'failed') === true;
    const moved = flows.length > 0 && before.length > 0 && !sameJourneys(flows, before);
    if (flows.length > 0) before = flows;
    const scene = {
      step: step.number,
      title: titleOf(step),
      paths: legible(journeys, view),
      failed: failuresDuring(view, step.number),
      journeys,
    };
    if (step.probes.length > 0 || fails || moved) scenes.push(scene);
    if (journeys.length > 0) first ??= scene;
  }
  return scenes.length === 0 && first !== undefined ? [first] : scenes;
}

const titleOf = (step: StepResult): string => step.name || step.actions.join(', ');

/**
 * As many as do not cover one another: the path that each traveller stayed on before those it took on the way, those
 * of the step's own probes before flows'.
 */
function legible(journeys: readonly Journey[], view: RunView): readonly PicturePath[] {
  const flows = journeys.filter(({ flow }) => flow !== undefined);
  const probes = journeys.filter(({ flow }) => flow === undefined);
  const paths = [...flows, ...probes].flatMap((journey) => picturePaths(journey, view));
  const stayed = paths.filter(({ former }) => !former).slice(-PATHS_IN_A_PICTURE);
  const room = PATHS_IN_A_PICTURE - stayed.length;
  const before = room === 0 ? [] : paths.filter(({ former }) => former).slice(-room);
  return paths.filter((path) => stayed.includes(path) || before.includes(path));
}

/** The path that stayed is the last one that more than a few packets took; the others were taken before. */
function picturePaths({ plane, from, to, paths }: Journey, view: RunView): readonly PicturePath[] {
  const packets = paths.reduce((sum, path) => sum + path.packets, 0);
  const shown = paths.slice(-PATHS_IN_A_PICTURE);
  const stayed = shown.findLastIndex((path) => path.packets >= packets * FEW);
  const current = stayed < 0 ? shown.length - 1 : stayed;
  return shown.map(({ routers, arrived }, i) => ({
    plane,
    from,
    to: endOf(to, routers.at(-1), view),
    routers,
    arrived,
    former: i !== current,
  }));
}

/** The host at the end: of what goes to outside, the external peer at the last router. */
function endOf(to: string, last: string | undefined, { start, network }: RunView): string {
  const outside = start.flows.find((flow) => flow.to === to)?.outside;
  if (outside === undefined || last === undefined) return to;
  return outside.exits.find((exit) => network.routersOf(exit).has(last)) ?? to;
}

/** What is failed at the end of a step, or was failed in it even if the step restored it again. */
function failuresDuring(view: RunView, step: number): Scene['failed'] {
  const inStep = view.step(step)?.failures.filter((failure) => failure.fact === 'failed') ?? [];
  const targets = (plane: Plane): readonly string[] => [
    ...view.failedAt(step, plane),
    ...inStep.filter((one) => one.plane === plane || one.plane === 'both').map((one) => one.target),
  ];
  const [real, shadow] = [new Set(targets('real')), new Set(targets('shadow'))];
  return [...new Set([...real, ...shadow])].map((target) => ({
    target,
    plane: !shadow.has(target) ? 'real' : real.has(target) ? 'both' : 'shadow',
  }));
}

/** The same in words, which is what a screen reader, a printer in black and white and a search find. */
function pathList(journeys: readonly Journey[]): Html | undefined {
  if (journeys.length === 0) return undefined;
  return html`<ul class="paths">${journeys.map((journey) => {
    const ways = waysOf(journey.paths);
    const shown = ways.slice(0, PATHS_IN_A_LIST);
    return html`<li><span class="plane ${journey.plane}">${journey.plane}</span> ${journey.flow === undefined ? undefined : html`${journey.flow}, `}${journey.from} to ${journey.to}: ${formatCount(journey.received)} of ${formatCount(journey.sent)} ${journey.flow === undefined ? 'packets' : 'traced packets'} arrived
<ul>${shown.map((way) => html`<li class="${way.arrived ? 'arrived' : 'lost'}"><span class="count">${formatCount(way.packets)} ${way.arrived ? 'by' : 'lost after'}</span> ${way.text}</li>`)}${ways.length > shown.length ? html`<li class="more">and ${formatCount(ways.length - shown.length)} more in events.jsonl</li>` : undefined}</ul></li>`;
  })}</ul>`;
}
