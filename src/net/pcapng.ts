/**
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng): a section header, a description of each interface, the packets,
 * and at the end what each interface counted. Little-endian; Ethernet; times in nanoseconds. A file is blocks one behind
 * the other, so whatever number of them is there is a file that can be read.
 */

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const VERSION_1_0 = 0x0000_0001;
const LENGTH_UNKNOWN = 0xffff_ffff;
const INTERFACE_DESCRIPTION = 1;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const LINK_TYPE_ETHERNET = 1;

const COMMENT = 1;
const SECTION_HARDWARE = 2;
const SECTION_APPLICATION = 4;
const INTERFACE_NAME = 2;
const INTERFACE_TIME_RESOLUTION = 9;
const NANOSECONDS = Uint8Array.of(9);
const STATISTICS_END_TIME = 3;
const STATISTICS_RECEIVED = 4;
const STATISTICS_DROPPED = 5;

type Option = readonly [code: number, value: Uint8Array];

/** What made the file, and a remark for whoever opens it. The first block. */
export function sectionHeader(hardware: string, application: string, comment: string): Uint8Array {
  return block(
    SECTION_HEADER,
    [BYTE_ORDER_MAGIC, VERSION_1_0, LENGTH_UNKNOWN, LENGTH_UNKNOWN],
    [text(COMMENT, comment), text(SECTION_HARDWARE, hardware), text(SECTION_APPLICATION, application)],
  );
}

/** Interfaces are numbered from 0 in the order of their blocks. `snapBytes`: kept of each frame; 0: all. */
export function interfaceDescription(name: string, snapBytes: number): Uint8Array {
  return block(
    INTERFACE_DESCRIPTION,
    [LINK_TYPE_ETHERNET, snapBytes],
    [text(INTERFACE_NAME, name), [INTERFACE_TIME_RESOLUTION, NANOSECONDS]],
  );
}

/** A frame of `length` bytes, of which `kept` are in the file, with comments. `timeNs` is not negative. */
export function packetBlock(
  interfaceNumber: number,
  timeNs: number,
  kept: Uint8Array,
  length: number,
  comments: readonly string[] = [],
): Uint8Array {
  return block(
    ENHANCED_PACKET,
    [interfaceNumber, high(timeNs), low(timeNs), kept.length, length],
    comments.map((comment) => text(COMMENT, comment)),
    kept,
  );
}

/** How many frames an interface received until `timeNs`, those that are not in the file among them. */
export function interfaceStatistics(
  interfaceNumber: number,
  timeNs: number,
  received: number,
  dropped: number,
): Uint8Array {
  return block(
    INTERFACE_STATISTICS,
    [interfaceNumber, high(timeNs), low(timeNs)],
    [
      [STATISTICS_END_TIME, words(high(timeNs), low(timeNs))],
      [STATISTICS_RECEIVED, words(low(received), high(received))],
      [STATISTICS_DROPPED, words(low(dropped), high(dropped))],
    ],
  );
}

const high = (value: number): number => Math.floor(value / 2 ** 32);
const low = (value: number): number => value % 2 ** 32;
const padded = (length: number): number => (length + 3) & ~3;
const encoder = new TextEncoder();

/** An option's length is 16 bits: a text is cut to fit. */
function text(code: number, value: string): Option {
  return [code, encoder.encode(value.slice(0, 10_000))];
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true);
  return bytes;
}

/** Type and length, numbers, data, options, and the length again, each part padded to four bytes. */
function block(
  type: number,
  numbers: readonly number[],
  options: readonly Option[],
  data: Uint8Array = NOTHING,
): Uint8Array {
  const optionBytes = options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 0);
  const end = options.length === 0 ? 0 : 4;
  const length = 12 + 4 * numbers.length + padded(data.length) + optionBytes + end;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  let at = 8;
  for (const number of numbers) {
    view.setUint32(at, number, true);
    at += 4;
  }
  bytes.set(data, at);
  at += padded(data.length);
  for (const [code, value] of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  view.setUint32(length - 4, length, true);
  return bytes;
}

const NOTHING = new Uint8Array(0);
