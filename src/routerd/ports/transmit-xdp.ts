/**
 * Frames leave by an AF_XDP socket in copy mode (Documentation/networking/af_xdp.rst): a ring of descriptors into
 * memory that the kernel reads. It needs no program in the kernel, CAP_NET_RAW alone, and passes by queueing
 * disciplines and captures. The kernel has copied a frame when it has consumed the descriptor, so a chunk belongs to
 * its place in the ring and nothing is kept track of.
 */
import type { Frame } from '../../world/frame.ts';
import * as libc from './libc.ts';
import { CHUNK_BYTES, type Transmitter } from './transmit.ts';

const AF_XDP = 44;
const SOL_XDP = 283;
const XDP_MMAP_OFFSETS = 1;
const XDP_TX_RING = 3;
const XDP_UMEM_REG = 4;
const XDP_UMEM_FILL_RING = 5;
const XDP_UMEM_COMPLETION_RING = 6;
const XDP_COPY = 1 << 1;
const TX_RING_AT = 0x80000000;
const COMPLETION_RING_AT = 0x180000000;
/** Of `struct xdp_mmap_offsets`, four rings of four 64-bit numbers: producer, consumer, descriptors, flags. */
const OFFSETS_BYTES = 128;
const TX_OFFSETS = 32;
const COMPLETION_OFFSETS = 96;
const DESCRIPTOR_BYTES = 16;
const SO_SNDBUF = 7;
const SO_SNDBUFFORCE = 32;
const SEND_BUFFER_BYTES = 4_194_304;

/** A power of two. Together half a megabyte, which counts against RLIMIT_MEMLOCK. */
const CHUNKS = 256;

export class XdpTransmitter implements Transmitter {
  isBroken = false;
  readonly #fd: number;
  readonly #memory = new libc.Mapping(CHUNKS * CHUNK_BYTES);
  readonly #tx: Ring;
  readonly #completed: Ring;
  #produced = 0;
  #consumed = 0;

  /** Throws Error where the kernel cannot, or somebody else sends so by the interface. */
  constructor(index: number) {
    const fd = libc.socket(AF_XDP, libc.SOCK_RAW | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC, 0);
    this.#fd = libc.checked(fd, 'no AF_XDP socket');
    try {
      const memory = new DataView(new ArrayBuffer(32));
      memory.setBigUint64(0, this.#memory.address, true);
      memory.setBigUint64(8, BigInt(this.#memory.bytes.length), true);
      memory.setUint32(16, CHUNK_BYTES, true);
      libc.checked(libc.setsockopt(fd, SOL_XDP, XDP_UMEM_REG, memory, 32), 'no memory for AF_XDP');
      for (const ring of [XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_TX_RING]) {
        libc.checked(libc.setOption(fd, SOL_XDP, ring, CHUNKS), 'no ring of AF_XDP');
      }
      if (libc.setOption(fd, libc.SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES) < 0) {
        libc.setOption(fd, libc.SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
      }
      const offsets = new DataView(new ArrayBuffer(OFFSETS_BYTES));
      const length = Uint32Array.of(OFFSETS_BYTES);
      libc.checked(libc.getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, offsets, length), 'no rings of AF_XDP');
      this.#tx = new Ring(fd, offsets, TX_OFFSETS, TX_RING_AT, DESCRIPTOR_BYTES);
      this.#completed = new Ring(fd, offsets, COMPLETION_OFFSETS, COMPLETION_RING_AT, 8);
      const address = new DataView(new ArrayBuffer(16));
      address.setUint16(0, AF_XDP, true);
      address.setUint16(2, XDP_COPY, true);
      address.setUint32(4, index, true);
      libc.checked(libc.bind(fd, address, 16), 'AF_XDP cannot send by the interface');
    } catch (error) {
      libc.close(fd);
      this.#memory.unmap();
      throw error;
    }
  }

  push(frame: Frame): boolean {
    if (this.#produced - this.#consumed === CHUNKS) return false;
    const chunk = this.#produced & (CHUNKS - 1);
    const at = chunk * CHUNK_BYTES;
    // The whole array, as a view of the frame alone costs more than copying the rest.
    this.#memory.bytes.set(frame.bytes, at);
    const { words } = this.#tx.mapping;
    const descriptor = (this.#tx.entries >>> 2) + chunk * 4;
    words[descriptor] = at + frame.start;
    words[descriptor + 2] = frame.end - frame.start;
    this.#produced++;
    return true;
  }

  flush(): number {
    if (this.#produced === this.#consumed || this.isBroken) return 0;
    const { words } = this.#tx.mapping;
    Atomics.store(words, this.#tx.producer, this.#produced | 0);
    while (this.#produced !== this.#consumed) {
      // A call takes 32 frames at most, and says EAGAIN where there are more.
      const result = libc.send(this.#fd, null, 0, libc.MSG_DONTWAIT);
      const error = result < 0 ? libc.errno() : 0;
      this.#freeCompleted();
      const consumed = (Atomics.load(words, this.#tx.consumer) - this.#consumed) | 0;
      this.#consumed += consumed;
      if (consumed > 0) continue;
      if (result >= 0 || isFull(error)) return 0;
      this.isBroken = true;
      return this.#produced - this.#consumed;
    }
    return 0;
  }

  close(): void {
    libc.close(this.#fd);
    this.#tx.mapping.unmap();
    this.#completed.mapping.unmap();
    this.#memory.unmap();
  }

  #freeCompleted(): void {
    const { mapping, producer, consumer } = this.#completed;
    Atomics.store(mapping.words, consumer, Atomics.load(mapping.words, producer));
  }
}

const isFull = (number: number): boolean => number === libc.EAGAIN || number === libc.ENOBUFS;

class Ring {
  readonly mapping: libc.Mapping;
  /** Indices into its words. */
  readonly producer: number;
  readonly consumer: number;
  /** Byte at which the entries begin. */
  readonly entries: number;

  constructor(fd: number, offsets: DataView, at: number, ringAt: number, entryBytes: number) {
    const offset = (place: number): number => Number(offsets.getBigUint64(at + place * 8, true));
    this.producer = offset(0) >>> 2;
    this.consumer = offset(1) >>> 2;
    this.entries = offset(2);
    this.mapping = new libc.Mapping(this.entries + CHUNKS * entryBytes, fd, ringAt);
  }
}
