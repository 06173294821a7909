/**
 * A host puts fragments together again (RFC 791 3.2, RFC 1122 3.3.2). A datagram is known by its source, protocol
 * and identification, and by its plane: a mirrored packet has the same as its original. Fragments that overlap
 * are no accident, and nobody can say which of them is right: the datagram is given up, with all that is still to
 * come of it (RFC 5722, for the same reasons). What a host is willing to keep is bounded in datagrams, bytes and
 * time; the oldest datagram makes room for a new one.
 *
 * Where packet cancellation has cut off payload, the datagram is there up to the first byte that is missing, and
 * the rest of it counts as cancelled.
 */
import { readU16, writeU16 } from '../net/bytes.ts';
import { internetChecksum } from '../net/checksum.ts';
import { ETHERNET_HEADER } from '../net/ethernet.ts';
import { ipv4Fragment, ipv4HeaderLength, ipv4Protocol, ipv4Source, ipv4TotalLength } from '../net/ipv4.ts';
import { type Clock, SECOND, type TimeNs, type Timer } from '../world/clock.ts';
import { type Frame, newFrame } from '../world/frame.ts';
import { ipv4At, planeAt } from './packet.ts';

export const MAX_DATAGRAMS = 64;
export const MAX_BYTES = 1_048_576;
/** RFC 1122 3.3.2: between 60 and 120 seconds, and no fragment makes it longer. */
export const REASSEMBLY_NS: TimeNs = 60 * SECOND;
/** What a fragment costs besides its bytes. */
const FRAGMENT_COST = 128;

const MORE_FRAGMENTS = 0x2000;
const OFFSET = 0x1fff;
const LONGEST_PACKET = 65_535;
const ECN = 3;
const NOT_ECT = 0;

/** Payload bytes [from, to) of a datagram; those behind `bytes` are cancelled. */
interface Fragment {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

interface Datagram {
  readonly timer: Timer;
  /** Sorted by `from`, without overlap. Empty once the datagram is given up. */
  readonly fragments: Fragment[];
  isGivenUp: boolean;
  /** The first fragment as far as errors quote it: its IPv4 header, with options, and what was there behind. */
  first: Uint8Array | undefined;
  /** Known once the last fragment is there. */
  length: number | undefined;
  /** Bytes of payload that are there or cancelled. */
  got: number;
  cost: number;
  congested: boolean;
  /** When the last of it would have arrived, had its plane had every link alone. */
  dueNs: TimeNs;
}

export class Reassembly {
  readonly #clock: Clock;
  readonly #givenUp: (first: Uint8Array | undefined) => void;
  readonly #datagrams = new Map<string, Datagram>();
  #cost = 0;

  /**
   * `givenUp` is called for every datagram that will not be whole; with its first fragment (header and at least
   * 8 bytes, or all there is) where it had come and the time was over: its sender is to be told.
   */
  constructor(clock: Clock, givenUp: (first: Uint8Array | undefined) => void) {
    this.#clock = clock;
    this.#givenUp = givenUp;
  }

  /** Datagrams that are not whole yet. */
  get waiting(): number {
    return this.#datagrams.size;
  }

  /**
   * Takes the fragment at `ipAt`, which has a whole and correct IPv4 header. Returns the datagram in a frame of
   * its own when this was the last one missing, 'malformed' for a fragment that cannot be one.
   */
  add(frame: Frame, ipAt: number): Frame | 'malformed' | undefined {
    const { bytes } = frame;
    const word = ipv4Fragment(bytes, ipAt);
    const header = ipv4HeaderLength(bytes, ipAt);
    const from = (word & OFFSET) * 8;
    const to = from + ipv4TotalLength(bytes, ipAt) - header;
    const isLast = (word & MORE_FRAGMENTS) === 0;
    if (to === from || to + header > LONGEST_PACKET || (!isLast && to % 8 !== 0)) return 'malformed';
    const key = `${ipv4Source(bytes, ipAt)} ${ipv4Protocol(bytes, ipAt)} ${readU16(bytes, ipAt + 4)} ${planeAt(bytes, ipAt)}`;
    const datagram = this.#datagrams.get(key) ?? this.#begin(key);
    if (datagram.isGivenUp) return undefined;
    const end = Math.min(frame.end, ipAt + header + to - from);
    const fragment = { from, to, bytes: bytes.slice(ipAt + header, Math.max(end, ipAt + header)) };
    switch (place(datagram, fragment, isLast)) {
      case 'duplicate':
        return undefined;
      case 'overlap':
        this.#giveUp(datagram, undefined);
        return undefined;
    }
    const cost = fragment.bytes.length + FRAGMENT_COST;
    datagram.cost += cost;
    this.#cost += cost;
    if (from === 0) datagram.first = bytes.slice(ipAt, ipAt + header);
    if ((bytes[ipAt + 1] & ECN) === ECN) datagram.congested = true;
    datagram.dueNs = Math.max(datagram.dueNs, this.#clock.now() - frame.lateNs);
    if (datagram.got === datagram.length) {
      this.#forget(key, datagram);
      return wholeOf(datagram, this.#clock.now());
    }
    this.#makeRoom();
    return undefined;
  }

  #begin(key: string): Datagram {
    const timer = this.#clock.after(REASSEMBLY_NS, () => {
      this.#forget(key, datagram);
      if (!datagram.isGivenUp) this.#givenUp(quoteOf(datagram));
    });
    const datagram: Datagram = {
      timer,
      fragments: [],
      isGivenUp: false,
      first: undefined,
      length: undefined,
      got: 0,
      cost: 0,
      congested: false,
      dueNs: 0,
    };
    this.#datagrams.set(key, datagram);
    this.#makeRoom();
    return datagram;
  }

  /** Oldest first, as the map has them. */
  #makeRoom(): void {
    for (const [key, datagram] of this.#datagrams) {
      if (this.#datagrams.size <= MAX_DATAGRAMS && this.#cost <= MAX_BYTES) return;
      this.#forget(key, datagram);
      if (!datagram.isGivenUp) this.#givenUp(undefined);
    }
  }

  /** Remembered until its time is over, so that what is still to come does not begin it anew. */
  #giveUp(datagram: Datagram, first: Uint8Array | undefined): void {
    this.#cost -= datagram.cost;
    datagram.cost = 0;
    datagram.fragments.length = 0;
    datagram.isGivenUp = true;
    this.#givenUp(first);
  }

  #forget(key: string, datagram: Datagram): void {
    datagram.timer.cancel();
    this.#cost -= datagram.cost;
    this.#datagrams.delete(key);
  }
}

/** Puts the fragment where it belongs, unless it is there already or does not fit to the others. */
function place(datagram: Datagram, fragment: Fragment, isLast: boolean): 'placed' | 'duplicate' | 'overlap' {
  const { fragments, length } = datagram;
  const at = fragments.findLastIndex(({ from }) => from < fragment.from) + 1;
  if (at > 0 && fragments[at - 1].to > fragment.from) return 'overlap';
  if (at < fragments.length) {
    const next = fragments[at];
    const isSame = next.from === fragment.from && next.to === fragment.to;
    if (isSame && isLast === (length === fragment.to)) return 'duplicate';
    if (next.from < fragment.to || isLast) return 'overlap';
  }
  if (length !== undefined && (isLast || fragment.to > length)) return 'overlap';
  fragments.splice(at, 0, fragment);
  datagram.got += fragment.to - fragment.from;
  if (isLast) datagram.length = fragment.to;
  return 'placed';
}

function quoteOf({ first, fragments }: Datagram): Uint8Array | undefined {
  if (first === undefined || fragments.length === 0) return undefined;
  return Uint8Array.from([...first, ...fragments[0].bytes.subarray(0, 8)]);
}

/** The header is the first fragment's; a mark of congestion on any fragment is one on the datagram (RFC 3168 5.3). */
function wholeOf(datagram: Datagram, nowNs: TimeNs): Frame | undefined {
  const { first, fragments, length } = datagram;
  if (first === undefined || length === undefined || first.length + length > LONGEST_PACKET) return undefined;
  let there = 0;
  for (const { from, bytes } of fragments) if (there === from) there += bytes.length;
  const frame = newFrame(ETHERNET_HEADER + first.length + there);
  const ipAt = ipv4At(frame);
  frame.bytes.set(first, ipAt);
  for (const { from, bytes } of fragments) {
    if (from < there) frame.bytes.set(bytes, ipAt + first.length + from);
  }
  frame.cancelled = length - there;
  frame.lateNs = nowNs - datagram.dueNs;
  writeU16(frame.bytes, ipAt + 2, first.length + length);
  writeU16(frame.bytes, ipAt + 6, 0);
  if (datagram.congested && (first[1] & ECN) !== NOT_ECT) frame.bytes[ipAt + 1] |= ECN;
  writeU16(frame.bytes, ipAt + 10, 0);
  writeU16(frame.bytes, ipAt + 10, internetChecksum(frame.bytes, ipAt, ipAt + first.length));
  return frame;
}
