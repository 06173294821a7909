/**
 * What a sender on the same machine leaves to hardware that is not there. Its kernel hands packets over with a
 * checksum half made, and TCP segments (or UDP datagrams) of one flow as one long packet, to be cut later: a veth
 * pair passes both on as they are. Here they are finished, in software, as the wire wants them.
 *
 * The kernel says what is open in a `struct virtio_net_hdr` in front of the frame (linux/virtio_net.h).
 */
import { readU16, readU32, writeU16, writeU32 } from '../../net/bytes.ts';
import { internetChecksum, transportChecksum } from '../../net/checksum.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, etherType } from '../../net/ethernet.ts';
import { ipv4HeaderLength, ipv4Protocol, PROTOCOL_TCP, PROTOCOL_UDP } from '../../net/ipv4.ts';
import { FIN, PSH } from '../../net/tcp.ts';
import { type Frame, unwrittenFrame } from '../../world/frame.ts';

export const OFFLOAD_HEADER = 10;

const NEEDS_CHECKSUM = 0x01;
const CHECKSUM_VALID = 0x02;
const SEGMENTS_TCP4 = 1;
const SEGMENTS_UDP = 5;
/** Beside the kind: the first segment alone keeps CWR (RFC 3168 6.1.2). */
const WITH_ECN = 0x80;
const TCP_CWR = 0x80;
const UDP_HEADER = 8;
const MIN_TCP_HEADER = 20;

/** Is nothing open? `flagsAndKind` are the header's first two bytes, as a little-endian number. */
export const isFinished = (flagsAndKind: number): boolean => (flagsAndKind & ~CHECKSUM_VALID) === 0;

/**
 * Finishes a frame that was received with the offload header at header[at ...]: gives it, or the frames that it is
 * cut into, to `emit`. Owns the frame. False, and nothing given, where it makes no sense or is of a kind that no
 * IPv4 network carries.
 */
export function finish(header: Uint8Array, at: number, frame: Frame, emit: (frame: Frame) => void): boolean {
  const kind = header[at + 1] & ~WITH_ECN;
  const isChecked = (header[at] & NEEDS_CHECKSUM) === 0;
  const transportAt = frame.start + (header[at + 6] | (header[at + 7] << 8));
  if (kind === 0) {
    if (!isChecked && !completeChecksum(frame, transportAt, header[at + 8] | (header[at + 9] << 8)))
      return false;
    emit(frame);
    return true;
  }
  const size = header[at + 4] | (header[at + 5] << 8);
  return cut(frame, kind, size, emit);
}

/** The field holds the pseudo header's sum already. */
function completeChecksum(frame: Frame, from: number, offset: number): boolean {
  if (from + offset + 2 > frame.end) return false;
  const sum = internetChecksum(frame.bytes, from, frame.end);
  // In UDP 0 says that there is none (RFC 768); in TCP 0xffff is as good as 0.
  writeU16(frame.bytes, from + offset, sum === 0 ? 0xffff : sum);
  return true;
}

function cut(long: Frame, kind: number, size: number, emit: (frame: Frame) => void): boolean {
  const { bytes, start, end } = long;
  const ip = ETHERNET_HEADER;
  if (size === 0 || end - start < ip + 20 || etherType(bytes, start) !== ETHERTYPE_IPV4) return false;
  const transport = ip + ipv4HeaderLength(bytes, start + ip);
  const protocol = ipv4Protocol(bytes, start + ip);
  const isTcp = kind === SEGMENTS_TCP4 && protocol === PROTOCOL_TCP;
  if (!isTcp && !(kind === SEGMENTS_UDP && protocol === PROTOCOL_UDP)) return false;
  const least = transport + (isTcp ? MIN_TCP_HEADER : UDP_HEADER);
  if (end - start < least) return false;
  const headers = transport + (isTcp ? (bytes[start + transport + 12] >>> 4) * 4 : UDP_HEADER);
  if (headers < least || start + headers >= end) return false;

  for (let number = 0, at = start + headers; at < end; number++, at += size) {
    const length = Math.min(size, end - at);
    const frame = unwrittenFrame(headers + length);
    frame.bytes.set(bytes.subarray(start, start + headers), frame.start);
    frame.bytes.set(bytes.subarray(at, at + length), frame.start + headers);
    const ipAt = frame.start + ip;
    const transportAt = frame.start + transport;
    if (isTcp) {
      writeU32(frame.bytes, transportAt + 4, (readU32(bytes, start + transport + 4) + number * size) >>> 0);
      if (at + length < end) frame.bytes[transportAt + 13] &= ~(FIN | PSH);
      if (number > 0) frame.bytes[transportAt + 13] &= ~TCP_CWR;
    } else {
      writeU16(frame.bytes, transportAt + 4, UDP_HEADER + length);
    }
    writeU16(frame.bytes, ipAt + 2, headers - ip + length);
    writeU16(frame.bytes, ipAt + 4, (readU16(bytes, start + ip + 4) + number) & 0xffff);
    writeU16(frame.bytes, ipAt + 10, 0);
    writeU16(frame.bytes, ipAt + 10, internetChecksum(frame.bytes, ipAt, transportAt));
    const checksumAt = transportAt + (isTcp ? 16 : 6);
    writeU16(frame.bytes, checksumAt, 0);
    const sum = transportChecksum(frame.bytes, transportAt, frame.end, ipAt);
    writeU16(frame.bytes, checksumAt, sum === 0 ? 0xffff : sum);
    emit(frame);
  }
  long.release();
  return true;
}
