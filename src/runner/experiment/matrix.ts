/**
 * A traffic matrix as a CSV file:
 *
 *     from,to,bps
 *     STTL,NYCM,48123456
 *
 * The rate is in bits per second, a plain number as measurements have them. Lines that are empty or begin with
 * `#` are passed over.
 */
import type { Problem } from './problem.ts';
import { readSourceText, type SourceText } from './source-text.ts';

export interface MatrixEntry {
  readonly from: string;
  readonly to: string;
  readonly rateBps: number;
  /** Says what is wrong with the entry's first or second word, in the file. */
  problem(column: 'from' | 'to', message: string, suggestion?: string): Problem;
}

/** More lines of one file that are wrong are counted, not told. */
const MAX_PROBLEMS = 20;
const HEADER = 'from,to,bps';

/** Its entries in the order of the file, and what is wrong with it. `wrong`: the file cannot be read at all. */
export function readMatrix(
  file: string,
):
  | { readonly entries: readonly MatrixEntry[]; readonly problems: readonly Problem[] }
  | { readonly wrong: string } {
  const source = readSourceText(file);
  if ('wrong' in source) return source;
  const entries: MatrixEntry[] = [];
  const problems: Problem[] = [];
  const firstLine = new Map<string, number>();
  let header = false;
  for (const [index, text] of source.text.split('\n').entries()) {
    const line = index + 1;
    if (text.trim() === '' || text.startsWith('#')) continue;
    const cells = cellsOf(text);
    const say = (cell: number, message: string, suggestion?: string) =>
      problemAt(source, line, cells[Math.min(cell, cells.length - 1)], message, suggestion);
    if (!header) {
      header = true;
      if (cells.map((cell) => cell.text).join(',') === HEADER) continue;
      problems.push(say(0, `expected the header ${HEADER}`));
    }
    const [from, to, rate] = cells;
    const rateBps = Number(rate?.text);
    if (cells.length !== 3) {
      problems.push(say(cells.length, `expected three columns (${HEADER}), found ${cells.length}`));
    } else if (!/^\d/.test(rate.text) || !Number.isFinite(rateBps)) {
      problems.push(say(2, `expected a rate in bit/s, a plain number, found "${rate.text}"`));
    } else {
      const pair = `${from.text} to ${to.text}`;
      const before = firstLine.get(pair);
      if (before !== undefined) problems.push(say(0, `${pair} stands twice: first in line ${before}`));
      firstLine.set(pair, line);
      entries.push({
        from: from.text,
        to: to.text,
        rateBps,
        problem: (column, message, suggestion) => say(column === 'from' ? 0 : 1, message, suggestion),
      });
    }
  }
  if (!header)
    problems.push(
      problemAt(source, 1, { text: '', column: 1 }, `the file is empty: expected the header ${HEADER}`),
    );
  return { entries, problems: atMost(problems) };
}

/** The first so many problems of a file, and how many more there are. */
export function atMost(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= MAX_PROBLEMS) return problems;
  const told = problems.slice(0, MAX_PROBLEMS);
  const last = told[told.length - 1];
  return [
    ...told.slice(0, -1),
    { ...last, message: `${last.message}; and ${problems.length - MAX_PROBLEMS} more like these` },
  ];
}

interface Cell {
  readonly text: string;
  readonly column: number;
}

function cellsOf(line: string): readonly Cell[] {
  let column = 1;
  return line.split(',').map((part) => {
    const cell = { text: part.trim(), column: column + part.length - part.trimStart().length };
    column += part.length + 1;
    return cell;
  });
}

function problemAt(
  source: SourceText,
  line: number,
  cell: Cell,
  message: string,
  suggestion?: string,
): Problem {
  const place = source.locateLine(line, cell.column, cell.text.length);
  return { severity: 'error', ...place, message, ...(suggestion === undefined ? {} : { suggestion }) };
}
