/**
 * Fragmentation, RFC 791 3.2: a packet that is longer than the way out carries, and does not forbid it, goes in
 * pieces, each a packet of its own. A piece of a piece is no different. Where packet cancellation has cut off the
 * payload, every fragment carries what is there of its part and counts the rest as cancelled.
 */
import { writeU16 } from '../../net/bytes.ts';
import { internetChecksum } from '../../net/checksum.ts';
import { IPV4_HEADER, ipv4Fragment, ipv4HeaderLength, ipv4TotalLength } from '../../net/ipv4.ts';
import { type Frame, newFrame } from '../../world/frame.ts';
import { HEADER_ROOM } from './mark.ts';
import { OWN_IP_AT } from './own.ts';

const MORE_FRAGMENTS = 0x2000;
const OFFSET = 0x1fff;
/** Fragment offsets count blocks of so many bytes. */
const BLOCK = 8;
/** What every link carries (RFC 791 3.2): the longest header and one block. */
const LEAST_MTU = 68;
/** Of an option's type: copied into all fragments (RFC 791 3.1). */
const COPIED = 0x80;
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;

/**
 * Frames with the fragments of the packet at `ipAt`, each at most `mtu` bytes long (but 68 is never too long), with
 * its IPv4 header at OWN_IP_AT; their Ethernet headers are still to be written.
 */
export function fragmentsOf(frame: Frame, ipAt: number, mtu: number): readonly Frame[] {
  const { bytes } = frame;
  const header = ipv4HeaderLength(bytes, ipAt);
  const payload = ipv4TotalLength(bytes, ipAt) - header;
  const word = ipv4Fragment(bytes, ipAt);
  const first = bytes.subarray(ipAt, ipAt + header);
  const later = laterHeader(first);
  const fragments: Frame[] = [];
  for (let from = 0; from < payload; ) {
    const own = from === 0 ? first : later;
    const room = Math.max(mtu, LEAST_MTU) - own.length;
    const to = payload - from <= room ? payload : from + room - (room % BLOCK);
    const there = Math.min(Math.max(frame.end - ipAt - header - from, 0), to - from);
    const fragment = newFrame(HEADER_ROOM + own.length + there);
    fragment.cancelled = to - from - there;
    fragment.lateNs = frame.lateNs;
    fragment.bytes.set(own, OWN_IP_AT);
    fragment.bytes.set(
      bytes.subarray(ipAt + header + from, ipAt + header + from + there),
      OWN_IP_AT + own.length,
    );
    const more = to < payload || (word & MORE_FRAGMENTS) !== 0 ? MORE_FRAGMENTS : 0;
    writeU16(fragment.bytes, OWN_IP_AT + 2, own.length + to - from);
    writeU16(fragment.bytes, OWN_IP_AT + 6, more | ((word & OFFSET) + from / BLOCK));
    writeU16(fragment.bytes, OWN_IP_AT + 10, 0);
    writeU16(
      fragment.bytes,
      OWN_IP_AT + 10,
      internetChecksum(fragment.bytes, OWN_IP_AT, OWN_IP_AT + own.length),
    );
    fragments.push(fragment);
    from = to;
  }
  return fragments;
}

/** The header of all fragments but the first: of the options only those that are to be copied, padded to words. */
function laterHeader(header: Uint8Array): Uint8Array {
  const kept: number[] = [...header.subarray(0, IPV4_HEADER)];
  for (let at = IPV4_HEADER; at < header.length && header[at] !== END_OF_OPTIONS; ) {
    const length = header[at] === NO_OPERATION ? 1 : (header[at + 1] ?? 0);
    // An option that does not say how long it is, or is too long: nothing behind it can be read.
    if (length < 1 || (length === 1 && header[at] !== NO_OPERATION) || at + length > header.length) break;
    if ((header[at] & COPIED) !== 0) kept.push(...header.subarray(at, at + length));
    at += length;
  }
  while (kept.length % 4 !== 0) kept.push(END_OF_OPTIONS);
  kept[0] = 0x40 | (kept.length / 4);
  return Uint8Array.from(kept);
}
