/** A user's file as text: how it is read within limits, and how an offset in it becomes a place to point at. */
import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { messageOf } from '../../world/message-of.ts';
import type { Problem } from './problem.ts';

/** Where something stands in a file, with the line itself; line and column from 1. */
export type Location = Pick<Problem, 'file' | 'line' | 'column' | 'length' | 'lineText'>;

/** Larger files are refused: the biggest real topology at hand (Kdl, 754 routers) has 0.2 MB. */
export const MAX_FILE_BYTES = 1024 * 1024;
const MIB = 1024 * 1024;

export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: readonly number[];

  /** `file` is the name that messages show. */
  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
  }

  /** The place of text[start, end), cut at the end of its first line. */
  locate(start: number, end = start + 1): Location {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle] <= start) low = middle;
      else high = middle - 1;
    }
    const lineStart = this.#lineStarts[low];
    const lineEnd = low + 1 < this.#lineStarts.length ? this.#lineStarts[low + 1] - 1 : this.text.length;
    const lineText = this.text.slice(lineStart, lineEnd).replace(/\r$/, '');
    const column = start - lineStart + 1;
    const length = Math.max(1, Math.min(end, lineStart + lineText.length) - start);
    return { file: this.file, line: low + 1, column, length, lineText };
  }

  /** The place of `length` characters at a line and column, from 1. */
  locateLine(line: number, column: number, length: number): Location {
    const start = (this.#lineStarts[line - 1] ?? this.text.length) + column - 1;
    return this.locate(start, start + length);
  }
}

/** The file that another one names: relative to that one's folder, unless it is absolute. */
export function fileBeside(file: string, named: string): string {
  return isAbsolute(named) ? named : join(dirname(file), named);
}

/**
 * Reads a regular UTF-8 file of at most `maxBytes`. `file` is opened as given and shown as `shownAs`.
 * What is wrong comes back as words that follow the file's name: `is larger than 1 MiB`.
 */
export function readSourceText(
  file: string,
  shownAs = file,
  maxBytes = MAX_FILE_BYTES,
): SourceText | { readonly wrong: string } {
  const bytes = readBytes(file, maxBytes);
  if ('wrong' in bytes) return bytes;
  if (!isUtf8(bytes)) return { wrong: `is not UTF-8 text (line ${firstOddLine(bytes)}): save it as UTF-8` };
  const text = new TextDecoder().decode(bytes);
  return text.includes('\0') ? { wrong: 'is no text' } : new SourceText(shownAs, text);
}

/** Reads a regular file of at most `maxBytes`, whole MiB of them. What is wrong follows the file's name, as above. */
export function readBytes(file: string, maxBytes: number): Buffer | { readonly wrong: string } {
  try {
    const status = statSync(file);
    if (status.isDirectory()) return { wrong: 'is a folder, not a file' };
    if (!status.isFile()) return { wrong: 'is not a regular file' };
    if (status.size > maxBytes) return { wrong: `is larger than ${maxBytes / MIB} MiB` };
    return readFileSync(file);
  } catch (error) {
    return { wrong: wordsFor(error) };
  }
}

/** A line break is never part of another character in UTF-8, so each line can be tried by itself. */
function firstOddLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
  return line;
}

function wordsFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: permission denied';
    default:
      return `cannot be read: ${messageOf(error)}`;
  }
}
