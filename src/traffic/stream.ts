/**
 * Video on demand: the receiver asks for one segment after the other as its buffer has room, and plays them.
 *
 *     Stream ── next segment, when there is room ──> PieceReceiver ── requests ──> network ──> PieceSender
 *        │                                                ▲                                        │
 *        └── Playback <── whole segments ─────────────────┴──────── measured packets <─────────────┘
 *
 * A segment is sent as pieces, one a packet, at a steady pace. Each packet is a measured packet of the flow like
 * any other, so loss, delay and paths are known of it, in both planes and also where packet cancellation cuts
 * its payload: what the receiver needs stands in shadowlab's header. Requests travel the network as packets, too,
 * in the stream's plane. A lost packet has its consequence: the segment is whole only when its last piece is
 * there, and the receiver asks again, when the end of what it asked for has come with gaps or when nothing has
 * come for a while (RFC 6298). There is no congestion control: a stream asks for its pace and no more.
 *
 * What must stay true: one segment is asked for at a time; nothing is sent that was not asked for; media are
 * counted once, however often their pieces arrive.
 */
import type { Plane } from '../net/wire.ts';
import type { TimeNs, Timer } from '../world/clock.ts';
import type { World } from '../world/world.ts';
import type { TimeBins } from './bins.ts';
import { every, intervalOf } from './departures.ts';
import type { FlowIdentity, RunningFlow } from './flow.ts';
import { FlowMeter, type WindowResult } from './meter.ts';
import { PieceReceiver } from './piece-receiver.ts';
import { PieceSender } from './piece-sender.ts';
import { Playback, type PlaybackWindow } from './playback.ts';
import type { RequestDesk } from './request-desk.ts';
import {
  MAX_PIECES_PER_SEGMENT,
  type SegmentPlan,
  type StreamSending,
  segmentPlan,
  smallestBufferNs,
} from './segment.ts';
import type { Arrived, Sink } from './sink.ts';

export type StreamSettings = FlowIdentity & StreamSending;

export interface StreamWindowResult extends PlaybackWindow {
  /** When it was started. */
  readonly beganNs: TimeNs;
  /** Segments that became whole in the window. */
  readonly segments: number;
  /** Bytes of media in them. */
  readonly mediaBytes: number;
}

/** A stream from one host to another that goes on until it is stopped. */
export class Stream implements RunningFlow {
  readonly planes: readonly Plane[];
  readonly #world: World;
  readonly #settings: StreamSettings;
  readonly #plan: SegmentPlan;
  readonly #meter: FlowMeter;
  readonly #sender: PieceSender;
  readonly #receiver: PieceReceiver;
  #playback: Playback | undefined;
  #stopped = false;
  /** Segments whole by now; the number of the next. */
  #segments = 0;
  /** Segments whole at each mark. */
  readonly #marks = new Map<TimeNs, number>();
  #timer: Timer | undefined;

  /** `from`: where the sender hears requests. `to`: where it is played. RangeError where sizes or rates make no stream. */
  constructor(
    world: World,
    from: RequestDesk,
    to: Sink,
    settings: StreamSettings,
    bins: Partial<Record<Plane, TimeBins>> = {},
  ) {
    const { id, plane, packetBytes, paceBps, traceEvery } = settings;
    this.planes = [plane];
    this.#world = world;
    this.#settings = settings;
    this.#plan = segmentPlan(settings);
    const { pieces } = this.#plan;
    if (
      !(pieces >= 1 && pieces <= MAX_PIECES_PER_SEGMENT && smallestBufferNs(settings) <= settings.bufferNs)
    ) {
      throw new RangeError(
        `flow ${id}: segments of ${pieces} pieces that must fit a buffer of ${settings.bufferNs} ns`,
      );
    }
    this.#meter = new FlowMeter(world.clock.now(), this.planes, bins);
    this.#sender = new PieceSender(
      world.clock,
      from,
      { flow: id, destination: to.host.address, plane, packetBytes, traceEvery },
      this.#plan,
      every(intervalOf(packetBytes, paceBps)),
      this.#meter,
    );
    this.#receiver = new PieceReceiver(world.clock, to.host, {
      flow: id,
      sender: from.host.address,
      plane,
    });
    to.expect(id, { arrived: (packet) => this.#arrived(packet) });
  }

  /** Once: the viewer presses play, and the first segment is asked for. */
  start(): void {
    if (this.#stopped) return;
    this.#playback = new Playback(this.#world.clock.now(), this.#settings.startupNs);
    this.#sender.start();
    this.#nextSegment();
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#receiver.stop();
    this.#sender.stop();
    this.#playback?.end(this.#world.clock.now());
  }

  traceAll(on: boolean): void {
    this.#sender.traceAll(on);
  }

  mark(): void {
    const nowNs = this.#world.clock.now();
    this.#meter.mark(nowNs);
    this.#marks.set(nowNs, this.#segments);
  }

  window(plane: Plane, fromNs: TimeNs, toNs: TimeNs): WindowResult {
    return this.#meter.window(plane, fromNs, toNs);
  }

  /** What the viewer saw between two marks; undefined where the stream had not been started before the second. */
  viewed(fromNs: TimeNs, toNs: TimeNs): StreamWindowResult | undefined {
    const playback = this.#playback;
    if (playback === undefined || playback.beganNs >= toNs) return undefined;
    const segments = (this.#marks.get(toNs) ?? 0) - (this.#marks.get(fromNs) ?? 0);
    const mediaBytes = segments * this.#plan.bytes;
    return { beganNs: playback.beganNs, ...playback.window(fromNs, toNs), segments, mediaBytes };
  }

  get strays(): number {
    return this.#meter.strays;
  }

  #arrived(packet: Arrived): void {
    this.#meter.arrived(packet);
    if (packet.plane === this.#settings.plane) this.#receiver.arrived(packet.piece);
  }

  /** Asks for it as soon as there is room. */
  #nextSegment(): void {
    const { clock } = this.#world;
    const { segmentNs, bufferNs } = this.#settings;
    const first = this.#segments * this.#plan.pieces;
    const ask = (): void => this.#receiver.receive(first, this.#plan.pieces, () => this.#whole());
    const tooMuchNs = (this.#playback?.readyNs(clock.now()) ?? 0) + segmentNs - bufferNs;
    if (tooMuchNs <= 0) ask();
    else this.#timer = clock.after(tooMuchNs, ask);
  }

  #whole(): void {
    this.#segments++;
    this.#playback?.arrived(this.#world.clock.now(), this.#settings.segmentNs);
    this.#nextSegment();
  }
}
