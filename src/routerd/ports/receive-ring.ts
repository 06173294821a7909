/**
 * Frames as they arrive at an interface, in a ring of slots that the kernel writes and the port reads, without a
 * system call (packet(7), Documentation/networking/packet_mmap.rst, TPACKET_V2). Each is copied out into a frame of
 * the pool and its slot given back at once: a frame may be kept for long, a slot may not.
 *
 * Frames that are longer than a slot (hosts on the same machine leave the cutting to hardware, see offload.ts) come
 * whole by the socket, behind their beginning in the ring.
 */
import { type Frame, HEADROOM, unwrittenFrame } from '../../world/frame.ts';
import * as libc from './libc.ts';
import { finish, isFinished, OFFLOAD_HEADER } from './offload.ts';

const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_COPY_THRESH = 7;
const PACKET_VERSION = 10;
const PACKET_VNET_HDR = 15;
const TPACKET_V2 = 1;
const SO_RCVBUFFORCE = 33;
const SO_RCVBUF = 8;

const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;
const TP_STATUS_COPY = 2;
const TP_STATUS_VLAN_VALID = 1 << 4;

/** Of `struct tpacket2_hdr`: status, length, length in the slot; two bytes where the frame begins; when it came. */
const LENGTH = 1;
const KEPT = 2;
const BEGIN = 3;
const SECONDS = 4;
const NANOSECONDS = 5;
/** Where a frame of an Ethernet begins in its slot: behind the headers of packet_mmap and of offload. */
const FRAME_AT = 76;

/** At a time a ring holds so many bytes, or so many frames where that is more. */
const RING_BYTES = 2_097_152;
const MIN_SLOTS = 256;
const BLOCK_BYTES = 65_536;
/** What is copied of a slot: one of these lengths, as a view made once costs less than one that just fits. */
const SHORT = 384;
const LONG = 1632;
/** The longest packet of IPv4 and what is in front of it. */
const LONGEST_MESSAGE = 65_536 + OFFLOAD_HEADER + 64;
/** Bytes of such packets that may wait. */
const SOCKET_BYTES = 4_194_304;

export class ReceiveRing {
  readonly #fd: number;
  readonly #mapping: libc.Mapping;
  /** A power of two, as is their number. */
  readonly #slotBytes: number;
  readonly #slots: number;
  readonly #shorts: readonly Uint8Array[];
  readonly #longs: readonly Uint8Array[];
  #next = 0;
  #message: Uint8Array | undefined;
  /** Frames longer than the link carries, of another kind than it carries, or with a VLAN's tag. */
  refused = 0;
  #overflown = 0;
  #isOpen = true;
  /** When the frame that was given last came, by the system's real-time clock. */
  seconds = 0;
  nanoseconds = 0;

  /** On a socket that receives nothing yet, for frames of at most `longest` bytes; `room`: in bytes. Throws Error. */
  constructor(fd: number, longest: number, room = RING_BYTES) {
    const option = (name: number, value: number, what: string): void => {
      libc.checked(libc.setOption(fd, SOL_PACKET, name, value), what);
    };
    this.#fd = fd;
    this.#slotBytes = 2 ** Math.ceil(Math.log2(Math.max(FRAME_AT + longest, 2048)));
    this.#slots = Math.max(MIN_SLOTS, room / this.#slotBytes);
    option(PACKET_VERSION, TPACKET_V2, 'no TPACKET_V2');
    option(PACKET_VNET_HDR, 1, 'no offload headers');
    option(PACKET_COPY_THRESH, LONGEST_MESSAGE, 'long frames cannot be received');
    // More than net.core.rmem_max allows, where the process may.
    if (libc.setOption(fd, libc.SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BYTES) < 0) {
      libc.setOption(fd, libc.SOL_SOCKET, SO_RCVBUF, SOCKET_BYTES);
    }
    const bytes = this.#slots * this.#slotBytes;
    const block = Math.max(BLOCK_BYTES, this.#slotBytes);
    const request = Int32Array.of(block, bytes / block, this.#slotBytes, this.#slots);
    libc.checked(libc.setsockopt(fd, SOL_PACKET, PACKET_RX_RING, request, 16), 'no receive ring');
    this.#mapping = new libc.Mapping(bytes, fd);
    const views = (length: number): readonly Uint8Array[] =>
      Array.from({ length: this.#slots }, (_, slot) => {
        const at = slot * this.#slotBytes + FRAME_AT;
        return this.#mapping.bytes.subarray(at, at + length);
      });
    this.#shorts = views(SHORT);
    this.#longs = views(LONG);
  }

  /** Gives at most `budget` slots' frames to `receive`; how many slots there were. */
  take(budget: number, receive: (frame: Frame) => void): number {
    const { words, halfWords } = this.#mapping;
    let count = 0;
    while (count < budget && this.#isOpen) {
      const slot = this.#next;
      const at = slot * this.#slotBytes;
      const word = at >>> 2;
      const status = Atomics.load(words, word);
      if ((status & TP_STATUS_USER) === 0) break;
      const length = words[word + LENGTH];
      const isPlain =
        (status & (TP_STATUS_COPY | TP_STATUS_VLAN_VALID)) === 0 &&
        length === words[word + KEPT] &&
        halfWords[(word + BEGIN) * 2] === FRAME_AT;
      this.seconds = words[word + SECONDS] >>> 0;
      this.nanoseconds = words[word + NANOSECONDS];
      this.#next = (slot + 1) & (this.#slots - 1);
      count++;
      if (isPlain && isFinished(halfWords[(at + FRAME_AT - OFFLOAD_HEADER) >>> 1])) {
        const frame = this.#copy(slot, length);
        Atomics.store(words, word, TP_STATUS_KERNEL);
        receive(frame);
      } else {
        this.#takeUnfinished(slot, isPlain, (status & TP_STATUS_COPY) !== 0, receive);
      }
    }
    return count;
  }

  /** Frames that found no free slot. */
  get overflown(): number {
    if (!this.#isOpen) return this.#overflown;
    const statistics = new Uint32Array(2);
    if (libc.getsockopt(this.#fd, SOL_PACKET, PACKET_STATISTICS, statistics, Uint32Array.of(8)) === 0) {
      this.#overflown += statistics[1];
    }
    return this.#overflown;
  }

  /** What is mapped may not be touched any more: nothing is there from now on. */
  close(): void {
    this.#overflown = this.overflown;
    this.#isOpen = false;
    this.#mapping.unmap();
  }

  #copy(slot: number, length: number): Frame {
    if (length <= SHORT) {
      const frame = unwrittenFrame(SHORT);
      frame.bytes.set(this.#shorts[slot], HEADROOM);
      frame.end = HEADROOM + length;
      return frame;
    }
    if (length <= LONG) {
      const frame = unwrittenFrame(LONG);
      frame.bytes.set(this.#longs[slot], HEADROOM);
      frame.end = HEADROOM + length;
      return frame;
    }
    const at = slot * this.#slotBytes + FRAME_AT;
    const frame = unwrittenFrame(length);
    frame.bytes.set(this.#mapping.bytes.subarray(at, at + length), HEADROOM);
    return frame;
  }

  #takeUnfinished(slot: number, isPlain: boolean, isLong: boolean, receive: (frame: Frame) => void): void {
    const { words, bytes } = this.#mapping;
    const at = slot * this.#slotBytes;
    if (isPlain) {
      const headerAt = at + FRAME_AT - OFFLOAD_HEADER;
      const header = bytes.slice(headerAt, headerAt + OFFLOAD_HEADER);
      const frame = this.#copy(slot, words[(at >>> 2) + LENGTH]);
      Atomics.store(words, at >>> 2, TP_STATUS_KERNEL);
      if (!finish(header, 0, frame, receive)) this.refused++;
      return;
    }
    Atomics.store(words, at >>> 2, TP_STATUS_KERNEL);
    if (!isLong || !this.#takeLong(receive)) this.refused++;
  }

  #takeLong(receive: (frame: Frame) => void): boolean {
    this.#message ??= new Uint8Array(LONGEST_MESSAGE);
    const length = libc.recv(this.#fd, this.#message, LONGEST_MESSAGE, libc.MSG_DONTWAIT) - OFFLOAD_HEADER;
    // What is neither to be cut nor fits a slot is longer than the link carries.
    if (length <= 0 || this.#message[1] === 0) return false;
    const frame = unwrittenFrame(length);
    frame.bytes.set(this.#message.subarray(OFFLOAD_HEADER, OFFLOAD_HEADER + length), HEADROOM);
    return finish(this.#message, 0, frame, receive);
  }
}
