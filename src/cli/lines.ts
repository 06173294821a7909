/** What progress says in words: the lines of `plain`, of which `pretty` shows a part. */
import { formatPlural, formatTime } from '../analysis/format.ts';
import { programLines } from '../analysis/program-summaries.ts';
import type { ExpectationResult, Result, StepResult } from '../analysis/result.ts';
import type { ProgressEvent } from '../runner/progress.ts';

/** The lines that `plain` shows for an event. */
export function plainLines(event: ProgressEvent): readonly string[] {
  switch (event.kind) {
    case 'run-started': {
      const { name, topology, flows, seed } = event.experiment;
      const { routers, hosts, links } = topology;
      const sizes = [
        formatPlural(routers.length, 'router'),
        formatPlural(hosts.length, 'host'),
        formatPlural(links.length, 'link'),
        formatPlural(flows.length, 'flow'),
      ];
      return [`${name}: ${sizes.join(', ')}, seed ${seed}`];
    }
    case 'deployed':
    case 'step-started':
      return [];
    case 'step-finished':
      return stepLines(event.result, event.labNs);
    case 'lab-left':
      return [event.how];
    case 'run-finished':
      return [...verdictLines(event.result), reportLine(event.folder)];
  }
}

export function reportLine(folder: string): string {
  return `report: ${folder}/report.html`;
}

const MARK = { pass: 'ok  ', fail: 'FAIL', error: 'ERR ', skipped: 'skip' } as const;

function stepLines(step: StepResult, labNs: number): readonly string[] {
  return [
    `${MARK[step.verdict]}  ${step.number}. ${step.name}  (at ${formatTime(labNs)})`,
    ...programLines(step).map((line) => `        ${line}`),
    ...errorLines(step),
    ...step.expectations.flatMap(expectationLines),
  ];
}

/** What went wrong in a step, and why. */
export function failureLines(step: StepResult): readonly string[] {
  const missed = step.expectations.filter(({ verdict }) => verdict === 'fail' || verdict === 'error');
  return [...errorLines(step), ...missed.flatMap(expectationLines)];
}

function errorLines({ error }: StepResult): readonly string[] {
  return error === undefined ? [] : [`        ${error}`];
}

/** What is claimed and what was seen; where it did not hold, also its place in the experiment and what to look at. */
function expectationLines(claim: ExpectationResult): readonly string[] {
  const { verdict, expected, seen, place, hints } = claim;
  const line = `      ${MARK[verdict]}  ${expected}: ${seen}`;
  if (verdict === 'pass') return [line];
  return [
    line,
    `            at ${place.file}:${place.line}:${place.column}`,
    ...hints.map(({ text, config }) => {
      const where = config === undefined ? '' : ` [${config.file}:${config.line}: ${config.text.trim()}]`;
      return `            ${text}${where}`;
    }),
  ];
}

export function verdictLines({
  verdict,
  counts,
  durationNs,
  ended,
  error,
  notices = [],
}: Result): readonly string[] {
  const { passed, failed, errors, skipped } = counts;
  const parts = [`${passed} passed`, `${failed} failed`];
  if (errors > 0) parts.push(formatPlural(errors, 'error'));
  if (skipped > 0) parts.push(`${skipped} skipped`);
  const how = ended === 'interrupted' ? 'interrupted' : verdict;
  return [
    ...(error === undefined ? [] : [`error: ${error}`]),
    ...notices.map((notice) => `note: ${notice}`),
    `verdict: ${how} (expectations: ${parts.join(', ')}; ${formatTime(durationNs)} of lab time)`,
  ];
}
