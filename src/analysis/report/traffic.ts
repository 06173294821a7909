/** Throughput, loss and delay over time, by group of flows and plane; and the totals of each step. */
import type { Fact, FlowBins, FlowFact } from '../facts.ts';
import { formatCount, formatRate, formatShare, formatTime } from '../format.ts';
import type { Result } from '../result.ts';
import { type Html, html } from './escape.ts';
import { streamTable, transferBins, transferPlots, transferTable } from './flows.ts';
import { type Mark, type Plot, type Plotter, plotter, type Series } from './plot.ts';

const GROUPS = 6;
/** More points than this cannot be told apart at the width of a plot. */
const POINTS = 240;
const ROWS = 200;

export async function trafficSection(facts: readonly Fact[], result: Result): Promise<Html | undefined> {
  const bins = facts.filter(
    (fact): fact is FlowBins => fact.fact === 'bins' && fact.sent.some((count) => count > 0),
  );
  const tables = [streamTable(result), transferTable(result), totals(result)].filter(
    (one) => one !== undefined,
  );
  const hasTcp = transferBins(facts).length > 0;
  if (bins.length === 0 && tables.length === 0 && !hasTcp) return undefined;
  const start = facts.find((fact) => fact.fact === 'run-started');
  const groups = groupsOf(bins, start?.flows ?? []);
  const marks = marksOf(facts, result);
  const draw = groups.length === 0 && !hasTcp ? undefined : await plotter();
  return html`<section id="traffic">
<h2>Traffic</h2>
${
  draw === undefined
    ? undefined
    : html`<ul class="legend"><li><svg class="key" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true"><path class="path real" d="M1 6H33"/></svg>real</li><li><svg class="key" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true"><path class="path shadow" d="M1 6H33"/></svg>shadow</li><li><span class="mark-key" aria-hidden="true"></span>a step begins (its number above)</li><li><span class="mark-key failure" aria-hidden="true"></span>with a failure</li></ul>
${groups.slice(0, GROUPS).map((group) =>
  plotsOf(
    draw,
    group,
    bins.filter((one) => one.group === group),
    marks,
    result.durationNs,
  ),
)}${transferPlots(draw, facts, marks)}`
}
${groups.length > GROUPS ? html`<p class="more">and ${formatCount(groups.length - GROUPS)} more in events.jsonl</p>` : undefined}
${tables}
</section>`;
}

/** Groups that run in both planes come first, for they are what is compared; among those the smaller ones. */
function groupsOf(bins: readonly FlowBins[], flows: readonly FlowFact[]): readonly string[] {
  const planes = (group: string): number => bins.filter((one) => one.group === group).length;
  const members = (group: string): number => flows.filter((flow) => flow.group === group).length;
  return [...new Set(bins.map((one) => one.group))].sort(
    (a, b) => planes(b) - planes(a) || members(a) - members(b) || (a < b ? -1 : 1),
  );
}

function marksOf(facts: readonly Fact[], result: Result): readonly Mark[] {
  const failing = new Set(facts.flatMap((fact) => (fact.fact === 'failed' ? [fact.step] : [])));
  return result.steps.flatMap((step) =>
    step.fromNs === undefined
      ? []
      : [{ atS: step.fromNs / 1e9, label: String(step.number), failure: failing.has(step.number) }],
  );
}

function plotsOf(
  draw: Plotter,
  group: string,
  bins: readonly FlowBins[],
  marks: readonly Mark[],
  endNs: number,
): Html {
  const coarse = bins.map((one) => coarsen(settled(one, endNs)));
  const range = {
    fromS: Math.min(...coarse.map((one) => one.fromNs)) / 1e9,
    toS: Math.max(...coarse.map((one) => one.fromNs + one.binNs * one.sent.length)) / 1e9,
    marks,
  };
  const series = (measure: (one: FlowBins, bin: number) => number | null): readonly Series[] =>
    coarse.map((one) => ({
      className: one.plane,
      points: one.sent.map((_, bin) => [secondsOf(one, bin), measure(one, bin)]),
    }));
  const plots: readonly (readonly [string, Plot])[] = [
    [
      'Throughput',
      {
        ...range,
        emptyMax: 1000,
        series: series((one, bin) => ((one.bytes[bin] ?? 0) * 8e9) / one.binNs),
        format: formatRate,
      },
    ],
    [
      'Loss',
      {
        ...range,
        emptyMax: 1,
        limit: 100,
        series: series((one, bin) => lossOf(one.sent[bin] ?? 0, one.received[bin] ?? 0)),
        format: (value) => `${Number(value.toPrecision(3))}%`,
      },
    ],
    [
      'Mean one-way delay',
      {
        ...range,
        emptyMax: 1e6,
        series: series((one, bin) => one.delayNs[bin] ?? null),
        format: formatTime,
      },
    ],
  ];
  return html`<div class="card plots"><h3>${group}</h3><div class="plot-row">${plots.map(
    ([name, plot]) =>
      html`<figure><figcaption>${name}</figcaption>${draw(plot, `${name} of ${group} over time`)}</figure>`,
  )}</div></div>`;
}

/** Middle of the bin, to the millisecond at least. */
const secondsOf = (bins: FlowBins, bin: number): number =>
  Number(((bins.fromNs + (bin + 0.5) * bins.binNs) / 1e9).toFixed(4));

const lossOf = (sent: number, received: number): number | null =>
  sent === 0 ? null : Math.max(0, ((sent - received) / sent) * 100);

/**
 * The bins that are final: those whose packets had the time to arrive before the run ended. Without this every
 * plot would end in a loss that is none.
 */
function settled(bins: FlowBins, endNs: number): FlowBins {
  const longestNs = Math.max(0, ...bins.delayNs.map((delay) => delay ?? 0));
  const count = Math.floor((endNs - 2 * longestNs - bins.fromNs) / bins.binNs);
  return slice(bins, Math.max(1, Math.min(bins.sent.length, count)));
}

function slice(bins: FlowBins, count: number): FlowBins {
  return {
    ...bins,
    sent: bins.sent.slice(0, count),
    received: bins.received.slice(0, count),
    bytes: bins.bytes.slice(0, count),
    delayNs: bins.delayNs.slice(0, count),
  };
}

/** Joins neighbouring bins until there are at most POINTS of them; delays are weighted by packets. */
function coarsen(bins: FlowBins): FlowBins {
  const size = Math.ceil(bins.sent.length / POINTS);
  if (size <= 1) return bins;
  // A last, shorter one would look like a drop of throughput.
  const starts = Array.from({ length: Math.floor(bins.sent.length / size) }, (_, i) => i * size);
  const sums = (values: readonly number[]): readonly number[] =>
    starts.map((start) => values.slice(start, start + size).reduce((sum, value) => sum + value, 0));
  return {
    ...bins,
    binNs: bins.binNs * size,
    sent: sums(bins.sent),
    received: sums(bins.received),
    bytes: sums(bins.bytes),
    delayNs: starts.map((start) => meanDelay(bins, start, start + size)),
  };
}

function meanDelay(bins: FlowBins, from: number, to: number): number | null {
  let packets = 0;
  let sum = 0;
  for (let bin = from; bin < to; bin++) {
    const delay = bins.delayNs[bin] ?? null;
    if (delay === null) continue;
    const weight = bins.received[bin] ?? 0;
    packets += weight;
    sum += weight * delay;
  }
  return packets === 0 ? null : sum / packets;
}

/** All flows together, by step and plane. */
function totals(result: Result): Html | undefined {
  const rows = result.steps.flatMap((step) => step.traffic.map((one) => ({ step, one })));
  if (rows.length === 0) return undefined;
  const figure = (value: number, bad: boolean): Html =>
    html`<td class="figure${bad && value > 0 ? ' bad' : ''}">${formatCount(value)}</td>`;
  return html`<details class="card"${rows.length <= 24 ? html` open` : undefined}><summary>Totals by step and plane</summary>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Step</th><th scope="col">Plane</th><th scope="col" class="figure">Sent</th><th scope="col" class="figure">Received</th><th scope="col" class="figure">Lost</th><th scope="col" class="figure">Share</th><th scope="col" class="figure">Traced</th><th scope="col" class="figure">Mixed</th><th scope="col" class="figure">Looped</th></tr></thead>
<tbody>${rows
    .slice(0, ROWS)
    .map(
      ({ step, one }) =>
        html`<tr><th scope="row" class="name"><span class="number">${step.number}</span>${step.name}</th><td><span class="plane ${one.plane}">${one.plane}</span></td>${figure(one.sent, false)}${figure(one.received, false)}${figure(one.lost, one.plane === 'real')}<td class="figure">${formatShare(one.lost, one.sent)}</td>${figure(one.traced, false)}${figure(one.mixed, true)}${figure(one.looped, true)}</tr>`,
    )}</tbody></table></div>
${rows.length > ROWS ? html`<p class="more">and ${formatCount(rows.length - ROWS)} more in result.json</p>` : undefined}</details>`;
}
