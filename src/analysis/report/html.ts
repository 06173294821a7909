/**
 * The report for people: one page that holds all it needs, opens from disk and asks for nothing, neither network nor
 * script (its content security policy refuses both). What is recorded goes in, text comes out; each section is a
 * function of the facts and the result in a file of its own. Whatever the user named is escaped by the `html` tag.
 * Every list is bounded and says how much more there is, so that a run of any size gives a page that opens.
 */
import type { Fact } from '../facts.ts';
import type { Result } from '../result.ts';
import { type RunView, viewOf } from '../view.ts';
import { capturesSection } from './captures.ts';
import { commitSection } from './commit.ts';
import { changesOf, configurationSection } from './configuration.ts';
import { type Html, html, trusted } from './escape.ts';
import { exitsSection } from './exits.ts';
import { expectationsSection } from './expectations.ts';
import { fibSection } from './fib.ts';
import { neighboursSection } from './neighbours.ts';
import { programsSection } from './programs.ts';
import { STYLE } from './style.ts';
import { timelineSection } from './timeline.ts';
import { topologySection } from './topology.ts';
import { trafficSection } from './traffic.ts';
import { headline, verdictSection } from './verdict.ts';

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The page as text; the same facts and result give the same text. `view`: the facts' index, where there is one already. */
export async function htmlReport(
  facts: readonly Fact[],
  result: Result,
  view: RunView | undefined = facts[0]?.fact === 'run-started' ? viewOf(facts) : undefined,
): Promise<string> {
  const start = view?.start;
  const changes = changesOf(facts, start);
  const changed = new Set(changes.map((change) => change.router));
  const sections: readonly (readonly [id: string, name: string, section: Html | undefined])[] = [
    ['topology', 'Paths', view && (await topologySection(view, result, changed))],
    ['configuration', 'Configuration', start && configurationSection(changes)],
    ['timeline', 'Steps', timelineSection(facts, result)],
    ['expectations', 'Expectations', expectationsSection(result)],
    ['traffic', 'Traffic', await trafficSection(facts, result)],
    ['exits', 'External peers', exitsSection(facts, result)],
    ['neighbours', 'Neighbours', view && neighboursSection(view, result)],
    ['programs', 'Hosts’ programs', programsSection(result)],
    ['commit', 'Commitment', commitSection(facts)],
    ['fib', 'Forwarding tables', view && fibSection(view, result)],
    ['captures', 'Captures', capturesSection(facts)],
  ];
  const shown = sections.filter(([, , section]) => section !== undefined);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="shadowlab ${result.version}">
<title>${headline(result)}: ${result.experiment} (shadowlab)</title>
<style>${STYLE}</style>
</head>
<body>
<div class="page">
${verdictSection(result, start, [...changed].sort())}
<nav aria-label="Sections">${shown.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</nav>
<main>
${shown.map(([, , section]) => section)}
</main>
<footer>Made by shadowlab ${result.version} from events.jsonl; <code>shadowlab report</code> makes it again. Times are the lab's own.</footer>
</div>
</body>
</html>
`;
  return page.toString();
}
