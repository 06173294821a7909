/**
 * A traffic matrix as a CSV file:
 *
 *     from,to,bps                      from,to,0s,5min,10min
 *     STTL,NYCM,48123456               STTL,NYCM,48123456,51200334,0
 *
 * Rates are in bits per second, plain numbers as measurements have them. On the right they change over time: each
 * column holds from the time in its head until that of the next, the last to the end. Lines that are empty or
 * begin with `#` are passed over.
 */
import type { Problem } from './problem.ts';
import { readSourceText, type SourceText } from './source-text.ts';
import { parseDuration } from './units.ts';

export interface MatrixEntry {
  readonly from: string;
  readonly to: string;
  /** One a time of the matrix. */
  readonly rates: readonly number[];
  /** Says what is wrong with the entry's first or second word, in the file. */
  problem(column: 'from' | 'to', message: string, suggestion?: string): Problem;
}

/** More lines of one file that are wrong are counted, not told. */
const MAX_PROBLEMS = 20;
const HEADER = 'from,to,bps';
/** A week of five-minute means of a network like Abilene has 3 MB. */
const MAX_MATRIX_BYTES = 16 * 1024 * 1024;
const MAX_TIMES = 10_000;

export interface Matrix {
  /** When the rates change, from 0 on; one time where they do not. */
  readonly timesNs: readonly number[];
  readonly entries: readonly MatrixEntry[];
  readonly problems: readonly Problem[];
}

/** Its entries in the order of the file, and what is wrong with it. `wrong`: the file cannot be read at all. */
export function readMatrix(file: string): Matrix | { readonly wrong: string } {
  const source = readSourceText(file, file, MAX_MATRIX_BYTES);
  if ('wrong' in source) return source;
  const entries: MatrixEntry[] = [];
  const problems: Problem[] = [];
  const firstLine = new Map<string, number>();
  let timesNs: readonly number[] | undefined;
  for (const [index, text] of source.text.split('\n').entries()) {
    const line = index + 1;
    if (text.trim() === '' || text.startsWith('#')) continue;
    const cells = cellsOf(text);
    const say = (cell: number, message: string, suggestion?: string) =>
      problemAt(source, line, cells[Math.min(cell, cells.length - 1)], message, suggestion);
    if (timesNs === undefined) {
      const header = timesOf(cells);
      timesNs = header.timesNs;
      if (header.wrong !== undefined) problems.push(say(header.cell, header.wrong));
      if (header.isHeader) continue;
    }
    const [from, to, ...rest] = cells;
    const wrongRate = rest.findIndex(({ text }) => !/^\d/.test(text) || !Number.isFinite(Number(text)));
    if (rest.length !== timesNs.length) {
      const columns = timesNs.length === 1 ? `three columns (${HEADER})` : `${timesNs.length + 2} columns`;
      problems.push(say(cells.length, `expected ${columns}, found ${cells.length}`));
    } else if (wrongRate >= 0) {
      const found = rest[wrongRate].text;
      problems.push(say(2 + wrongRate, `expected a rate in bit/s, a plain number, found "${found}"`));
    } else {
      const pair = `${from.text} to ${to.text}`;
      const before = firstLine.get(pair);
      if (before !== undefined) problems.push(say(0, `${pair} stands twice: first in line ${before}`));
      firstLine.set(pair, line);
      entries.push({
        from: from.text,
        to: to.text,
        rates: rest.map((cell) => Number(cell.text)),
        problem: (column, message, suggestion) => say(column === 'from' ? 0 : 1, message, suggestion),
      });
    }
  }
  if (timesNs === undefined) {
    const message = `the file is empty: expected the header ${HEADER}`;
    problems.push(problemAt(source, 1, { text: '', column: 1 }, message));
  }
  return { timesNs: timesNs ?? [0], entries, problems: atMost(problems) };
}

interface Header {
  readonly timesNs: readonly number[];
  /** False where the line holds rates already. */
  readonly isHeader: boolean;
  /** What is wrong with which cell. */
  readonly wrong?: string;
  readonly cell: number;
}

function timesOf(cells: readonly Cell[]): Header {
  const words = cells.map(({ text }) => text);
  if (words.join(',') === HEADER) return { timesNs: [0], isHeader: true, cell: 0 };
  if (words[0] !== 'from' || words[1] !== 'to' || words.length < 3) {
    const wrong = `expected the header ${HEADER} (or, for rates that change, from,to,0s,5min)`;
    return { timesNs: [0], isHeader: false, wrong, cell: 0 };
  }
  const timesNs = words.slice(2).map((word) => parseDuration(word) ?? Number.NaN);
  const odd = timesNs.findIndex((time, n) => !(n === 0 ? time === 0 : time > timesNs[n - 1]));
  if (odd < 0 && timesNs.length <= MAX_TIMES) return { timesNs, isHeader: true, cell: 0 };
  const wrong =
    odd < 0
      ? `there are ${timesNs.length} times: at most ${MAX_TIMES} are possible`
      : odd === 0
        ? `expected bps, or 0s as the first of several times, found "${words[2]}"`
        : `expected a time after ${words[odd + 1]}, such as 5min, found "${words[odd + 2]}"`;
  return { timesNs, isHeader: true, wrong, cell: 2 + Math.max(0, odd) };
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
