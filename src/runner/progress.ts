/** What a run tells while it goes on, for whoever shows it. */
import type { Result, StepResult } from '../analysis/result.ts';
import type { Experiment, Step } from './experiment/resolved.ts';

export type ProgressEvent =
  | { readonly kind: 'run-started'; readonly experiment: Experiment; readonly folder: string }
  | { readonly kind: 'deployed'; readonly backend: string }
  | { readonly kind: 'step-started'; readonly step: Step }
  | { readonly kind: 'step-finished'; readonly result: StepResult; readonly labNs: number }
  /** The lab's machines are still there. In sentences: why or how to get at them, and how to remove them. */
  | { readonly kind: 'lab-left'; readonly how: string }
  | { readonly kind: 'run-finished'; readonly result: Result; readonly folder: string };

export type ProgressSink = (event: ProgressEvent) => void;
