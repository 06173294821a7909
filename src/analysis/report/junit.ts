/**
 * The report for CI test views: JUnit XML as Ant began it and Jenkins, GitLab and GitHub read it. One suite is the
 * experiment, one case an expectation. Times are the lab's, so that equal seeds give equal files.
 */
import type { Fact } from '../facts.ts';
import type { ExpectationResult, Hint, Result, StepResult } from '../result.ts';
import { type Html, html } from './escape.ts';
import { placeOf } from './expectations.ts';
import { leadOf } from './verdict.ts';

interface Case {
  readonly name: string;
  readonly timeNs: number;
  readonly verdict: ExpectationResult['verdict'];
  readonly message: string;
  readonly text: string;
}

/** The report as JUnit XML. All it tells is in the result; `facts` are taken so that reports are called alike. */
export function junitReport(_facts: readonly Fact[], result: Result): string {
  const cases = [...result.steps.flatMap(casesOf), ...runCases(result)];
  const count = (verdict: Case['verdict']): number => cases.filter((one) => one.verdict === verdict).length;
  const totals = html`tests="${cases.length}" failures="${count('fail')}" errors="${count('error')}"`;
  const time = seconds(result.durationNs);
  const xml = html`<testsuites name="shadowlab" ${totals} time="${time}">
<testsuite name="${result.experiment}" ${totals} skipped="${count('skipped')}" time="${time}">
<properties>${[
    ['version', result.version],
    ['file', result.file],
    ['backend', result.backend],
    ['seed', String(result.seed)],
    ['verdict', result.verdict],
  ].map(([name, value]) => html`<property name="${name}" value="${value}"/>`)}</properties>
${cases.map((one) => html`${caseXml(one, result.experiment)}\n`)}</testsuite>
</testsuites>
`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`;
}

/** The step's time stands at its first case: its cases judge the same stretch of time, and so sums are right. */
function casesOf(step: StepResult): readonly Case[] {
  const timeNs = step.fromNs === undefined || step.toNs === undefined ? 0 : step.toNs - step.fromNs;
  const cases = step.expectations.map(
    (one, i): Case => ({
      name: `${one.id} ${step.name}: ${one.expected}`,
      timeNs: i === 0 ? timeNs : 0,
      verdict: one.verdict,
      message: one.verdict === 'error' && step.error !== undefined ? step.error : one.seen,
      text: explain(one, step),
    }),
  );
  if (step.error === undefined || cases.some((one) => one.verdict === 'error')) return cases;
  const failed: Case = {
    name: `${step.number} ${step.name}`,
    timeNs: cases.length === 0 ? timeNs : 0,
    verdict: 'error',
    message: step.error,
    text: `${step.error}\nat ${placeOf(step.place)}`,
  };
  return [failed, ...cases];
}

/** A run that ended early without a step that says so must not look green. */
function runCases(result: Result): readonly Case[] {
  const told = result.steps.some((step) => step.verdict === 'error');
  if (told || (result.ended === undefined && result.verdict !== 'error')) return [];
  const message =
    result.error ??
    (result.ended === 'interrupted' ? 'the run was interrupted' : 'the run ended in an error');
  return [{ name: 'the run reaches its end', timeNs: 0, verdict: 'error', message, text: message }];
}

function explain(one: ExpectationResult, step: StepResult): string {
  return [
    `expected: ${one.expected}`,
    `seen: ${one.seen}`,
    ...(step.error === undefined ? [] : [`error: ${step.error}`]),
    ...one.hints.map(hintText),
    `at ${placeOf(one.place)}`,
  ].join('\n');
}

function hintText(hint: Hint): string {
  const lead = leadOf(hint);
  const router = lead === undefined ? '' : `${lead}: `;
  const config =
    hint.config === undefined ? '' : `\n  ${hint.config.file}:${hint.config.line}: ${hint.config.text}`;
  return `hint: ${router}${hint.text}${config}`;
}

function caseXml(one: Case, experiment: string): Html {
  return html`<testcase classname="${experiment}" name="${one.name}" time="${seconds(one.timeNs)}">${outcomeXml(one)}</testcase>`;
}

function outcomeXml(one: Case): Html | undefined {
  switch (one.verdict) {
    case 'pass':
      return undefined;
    case 'fail':
      return html`<failure message="${one.message}" type="expectation">${one.text}</failure>`;
    case 'error':
      return html`<error message="${one.message}" type="lab">${one.text}</error>`;
    case 'skipped':
      return html`<skipped message="not reached"/>`;
  }
}

const seconds = (ns: number): string => (ns / 1e9).toFixed(6);
