/**
 * What an output port sends next. Both planes share the port. What of one plane waits is a `PlaneQueue`, which
 * knows the order within the plane (by classes, where its slot has a service policy); an `OutputQueue` holds the
 * two and hands frames to the port one at a time, whenever the port is free.
 *
 * What must stay true: a frame is sent or refused, never forgotten; frames of one plane and class leave in the
 * order in which they came; what waits is bounded for each plane by itself, so that neither can take the other's
 * room, and is counted by virtual length; the routers' own control packets go before all else in every mode, so
 * that no load takes a plane's adjacencies down.
 *
 *     fair.ts          both planes alike
 *     priority.ts      the real plane first, the shadow in what is left
 *     partition.ts     each its share
 *     cancellation.ts  each the whole link: shadow packets travel as headers, behind real ones
 */
import { SMALLEST_PROBE_PACKET } from '../../net/probe.ts';
import type { Plane } from '../../net/wire.ts';
import type { Clock } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { Port } from '../../world/port.ts';

/** How the planes share a link. */
export type BandwidthSettings =
  | { readonly mode: 'fair' }
  | { readonly mode: 'priority' }
  | {
      readonly mode: 'partition';
      /** Of the link's rate, 0 < share < 1; the rest is the shadow's. */
      readonly realShare: number;
      /** A plane gets no more than its share even where the other leaves the link idle. */
      readonly strict: boolean;
    }
  | {
      readonly mode: 'cancellation';
      /** Of a shadow packet that is cancelled, kept in any case: MIN_HEADER_BYTES or more. IPv4 options come on top. */
      readonly headerBytes: number;
      /**
       * How much later than with no shadow traffic at all a real packet may leave, in times of one header frame:
       * 1 or more. The more, the better the shadow is served where the real plane is loaded.
       */
      readonly realDelayFrames: number;
    };

/** An IPv4 packet with UDP and the header of measured traffic: probes survive cancellation. */
export const MIN_HEADER_BYTES = SMALLEST_PROBE_PACKET;
export const DEFAULT_CANCELLATION = {
  mode: 'cancellation',
  headerBytes: MIN_HEADER_BYTES,
  realDelayFrames: 1,
} as const satisfies BandwidthSettings;

/** What the frame is to the queue: a class of the slot's service policy, by its index, or the router's own. */
export type QueueClass = number;
/** Packets of the router's own protocols, and ARP. */
export const CONTROL: QueueClass = -1;

export interface OutputQueue {
  /** Takes the frame, which is the queue's from here on. False where there is no room: it is dropped. */
  send(frame: Frame, plane: Plane, slot: 0 | 1, queueClass: QueueClass): boolean;
  /** Virtual bytes of the plane that wait, control packets apart. */
  waitingBytes(plane: Plane): number;
  /** Shows every frame that waits to one who may put a label on it. */
  forEach(visit: (frame: Frame) => void): void;
}

/** What of one plane waits at one port. Lengths are virtual. */
export interface PlaneQueue {
  /** The most that may wait, in virtual bytes. */
  readonly limitBytes: number;
  readonly length: number;
  readonly bytes: number;
  /** May a frame of the slot go to a free port without being pushed, where nothing waits? Not past a service policy. */
  passes(slot: 0 | 1): boolean;
  /** False, and the frame is not taken, where it would exceed the limit, or early detection drops it. */
  push(frame: Frame, slot: 0 | 1, queueClass: QueueClass): boolean;
  /**
   * The frame that leaves next; the same one until it is shifted or something is pushed. Undefined where nothing
   * waits, or (`readyNs` says until when) nothing may go yet because it is shaped.
   */
  peek(): Frame | undefined;
  shift(): Frame | undefined;
  /** Shows every frame to one who may put a label on it: its length may change. */
  forEach(visit: (frame: Frame) => void): void;
  /** When may the next one go? In the past or now: there is one. Infinity: nothing waits. */
  readonly readyNs: number;
}

export type MakeOutputQueue<Settings extends BandwidthSettings = BandwidthSettings> = (
  clock: Clock,
  port: Port,
  queues: Readonly<Record<Plane, PlaneQueue>>,
  settings: Settings,
) => OutputQueue;
