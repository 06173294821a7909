/** Each commit and rollback, phase by phase and router by router: when it was asked, when it confirmed. */
import type { CommitOutcome, CommitPhase, CommitProgress, Fact } from '../facts.ts';
import { formatCount, formatPlural, formatTime } from '../format.ts';
import { type Html, html } from './escape.ts';

const COMMITS = 8;
const ROUTERS = 40;
const PHASES: readonly CommitPhase[] = ['prepare', 'mark', 'swap', 'settle', 'unmark', 'abort'];

const MEANINGS: Readonly<Record<CommitPhase | 'drain', string>> = {
  prepare: 'tags are handed out',
  mark: 'packets carry the old tag',
  swap: 'planes are swapped',
  drain: 'packets in flight arrive',
  settle: 'all have swapped, and stay so',
  unmark: 'tags are removed',
  abort: 'back to the old configuration',
};

export function commitSection(facts: readonly Fact[]): Html | undefined {
  const commits = facts.filter((fact): fact is CommitOutcome => fact.fact === 'commit');
  if (commits.length === 0) return undefined;
  return html`<section id="commit">
<h2>Commitment</h2>
<p class="lead">Each phase begins when every router has confirmed the one before; every packet is forwarded by one configuration from end to end.</p>
${commits.slice(0, COMMITS).map((commit, i) => commitCard(facts, commit, i === 0))}
${commits.length > COMMITS ? html`<p class="more">and ${formatCount(commits.length - COMMITS)} more in events.jsonl</p>` : undefined}
</section>`;
}

function commitCard(facts: readonly Fact[], commit: CommitOutcome, first: boolean): Html {
  const answers = facts.filter(
    (fact): fact is CommitProgress =>
      fact.fact === 'commit-progress' && fact.step === commit.step && fact.kind === commit.kind,
  );
  const end = Math.max(commit.startedNs, ...commit.phases.map((phase) => phase.toNs));
  const good = commit.outcome === 'committed';
  return html`<div class="card commit"><h3><span class="number">${commit.step}</span>${commit.kind} <span class="tag ${good ? 'pass' : 'fail'}">${good ? '✓' : '✗'} ${commit.outcome}</span> <small>tag ${commit.oldTag} to ${commit.newTag}, in ${formatTime(end - commit.startedNs)}</small></h3>
${commit.reason === undefined ? undefined : html`<p class="message">${commit.reason}</p>`}
<ol class="phases">${commit.phases.map(
    (phase) =>
      html`<li class="${phase.phase}" style="flex-grow:${Math.max(1, Math.round(Math.sqrt(phase.toNs - phase.fromNs) / 1000))}"><strong>${phase.phase}</strong> <span>${formatTime(phase.toNs - phase.fromNs)}</span><small>${MEANINGS[phase.phase]}</small></li>`,
  )}</ol>
${answers.length === 0 ? undefined : answerTable(commit, answers, first)}
</div>`;
}

/** A row a router, a column a phase; the bar shows when within the phase the router was asked and answered. */
function answerTable(commit: CommitOutcome, answers: readonly CommitProgress[], first: boolean): Html {
  const phases = PHASES.filter((phase) => answers.some((one) => one.phase === phase));
  const byRouter = Map.groupBy(answers, (one) => one.router);
  const trouble = (router: string): number =>
    byRouter.get(router)?.some((one) => one.outcome !== 'confirmed') === true ? 0 : 1;
  const routers = [...byRouter.keys()].sort((a, b) => trouble(a) - trouble(b) || (a < b ? -1 : 1));
  const bad = answers.filter((one) => one.outcome !== 'confirmed').length;
  const told = `${formatPlural(routers.length, 'router')}${bad === 0 ? ', every phase confirmed by all' : `, ${formatPlural(bad, 'answer')} missing or refused`}`;
  return html`<details${first || bad > 0 ? html` open` : undefined}><summary>Router by router <small>${told}</small></summary>
<div class="scroll" tabindex="0"><table class="gantt"><thead><tr><th scope="col">Router</th>${phases.map((phase) => html`<th scope="col">${phase}</th>`)}</tr></thead>
<tbody>${routers.slice(0, ROUTERS).map(
    (router) =>
      html`<tr><th scope="row">${router}</th>${phases.map((phase) =>
        cellOf(
          commit,
          byRouter.get(router)?.findLast((one) => one.phase === phase),
        ),
      )}</tr>`,
  )}</tbody></table></div>
${routers.length > ROUTERS ? html`<p class="more">and ${formatCount(routers.length - ROUTERS)} more in events.jsonl</p>` : undefined}</details>`;
}

function cellOf(commit: CommitOutcome, answer: CommitProgress | undefined): Html {
  if (answer === undefined) return html`<td><small>–</small></td>`;
  const phase = commit.phases.find((one) => one.phase === answer.phase);
  const from = phase?.fromNs ?? answer.sentNs;
  const length = Math.max(1, (phase?.toNs ?? answer.t) - from);
  const left = Math.min(98, Math.max(0, ((answer.sentNs - from) / length) * 100));
  const width = Math.min(100 - left, Math.max(2, ((answer.t - answer.sentNs) / length) * 100));
  const words =
    answer.outcome === 'confirmed'
      ? formatTime(answer.t - answer.sentNs)
      : answer.outcome === 'refused'
        ? '✗ refused'
        : '✗ no answer';
  return html`<td class="${answer.outcome}"><span class="answer"><span class="bar" aria-hidden="true"><i class="${answer.outcome === 'confirmed' ? answer.phase : 'fail'}" style="left:${left.toFixed(1)}%;width:${width.toFixed(1)}%"></i></span><span class="words">${words}</span></span>${answer.reason === undefined ? undefined : html`<small>${answer.reason}</small>`}</td>`;
}
