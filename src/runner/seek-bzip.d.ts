/** What is used of it; the package has no types of its own. */
declare module 'seek-bzip' {
  interface Input {
    readByte(): number;
    /** Fills `buffer` from `at` on; returns how many bytes it read, -1 where there are none. */
    read(buffer: Uint8Array, at: number, length: number): number;
    eof(): boolean;
  }
  interface Output {
    writeByte(byte: number): void;
  }
  /** Throws where the input is no bzip2 or its checksums do not hold. `multistream`: what follows is unpacked, too. */
  export function decode(input: Input, output: Output, multistream: boolean): void;
  const seekBzip: { readonly decode: typeof decode };
  export default seekBzip;
}
