/** The captures of a run: how much is in each file, and where it lies. */
import type { CaptureFact, Fact } from '../facts.ts';
import { formatCount } from '../format.ts';
import { type Html, html } from './escape.ts';

/** As many as an experiment may ask for. */
const ROWS = 100;

export function capturesOf(facts: readonly Fact[]): readonly CaptureFact[] {
  return facts.filter((fact): fact is CaptureFact => fact.fact === 'capture').slice(0, ROWS);
}

export function capturesSection(facts: readonly Fact[]): Html | undefined {
  const captures = capturesOf(facts);
  if (captures.length === 0) return undefined;
  return html`<section id="captures">
<h2>Captures</h2>
<p class="lead">Frames as they arrived at the ends of a link, beside this page. In Wireshark, <code>mpls.label &gt;= 0xf0000</code> shows what carries a label of shadowlab’s.</p>
<div class="card scroll" tabindex="0"><table><thead><tr><th scope="col">Link</th><th scope="col" class="figure">Frames</th><th scope="col" class="figure">Not kept</th><th scope="col">File</th></tr></thead>
<tbody>${captures.map(
    ({ link, packets, dropped, file }) =>
      html`<tr><th scope="row">${link}</th><td class="figure">${formatCount(packets)}</td><td class="figure">${formatCount(dropped)}</td><td><a href="${addressOf(file)}">${file}</a></td></tr>`,
  )}</tbody></table></div>
</section>`;
}

/** A file's name has escapes of its own, which are part of it. */
function addressOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}
