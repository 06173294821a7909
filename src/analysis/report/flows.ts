/** Flows that have more to tell than packets: streams by what their viewers saw, TCP by what it carried. */
import type { Fact, TcpBins } from '../facts.ts';
import { formatCount, formatRate, formatShare, formatTime } from '../format.ts';
import type { Result, StepResult } from '../result.ts';
import { type Html, html } from './escape.ts';
import type { Mark, Plot, Plotter } from './plot.ts';

const ROWS = 200;
const PLOTS = 6;
/** More points than this cannot be told apart at the width of a plot. */
const POINTS = 240;

/** Start-up, stalls and throughput of each stream, by step. */
export function streamTable(result: Result): Html | undefined {
  return table(
    result,
    'Streams',
    ['Start-up', 'Stalls', 'Stalled', 'Video', 'Throughput'],
    (step) =>
      step.streams?.map(({ flow, plane, startupNs, stalls, stalledNs, videoBps, throughputBps }) => ({
        flow,
        plane,
        cells: [
          figure(startupNs === null ? 'not yet' : formatTime(startupNs), startupNs === null),
          figure(formatCount(stalls), stalls > 0),
          figure(formatTime(stalledNs), stalledNs > 0),
          figure(formatRate(videoBps)),
          figure(formatRate(throughputBps)),
        ],
      })) ?? [],
  );
}

/** Throughput, what was sent again and round-trip times of each TCP flow, by step. */
export function transferTable(result: Result): Html | undefined {
  return table(
    result,
    'TCP',
    ['Finished', 'Throughput', 'Sent again', 'Share', 'Time-outs', 'Round trip (mean)', 'Round trip (p99)'],
    (step) =>
      step.transfers?.map(({ flow, plane, finishedNs, throughputBps, roundTripNs, ...counts }) => ({
        flow,
        plane,
        cells: [
          figure(finishedNs === null ? '–' : formatTime(finishedNs)),
          figure(formatRate(throughputBps)),
          figure(formatCount(counts.retransmittedSegments)),
          figure(formatShare(counts.retransmittedSegments, counts.segments)),
          figure(formatCount(counts.timeouts)),
          figure(timeOrNone(roundTripNs.mean)),
          figure(timeOrNone(roundTripNs.p99)),
        ],
      })) ?? [],
  );
}

/** A card of plots for each TCP flow, the first few. */
export function transferPlots(
  draw: Plotter,
  facts: readonly Fact[],
  marks: readonly Mark[],
): readonly Html[] {
  const flows = facts.flatMap((fact) => (fact.fact === 'run-started' ? fact.flows : []));
  return transferBins(facts)
    .slice(0, PLOTS)
    .map((bins) => {
      const name = flows.find(({ id }) => id === bins.flow)?.name ?? String(bins.flow);
      const toS = (bins.fromNs + bins.binNs * bins.goodputBps.length) / 1e9;
      const range = { fromS: bins.fromNs / 1e9, toS, marks };
      const series = (values: readonly (number | null)[]) => [
        { className: bins.plane, points: values.map((value, bin) => [middleOf(bins, bin), value] as const) },
      ];
      const plots: readonly (readonly [string, Plot])[] = [
        ['Throughput', { ...range, emptyMax: 1000, series: series(bins.goodputBps), format: formatRate }],
        [
          'Segments sent again',
          { ...range, emptyMax: 1, series: series(bins.retransmittedSegments), format: formatCount },
        ],
        [
          'Round-trip time',
          { ...range, emptyMax: 1e6, series: series(bins.roundTripNs), format: formatTime },
        ],
      ];
      return html`<div class="card plots"><h3>${name}</h3><div class="plot-row">${plots.map(
        ([title, plot]) =>
          html`<figure><figcaption>${title}</figcaption>${draw(plot, `${title} of ${name} over time`)}</figure>`,
      )}</div></div>`;
    });
}

/** What there is to plot of TCP flows. */
export function transferBins(facts: readonly Fact[]): readonly TcpBins[] {
  return facts.flatMap((fact) =>
    fact.fact === 'tcp-bins' && fact.goodputBps.length > 0 ? [coarsen(fact)] : [],
  );
}

/** Joins neighbouring bins until there are at most POINTS of them. */
function coarsen(bins: TcpBins): TcpBins {
  const size = Math.ceil(bins.goodputBps.length / POINTS);
  if (size <= 1) return bins;
  // A last, shorter one would look like a drop of throughput.
  const starts = Array.from({ length: Math.floor(bins.goodputBps.length / size) }, (_, i) => i * size);
  const sum = (values: readonly number[], start: number): number =>
    values.slice(start, start + size).reduce((total, value) => total + value, 0);
  return {
    ...bins,
    binNs: bins.binNs * size,
    goodputBps: starts.map((start) => sum(bins.goodputBps, start) / size),
    retransmittedSegments: starts.map((start) => sum(bins.retransmittedSegments, start)),
    roundTripNs: starts.map((start) => {
      const known = bins.roundTripNs.slice(start, start + size).filter((time) => time !== null);
      return known.length === 0 ? null : sum(known, 0) / known.length;
    }),
  };
}

interface Row {
  readonly flow: string;
  readonly plane: string;
  readonly cells: readonly Html[];
}

function table(
  result: Result,
  title: string,
  heads: readonly string[],
  rowsOf: (step: StepResult) => readonly Row[],
): Html | undefined {
  const rows = result.steps.flatMap((step) => rowsOf(step).map((row) => ({ step, row })));
  if (rows.length === 0) return undefined;
  return html`<details class="card"${rows.length <= 24 ? html` open` : undefined}><summary>${title} by step and plane</summary>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Step</th><th scope="col">Flow</th><th scope="col">Plane</th>${heads.map((head) => html`<th scope="col" class="figure">${head}</th>`)}</tr></thead>
<tbody>${rows
    .slice(0, ROWS)
    .map(
      ({ step, row }) =>
        html`<tr><th scope="row" class="name"><span class="number">${step.number}</span>${step.name}</th><td class="name">${row.flow}</td><td><span class="plane ${row.plane}">${row.plane}</span></td>${row.cells}</tr>`,
    )}</tbody></table></div>
${rows.length > ROWS ? html`<p class="more">and ${formatCount(rows.length - ROWS)} more in result.json</p>` : undefined}</details>`;
}

function figure(text: string, bad = false): Html {
  return html`<td class="figure${bad ? ' bad' : ''}">${text}</td>`;
}

function timeOrNone(ns: number | null): string {
  return ns === null ? '–' : formatTime(ns);
}

function middleOf({ fromNs, binNs }: TcpBins, bin: number): number {
  return Number(((fromNs + (bin + 0.5) * binNs) / 1e9).toFixed(4));
}
