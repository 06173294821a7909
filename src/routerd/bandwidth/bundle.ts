/** The frames of packet cancellation (src/net/cancellation.ts): put together, taken apart, payload given back. */

import { copyBytes, readU32, writeU16, writeU32 } from '../../net/bytes.ts';
import {
  BUNDLE_HEADER,
  bundleRealLength,
  bundleRealType,
  bundleRecords,
  ETHERTYPE_CANCELLATION,
  firstRecordAt,
  isBundle,
  mendTransportChecksum,
  nextRecordAt,
  RECORD_HEADER,
  recordKept,
  recordLate,
  writeBundle,
  writeRecordHeader,
} from '../../net/cancellation.ts';
import { ETHERNET_HEADER, ETHERTYPE_MPLS, etherType } from '../../net/ethernet.ts';
import { ipv4TotalLength } from '../../net/ipv4.ts';
import { MPLS_ENTRY } from '../../net/mpls.ts';
import { type Frame, unwrittenFrame } from '../../world/frame.ts';

/** Destination and source of an Ethernet header. */
const ADDRESSES = 12;

/** A frame with the addresses of `like`, for records alone: they begin at `firstRecordAt`. */
export function newBundle(like: Frame, records: number, recordBytes: number): Frame {
  const frame = unwrittenFrame(ETHERNET_HEADER + BUNDLE_HEADER + recordBytes);
  copyBytes(like.bytes, like.start, frame.bytes, frame.start, ADDRESSES);
  writeU16(frame.bytes, frame.start + ADDRESSES, ETHERTYPE_CANCELLATION);
  writeBundle(frame.bytes, frame.start + ETHERNET_HEADER, records, 0, 0);
  return frame;
}

/** What a frame grows by in front when its packet becomes a record. */
const GROWTH = BUNDLE_HEADER + RECORD_HEADER - MPLS_ENTRY;

/**
 * A shadow frame as one that carries its record alone: it is the frame, and its packet stays where it is. False,
 * and nothing done, where there is no room in front of it. `kept` and `late` as in the record.
 */
export function becameRecord(frame: Frame, kept: number, late: number): boolean {
  const { bytes, start } = frame;
  if (start < GROWTH) return false;
  const labelAt = start + ETHERNET_HEADER;
  const at = labelAt - GROWTH;
  moveAddresses(bytes, start, start - GROWTH);
  writeRecordHeader(bytes, at + BUNDLE_HEADER, bytes, labelAt, kept, late);
  writeU16(bytes, at - 2, ETHERTYPE_CANCELLATION);
  writeBundle(bytes, at, 1, 0, 0);
  frame.start = start - GROWTH;
  frame.end = labelAt + MPLS_ENTRY + kept;
  frame.cancelled = 0;
  frame.lateNs = 0;
  return true;
}

/** A frame for the real one and records behind it. The real one is used up: it is the frame, where it has room. */
export function bundleOf(real: Frame, records: number, recordBytes: number): Frame {
  const realLength = real.length - ETHERNET_HEADER;
  const type = etherType(real.bytes, real.start);
  const frame = hasRoom(real, recordBytes) ? real : withRoom(real, recordBytes);
  if (frame !== real) real.release();
  const { bytes } = frame;
  moveAddresses(bytes, frame.start, frame.start - BUNDLE_HEADER);
  frame.start -= BUNDLE_HEADER;
  frame.end += recordBytes;
  writeU16(bytes, frame.start + ADDRESSES, ETHERTYPE_CANCELLATION);
  writeBundle(bytes, frame.start + ETHERNET_HEADER, records, type, realLength);
  return frame;
}

const hasRoom = ({ bytes, start, end }: Frame, recordBytes: number): boolean =>
  start >= BUNDLE_HEADER && end + recordBytes <= bytes.length;

function withRoom(real: Frame, recordBytes: number): Frame {
  const frame = unwrittenFrame(real.length + recordBytes);
  copyBytes(real.bytes, real.start, frame.bytes, frame.start, real.length);
  frame.end -= recordBytes;
  return frame;
}

/**
 * Takes the frame apart, which is used up: appends to `parts` the real one, as if it had come alone, then one for
 * each record. False, and nothing appended, where the frame is malformed. `nsPerByte` is that of the link.
 */
export function takeApart(frame: Frame, nsPerByte: number, parts: Frame[]): boolean {
  const { bytes } = frame;
  const at = frame.start + ETHERNET_HEADER;
  if (!isBundle(bytes, at, frame.end)) return false;
  const realLength = bundleRealLength(bytes, at);
  if (realLength > 0) parts.push(frame);
  let recordAt = firstRecordAt(bytes, at);
  const copied = bundleRecords(bytes, at) - (realLength > 0 ? 0 : 1);
  for (let count = 0; count < copied; count++) {
    parts.push(partOf(frame, recordAt, nsPerByte));
    recordAt = nextRecordAt(bytes, recordAt);
  }
  if (realLength > 0) unwrap(frame, bundleRealType(bytes, at), realLength);
  else parts.push(becomePart(frame, recordAt, nsPerByte));
  return true;
}

/** Makes the frame that of its last record, whose packet stays where it is. */
function becomePart(frame: Frame, recordAt: number, nsPerByte: number): Frame {
  const { bytes, start } = frame;
  const kept = recordKept(bytes, recordAt);
  frame.lateNs = Math.floor(recordLate(bytes, recordAt) * nsPerByte);
  const ipAt = recordAt + RECORD_HEADER;
  const labelAt = ipAt - MPLS_ENTRY;
  copyBytes(bytes, recordAt, bytes, labelAt, MPLS_ENTRY);
  frame.start = labelAt - ETHERNET_HEADER;
  moveAddresses(bytes, start, frame.start);
  writeU16(bytes, labelAt - 2, ETHERTYPE_MPLS);
  frame.end = ipAt + kept;
  frame.cancelled = ipv4TotalLength(bytes, ipAt) - kept;
  return frame;
}

/** The frame of one record, as its router would have sent it whole; its payload is cancelled. */
function partOf({ bytes, start }: Frame, recordAt: number, nsPerByte: number): Frame {
  const kept = recordKept(bytes, recordAt);
  const part = unwrittenFrame(ETHERNET_HEADER + MPLS_ENTRY + kept);
  const labelAt = part.start + ETHERNET_HEADER;
  copyBytes(bytes, start, part.bytes, part.start, ADDRESSES);
  writeU16(part.bytes, part.start + ADDRESSES, ETHERTYPE_MPLS);
  copyBytes(bytes, recordAt, part.bytes, labelAt, MPLS_ENTRY);
  copyBytes(bytes, recordAt + RECORD_HEADER, part.bytes, labelAt + MPLS_ENTRY, kept);
  part.cancelled = ipv4TotalLength(part.bytes, labelAt + MPLS_ENTRY) - kept;
  part.lateNs = Math.floor(recordLate(bytes, recordAt) * nsPerByte);
  return part;
}

/** Moves the Ethernet header next to the real part. */
function unwrap(frame: Frame, realType: number, realLength: number): void {
  const { bytes, start } = frame;
  moveAddresses(bytes, start, start + BUNDLE_HEADER);
  frame.start = start + BUNDLE_HEADER;
  writeU16(bytes, frame.start + ADDRESSES, realType);
  frame.end = frame.start + ETHERNET_HEADER + realLength;
}

/** The frame whole, with zeros for what was cancelled of it: itself where it has the room, else another one. */
export function inflated(frame: Frame): Frame {
  const { cancelled } = frame;
  if (cancelled === 0) return frame;
  const whole = frame.end + cancelled <= frame.bytes.length ? frame : withRoom(frame, cancelled);
  whole.bytes.fill(0, whole.end, whole.end + cancelled);
  whole.end += cancelled;
  whole.cancelled = 0;
  whole.lateNs = 0;
  const isLabelled = etherType(whole.bytes, whole.start) === ETHERTYPE_MPLS;
  mendTransportChecksum(whole.bytes, whole.start + ETHERNET_HEADER + (isLabelled ? MPLS_ENTRY : 0));
  return whole;
}

/** Addresses of an Ethernet header, to a place that may overlap: all are read before any is written. */
function moveAddresses(bytes: Uint8Array, from: number, to: number): void {
  const first = readU32(bytes, from);
  const second = readU32(bytes, from + 4);
  const third = readU32(bytes, from + 8);
  writeU32(bytes, to, first);
  writeU32(bytes, to + 4, second);
  writeU32(bytes, to + 8, third);
}
