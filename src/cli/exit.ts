/** Exit codes, as the documentation promises them, and the last word on errors that nobody caught. */

import type { Verdict } from '../analysis/result.ts';
import { LabError } from '../runner/lab.ts';

export const EXIT = {
  /** Every expectation held. */
  pass: 0,
  /** An expectation did not hold. */
  fail: 1,
  /** The input is wrong: nothing was started. */
  wrongInput: 2,
  /** The lab could not do what was asked. */
  error: 3,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export function exitCodeOf(result: { readonly verdict: Verdict; readonly ended?: string }): number {
  if (result.ended === 'interrupted') return EXIT.interrupted;
  return EXIT[result.verdict];
}

/** Input that cannot be used, said in a sentence. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Prints an error as people want it and returns the exit code. Only a fault of this program shows a stack. */
export function explain(error: unknown): number {
  if (error instanceof InputError) {
    console.error(`shadowlab: ${error.message}`);
    return EXIT.wrongInput;
  }
  if (error instanceof LabError) {
    console.error(`shadowlab: ${error.message}`);
    return EXIT.error;
  }
  if (error instanceof Error && 'code' in error && 'syscall' in error) {
    console.error(`shadowlab: ${systemError(error)}`);
    return EXIT.error;
  }
  console.error('shadowlab: a fault of shadowlab itself; please report it with what follows');
  console.error(error instanceof Error ? error.stack : error);
  return EXIT.error;
}

/** What the operating system refused, in words, with the path it was about. */
export function systemError(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  const path = 'path' in error ? ` ${String(error.path)}` : '';
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or folder:',
    EACCES: 'permission denied:',
    ENOSPC: 'no space left on the disk',
    EROFS: 'the file system is read-only:',
    ENOTDIR: 'not a folder:',
    EISDIR: 'is a folder:',
  };
  const known = words[code];
  return known === undefined ? error.message : `${known}${path}`;
}
