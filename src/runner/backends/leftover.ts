/**
 * What a run left on this machine: `clean` shows and removes it. Each backend that makes something has a
 * `leftovers.ts` of its own that exports `leftovers(): Promise<readonly Leftover[]>`; it finds what is ours by the
 * pattern of its name and, where there are any, its label, and nothing else. It finds nothing, and does not reject,
 * where the backend cannot run at all.
 */

export interface Leftover {
  /** `Deployment.id` of the run that made it; left out where no run has or needs it. */
  readonly run?: string;
  /** What it is, to be shown: `namespace shadowlab-0a1b2c3d-r1`. */
  readonly what: string;
  /** Resolves, too, where it is gone by now; rejects with the reason where it cannot be removed. */
  remove(): Promise<void>;
}

/** All that is made for a run is called `shadowlab-<id>` or `shadowlab-<id>-…`, with an id of this form. */
const NAME = /^shadowlab-([0-9a-f]{8})(?:-.+)?$/s;

/** The run's id; undefined where the name is of nothing that a run makes. */
export function runOfName(name: string): string | undefined {
  return NAME.exec(name)?.[1];
}
