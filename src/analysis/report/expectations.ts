/** Every expectation: what was claimed, what was seen, where it stands in the YAML. */
import type { SourcePlace } from '../expectation.ts';
import { formatCount } from '../format.ts';
import type { Result } from '../result.ts';
import { type Html, html } from './escape.ts';

const ROWS = 500;

/** `file:line`, as editors and terminals make a link of it. */
export function placeOf(place: SourcePlace): string {
  return `${place.file}:${place.line}`;
}

/** A verdict as a small label: a sign and a word, never colour alone. */
export function badge(verdict: string): Html {
  const words: Readonly<Record<string, string>> = {
    pass: '✓ pass',
    fail: '✗ fail',
    error: '! error',
    skipped: '– skipped',
  };
  return html`<span class="tag ${verdict}">${words[verdict] ?? verdict}</span>`;
}

export function expectationsSection(result: Result): Html | undefined {
  const all = result.steps.flatMap((step) => step.expectations.map((one) => ({ step, one })));
  if (all.length === 0) return undefined;
  return html`<section id="expectations">
<h2>Expectations</h2>
<div class="scroll"><table class="stack">
<thead><tr><th scope="col">No.</th><th scope="col">Verdict</th><th scope="col">Expected</th><th scope="col">Seen</th><th scope="col">Where</th></tr></thead>
<tbody>${all
    .slice(0, ROWS)
    .map(
      ({ step, one }) =>
        html`<tr class="${one.verdict}"><th scope="row">${one.id}</th><td class="verdict-cell">${badge(one.verdict)}</td><td class="first"><span><span class="claim">${one.expected}</span> <small>${step.name}</small></span></td><td data-label="Seen">${one.seen === '' ? '–' : one.seen}</td><td class="where" title="${placeOf(one.place)}">${placeOf({ ...one.place, file: one.place.file.replace(/^.*\//, '') })}</td></tr>`,
    )}</tbody></table></div>
${all.length > ROWS ? html`<p class="more">and ${formatCount(all.length - ROWS)} more in result.json</p>` : undefined}
</section>`;
}
