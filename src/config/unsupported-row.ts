/** A row of the table of what FRR can do and ours cannot (unsupported.ts). Pure. */
import type { SectionKind } from './command.ts';

export interface Unsupported {
  /** Where the line stands; left out: anywhere. */
  readonly section?: SectionKind;
  /** The line begins so; `*` is any word, `:` one with a colon in it: an IPv6 address, `.` one of IPv4. */
  readonly keywords: string;
  /** In the words of a sentence: `IPv6`. */
  readonly what: string;
  /** Lines follow that belong to it. */
  readonly opens?: boolean;
  /** What to say in its place. */
  readonly instead?: string;
}

/** Makes rows of one section: keywords, what it is, and what to say in its place. */
export function rowsOf(section: SectionKind) {
  return (keywords: string, what: string, instead?: string): Unsupported => ({
    section,
    keywords,
    what,
    ...(instead !== undefined && { instead }),
  });
}

/** The same row, of a line that others follow that belong to it. */
export function opening(row: Unsupported): Unsupported {
  return { ...row, opens: true };
}
