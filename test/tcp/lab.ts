/** Two TCP stacks on a wire that loses, delays, doubles and damages what it carries, on a virtual clock. */
import { type Ipv4, parseIpv4 } from '../../src/net/address.ts';
import { IPV4_HEADER, PROTOCOL_TCP, writeIpv4 } from '../../src/net/ipv4.ts';
import { readTcp, type TcpSegment, tcpChecksumHolds, tcpLength, writeTcp } from '../../src/net/tcp.ts';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import type { TcpConnection, TcpEnd, TcpEvents } from '../../src/tcp/connection.ts';
import { type ConnectOptions, type ListenOptions, TcpStack } from '../../src/tcp/stack.ts';
import { MILLISECOND, type TimeNs } from '../../src/world/clock.ts';
import { seededRandom } from '../../src/world/random.ts';
import type { World } from '../../src/world/world.ts';

export const A = address('10.0.0.1');
export const B = address('10.0.0.2');
export const PORT = 179;

export function address(text: string): Ipv4 {
  const parsed = parseIpv4(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

export interface WireSettings {
  readonly rateBps: number;
  readonly delayNs: TimeNs;
  /** Bytes that wait for the wire at each end, at most. */
  readonly queueBytes: number;
  readonly mtu: number;
  /** Shares of packets, 0 .. 1. */
  readonly loss: number;
  readonly duplication: number;
  readonly corruption: number;
  /** Delayed by up to `reorderNs` more, so that others overtake them. */
  readonly reordering: number;
  readonly reorderNs: TimeNs;
}

export const GOOD_WIRE: WireSettings = {
  rateBps: 100e6,
  delayNs: 5 * MILLISECOND,
  queueBytes: 1e6,
  mtu: 1500,
  loss: 0,
  duplication: 0,
  corruption: 0,
  reordering: 0,
  reorderNs: 5 * MILLISECOND,
};

/** A segment as it left, and when. */
export interface Seen extends TcpSegment {
  readonly from: 'a' | 'b';
  readonly atNs: TimeNs;
}

/** What the wire does to each packet beyond its settings: false loses it. */
export type Filter = (segment: Seen) => boolean;

/** Stacks a and b. Every segment is written and read as bytes on its way. */
export function twoStacks(settings: Partial<WireSettings> = {}, seed = 1) {
  const wire = { ...GOOD_WIRE, ...settings };
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const chance = random.fork('wire');
  const seen: Seen[] = [];
  const state: { filter: Filter; log: boolean; queueDrops: number } = {
    filter: () => true,
    log: false,
    queueDrops: 0,
  };
  const worldOf = (name: string): World => ({ clock, random: random.fork(name), log: () => {} });

  const direction = (from: 'a' | 'b', self: Ipv4, receiver: () => TcpStack): TcpStack => {
    let busyUntilNs = 0;
    return new TcpStack(worldOf(from), {
      sourceFor: () => self,
      mtuTo: () => wire.mtu,
      send: (source, destination, segment) => {
        const note = { ...segment, payload: segment.payload.slice(), from, atNs: clock.now() };
        if (state.log) seen.push(note);
        const bytes = packetOf(source, destination, segment);
        if (bytes.length > wire.mtu) throw new Error(`a packet of ${bytes.length} bytes`);
        if (!state.filter(note)) return;
        const startNs = Math.max(busyUntilNs, clock.now());
        if (((startNs - clock.now()) * wire.rateBps) / 8e9 + bytes.length > wire.queueBytes) {
          state.queueDrops++;
          return;
        }
        busyUntilNs = startNs + (bytes.length * 8e9) / wire.rateBps;
        if (chance.next() < wire.loss) return;
        const copies = chance.next() < wire.duplication ? 2 : 1;
        for (let copy = 0; copy < copies; copy++) {
          const late = chance.next() < wire.reordering ? Math.floor(chance.next() * wire.reorderNs) : 0;
          const arriving = bytes.slice();
          if (chance.next() < wire.corruption) {
            arriving[IPV4_HEADER + Math.floor(chance.next() * (bytes.length - IPV4_HEADER))] ^=
              1 << (chance.next() * 8);
          }
          clock.after(busyUntilNs - clock.now() + wire.delayNs + late, () => {
            if (!tcpChecksumHolds(arriving, IPV4_HEADER, arriving.length, 0)) return;
            const arrived = readTcp(arriving, IPV4_HEADER, arriving.length);
            if (arrived !== undefined) receiver().receive(source, destination, arrived);
          });
        }
      },
    });
  };
  const a: TcpStack = direction('a', A, () => b);
  const b: TcpStack = direction('b', B, () => a);
  return { clock, a, b, seen, state, random: random.fork('test'), worldOf };
}

/** An IPv4 packet that holds the segment. */
export function packetOf(source: Ipv4, destination: Ipv4, segment: TcpSegment): Uint8Array {
  const totalLength = IPV4_HEADER + tcpLength(segment);
  const bytes = new Uint8Array(totalLength);
  writeIpv4(bytes, 0, {
    source,
    destination,
    protocol: PROTOCOL_TCP,
    ttl: 64,
    tos: 0,
    totalLength,
    identification: 0,
    dontFragment: true,
  });
  writeTcp(bytes, IPV4_HEADER, segment, 0);
  return bytes;
}

/** A user of a connection: writes all it is given, keeps all that it reads, closes when it is told. */
export class User implements TcpEvents {
  readonly received: Uint8Array[] = [];
  receivedBytes = 0;
  isConnected = false;
  hasEnded = false;
  end: TcpEnd | undefined;
  connection: TcpConnection | undefined;
  /** Reads what arrives. */
  reads = true;
  /** Closes when the other end does. */
  closesAfter = true;
  readonly roundTripsNs: number[] = [];
  #toSend: Uint8Array = new Uint8Array(0);
  #closes = false;

  /** Sends `bytes` once connected, then closes if `closes`. */
  sends(bytes: Uint8Array, closes = true): this {
    this.#toSend = bytes;
    this.#closes = closes;
    if (this.isConnected && this.connection) this.writable(this.connection);
    return this;
  }

  connected(connection: TcpConnection): void {
    this.connection = connection;
    this.isConnected = true;
    this.writable(connection);
  }

  writable(connection: TcpConnection): void {
    this.#toSend = this.#toSend.subarray(connection.write(this.#toSend));
    if (this.#toSend.length === 0 && this.#closes) connection.close();
  }

  readable(connection: TcpConnection): void {
    if (!this.reads) return;
    const bytes = connection.read();
    this.received.push(bytes);
    this.receivedBytes += bytes.length;
  }

  ended(connection: TcpConnection): void {
    this.hasEnded = true;
    if (this.closesAfter && this.#toSend.length === 0) connection.close();
  }

  roundTrip(roundTripNs: TimeNs): void {
    this.roundTripsNs.push(roundTripNs);
  }

  closed(end: TcpEnd): void {
    this.end = end;
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.received);
  }
}

/** A connection from a (client) to b (server), not yet established. */
export function connected(
  lab: ReturnType<typeof twoStacks>,
  client = new User(),
  server = new User(),
  options: ConnectOptions = {},
  listenOptions: ListenOptions = {},
) {
  lab.b.listen(
    PORT,
    (connection) => {
      server.connection = connection;
      return server;
    },
    listenOptions,
  );
  client.connection = lab.a.connect(B, PORT, client, options);
  return { client, server };
}
