/** A host's pings: ICMP echo requests that wait for their answers (RFC 792, RFC 1122 3.2.2.6). */
import type { Ipv4 } from '../net/address.ts';
import { readU16 } from '../net/bytes.ts';
import { ICMP_ECHO_REQUEST, ICMP_HEADER, writeIcmp } from '../net/icmp.ts';
import { PROTOCOL_ICMP } from '../net/ipv4.ts';
import type { Plane } from '../net/wire.ts';
import { type Clock, SECOND, type TimeNs, type Timer } from '../world/clock.ts';
import type { Frame } from '../world/frame.ts';
import { TrafficLimitError } from './limit.ts';
import { DEFAULT_TTL, newPacket, payloadAt } from './packet.ts';

const MAX_OUTSTANDING = 1024;

export type PingOutcome =
  | {
      readonly kind: 'reply';
      readonly from: Ipv4;
      readonly roundTripNs: TimeNs;
      /** Time to live of the reply as it arrived. */
      readonly ttl: number;
      /** The plane the reply came back by. */
      readonly plane: Plane;
    }
  /** With the ICMP code. From the host itself where ARP found nobody. */
  | { readonly kind: 'unreachable' | 'time-exceeded'; readonly from: Ipv4; readonly code: number }
  | { readonly kind: 'timeout' };

export interface PingOptions {
  /** Default `real`. */
  readonly plane?: Plane;
  readonly ttl?: number;
  /** Default 1 s. */
  readonly timeoutNs?: TimeNs;
  /** Bytes behind the ICMP header, default 56. */
  readonly payloadBytes?: number;
}

interface Outstanding {
  readonly destination: Ipv4;
  readonly sentNs: TimeNs;
  readonly timer: Timer;
  readonly done: (outcome: PingOutcome) => void;
}

export class EchoClient {
  readonly #clock: Clock;
  readonly #source: Ipv4;
  readonly #identifier: number;
  readonly #outstanding = new Map<number, Outstanding>();
  #sequence = 0;

  constructor(clock: Clock, source: Ipv4, identifier: number) {
    this.#clock = clock;
    this.#source = source;
    this.#identifier = identifier;
  }

  /**
   * An echo request, ready to be sent; `done` is called exactly once.
   * Throws TrafficLimitError with more than 1,024 outstanding.
   */
  request(destination: Ipv4, options: PingOptions, done: (outcome: PingOutcome) => void): Frame {
    if (this.#outstanding.size >= MAX_OUTSTANDING) {
      throw new TrafficLimitError(`more than ${MAX_OUTSTANDING} pings wait for an answer`);
    }
    while (this.#outstanding.has(this.#sequence)) this.#sequence = (this.#sequence + 1) & 0xffff;
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    const timer = this.#clock.after(options.timeoutNs ?? SECOND, () =>
      this.#finish(sequence, { kind: 'timeout' }),
    );
    this.#outstanding.set(sequence, { destination, sentNs: this.#clock.now(), timer, done });
    const frame = newPacket({
      source: this.#source,
      destination,
      protocol: PROTOCOL_ICMP,
      plane: options.plane ?? 'real',
      ttl: options.ttl ?? DEFAULT_TTL,
      payloadLength: ICMP_HEADER + (options.payloadBytes ?? 56),
    });
    const rest = this.#identifier * 0x10000 + sequence;
    writeIcmp(frame.bytes, payloadAt(frame), frame.end, ICMP_ECHO_REQUEST, 0, rest);
    return frame;
  }

  /** An echo reply arrived; `icmpAt` is its ICMP header. */
  reply(bytes: Uint8Array, icmpAt: number, from: Ipv4, ttl: number, plane: Plane): void {
    const waiting = this.#find(bytes, icmpAt, from);
    if (waiting === undefined) return;
    const roundTripNs = this.#clock.now() - waiting.sentNs;
    this.#finish(readU16(bytes, icmpAt + 6), { kind: 'reply', from, roundTripNs, ttl, plane });
  }

  /** An ICMP error arrived about a packet of ours; `icmpAt` is the quoted ICMP header, `to` its destination. */
  error(bytes: Uint8Array, icmpAt: number, to: Ipv4, outcome: PingOutcome): void {
    if (bytes[icmpAt] !== ICMP_ECHO_REQUEST || this.#find(bytes, icmpAt, to) === undefined) return;
    this.#finish(readU16(bytes, icmpAt + 6), outcome);
  }

  #find(bytes: Uint8Array, icmpAt: number, peer: Ipv4): Outstanding | undefined {
    if (readU16(bytes, icmpAt + 4) !== this.#identifier) return undefined;
    const waiting = this.#outstanding.get(readU16(bytes, icmpAt + 6));
    return waiting?.destination === peer ? waiting : undefined;
  }

  #finish(sequence: number, outcome: PingOutcome): void {
    const waiting = this.#outstanding.get(sequence);
    if (waiting === undefined) return;
    this.#outstanding.delete(sequence);
    waiting.timer.cancel();
    waiting.done(outcome);
  }
}
