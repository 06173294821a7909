/** What a backend is told beside the experiment, where nothing of it matters. */
import type { Deployment } from '../../src/runner/lab.ts';

export function deployment(given: Partial<Deployment> = {}): Deployment {
  return {
    signal: new AbortController().signal,
    log: () => {},
    folder: '/nonexistent',
    id: '00000000',
    ...given,
  };
}
