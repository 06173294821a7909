/**
 * Packet cancellation: each plane has the whole link, as far as it can tell (docs/bandwidth.md). Both planes have
 * a virtual link of their own (virtual-link.ts); what these have begun waits here for the one port there is.
 *
 * - A **real** frame goes as soon as the port is free.
 * - A **shadow** frame is due when its virtual link has sent it. It travels as a record, its payload cut off
 *   (src/net/cancellation.ts): behind the real frame during whose transmission it becomes due; or, where no real
 *   frame waits, in a frame of records, begun so that it ends when the record is due, or as soon after as the port
 *   is free. What cannot travel as a record (nothing may be cut, and it is too long) goes as it is, by itself.
 * - The **bound**: records are sent along with, or before, a waiting real frame only if it will still have left
 *   no later than `realDelayFrames` header frames after its virtual link has sent it. Where no real frame waits,
 *   one shadow frame may begin, and one that holds several records is no longer than the bound.
 *
 * So a real frame leaves late by no more than the bound, or the one frame that had begun, and is dropped exactly
 * when its plane's queue would have dropped it alone. Control packets of both planes go with the real plane.
 */
import {
  BUNDLE_HEADER,
  firstRecordAt,
  keptLength,
  MAX_RECORDS,
  RECORD_HEADER,
  writeRecord,
} from '../../net/cancellation.ts';
import { ETHERNET_HEADER, ETHERTYPE_MPLS, etherType, readMac } from '../../net/ethernet.ts';
import { MPLS_ENTRY } from '../../net/mpls.ts';
import type { Plane } from '../../net/wire.ts';
import type { Clock, TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { Port } from '../../world/port.ts';
import {
  type BandwidthSettings,
  CONTROL,
  type MakeOutputQueue,
  type OutputQueue,
  type PlaneQueue,
  type QueueClass,
} from './bandwidth.ts';
import { becameRecord, bundleOf, inflated, newBundle } from './bundle.ts';
import { CONTROL_LIMIT } from './scheduled-port.ts';
import type { Stage } from './stage.ts';
import { VirtualLink } from './virtual-link.ts';
import { Wake } from './wake.ts';

type CancellationSettings = Extract<BandwidthSettings, { mode: 'cancellation' }>;

export const makeCancellationQueue: MakeOutputQueue<CancellationSettings> = (clock, port, queues, settings) =>
  new CancellingPort(clock, port, queues, settings);

/** Length of a frame with one record of so many kept bytes. */
export function headerFrameLength(keptBytes: number): number {
  return ETHERNET_HEADER + BUNDLE_HEADER + RECORD_HEADER + keptBytes;
}

class CancellingPort implements OutputQueue {
  readonly #clock: Clock;
  readonly #port: Port;
  readonly #headerBytes: number;
  readonly #nsPerByte: number;
  /** How late a real frame may be. */
  readonly #boundNs: TimeNs;
  readonly #real: VirtualLink;
  readonly #shadow: VirtualLink;
  readonly #wake: Wake;

  constructor(
    clock: Clock,
    port: Port,
    queues: Readonly<Record<Plane, PlaneQueue>>,
    settings: CancellationSettings,
  ) {
    this.#clock = clock;
    this.#port = port;
    this.#headerBytes = settings.headerBytes;
    this.#nsPerByte = 8e9 / port.rateBps;
    this.#boundNs = settings.realDelayFrames * this.#timeOf(headerFrameLength(settings.headerBytes));
    this.#real = new VirtualLink(queues.real, this.#nsPerByte, () => 0);
    this.#shadow = new VirtualLink(queues.shadow, this.#nsPerByte, (frame) => this.#keptOf(frame));
    this.#wake = new Wake(clock, () => this.#serve());
  }

  send(given: Frame, plane: Plane, slot: 0 | 1, queueClass: QueueClass): boolean {
    const frame = plane === 'real' ? inflated(given) : given;
    const now = this.#clock.now();
    // What waited for this very moment goes before what comes in it.
    if (this.#port.busyUntilNs <= now && !(this.#real.isIdle && this.#shadow.isIdle)) this.#serve();
    this.#real.advance(now);
    this.#shadow.advance(now);
    const isTaken =
      queueClass === CONTROL
        ? this.#addControl(frame, plane, now)
        : this.#linkOf(plane).add(frame, slot, queueClass, now);
    if (isTaken) this.#sendOn(now);
    return isTaken;
  }

  waitingBytes(plane: Plane): number {
    this.#linkOf(plane).advance(this.#clock.now());
    return this.#linkOf(plane).waitingBytes;
  }

  forEach(visit: (frame: Frame) => void): void {
    this.#real.forEach(visit);
    this.#shadow.forEach(visit);
  }

  #linkOf(plane: Plane): VirtualLink {
    return plane === 'real' ? this.#real : this.#shadow;
  }

  /** Only control packets make a virtual link busy for longer than with the frame that it is sending. */
  #addControl(frame: Frame, plane: Plane, now: TimeNs): boolean {
    if (this.#real.stage.isFull || this.#real.freeNs - now > CONTROL_LIMIT * this.#nsPerByte) return false;
    this.#real.begin(frame, now);
    if (plane === 'shadow') this.#shadow.occupy(frame, now);
    return true;
  }

  #serve(): void {
    const now = this.#clock.now();
    this.#real.advance(now);
    this.#shadow.advance(now);
    this.#sendOn(now);
  }

  /** Both virtual links have begun what they would have begun by now. */
  #sendOn(now: TimeNs): void {
    while (this.#port.busyUntilNs <= now) if (!this.#sendNext(now)) break;
    const { stage } = this.#shadow;
    const shadowNs = stage.length > 0 ? this.#beginOf(stage, now) : this.#shadow.nextStartNs;
    const nextNs = this.#real.stage.length > 0 ? now : Math.min(this.#real.nextStartNs, shadowNs);
    const freeNs = this.#port.busyUntilNs;
    const sendNs = freeNs > now ? Math.max(freeNs, nextNs) : nextNs;
    this.#wake.at(Math.max(now + 1, Math.min(sendNs, this.#real.wakeNs, this.#shadow.wakeNs)));
  }

  /** False where nothing is to be sent yet. */
  #sendNext(now: TimeNs): boolean {
    const real = this.#real.stage.frameAt(0);
    const records = this.#shadow.stage;
    if (real === undefined) {
      if (records.length === 0 || this.#beginOf(records, now) > now) return false;
      this.#sendShadow(now, now + this.#boundNs);
      return true;
    }
    if (records.length > 0) {
      const latestNs = this.#real.stage.finishAt(0) + this.#boundNs;
      const riders = this.#fitting(real, now, latestNs);
      if (riders > 0) {
        this.#real.stage.shift();
        this.#sendRecords(real, riders, now);
        return true;
      }
      // They do not fit behind it, or go elsewhere on the link: before it, if it may wait for them.
      const latestBeginNs = latestNs - this.#timeOf(real.length);
      if (this.#endOf(records, now) <= latestBeginNs && this.#beginOf(records, now) <= now) {
        this.#sendShadow(now, latestBeginNs);
        return true;
      }
    }
    this.#real.stage.shift();
    this.#port.send(real);
    return true;
  }

  /** Sends the first shadow frame, and more in one frame as long as that ends by `latestNs`. */
  #sendShadow(now: TimeNs, latestNs: TimeNs): void {
    const { stage } = this.#shadow;
    const first = stage.frameAt(0);
    if (first === undefined) return;
    if (stage.keptAt(0) > 0) {
      this.#sendRecords(undefined, Math.max(1, this.#fitting(undefined, now, latestNs)), now);
    } else {
      stage.shift();
      const whole = inflated(first);
      this.#port.send(whole);
      if (whole !== first) first.release();
    }
  }

  /**
   * How many records may go in one frame, behind the real one if there is one: bound for the same neighbour, due
   * by its end, within the MTU, and so that it ends by `latestNs`.
   */
  #fitting(real: Frame | undefined, now: TimeNs, latestNs: TimeNs): number {
    const { stage } = this.#shadow;
    const like = real ?? stage.frameAt(0);
    if (like === undefined) return 0;
    let length = ETHERNET_HEADER + BUNDLE_HEADER + (real === undefined ? 0 : real.length - ETHERNET_HEADER);
    const longest = this.#port.mtu + ETHERNET_HEADER;
    const most = Math.min(stage.length, MAX_RECORDS);
    for (let count = 0; count < most; count++) {
      const frame = stage.frameAt(count);
      if (frame === undefined || stage.keptAt(count) === 0 || !goTogether(like, frame)) return count;
      length += RECORD_HEADER + stage.keptAt(count);
      const endNs = now + this.#timeOf(length);
      if (length > longest || endNs > latestNs || stage.finishAt(count) > endNs) return count;
    }
    return most;
  }

  #sendRecords(real: Frame | undefined, count: number, now: TimeNs): void {
    const { stage } = this.#shadow;
    const like = real ?? stage.frameAt(0);
    if (like === undefined) return;
    if (real === undefined && count === 1) {
      const kept = stage.keptAt(0);
      const late = this.#lateOf(stage, now + this.#timeOf(headerFrameLength(kept)));
      if (becameRecord(like, kept, late)) {
        stage.shift();
        this.#port.send(like);
        return;
      }
    }
    let recordBytes = 0;
    for (let index = 0; index < count; index++) recordBytes += RECORD_HEADER + stage.keptAt(index);
    const bundle =
      real === undefined ? newBundle(like, count, recordBytes) : bundleOf(real, count, recordBytes);
    const { bytes } = bundle;
    let at = firstRecordAt(bytes, bundle.start + ETHERNET_HEADER);
    const endNs = now + this.#timeOf(bundle.length);
    for (let index = 0; index < count; index++) {
      const late = this.#lateOf(stage, endNs);
      const kept = stage.keptAt(0);
      const frame = stage.shift();
      if (frame === undefined) return;
      writeRecord(bytes, at, frame.bytes, frame.start + ETHERNET_HEADER, kept, late);
      at += RECORD_HEADER + kept;
      frame.release();
    }
    this.#port.send(bundle);
  }

  /** By how many byte times the first of the stage is late, if its frame ends then. */
  #lateOf(stage: Stage, endNs: TimeNs): number {
    return Math.max(0, Math.floor((endNs - stage.finishAt(0)) / this.#nsPerByte));
  }

  /** When the first of the stage has to begin to be there in time. */
  #beginOf(stage: Stage, now: TimeNs): TimeNs {
    return stage.finishAt(0) - (this.#endOf(stage, now) - now);
  }

  /** When the first of the stage has left, by itself, if it begins now. */
  #endOf(stage: Stage, now: TimeNs): TimeNs {
    const frame = stage.frameAt(0);
    if (frame === undefined) return now;
    const kept = stage.keptAt(0);
    return now + this.#timeOf(kept > 0 ? headerFrameLength(kept) : frame.virtualLength);
  }

  /** 0 where a frame with this one record would be too long: it goes as it is. */
  #keptOf({ bytes, start, end }: Frame): number {
    if (etherType(bytes, start) !== ETHERTYPE_MPLS) return 0;
    const kept = keptLength(bytes, start + ETHERNET_HEADER + MPLS_ENTRY, end, this.#headerBytes);
    return headerFrameLength(kept) > this.#port.mtu + ETHERNET_HEADER ? 0 : kept;
  }

  #timeOf(bytes: number): TimeNs {
    return Math.ceil(bytes * this.#nsPerByte);
  }
}

/** One Ethernet header serves both. The source is the port's own. */
function goTogether(a: Frame, b: Frame): boolean {
  return a === b || readMac(a.bytes, a.start) === readMac(b.bytes, b.start);
}
