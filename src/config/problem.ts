/** What is wrong with a line of configuration text. Line and column from 1, within the text that was parsed. */
export interface ConfigProblem {
  readonly line: number;
  readonly column: number;
  /** Characters to underline. */
  readonly length: number;
  /** In the user's own words, lower case, no full stop: `unknown command "ip ospf kost 5"`. */
  readonly message: string;
  readonly suggestion?: string;
  /** The line is not understood (as against understood and wrong): who asks for that has it passed over. */
  readonly unknown: boolean;
}
