/**
 * Frames leave by an AF_PACKET socket, many a system call (sendmmsg(2)). Slower than AF_XDP by a third, yet every
 * kernel has it, and captures on the interface see what is sent so.
 */
import type { Frame } from '../../world/frame.ts';
import * as libc from './libc.ts';
import { bindPacketSocket, packetSocket } from './packet-socket.ts';
import { CHUNK_BYTES, type Transmitter } from './transmit.ts';

const BATCH = 64;
const MMSGHDR_BYTES = 64;
const IOVEC_BYTES = 16;

export class PacketTransmitter implements Transmitter {
  readonly isBroken = false;
  readonly #fd: number;
  readonly #memory = new libc.Mapping(BATCH * (CHUNK_BYTES + IOVEC_BYTES + MMSGHDR_BYTES));
  readonly #headers: Uint8Array;
  #waiting = 0;

  /** Throws Error. */
  constructor(index: number) {
    this.#fd = packetSocket();
    try {
      bindPacketSocket(this.#fd, index, 0);
    } catch (error) {
      libc.close(this.#fd);
      this.#memory.unmap();
      throw error;
    }
    const { address, longs } = this.#memory;
    for (let message = 0; message < BATCH; message++) {
      longs[(headerAt(message) + 16) >>> 3] = address + BigInt(iovecAt(message));
      longs[(headerAt(message) + 24) >>> 3] = 1n;
    }
    this.#headers = this.#memory.bytes.subarray(headerAt(0));
  }

  push(frame: Frame): boolean {
    if (this.#waiting === BATCH) return false;
    const message = this.#waiting++;
    const { bytes, longs, address } = this.#memory;
    bytes.set(frame.bytes, message * CHUNK_BYTES);
    longs[iovecAt(message) >>> 3] = address + BigInt(message * CHUNK_BYTES + frame.start);
    longs[(iovecAt(message) + 8) >>> 3] = BigInt(frame.length);
    return true;
  }

  flush(): number {
    if (this.#waiting === 0) return 0;
    const sent = libc.sendmmsg(this.#fd, this.#headers, this.#waiting, libc.MSG_DONTWAIT);
    // The rest found no room: it is lost, as where an interface's queue is full.
    const lost = this.#waiting - Math.max(0, sent);
    this.#waiting = 0;
    return lost;
  }

  /** A frame that is too long for `push`, at once. False where it was dropped. */
  sendLong(frame: Frame): boolean {
    const bytes = frame.bytes.subarray(frame.start, frame.end);
    return libc.send(this.#fd, bytes, bytes.length, libc.MSG_DONTWAIT) === bytes.length;
  }

  close(): void {
    libc.close(this.#fd);
    this.#memory.unmap();
  }
}

const iovecAt = (message: number): number => BATCH * CHUNK_BYTES + message * IOVEC_BYTES;
const headerAt = (message: number): number => BATCH * (CHUNK_BYTES + IOVEC_BYTES) + message * MMSGHDR_BYTES;
