/** The frames of packet cancellation (src/net/cancellation.ts): put together, taken apart, payload given back. */

import { copyBytes, writeU16 } from '../../net/bytes.ts';
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
} from '../../net/cancellation.ts';
import { ETHERNET_HEADER, ETHERTYPE_MPLS, etherType } from '../../net/ethernet.ts';
import { ipv4TotalLength } from '../../net/ipv4.ts';
import { MPLS_ENTRY } from '../../net/mpls.ts';
import { type Frame, newFrame, unwrittenFrame } from '../../world/frame.ts';

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

/** A frame for the real one and records behind it. The real one is used up: it is the frame, where it has room. */
export function bundleOf(real: Frame, records: number, recordBytes: number): Frame {
  const realLength = real.length - ETHERNET_HEADER;
  const type = etherType(real.bytes, real.start);
  const frame = hasRoom(real, recordBytes) ? real : withRoom(real, recordBytes);
  const { bytes } = frame;
  bytes.copyWithin(frame.start - BUNDLE_HEADER, frame.start, frame.start + ADDRESSES);
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
  real.release();
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
  for (let left = bundleRecords(bytes, at); left > 0; left--) {
    parts.push(partOf(frame, recordAt, nsPerByte));
    recordAt = nextRecordAt(bytes, recordAt);
  }
  if (realLength > 0) unwrap(frame, bundleRealType(bytes, at), realLength);
  else frame.release();
  return true;
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
  bytes.copyWithin(start + BUNDLE_HEADER, start, start + ADDRESSES);
  frame.start = start + BUNDLE_HEADER;
  writeU16(bytes, frame.start + ADDRESSES, realType);
  frame.end = frame.start + ETHERNET_HEADER + realLength;
}

/** The frame itself where nothing of it was cancelled; else another one, whole, with zeros for what was. */
export function inflated(frame: Frame): Frame {
  if (frame.cancelled === 0) return frame;
  const whole = newFrame(frame.virtualLength);
  copyBytes(frame.bytes, frame.start, whole.bytes, whole.start, frame.length);
  const isLabelled = etherType(whole.bytes, whole.start) === ETHERTYPE_MPLS;
  mendTransportChecksum(whole.bytes, whole.start + ETHERNET_HEADER + (isLabelled ? MPLS_ENTRY : 0));
  return whole;
}
