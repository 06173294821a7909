/** Messages on their way into a stream: those of one moment in one write, as many as the stream takes. */
import type { Clock, TimeNs } from '../../../world/clock.ts';
import type { ByteStream } from './contract.ts';

/** More waiting than this is called full. */
const FULL_BYTES = 262_144;
/** Whoever goes on putting in for all that is cut off. What is put in at once may be 1,024 of the longest messages. */
const MAX_BYTES = 128 << 20;
/** Bytes in one write. */
const WRITE_BYTES = 65_536;

export class SendQueue {
  readonly #clock: Clock;
  readonly #stream: ByteStream;
  readonly #events: { writable(): void; overflow(): void };
  #messages: Uint8Array[] = [];
  /** Of the first message: bytes that are written already. */
  #written = 0;
  #waiting = 0;
  #wasFull = false;
  #isScheduled = false;
  #isStopped = false;
  #movedNs: TimeNs;

  constructor(clock: Clock, stream: ByteStream, events: { writable(): void; overflow(): void }) {
    this.#clock = clock;
    this.#stream = stream;
    this.#events = events;
    this.#movedNs = clock.now();
  }

  /** Bytes that the stream has not taken. */
  get waiting(): number {
    return this.#waiting;
  }

  /** When the stream last took something, or there last was nothing to take. */
  get movedNs(): TimeNs {
    return this.#movedNs;
  }

  /** Takes the message, to be sent when the present moment is over. False where the queue is full. */
  put(message: Uint8Array): boolean {
    if (this.#isStopped) return false;
    if (this.#waiting === 0) this.#movedNs = this.#clock.now();
    this.#messages.push(message);
    this.#waiting += message.length;
    if (this.#waiting > MAX_BYTES) {
      this.#events.overflow();
      return false;
    }
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#clock.call(0, () => {
        this.#isScheduled = false;
        this.flush();
      });
    }
    this.#wasFull ||= this.#waiting >= FULL_BYTES;
    return !this.#wasFull;
  }

  /** Writes what the stream takes now. */
  flush(): void {
    while (this.#waiting > 0 && !this.#isStopped) {
      const bytes = this.#next();
      const taken = this.#stream.write(bytes);
      if (taken > 0) this.#movedNs = this.#clock.now();
      this.#drop(taken);
      if (taken < bytes.length) break;
    }
    if (!this.#wasFull || this.#isStopped || this.#waiting > FULL_BYTES / 2) return;
    this.#wasFull = false;
    this.#events.writable();
  }

  stop(): void {
    this.#isStopped = true;
    this.#messages = [];
    this.#waiting = 0;
  }

  #next(): Uint8Array {
    const bytes = new Uint8Array(Math.min(this.#waiting, WRITE_BYTES));
    let at = 0;
    let from = this.#written;
    for (const message of this.#messages) {
      const piece = message.subarray(from, from + bytes.length - at);
      bytes.set(piece, at);
      at += piece.length;
      from = 0;
      if (at === bytes.length) break;
    }
    return bytes;
  }

  #drop(taken: number): void {
    this.#waiting -= taken;
    let left = taken + this.#written;
    let index = 0;
    while (index < this.#messages.length && left >= this.#messages[index].length) {
      left -= this.#messages[index++].length;
    }
    this.#messages.splice(0, index);
    this.#written = left;
  }
}
