/**
 * A lab: what a backend makes of a resolved experiment. Steps know these handles and nothing of backends. Every
 * backend makes a lab of the same shape, in one process or across containers.
 */
import type { ManagementAnswer, ManagementRequest } from '../routerd/management/contract.ts';
import type { Host } from '../traffic/host.ts';
import type { TimeNs } from '../world/clock.ts';
import type { Frame } from '../world/frame.ts';
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
  /** How much later than the clock says a machine of the lab may act: 0 where time is virtual. */
  readonly marginNs: TimeNs;
  /**
   * Starts a command on a host; `ended` is called once, never before this returns, while the lab goes on in
   * `runUntil`. Absent: the hosts are no machines that could run one.
   */
  readonly exec?: (host: string, command: Command, ended: (outcome: ExecOutcome) => void) => Execution;
  /**
   * Has `take` see each frame that arrives at an end of the link from now on. Throws LabError where it cannot. Absent:
   * the backend cannot capture at all.
   */
  readonly capture?: (link: string, take: TakeFrame) => Tap;
  /** Ends everything the backend started. Never rejects for what is gone already. */
  destroy(): Promise<void>;
  /**
   * Lets go of the lab and leaves its machines up; says in a sentence or more how to get at them and how to remove
   * them. Absent: the lab ends with the process.
   */
  readonly leave?: () => Promise<string>;
}

/**
 * `end`: its place among the link's ends. The frame is as it is on the wire, and another's: it may be read during the
 * call. What is thrown comes out of `runUntil`.
 */
export type TakeFrame = (end: number, frame: Frame, timeNs: TimeNs) => void;

export interface Tap {
  /** Nothing is seen any more. By end: how many frames arrived meanwhile and were not seen, for want of room. */
  stop(): readonly number[];
}

export interface Command {
  /** The program and its arguments; no shell looks at them. */
  readonly words: readonly string[];
  /** After this it is killed; absent: it runs until it ends or the lab does. */
  readonly limitNs?: TimeNs;
}

export interface Execution {
  /** Ends the command as Ctrl-C does, after a while for good. */
  stop(): void;
}

export interface ExecOutcome {
  /** Null where a signal ended it. NO_SUCH_PROGRAM, or NOT_STARTED, where it never ran. */
  readonly code: number | null;
  readonly signal?: string;
  /** The first MAX_OUTPUT_BYTES of each, as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
  readonly isTruncated: boolean;
  /** `limitNs` was over. */
  readonly isTimedOut: boolean;
}

/** What shells say, and whoever starts programs as they do, where there is a program that cannot be started. */
export const NOT_STARTED = 126;

/** Of each of a command's two outputs. */
export const MAX_OUTPUT_BYTES = 1 << 20;

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
  /**
   * Makes the lab. Whatever is made is registered to be undone before it is made, so that a deployment that fails or
   * is aborted leaves nothing behind. Rejects with LabError, or with the signal's reason.
   */
  deploy(experiment: Experiment, deployment: Deployment): Promise<Lab>;
}

export interface Deployment {
  readonly signal: AbortSignal;
  /** Gets what the lab's machines have to say, with the machine's name. */
  readonly log: LogSink;
  /** For files that the backend makes; the run's own, made when something is first written there. */
  readonly folder: string;
  /** Part of the name of all that is made on this machine: 8 hexadecimal digits, of no other run. */
  readonly id: string;
}

/** The lab could not do what was asked: exit code 3. The message says what and, where it can, what to do. */
export class LabError extends Error {
  override readonly name = 'LabError';
}
