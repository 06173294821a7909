/**
 * What crosses the border between a daemon's two threads.
 *
 *     control plane  ── commands, questions ──▶  forwarding
 *                    ◀── answers ──────────────
 *                    ◀── events ───────────────
 *
 * Commands and questions share one channel, so a question's answer says that all commands before it are carried
 * out. Answers have a channel of their own, which the control plane reads standing still: to it the engine in the
 * other thread is a `Forwarding` like the one in its own would be, and the same Management, commit participant and
 * slots work on both, in virtual time as in real. Making the contract asynchronous would have put promises into
 * them all, and an await between two steps of a commit, for reads that take a turn of the loop: some 0.1 ms.
 */
import type { MessagePort } from 'node:worker_threads';
import type { TimeNs } from '../../world/clock.ts';
import type { LogLevel } from '../../world/world.ts';
import type { DeliverLocal, Forwarding } from '../forwarding/contract.ts';
import type { PortFacts } from '../slot/speaker.ts';
import type { PortSettings } from './settings.ts';

/** The engine's functions that change something, and those that are asked for what they return. */
type Changes =
  | 'configurePort'
  | 'configureLoopback'
  | 'configureLabels'
  | 'route'
  | 'failPort'
  | 'setTag'
  | 'setMarking'
  | 'swapPlanes'
  | 'originate'
  | 'originateOsi'
  | 'send'
  | 'mirror';
type Reads = 'fib' | 'counters' | 'takePostcards' | 'lastSeenNs';

type CallOf<Name extends keyof Forwarding> = Forwarding[Name] extends (...args: infer Args) => unknown
  ? readonly [Name, ...Args]
  : never;

export type Command = { [Name in Changes]: CallOf<Name> }[Changes];
/** `nothing` is asked to know that the commands before it are carried out; `end` closes the ports. */
export type Question = { [Name in Reads]: CallOf<Name> }[Reads] | readonly ['nothing'] | readonly ['end'];

export type AnswerTo<Q extends Question> = Q[0] extends Reads ? ReturnType<Forwarding[Q[0]]> : null;
export type AnyAnswer = ReturnType<Forwarding[Reads]> | null;

export type ToForwarding =
  | { readonly commands: readonly Command[] }
  | { readonly number: number; readonly question: Question };

export type Answer = { readonly number: number; readonly answer: AnyAnswer } | { readonly failed: string };

export type ForwardingEvent =
  /** The ports are open. `wakeFd` is what the loop waits for besides them. */
  | { readonly event: 'ready'; readonly ports: readonly PortFacts[]; readonly wakeFd: number }
  | { readonly event: 'delivered'; readonly packets: readonly LocalPacket[] }
  /** A port's wire is lost, or there again; those that were never lost are not told of. */
  | { readonly event: 'wire'; readonly port: string; readonly isUp: boolean }
  | { readonly event: 'log'; readonly level: LogLevel; readonly text: string };

export type LocalPacket = Parameters<DeliverLocal>[0];

/** What the forwarding thread is started with. */
export interface WorkerSettings {
  readonly router: string;
  readonly seed: number;
  readonly epochNs: TimeNs;
  readonly ports: readonly PortSettings[];
  readonly requests: MessagePort;
  readonly answers: MessagePort;
  readonly events: MessagePort;
  readonly shared: Int32Array<SharedArrayBuffer>;
}

/** Places of the shared integers. */
export const SHARED = {
  /** Counts messages to the forwarding thread. */
  requests: 0,
  /** Counts answers; waited for. */
  answers: 1,
  /** Packets handed up that the control plane has not taken yet. */
  delivered: 2,
  /** Counts packets that were not handed up for want of room. */
  refused: 3,
  length: 4,
} as const;

/** Packets handed up that may wait; more are dropped: whoever floods a router's own addresses fills no memory. */
export const MAX_DELIVERED = 1024;
