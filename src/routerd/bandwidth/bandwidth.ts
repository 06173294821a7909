/**
 * What an output port sends next. Both planes share the port; an `OutputQueue` holds what each has waiting and
 * hands frames to the port one at a time, whenever the port is free. What must stay true: a frame is sent or
 * refused, never forgotten; frames of one plane leave in the order in which they came; what waits is bounded
 * for each plane by itself, so that neither can take the other's room.
 *
 * `fair.ts` serves both planes alike.
 */
import type { Plane } from '../../net/wire.ts';
import type { Clock } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { Port } from '../../world/port.ts';

export interface OutputQueue {
  /** Takes the frame, which is the queue's from here on. False where the plane has no room: it is dropped. */
  send(frame: Frame, plane: Plane): boolean;
  /** Bytes of the plane that wait. */
  waitingBytes(plane: Plane): number;
}

/** `limitBytes`: the most that may wait in each plane. */
export type MakeOutputQueue = (clock: Clock, port: Port, limitBytes: number) => OutputQueue;
