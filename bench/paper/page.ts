/** The page of one experiment: claim, figures beside their goals, plots, how it was measured. */
import { html, trusted } from '../../src/analysis/report/escape.ts';
import { STYLE } from '../../src/analysis/report/style.ts';
import { figureCells } from '../figure.ts';
import type { PaperExperiment, PaperOutcome } from './paper.ts';

export function page(
  { name, title, claim }: PaperExperiment,
  { figures, method }: PaperOutcome,
  svgs: readonly string[],
): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} (shadowlab)</title>
<style>${STYLE}</style>
</head>
<body>
<div class="page">
<h1>${title}</h1>
<p>${claim}</p>
<table>
<thead><tr><th>measured</th><th></th><th>goal</th><th>met</th></tr></thead>
<tbody>${figures.map((figure) => html`<tr>${figureCells(figure).map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table>
${svgs.map((svg) => html`<figure>${trusted(svg)}</figure>`)}
<h2>How</h2>
<ul>${method.map((line) => html`<li>${line}</li>`)}</ul>
<footer>Made again by <code>npm run paper -- --only ${name}</code>.</footer>
</div>
</body>
</html>
`.toString();
}
