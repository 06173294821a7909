/**
 * What a machine has, or lacks, of what a backend needs. `doctor` shows them; a run whose backend lacks something is
 * told so before anything is started. Each backend has a `findings.ts` of its own that exports
 * `findings(options): Promise<readonly Finding[]>` and never rejects: what cannot be found out is a finding, too.
 */
import { LabError } from '../lab.ts';

export interface Finding {
  /** `note`: what a lab can do without; the detail says what is lost by it. */
  readonly state: 'ok' | 'missing' | 'note';
  /** What was looked for: `nsenter`, `Docker engine`. */
  readonly what: string;
  /** Its version, or what is wrong. */
  readonly detail?: string;
  /** What to do about it, a command where there is one. */
  readonly remedy?: string;
}

/** Throws a LabError that names all that is missing, and what to do about it. */
export function demandAll(backend: string, findings: readonly Finding[]): void {
  const missing = findings.filter(({ state }) => state === 'missing');
  if (missing.length === 0) return;
  throw new LabError(
    `the ${backend} backend cannot run on this machine:${missing.map((finding) => `\n  ${inWords(finding)}`).join('')}`,
  );
}

/** `nsenter: not there (apt-get install util-linux)` */
export function inWords({ what, detail, remedy }: Finding): string {
  return `${what}${detail === undefined ? '' : `: ${detail}`}${remedy === undefined ? '' : ` (${remedy})`}`;
}
