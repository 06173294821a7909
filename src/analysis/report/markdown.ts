/** The report for a CI job summary or the comment on a merge request: short, and safe to post. */
import type { Fact, RunStarted } from '../facts.ts';
import { formatCount, formatRate, formatShare, formatTime } from '../format.ts';
import type { ExpectationResult, Hint, Result, StepResult } from '../result.ts';
import { capturesOf } from './captures.ts';
import { changesOf } from './configuration.ts';
import { escapeMarkdown as text } from './escape.ts';
import { lostOf, totalsOf } from './exits.ts';
import { placeOf } from './expectations.ts';
import { programsOf } from './programs.ts';
import { errorOfRun, headline, leadOf, summaryOf, triedOf } from './verdict.ts';

const STEPS = 100;
const FAILURES = 20;
const HINTS = 4;
const ROWS = 100;

const SIGNS: Readonly<Record<StepResult['verdict'], string>> = {
  pass: '✅ pass',
  fail: '❌ fail',
  error: '⚠️ error',
  skipped: '➖ skipped',
};

/** The report as GitHub-flavoured Markdown; the same facts and result give the same text. */
export function markdownReport(facts: readonly Fact[], result: Result): string {
  const start = facts.find((fact): fact is RunStarted => fact.fact === 'run-started');
  const changed = [...new Set(changesOf(facts, start).map((change) => change.router))].sort();
  return `${[
    `## ${SIGNS[result.verdict].split(' ')[0]} ${headline(result)}: ${text(result.experiment)}`,
    `**${summaryOf(result)}**${result.description.trim() === '' ? '' : ` ${text(result.description)}`}`,
    tried(result, changed),
    ...failures(result),
    ...(result.notices ?? []).map((notice) => `**Note:** ${text(notice)}.`),
    stepTable(result),
    ...trafficTable(result),
    ...exitTable(result),
    ...flowTables(result),
    ...programTable(result),
    ...commits(result),
    ...captureTable(facts),
    `<sub>shadowlab ${text(result.version)}, backend ${text(result.backend)}, seed ${result.seed}, ${formatTime(result.durationNs)} of lab time, ${text(result.file)}</sub>`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function tried(result: Result, changed: readonly string[]): string {
  const words = triedOf(result, changed);
  return words.length === 0 ? '' : `Tried: ${words.map(text).join(', ')}.`;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function stepTable(result: Result): string {
  const rows = result.steps.slice(0, STEPS).map((step) => {
    const takes =
      step.fromNs === undefined || step.toNs === undefined ? '' : formatTime(step.toNs - step.fromNs);
    const held = step.expectations.filter((one) => one.verdict === 'pass').length;
    const claims = step.expectations.length === 0 ? '' : `${held} of ${step.expectations.length}`;
    return row([String(step.number), text(step.name), SIGNS[step.verdict], claims, takes]);
  });
  return [
    row(['', 'Step', 'Verdict', 'Expectations', 'Takes']),
    row(['--:', '---', '---', '---', '--:']),
    ...rows,
    ...(result.steps.length > STEPS
      ? [row(['', `and ${formatCount(result.steps.length - STEPS)} more`, '', '', ''])]
      : []),
  ].join('\n');
}

/** What went wrong, each with what to look at next. */
function failures(result: Result): readonly string[] {
  const all = result.steps.flatMap((step) => [
    ...(step.error === undefined ? [] : [`**Step ${step.number}, ${text(step.name)}**: ${text(step.error)}`]),
    ...step.expectations
      .filter((one) => one.verdict === 'fail' || (one.verdict === 'error' && step.error === undefined))
      .map((one) => failure(step, one)),
  ]);
  const whole = errorOfRun(result);
  const list = [...(whole === undefined ? [] : [`The lab could not go on: ${text(whole)}`]), ...all];
  if (list.length === 0) return [];
  const rest = list.length - FAILURES;
  return [
    '### What went wrong',
    list
      .slice(0, FAILURES)
      .map((one) => `- ${one}`)
      .join('\n'),
    ...(rest > 0 ? [`and ${formatCount(rest)} more, see report.html`] : []),
  ];
}

function failure(step: StepResult, one: ExpectationResult): string {
  return [
    `**${text(one.expected)}** (step ${step.number}, ${text(step.name)})`,
    `  - seen: ${text(one.seen)}`,
    ...one.hints.slice(0, HINTS).map((hint) => `  - ${hintText(hint)}`),
    `  - ${text(placeOf(one.place))}`,
  ].join('\n');
}

function hintText(hint: Hint): string {
  const lead = leadOf(hint);
  const router = lead === undefined ? '' : `${text(lead)}: `;
  const config =
    hint.config === undefined
      ? ''
      : ` (${text(`${hint.config.file}:${hint.config.line}`)}: ${text(hint.config.text)})`;
  return `${router}${text(hint.text)}${config}`;
}

/** Both planes over the whole run. */
function trafficTable(result: Result): readonly string[] {
  const all = result.steps.flatMap((step) => step.traffic);
  const rows = (['real', 'shadow'] as const).flatMap((plane) => {
    const of = all.filter((one) => one.plane === plane);
    if (of.length === 0) return [];
    const sum = (name: 'sent' | 'lost' | 'traced' | 'mixed' | 'looped'): number =>
      of.reduce((total, one) => total + one[name], 0);
    return [
      row([
        plane,
        ...(['sent', 'lost'] as const).map((name) => formatCount(sum(name))),
        formatShare(sum('lost'), sum('sent')),
        ...(['traced', 'mixed', 'looped'] as const).map((name) => formatCount(sum(name))),
      ]),
    ];
  });
  if (rows.length === 0) return [];
  return [
    [
      row(['Traffic', 'Sent', 'Lost', 'Share', 'Traced', 'Mixed', 'Looped']),
      row(['---', '--:', '--:', '--:', '--:', '--:', '--:']),
      ...rows,
    ].join('\n'),
  ];
}

/** By which external peers traffic left, in each step and plane. */
function exitTable(result: Result): readonly string[] {
  const all = result.steps.flatMap((step) => totalsOf(step).map((exits) => ({ number: step.number, exits })));
  const [first] = all;
  if (first === undefined) return [];
  const peers = first.exits.by.map(({ exit }) => text(exit));
  const rows = all.slice(0, ROWS).map(({ number, exits }) => {
    const shares = exits.by.map(({ packets }) => (packets === 0 ? '-' : formatShare(packets, exits.sent)));
    return row([String(number), exits.plane, ...shares, formatCount(lostOf(exits))]);
  });
  const more = all.length > ROWS ? [`\nand ${formatCount(all.length - ROWS)} more in result.json`] : [];
  const heads = row(['Step', 'Traffic left by', ...peers, 'Lost']);
  return [[heads, row(['--:', '---', ...peers.map(() => '--:'), '--:']), ...rows, ...more].join('\n')];
}

/** Streams and TCP flows, by step. */
function flowTables(result: Result): readonly string[] {
  const streams = result.steps.flatMap(({ number, streams = [] }) =>
    streams.map((one) =>
      row([
        text(one.flow),
        one.plane,
        String(number),
        one.startupNs === null ? 'not yet' : formatTime(one.startupNs),
        formatCount(one.stalls),
        formatTime(one.stalledNs),
        formatRate(one.throughputBps),
      ]),
    ),
  );
  const transfers = result.steps.flatMap(({ number, transfers = [] }) =>
    transfers.map((one) =>
      row([
        text(one.flow),
        one.plane,
        String(number),
        one.finishedNs === null ? '-' : formatTime(one.finishedNs),
        formatRate(one.throughputBps),
        formatCount(one.retransmittedSegments),
        one.roundTripNs.mean === null ? '-' : formatTime(one.roundTripNs.mean),
      ]),
    ),
  );
  const table = (heads: readonly string[], rows: readonly string[]): readonly string[] => {
    if (rows.length === 0) return [];
    const more = rows.length > ROWS ? [`\nand ${formatCount(rows.length - ROWS)} more in result.json`] : [];
    const rule = row(heads.map((_, index) => (index < 2 ? '---' : '--:')));
    return [[row(heads), rule, ...rows.slice(0, ROWS), ...more].join('\n')];
  };
  return [
    ...table(['Stream', 'Plane', 'Step', 'Start-up', 'Stalls', 'Stalled', 'Throughput'], streams),
    ...table(['TCP', 'Plane', 'Step', 'Finished', 'Throughput', 'Sent again', 'Round trip'], transfers),
  ];
}

function captureTable(facts: readonly Fact[]): readonly string[] {
  const captures = capturesOf(facts);
  if (captures.length === 0) return [];
  const rows = captures.map(({ link, packets, dropped, file }) =>
    row([text(link), formatCount(packets), formatCount(dropped), text(file)]),
  );
  return [
    [row(['Capture', 'Frames', 'Not kept', 'File']), row(['---', '--:', '--:', '---']), ...rows].join('\n'),
  ];
}

/** Pings, iperf3 and commands of hosts. */
function programTable(result: Result): readonly string[] {
  const lines = programsOf(result);
  if (lines.length === 0) return [];
  const rest = lines.length - ROWS;
  const rows = lines.slice(0, ROWS).map(({ number, line }) => row([String(number), text(line)]));
  const more = rest > 0 ? [`\nand ${formatCount(rest)} more in result.json`] : [];
  return [[row(['Step', 'Hosts’ programs']), row(['--:', '---']), ...rows, ...more].join('\n')];
}

function commits(result: Result): readonly string[] {
  return result.steps.flatMap((step) => {
    const { commit } = step;
    if (commit === undefined) return [];
    const phases = commit.phases.map((phase) => `${phase.phase} ${formatTime(phase.durationNs)}`).join(', ');
    const reason = commit.reason === undefined ? '' : `: ${text(commit.reason)}`;
    return [
      `Step ${step.number}, ${commit.kind}: **${commit.outcome}** in ${formatTime(commit.durationNs)}${reason} (${phases})`,
    ];
  });
}
