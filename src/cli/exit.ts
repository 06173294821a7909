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
  if (error instanceof LabError || isSystemError(error)) {
    console.error(`shadowlab: ${error instanceof LabError ? error.message : systemError(error)}`);
    return EXIT.error;
  }
  console.error('shadowlab: a fault of shadowlab itself; please report it with what follows');
  console.error(error instanceof Error ? error.stack : error);
  return EXIT.error;
}

/** Did the operating system refuse something? */
export function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'no space left on the disk',
  EFBIG: 'the file may not grow any larger',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'there is a file of this name',
  EISDIR: 'is a folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
};

/** What the operating system refused, in words, behind the path it was about: `out/x: permission denied`. */
export function systemError(error: Error): string {
  const words = SYSTEM_ERRORS['code' in error ? String(error.code) : ''];
  if (words === undefined) return error.message;
  return 'path' in error && error.path !== undefined ? `${String(error.path)}: ${words}` : words;
}
