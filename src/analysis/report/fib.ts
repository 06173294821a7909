/** What became of the forwarding tables: what each failure, change and commit did to them, and real against shadow. */
import type { Plane } from '../../net/wire.ts';
import type { FibEntry } from '../../world/observation.ts';
import { type CoveredChange, compareFibs } from '../fib-covers.ts';
import { BY_PORT } from '../fib-diff.ts';
import { formatCovers, sidesOf } from '../fib-text.ts';
import { formatCount, formatPlural } from '../format.ts';
import type { Result, StepResult } from '../result.ts';
import { PLANES, type RunView } from '../view.ts';
import { type Html, html } from './escape.ts';

const COMPARISONS = 40;
const ROWS_IN_A_COMPARISON = 60;
/** All tables of the page together: what bounds its size. */
const ROWS = 800;
const PREFIXES_IN_A_ROW = 6;

interface Comparison {
  readonly title: string;
  readonly fromName: string;
  readonly toName: string;
  /** Said beside the title. */
  readonly note?: string;
  readonly routers: readonly { readonly router: string; readonly changes: readonly CoveredChange[] }[];
}

export function fibSection(view: RunView, result: Result): Html | undefined {
  const comparisons = comparisonsOf(view, result);
  if (comparisons.length === 0) return undefined;
  let left = ROWS;
  const cards = comparisons.slice(0, COMPARISONS).map((comparison) => {
    const limit = Math.min(left, ROWS_IN_A_COMPARISON);
    left -= Math.min(limit, rowsOf(comparison));
    return comparisonCard(comparison, limit);
  });
  return html`<section id="fib">
<h2>Forwarding tables</h2>
<p class="lead">What differs, router by router. Destinations that are treated alike stand in one row; “all of” names prefixes in which nothing else has a route. Whole tables are in fibs/.</p>
${cards}
${comparisons.length > COMPARISONS ? html`<p class="more">and ${formatCount(comparisons.length - COMPARISONS)} more in events.jsonl</p>` : undefined}
</section>`;
}

/** Real against shadow before anything is disturbed; from then on each plane against itself, step by step. */
function comparisonsOf(view: RunView, result: Result): readonly Comparison[] {
  const steps = result.steps.filter(
    (step) => step.toNs !== undefined || view.step(step.number) !== undefined,
  );
  const last = steps.at(-1)?.number ?? 0;
  const disturbed = view.disturbedNs === undefined ? last + 1 : view.stepAt(view.disturbedNs);
  const quiet = Math.max(0, disturbed - 1);
  if (!view.network.routers.some((router) => view.fib(quiet, router, 'real') !== undefined)) return [];
  return [
    {
      title: `Real against shadow ${quiet === 0 ? 'at the start' : `after step ${quiet}`}`,
      fromName: 'Real',
      toName: 'Shadow',
      routers: compare(view, [quiet, 'real'], [quiet, 'shadow']),
    },
    ...steps.filter((step) => step.number >= disturbed).flatMap((step) => changesIn(view, step)),
  ];
}

function changesIn(view: RunView, step: StepResult): readonly Comparison[] {
  const before = step.number - 1;
  const swapped = step.commit?.outcome === 'committed' && areSwapped(view, step.number);
  return PLANES.filter((plane) => plane === 'real' || !swapped).flatMap((plane) => {
    const routers = compare(view, [before, plane], [step.number, plane]);
    if (routers.length === 0) return [];
    return [
      {
        title: `Step ${step.number}: ${step.name} (${plane})`,
        fromName: 'Before',
        toName: 'After',
        ...(swapped ? { note: 'real and shadow changed places exactly, on every router' } : {}),
        routers,
      },
    ];
  });
}

/** Does each plane hold, to the last route, what the other one held before the step? */
function areSwapped(view: RunView, step: number): boolean {
  return (
    compare(view, [step - 1, 'real'], [step, 'shadow']).length === 0 &&
    compare(view, [step - 1, 'shadow'], [step, 'real']).length === 0
  );
}

/** A plane's tables at the end of a step. */
type Moment = readonly [step: number, plane: Plane];

function compare(view: RunView, from: Moment, to: Moment): Comparison['routers'] {
  const entriesAt = ([step, plane]: Moment, router: string): readonly FibEntry[] =>
    view.fib(step, router, plane)?.entries ?? [];
  return view.network.routers.flatMap((router) => {
    const [a, b] = [entriesAt(from, router), entriesAt(to, router)];
    const changes = a === b ? [] : compareFibs(a, b);
    return changes.length === 0 ? [] : [{ router, changes }];
  });
}

const rowsOf = (comparison: Comparison): number =>
  comparison.routers.reduce((sum, one) => sum + one.changes.length, 0);

function comparisonCard(comparison: Comparison, limit: number): Html {
  const prefixes = comparison.routers.reduce(
    (sum, one) => sum + one.changes.reduce((inner, change) => inner + change.prefixes.length, 0),
    0,
  );
  if (prefixes === 0) {
    return html`<p class="card"><strong>${comparison.title}</strong> <small>no difference on any router</small></p>`;
  }
  const rows = comparison.routers.flatMap(({ router, changes }) =>
    changes.map((change) => ({ router, change })),
  );
  return html`<details class="card"><summary><strong>${comparison.title}</strong> <small>${formatPlural(prefixes, 'route')} on ${formatPlural(comparison.routers.length, 'router')}${comparison.note === undefined ? '' : `; ${comparison.note}`}</small></summary>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Router</th><th scope="col">Destinations</th><th scope="col">${comparison.fromName}</th><th scope="col">${comparison.toName}</th></tr></thead>
<tbody>${rows.slice(0, limit).map(({ router, change }) => {
    const { from, to } = sidesOf(change, BY_PORT);
    return html`<tr class="${change.change}"><th scope="row">${router}</th><td class="code">${vrfOf(change)}${prefixList(change.prefixes)}${coverLine(change)}</td><td class="code">${from}</td><td class="code">${to}</td></tr>`;
  })}</tbody></table></div>
${rows.length > limit ? html`<p class="more">and ${formatCount(rows.length - limit)} more in events.jsonl</p>` : undefined}</details>`;
}

const vrfOf = ({ vrf }: CoveredChange): Html | undefined =>
  vrf === undefined ? undefined : html`<small>${vrf}</small> `;

function prefixList(prefixes: readonly string[]): string {
  const shown = prefixes.slice(0, PREFIXES_IN_A_ROW).join(', ');
  const rest = prefixes.length - PREFIXES_IN_A_ROW;
  return rest > 0 ? `${shown} and ${formatCount(rest)} more` : shown;
}

/** Where several prefixes lie, where that says more than they do themselves. */
function coverLine(change: CoveredChange): Html | undefined {
  if (change.prefixes.length === 1 || change.covers.length === change.prefixes.length) return undefined;
  return html` <small>all of ${formatCovers({ cover: change.cover, covers: change.covers })}</small>`;
}
