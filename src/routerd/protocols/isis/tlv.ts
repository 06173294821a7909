/** Reading and writing what follows a PDU's header: fields of type, length and value (ISO 10589 9.3). */
import { packetBytes, writeU16, writeU32 } from '../../../net/bytes.ts';
import { TLV } from './constants.ts';
import { type SystemId, writeSystemId } from './ids.ts';

/** Value of one TLV: bytes[at, end). */
export type VisitTlv = (code: number, at: number, end: number) => void;

/** Visits the TLVs in bytes[at, bytes.length). False where one goes beyond the end: nothing is visited then. */
export function visitTlvs(bytes: Uint8Array, from: number, visit: VisitTlv): boolean {
  let at = from;
  while (at + 1 < bytes.length) at += 2 + bytes[at + 1];
  if (at !== bytes.length) return false;
  for (at = from; at < bytes.length; at += 2 + bytes[at + 1]) {
    visit(bytes[at], at + 2, at + 2 + bytes[at + 1]);
  }
  return true;
}

export const MAX_TLV_VALUE = 255;

/** Bytes before the first entry: a TLV of narrow neighbours begins with a flag, 0 (9.9). */
export function tlvPreamble(code: number): number {
  return code === TLV.neighbours ? 1 : 0;
}

/** Writes a PDU of at most `limit` bytes from front to back. RangeError where it would not fit: the caller counts. */
export class PduWriter {
  readonly #bytes: Uint8Array;
  #length = 0;
  #tlvAt = -1;

  constructor(limit: number) {
    this.#bytes = packetBytes(limit);
  }

  get length(): number {
    return this.#length;
  }

  get room(): number {
    return this.#bytes.length - this.#length;
  }

  u8(value: number): this {
    this.#bytes[this.#take(1)] = value;
    return this;
  }

  u16(value: number): this {
    writeU16(this.#bytes, this.#take(2), value);
    return this;
  }

  u32(value: number): this {
    writeU32(this.#bytes, this.#take(4), value);
    return this;
  }

  system(value: SystemId): this {
    writeSystemId(this.#bytes, this.#take(6), value);
    return this;
  }

  put(value: Uint8Array): this {
    this.#bytes.set(value, this.#take(value.length));
    return this;
  }

  zeros(count: number): this {
    this.#take(count);
    return this;
  }

  /** Begins a TLV; what is written until the next one, or the end, is its value. */
  tlv(code: number): this {
    this.#closeTlv();
    this.#tlvAt = this.#take(2);
    this.#bytes[this.#tlvAt] = code;
    return this;
  }

  /** An entry of a TLV of `code`: in the one that is being written, or where that is full in another one. */
  entry(code: number, value: Uint8Array): this {
    const at = this.#tlvAt;
    const fits = at >= 0 && this.#bytes[at] === code && this.#length - at - 2 + value.length <= MAX_TLV_VALUE;
    if (!fits) this.tlv(code).zeros(tlvPreamble(code));
    return this.put(value);
  }

  /** The PDU, its length written at `lengthAt`; to be copied by whoever keeps it (see packetBytes). */
  finish(lengthAt: number): Uint8Array {
    this.#closeTlv();
    writeU16(this.#bytes, lengthAt, this.#length);
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length);
  }

  #closeTlv(): void {
    if (this.#tlvAt >= 0) this.#bytes[this.#tlvAt + 1] = this.#length - this.#tlvAt - 2;
    this.#tlvAt = -1;
  }

  #take(count: number): number {
    const at = this.#length;
    if (at + count > this.#bytes.length)
      throw new RangeError(`a PDU of more than ${this.#bytes.length} bytes`);
    this.#length += count;
    return at;
  }
}
