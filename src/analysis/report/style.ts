/**
 * How a report looks: system fonts, little colour, light and dark, wide and narrow, screen and paper. Real and
 * shadow differ in colour and in dash, verdicts in colour and in words, so that no meaning hangs on colour alone.
 */
import { trusted } from './escape.ts';

const LIGHT = `
  --page: #f5f6f8; --card: #ffffff; --ink: #1a2230; --muted: #566274; --border: #dfe3e9; --axis: #98a2b0;
  --soft: #eef1f5; --link: #c3cad4; --real: #1f5fbf; --shadow: #a65a00; --pass: #1a7340; --fail: #c0262d;
  --error: #8a3ab0; --pass-soft: #e4f4ea; --fail-soft: #fdebec; --error-soft: #f5eafa; --changed: #a65a00;
  --phase1: #8fb3e6; --phase2: #5b8fd9; --phase3: #1f5fbf; --phase4: #8fa9c9;`;

const DARK = `
  --page: #11151b; --card: #1a2029; --ink: #e4e9f0; --muted: #a0abba; --border: #303946; --axis: #667386;
  --soft: #232b36; --link: #4a5666; --real: #79acff; --shadow: #f0a64a; --pass: #56c883; --fail: #ff7b7f;
  --error: #d49af0; --pass-soft: #173324; --fail-soft: #40191d; --error-soft: #34203e; --changed: #f0a64a;
  --phase1: #38598a; --phase2: #4c7fca; --phase3: #79acff; --phase4: #4d6484;`;

export const STYLE = trusted(`
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif; overflow-wrap: anywhere; }
.page { max-width: 1180px; margin: 0 auto; padding: 24px 24px 48px; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; font-weight: 650; }
h1 { font-size: 28px; letter-spacing: -0.01em; }
h2 { font-size: 20px; margin: 40px 0 12px; }
h3 { font-size: 16px; }
h4 { font-size: 12px; text-transform: uppercase; letter-spacing: 0.05em; color: var(--muted); }
p { margin: 0 0 10px; }
a { color: var(--real); }
small { color: var(--muted); font-size: 13px; font-weight: 400; }
code, pre, .code, .where, .path-name, .claim, .events { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12.5px; }
.lead, .more { color: var(--muted); }
.more { font-size: 13px; font-style: italic; }
.card { background: var(--card); border: 1px solid var(--border); border-radius: 8px; padding: 16px 18px; margin: 0 0 14px; }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--real); outline-offset: 2px; }

.verdict { background: var(--card); border: 1px solid var(--border); border-top: 6px solid var(--muted); border-radius: 8px; padding: 20px 26px 18px; }
.verdict.pass { border-top-color: var(--pass); } .verdict.fail { border-top-color: var(--fail); } .verdict.error { border-top-color: var(--error); }
.brand { font-size: 12px; letter-spacing: 0.04em; color: var(--muted); margin: 0 0 2px; font-weight: 650; } .brand span { font-weight: 400; }
.headline { font-size: 18px; margin: 12px 0; display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; }
.badge { color: #fff; border-radius: 6px; padding: 4px 14px; font-weight: 700; font-size: 18px; background: var(--muted); }
.badge.pass { background: #1a7340; } .badge.fail { background: #c0262d; } .badge.error { background: #7d3aa0; }
.description { max-width: 78ch; font-size: 16px; }
.tried { max-width: 90ch; }
.figures { display: flex; flex-wrap: wrap; gap: 12px 40px; margin: 18px 0 14px; padding: 14px 0; border-top: 1px solid var(--border); border-bottom: 1px solid var(--border); }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--muted); font-size: 13px; } .figures dd { margin: 0; font-size: 24px; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; }
.figures dd small { font-size: 14px; }
.meta { display: flex; flex-wrap: wrap; gap: 2px 18px; color: var(--muted); font-size: 13px; margin: 0; }
nav { margin: 14px 4px 0; font-size: 14px; display: flex; flex-wrap: wrap; gap: 4px 18px; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }

.why { border-left: 4px solid var(--fail); } .why.error { border-left-color: var(--error); }
.why h3 { margin-bottom: 10px; }
.compare { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 10px 24px; margin: 0 0 12px; }
.compare dt { font-size: 12px; text-transform: uppercase; letter-spacing: 0.05em; color: var(--muted); font-weight: 650; }
.compare dd { margin: 2px 0 0; font-size: 16px; } .compare .where { display: block; }
.hints { background: var(--soft); border-radius: 6px; padding: 10px 14px; margin: 0 0 10px; } .hints ul { margin: 6px 0 0; padding-left: 20px; } .hints li { margin: 4px 0; }
.line { margin: 6px 0 2px; padding: 6px 10px; background: var(--card); border: 1px solid var(--border); border-radius: 4px; white-space: pre-wrap; }
.line .file { color: var(--muted); display: inline-block; margin-right: 14px; }
.where { color: var(--muted); margin: 0; } .message { color: var(--error); }
small.message, .events { display: block; } .events { list-style: none; margin: 4px 0 0; padding: 0; color: var(--muted); }

.number { display: inline-block; min-width: 22px; padding: 0 6px; margin-right: 8px; text-align: center; border-radius: 11px; background: var(--soft); color: var(--muted); font-size: 13px; line-height: 22px; font-weight: 650; font-variant-numeric: tabular-nums; }
.tag { display: inline-block; white-space: nowrap; border-radius: 4px; padding: 0 8px; font-size: 13px; font-weight: 650; line-height: 22px; background: var(--soft); color: var(--muted); }
.tag.pass { background: var(--pass-soft); color: var(--pass); } .tag.fail { background: var(--fail-soft); color: var(--fail); } .tag.error { background: var(--error-soft); color: var(--error); }
.plane { font-weight: 650; } .plane.real { color: var(--real); } .plane.shadow { color: var(--shadow); }

.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 0 0 12px; font-size: 13px; color: var(--muted); } .legend li { display: flex; align-items: center; gap: 7px; }
.mark-key { width: 0; height: 16px; border-left: 1px dashed var(--axis); } .mark-key.failure { border-left: 1px solid var(--fail); }
.symbols { position: absolute; }
.scenes { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 16px; align-items: start; }
.scenes.large { grid-template-columns: minmax(0, 1fr); } .scenes > :only-child { grid-column: 1 / -1; }
.scene { margin: 0; } .scene figcaption { font-weight: 650; margin-bottom: 8px; }
.picture { display: block; width: 100%; min-width: 460px; max-width: 900px; height: auto; margin: 0 auto; }
.scene p, .scene ul { font-size: 13px; } .failed-list { color: var(--fail); margin: 8px 0 0; }
.paths { list-style: none; padding: 0; margin: 8px 0 0; } .paths ul { list-style: none; padding-left: 12px; margin: 2px 0 6px; border-left: 2px solid var(--border); } .paths .count { color: var(--muted); } .paths .lost .count { color: var(--fail); }
.link { stroke: var(--link); stroke-width: 2; fill: none; } .link.thin { stroke: var(--axis); stroke-width: 0.7; }
.node rect, circle.node { fill: var(--card); stroke: var(--axis); stroke-width: 1.2; } circle.node { fill: var(--axis); stroke: none; }
.node text { font-size: 13px; font-weight: 600; fill: var(--ink); text-anchor: middle; }
.node.changed rect { stroke: var(--changed); stroke-width: 2.4; } circle.node.changed { fill: var(--changed); }
.path { fill: none; stroke-width: 3.2; stroke-linecap: round; } .path.real { stroke: var(--real); } .path.shadow { stroke: var(--shadow); stroke-dasharray: 8 6; }
.arrow.real { fill: var(--real); } .arrow.shadow { fill: var(--shadow); }
.former { opacity: 0.5; } .former .path { stroke-width: 1.8; stroke-dasharray: 2 4; }
.broken { stroke: var(--fail); stroke-width: 2.4; fill: none; } .broken.shadow-only { stroke-dasharray: 4 3; }
.cross circle { fill: var(--card); stroke: var(--fail); stroke-width: 1.6; } .cross path { stroke: var(--fail); stroke-width: 2.2; stroke-linecap: round; fill: none; }
.host, .label { text-anchor: middle; font-size: 12px; fill: var(--muted); paint-order: stroke; stroke: var(--card); stroke-width: 3px; stroke-linejoin: round; } .label { fill: var(--ink); font-weight: 600; }

.diffs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 360px), 1fr)); gap: 14px; align-items: start; }
.diff { margin: 0; } .diff pre { margin: 10px 0 0; line-height: 1.55; } .diff pre > * { display: block; padding: 0 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
ins, del { text-decoration: none; } .diff pre ins { background: var(--pass-soft); color: var(--pass); } .diff pre del { background: var(--fail-soft); color: var(--fail); }
.counts { float: right; font-size: 13px; } .counts ins { color: var(--pass); } .counts del { color: var(--fail); }
summary { cursor: pointer; } summary:hover { color: var(--real); }

table { overflow-wrap: break-word; border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--border); }
thead th { font-size: 12px; color: var(--muted); font-weight: 650; border-bottom-width: 2px; white-space: nowrap; }
tbody th { font-weight: 600; } .stack th, .stack td.where { white-space: nowrap; } tbody tr:last-child > * { border-bottom: 0; } details table { margin-top: 8px; }
td small, th small { display: block; } .figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } td.bad { color: var(--fail); font-weight: 650; }
section > .scroll { background: var(--card); border: 1px solid var(--border); border-radius: 8px; padding: 4px 18px; }
td.name, th.name { min-width: 180px; }
tr.same > * { padding-top: 0; } .exits tr:has(+ .same) > * { border-bottom: 0; } td.exit { min-width: 110px; font-variant-numeric: tabular-nums; } td.exit small { display: inline; } td.none { color: var(--axis); }
.exit .bar { height: 6px; margin-top: 3px; } .bar i.real { background: var(--real); } .bar i.shadow { background: var(--shadow); }
tr.skipped td { color: var(--muted); }
.bar { display: block; position: relative; height: 14px; background: var(--soft); border-radius: 3px; overflow: hidden; } .bar i { position: absolute; top: 0; bottom: 0; background: var(--muted); border-radius: 2px; }
.bar i.pass { background: var(--pass); } .bar i.fail { background: var(--fail); } .bar i.error { background: var(--error); }
.bar-cell { width: 30%; min-width: 160px; padding-top: 12px; padding-right: 0; } .timeline .figure { padding-right: 18px; }

.plot-row { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 290px), 1fr)); gap: 12px 18px; margin-top: 10px; } .plot-row figure { margin: 0; min-width: 0; } .plot-row figcaption { font-size: 13px; color: var(--muted); }
.plot { display: block; width: 100%; height: auto; }

.commit h3 { margin-bottom: 12px; text-transform: capitalize; } .commit h3 .tag, .commit h3 small { text-transform: none; }
.phases { list-style: none; display: flex; gap: 3px; padding: 0; margin: 0 0 14px; } .phases li { flex: 1 1 90px; min-width: 0; padding: 6px 0 0; border-top: 8px solid var(--axis); font-size: 13px; } .phases small { display: block; font-size: 12px; line-height: 1.3; padding-right: 6px; }
.phases .prepare { border-color: var(--phase1); } .phases .mark { border-color: var(--phase2); } .phases .swap { border-color: var(--phase3); } .phases .drain { border-color: var(--link); } .phases .settle, .phases .unmark { border-color: var(--phase4); } .phases .abort { border-color: var(--fail); }
.gantt th { white-space: nowrap; } .gantt td { min-width: 130px; } .answer { display: flex; align-items: center; gap: 10px; } .gantt .bar { flex: 1; height: 8px; } .gantt .words { min-width: 58px; white-space: nowrap; } .gantt th, .gantt td { padding-top: 4px; padding-bottom: 4px; vertical-align: middle; } .gantt .words { font-size: 12.5px; color: var(--muted); font-variant-numeric: tabular-nums; }
.bar i.prepare { background: var(--phase1); } .bar i.mark { background: var(--phase2); } .bar i.swap { background: var(--phase3); } .bar i.settle, .bar i.unmark { background: var(--phase4); } .bar i.abort { background: var(--fail); }
.gantt .timed-out .words, .gantt .refused .words { color: var(--fail); font-weight: 650; }
#fib .card { padding-top: 10px; padding-bottom: 10px; margin-bottom: 8px; }
#fib td.code { font-size: 12px; }
footer { margin-top: 36px; color: var(--muted); font-size: 13px; }

@media (max-width: 720px) {
  .page { padding: 12px 12px 32px; } .verdict { padding: 16px; } .card { padding: 14px; } h1 { font-size: 23px; } .figures { gap: 12px 26px; } .figures dd { font-size: 20px; }
  .stack thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .stack tr { display: block; padding: 10px 0; border-bottom: 1px solid var(--border); } .stack tr:last-child { border-bottom: 0; }
  .stack { overflow-wrap: anywhere; } .stack tr { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 2px 12px; }
  .stack th, .stack td, .stack td.where { padding: 0; border: 0; width: auto; text-align: left; white-space: normal; grid-column: 2 / -1; } .stack th { grid-column: 1; }
  .stack td.first { grid-column: 2; grid-row: 1; } .stack td.verdict-cell { grid-column: 3; grid-row: 1; }
  .stack td[data-label]::before { content: attr(data-label) " "; color: var(--muted); font-size: 13px; font-family: system-ui, sans-serif; } .stack .bar-cell { grid-column: 1 / -1; padding: 4px 0 0; }
  .picture { min-width: 0; } .picture .node text, .node text { font-size: 15px; } .host, .label { font-size: 15px; }
  .phases { flex-direction: column; gap: 8px; } .phases li { flex: none; border-top: 0; border-left: 8px solid var(--axis); padding: 0 0 0 10px; }
}
@media print {
  :root { ${LIGHT} }
  body { background: #fff; font-size: 11pt; } .page { max-width: none; padding: 0; } nav { display: none; }
  .card, tr, figure { break-inside: avoid; } h2 { break-after: avoid; } .scroll { overflow: visible; } .picture { min-width: 0; }
  details::details-content { content-visibility: visible; display: block; }
  .badge, .tag, .bar, .bar i, .phases li, ins, del { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`);
