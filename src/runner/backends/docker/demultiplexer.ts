/**
 * The two outputs of a process in one stream, as the engine sends them: each piece has a header of 8 bytes, the
 * output's number (1 standard output, 2 standard error), three zeros, and its length.
 * (dockerode's own calls itself for each piece, and a program that writes byte by byte exhausts the stack.)
 */

export type Stream = 'stdout' | 'stderr';

const HEADER_BYTES = 8;

export class Demultiplexer {
  readonly #take: (stream: Stream, bytes: Uint8Array) => void;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** Of the piece that is being taken. */
  #left = 0;

  constructor(take: (stream: Stream, bytes: Uint8Array) => void) {
    this.#take = take;
  }

  /** Bytes of the stream, in any portions. Throws Error where they are none of an engine. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#left === 0) {
        this.#header[this.#headerBytes++] = bytes[at++];
        if (this.#headerBytes === HEADER_BYTES) this.#begin();
        continue;
      }
      const end = Math.min(bytes.length, at + this.#left);
      this.#take(this.#header[0] === 2 ? 'stderr' : 'stdout', bytes.subarray(at, end));
      this.#left -= end - at;
      at = end;
    }
  }

  #begin(): void {
    const header = this.#header;
    if (header[0] > 2 || header[1] !== 0 || header[2] !== 0 || header[3] !== 0) {
      throw new Error('the engine sends what is no output of a process');
    }
    this.#left = header.readUInt32BE(4);
    this.#headerBytes = 0;
  }
}
