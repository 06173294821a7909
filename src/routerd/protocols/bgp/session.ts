/**
 * A neighbour's session (RFC 4271 8): it opens connections and takes those that the neighbour opens, keeps one of two
 * (6.8), and begins again when it is lost.
 *
 *     start ──▶ Active ◀──▶ Connect          a connection is tried, again and again
 *                 │  ▲         │
 *                 ▼  │         ▼
 *               OpenSent ──▶ OpenConfirm ──▶ Established
 *                    └──────────┴───────────────┴──▶ Idle, for a while that grows ──▶ Active
 *
 * RFC 4271 has a machine for each connection and one event that moves between them; here a connection is an object
 * (connection.ts), of which there are two at most, and the session's state is that of the further one.
 */

import { formatIpv4, type Ipv4 } from '../../../net/address.ts';
import { SECOND, type TimeNs, type Timer } from '../../../world/clock.ts';
import type { Random } from '../../../world/random.ts';
import type { World } from '../../../world/world.ts';
import type { AttributePool } from './attribute-pool.ts';
import { Connection, type ConnectionEvents, type Counts, type Direction, noCounts } from './connection.ts';
import type {
  Agreement,
  ByteStream,
  Ending,
  Family,
  MakeSession,
  Session,
  SessionCounters,
  SessionEvents,
  SessionSettings,
  SessionState,
  StreamEvents,
  Transport,
  TransportSettings,
  Update,
} from './contract.ts';
import { encodeKeepalive, encodeRefresh } from './message.ts';
import {
  CEASE,
  cease,
  describeNotification,
  ERROR,
  type Notification,
  notification,
} from './notification.ts';

/** How long it stays idle after an error: doubled each time (RFC 4271 8.1.1, DampPeerOscillations). */
const FIRST_IDLE_NS = SECOND;
const MAX_IDLE_NS = 64 * SECOND;
/** A session that held for so long was a good one. */
const GOOD_AFTER_NS = 60 * SECOND;
/** The first attempts that fail are repeated sooner than ConnectRetryTime says. */
const FIRST_RETRY_NS = SECOND;

/** Sessions of one BGP speaker. Equal attributes that arrive are one object of the pool's. */
export function sessionsOver(world: World, transport: Transport, pool: AttributePool): MakeSession {
  return (settings, ask, events) => new BgpSession(world, transport, pool, settings, ask, events);
}

class BgpSession implements Session {
  readonly #world: World;
  readonly #random: Random;
  readonly #transport: Transport;
  readonly #pool: AttributePool;
  readonly #remote: TransportSettings;
  readonly #ask: () => SessionSettings;
  readonly #events: SessionEvents;
  readonly #counts: Counts & { established: number } = { ...noCounts(), established: 0 };
  /** On their way to Established. */
  readonly #opening: { [direction in Direction]: Connection | undefined } = {
    outgoing: undefined,
    incoming: undefined,
  };
  #established: Connection | undefined;
  #establishedNs: TimeNs = 0;
  #reason: string | undefined;
  #listener: { stop(): void } | undefined;
  /** Of Connect and Active: when to try anew. */
  #retryTimer: Timer | undefined;
  /** Attempts since the last one that connected. */
  #attempts = 0;
  #idleTimer: Timer | undefined;
  #idleNs = FIRST_IDLE_NS;

  constructor(
    world: World,
    transport: Transport,
    pool: AttributePool,
    remote: TransportSettings,
    ask: () => SessionSettings,
    events: SessionEvents,
  ) {
    const name = `bgp ${formatIpv4(remote.remote)}`;
    this.#random = world.random.fork(name);
    this.#world = {
      clock: world.clock,
      random: this.#random,
      log: (level, text) => world.log(level, `${name}: ${text}`),
    };
    this.#transport = transport;
    this.#pool = pool;
    this.#remote = remote;
    this.#ask = ask;
    this.#events = events;
  }

  get state(): SessionState {
    if (this.#established !== undefined) return 'Established';
    const { outgoing, incoming } = this.#opening;
    const states = [outgoing?.state, incoming?.state];
    if (states.includes('OpenConfirm')) return 'OpenConfirm';
    if (states.includes('OpenSent')) return 'OpenSent';
    if (outgoing !== undefined) return 'Connect';
    return this.#listener === undefined ? 'Idle' : 'Active';
  }

  get agreement(): Agreement | undefined {
    return this.#established?.agreement;
  }

  get reason(): string | undefined {
    return this.#reason;
  }

  get counters(): SessionCounters {
    return { ...this.#counts };
  }

  start(): void {
    if (this.#listener !== undefined) return;
    this.#idleTimer?.cancel();
    this.#idleTimer = undefined;
    this.#attempts = 0;
    this.#listener = this.#transport.listen(this.#remote, (stream) => this.#accept(stream));
    this.#connect();
  }

  send(update: Update): boolean {
    return this.#established?.send(update) ?? false;
  }

  requestRefresh(family: Family): void {
    if (this.#established?.agreement?.routeRefresh !== true) return;
    this.#established.sendMessage(encodeRefresh(family));
  }

  close(code: number, subcode: number, { againAfterNs, said }: Ending = {}): void {
    const reason = code === ERROR.CEASE ? cease(subcode, said) : notification(code, subcode);
    const wasEstablished = this.#established !== undefined;
    this.#reason = describeNotification(reason);
    this.#idle(reason, againAfterNs);
    if (wasEstablished) this.#events.lost(this.#reason);
  }

  // ── Connections ─────────────────────────────────────────────────────────────────────────────────────────────

  #connect(): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = undefined;
    const settings = this.#ask();
    if (settings.passive || this.#opening.outgoing !== undefined || this.#established !== undefined) return;
    const outgoing = this.#make('outgoing', settings);
    const stream = this.#transport.connect(this.#remote, outgoing.handlers);
    if (stream === undefined) {
      this.#retryLater();
      return;
    }
    this.#opening.outgoing = outgoing;
    outgoing.use(stream);
    this.#retryTimer = this.#world.clock.after(this.#jittered(settings.connectRetryS * SECOND), () => {
      if (outgoing.state === 'Connect') outgoing.abort('it took too long to connect');
    });
  }

  #accept(stream: ByteStream): StreamEvents {
    // A neighbour that connects anew has forgotten the connections it opened before, or is about to.
    const former = this.#opening.incoming;
    this.#opening.incoming = undefined;
    former?.end(cease(CEASE.COLLISION_RESOLUTION));
    // One that is not there any more answers by resetting its connection.
    this.#established?.sendMessage(encodeKeepalive());
    const incoming = this.#make('incoming', this.#ask());
    this.#opening.incoming = incoming;
    incoming.use(stream);
    return incoming.handlers;
  }

  #make(direction: Direction, settings: SessionSettings): Connection {
    const events: ConnectionEvents = {
      mayGoOn: (connection, open) => this.#mayGoOn(connection, open.id, open.as, settings),
      established: (connection) => this.#establish(connection),
      update: (update) => this.#events.update(update),
      refresh: (family) => this.#events.refresh(family),
      writable: () => this.#events.writable(),
      closed: (connection, reason, how) => this.#closed(connection, reason, how),
    };
    return new Connection(this.#world, direction, settings, this.#pool, this.#counts, events);
  }

  /** RFC 4271 6.8, RFC 6286 2.3: of two connections lives the one that the end with the greater identifier opened. */
  #mayGoOn(connection: Connection, remoteId: Ipv4, remoteAs: number, own: SessionSettings): boolean {
    const other = this.#opening[connection.direction === 'outgoing' ? 'incoming' : 'outgoing'];
    if (this.#established !== undefined) return this.#drop(connection);
    if (other?.state !== 'OpenConfirm') return true;
    const isOurs = own.routerId > remoteId || (own.routerId === remoteId && own.localAs > remoteAs);
    if ((connection.direction === 'outgoing') !== isOurs) return this.#drop(connection);
    this.#drop(other);
    return true;
  }

  #drop(connection: Connection): false {
    this.#opening[connection.direction] = undefined;
    connection.end(cease(CEASE.COLLISION_RESOLUTION));
    return false;
  }

  #establish(connection: Connection): void {
    const { agreement } = connection;
    if (agreement === undefined) return;
    const { outgoing, incoming } = this.#opening;
    this.#opening[connection.direction] = undefined;
    this.#established = connection;
    for (const other of [outgoing, incoming]) if (other && other !== connection) this.#drop(other);
    this.#retryTimer?.cancel();
    this.#retryTimer = undefined;
    this.#attempts = 0;
    this.#establishedNs = this.#world.clock.now();
    this.#counts.established++;
    this.#reason = undefined;
    this.#world.log('info', `established with AS ${agreement.remoteAs}`);
    this.#events.established(agreement);
  }

  #closed(connection: Connection, reason: string, how: 'sent' | 'received' | 'lost'): void {
    const { direction } = connection;
    if (connection === this.#established) {
      // A neighbour that is gone is no error of ours or its own: nothing need be spared.
      const heldNs = this.#world.clock.now() - this.#establishedNs;
      if (how === 'lost' || heldNs >= GOOD_AFTER_NS) this.#idleNs = FIRST_IDLE_NS;
      this.#established = undefined;
      this.#reason = reason;
      this.#world.log('warning', `lost: ${reason}`);
      this.#idleForAWhile();
      this.#events.lost(reason);
      return;
    }
    if (connection !== this.#opening[direction]) return;
    this.#opening[direction] = undefined;
    const { outgoing, incoming } = this.#opening;
    if (this.#established !== undefined || outgoing !== undefined || incoming !== undefined) return;
    this.#reason = reason;
    if (how === 'lost') {
      this.#retryLater();
      return;
    }
    this.#world.log('warning', `not established: ${reason}`);
    this.#idleForAWhile();
  }

  // ── Timers ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Active: the next attempt comes after ConnectRetryTime; the first few come sooner, the neighbour may be starting. */
  #retryLater(): void {
    if (this.#listener === undefined) return;
    const soonNs = FIRST_RETRY_NS * 2 ** Math.min(this.#attempts++, 16);
    const delayNs = this.#jittered(Math.min(soonNs, this.#ask().connectRetryS * SECOND));
    this.#retryTimer?.cancel();
    this.#retryTimer = this.#world.clock.after(delayNs, () => this.#connect());
  }

  #idleForAWhile(): void {
    const delayNs = this.#jittered(this.#idleNs);
    this.#idleNs = Math.min(2 * this.#idleNs, MAX_IDLE_NS);
    this.#idle(cease(CEASE.CONNECTION_REJECTED), delayNs);
  }

  /** Ends every connection and refuses new ones; for good where `againAfterNs` is left out. */
  #idle(reason: Notification, againAfterNs: TimeNs | undefined): void {
    const { outgoing, incoming } = this.#opening;
    const all = [this.#established, outgoing, incoming];
    this.#established = undefined;
    this.#opening.outgoing = undefined;
    this.#opening.incoming = undefined;
    this.#listener?.stop();
    this.#listener = undefined;
    this.#retryTimer?.cancel();
    this.#retryTimer = undefined;
    for (const connection of all) connection?.end(reason);
    this.#idleTimer?.cancel();
    this.#idleTimer =
      againAfterNs === undefined ? undefined : this.#world.clock.after(againAfterNs, () => this.start());
  }

  /** RFC 4271 10: less up to a quarter by chance. */
  #jittered(delayNs: TimeNs): TimeNs {
    return delayNs * (1 - this.#random.next() / 4);
  }
}
