/**
 * The sending half of a connection: what is sent when, and again. SYN and FIN take a sequence number like a byte
 * does, so they are sent, acknowledged and sent again by the same rules.
 *
 * How losses are found: by SACK (RFC 6675, scoreboard.ts), or where the other end has no SACK by three duplicate
 * acknowledgements and by partial ones (NewReno, RFC 6582), or because nothing is heard (RFC 6298). Whichever it
 * was, the scoreboard then holds lost ranges, and one rule sends: lost ones first, then new bytes, while the pipe
 * holds less than the congestion window. Without SACK a duplicate acknowledgement says that one segment more has
 * left the pipe, not which one: that is counted apart.
 */
import { FIN, PSH, SYN } from '../net/tcp.ts';
import type { Clock, TimeNs } from '../world/clock.ts';
import { Alarm } from './alarm.ts';
import { type CongestionControl, initialWindow } from './congestion.ts';
import { Cubic } from './cubic.ts';
import { NewReno } from './new-reno.ts';
import { ByteRing } from './ring.ts';
import { RoundTrip } from './round-trip.ts';
import { DUPLICATES_MEAN_LOSS, Scoreboard, type Stretch } from './scoreboard.ts';
import type { TcpSettings } from './settings.ts';

/** What a sender has done so far. */
export interface SenderCounters {
  /** Segments with data, SYN or FIN, those sent again included. */
  readonly segments: number;
  readonly retransmittedSegments: number;
  readonly retransmittedBytes: number;
  /** Retransmission time-outs. */
  readonly timeouts: number;
  /** Times that losses were noticed and mended without a time-out. */
  readonly recoveries: number;
}

/** What a sender has done to it by the connection that it is a part of. */
export interface SenderLink {
  /** Sends a segment; `flags`: SYN, FIN, PSH. Called while the sender is in order. `payload` is a view. */
  transmit(sequence: number, flags: number, payload: Uint8Array): void;
  /** Nothing was acknowledged however often it was sent. */
  giveUp(): void;
  /** A round-trip time was measured, of a segment that was sent once. */
  roundTrip(roundTripNs: TimeNs): void;
}

/** What an acknowledgement says. */
export interface Acknowledgement {
  readonly sequence: number;
  /** Bytes that may be sent from there on. */
  readonly window: number;
  readonly sacked: readonly Stretch[];
  /** No data, SYN or FIN came with it. */
  readonly bare: boolean;
  /** Time since what it answers was sent, by timestamps. */
  readonly roundTripNs: TimeNs | undefined;
}

/** `recovery`: losses were found; `timeout`: by silence. Until all that was sent before is acknowledged. */
type Phase = 'open' | 'recovery' | 'timeout';

export class Sender {
  readonly #clock: Clock;
  readonly #settings: TcpSettings;
  readonly #link: SenderLink;
  readonly #alarm: Alarm;
  readonly #scoreboard = new Scoreboard();
  readonly #roundTrip: RoundTrip;
  readonly #ring: ByteRing;
  readonly #initial: number;
  #congestion: CongestionControl | undefined;
  /** Payload bytes of a full segment. */
  #segmentBytes = 536;
  #sack = false;
  /** SND.UNA, SND.NXT and the end of what was written. */
  #unacknowledged: number;
  #next: number;
  #end: number;
  #fin = false;
  #window = 0;
  #maxWindow = 0;
  #phase: Phase = 'open';
  /** The phase ends when everything before this is acknowledged. */
  #recoverUntil: number;
  #duplicates = 0;
  /** A lost segment that may leave whatever the window says: the fast retransmission. */
  #urgent = false;
  /** A byte behind the window was sent to ask for it. */
  #probed = false;
  /** How often in a row the alarm has rung. */
  #attempts = 0;
  /** One segment a round trip is timed: sent at, acknowledged with. */
  #timed: { readonly atNs: TimeNs; readonly end: number } | undefined;
  #lastSentNs = 0;
  #segments = 0;
  #retransmittedSegments = 0;
  #retransmittedBytes = 0;
  #timeouts = 0;
  #recoveries = 0;

  constructor(clock: Clock, settings: TcpSettings, initialSequence: number, link: SenderLink) {
    this.#clock = clock;
    this.#settings = settings;
    this.#link = link;
    this.#initial = initialSequence;
    this.#unacknowledged = initialSequence;
    this.#next = initialSequence;
    this.#end = initialSequence + 1;
    this.#recoverUntil = initialSequence;
    this.#ring = new ByteRing(initialSequence + 1, settings.sendBufferBytes);
    this.#roundTrip = new RoundTrip(settings.retransmissionMarginNs);
    this.#alarm = new Alarm(clock, this.#silence);
  }

  /** SND.UNA: the first sequence number that is not acknowledged. */
  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  /** SND.NXT: the next sequence number to be sent. */
  get next(): number {
    return this.#next;
  }

  /** The largest sequence number that may be acknowledged: also of a byte that asked for the window. */
  get sentUpTo(): number {
    return this.#probed ? this.#next + 1 : this.#next;
  }

  get maxWindow(): number {
    return this.#maxWindow;
  }

  /** FIN was sent and acknowledged. */
  get finished(): boolean {
    return this.#fin && this.#unacknowledged > this.#end;
  }

  get idle(): boolean {
    return this.#unacknowledged === this.#next;
  }

  get timeoutNs(): TimeNs {
    return this.#roundTrip.timeoutNs;
  }

  get smoothedRoundTripNs(): TimeNs | undefined {
    return this.#roundTrip.smoothedNs;
  }

  get congestionWindow(): number {
    return this.#congestion?.window ?? 0;
  }

  /** Bytes written that are not acknowledged. */
  get buffered(): number {
    return this.#end - Math.max(this.#unacknowledged, this.#initial + 1);
  }

  /** Bytes that `write` takes now. */
  get room(): number {
    const { sendBufferBytes, unsentBytes } = this.#settings;
    const unsent = this.#end - Math.max(this.#next, this.#initial + 1);
    return Math.max(0, Math.min(sendBufferBytes - this.buffered, unsentBytes - unsent));
  }

  counters(): SenderCounters {
    return {
      segments: this.#segments,
      retransmittedSegments: this.#retransmittedSegments,
      retransmittedBytes: this.#retransmittedBytes,
      timeouts: this.#timeouts,
      recoveries: this.#recoveries,
    };
  }

  /** Takes as much of `bytes` as there is room for, and says how much that was. */
  write(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.#fin ? 0 : this.room);
    this.#ring.put(this.#end, taken);
    this.#end += taken.length;
    return taken.length;
  }

  /** Nothing more will be written. */
  finish(): void {
    this.#fin = true;
  }

  /** Sends the SYN. */
  open(): void {
    this.#send(this.#next, this.#next + 1, false);
    this.#rearm();
  }

  /** Both SYNs have arrived: this is what the ends agreed on. */
  established(segmentBytes: number, sack: boolean, window: number): void {
    const { congestionControl } = this.#settings;
    this.#segmentBytes = segmentBytes;
    this.#sack = sack;
    this.#window = window;
    this.#maxWindow = window;
    this.#phase = 'open';
    this.#congestion = congestionControl === 'cubic' ? new Cubic(segmentBytes) : new NewReno(segmentBytes);
    if (this.#timeouts === 0) return;
    // RFC 6928 2: after a lost SYN one segment only; RFC 6298 (5.7).
    this.#congestion.timedOut(initialWindow(segmentBytes), true);
    this.#roundTrip.handshakeWithoutSample();
  }

  /** The path carries smaller segments than was thought: what is on its way has not arrived (RFC 1191 6.5). */
  resize(segmentBytes: number): void {
    if (segmentBytes >= this.#segmentBytes) return;
    this.#segmentBytes = segmentBytes;
    this.#congestion?.resize(segmentBytes);
    this.#timed = undefined;
    this.#scoreboard.loseAll();
    this.#urgent = true;
  }

  /** Takes an acknowledgement of what was sent, and no more. `windowIsNew`: its window is the latest that is known. */
  acknowledge(acknowledgement: Acknowledgement, windowIsNew: boolean): void {
    const { sequence, window, sacked, bare } = acknowledgement;
    if (this.#probed && sequence > this.#next) this.#probeTaken();
    const outstanding = this.#next > this.#unacknowledged;
    const duplicate = bare && outstanding && sequence === this.#unacknowledged && window === this.#window;
    const flight = this.#scoreboard.flying - this.#phantom;
    let news = false;
    for (const { start, end } of sacked) {
      if (this.#sack && start > sequence && end > start && end <= this.#next) {
        if (this.#scoreboard.sacked(start, end)) news = true;
      }
    }
    if (windowIsNew) {
      this.#window = window;
      this.#maxWindow = Math.max(this.#maxWindow, window);
    }
    if (sequence > this.#unacknowledged) this.#advance(acknowledgement, flight);
    else if (duplicate && !this.#sack && this.#phase !== 'timeout') this.#duplicates++;
    if (this.#window === 0 || !outstanding) this.#attempts = 0;
    if (this.#sack ? news : duplicate) this.#lookForLoss();
  }

  /** Sends what may be sent now. */
  output(): void {
    const congestion = this.#congestion;
    if (congestion === undefined) return;
    if (this.idle && this.#clock.now() - this.#lastSentNs > this.#roundTrip.timeoutNs) congestion.restart();
    while (this.#outputOne(congestion));
    this.#rearm();
  }

  /** For good. */
  stop(): void {
    this.#alarm.cancel();
  }

  /** Without SACK: bytes that have left the pipe, by the duplicate acknowledgements. */
  get #phantom(): number {
    return Math.min(this.#duplicates * this.#segmentBytes, this.#scoreboard.flying);
  }

  /**
   * FlightSize for a loss. Not more than the window: while one segment has to be sent again and again, all that
   * arrives behind it is not acknowledged either, but long gone from the path.
   */
  get #flight(): number {
    return Math.min(this.#next - this.#unacknowledged, this.congestionWindow);
  }

  #advance({ sequence, roundTripNs }: Acknowledgement, flightBefore: number): void {
    const acknowledged = sequence - this.#unacknowledged;
    this.#unacknowledged = sequence;
    this.#scoreboard.acknowledged(sequence);
    this.#ring.release(Math.min(Math.max(sequence, this.#initial + 1), this.#end));
    this.#attempts = 0;
    this.#measure(sequence, roundTripNs, flightBefore);
    this.#alarm.clear();
    const duplicates = this.#duplicates;
    this.#duplicates = 0;
    const over = sequence >= this.#recoverUntil;
    switch (this.#phase) {
      case 'open':
        this.#grow(acknowledged, flightBefore);
        return;
      case 'timeout':
        this.#grow(Math.min(acknowledged, this.#segmentBytes), Number.POSITIVE_INFINITY);
        if (over) this.#phase = 'open';
        return;
      case 'recovery':
        if (over) this.#phase = 'open';
        else if (!this.#sack) {
          // A partial acknowledgement: the next segment is lost as well (RFC 6582 3.2 step 5).
          this.#duplicates = Math.max(0, duplicates + 1 - Math.round(acknowledged / this.#segmentBytes));
          this.#scoreboard.loseFirst(this.#segmentBytes);
          this.#urgent = true;
        }
    }
  }

  /** The window grows only by what it held back (RFC 7661 says why). */
  #grow(acknowledged: number, flight: number): void {
    const congestion = this.#congestion;
    if (congestion === undefined) return;
    const held = congestion.inSlowStart ? 2 * flight : flight + this.#segmentBytes;
    if (held < congestion.window) return;
    congestion.acknowledged(acknowledged, this.#clock.now(), this.#roundTrip.smoothedNs ?? 0);
  }

  #measure(sequence: number, byTimestampsNs: TimeNs | undefined, flight: number): void {
    if (this.#timed !== undefined) {
      if (sequence < this.#timed.end) return;
      const roundTripNs = this.#clock.now() - this.#timed.atNs;
      this.#timed = undefined;
      this.#roundTrip.sample(roundTripNs);
      this.#link.roundTrip(roundTripNs);
    } else if (byTimestampsNs !== undefined) {
      this.#roundTrip.sample(byTimestampsNs, Math.max(1, Math.ceil(flight / (2 * this.#segmentBytes))));
    }
  }

  #lookForLoss(): void {
    const found = this.#sack
      ? this.#scoreboard.findLost(this.#segmentBytes)
      : this.#duplicates === DUPLICATES_MEAN_LOSS;
    if (!found || this.#phase !== 'open') return;
    // Acknowledgements of what was sent before the time-out say nothing new (RFC 6582 4.1).
    if (!this.#sack && this.#unacknowledged < this.#recoverUntil) return;
    this.#recoveries++;
    this.#phase = 'recovery';
    this.#recoverUntil = this.#next;
    this.#congestion?.lost(this.#flight);
    if (!this.#sack) this.#scoreboard.loseFirst(this.#segmentBytes);
    this.#urgent = true;
  }

  /** Sends one segment. False where none may be sent. */
  #outputOne(congestion: CongestionControl): boolean {
    const pipe = this.#scoreboard.flying - this.#phantom;
    const lost = this.#scoreboard.nextLost(this.#segmentBytes);
    if (lost !== undefined) {
      if (!this.#urgent && pipe + (lost.end - lost.start) > congestion.window) return false;
      this.#send(lost.start, lost.end, true);
      return true;
    }
    this.#urgent = false;
    const length = this.#newLength();
    if (length === 0 || pipe + length > congestion.window) return false;
    this.#send(this.#next, this.#next + length, false);
    return true;
  }

  /** How much to send of what was not sent yet, FIN included: not too little (RFC 9293 3.8.6.2.1). */
  #newLength(): number {
    const waiting = this.#end + (this.#fin ? 1 : 0) - this.#next;
    const usable = this.#unacknowledged + this.#window - this.#next;
    const length = Math.min(waiting, usable, this.#segmentBytes);
    if (length <= 0) return 0;
    if (length === this.#segmentBytes) return length;
    if (length === waiting && (this.#settings.noDelay || this.idle || this.#fin)) return length;
    return this.idle && length >= this.#maxWindow / 2 ? length : 0;
  }

  /** Sends [start, end), in one segment. */
  #send(start: number, end: number, again: boolean): void {
    const nowNs = this.#clock.now();
    this.#segments++;
    this.#lastSentNs = nowNs;
    if (again) {
      this.#urgent = false;
      this.#retransmittedSegments++;
      this.#retransmittedBytes += end - start;
      this.#scoreboard.sentAgain(start, end, this.#next);
      // Karn: an acknowledgement of it may be one of either.
      if (this.#timed !== undefined && start < this.#timed.end) this.#timed = undefined;
    } else {
      this.#scoreboard.sent(start, end);
      this.#next = end;
      this.#probed = false;
      this.#timed ??= { atNs: nowNs, end };
    }
    this.#transmit(start, end);
    // RFC 6298 (5.1); what is sent again after that does not put the alarm off.
    if (!this.#alarm.isSet) this.#alarm.set(this.#roundTrip.timeoutNs);
  }

  #transmit(start: number, end: number): void {
    const syn = start === this.#initial;
    const fin = end > this.#end;
    const from = syn ? start + 1 : start;
    const length = Math.min(end, this.#end) - from;
    const last = length > 0 && from + length === this.#end;
    const flags = (syn ? SYN : 0) | (fin ? FIN : 0) | (last ? PSH : 0);
    this.#link.transmit(start, flags, length > 0 ? this.#ring.slice(from, length) : NOTHING);
  }

  /** The alarm is set while something is on its way, or waits for a window (RFC 9293 3.8.6.1). */
  #rearm(): void {
    if (this.#next > this.#unacknowledged || this.#waitsForWindow()) {
      if (!this.#alarm.isSet) this.#alarm.set(this.#roundTrip.timeoutNs);
    } else this.#alarm.clear();
  }

  #waitsForWindow(): boolean {
    return this.#congestion !== undefined && this.#end + (this.#fin ? 1 : 0) > this.#next;
  }

  /** The alarm rang: what was sent, or a window, is not acknowledged in its time. */
  readonly #silence = (): void => {
    const opening = this.#congestion === undefined;
    const { maxRetransmissions, maxSynRetransmissions } = this.#settings;
    if (this.#attempts >= (opening ? maxSynRetransmissions : maxRetransmissions)) {
      this.#link.giveUp();
      return;
    }
    const again = this.#attempts++ > 0;
    this.#roundTrip.backOff();
    if (this.idle) this.#probe();
    else this.#timeOut(again);
  };

  /** Nothing is on its way and the window is too small: one byte asks for it. */
  #probe(): void {
    const length = this.#newLengthWithoutPatience();
    if (length > 0) this.#send(this.#next, this.#next + length, false);
    else {
      this.#probed = true;
      this.#transmit(this.#next, this.#next + 1);
    }
    this.#alarm.set(this.#roundTrip.timeoutNs);
  }

  /** The override time-out of the rule against silly windows. */
  #newLengthWithoutPatience(): number {
    const waiting = this.#end + (this.#fin ? 1 : 0) - this.#next;
    return Math.min(waiting, this.#unacknowledged + this.#window - this.#next, this.#segmentBytes);
  }

  #probeTaken(): void {
    this.#probed = false;
    this.#scoreboard.sent(this.#next, this.#next + 1);
    this.#next++;
  }

  /** RFC 6298 (5.4) to (5.6); RFC 5681 3.1. */
  #timeOut(again: boolean): void {
    this.#timeouts++;
    this.#congestion?.timedOut(this.#flight, again || this.#phase === 'timeout');
    this.#phase = 'timeout';
    this.#recoverUntil = this.#next;
    this.#duplicates = 0;
    this.#scoreboard.loseAll();
    const lost = this.#scoreboard.nextLost(this.#segmentBytes);
    if (lost !== undefined) this.#send(lost.start, lost.end, true);
    this.#alarm.set(this.#roundTrip.timeoutNs);
  }
}

const NOTHING = new Uint8Array(0);
