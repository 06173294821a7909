/** External peers: by which of them traffic left, in each plane, and their sessions at the end of the run. */
import type { Fact, PeerFact } from '../facts.ts';
import { formatCount, formatShare } from '../format.ts';
import type { ExitSummary, Result, StepResult } from '../result.ts';
import { PLANES } from '../view.ts';
import { type Html, html } from './escape.ts';

const ROWS = 200;
/** More are told in a table that is folded. */
const OPEN_ROWS = 24;
const SESSIONS = 100;

export function exitsSection(facts: readonly Fact[], result: Result): Html | undefined {
  const sessions = sessionsOf(facts);
  const flows = new Set(result.steps.flatMap(({ exits = [] }) => exits.map(({ flow }) => flow)));
  if (flows.size === 0 && sessions.length === 0) return undefined;
  const totals = result.steps.flatMap((step) => totalsOf(step).map((exits) => ({ step, exits })));
  const each = result.steps.flatMap((step) => (step.exits ?? []).map((exits) => ({ step, exits })));
  return html`<section id="exits">
<h2>External peers</h2>
${exitTable('Where traffic left the network', totals, false)}${flows.size > 1 ? exitTable('Where each flow left', each, true) : undefined}${sessionTable(sessions, routersOf(facts))}
</section>`;
}

/** The names of routers by the addresses of their ports. */
function routersOf(facts: readonly Fact[]): ReadonlyMap<string, string> {
  const start = facts.find((fact) => fact.fact === 'run-started');
  const routers = new Set(start?.nodes.flatMap(({ name, kind }) => (kind === 'router' ? [name] : [])));
  const ends = (start?.links ?? []).flatMap((link) => link.ends);
  return new Map(
    ends.flatMap(({ node, address }) =>
      routers.has(node) && address !== undefined ? [[address.split('/')[0], node] as const] : [],
    ),
  );
}

interface Row {
  readonly step: StepResult;
  readonly exits: ExitSummary;
}

/** Of all flows of a step together, by plane. */
export function totalsOf({ exits = [] }: StepResult): readonly ExitSummary[] {
  return PLANES.flatMap((plane) => {
    const own = exits.filter((one) => one.plane === plane);
    const [first] = own;
    if (first === undefined) return [];
    const sum = (of: (one: ExitSummary) => number): number => own.reduce((total, one) => total + of(one), 0);
    const by = first.by.map(({ exit }, index) => ({
      exit,
      packets: sum((one) => one.by[index]?.packets ?? 0),
    }));
    return [{ flow: '', plane, to: '', sent: sum(({ sent }) => sent), by }];
  });
}

/** What neither arrived at one exit nor at another. */
export function lostOf({ sent, by }: ExitSummary): number {
  return sent - by.reduce((total, { packets }) => total + packets, 0);
}

function exitTable(title: string, rows: readonly Row[], named: boolean): Html | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const exits = first.exits.by.map(({ exit }) => exit);
  return html`<details class="card"${rows.length <= OPEN_ROWS ? html` open` : undefined}><summary>${title}</summary>
<div class="scroll" tabindex="0"><table class="exits"><thead><tr><th scope="col">Step</th>${named ? html`<th scope="col">Flow</th>` : undefined}<th scope="col">Plane</th>${exits.map((exit) => html`<th scope="col">${exit}</th>`)}<th scope="col" class="figure">Lost</th></tr></thead>
<tbody>${rows.slice(0, ROWS).map(({ step, exits: one }, index) => {
    const before = rows[index - 1];
    const isNew = before?.step !== step;
    const lost = lostOf(one);
    return html`<tr${isNew ? undefined : html` class="same"`}><th scope="row" class="name">${isNew ? html`<span class="number">${step.number}</span>${step.name}` : undefined}</th>${
      named
        ? html`<td class="name">${isNew || before?.exits.flow !== one.flow ? html`${one.flow} <small>to ${one.to}</small>` : undefined}</td>`
        : undefined
    }<td><span class="plane ${one.plane}">${one.plane}</span></td>${one.by.map(({ packets }) => share(packets, one))}<td class="figure${lost > 0 && one.plane === 'real' ? ' bad' : ''}">${formatCount(lost)}</td></tr>`;
  })}</tbody></table></div>
${rows.length > ROWS ? html`<p class="more">and ${formatCount(rows.length - ROWS)} more in result.json</p>` : undefined}</details>`;
}

function share(packets: number, { sent, plane }: ExitSummary): Html {
  if (packets === 0) return html`<td class="exit none">–</td>`;
  const width = (100 * packets) / Math.max(1, sent);
  return html`<td class="exit">${formatShare(packets, sent)} <small>${formatCount(packets)}</small><span class="bar" aria-hidden="true"><i class="${plane}" style="left:0;width:${width.toFixed(1)}%"></i></span></td>`;
}

/** The last that was recorded of each peer. */
function sessionsOf(facts: readonly Fact[]): readonly PeerFact[] {
  const last = new Map<string, PeerFact>();
  for (const fact of facts) if (fact.fact === 'peer') last.set(fact.peer, fact);
  return [...last.values()];
}

function sessionTable(peers: readonly PeerFact[], routers: ReadonlyMap<string, string>): Html | undefined {
  const rows = peers.flatMap(({ peer, as, sessions }): readonly Html[] => {
    const name = html`<th scope="row" class="name">${peer}</th><td class="figure">${as}</td>`;
    if (sessions.length === 0)
      return [html`<tr>${name}<td colspan="7" class="bad">no router has a session with it</td></tr>`];
    return sessions.map(
      ({ router, plane, state, announced, changes, received, lastPath }) =>
        html`<tr>${name}<td>${routers.has(router) ? `${routers.get(router)} (${router})` : router}</td><td><span class="plane ${plane}">${plane}</span></td><td${state === 'established' ? undefined : html` class="bad"`}>${state}</td><td class="figure">${formatCount(announced)}</td><td class="figure">${formatCount(changes)}</td><td class="figure">${formatCount(received)}</td><td class="code">${lastPath.join(' ')}</td></tr>`,
    );
  });
  if (rows.length === 0) return undefined;
  return html`<details class="card"${rows.length <= OPEN_ROWS ? html` open` : undefined}><summary>Sessions at the end of the run</summary>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Peer</th><th scope="col" class="figure">AS</th><th scope="col">Router</th><th scope="col">Plane</th><th scope="col">Session</th><th scope="col" class="figure">Announced</th><th scope="col" class="figure">Updates</th><th scope="col" class="figure">Received</th><th scope="col">Last path received</th></tr></thead>
<tbody>${rows.slice(0, SESSIONS)}</tbody></table></div>
${rows.length > SESSIONS ? html`<p class="more">and ${formatCount(rows.length - SESSIONS)} more in events.jsonl</p>` : undefined}</details>`;
}
