/** What a benchmark measures: named figures, some with a goal, and how they are printed. */

export type Unit = 's' | 'us' | 'MB' | 'GB' | '/s' | 'x' | '';

/** A bound that belongs to what it is a goal for; both ends count as met. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number };

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  readonly goal?: Goal;
}

export interface Measured {
  readonly figures: readonly Figure[];
}

/** Why it could not be measured here, in words. */
export interface Skipped {
  readonly skipped: string;
}

export type Outcome = { readonly name: string; readonly title: string } & (Measured | Skipped);

export function isMet({ value, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** One table of Markdown, a row per figure. Readable as it is on a terminal. */
export function formatTable(outcomes: readonly Outcome[]): string {
  return table([HEAD, ...outcomes.flatMap(rowsOf)]);
}

/** One table of Markdown for figures that need no title. */
export function formatFigures(figures: readonly Figure[]): string {
  return table([HEAD, ...figures.map(figureCells)]);
}

/** The figures that have a goal, and what could not be measured; how many goals are met. */
export function formatGoals(outcomes: readonly Outcome[]): string {
  const figures = outcomes.flatMap((outcome) => ('skipped' in outcome ? [] : outcome.figures));
  const verdicts = figures.map(isMet).filter((met) => met !== undefined);
  const rows = outcomes.flatMap((outcome) => {
    const [title, ...rest] = rowsOf(outcome);
    const held = 'skipped' in outcome ? rest : rest.filter(([, , goal]) => goal !== '');
    return held.length === 0 ? [] : [title, ...held];
  });
  return `${verdicts.filter((met) => met).length} of ${verdicts.length} goals met\n\n${table([HEAD, ...rows])}`;
}

const HEAD = ['', 'measured', 'goal', 'met'];

/** Markdown: a line of headings, then a line a row. The first column is of words. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

function rowsOf(outcome: Outcome): readonly (readonly string[])[] {
  const title = [`**${outcome.title}**`, '', '', ''];
  if ('skipped' in outcome) return [title, [`skipped: ${outcome.skipped}`, '', '', '']];
  return [title, ...outcome.figures.map(figureCells)];
}

/** Name, value, goal (empty: none) and whether it is met, as text. */
export function figureCells(figure: Figure): readonly string[] {
  const { name, value, unit, goal } = figure;
  const met = isMet(figure);
  const bound =
    goal === undefined ? '' : 'atMost' in goal ? `<= ${number(goal.atMost)}` : `>= ${number(goal.atLeast)}`;
  return [
    name,
    withUnit(number(value), unit),
    withUnit(bound, unit),
    met === undefined ? '' : met ? 'yes' : 'no',
  ];
}

function withUnit(text: string, unit: Unit): string {
  if (text === '' || unit === '') return text;
  return unit === '/s' ? `${text}/s` : `${text} ${unit}`;
}

/** Three digits count; large numbers are whole and grouped. */
function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
