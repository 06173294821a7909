/** Text in lines, out of a stream of bytes. */

/** A line has no end within the bytes that it may have. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError';
}

/** The lines without their ends; `maxBytes` is asked anew for each. What follows the last end is no line. */
export async function* linesOf(
  stream: AsyncIterable<Buffer>,
  maxBytes: () => number,
): AsyncGenerator<string, void, void> {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, from);
      const piece = chunk.subarray(from, end < 0 ? chunk.length : end);
      length += piece.length;
      if (length > maxBytes()) throw new LineTooLongError(`a line is longer than ${maxBytes()} bytes`);
      pieces.push(piece);
      if (end < 0) break;
      yield Buffer.concat(pieces).toString('utf8');
      pieces = [];
      length = 0;
      from = end + 1;
    }
  }
}
