/** What all PDUs have in common (ISO 10589 9.5), and the small things that several kinds of them say. */
import type { IsisLevel } from '../../../config/isis-model.ts';
import { NLPID_ISIS, PDU, TLV } from './constants.ts';
import { PduWriter } from './tlv.ts';

export const LAN_HELLO_HEADER = 27;
export const P2P_HELLO_HEADER = 20;
export const LSP_HEADER = 27;
export const CSNP_HEADER = 33;
export const PSNP_HEADER = 17;
const HEADERS: Readonly<Record<number, number>> = {
  [PDU.lanHello1]: LAN_HELLO_HEADER,
  [PDU.lanHello2]: LAN_HELLO_HEADER,
  [PDU.p2pHello]: P2P_HELLO_HEADER,
  [PDU.lsp1]: LSP_HEADER,
  [PDU.lsp2]: LSP_HEADER,
  [PDU.csnp1]: CSNP_HEADER,
  [PDU.csnp2]: CSNP_HEADER,
  [PDU.psnp1]: PSNP_HEADER,
  [PDU.psnp2]: PSNP_HEADER,
};

/** Where the TLVs of a PDU begin; undefined for a PDU of a type that there is none of. */
export function tlvsAt(pdu: Uint8Array): number | undefined {
  return HEADERS[pdu[4] & 0x1f];
}

/** A writer with the common header of 9.5 in it. */
export function beginPdu(type: number, limit: number): PduWriter {
  const header = HEADERS[type];
  return new PduWriter(limit).u8(NLPID_ISIS).u8(header).u8(1).u8(0).u8(type).u8(1).u8(0).u8(0);
}

export const LEVELS_OF_TYPE: readonly (readonly IsisLevel[])[] = [[], [1], [2], [1, 2]];

/** Circuit type, and the IS type of an LSP: a bit for each level. */
export function levelBits(levels: readonly IsisLevel[]): number {
  return levels.reduce((bits, level) => bits | level, 0);
}

/** Appends area addresses as hexadecimal digits; false where their lengths do not add up. */
export function readAreas(bytes: Uint8Array, from: number, end: number, areas: string[]): boolean {
  for (let at = from; at < end; at += 1 + bytes[at]) {
    const length = bytes[at];
    if (length === 0 || length > 20 || at + 1 + length > end) return false;
    areas.push(hex(bytes.subarray(at + 1, at + 1 + length)));
  }
  return true;
}

export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function unhex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

export function writeAreas(writer: PduWriter, areas: readonly string[]): void {
  for (const area of areas) {
    const bytes = unhex(area);
    writer.entry(TLV.areas, Uint8Array.of(bytes.length, ...bytes));
  }
}
