/**
 * One TCP connection: the state machine of RFC 9293. Segments, timers and its user's calls go in; segments and
 * events come out. What to send when is the sender's affair (sender.ts), putting in order what arrives the
 * reassembly's (reassembly.ts); here are the states, what a segment must be to be believed (RFC 5961), and when to
 * acknowledge. It is longer than other files here because the rules for an arriving segment are one order of steps
 * that is best read beside RFC 9293 3.10.7.
 *
 * A segment is worked through to its end before the user hears of it, so a user may call anything from an event.
 * Nothing that arrives throws or takes more than bounded time and memory.
 */
import type { Ipv4 } from '../net/address.ts';
import { ACK, FIN, NO_OPTIONS, RST, SYN, type TcpOptions, type TcpSegment } from '../net/tcp.ts';
import type { Clock, TimeNs } from '../world/clock.ts';
import { Agreement } from './agreement.ts';
import { Alarm } from './alarm.ts';
import { Challenges } from './challenges.ts';
import type { Endpoints } from './initial-sequence.ts';
import { KeepAlive } from './keep-alive.ts';
import { Reassembly } from './reassembly.ts';
import type { Stretch } from './scoreboard.ts';
import { Sender, type SenderCounters } from './sender.ts';
import { fromWire, toWire } from './sequence.ts';
import type { TcpSettings } from './settings.ts';

/** RFC 9293 3.3.2. LISTEN is a listener's (stack.ts). */
export type TcpState =
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'
  | 'CLOSED';

/**
 * How it ended: both sides closed it; the other end reset it, or refused it; nothing was heard of the other end;
 * the user aborted it.
 */
export type TcpEnd = 'closed' | 'reset' | 'refused' | 'timeout' | 'aborted';

/** What a user is told, after the fact; each at most once until something was done about it. */
export interface TcpEvents {
  /** ESTABLISHED. */
  connected?(connection: TcpConnection): void;
  /** There is more to `read`. */
  readable?(connection: TcpConnection): void;
  /** There is room again after a `write` that did not take everything. */
  writable?(connection: TcpConnection): void;
  /** The other end will send no more than what can be read now. */
  ended?(connection: TcpConnection): void;
  /** A round-trip time was measured. */
  roundTrip?(roundTripNs: TimeNs, connection: TcpConnection): void;
  /** The last event. What arrived can still be read. */
  closed?(end: TcpEnd, connection: TcpConnection): void;
}

/** What a connection is given by the stack. */
export interface ConnectionWorld {
  readonly clock: Clock;
  readonly endpoints: Endpoints;
  /** Largest segment without options that the way out carries: its MTU less 40. */
  readonly segmentBytes: number;
  readonly initialSequence: number;
  readonly initialTimestamp: number;
  transmit(segment: TcpSegment): void;
  /** CLOSED: nothing of the connection is left. */
  gone(): void;
}

export interface TcpCounters extends SenderCounters {
  /** Bytes written that the other end acknowledged. */
  readonly bytesAcknowledged: number;
  /** Bytes received in order. */
  readonly bytesReceived: number;
  readonly segmentsReceived: number;
  readonly outOfOrder: number;
}

const NOTHING = new Uint8Array(0);

export class TcpConnection {
  readonly endpoints: Endpoints;
  readonly #world: ConnectionWorld;
  readonly #settings: TcpSettings;
  readonly #sender: Sender;
  readonly #initialSend: number;
  #events: TcpEvents;
  #reassembly: Reassembly | undefined;
  #initialReceive = 0;
  #state: TcpState = 'CLOSED';
  /** It was opened by the other end. */
  #passive = false;
  /** Its user has closed it before it was established. */
  #closing = false;

  readonly #agreement: Agreement;
  #lastAcknowledged = 0;
  /** SND.WL1 and SND.WL2: the segment that the window was taken from. */
  #windowSequence = 0;
  #windowAcknowledgement = 0;

  /** `now`: an acknowledgement goes out before anything else, by itself. */
  #acknowledge: 'none' | 'later' | 'now' = 'none';
  #unacknowledgedSegments = 0;
  readonly #delayedAck: Alarm;
  readonly #lifetime: Alarm;
  readonly #keepAlive: KeepAlive;
  readonly #challenges: Challenges;

  #busy = false;
  #wantsRoom = false;
  readonly #pending = { connected: false, readable: false, ended: false };
  #end: TcpEnd | undefined;
  #closedTold = false;
  #segmentsReceived = 0;
  #outOfOrder = 0;

  constructor(world: ConnectionWorld, settings: TcpSettings, events: TcpEvents) {
    const { clock, initialSequence } = world;
    this.endpoints = world.endpoints;
    this.#world = world;
    this.#settings = settings;
    this.#events = events;
    this.#initialSend = initialSequence;
    this.#agreement = new Agreement(settings, world.segmentBytes, clock, world.initialTimestamp);
    this.#sender = new Sender(clock, settings, initialSequence, {
      transmit: (sequence, flags, payload) => this.#transmit(sequence, flags, payload),
      giveUp: () => this.#abort('timeout'),
      roundTrip: (roundTripNs) => this.#events.roundTrip?.(roundTripNs, this),
    });
    this.#delayedAck = new Alarm(clock, () => this.#sendAck());
    this.#lifetime = new Alarm(clock, () => this.#vanish());
    this.#challenges = new Challenges(clock);
    this.#keepAlive = new KeepAlive(
      clock,
      settings.keepAliveNs,
      () => this.#askWhetherThere(),
      () => this.#abort('timeout'),
    );
  }

  get state(): TcpState {
    return this.#state;
  }

  get local(): Ipv4 {
    return this.endpoints.local;
  }

  get remote(): Ipv4 {
    return this.endpoints.remote;
  }

  get smoothedRoundTripNs(): TimeNs | undefined {
    return this.#sender.smoothedRoundTripNs;
  }

  get congestionWindow(): number {
    return this.#sender.congestionWindow;
  }

  /** Bytes that can be read now. */
  get readableBytes(): number {
    return this.#reassembly?.readable ?? 0;
  }

  counters(): TcpCounters {
    const first = this.#initialSend + 1;
    const acknowledged = Math.max(0, this.#sender.unacknowledged - first - (this.#sender.finished ? 1 : 0));
    const received = this.#reassembly;
    return {
      ...this.#sender.counters(),
      bytesAcknowledged: acknowledged,
      bytesReceived: received ? received.next - this.#initialReceive - 1 - (received.finished ? 1 : 0) : 0,
      segmentsReceived: this.#segmentsReceived,
      outOfOrder: this.#outOfOrder,
    };
  }

  /** OPEN, active: sends the SYN. Once, by the stack. */
  connect(): void {
    this.#state = 'SYN-SENT';
    this.#sender.open();
  }

  /** OPEN, passive: answers a SYN. Once, by the stack. */
  accept(syn: TcpSegment): void {
    this.#passive = true;
    this.#takeSyn(syn);
    this.#state = 'SYN-RECEIVED';
    this.#sender.open();
  }

  /** Tells `events` instead, from now on. */
  handOver(events: TcpEvents): void {
    this.#events = events;
  }

  /**
   * SEND. Takes as many of the bytes as there is room for and returns their number; where that is fewer, `writable`
   * tells when there is room again. Nothing is taken once the connection is closed from this side.
   */
  write(bytes: Uint8Array): number {
    if (!this.#maySend()) return 0;
    const taken = this.#sender.write(bytes);
    if (taken < bytes.length) this.#wantsRoom = true;
    this.#settle();
    return taken;
  }

  /** RECEIVE. Up to `limit` bytes, in order, none where none are there. */
  read(limit = Number.POSITIVE_INFINITY): Uint8Array {
    const reassembly = this.#reassembly;
    if (reassembly === undefined) return NOTHING;
    const bytes = reassembly.read(limit);
    // Tells of the room once it is worth a segment of its own.
    const worth = Math.min(2 * this.#world.segmentBytes, this.#settings.receiveBufferBytes / 2);
    if (this.#mayReceive() && reassembly.unannounced >= worth) {
      this.#acknowledge = 'now';
      this.#settle();
    }
    return bytes;
  }

  /** CLOSE: this side sends no more after what was written. What the other side sends still arrives. */
  close(): void {
    switch (this.#state) {
      case 'SYN-SENT':
        this.#finish('aborted');
        break;
      case 'SYN-RECEIVED':
        this.#sender.finish();
        this.#closing = true;
        break;
      case 'ESTABLISHED':
        this.#sender.finish();
        this.#state = 'FIN-WAIT-1';
        break;
      case 'CLOSE-WAIT':
        this.#sender.finish();
        this.#state = 'LAST-ACK';
        break;
    }
    this.#settle();
  }

  /** ABORT: the connection is no more, and the other end is told. */
  abort(): void {
    this.#abort('aborted');
  }

  /**
   * The segment that begins with `wireSequence` was larger than the path carries: `segmentBytes`, without options.
   * False where no such segment is on its way, or none that large.
   */
  tooBig(wireSequence: number, segmentBytes: number): boolean {
    const sequence = fromWire(wireSequence, this.#sender.unacknowledged);
    if (sequence < this.#sender.unacknowledged || sequence >= this.#sender.next) return false;
    if (!this.#agreement.narrow(segmentBytes)) return false;
    this.#sender.resize(this.#agreement.payloadBytes);
    this.#settle();
    return true;
  }

  /** True where everything received lies before `wireSequence`. */
  isBehind(wireSequence: number): boolean {
    const next = this.#reassembly?.next ?? 0;
    return fromWire(wireSequence, next) > next;
  }

  /** Takes a segment for this connection whose checksum is right. */
  receive(segment: TcpSegment): void {
    this.#segmentsReceived++;
    this.#busy = true;
    try {
      this.#arrives(segment);
    } finally {
      this.#busy = false;
    }
    this.#settle();
  }

  // ── A segment arrives: RFC 9293 3.10.7 ──────────────────────────────────────────────────────────────────────

  #arrives(segment: TcpSegment): void {
    switch (this.#state) {
      case 'CLOSED':
        return;
      case 'SYN-SENT':
        this.#arrivesInSynSent(segment);
        return;
      default:
        this.#arrivesSynchronized(segment);
    }
  }

  /** RFC 9293 3.10.7.3. */
  #arrivesInSynSent(segment: TcpSegment): void {
    const { flags } = segment;
    const acknowledged = fromWire(segment.acknowledgement, this.#sender.next);
    const acknowledges = (flags & ACK) !== 0;
    if (acknowledges && acknowledged !== this.#sender.next) {
      if ((flags & RST) === 0) this.#reset(segment.acknowledgement);
      return;
    }
    if ((flags & RST) !== 0) {
      if (acknowledges) this.#finish('refused');
      return;
    }
    if ((flags & SYN) === 0) return;
    this.#takeSyn(segment);
    if (!acknowledges) {
      // Both sides open at once: the SYN goes out again, with an acknowledgement (figure 7).
      this.#state = 'SYN-RECEIVED';
      this.#transmit(this.#initialSend, SYN, NOTHING);
      return;
    }
    this.#establish(segment, acknowledged);
    this.#acknowledge = 'now';
    this.#takeText(segment, this.#initialReceive + 1);
  }

  /** RFC 9293 3.10.7.4. */
  #arrivesSynchronized(segment: TcpSegment): void {
    const reassembly = this.#reassembly;
    if (reassembly === undefined) return;
    const { payload } = segment;
    let { flags } = segment;
    let sequence = fromWire(segment.sequence, reassembly.next);
    if (this.#state === 'SYN-RECEIVED' && sequence === this.#initialReceive && (flags & SYN) !== 0) {
      // The SYN that is known already, in the answer of an end that opened at the same time.
      if ((flags & ACK) === 0) {
        this.#transmit(this.#initialSend, SYN, NOTHING);
        return;
      }
      flags &= ~SYN;
      sequence++;
    }
    const length = payload.length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
    const isReset = (flags & RST) !== 0;
    const { timestamps } = this.#agreement;
    const late = !isReset && timestamps !== undefined && !timestamps.isNew(segment.options);
    if (late || !acceptable(reassembly, sequence, length)) {
      if (!isReset) this.#challenge(payload.length > 0 || (flags & FIN) !== 0);
      if (this.#state === 'TIME-WAIT' && (flags & FIN) !== 0) this.#waitAgain();
      return;
    }
    if (!isReset && sequence <= this.#lastAcknowledged) timestamps?.remember(segment.options);
    if (isReset) {
      this.#arrivesReset(sequence, reassembly.next);
      return;
    }
    if ((flags & SYN) !== 0) {
      this.#challenge(false);
      return;
    }
    if ((flags & ACK) === 0) return;
    if (!this.#takeAcknowledgement(segment, sequence, length)) return;
    this.#takeText(segment, sequence);
  }

  /** RFC 5961 3.2: only the exact sequence number ends the connection. */
  #arrivesReset(sequence: number, next: number): void {
    if (sequence !== next) {
      this.#challenge(false);
      return;
    }
    if (this.#state === 'TIME-WAIT') return; // RFC 1337: a stray RST does not end the wait.
    this.#finish(this.#state === 'SYN-RECEIVED' && !this.#passive ? 'refused' : 'reset');
  }

  /** RFC 9293 3.10.7.4, fifth. False where the segment goes no further. */
  #takeAcknowledgement(segment: TcpSegment, sequence: number, length: number): boolean {
    const sender = this.#sender;
    const acknowledged = fromWire(segment.acknowledgement, sender.unacknowledged);
    if (this.#state === 'SYN-RECEIVED') {
      if (acknowledged <= this.#initialSend || acknowledged > sender.next) {
        this.#reset(segment.acknowledgement);
        return false;
      }
      this.#establish(segment, acknowledged);
    } else if (acknowledged > sender.sentUpTo || acknowledged < sender.unacknowledged - sender.maxWindow) {
      // RFC 5961 5.2.
      this.#challenge(false);
      return false;
    } else if (acknowledged >= sender.unacknowledged) {
      const windowIsNew =
        sequence > this.#windowSequence ||
        (sequence === this.#windowSequence && acknowledged >= this.#windowAcknowledgement);
      if (windowIsNew) {
        this.#windowSequence = sequence;
        this.#windowAcknowledgement = acknowledged;
      }
      sender.acknowledge(
        {
          sequence: acknowledged,
          window: this.#agreement.windowOf(segment),
          sacked: sackedBy(segment, acknowledged),
          bare: length === 0,
          roundTripNs: this.#agreement.timestamps?.roundTripNs(segment.options),
        },
        windowIsNew,
      );
    }
    this.#keepAlive.heard();
    if (sender.finished) this.#finAcknowledged();
    return this.#state !== 'CLOSED';
  }

  #finAcknowledged(): void {
    if (this.#state === 'FIN-WAIT-1') this.#state = 'FIN-WAIT-2';
    else if (this.#state === 'CLOSING') this.#timeWait();
    else if (this.#state === 'LAST-ACK') this.#finish('closed');
  }

  /** RFC 9293 3.10.7.4, seventh and eighth. */
  #takeText(segment: TcpSegment, sequence: number): void {
    const reassembly = this.#reassembly;
    const fin = (segment.flags & FIN) !== 0;
    if (reassembly === undefined || (segment.payload.length === 0 && !fin)) return;
    if (!this.#mayReceive()) {
      // The other end has sent its FIN before: this should not be.
      this.#acknowledge = 'now';
      return;
    }
    const taken = reassembly.take(sequence, segment.payload, fin);
    if (taken.kind === 'early') this.#outOfOrder++;
    if (taken.kind !== 'next' || taken.filled) this.#acknowledge = 'now';
    else this.#acknowledgeSoon();
    if (reassembly.readable > 0 && taken.kind === 'next') this.#pending.readable = true;
    if (!reassembly.finished) return;
    this.#acknowledge = 'now';
    this.#pending.ended = true;
    switch (this.#state) {
      case 'ESTABLISHED':
        this.#state = 'CLOSE-WAIT';
        break;
      case 'FIN-WAIT-1':
        this.#state = 'CLOSING';
        break;
      case 'FIN-WAIT-2':
        this.#timeWait();
    }
  }

  // ── Opening and closing ─────────────────────────────────────────────────────────────────────────────────────

  /** Takes the other end's SYN: its sequence number and what it offers. */
  #takeSyn({ sequence, options }: TcpSegment): void {
    this.#initialReceive = sequence;
    this.#reassembly = new Reassembly(sequence + 1, this.#settings.receiveBufferBytes);
    this.#lastAcknowledged = sequence + 1;
    this.#agreement.take(options);
  }

  /** Its SYN is acknowledged: ESTABLISHED, or further where the user has closed it meanwhile. */
  #establish(segment: TcpSegment, acknowledged: number): void {
    const { payloadBytes, sack, timestamps } = this.#agreement;
    const window = this.#agreement.windowOf(segment);
    this.#windowSequence = fromWire(segment.sequence, this.#initialReceive);
    this.#windowAcknowledgement = acknowledged;
    const roundTripNs = timestamps?.roundTripNs(segment.options);
    this.#sender.acknowledge({ sequence: acknowledged, window, sacked: [], bare: false, roundTripNs }, true);
    this.#sender.established(payloadBytes, sack, window);
    this.#state = this.#closing ? 'FIN-WAIT-1' : 'ESTABLISHED';
    this.#pending.connected = true;
    this.#keepAlive.heard();
  }

  #timeWait(): void {
    this.#state = 'TIME-WAIT';
    this.#end ??= 'closed';
    this.#waitAgain();
    this.#sender.stop();
    this.#keepAlive.stop();
  }

  #waitAgain(): void {
    this.#lifetime.set(2 * this.#settings.maxSegmentLifetimeNs);
  }

  #abort(end: TcpEnd): void {
    if (this.#state !== 'CLOSED' && this.#state !== 'SYN-SENT' && this.#state !== 'TIME-WAIT') {
      this.#transmit(this.#sender.next, RST, NOTHING);
    }
    this.#finish(end);
    this.#settle();
  }

  /** CLOSED. */
  #finish(end: TcpEnd): void {
    if (this.#state === 'CLOSED') return;
    this.#end ??= end;
    this.#vanish();
  }

  #vanish(): void {
    this.#state = 'CLOSED';
    this.#acknowledge = 'none';
    this.#sender.stop();
    this.#delayedAck.cancel();
    this.#lifetime.cancel();
    this.#keepAlive.stop();
    this.#world.gone();
  }

  #maySend(): boolean {
    switch (this.#state) {
      case 'SYN-SENT':
      case 'SYN-RECEIVED':
      case 'ESTABLISHED':
      case 'CLOSE-WAIT':
        return true;
      default:
        return false;
    }
  }

  #mayReceive(): boolean {
    return this.#state === 'ESTABLISHED' || this.#state === 'FIN-WAIT-1' || this.#state === 'FIN-WAIT-2';
  }

  // ── Segments out ────────────────────────────────────────────────────────────────────────────────────────────

  /** Tells the user what has happened, then sends what is due: what the user reads widens the window that goes out. */
  #settle(): void {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let more = true; more; more = this.#tell()) {
        while (this.#tell());
        this.#output();
      }
    } finally {
      this.#busy = false;
    }
  }

  #output(): void {
    if (this.#state === 'CLOSED') return;
    // With a gap it goes by itself: data would hide that it is a duplicate (RFC 5681 2).
    if (this.#acknowledge === 'now' && this.#reassembly?.hasGap) this.#sendAck();
    if (this.#state !== 'TIME-WAIT') this.#sender.output();
    if (this.#acknowledge === 'now') this.#sendAck();
    if (this.#acknowledge === 'later' && !this.#delayedAck.isSet) {
      this.#delayedAck.set(this.#settings.delayedAckNs);
    }
  }

  /** Tells one thing. False where there is nothing to tell. */
  #tell(): boolean {
    const pending = this.#pending;
    if (pending.connected) {
      pending.connected = false;
      this.#events.connected?.(this);
    } else if (pending.readable) {
      pending.readable = false;
      this.#events.readable?.(this);
    } else if (this.#wantsRoom && this.#maySend() && this.#hasRoom()) {
      this.#wantsRoom = false;
      this.#events.writable?.(this);
    } else if (pending.ended) {
      pending.ended = false;
      this.#events.ended?.(this);
    } else if (this.#end !== undefined && !this.#closedTold) {
      this.#closedTold = true;
      this.#events.closed?.(this.#end, this);
    } else return false;
    return true;
  }

  #hasRoom(): boolean {
    const { sendBufferBytes, unsentBytes } = this.#settings;
    return this.#sender.room >= Math.min(sendBufferBytes, unsentBytes) / 2;
  }

  /** At least each second segment is acknowledged at once (RFC 9293 3.8.6.3). */
  #acknowledgeSoon(): void {
    const soon = ++this.#unacknowledgedSegments < 2 && this.#settings.delayedAckNs > 0;
    if (this.#acknowledge !== 'now') this.#acknowledge = soon ? 'later' : 'now';
  }

  #sendAck(): void {
    const reassembly = this.#reassembly;
    if (reassembly === undefined || this.#state === 'CLOSED') return;
    const { sack, sackBlocks: limit } = this.#agreement;
    const sackBlocks = sack ? reassembly.sackBlocks(limit) : [];
    this.#emit(this.#sender.next, ACK, NOTHING, sackBlocks.length > 0 ? { sackBlocks } : NO_OPTIONS);
  }

  /** A segment of the sender's, or RST. */
  #transmit(sequence: number, flags: number, payload: Uint8Array): void {
    const known = this.#reassembly !== undefined;
    if ((flags & SYN) === 0) this.#emit(sequence, flags | ACK, payload, NO_OPTIONS);
    else this.#emit(sequence, known ? flags | ACK : flags, payload, this.#agreement.offer());
  }

  #emit(sequence: number, flags: number, payload: Uint8Array, options: TcpOptions): void {
    const { localPort, remotePort } = this.endpoints;
    const reassembly = this.#reassembly;
    const timestamps = this.#agreement.timestamps?.next();
    const acknowledges = (flags & ACK) !== 0 && reassembly !== undefined;
    if (acknowledges) {
      this.#lastAcknowledged = reassembly.next;
      this.#unacknowledgedSegments = 0;
      this.#acknowledge = 'none';
      this.#delayedAck.clear();
    }
    this.#world.transmit({
      sourcePort: localPort,
      destinationPort: remotePort,
      sequence: toWire(sequence),
      acknowledgement: acknowledges ? toWire(reassembly.next) : 0,
      flags,
      window: this.#agreement.windowField(reassembly?.window(this.#agreement.segmentBytes), flags),
      options: timestamps ? { ...options, timestamps } : options,
      payload,
    });
  }

  /** RST for a segment whose acknowledgement is of something never sent. */
  #reset(wireSequence: number): void {
    const { localPort, remotePort } = this.endpoints;
    this.#world.transmit({
      sourcePort: localPort,
      destinationPort: remotePort,
      sequence: wireSequence,
      acknowledgement: 0,
      flags: RST,
      window: 0,
      options: NO_OPTIONS,
      payload: NOTHING,
    });
  }

  /** Acknowledges a segment that is not believed; `always`: it has data, so its sender waits for the answer. */
  #challenge(always: boolean): void {
    if (always || this.#challenges.allow()) this.#acknowledge = 'now';
  }

  /** A segment from before the window, which must be answered. */
  #askWhetherThere(): void {
    if (this.#sender.idle) this.#emit(this.#sender.unacknowledged - 1, ACK, NOTHING, NO_OPTIONS);
  }
}

/** RFC 9293 3.4, table 6. With a window of 0 the next segment is believed, though its data is not taken. */
function acceptable(reassembly: Reassembly, sequence: number, length: number): boolean {
  const { next, edge } = reassembly;
  return sequence === next || (sequence < edge && sequence + Math.max(length, 1) > next);
}

/** What a segment says by SACK. */
function sackedBy({ options }: TcpSegment, acknowledged: number): readonly Stretch[] {
  return (options.sackBlocks ?? []).map(({ left, right }) => {
    return { start: fromWire(left, acknowledged), end: fromWire(right, acknowledged) };
  });
}
