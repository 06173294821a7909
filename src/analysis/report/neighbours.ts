/** The control plane at the end of the run: adjacencies and sessions of both planes, those that are not up, and VPNs. */
import { parseConfig } from '../../config/parser.ts';
import type { NeighbourEntry } from '../../world/observation.ts';
import { formatCount } from '../format.ts';
import type { Result } from '../result.ts';
import { PLANES, type RunView } from '../view.ts';
import { type Html, html } from './escape.ts';

const ROWS = 100;
/** More are told in a table that is folded. */
const OPEN_ROWS = 24;

/** A neighbour as its router has it in each plane. */
interface Row {
  readonly router: string;
  readonly protocol: string;
  readonly neighbour: string;
  readonly vrf: string;
  readonly real: NeighbourEntry | undefined;
  readonly shadow: NeighbourEntry | undefined;
}

const UP: ReadonlySet<string> = new Set(['Full', '2-Way', 'Up', 'Established']);

export function neighboursSection(view: RunView, result: Result): Html | undefined {
  const step = result.steps.at(-1)?.number ?? 0;
  const rows = rowsOf(step, view);
  if (rows.length === 0) return undefined;
  const odd = rows.filter(({ real, shadow }) => !isUp(real) || !isUp(shadow));
  const sessions = rows.filter(({ protocol }) => protocol === 'BGP');
  return html`<section id="neighbours">
<h2>Neighbours</h2>
<p class="lead">What routers were to one another at the end of the run, counted at each of them.</p>
${totals(rows)}
${odd.length === 0 ? undefined : table('Not up, or in one plane alone', odd)}
${sessions.length === 0 ? undefined : table('BGP sessions, and the prefixes received and sent', sessions)}
${vpnTable(step, view)}
</section>`;
}

function rowsOf(step: number, view: RunView): readonly Row[] {
  return view.network.routers.flatMap((router) => {
    const [real = [], shadow = []] = PLANES.map((plane) => view.neighbours(step, router, plane));
    const shadows = new Map(shadow.map((entry) => [keyOf(entry), entry]));
    const both = [...new Map([...shadow, ...real].map((entry) => [keyOf(entry), entry])).values()];
    const reals = new Map(real.map((entry) => [keyOf(entry), entry]));
    return both.map((entry) => {
      const { port, address, protocol, vrf = '' } = entry;
      const other =
        protocol === 'bgp'
          ? view.network.nodeWith(address, router)
          : view.network.neighbourAt(router, port, address)?.node;
      const key = keyOf(entry);
      return {
        router,
        protocol: protocol === undefined ? 'OSPF' : protocol === 'bgp' ? 'BGP' : `IS-IS level ${entry.level}`,
        neighbour: other === undefined ? address : `${other} (${protocol === 'bgp' ? address : port})`,
        vrf,
        real: reals.get(key),
        shadow: shadows.get(key),
      };
    });
  });
}

function keyOf({ protocol, level, vrf, port, address, routerId }: NeighbourEntry): string {
  return JSON.stringify([protocol, level, vrf, port, protocol === 'bgp' ? address : routerId]);
}

function isUp(entry: NeighbourEntry | undefined): boolean {
  return entry !== undefined && UP.has(entry.state);
}

function totals(rows: readonly Row[]): Html {
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

function table(title: string, rows: readonly Row[]): Html {
  const hasVrf = rows.some(({ vrf }) => vrf !== '');
  return html`<details class="card"${rows.length <= OPEN_ROWS ? html` open` : undefined}><summary>${title}</summary>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Router</th>${hasVrf ? html`<th scope="col">VRF</th>` : undefined}<th scope="col">Protocol</th><th scope="col">Neighbour</th>${PLANES.map((plane) => html`<th scope="col"><span class="plane ${plane}">${plane}</span></th>`)}</tr></thead>
<tbody>${rows.slice(0, ROWS).map((row) => {
    return html`<tr><th scope="row" class="name">${row.router}</th>${hasVrf ? html`<td>${row.vrf}</td>` : undefined}<td>${row.protocol}</td><td>${row.neighbour}</td>${PLANES.map((plane) => stateCell(row[plane]))}</tr>`;
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
