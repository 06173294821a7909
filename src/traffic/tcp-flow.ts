/**
 * A TCP flow: one host sends a number of bytes to another, or as many as it can until it is stopped. Unlike other
 * flows its rate is not a setting but a result: it is what the network leaves it, and what congestion control makes
 * of that.
 *
 * The bytes are zeros, so a segment stays right where packet cancellation cuts its payload and the last router puts
 * zeros back. Nothing else of measured traffic is in them: what became of the flow, its two ends say.
 */
import type { Plane } from '../net/wire.ts';
import type { CongestionControlName } from '../tcp/congestion.ts';
import type { TcpConnection, TcpEnd } from '../tcp/connection.ts';
import type { TimeNs } from '../world/clock.ts';
import type { World } from '../world/world.ts';
import { DelayHistogram } from './histogram.ts';
import { TrafficLimitError } from './limit.ts';
import { sourcePortOf } from './source.ts';
import type { TcpHost } from './tcp-host.ts';
import { TcpSeries, type TcpSeriesResult } from './tcp-series.ts';

export interface TcpSending {
  readonly kind: 'tcp';
  /** Bytes to be sent. Absent: as many as go until the flow is stopped. */
  readonly bytes?: number;
  readonly congestionControl: CongestionControlName;
}

export interface TcpFlowSettings extends TcpSending {
  /** 1 .. 65535, unique among all flows: both ends' TCP port follows from it (sourcePortOf). */
  readonly id: number;
  readonly plane: Plane;
}

/** What a flow did between two marks. */
export interface TcpWindowResult {
  /** Bytes that the receiver got, in order and once. */
  readonly bytes: number;
  /** Segments with data, sent again or for the first time. */
  readonly segments: number;
  readonly retransmittedSegments: number;
  /** Times that nothing was heard for so long that everything had to be taken for lost. */
  readonly timeouts: number;
  /** Times that losses were noticed and mended without. */
  readonly recoveries: number;
  /** Round-trip times, as the sender measures one a round trip; all null where none was measured. */
  readonly roundTripNs: {
    readonly min: number | null;
    readonly mean: number | null;
    readonly p99: number | null;
    readonly max: number | null;
  };
}

/** How far a flow has come. */
export interface TcpProgress {
  /** Null before it was started. */
  readonly beganNs: TimeNs | null;
  /** When the connection was established. */
  readonly connectedNs: TimeNs | null;
  /** When the receiver had the last byte and knew it. */
  readonly completedNs: TimeNs | null;
  /** How the sender's end of the connection ended; null while it has not. */
  readonly end: TcpEnd | null;
  /** Bytes received so far. */
  readonly bytes: number;
}

type Totals = Pick<
  TcpWindowResult,
  'bytes' | 'segments' | 'retransmittedSegments' | 'timeouts' | 'recoveries'
>;

interface Mark {
  readonly timeNs: TimeNs;
  readonly totals: Totals;
  /** Samples from here to the next mark. */
  readonly roundTrips: DelayHistogram;
}

const MAX_MARKS = 65_536;
const ZEROS = new Uint8Array(65_536);

export class TcpFlow {
  readonly plane: Plane;
  readonly #world: World;
  readonly #from: TcpHost;
  readonly #to: TcpHost;
  readonly #settings: TcpFlowSettings;
  readonly #series: TcpSeries;
  readonly #marks: Mark[];
  #connection: TcpConnection | undefined;
  #unwritten: number;
  #bytes = 0;
  #retransmitted = 0;
  #beganNs: TimeNs | null = null;
  #connectedNs: TimeNs | null = null;
  #completedNs: TimeNs | null = null;
  #end: TcpEnd | null = null;

  /** RangeError for a number of bytes that is none. */
  constructor(world: World, from: TcpHost, to: TcpHost, settings: TcpFlowSettings) {
    const { id, plane, bytes = Number.POSITIVE_INFINITY } = settings;
    if (!(bytes >= 1)) throw new RangeError(`flow ${id}: ${bytes} bytes to send by TCP`);
    this.plane = plane;
    this.#world = world;
    this.#from = from;
    this.#to = to;
    this.#settings = settings;
    this.#unwritten = bytes;
    this.#series = new TcpSeries(world.clock.now());
    this.#marks = [this.#markNow()];
  }

  /** Once: opens the connection. */
  start(): void {
    if (this.#beganNs !== null) throw new Error(`flow ${this.#settings.id} was started before`);
    if (this.#unwritten === 0) return;
    const { id, plane, congestionControl } = this.#settings;
    const port = sourcePortOf(id);
    this.#beganNs = this.#world.clock.now();
    this.#to.stack(plane).listen(port, () => ({
      readable: (connection) => this.#received(connection),
      ended: (connection) => {
        this.#completedNs = this.#world.clock.now();
        connection.close();
      },
    }));
    this.#connection = this.#from.stack(plane).connect(
      this.#to.host.address,
      port,
      {
        connected: (connection) => {
          this.#connectedNs = this.#world.clock.now();
          this.#write(connection);
        },
        writable: (connection) => this.#write(connection),
        roundTrip: (roundTripNs) => this.#measured(roundTripNs),
        closed: (end) => {
          this.#end = end;
          this.#to.stack(plane).unlisten(port);
        },
      },
      { localPort: port, congestionControl },
    );
  }

  /** Writes no more: what was written still arrives. For good. */
  stop(): void {
    this.#unwritten = 0;
    this.#connection?.close();
  }

  progress(): TcpProgress {
    return {
      beganNs: this.#beganNs,
      connectedNs: this.#connectedNs,
      completedNs: this.#completedNs,
      end: this.#end,
      bytes: this.#bytes,
    };
  }

  /** Cuts here: this time can begin and end windows. Throws TrafficLimitError at the 65,536th. */
  mark(): void {
    if (this.#marks.length >= MAX_MARKS) {
      throw new TrafficLimitError(`a flow was marked more than ${MAX_MARKS} times: use fewer steps`);
    }
    this.#marks.push(this.#markNow());
  }

  /** What happened between two times that were marked. RangeError where they were not. */
  window(fromNs: TimeNs, toNs: TimeNs): TcpWindowResult {
    // Of several marks at one time nothing lies between.
    const from = this.#marks.findIndex(({ timeNs }) => timeNs === fromNs);
    const to = this.#marks.findIndex(({ timeNs }) => timeNs === toNs);
    if (from < 0 || to < from) throw new RangeError(`no window from ${fromNs} to ${toNs} ns was marked`);
    const before = this.#marks[from].totals;
    const after = this.#marks[to].totals;
    const roundTrips = new DelayHistogram();
    for (const mark of this.#marks.slice(from, to)) roundTrips.addAll(mark.roundTrips);
    return {
      bytes: after.bytes - before.bytes,
      segments: after.segments - before.segments,
      retransmittedSegments: after.retransmittedSegments - before.retransmittedSegments,
      timeouts: after.timeouts - before.timeouts,
      recoveries: after.recoveries - before.recoveries,
      roundTripNs: {
        min: wholeOrNull(roundTrips.min),
        mean: wholeOrNull(roundTrips.mean),
        p99: wholeOrNull(roundTrips.quantile(0.99)),
        max: wholeOrNull(roundTrips.max),
      },
    };
  }

  /** Goodput, retransmissions and round-trip times so far, for plots. */
  series(): TcpSeriesResult {
    return this.#series.result();
  }

  #markNow(): Mark {
    const counters = this.#connection?.counters();
    return {
      timeNs: this.#world.clock.now(),
      totals: {
        bytes: this.#bytes,
        segments: counters?.segments ?? 0,
        retransmittedSegments: counters?.retransmittedSegments ?? 0,
        timeouts: counters?.timeouts ?? 0,
        recoveries: counters?.recoveries ?? 0,
      },
      roundTrips: new DelayHistogram(),
    };
  }

  #write(connection: TcpConnection): void {
    for (let taken = 1; taken > 0 && this.#unwritten > 0; ) {
      taken = connection.write(ZEROS.subarray(0, Math.min(this.#unwritten, ZEROS.length)));
      this.#unwritten -= taken;
    }
    if (this.#unwritten === 0) connection.close();
  }

  #received(connection: TcpConnection): void {
    const { length } = connection.read();
    const retransmitted = this.#connection?.counters().retransmittedSegments ?? 0;
    this.#bytes += length;
    this.#series.received(this.#world.clock.now(), length, retransmitted - this.#retransmitted);
    this.#retransmitted = retransmitted;
  }

  #measured(roundTripNs: TimeNs): void {
    this.#marks.at(-1)?.roundTrips.add(roundTripNs);
    this.#series.roundTrip(this.#world.clock.now(), roundTripNs);
  }
}

function wholeOrNull(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}
