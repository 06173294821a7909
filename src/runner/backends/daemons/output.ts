/** The beginning of what a command wrote: MAX_OUTPUT_BYTES of it. */
import { MAX_OUTPUT_BYTES } from '../../lab.ts';

export class Output {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  isTruncated = false;

  add(chunk: Uint8Array): void {
    const room = MAX_OUTPUT_BYTES - this.#bytes;
    if (chunk.length > room) this.isTruncated = true;
    if (room <= 0) return;
    // A copy where it is cut, so that the rest can go.
    const kept = chunk.length > room ? chunk.slice(0, room) : chunk;
    this.#chunks.push(kept);
    this.#bytes += kept.length;
  }

  /** As UTF-8; a character that was cut in two is left out. */
  get text(): string {
    return new TextDecoder().decode(Buffer.concat(this.#chunks), { stream: this.isTruncated });
  }
}
