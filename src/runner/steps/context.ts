/** What a step works with, and what the run remembers from one step to the next. */
import type { Plane, Tag } from '../../net/wire.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { Background } from '../background.ts';
import type { Experiment, Step, StepExpectation, Target } from '../experiment/resolved.ts';
import type { ExternalPeers } from '../external-peers.ts';
import type { Lab } from '../lab.ts';
import type { PostcardCollector } from '../postcards.ts';
import type { Recorder } from '../results/recorder.ts';
import type { Traffic } from '../traffic.ts';

export interface StepContext {
  readonly experiment: Experiment;
  readonly lab: Lab;
  readonly recorder: Recorder;
  readonly postcards: PostcardCollector;
  readonly traffic: Traffic;
  readonly peers: ExternalPeers;
  readonly memory: RunMemory;
  readonly background: Background;
  readonly step: Step;
  /** Do these claims of the step hold, by what is recorded now? */
  holds(expectations: readonly StepExpectation[]): boolean;
  /** When routers were first told of the step's last failure, restore or change; its start where there was none. */
  disturbedNs: TimeNs;
}

/** Changes as the run goes on. */
export interface RunMemory {
  /** The tag of each plane's configuration. */
  tags: Record<Plane, Tag>;
  /** The next tag not used yet. */
  nextTag: Tag;
  /** The step whose commit ended otherwise than the experiment takes for granted, if one did. */
  surprise?: number;
  /** What is failed now, in the order it failed. */
  failures: { readonly target: Target; readonly plane: Plane }[];
}

export function routerNames(experiment: Experiment): readonly string[] {
  return experiment.topology.routers.map(({ name }) => name);
}
