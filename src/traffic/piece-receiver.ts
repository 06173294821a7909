/** The receiving end of a stream: asks for a segment's pieces until it has them all. */
import type { Ipv4 } from '../net/address.ts';
import { encodePieceRequest } from '../net/piece-request.ts';
import { type Plane, REQUEST_PORT } from '../net/wire.ts';
import { RoundTrip } from '../tcp/round-trip.ts';
import { type Clock, SECOND, type TimeNs, type Timer } from '../world/clock.ts';
import type { Host } from './host.ts';

/**
 * Silence for so long beyond the round trip is no gap: RFC 6298 (2.4) wants a second at least. Queues that fill and
 * empty make nobody ask twice; a tail that was lost is rare, and a buffer of seconds stands before it.
 */
const MARGIN_NS = SECOND;
/** A viewer does not wait for a minute before the player tries again. */
const LONGEST_WAIT_NS = 2 * SECOND;
/** Requests sent at once; what else is missing is asked for the next time. */
const MAX_REQUESTS = 64;

export interface PieceReceiverSettings {
  readonly flow: number;
  readonly sender: Ipv4;
  readonly plane: Plane;
}

export class PieceReceiver {
  readonly #clock: Clock;
  readonly #host: Host;
  readonly #settings: PieceReceiverSettings;
  readonly #roundTrip = new RoundTrip(MARGIN_NS);
  /** The segment asked for: its first piece, which of them are here, how many are not. */
  #first = 0;
  #here = new Uint8Array(0);
  #missing = 0;
  #whole: () => void = () => {};
  /** The piece that the last answer ends with. */
  #lastAsked = 0;
  #askedNs: TimeNs = 0;
  /** No answer has come yet to a request that was not repeated. */
  #samples = false;
  #heardNs: TimeNs = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, host: Host, settings: PieceReceiverSettings) {
    this.#clock = clock;
    this.#host = host;
    this.#settings = settings;
  }

  /** Asks for pieces first, first + 1, ..., and calls `whole` once when all are here. Not while others are missing. */
  receive(first: number, pieces: number, whole: () => void): void {
    this.#first = first;
    this.#here = new Uint8Array(pieces);
    this.#missing = pieces;
    this.#whole = whole;
    this.#ask(false);
  }

  /** A piece came; one that is here already, or not asked for, changes nothing. */
  arrived(piece: number): void {
    const index = piece - this.#first;
    if (this.#missing === 0 || index < 0 || index >= this.#here.length) return;
    this.#heardNs = this.#clock.now();
    if (this.#samples) this.#roundTrip.sample(this.#heardNs - this.#askedNs);
    this.#samples = false;
    if (this.#here[index] === 0) {
      this.#here[index] = 1;
      this.#missing--;
    }
    if (this.#missing === 0) {
      this.#timer?.cancel();
      this.#whole();
    } else if (piece === this.#lastAsked) {
      this.#ask(false);
    }
  }

  /** For good. */
  stop(): void {
    this.#missing = 0;
    this.#timer?.cancel();
  }

  /** Asks for what is missing, in ranges, the first ones first. */
  #ask(repeats: boolean): void {
    const { flow, sender, plane } = this.#settings;
    const here = this.#here;
    let asked = 0;
    for (let from = here.indexOf(0); from >= 0 && asked < MAX_REQUESTS; asked++) {
      const next = here.indexOf(1, from);
      const end = next < 0 ? here.length : next;
      this.#lastAsked = this.#first + end - 1;
      this.#host.sendUdp({
        destination: sender,
        sourcePort: REQUEST_PORT,
        destinationPort: REQUEST_PORT,
        plane,
        payload: encodePieceRequest({ flow, count: end - from, first: this.#first + from }),
      });
      from = here.indexOf(0, end);
      if (next < 0) break;
    }
    this.#askedNs = this.#clock.now();
    this.#heardNs = this.#askedNs;
    this.#samples = !repeats;
    this.#wait(this.#patienceNs());
  }

  #patienceNs(): TimeNs {
    return Math.min(this.#roundTrip.timeoutNs, LONGEST_WAIT_NS);
  }

  /** Instead of a new timer for each piece: when it fires, something may have been heard meanwhile. */
  #wait(delayNs: TimeNs): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(delayNs, () => {
      const leftNs = this.#heardNs + this.#patienceNs() - this.#clock.now();
      if (leftNs > 0) {
        this.#wait(leftNs);
        return;
      }
      // Silence after an answer means that its end was lost; silence after a request may mean that nobody is there.
      const answered = this.#heardNs > this.#askedNs;
      if (!answered) this.#roundTrip.backOff();
      this.#ask(!answered);
    });
  }
}
