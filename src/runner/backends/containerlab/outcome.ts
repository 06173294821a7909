/**
 * Why a `containerlab` command failed, from what it printed to its standard error: lines of a log, then the error.
 * Before 0.69 that is `Error: …` and what follows it; since, a box with the word ERROR and lines that are broken to a
 * width. Where there is neither, as after a crash, the last line that is an error's, or the last at all.
 */
import { stripVTControlCharacters } from 'node:util';

const MAX_SHOWN = 1_000;

export function errorIn(stderr: string): string {
  const lines = stripVTControlCharacters(stderr)
    .split('\n')
    .map((line) => line.trim());
  const box = lines.lastIndexOf('ERROR');
  if (box >= 0) return inOneLine(lines.slice(box + 1));
  const last = lines.findLastIndex((line) => line.startsWith('Error: '));
  if (last >= 0) return inOneLine(lines.slice(last)).slice('Error: '.length);
  const logged = lines.findLast((line) => LOGGED_ERROR.test(line)) ?? lines.findLast((line) => line !== '');
  return logged === undefined ? 'it said nothing' : inOneLine([logged.replace(LOGGED_ERROR, '')]);
}

/** `12:01:28 ERRO failed deploy stage …` */
const LOGGED_ERROR = /^[\d:]{8} (ERRO|FATA) /;

/** What was logged as an error though the command went on, one a line. */
export function loggedErrors(stderr: string): readonly string[] {
  const lines = stripVTControlCharacters(stderr).split('\n');
  return lines.filter((line) => LOGGED_ERROR.test(line)).map((line) => line.replace(LOGGED_ERROR, ''));
}

function inOneLine(lines: readonly string[]): string {
  const text = lines.filter((line) => line !== '').join(' ');
  return text.replace(/\.$/, '').slice(0, MAX_SHOWN);
}
