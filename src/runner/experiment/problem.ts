/**
 * What is wrong with the user's input. Checks collect problems and go on, so that all are told at once;
 * `locate` turns a place inside a document into file, line and column.
 */

/** A place in a YAML document: keys and indexes from its root. */
export type DocumentPath = readonly (string | number)[];

/** A problem found in a document, before it is located. */
export interface DocumentProblem {
  readonly path: DocumentPath;
  /** Point at the key rather than at its value (an unknown key). */
  readonly atKey?: boolean;
  /** In the user's own words, lower case, no full stop: `unknown router "KCSY" in step 2`. */
  readonly message: string;
  /** What would be right: `did you mean "KSCY"?`. */
  readonly suggestion?: string;
}

/** A problem with its place in a file; line and column from 1. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters to underline, at least 1. */
  readonly length: number;
  /** The text of the line; empty where the file has none. */
  readonly lineText: string;
  readonly message: string;
  readonly suggestion?: string;
}
