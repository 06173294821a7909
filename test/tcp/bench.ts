/** One stack whose other end is the test itself: it says any segment, and sees each answer. */
import { ACK, type TcpOptions, type TcpSegment } from '../../src/net/tcp.ts';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import type { TcpConnection } from '../../src/tcp/connection.ts';
import type { TcpSettings } from '../../src/tcp/settings.ts';
import { TcpStack } from '../../src/tcp/stack.ts';
import { seededRandom } from '../../src/world/random.ts';
import { A, B, PORT, User } from './lab.ts';

/** The other end's initial sequence number: its bytes wrap soon. */
export const THEIR_ISN = 0xfffffff0;
export const THEIR_PORT = 40_000;

/** Without options, so that segments are short to write down. */
const PLAIN: Partial<TcpSettings> = { sack: false, timestamps: false, windowScale: false, delayedAckNs: 0 };

export class Bench {
  readonly clock = new VirtualClock();
  readonly stack: TcpStack;
  readonly user = new User();
  /** What the stack has said since it was last asked. */
  #said: TcpSegment[] = [];
  /** Our initial sequence number, from our SYN. */
  isn = 0;
  readonly #settings: Partial<TcpSettings>;

  constructor(settings: Partial<TcpSettings> = {}, backlog?: number) {
    this.#settings = { ...PLAIN, ...settings };
    this.user.closesAfter = false;
    this.stack = new TcpStack(
      { clock: this.clock, random: seededRandom(1), log: () => {} },
      {
        sourceFor: () => A,
        mtuTo: () => 1500,
        send: (_source, _destination, segment) => {
          if ((segment.flags & 2) !== 0) this.isn = segment.sequence;
          this.#said.push({ ...segment, payload: segment.payload.slice() });
        },
      },
    );
    this.stack.listen(
      PORT,
      (connection) => {
        this.user.connection = connection;
        return this.user;
      },
      { ...this.#settings, ...(backlog === undefined ? {} : { backlog }) },
    );
  }

  get connection(): TcpConnection {
    if (this.user.connection === undefined) throw new Error('no connection');
    return this.user.connection;
  }

  /** Opens from this side: SYN-SENT. */
  connect(): void {
    this.user.connection = this.stack.connect(B, THEIR_PORT, this.user, {
      ...this.#settings,
      localPort: PORT,
    });
  }

  /** ESTABLISHED, opened by the other end; nothing left to hear. */
  establish(options: TcpOptions = {}, window = 65_535): this {
    this.arrives('SYN', { sequence: 0, options, window });
    this.arrives('ACK', { sequence: 1, acknowledgement: 1, window });
    this.said();
    return this;
  }

  /** A segment of the other end's. Numbers count from either end's initial one: its SYN is 0, its first byte 1. */
  arrives(
    flags: string,
    numbers: {
      readonly sequence?: number;
      readonly acknowledgement?: number;
      readonly window?: number;
      readonly payload?: Uint8Array;
      readonly options?: TcpOptions;
      readonly sourcePort?: number;
    },
  ): void {
    const {
      sequence = 0,
      acknowledgement = 0,
      window = 65_535,
      options = {},
      sourcePort = THEIR_PORT,
    } = numbers;
    const bits = bitsOf(flags);
    this.stack.receive(B, A, {
      sourcePort,
      destinationPort: PORT,
      sequence: (THEIR_ISN + sequence) >>> 0,
      acknowledgement: (bits & ACK) === 0 ? 0 : (this.isn + acknowledgement) >>> 0,
      flags: bits,
      window,
      options,
      payload: numbers.payload ?? new Uint8Array(0),
    });
  }

  /** What the stack said since the last time: flags, sequence, acknowledgement and length, counted as above. */
  said(): readonly string[] {
    return this.segments().map((segment) => this.text(segment));
  }

  segments(): readonly TcpSegment[] {
    const said = this.#said;
    this.#said = [];
    return said;
  }

  text({ flags, sequence, acknowledgement, payload }: TcpSegment): string {
    const names = NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0 && bit !== 3).reverse();
    const theirs = (flags & ACK) === 0 ? '' : ` ack ${(acknowledgement - THEIR_ISN) >>> 0}`;
    const length = payload.length === 0 ? '' : ` len ${payload.length}`;
    return `${names.join('+')} seq ${(sequence - this.isn) | 0}${theirs}${length}`;
  }

  /** Lets time pass. */
  wait(delayNs: number): void {
    this.clock.runUntil(this.clock.now() + delayNs);
  }
}

const NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK'];

function bitsOf(flags: string): number {
  return flags.split('+').reduce((bits, name) => bits | (1 << NAMES.indexOf(name)), 0);
}
