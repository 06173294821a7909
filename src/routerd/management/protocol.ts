/**
 * The management contract on a socket: JSON, a line each way. The daemon speaks first.
 *
 *     ← {"protocol":"shadowlab-management","version":1,"router":"r1","nowNs":…,"authorization":"none"}
 *     → {"token":"…"}                                 only where `authorization` is "token"
 *     → {"id":1,"request":{"op":"status"}}
 *     ← {"id":1,"answer":{"ok":true,"op":"status",…}}
 *     ← {"error":"…"}                                 and the connection ends: what came was not this protocol
 *
 * Answers come in the order of the requests. `id` is the client's and comes back as it was. docs/daemon.md has it all.
 */
import type { TimeNs } from '../../world/clock.ts';
import type { ManagementAnswer, ManagementRequest } from './contract.ts';

export const PROTOCOL = 'shadowlab-management';
/** Another one where a client of this one would misread. */
export const PROTOCOL_VERSION = 1;

/** Bytes of a request's line. */
export const MAX_REQUEST_BYTES = 33_554_432;

export interface Hello {
  readonly protocol: typeof PROTOCOL;
  readonly version: number;
  readonly router: string;
  /** The router's clock, when it said so. */
  readonly nowNs: TimeNs;
  readonly authorization: 'none' | 'token';
}

export interface TokenLine {
  readonly token: string;
}

export interface RequestLine {
  readonly id: number;
  readonly request: ManagementRequest;
}

export type AnswerLine =
  | { readonly id: number; readonly answer: ManagementAnswer }
  | { readonly error: string };
