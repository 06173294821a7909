/** What the change is: each router's lines that differ, as recorded when the run began or a step changed them. */
import type { Plane } from '../../net/wire.ts';
import type { Fact, RunStarted } from '../facts.ts';
import { formatCount, formatPlural } from '../format.ts';
import { type Html, html } from './escape.ts';

const ROUTERS = 60;
const LINES = 200;
/** So many are unfolded from the start. */
const UNFOLDED = 6;

interface Change {
  readonly router: string;
  readonly plane: Plane;
  /** 0: before the first step. */
  readonly step: number;
  readonly diff: string;
}

/** All changes of configurations, in order: the shadow's from the start, then those of steps. */
export function changesOf(facts: readonly Fact[], start: RunStarted | undefined): readonly Change[] {
  const first = (start?.configs ?? [])
    .filter((config) => config.diff.trim() !== '')
    .map((config): Change => ({ router: config.router, plane: 'shadow', step: 0, diff: config.diff }));
  const later = facts.flatMap((fact): readonly Change[] =>
    fact.fact === 'config-changed'
      ? [{ router: fact.router, plane: fact.plane, step: fact.step, diff: fact.diff }]
      : [],
  );
  return [...first, ...later];
}

export function configurationSection(changes: readonly Change[]): Html {
  const routers = new Set(changes.map((change) => change.router)).size;
  return html`<section id="configuration">
<h2>Configuration change</h2>
${
  changes.length === 0
    ? html`<p class="lead">Real and shadow are the same on every router.</p>`
    : html`<p class="lead">${changes.every((change) => change.step === 0) ? `${formatPlural(routers, 'router')} ${routers === 1 ? 'differs' : 'differ'}; all others are the same in both planes.` : `${formatPlural(routers, 'router')} ${routers === 1 ? 'changes' : 'change'} in the course of the run.`} Whole configurations are in configs/.</p>
<div class="diffs">${changes.slice(0, ROUTERS).map(changeOf)}</div>
${changes.length > ROUTERS ? html`<p class="more">and ${formatCount(changes.length - ROUTERS)} more in events.jsonl</p>` : undefined}`
}
</section>`;
}

function changeOf(change: Change, index: number): Html {
  const lines = change.diff.replace(/\n+$/, '').split('\n');
  const added = lines.filter((line) => line.startsWith('+')).length;
  const removed = lines.filter((line) => line.startsWith('-')).length;
  const when = change.step === 0 ? 'shadow against real' : `${change.plane}, changed in step ${change.step}`;
  return html`<details class="card diff"${index < UNFOLDED ? html` open` : undefined}>
<summary><strong>${change.router}</strong> <small>${when}</small> <span class="counts"><ins>+${added}</ins> <del>−${removed}</del></span></summary>
<pre class="scroll" tabindex="0">${lines.slice(0, LINES).map(lineOf)}${lines.length > LINES ? html`<span class="more">and ${formatCount(lines.length - LINES)} more lines</span>` : undefined}</pre>
</details>`;
}

function lineOf(line: string): Html {
  if (line.startsWith('+')) return html`<ins>${line}</ins>`;
  if (line.startsWith('-')) return html`<del>${line}</del>`;
  return html`<span>${line === '' ? ' ' : line}</span>`;
}
