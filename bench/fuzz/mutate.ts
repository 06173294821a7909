/**
 * Frames that nobody would send: sound ones with bits flipped, bytes cut, put in or repeated, lengths set to
 * their extremes, two spliced into one. Half of them get their checksums mended afterwards, so that the damage
 * is met further in than at the first sum.
 */
import { readU16, writeU16 } from '../../src/net/bytes.ts';
import { internetChecksum } from '../../src/net/checksum.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_MPLS, etherType } from '../../src/net/ethernet.ts';
import {
  IPV4_HEADER,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4TotalLength,
  PROTOCOL_ICMP,
  PROTOCOL_OSPF,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../../src/net/ipv4.ts';
import { MPLS_ENTRY } from '../../src/net/mpls.ts';
import type { Random } from '../../src/world/random.ts';

const LONGEST = 1518 + MPLS_ENTRY;
/** What lengths, counts and versions go wrong by. */
const EXTREMES = [0, 1, 2, 4, 5, 0x0f, 0x14, 0x45, 0x46, 0x4f, 0x7f, 0x80, 0xfe, 0xff];

/** A frame made from one of `seeds`, which stay as they are. */
export function mutate(random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  let frame: Uint8Array = Uint8Array.from(pick(random, seeds));
  const rounds = 1 + Math.floor(random.next() ** 3 * 8);
  for (let round = 0; round < rounds; round++) frame = changed(random, frame, seeds);
  frame = frame.subarray(0, LONGEST);
  if (random.next() < 0.5) mendChecksums(frame);
  return frame;
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random.next() * items.length)];
}

function changed(random: Random, frame: Uint8Array, seeds: readonly Uint8Array[]): Uint8Array {
  if (frame.length === 0) return frame;
  const at = placeIn(random, frame);
  switch (Math.floor(random.next() * 8)) {
    case 0:
      frame[at] ^= 1 << Math.floor(random.next() * 8);
      return frame;
    case 1:
      frame[at] = Math.floor(random.next() * 256);
      return frame;
    case 2:
    case 3:
      frame[at] = pick(random, EXTREMES);
      return frame;
    case 4:
      return frame.subarray(0, at);
    case 5: {
      const length = 1 + Math.floor(random.next() * 16);
      const filling = Uint8Array.from({ length }, () => pick(random, EXTREMES));
      return Uint8Array.from([...frame.subarray(0, at), ...filling, ...frame.subarray(at)]);
    }
    case 6: {
      const until = Math.min(frame.length, at + 1 + Math.floor(random.next() * 32));
      return Uint8Array.from([...frame.subarray(0, at), ...frame.subarray(until)]);
    }
    default: {
      const other = pick(random, seeds);
      return Uint8Array.from([...frame.subarray(0, at), ...other.subarray(Math.min(at, other.length))]);
    }
  }
}

/** Headers more often than payload: there the decisions are made. */
function placeIn(random: Random, frame: Uint8Array): number {
  const within = random.next() < 0.8 ? Math.min(frame.length, 96) : frame.length;
  // The destination address decides only whether anyone looks at the frame: seldom of interest.
  const at = Math.floor(random.next() * within);
  return at < 6 && random.next() < 0.9 ? Math.min(frame.length - 1, at + 12) : at;
}

/** Makes the sums of IPv4 and of what it carries right, where the frame still has room for them. */
export function mendChecksums(frame: Uint8Array): void {
  const ipAt = ipv4At(frame);
  if (ipAt === undefined || ipAt + IPV4_HEADER > frame.length) return;
  const headerEnd = ipAt + ipv4HeaderLength(frame, ipAt);
  if (headerEnd > frame.length || headerEnd < ipAt + IPV4_HEADER) return;
  writeU16(frame, ipAt + 10, 0);
  writeU16(frame, ipAt + 10, internetChecksum(frame, ipAt, headerEnd));
  const end = Math.min(frame.length, ipAt + ipv4TotalLength(frame, ipAt));
  const room = end - headerEnd;
  switch (ipv4Protocol(frame, ipAt)) {
    case PROTOCOL_ICMP:
      if (room < 8) return;
      writeU16(frame, headerEnd + 2, 0);
      writeU16(frame, headerEnd + 2, internetChecksum(frame, headerEnd, end));
      return;
    case PROTOCOL_UDP:
      // No sum at all is a right one.
      if (room >= 8) writeU16(frame, headerEnd + 6, 0);
      return;
    case PROTOCOL_TCP:
      if (room >= 20) mendTcp(frame, ipAt, headerEnd, end);
      return;
    case PROTOCOL_OSPF: {
      const length = Math.min(room, readU16(frame, headerEnd + 2));
      if (length < 24) return;
      writeU16(frame, headerEnd + 12, 0);
      // RFC 2328 D.4: over the packet without its 64 bits of authentication; null authentication has zeros there.
      frame.fill(0, headerEnd + 16, headerEnd + 24);
      writeU16(frame, headerEnd + 12, internetChecksum(frame, headerEnd, headerEnd + length));
    }
  }
}

function mendTcp(frame: Uint8Array, ipAt: number, at: number, end: number): void {
  writeU16(frame, at + 16, 0);
  const pseudo = new Uint8Array(12 + end - at);
  pseudo.set(frame.subarray(ipAt + 12, ipAt + 20));
  pseudo[9] = PROTOCOL_TCP;
  writeU16(pseudo, 10, end - at);
  pseudo.set(frame.subarray(at, end), 12);
  writeU16(frame, at + 16, internetChecksum(pseudo, 0, pseudo.length));
}

function ipv4At(frame: Uint8Array): number | undefined {
  if (frame.length < ETHERNET_HEADER) return undefined;
  switch (etherType(frame, 0)) {
    case ETHERTYPE_IPV4:
      return ETHERNET_HEADER;
    case ETHERTYPE_MPLS:
      return ETHERNET_HEADER + MPLS_ENTRY;
    default:
      return undefined;
  }
}
