/**
 * A lab: what a backend makes of a resolved experiment. Steps know these handles and nothing of backends. Every
 * backend makes a lab of the same shape, in one process or across containers.
 */
import type { ManagementAnswer, ManagementRequest } from '../routerd/management/contract.ts';
import type { Host } from '../traffic/host.ts';
import type { TimeNs } from '../world/clock.ts';
import type { Log, World } from '../world/world.ts';
import type { Experiment } from './experiment/resolved.ts';

export interface Lab extends World {
  readonly backend: string;
  readonly routers: ReadonlyMap<string, RouterHandle>;
  readonly hosts: ReadonlyMap<string, Host>;
  /**
   * Lets the world go on until the condition holds or the time has come; true if the condition holds. The
   * condition is asked after every event, so it must be cheap. Rejects with the signal's reason when aborted.
   */
  runUntil(condition: () => boolean, untilNs: TimeNs): Promise<boolean>;
  /** Ends everything the backend started. Never rejects for what is gone already. */
  destroy(): Promise<void>;
}

export interface RouterHandle {
  readonly name: string;
  /**
   * Sends a management request over the management network: it takes time, and the answer may never come.
   * Requests that arrive do so in the order of asking. `answered` is called at most once.
   */
  ask(request: ManagementRequest, answered: (answer: ManagementAnswer) => void): void;
}

export type LogSink = (source: string, ...entry: Parameters<Log>) => void;

export interface Backend {
  readonly name: string;
  /** `log` gets what the lab's machines have to say, with the machine's name. */
  deploy(experiment: Experiment, signal: AbortSignal, log: LogSink): Promise<Lab>;
}

/** The lab could not do what was asked: exit code 3. The message says what and, where it can, what to do. */
export class LabError extends Error {
  override readonly name = 'LabError';
}
