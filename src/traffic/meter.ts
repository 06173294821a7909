/**
 * Measures one flow: hears of every packet that is sent and of every one that arrives, in each plane it is
 * expected in, and tells loss, duplicates, reordering, delay and jitter of the packets sent between two marks.
 *
 * A mark cuts the flow by sequence number: packets sent before it lie on one side, packets sent after it on
 * the other, whenever they arrive. So a window is complete once its packets have had time to arrive, and
 * windows that meet neither share a packet nor miss one. Between two marks only sums are kept, never a list
 * of packets; beside them one bit a packet tells a duplicate from a first arrival.
 *
 * Definitions and their sources: docs/measuring.md.
 */
import type { Plane } from '../net/wire.ts';
import type { TimeNs } from '../world/clock.ts';
import type { TimeBins } from './bins.ts';
import { DelayHistogram } from './histogram.ts';
import { TrafficLimitError } from './limit.ts';
import { SequenceSet } from './sequence-set.ts';
import type { ArrivalObserver, Arrived } from './sink.ts';
import type { SourceObserver } from './source.ts';

const MAX_MARKS = 65_536;

/** The packets of one flow sent between two marks, in one plane. */
export interface WindowResult {
  readonly sent: number;
  /** Different packets; duplicates not counted. */
  readonly received: number;
  readonly duplicated: number;
  /** RFC 4737 Type-P-Reordered. */
  readonly reordered: number;
  /** Bytes of IPv4 packet received, duplicates not counted. */
  readonly bytes: number;
  /** One-way delay, whole nanoseconds; all null where nothing was received. */
  readonly delayNs: {
    readonly min: number | null;
    readonly mean: number | null;
    readonly p99: number | null;
    readonly max: number | null;
  };
  /** RFC 3550 6.4.1, after the window's last arrival, whole nanoseconds; null where nothing was received. */
  readonly jitterNs: number | null;
  /** Of a flow with several ends: how many of `received` arrived at each. */
  readonly exits?: readonly number[];
}

/** A place where the flow was cut. */
interface Mark {
  readonly timeNs: TimeNs;
  /** The first packet sent after it. */
  readonly sequence: number;
}

export class FlowMeter implements SourceObserver, ArrivalObserver {
  readonly #marks: Mark[];
  readonly #real: PlaneMeter | undefined;
  readonly #shadow: PlaneMeter | undefined;
  #nextSequence = 0;
  #strays = 0;

  /**
   * `sinceNs`: now; the first mark. `planes`: where packets are expected, both when the flow is mirrored; what
   * arrives in a plane also goes into that plane's bins, where there are any. `exits`: how many ends the flow has,
   * where it matters by which of them a packet left.
   */
  constructor(
    sinceNs: TimeNs,
    planes: readonly Plane[],
    bins: Partial<Record<Plane, TimeBins>> = {},
    exits = 0,
  ) {
    this.#marks = [{ timeNs: sinceNs, sequence: 0 }];
    if (planes.includes('real')) this.#real = new PlaneMeter(bins.real, exits);
    if (planes.includes('shadow')) this.#shadow = new PlaneMeter(bins.shadow, exits);
  }

  /** Packets that arrived in a plane where none was expected, or before they were sent. */
  get strays(): number {
    return this.#strays;
  }

  sent(sequence: number, sentNs: TimeNs): void {
    this.#nextSequence = sequence + 1;
    this.#real?.bins?.sent(sentNs);
    this.#shadow?.bins?.sent(sentNs);
  }

  /** `exit`: at which of its ends. */
  arrived(packet: Arrived, exit = 0): void {
    const plane = this.#meterOf(packet.plane);
    if (plane === undefined || packet.sequence >= this.#nextSequence) this.#strays++;
    else plane.arrived(packet, this.#segmentOf(packet.sequence), exit);
  }

  /** Cuts the flow here: `nowNs` can begin and end windows. A second mark at the same time changes nothing. */
  mark(nowNs: TimeNs): void {
    const last = this.#marks[this.#marks.length - 1];
    if (nowNs === last.timeNs) return;
    if (nowNs < last.timeNs) throw new RangeError(`mark at ${nowNs} ns after one at ${last.timeNs} ns`);
    if (this.#marks.length >= MAX_MARKS)
      throw new TrafficLimitError(`more than ${MAX_MARKS} marks in one flow`);
    this.#marks.push({ timeNs: nowNs, sequence: this.#nextSequence });
  }

  /**
   * What became of the packets sent between two marks. `fromNs` may also be before the flow began. Ask when
   * the packets have had time to arrive: what has not arrived counts as lost. RangeError where there is no
   * such mark, or no such plane.
   */
  window(plane: Plane, fromNs: TimeNs, toNs: TimeNs): WindowResult {
    const meter = this.#meterOf(plane);
    if (meter === undefined) throw new RangeError(`the flow is not measured in the ${plane} plane`);
    const from = this.#markAt(Math.max(fromNs, this.#marks[0].timeNs));
    const to = this.#markAt(Math.max(toNs, this.#marks[0].timeNs));
    const sent = Math.max(0, this.#marks[to].sequence - this.#marks[from].sequence);
    return meter.window(from, to, sent);
  }

  #meterOf(plane: Plane): PlaneMeter | undefined {
    return plane === 'real' ? this.#real : this.#shadow;
  }

  #markAt(timeNs: TimeNs): number {
    const index = this.#marks.findLastIndex((mark) => mark.timeNs === timeNs);
    if (index < 0) throw new RangeError(`no mark was made at ${timeNs} ns`);
    return index;
  }

  /** Segment n begins at mark n. From the end: few packets are older than the last marks. */
  #segmentOf(sequence: number): number {
    let segment = this.#marks.length - 1;
    while (this.#marks[segment].sequence > sequence) segment--;
    return segment;
  }
}

/** What arrived in one plane. */
class PlaneMeter {
  readonly bins: TimeBins | undefined;
  readonly #exits: number;
  readonly #arrived = new SequenceSet();
  /** Tallies by segment; absent where nothing arrived. */
  readonly #tallies = new Map<number, Tally>();
  /** RFC 4737 3.3: one more than the largest sequence number that has arrived. */
  #nextExpected = 0;
  #transitNs: TimeNs | undefined;
  #jitterNs = 0;
  #arrivals = 0;

  constructor(bins: TimeBins | undefined, exits: number) {
    this.bins = bins;
    this.#exits = exits;
  }

  arrived(packet: Arrived, segment: number, exit: number): void {
    const tally = this.#tallyOf(segment);
    if (!this.#arrived.add(packet.sequence)) {
      tally.duplicated++;
      return;
    }
    const delayNs = packet.arrivedNs - packet.sentNs;
    tally.bytes += packet.bytes;
    if (this.#exits > 0) tally.exits[exit]++;
    tally.delays.add(delayNs);
    if (packet.sequence >= this.#nextExpected) this.#nextExpected = packet.sequence + 1;
    else tally.reordered++;
    // RFC 3550 6.4.1: the difference of two packets' spacing at both ends is that of their transit times.
    if (this.#transitNs !== undefined) {
      this.#jitterNs += (Math.abs(delayNs - this.#transitNs) - this.#jitterNs) / 16;
    }
    this.#transitNs = delayNs;
    tally.jitterNs = this.#jitterNs;
    tally.lastArrival = ++this.#arrivals;
    this.bins?.received(packet.sentNs, packet.bytes, delayNs);
  }

  window(fromSegment: number, toSegment: number, sent: number): WindowResult {
    const total = new Tally(this.#exits);
    for (let segment = fromSegment; segment < toSegment; segment++) {
      const tally = this.#tallies.get(segment);
      if (tally !== undefined) total.addAll(tally);
    }
    const { delays } = total;
    return {
      sent,
      received: delays.count,
      duplicated: total.duplicated,
      reordered: total.reordered,
      bytes: total.bytes,
      delayNs: {
        min: wholeOrNull(delays.min),
        mean: wholeOrNull(delays.mean),
        p99: wholeOrNull(delays.quantile(0.99)),
        max: wholeOrNull(delays.max),
      },
      jitterNs: wholeOrNull(total.jitterNs),
      ...(this.#exits === 0 ? {} : { exits: total.exits }),
    };
  }

  #tallyOf(segment: number): Tally {
    const found = this.#tallies.get(segment);
    if (found !== undefined) return found;
    const tally = new Tally(this.#exits);
    this.#tallies.set(segment, tally);
    return tally;
  }
}

/** Sums over the packets of one segment. */
class Tally {
  duplicated = 0;
  reordered = 0;
  bytes = 0;
  readonly delays = new DelayHistogram();
  jitterNs: number | undefined;
  /** Which of the plane's arrivals, from 1, came last; 0: none. */
  lastArrival = 0;
  /** By exit. */
  readonly exits: number[];

  constructor(exits: number) {
    this.exits = Array.from({ length: exits }, () => 0);
  }

  addAll(other: Tally): void {
    for (const [exit, count] of other.exits.entries()) this.exits[exit] += count;
    this.duplicated += other.duplicated;
    this.reordered += other.reordered;
    this.bytes += other.bytes;
    this.delays.addAll(other.delays);
    if (other.lastArrival > this.lastArrival) {
      this.jitterNs = other.jitterNs;
      this.lastArrival = other.lastArrival;
    }
  }
}

function wholeOrNull(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}
