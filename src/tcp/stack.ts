/**
 * TCP for one IPv4 host, or one router: connections and listeners, and which of them a segment is for.
 *
 *     user calls ──> TcpStack ──> TcpConnection ──> Sender        scoreboard, round-trip, congestion
 *     segments  <──>     \             `──────────> Reassembly
 *                         `── listeners
 *
 * A stack is a machine without a world: its host hands it segments as they arrive and carries those it sends; the
 * clock and chance come with the world. A host in two planes has a stack for each, so a connection lives in one
 * plane from its first segment to its last, and TCP need not know what a plane is.
 *
 * What must stay true: every byte arrives in order and exactly once, or the connection ends with a reason; nothing
 * that arrives makes a stack throw; connections, half-open ones and all queues are bounded.
 */
import type { Ipv4 } from '../net/address.ts';
import { ACK, FIN, NO_OPTIONS, RST, SYN, type TcpSegment } from '../net/tcp.ts';
import type { Random } from '../world/random.ts';
import type { World } from '../world/world.ts';
import { TcpConnection, type TcpEvents } from './connection.ts';
import { type Endpoints, InitialNumbers } from './initial-sequence.ts';
import { DEFAULT_TCP_SETTINGS, type TcpSettings } from './settings.ts';

/** What carries a stack's segments: its host. */
export interface TcpNetwork {
  /** The address that packets to `destination` leave from. */
  sourceFor(destination: Ipv4): Ipv4;
  /** Largest IPv4 packet that the way to `destination` is known to carry. */
  mtuTo(destination: Ipv4): number;
  /** Sends a segment in an IPv4 packet. */
  send(source: Ipv4, destination: Ipv4, segment: TcpSegment): void;
}

/** Takes a new connection, which is established, and says who hears of it. */
export type Accept = (connection: TcpConnection) => TcpEvents;

export interface ListenOptions extends Partial<TcpSettings> {
  /** Connections that may be half open, default 128. More SYNs are dropped. */
  readonly backlog?: number;
}

export interface ConnectOptions extends Partial<TcpSettings> {
  /** Default: a random one of the dynamic ports that is free (RFC 6056). */
  readonly localPort?: number;
  /** The address that it leaves from. Default: what the network says (`sourceFor`). */
  readonly local?: Ipv4;
}

export interface StackLimits {
  /** Connections in all states, default 8,192. */
  readonly connections: number;
  /** Which of the dynamic ports are its own, where others share its addresses: each `step`-th from the `first` one. */
  readonly dynamicPorts?: { readonly first: 0 | 1; readonly step: 1 | 2 };
}

/** Something in TCP reached one of its bounds, or is taken; the message says which and what to change. */
export class TcpLimitError extends Error {
  override readonly name = 'TcpLimitError';
}

interface Listener {
  readonly accept: Accept;
  readonly settings: TcpSettings;
  readonly backlog: number;
  halfOpen: number;
}

const FIRST_DYNAMIC_PORT = 49_152;
const DYNAMIC_PORTS = 65_536 - FIRST_DYNAMIC_PORT;
/** IPv4 and TCP headers without options. */
const HEADERS = 40;
/** Less is not believed of a path, though IPv4 allows for 68: segments would be nearly all header. */
const MIN_MTU = 104;
const DEFAULT_BACKLOG = 128;
const NOTHING = new Uint8Array(0);

export class TcpStack {
  readonly #world: World;
  readonly #network: TcpNetwork;
  readonly #random: Random;
  readonly #numbers: InitialNumbers;
  readonly #limits: StackLimits;
  readonly #listeners = new Map<number, Listener>();
  /** By the remote end, then by the local one. */
  readonly #connections = new Map<number, Map<number, TcpConnection>>();
  #count = 0;
  #dropped = 0;

  constructor(world: World, network: TcpNetwork, limits: StackLimits = { connections: 8192 }) {
    this.#world = world;
    this.#network = network;
    this.#random = world.random.fork('tcp');
    this.#numbers = new InitialNumbers(this.#random);
    this.#limits = limits;
  }

  /** Connections in all states. */
  get size(): number {
    return this.#count;
  }

  /** SYNs that were dropped because a limit was reached. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes connections to a port until `unlisten`. TcpLimitError where someone does already. */
  listen(port: number, accept: Accept, options: ListenOptions = {}): void {
    if (this.#listeners.has(port)) throw new TcpLimitError(`someone listens on TCP port ${port} already`);
    const { backlog = DEFAULT_BACKLOG, ...settings } = options;
    this.#listeners.set(port, {
      accept,
      settings: { ...DEFAULT_TCP_SETTINGS, ...settings },
      backlog,
      halfOpen: 0,
    });
  }

  /** Connections that exist go on. */
  unlisten(port: number): void {
    this.#listeners.delete(port);
  }

  /** Opens a connection. TcpLimitError where there are too many, or the port is taken. */
  connect(remote: Ipv4, remotePort: number, events: TcpEvents, options: ConnectOptions = {}): TcpConnection {
    if (!this.#hasRoom()) {
      throw new TcpLimitError(`${this.#limits.connections} TCP connections exist: close some first`);
    }
    const { localPort, local = this.#network.sourceFor(remote), ...settings } = options;
    const endpoints = { local, localPort: localPort ?? 0, remote, remotePort };
    const ends = localPort === undefined ? this.#freePort(endpoints) : endpoints;
    if (this.#find(ends) !== undefined) {
      throw new TcpLimitError(`TCP port ${ends.localPort} has a connection to that end already`);
    }
    const connection = this.#create(ends, { ...DEFAULT_TCP_SETTINGS, ...settings }, events, () => {});
    connection.connect();
    return connection;
  }

  /** Is there a connection that a segment from `source` to `destination` belongs to? */
  knows(source: Ipv4, destination: Ipv4, { sourcePort, destinationPort }: TcpSegment): boolean {
    const ends = { local: destination, localPort: destinationPort, remote: source, remotePort: sourcePort };
    return this.#find(ends) !== undefined;
  }

  /** Ends every connection at once. */
  abortAll(): void {
    for (const ofRemote of [...this.#connections.values()]) {
      for (const connection of [...ofRemote.values()]) connection.abort();
    }
  }

  /** Takes a segment from an IPv4 packet for this host, its checksum checked. */
  receive(source: Ipv4, destination: Ipv4, segment: TcpSegment): void {
    const ends = {
      local: destination,
      localPort: segment.destinationPort,
      remote: source,
      remotePort: segment.sourcePort,
    };
    const connection = this.#find(ends);
    if (connection !== undefined && !this.#replaces(segment, connection)) {
      connection.receive(segment);
      return;
    }
    connection?.abort();
    this.#arrivesUnknown(ends, segment);
  }

  /**
   * A router says that a packet of ours was too big: the way carries `mtu` bytes at most (RFC 1191). `sequence` is
   * that of the segment it quotes. Returns whether that is believed: only of one on its way (RFC 5927 7.1), and
   * where the size is one that a path can have and that is news.
   */
  tooBig(ends: Endpoints, sequence: number, mtu: number): boolean {
    if (mtu < MIN_MTU) return false;
    return this.#find(ends)?.tooBig(sequence, mtu - HEADERS) ?? false;
  }

  /** RFC 9293 3.10.7.1 and 3.10.7.2: CLOSED and LISTEN. */
  #arrivesUnknown(ends: Endpoints, segment: TcpSegment): void {
    const { flags } = segment;
    if ((flags & RST) !== 0) return;
    const listener = this.#listeners.get(ends.localPort);
    if (listener === undefined || (flags & ACK) !== 0) this.#refuse(ends, segment);
    else if ((flags & SYN) !== 0) this.#open(ends, segment, listener);
  }

  #open(ends: Endpoints, syn: TcpSegment, listener: Listener): void {
    if (listener.halfOpen >= listener.backlog || !this.#hasRoom()) {
      this.#dropped++;
      return;
    }
    listener.halfOpen++;
    let isHalfOpen = true;
    const settled = (): void => {
      if (isHalfOpen) listener.halfOpen--;
      isHalfOpen = false;
    };
    const events: TcpEvents = {
      connected: (connection) => {
        settled();
        const user = listener.accept(connection);
        connection.handOver(user);
        user.connected?.(connection);
      },
    };
    this.#create(ends, listener.settings, events, settled).accept(syn);
  }

  #create(ends: Endpoints, settings: TcpSettings, events: TcpEvents, gone: () => void): TcpConnection {
    const { clock } = this.#world;
    const { local, remote } = ends;
    const connection = new TcpConnection(
      {
        clock,
        endpoints: ends,
        segmentBytes: this.#network.mtuTo(remote) - HEADERS,
        initialSequence: this.#numbers.sequence(ends, clock.now()),
        initialTimestamp: this.#numbers.timestamp(ends),
        transmit: (segment) => this.#network.send(local, remote, segment),
        gone: () => {
          this.#remove(ends);
          gone();
        },
      },
      settings,
      events,
    );
    const key = endKey(ends.remote, ends.remotePort);
    const ofRemote = this.#connections.get(key) ?? new Map<number, TcpConnection>();
    this.#connections.set(key, ofRemote.set(endKey(ends.local, ends.localPort), connection));
    this.#count++;
    return connection;
  }

  #find({ local, localPort, remote, remotePort }: Endpoints): TcpConnection | undefined {
    return this.#connections.get(endKey(remote, remotePort))?.get(endKey(local, localPort));
  }

  #remove({ local, localPort, remote, remotePort }: Endpoints): void {
    const key = endKey(remote, remotePort);
    const ofRemote = this.#connections.get(key);
    if (ofRemote?.delete(endKey(local, localPort))) this.#count--;
    if (ofRemote?.size === 0) this.#connections.delete(key);
  }

  /** A SYN that begins a new connection where the old one only waits (RFC 9293 3.6.1, RFC 6191). */
  #replaces({ flags, sequence }: TcpSegment, connection: TcpConnection): boolean {
    if (connection.state !== 'TIME-WAIT' || (flags & (SYN | ACK | RST)) !== SYN) return false;
    return connection.isBehind(sequence) && this.#listeners.has(connection.endpoints.localPort);
  }

  /** Room for one more; the oldest that only wait for stray segments make way. */
  #hasRoom(): boolean {
    if (this.#count < this.#limits.connections) return true;
    for (const ofRemote of this.#connections.values()) {
      for (const connection of ofRemote.values()) {
        if (connection.state !== 'TIME-WAIT') continue;
        connection.abort();
        return true;
      }
    }
    return false;
  }

  /** RFC 6056 3.3.1. */
  #freePort(ends: Endpoints): Endpoints {
    const { first: own, step } = this.#limits.dynamicPorts ?? { first: 0, step: 1 };
    const count = DYNAMIC_PORTS / step;
    const first = Math.floor(this.#random.next() * count);
    for (let i = 0; i < count; i++) {
      const free = { ...ends, localPort: FIRST_DYNAMIC_PORT + own + step * ((first + i) % count) };
      if (this.#find(free) === undefined) return free;
    }
    throw new TcpLimitError('every dynamic TCP port has a connection to that end: close some first');
  }

  /** RST for what belongs to no connection (RFC 9293 3.10.7.1). */
  #refuse({ local, localPort, remote, remotePort }: Endpoints, segment: TcpSegment): void {
    const { flags, sequence, acknowledgement, payload } = segment;
    const length = payload.length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
    const answers = (flags & ACK) !== 0;
    this.#network.send(local, remote, {
      sourcePort: localPort,
      destinationPort: remotePort,
      sequence: answers ? acknowledgement : 0,
      acknowledgement: answers ? 0 : (sequence + length) >>> 0,
      flags: answers ? RST : RST | ACK,
      window: 0,
      options: NO_OPTIONS,
      payload: NOTHING,
    });
  }
}

/** One number for an address and a port. */
function endKey(address: Ipv4, port: number): number {
  return address * 65_536 + port;
}
