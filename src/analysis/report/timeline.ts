/** Steps in the lab's time, each with its verdict and what happened in it. */
import type { Fact } from '../facts.ts';
import { formatCount, formatTime } from '../format.ts';
import type { Result, StepResult } from '../result.ts';
import { type Html, html } from './escape.ts';
import { badge } from './expectations.ts';

const STEPS = 200;
const EVENTS = 12;

/** Where the clock showed what: the start of a step in a run of `totalNs`, as a share of the bar in percent. */
function bar(step: StepResult, totalNs: number): Html | undefined {
  if (step.fromNs === undefined || totalNs === 0) return undefined;
  const left = Math.min(99.4, (step.fromNs / totalNs) * 100);
  const width = Math.max(0.6, (((step.toNs ?? totalNs) - step.fromNs) / totalNs) * 100);
  return html`<span class="bar" aria-hidden="true"><i class="${step.verdict}" style="left:${left.toFixed(2)}%;width:${Math.min(width, 100 - left).toFixed(2)}%"></i></span>`;
}

export function timelineSection(facts: readonly Fact[], result: Result): Html | undefined {
  if (result.steps.length === 0) return undefined;
  return html`<section id="timeline">
<h2>Steps</h2>
<div class="scroll"><table class="stack timeline">
<thead><tr><th scope="col">No.</th><th scope="col">Step</th><th scope="col">Verdict</th><th scope="col" class="figure">Begins</th><th scope="col" class="figure">Takes</th><th scope="col">${formatTime(result.durationNs)} of lab time</th></tr></thead>
<tbody>${result.steps.slice(0, STEPS).map((step) => {
    const takes = step.fromNs === undefined || step.toNs === undefined ? undefined : step.toNs - step.fromNs;
    return html`<tr class="${step.verdict}"><th scope="row">${step.number}</th><td class="first"><span>${step.name}${step.actions.length > 0 && step.actions.join(', ') !== step.name ? html` <small>${step.actions.join(', ')}</small>` : undefined}${eventList(facts, step, result.steps)}${step.error === undefined ? undefined : html`<small class="message">${step.error}</small>`}</span></td><td class="verdict-cell">${badge(step.verdict)}</td><td class="figure" data-label="Begins">${step.fromNs === undefined ? '–' : formatTime(step.fromNs)}</td><td class="figure" data-label="Takes">${takes === undefined ? '–' : formatTime(takes)}</td><td class="bar-cell">${bar(step, result.durationNs)}</td></tr>`;
  })}</tbody></table></div>
${result.steps.length > STEPS ? html`<p class="more">and ${formatCount(result.steps.length - STEPS)} more in result.json</p>` : undefined}
</section>`;
}

/** Failures, restorations, changes and warnings of the step, in the order they happened. */
function eventList(facts: readonly Fact[], step: StepResult, steps: readonly StepResult[]): Html | undefined {
  const events = facts.flatMap((fact): readonly Html[] => {
    if (fact.fact === 'failed' || fact.fact === 'restored') {
      return fact.step === step.number
        ? [
            html`${formatTime(fact.t)}: ${fact.target} ${fact.fact} in ${fact.plane === 'both' ? 'both planes' : fact.plane}`,
          ]
        : [];
    }
    if (fact.fact === 'config-changed') {
      return fact.step === step.number
        ? [html`${formatTime(fact.t)}: ${fact.router} ${fact.plane} changed`]
        : [];
    }
    if (fact.fact === 'log' && fact.level !== 'info' && inStep(fact.t, step)) {
      return [html`${formatTime(fact.t)}: ${fact.source}: ${fact.text}`];
    }
    // Noticed when the step is over, by asking what it came to.
    if (fact.fact === 'silent' && steps.findLast(({ fromNs = fact.t + 1 }) => fromNs <= fact.t) === step) {
      return [html`${formatTime(fact.t)}: ${fact.router} does not answer its management`];
    }
    return [];
  });
  if (events.length === 0) return undefined;
  return html`<ul class="events">${events.slice(0, EVENTS).map((event) => html`<li>${event}</li>`)}${events.length > EVENTS ? html`<li class="more">and ${formatCount(events.length - EVENTS)} more in events.jsonl</li>` : undefined}</ul>`;
}

const inStep = (t: number, step: StepResult): boolean =>
  step.fromNs !== undefined && t >= step.fromNs && t < (step.toNs ?? Number.POSITIVE_INFINITY);
