/**
 * One connection to a neighbour, from its first byte to its last: messages in and out, the agreement of both OPENs,
 * the timers that end it. Which connections there are, and which of two may live, is the session's affair
 * (session.ts). The states are those of RFC 4271 8.2.2; a message that does not belong to a state ends it.
 *
 * Messages wait in a queue while the stream is full; what is put in at one moment leaves together.
 */
import { SECOND, type TimeNs, type Timer } from '../../../world/clock.ts';
import type { World } from '../../../world/world.ts';
import type { AttributePool } from './attribute-pool.ts';
import type { Agreement, ByteStream, Family, SessionSettings, StreamEvents, Update } from './contract.ts';
import {
  decodeNotification,
  decodeRefresh,
  encodeKeepalive,
  encodeNotification,
  HEADER_BYTES,
  MAX_EXTENDED_BYTES,
  MAX_MESSAGE_BYTES,
  MESSAGE,
  messageLength,
} from './message.ts';
import { describeNotification, ERROR, type Notification, notification, OPEN_ERROR } from './notification.ts';
import { decodeOpen, encodeOpen, type Open } from './open.ts';
import { SendQueue } from './send-queue.ts';
import { decodeUpdate, encodeUpdate } from './update.ts';

export type ConnectionState = 'Connect' | 'OpenSent' | 'OpenConfirm' | 'Established' | 'Closed';

/** Who opened it. */
export type Direction = 'outgoing' | 'incoming';

export type ConnectionEvents = {
  /** An OPEN came that may be. False where another connection is preferred: this one has been ended. */
  mayGoOn(connection: Connection, open: Open): boolean;
  established(connection: Connection): void;
  update(update: Update): void;
  refresh(family: Family): void;
  writable(): void;
  /** The last event. `sent` or `received` a NOTIFICATION, or the stream was lost. */
  closed(connection: Connection, reason: string, how: 'sent' | 'received' | 'lost'): void;
};

export interface Counts {
  messagesIn: number;
  messagesOut: number;
  updatesIn: number;
  updatesOut: number;
  treatedAsWithdraw: number;
  attributesDiscarded: number;
}

export function noCounts(): Counts {
  return {
    messagesIn: 0,
    messagesOut: 0,
    updatesIn: 0,
    updatesOut: 0,
    treatedAsWithdraw: 0,
    attributesDiscarded: 0,
  };
}

/** RFC 4271 8.2.2: while nothing is agreed on. */
const OPENING_HOLD_S = 240;
/** RFC 9687 3: nothing of what waits was taken for so long, or for two hold times. */
const SEND_HOLD_S = 480;
const SEND_HOLD_EXPIRED = 8;
/** How long the other end has to take a NOTIFICATION and close as well. */
const LINGER_NS = 10 * SECOND;
/** Bytes that are worked through before others have their turn. */
const TURN_BYTES = 65_536;
/** A fault is logged so often at most. */
const LOG_EVERY_NS = SECOND;

export class Connection {
  readonly direction: Direction;
  readonly #world: World;
  readonly #settings: SessionSettings;
  readonly #pool: AttributePool;
  readonly #counts: Counts;
  readonly #events: ConnectionEvents;
  #state: ConnectionState = 'Connect';
  #stream: ByteStream | undefined;
  #queue: SendQueue | undefined;
  #agreement: Agreement | undefined;
  #maximumOut = MAX_MESSAGE_BYTES;
  /** Of a message that is not whole yet. */
  #rest = new Uint8Array(0);
  #readTimer: Timer | undefined;
  #hasEnded = false;
  #heardNs: TimeNs;
  #holdTimer: Timer | undefined;
  #keepaliveTimer: Timer | undefined;
  #loggedNs = Number.NEGATIVE_INFINITY;

  constructor(
    world: World,
    direction: Direction,
    settings: SessionSettings,
    pool: AttributePool,
    counts: Counts,
    events: ConnectionEvents,
  ) {
    this.#world = world;
    this.direction = direction;
    this.#settings = settings;
    this.#pool = pool;
    this.#counts = counts;
    this.#events = events;
    this.#heardNs = world.clock.now();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  /** What the stream tells. */
  readonly handlers: StreamEvents = {
    connected: () => this.#connected(),
    readable: () => this.#read(),
    writable: () => this.#queue?.flush(),
    ended: () => {
      this.#hasEnded = true;
      this.#read();
    },
    closed: (why) => {
      this.#read();
      this.#finish(`the connection ended: ${why}`, 'lost');
    },
  };

  /** The stream of it. An incoming one is connected. */
  use(stream: ByteStream): void {
    this.#stream = stream;
    if (this.direction === 'incoming') this.#connected();
  }

  /** False where the stream is full: `writable` tells when it is not. Only in Established. */
  send(update: Update): boolean {
    const { messages, oversized } = encodeUpdate(update, {
      fourByteAs: this.#agreement?.fourByteAs ?? true,
      maximum: this.#maximumOut,
    });
    if (oversized) this.#complain('a route whose attributes fill more than a message is withdrawn instead');
    let hasRoom = true;
    for (const message of messages) hasRoom = this.#put(message);
    this.#counts.updatesOut += messages.length;
    return hasRoom;
  }

  sendMessage(message: Uint8Array): void {
    this.#put(message);
  }

  /** Ends it with a NOTIFICATION. */
  end(reason: Notification): void {
    if (this.#state === 'Closed') return;
    const stream = this.#stream;
    const isOpen = this.#state !== 'Connect';
    if (isOpen) {
      this.#put(encodeNotification(reason));
      this.#queue?.flush();
    }
    // First, as the stream tells of its own end.
    this.#finish(describeNotification(reason), 'sent');
    if (!isOpen) stream?.abort();
    else {
      stream?.close();
      this.#world.clock.call(LINGER_NS, () => stream?.abort());
    }
  }

  /** Drops it without a word. */
  abort(reason: string): void {
    if (this.#state === 'Closed') return;
    this.#finish(reason, 'lost');
    this.#stream?.abort();
  }

  // ── Opening ─────────────────────────────────────────────────────────────────────────────────────────────────

  #connected(): void {
    if (this.#state !== 'Connect' || this.#stream === undefined) return;
    this.#queue = new SendQueue(this.#world.clock, this.#stream, {
      writable: () => {
        if (this.#state === 'Established') this.#events.writable();
      },
      overflow: () => this.abort('too much waits to be sent'),
    });
    const { localAs, holdS, routerId, families } = this.#settings;
    this.#state = 'OpenSent';
    this.#put(
      encodeOpen({
        as: localAs,
        holdS,
        id: routerId,
        families,
        fourByteAs: true,
        routeRefresh: true,
        extendedMessages: true,
        gracefulRestart: true,
      }),
    );
    this.#heard();
    this.#holdAfter(OPENING_HOLD_S * SECOND);
  }

  #takeOpen(message: Uint8Array): void {
    const open = decodeOpen(message);
    if ('code' in open) {
      this.end(open);
      return;
    }
    const { localAs, routerId, families } = this.#settings;
    if (!this.#isExpected(open.as)) {
      this.#refuse(OPEN_ERROR.BAD_PEER_AS);
      return;
    }
    // RFC 6286 2.2: identifiers differ within an AS.
    if (open.as === localAs && open.id === routerId) {
      this.#refuse(OPEN_ERROR.BAD_IDENTIFIER);
      return;
    }
    const common = families.filter((family) => open.families.includes(family));
    if (common.length === 0) {
      this.#refuse(OPEN_ERROR.UNSUPPORTED_CAPABILITY);
      return;
    }
    this.#agreement = {
      local: this.#stream?.local ?? 0,
      remoteAs: open.as,
      remoteId: open.id,
      families: common,
      fourByteAs: open.fourByteAs,
      routeRefresh: open.routeRefresh,
      holdS: Math.min(this.#settings.holdS, open.holdS),
    };
    if (open.extendedMessages) this.#maximumOut = MAX_EXTENDED_BYTES;
    if (!this.#events.mayGoOn(this, open)) return;
    this.#state = 'OpenConfirm';
    this.#heard();
    this.#put(encodeKeepalive());
    this.#holdTimer?.cancel();
    if (this.#agreement.holdS === 0) return;
    this.#holdAfter(this.#agreement.holdS * SECOND);
    this.#keepaliveAfter(this.#keepaliveNs());
  }

  #isExpected(as: number): boolean {
    const { localAs, remoteAs } = this.#settings;
    if (remoteAs === 'internal') return as === localAs;
    return remoteAs === 'external' ? as !== localAs : as === remoteAs;
  }

  #refuse(subcode: number): void {
    this.end(notification(ERROR.OPEN, subcode));
  }

  // ── Messages in ─────────────────────────────────────────────────────────────────────────────────────────────

  #read(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#readTimer !== undefined) return;
    if (this.#state === 'Closed') {
      // Nobody listens any more; what is not read would keep the other end from closing.
      stream.read(Number.POSITIVE_INFINITY);
      return;
    }
    if (this.#state === 'Connect') return;
    const bytes = stream.read(TURN_BYTES);
    if (bytes.length > 0) this.#take(bytes);
    if (this.#isClosed()) return;
    if (bytes.length === TURN_BYTES) {
      this.#readTimer = this.#world.clock.after(0, () => {
        this.#readTimer = undefined;
        this.#read();
      });
    } else if (this.#hasEnded) {
      stream.close();
      this.#finish('the neighbour closed the connection', 'lost');
    }
  }

  #take(bytes: Uint8Array): void {
    const all = this.#rest.length === 0 ? bytes : joined(this.#rest, bytes);
    let at = 0;
    for (;;) {
      const length = messageLength(all, at, all.length, MAX_EXTENDED_BYTES);
      if (typeof length === 'object') {
        this.end(length);
        return;
      }
      if (length === undefined || at + length > all.length) break;
      this.#arrives(all.subarray(at, at + length));
      if (this.#isClosed()) return;
      at += length;
    }
    this.#rest = all.slice(at);
  }

  /** RFC 4271 8.2.2: what a message is in each state. */
  #arrives(message: Uint8Array): void {
    this.#counts.messagesIn++;
    const type = message[HEADER_BYTES - 1];
    if (type === MESSAGE.NOTIFICATION) {
      this.#notified(decodeNotification(message));
      return;
    }
    switch (this.#state) {
      case 'OpenSent':
        if (type === MESSAGE.OPEN) {
          this.#takeOpen(message);
          return;
        }
        break;
      case 'OpenConfirm':
        if (type === MESSAGE.KEEPALIVE) {
          this.#establish();
          return;
        }
        break;
      case 'Established':
        if (type === MESSAGE.KEEPALIVE) {
          this.#heard();
          return;
        }
        if (type === MESSAGE.UPDATE) {
          this.#takeUpdate(message);
          return;
        }
        if (type === MESSAGE.ROUTE_REFRESH) {
          this.#takeRefresh(message);
          return;
        }
        break;
      case 'Connect':
      case 'Closed':
        return;
    }
    const subcode = { OpenSent: 1, OpenConfirm: 2, Established: 3 }[this.#state];
    this.end(notification(ERROR.STATE_MACHINE, subcode, message.slice(HEADER_BYTES - 1, HEADER_BYTES)));
  }

  #establish(): void {
    this.#heard();
    this.#state = 'Established';
    this.#events.established(this);
  }

  #notified(reason: Notification): void {
    this.#stream?.close();
    this.#finish(`the neighbour said: ${describeNotification(reason)}`, 'received');
  }

  #takeUpdate(message: Uint8Array): void {
    this.#heard();
    this.#counts.updatesIn++;
    const { agreement } = this;
    if (agreement === undefined) return;
    const { families, fourByteAs, remoteAs } = agreement;
    const external = remoteAs !== this.#settings.localAs;
    const decoded = decodeUpdate(message, { families, fourByteAs, external }, this.#pool);
    if ('code' in decoded) {
      this.end(decoded);
      return;
    }
    const { updates, problems, treatedAsWithdraw } = decoded;
    if (treatedAsWithdraw) this.#counts.treatedAsWithdraw++;
    for (const { type, remedy, reason } of problems) {
      if (remedy === 'discard') this.#counts.attributesDiscarded++;
      this.#complain(`path attribute ${type}: ${reason}; ${REMEDY[remedy]}`);
    }
    for (const update of updates) {
      this.#events.update(update);
      if (this.#isClosed()) return;
    }
  }

  #takeRefresh(message: Uint8Array): void {
    const family = decodeRefresh(message);
    if (family === undefined) return;
    if (typeof family === 'object') {
      this.end(family);
      return;
    }
    if (this.#agreement?.families.includes(family)) this.#events.refresh(family);
  }

  // ── Timers ──────────────────────────────────────────────────────────────────────────────────────────────────

  #heard(): void {
    this.#heardNs = this.#world.clock.now();
  }

  /** One timer that looks, when it fires, at what was heard since; most connections hear something all the time. */
  #holdAfter(holdNs: TimeNs): void {
    this.#holdTimer?.cancel();
    const remainingNs = this.#heardNs + holdNs - this.#world.clock.now();
    this.#holdTimer = this.#world.clock.after(Math.max(0, remainingNs), () => {
      // What waits to be read was said in time, though we had none to listen.
      if (this.#readTimer === undefined) this.#read();
      if (this.#isClosed()) return;
      const isWorking = this.#readTimer !== undefined;
      if (isWorking) this.#heard();
      if (this.#world.clock.now() - this.#heardNs < holdNs) this.#holdAfter(holdNs);
      else this.end(notification(ERROR.HOLD_TIMER));
    });
  }

  /** RFC 4271 10: a third of the hold time at most, less up to a quarter by chance. */
  #keepaliveNs(): TimeNs {
    const { holdS = 0 } = this.#agreement ?? {};
    const intervalS = Math.min(this.#settings.keepaliveS, holdS / 3);
    return Math.max(1, intervalS) * SECOND * (1 - this.#world.random.next() / 4);
  }

  #keepaliveAfter(delayNs: TimeNs): void {
    this.#keepaliveTimer?.cancel();
    this.#keepaliveTimer = this.#world.clock.after(delayNs, () => {
      const queue = this.#queue;
      if (queue === undefined) return;
      const now = this.#world.clock.now();
      const sendHoldNs = Math.max(SEND_HOLD_S, 2 * (this.#agreement?.holdS ?? 0)) * SECOND;
      if (queue.waiting > 0 && now - queue.movedNs >= sendHoldNs) {
        this.abort(describeNotification(notification(SEND_HOLD_EXPIRED)));
        return;
      }
      // While something waits, that will do when it gets through.
      if (queue.waiting === 0) this.#put(encodeKeepalive());
      this.#keepaliveAfter(this.#keepaliveNs());
    });
  }

  // ── Out, and the end ────────────────────────────────────────────────────────────────────────────────────────

  #put(message: Uint8Array): boolean {
    this.#counts.messagesOut++;
    return this.#queue?.put(message) ?? false;
  }

  /** In a function of its own: whatever was called in between may have closed it. */
  #isClosed(): boolean {
    return this.#state === 'Closed';
  }

  #finish(reason: string, how: 'sent' | 'received' | 'lost'): void {
    if (this.#state === 'Closed') return;
    this.#holdTimer?.cancel();
    this.#keepaliveTimer?.cancel();
    this.#readTimer?.cancel();
    this.#readTimer = undefined;
    this.#queue?.stop();
    this.#rest = new Uint8Array(0);
    this.#state = 'Closed';
    this.#events.closed(this, reason, how);
  }

  #complain(text: string): void {
    const now = this.#world.clock.now();
    if (now - this.#loggedNs < LOG_EVERY_NS) return;
    this.#loggedNs = now;
    this.#world.log('warning', text);
  }
}

const REMEDY = {
  discard: 'it is ignored (RFC 7606)',
  withdraw: 'its routes are taken as withdrawn (RFC 7606)',
} as const;

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
