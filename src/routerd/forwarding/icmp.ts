/** The ICMP messages of a router (RFC 792, RFC 1812 4.3): when it may send one, and what it looks like. */
import type { Ipv4 } from '../../net/address.ts';
import { internetChecksum, replaceU16 } from '../../net/checksum.ts';
import {
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_HEADER,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  UNREACHABLE_FRAGMENTATION_NEEDED,
  UNREACHABLE_HOST,
  UNREACHABLE_NET,
  UNREACHABLE_PORT,
  UNREACHABLE_PROHIBITED,
  UNREACHABLE_PROTOCOL,
  writeIcmp,
} from '../../net/icmp.ts';
import {
  IPV4_HEADER,
  ipv4Destination,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalLength,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../../net/ipv4.ts';
import { type Clock, SECOND, type TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { DropReason } from '../../world/observation.ts';
import { OWN_IP_AT, ownFrame } from './own.ts';
import type { Packet } from './packet.ts';

/** Most errors a second, and at once, that one plane may cause (RFC 1812 4.3.2.8). */
const ERRORS_PER_SECOND = 1000;
const ERROR_BURST = 50;
/** RFC 1812 4.3.2.3: as much of the packet as fits without making the error longer than this. */
const LONGEST_ERROR = 576;
/** Precedence 6, internetwork control: RFC 1812 4.3.2.5. */
const ERROR_TOS = 0xc0;
const OWN_TTL = 64;
const LOOPBACK_NET = 127;
const FIRST_GROUP: Ipv4 = 0xe0000000;
const FRAGMENT_OFFSET = 0x1fff;
/** Questions and answers: echo, and those of RFC 792 that nobody asks any more. All others are errors. */
const ASKING_TYPES: readonly number[] = [ICMP_ECHO_REPLY, ICMP_ECHO_REQUEST, 13, 14, 15, 16, 17, 18];

/** A token bucket. */
export class ErrorLimit {
  readonly #clock: Clock;
  #tokens = ERROR_BURST;
  #filledNs: TimeNs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  allows(): boolean {
    const now = this.#clock.now();
    const earned = ((now - this.#filledNs) * ERRORS_PER_SECOND) / SECOND;
    this.#tokens = Math.min(ERROR_BURST, this.#tokens + earned);
    this.#filledNs = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/** What an error says. */
export interface IcmpError {
  readonly type: number;
  readonly code: number;
  /** The second word of the message: the MTU of the next hop (RFC 1191), or 0. */
  readonly rest: number;
}

/** The error that tells a packet's sender why it was dropped; undefined where it is not to be told. */
export function errorAbout(packet: Packet, reason: DropReason): IcmpError | undefined {
  if (!mayBeAnswered(packet) || isIcmpError(packet)) return undefined;
  switch (reason) {
    case 'ttl':
      return { type: ICMP_TIME_EXCEEDED, code: 0, rest: 0 };
    case 'no-route':
      return unreachable(UNREACHABLE_NET);
    case 'arp':
    case 'reject':
      return unreachable(UNREACHABLE_HOST);
    case 'acl-in':
    case 'acl-out':
      return unreachable(UNREACHABLE_PROHIBITED);
    case 'mtu':
      return unreachable(UNREACHABLE_FRAGMENTATION_NEEDED, packet.mtu);
    case 'not-for-us': {
      const protocol = ipv4Protocol(packet.frame.bytes, packet.ipAt);
      const hasPorts = protocol === PROTOCOL_UDP || protocol === PROTOCOL_TCP;
      return unreachable(hasPorts ? UNREACHABLE_PORT : UNREACHABLE_PROTOCOL);
    }
    case 'malformed':
    case 'checksum':
    case 'blackhole':
    case 'police':
    case 'queue':
    case 'failed':
    case 'unknown-tag':
    case 'unknown-label':
      return undefined;
  }
}

function unreachable(code: number, rest = 0): IcmpError {
  return { type: ICMP_UNREACHABLE, code, rest };
}

/**
 * RFC 1812 4.3.2.7: not what came as a link-layer broadcast, went to a group, is a later fragment, or has a
 * source that is nobody, loopback or a group.
 */
export function mayBeAnswered({ frame, ipAt }: Packet): boolean {
  const { bytes } = frame;
  const source = ipv4Source(bytes, ipAt);
  return (
    (bytes[frame.start] & 1) === 0 &&
    (ipv4Fragment(bytes, ipAt) & FRAGMENT_OFFSET) === 0 &&
    ipv4Destination(bytes, ipAt) < FIRST_GROUP &&
    source !== 0 &&
    source < FIRST_GROUP &&
    source >>> 24 !== LOOPBACK_NET
  );
}

/** Anything but a question or an answer: an error begets no error. */
function isIcmpError({ frame, ipAt }: Packet): boolean {
  const { bytes } = frame;
  if (ipv4Protocol(bytes, ipAt) !== PROTOCOL_ICMP) return false;
  const header = ipv4HeaderLength(bytes, ipAt);
  return ipv4TotalLength(bytes, ipAt) === header || !ASKING_TYPES.includes(bytes[ipAt + header]);
}

/** The frame of an error about the packet, its IPv4 packet at OWN_IP_AT. */
export function errorFrame(packet: Packet, source: Ipv4, error: IcmpError): Frame {
  const { bytes, end } = packet.frame;
  // Of a cancelled packet, what there is.
  const quoted = Math.min(end - packet.ipAt, LONGEST_ERROR - IPV4_HEADER - ICMP_HEADER);
  const destination = ipv4Source(bytes, packet.ipAt);
  const answer = ownFrame(
    { source, destination, protocol: PROTOCOL_ICMP, ttl: OWN_TTL, tos: ERROR_TOS },
    ICMP_HEADER + quoted,
  );
  const at = OWN_IP_AT + IPV4_HEADER;
  answer.bytes.set(bytes.subarray(packet.ipAt, packet.ipAt + quoted), at + ICMP_HEADER);
  writeIcmp(answer.bytes, at, answer.end, error.type, error.code, error.rest);
  return answer;
}

/**
 * The frame that answers an echo request: the same class, the same bytes, back to where it came from. Its checksum
 * is the request's, mended, and so right also where part of the payload was cancelled.
 */
export function echoReplyFrame({ frame, ipAt }: Packet): Frame {
  const { bytes } = frame;
  const icmpAt = ipAt + ipv4HeaderLength(bytes, ipAt);
  const { end } = frame;
  const [source, destination] = [ipv4Destination(bytes, ipAt), ipv4Source(bytes, ipAt)];
  const reply = ownFrame(
    { source, destination, protocol: PROTOCOL_ICMP, ttl: OWN_TTL, tos: bytes[ipAt + 1] },
    end - icmpAt,
  );
  const at = OWN_IP_AT + IPV4_HEADER;
  reply.bytes.set(bytes.subarray(icmpAt, end), at);
  replaceU16(reply.bytes, at, ICMP_ECHO_REPLY << 8, at + 2);
  reply.cancelled = frame.cancelled;
  replaceU16(reply.bytes, OWN_IP_AT + 2, reply.end - OWN_IP_AT + reply.cancelled, OWN_IP_AT + 10);
  return reply;
}

/** A whole echo request: 8 bytes of ICMP at least, and a checksum that holds, where all is there that it covers. */
export function isEchoRequest({ frame, ipAt }: Packet): boolean {
  const { bytes } = frame;
  const icmpAt = ipAt + ipv4HeaderLength(bytes, ipAt);
  return (
    frame.end - icmpAt >= ICMP_HEADER &&
    bytes[icmpAt] === ICMP_ECHO_REQUEST &&
    (frame.cancelled > 0 || internetChecksum(bytes, icmpAt, frame.end) === 0)
  );
}
