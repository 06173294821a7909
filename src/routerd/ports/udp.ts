/**
 * A link in UDP: each frame is the payload of one datagram, from its Ethernet destination on, between the two
 * addresses that the port is given. It needs no privileges and crosses machines. The socket is connected, so the
 * kernel drops what others send to it; who can forge the peer's address can forge frames, as on any wire.
 *
 * recvmmsg and sendmmsg move a batch a system call (recvmmsg(2)). The arrays of the kernel's `struct mmsghdr` are
 * written here once and stay as they are but for the lengths.
 */
import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { type Mac, parseIpv4 } from '../../net/address.ts';
import { ETHERNET_HEADER } from '../../net/ethernet.ts';
import { type Frame, frameOf, HEADROOM } from '../../world/frame.ts';
import type { DrivenPort } from './driven.ts';
import * as libc from './libc.ts';

const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
/** What the kernel may hold of what arrives, and of what leaves; it may grant less (net.core.rmem_max). */
const BUFFER_BYTES = 4_194_304;

const BATCH = 64;
const MMSGHDR_BYTES = 64;
const IOVEC_BYTES = 16;
const MIN_FRAME = ETHERNET_HEADER;

export interface UdpPortSettings {
  readonly name: string;
  readonly mac: Mac;
  readonly mtu: number;
  readonly rateBps: number;
  readonly local: UdpAddress;
  readonly peer: UdpAddress;
}

export interface UdpAddress {
  /** IPv4, dotted. */
  readonly address: string;
  readonly port: number;
}

/** Throws Error where the local address cannot be bound. */
export function openUdpPort(settings: UdpPortSettings): DrivenPort {
  const { local, peer } = settings;
  const kind = libc.SOCK_DGRAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC;
  const fd = libc.checked(libc.socket(libc.AF_INET, kind, 0), 'no UDP socket');
  try {
    for (const name of [SO_SNDBUF, SO_RCVBUF]) {
      libc.setOption(fd, libc.SOL_SOCKET, name, BUFFER_BYTES);
    }
    libc.checked(
      libc.bind(fd, sockaddr(local), SOCKADDR_BYTES),
      `cannot receive at ${local.address}:${local.port}`,
    );
    libc.checked(
      libc.connect(fd, sockaddr(peer), SOCKADDR_BYTES),
      `cannot send to ${peer.address}:${peer.port}`,
    );
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return new UdpPort(fd, settings);
}

class UdpPort implements DrivenPort {
  readonly fd: number;
  readonly name: string;
  readonly mac: Mac;
  readonly mtu: number;
  readonly rateBps: number;
  /** The kernel queues. */
  readonly busyUntilNs = 0;
  readonly dropped = { received: 0, sent: 0 };
  readonly #incoming: Datagrams;
  readonly #outgoing: Datagrams;
  /** Frames in `#outgoing` that wait for `flush`. */
  #waiting = 0;
  #receive: ((frame: Frame) => void) | undefined;

  constructor(fd: number, { name, mac, mtu, rateBps }: UdpPortSettings) {
    this.fd = fd;
    this.name = name;
    this.mac = mac;
    this.mtu = mtu;
    this.rateBps = rateBps;
    const longest = mtu + ETHERNET_HEADER + HEADROOM;
    this.#incoming = new Datagrams(longest);
    this.#outgoing = new Datagrams(longest);
  }

  receiver(receive: (frame: Frame) => void): void {
    if (this.#receive !== undefined) throw new Error(`port ${this.name} has its receiver already`);
    this.#receive = receive;
  }

  receive(budget: number): number {
    const wanted = Math.min(budget, BATCH);
    // Less than 0: nothing is there, or the peer is not up yet (ECONNREFUSED from an earlier datagram).
    const count = Math.max(0, libc.recvmmsg(this.fd, this.#incoming.headers, wanted, 0, null));
    for (let index = 0; index < count; index++) {
      const bytes = this.#incoming.received(index);
      if (bytes === undefined || bytes.length < MIN_FRAME) this.dropped.received++;
      else this.#receive?.(frameOf(bytes));
    }
    return count;
  }

  send(frame: Frame): boolean {
    const isTaken = this.#outgoing.write(this.#waiting, frame);
    frame.release();
    if (!isTaken) {
      this.dropped.sent++;
      return false;
    }
    this.#waiting++;
    if (this.#waiting === BATCH) this.flush();
    return true;
  }

  flush(): void {
    if (this.#waiting === 0) return;
    let sent = libc.sendmmsg(this.fd, this.#outgoing.headers, this.#waiting, 0);
    // An error left by an earlier datagram is told once, and nothing was sent.
    if (sent < 0) sent = libc.sendmmsg(this.fd, this.#outgoing.headers, this.#waiting, 0);
    this.dropped.sent += this.#waiting - Math.max(0, sent);
    this.#waiting = 0;
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** A batch of datagrams as the kernel wants it: buffers, an iovec for each, a message header for each. */
class Datagrams {
  readonly headers = new Uint8Array(BATCH * MMSGHDR_BYTES);
  readonly #headers = new DataView(this.headers.buffer);
  readonly #vectors = new DataView(new ArrayBuffer(BATCH * IOVEC_BYTES));
  readonly #bytes: Uint8Array;
  /** One more than a frame may have: what fills it was longer. */
  readonly #size: number;

  constructor(longestFrame: number) {
    this.#size = longestFrame + 1;
    this.#bytes = new Uint8Array(BATCH * this.#size);
    const bytesAt = koffi.address(this.#bytes.buffer);
    const vectorsAt = koffi.address(this.#vectors.buffer);
    for (let index = 0; index < BATCH; index++) {
      const vector = index * IOVEC_BYTES;
      this.#vectors.setBigUint64(vector, bytesAt + BigInt(index * this.#size), true);
      this.#vectors.setBigUint64(vector + 8, BigInt(this.#size), true);
      const header = index * MMSGHDR_BYTES;
      this.#headers.setBigUint64(header + 16, vectorsAt + BigInt(vector), true);
      this.#headers.setBigUint64(header + 24, 1n, true);
    }
  }

  /** The bytes of a datagram just received, valid until the next; undefined where it was too long. */
  received(index: number): Uint8Array | undefined {
    const length = this.#headers.getUint32(index * MMSGHDR_BYTES + 56, true);
    const at = index * this.#size;
    return length < this.#size ? this.#bytes.subarray(at, at + length) : undefined;
  }

  /** False where the frame is too long. */
  write(index: number, frame: Frame): boolean {
    if (frame.length >= this.#size) return false;
    this.#bytes.set(frame.bytes.subarray(frame.start, frame.end), index * this.#size);
    this.#vectors.setBigUint64(index * IOVEC_BYTES + 8, BigInt(frame.length), true);
    return true;
  }
}

const SOCKADDR_BYTES = 16;

function sockaddr({ address, port }: UdpAddress): Uint8Array {
  const view = new DataView(new ArrayBuffer(SOCKADDR_BYTES));
  view.setUint16(0, libc.AF_INET, true);
  view.setUint16(2, port);
  view.setUint32(4, parseIpv4(address) ?? 0);
  return new Uint8Array(view.buffer);
}
