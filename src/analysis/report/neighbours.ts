/** The control plane at the end of the run: adjacencies and sessions of both planes, those that are not up, and VPNs. */
import { parseConfig } from '../../config/parser.ts';
import type { NeighbourEntry } from '../../world/observation.ts';
import { formatCount } from '../format.ts';
import { isUp, type NeighbourRow, neighbourRows } from '../neighbours.ts';
import type { Result } from '../result.ts';
import { PLANES, type RunView } from '../view.ts';
import { type Html, html } from './escape.ts';

const ROWS = 100;
/** More are told in a table that is folded. */
const OPEN_ROWS = 24;

export function neighboursSection(view: RunView, result: Result): Html | undefined {
  const step = result.steps.at(-1)?.number ?? 0;
  const rows = neighbourRows(step, view);
  if (rows.length === 0) return undefined;
  const odd = rows.filter(({ real, shadow }) => !isUp(real) || !isUp(shadow));
  const sessions = rows.filter(({ protocol }) => protocol === 'BGP');
  return html`<section id="neighbours">
<h2>Neighbours</h2>
<p class="lead">What routers were to one another at the end of the run, counted at each of them.</p>
${totals(rows)}
${odd.length === 0 ? undefined : table('Not up, or in one plane alone', odd)}
${sessions.length === 0 ? undefined : table('BGP sessions, and the prefixes received and sent', sessions, false)}
${vpnTable(step, view)}
</section>`;
}

function totals(rows: readonly NeighbourRow[]): Html {
  const protocols = [...new Set(rows.map(({ protocol }) => protocol))].sort();
  return html`<div class="card scroll" tabindex="0"><table><thead><tr><th scope="col">Protocol</th>${PLANES.map((plane) => html`<th scope="col"><span class="plane ${plane}">${plane}</span></th>`)}</tr></thead>
<tbody>${protocols.map((protocol) => {
    const own = rows.filter((row) => row.protocol === protocol);
    return html`<tr><th scope="row" class="name">${protocol}</th>${PLANES.map((plane) => {
      const all = own.filter((row) => row[plane] !== undefined);
      const up = all.filter((row) => isUp(row[plane]));
      return html`<td${up.length < all.length ? html` class="bad"` : undefined}>${formatCount(up.length)} of ${formatCount(all.length)} up</td>`;
    })}</tr>`;
  })}</tbody></table></div>`;
}

function table(title: string, rows: readonly NeighbourRow[], ofSeveral = true): Html {
  const hasVrf = rows.some(({ vrf }) => vrf !== '');
  return html`<details class="card"${rows.length <= OPEN_ROWS ? html` open` : undefined}><summary>${title}</summary>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Router</th>${hasVrf ? html`<th scope="col">VRF</th>` : undefined}${ofSeveral ? html`<th scope="col">Protocol</th>` : undefined}<th scope="col">Neighbour</th>${PLANES.map((plane) => html`<th scope="col"><span class="plane ${plane}">${plane}</span></th>`)}</tr></thead>
<tbody>${rows.slice(0, ROWS).map((row) => {
    return html`<tr><th scope="row" class="name">${row.router}</th>${hasVrf ? html`<td>${row.vrf}</td>` : undefined}${ofSeveral ? html`<td>${row.protocol}</td>` : undefined}<td>${row.other === undefined ? row.at : `${row.other} (${row.at})`}</td>${PLANES.map((plane) => stateCell(row[plane]))}</tr>`;
  })}</tbody></table></div>
${rows.length > ROWS ? html`<p class="more">and ${formatCount(rows.length - ROWS)} more in events.jsonl</p>` : undefined}</details>`;
}

function stateCell(entry: NeighbourEntry | undefined): Html {
  if (entry === undefined) return html`<td>–</td>`;
  const { state, reason, prefixes } = entry;
  const routes =
    prefixes === undefined || !isUp(entry)
      ? undefined
      : html` <small>${formatCount(prefixes.received)} in, ${formatCount(prefixes.sent)} out</small>`;
  return html`<td${isUp(entry) ? undefined : html` class="bad"`}>${state}${routes}${reason === undefined ? undefined : html` <small>${reason}</small>`}</td>`;
}

/** VRFs that take part in a VPN, as the configurations at the end have them. */
function vpnTable(step: number, view: RunView): Html | undefined {
  const texts = new Map<string, string[]>();
  for (const router of view.network.routers) {
    for (const plane of PLANES) {
      const { text = '' } = view.config(step, router, plane) ?? {};
      if (!text.includes(' vrf ')) continue;
      for (const { vrf, ipv4 } of parseConfig(text).config.bgp) {
        if (vrf === undefined || ipv4.vpn === undefined) continue;
        const { rd = '–', importTargets, exportTargets } = ipv4.vpn;
        const key = JSON.stringify([vrf, router, rd, importTargets.join(' '), exportTargets.join(' ')]);
        texts.set(key, [...(texts.get(key) ?? []), plane]);
      }
    }
  }
  if (texts.size === 0) return undefined;
  const rows = [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
  return html`<details class="card"${rows.length <= OPEN_ROWS ? html` open` : undefined}><summary>VPNs</summary>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">VRF</th><th scope="col">Router</th><th scope="col">Route distinguisher</th><th scope="col">Imports</th><th scope="col">Exports</th><th scope="col">Plane</th></tr></thead>
<tbody>${rows.slice(0, ROWS).map(([key, planes]) => {
    const [vrf, router, rd, imports, exports] = cellsOf(key);
    return html`<tr><th scope="row" class="name">${vrf}</th><td>${router}</td><td class="code">${rd}</td><td class="code">${imports}</td><td class="code">${exports}</td><td>${planes.map((plane) => html`<span class="plane ${plane}">${plane}</span> `)}</td></tr>`;
  })}</tbody></table></div>
${rows.length > ROWS ? html`<p class="more">and ${formatCount(rows.length - ROWS)} more in configs/</p>` : undefined}</details>`;
}

function cellsOf(key: string): readonly string[] {
  const cells: readonly string[] = JSON.parse(key);
  return cells;
}
