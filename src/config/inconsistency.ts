/** Something that is wrong with a whole configuration. */
export interface Inconsistency {
  /** A warning is what IOS and FRR let pass, and give a meaning. */
  readonly severity: 'error' | 'warning';
  /** The lines that say it begin so, and hold `word`: `service-policy`, `EDGE`. */
  readonly keywords: string;
  readonly word: string;
  /** To be followed by ` on router "…"`. */
  readonly message: string;
  readonly suggestion?: string;
}
