/** What became of the forwarding tables: what each failure, change and commit did to them, and real against shadow. */
import type { Plane } from '../../net/wire.ts';
import type { FibEntry } from '../../world/observation.ts';
import type { Fact, FibSnapshot } from '../facts.ts';
import { diffFibs, type FibChange, formatNextHops, groupDifferences } from '../fib.ts';
import { formatCount, formatPlural } from '../format.ts';
import type { Result } from '../result.ts';
import { type Html, html } from './escape.ts';

const COMPARISONS = 40;
const ROWS_IN_A_COMPARISON = 60;
/** All tables of the page together: what bounds its size. */
const ROWS = 800;
const PREFIXES_IN_A_ROW = 6;

/** The tables of one plane at one moment, by router. */
type Tables = ReadonlyMap<string, readonly FibEntry[]>;

interface Comparison {
  readonly title: string;
  readonly fromName: string;
  readonly toName: string;
  readonly routers: readonly { readonly router: string; readonly changes: readonly FibChange[] }[];
}

export function fibSection(facts: readonly Fact[], result: Result): Html | undefined {
  const snapshots = facts.filter((fact): fact is FibSnapshot => fact.fact === 'fib');
  if (snapshots.length === 0) return undefined;
  const comparisons = comparisonsOf(snapshots, result);
  let left = ROWS;
  const cards = comparisons.slice(0, COMPARISONS).map((comparison) => {
    const limit = Math.min(left, ROWS_IN_A_COMPARISON);
    left -= Math.min(limit, rowsOf(comparison));
    return comparisonCard(comparison, limit);
  });
  return html`<section id="fib">
<h2>Forwarding tables</h2>
<p class="lead">Destinations that are treated alike stand in one row. Whole tables are in fibs/.</p>
${cards}
${comparisons.length > COMPARISONS ? html`<p class="more">and ${formatCount(comparisons.length - COMPARISONS)} more in events.jsonl</p>` : undefined}
</section>`;
}

/** Real against shadow at first; then, step by step, each plane against itself before, and again real against shadow after commits. */
function comparisonsOf(snapshots: readonly FibSnapshot[], result: Result): readonly Comparison[] {
  const now: Record<Plane, Map<string, readonly FibEntry[]>> = { real: new Map(), shadow: new Map() };
  const comparisons: Comparison[] = [];
  const bySteps = Map.groupBy(snapshots, (one) => one.step);
  const steps = [...bySteps.keys()].sort((a, b) => a - b);
  let compared = false;
  for (const number of steps) {
    const before: Record<Plane, Tables> = { real: new Map(now.real), shadow: new Map(now.shadow) };
    for (const one of bySteps.get(number) ?? []) now[one.plane].set(one.router, one.entries);
    const step = result.steps.find((one) => one.number === number);
    const name = step === undefined ? 'At the start' : `Step ${number}: ${step.name}`;
    for (const plane of ['real', 'shadow'] as const) {
      if (before[plane].size === 0) continue;
      const routers = diffTables(before[plane], now[plane]);
      if (routers.length > 0) {
        comparisons.push({ title: `${name} (${plane})`, fromName: 'Before', toName: 'After', routers });
      }
    }
    if (now.real.size === 0 || now.shadow.size === 0) continue;
    if (!compared || step?.commit !== undefined) {
      const title = compared
        ? `${name}: real against shadow`
        : `Real against shadow, ${step === undefined ? 'before the first step' : `after step ${number}`}`;
      comparisons.push({
        title,
        fromName: 'Real',
        toName: 'Shadow',
        routers: diffTables(now.real, now.shadow),
      });
      compared = true;
    }
  }
  return comparisons;
}

function diffTables(from: Tables, to: Tables): Comparison['routers'] {
  const routers = [...new Set([...from.keys(), ...to.keys()])].sort();
  return routers.flatMap((router) => {
    const changes = groupDifferences(diffFibs(from.get(router) ?? [], to.get(router) ?? []));
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
    return html`<p class="card even"><strong>${comparison.title}</strong> <small>no difference on any router</small></p>`;
  }
  const rows = comparison.routers.flatMap(({ router, changes }) =>
    changes.map((change) => ({ router, change })),
  );
  return html`<details class="card"><summary><strong>${comparison.title}</strong> <small>${formatPlural(prefixes, 'route')} on ${formatPlural(comparison.routers.length, 'router')}</small></summary>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Router</th><th scope="col">Destinations</th><th scope="col">${comparison.fromName}</th><th scope="col">${comparison.toName}</th></tr></thead>
<tbody>${rows
    .slice(0, limit)
    .map(
      ({ router, change }) =>
        html`<tr class="${change.change}"><th scope="row">${router}</th><td class="code">${prefixList(change.prefixes)}</td><td class="code">${formatNextHops(change.from)}</td><td class="code">${formatNextHops(change.to)}</td></tr>`,
    )}</tbody></table></div>
${rows.length > limit ? html`<p class="more">and ${formatCount(rows.length - limit)} more in events.jsonl</p>` : undefined}</details>`;
}

function prefixList(prefixes: readonly string[]): string {
  const shown = prefixes.slice(0, PREFIXES_IN_A_ROW).join(', ');
  const rest = prefixes.length - PREFIXES_IN_A_ROW;
  return rest > 0 ? `${shown} and ${formatCount(rest)} more` : shown;
}
