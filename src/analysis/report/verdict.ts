/** The first screen: what the verdict is, what was tried, what failed and why. */

import type { RunStarted } from '../facts.ts';
import { formatCount, formatList, formatPlural, formatTime } from '../format.ts';
import type { ExpectationResult, Hint, Result, StepResult } from '../result.ts';
import { type Html, html } from './escape.ts';
import { placeOf } from './expectations.ts';

const CARDS = 10;
const CLAIMS = 8;
const HINTS = 8;

/** `Passed`, `Passed in part` (steps were left out), `Failed`, `Error` or `Interrupted`, as a headline. */
export function headline(result: Result): string {
  if (result.ended === 'interrupted') return 'Interrupted';
  switch (result.verdict) {
    case 'pass':
      return result.counts.skipped > 0 ? 'Passed in part' : 'Passed';
    case 'fail':
      return 'Failed';
    case 'error':
      return 'Error';
  }
}

/** One sentence under the headline, the same in HTML and Markdown. */
export function summaryOf(result: Result): string {
  const { passed, failed, errors, skipped } = result.counts;
  const total = passed + failed + errors + skipped;
  const rest = [
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(errors > 0 ? [`${formatCount(errors)} could not be judged`] : []),
    ...(skipped > 0 ? [`${formatCount(skipped)} not reached`] : []),
  ];
  const held =
    total > 0 && passed === total
      ? `${total === 1 ? 'The expectation' : `All ${formatCount(total)} expectations`} held`
      : `${formatCount(passed)} of ${formatPlural(total, 'expectation')} held`;
  return `${[held, ...rest].join(', ')}.`;
}

/** What the run did, in one line, as far as it came: configurations changed, failures, probes, commits. */
export function triedOf(result: Result, changedRouters: readonly string[]): readonly string[] {
  const count = (action: string): number =>
    result.steps
      .filter((step) => step.verdict !== 'skipped')
      .reduce((sum, step) => sum + step.actions.filter((one) => one === action).length, 0);
  const did = (action: string, noun: string): readonly string[] =>
    count(action) === 0 ? [] : [formatPlural(count(action), noun)];
  return [
    ...(changedRouters.length === 0 ? [] : [`configuration changed on ${formatList(changedRouters, 4)}`]),
    ...did('fail', 'failure'),
    ...did('probe', 'probe'),
    ...did('commit', 'commit'),
    ...did('rollback', 'rollback'),
  ];
}

/** The top of the page. */
export function verdictSection(
  result: Result,
  start: RunStarted | undefined,
  changedRouters: readonly string[],
): Html {
  const tried = triedOf(result, changedRouters);
  return html`<header class="verdict ${result.verdict}${result.ended === 'interrupted' ? ' interrupted' : ''}" id="verdict">
<p class="brand">shadowlab <span>report</span></p>
<h1>${result.experiment}</h1>
<p class="headline"><span class="badge ${result.verdict}">${headline(result)}</span> <span>${summaryOf(result)}</span></p>
${result.description.trim() === '' ? undefined : html`<p class="description">${result.description.trim()}</p>`}
${tried.length === 0 ? undefined : html`<p class="tried"><strong>Tried:</strong> ${tried.join(', ')}.</p>`}
${(result.notices ?? []).map((notice) => html`<p class="tried"><strong>Note:</strong> ${notice}.</p>`)}
${figures(result)}
<p class="meta">${start === undefined ? undefined : html`<span>${formatPlural(start.nodes.filter((node) => node.kind === 'router').length, 'router')}</span>`}<span>${formatTime(result.durationNs)} of lab time</span><span>backend ${result.backend}</span><span>seed ${result.seed}</span><span class="path-name">${result.file}</span></p>
</header>
${whyNot(result)}`;
}

/** The few numbers that a decision hangs on. */
function figures(result: Result): Html {
  const real = result.steps.flatMap((step) => step.traffic.filter((one) => one.plane === 'real'));
  const sum = (of: 'sent' | 'lost' | 'mixed' | 'traced'): number =>
    real.reduce((total, one) => total + one[of], 0);
  const commits = result.steps.flatMap((step) => (step.commit === undefined ? [] : [step.commit]));
  const last = commits.find((commit) => commit.kind === 'commit') ?? commits[0];
  const { passed, failed, errors, skipped } = result.counts;
  return html`<dl class="figures">
<div><dt>expectations held</dt><dd>${formatCount(passed)}<small> of ${formatCount(passed + failed + errors + skipped)}</small></dd></div>
${sum('sent') === 0 ? undefined : html`<div><dt>real packets lost</dt><dd>${formatCount(sum('lost'))}<small> of ${formatCount(sum('sent'))}</small></dd></div>`}
${sum('traced') === 0 ? undefined : html`<div><dt>real packets mixed</dt><dd>${formatCount(sum('mixed'))}<small> of ${formatCount(sum('traced'))} traced</small></dd></div>`}
${last === undefined ? undefined : html`<div><dt>${last.kind}</dt><dd>${last.outcome}<small> in ${formatTime(last.durationNs)}</small></dd></div>`}
</dl>`;
}

/** What went wrong, first things first, a card a step; nothing where all is well. */
function whyNot(result: Result): Html | undefined {
  const runError = errorOfRun(result);
  const steps = result.steps.filter((step) => step.error !== undefined || failedIn(step).length > 0);
  const cards = [
    ...(result.ended === 'interrupted' ? [interruption(result)] : []),
    ...(runError !== undefined
      ? [
          html`<article class="card why error"><h3>The lab could not go on</h3><p class="message">${runError}</p></article>`,
        ]
      : []),
    ...steps.slice(0, CARDS).map(stepCard),
  ];
  if (cards.length === 0) return undefined;
  return html`<section id="why"><h2>${result.counts.failed > 0 ? 'What failed, and why' : 'What happened'}</h2>
${cards}
${steps.length > CARDS ? html`<p class="more">and ${formatPlural(steps.length - CARDS, 'step')} more, see <a href="#expectations">Expectations</a></p>` : undefined}
</section>`;
}

/** The error that ended the run, where no step has told it already. */
export function errorOfRun({ error, steps }: Result): string | undefined {
  const told = steps.some((step) => step.error !== undefined && error?.includes(step.error));
  return told ? undefined : error;
}

/** Expectations that did not hold; in a step that went through, also those that nothing could be said about. */
const failedIn = (step: StepResult): readonly ExpectationResult[] =>
  step.expectations.filter(
    (one) => one.verdict === 'fail' || (one.verdict === 'error' && step.error === undefined),
  );

function interruption(result: Result): Html {
  const reached = result.steps.findLast((step) => step.fromNs !== undefined);
  const where =
    reached === undefined
      ? 'No step had begun.'
      : html`It ended in step ${reached.number}, “${reached.name}”, after ${formatTime(result.durationNs)} of lab time. What is shown below was recorded until then.`;
  return html`<article class="card why error"><h3>The run was interrupted</h3><p>${where}</p></article>`;
}

/** Why a step is not passed: the lab's error, expectations that did not hold, and what to look at next. */
function stepCard(step: StepResult): Html {
  const failed = failedIn(step);
  // Expectations that fail for the same reason tell it once.
  const hints = [
    ...new Map(failed.flatMap((one) => one.hints).map((hint) => [JSON.stringify(hint), hint])).values(),
  ];
  return html`<article class="card why ${step.verdict}"><h3><span class="number">${step.number}</span>${step.name}</h3>
${step.error === undefined ? undefined : html`<p class="message">${step.error}</p><p class="where">${placeOf(step.place)}</p>`}
${failed
  .slice(0, CLAIMS)
  .map(
    (one) =>
      html`<dl class="compare"><div><dt>Expected</dt><dd>${one.expected} <small class="where">${placeOf(one.place)}</small></dd></div><div><dt>Seen</dt><dd>${one.seen}</dd></div></dl>`,
  )}
${failed.length > CLAIMS ? html`<p class="more">and ${formatCount(failed.length - CLAIMS)} more, see <a href="#expectations">Expectations</a></p>` : undefined}
${hintList(hints)}</article>`;
}

/** The router to name in front of a hint: none where its words name it already. */
export function leadOf(hint: Hint): string | undefined {
  return hint.router === undefined || hint.text.includes(hint.router) ? undefined : hint.router;
}

/** What to look at next, with the router and the line of its configuration. */
function hintList(hints: readonly Hint[]): Html | undefined {
  if (hints.length === 0) return undefined;
  return html`<div class="hints"><h4>Look at next</h4><ul>${hints
    .slice(0, HINTS)
    .map(
      (hint) =>
        html`<li>${leadOf(hint) === undefined ? undefined : html`<strong>${leadOf(hint)}</strong>: `}${hint.text}${
          hint.config === undefined
            ? undefined
            : html`<pre class="line"><span class="file">${hint.config.file}:${hint.config.line}</span>${hint.config.text}</pre>`
        }</li>`,
    )}${hints.length > HINTS ? html`<li class="more">and ${formatCount(hints.length - HINTS)} more in result.json</li>` : undefined}</ul></div>`;
}
