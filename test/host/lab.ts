/** Our stack on one side of a TUN device, the kernel's on the other. */
import { createHash, type Hash } from 'node:crypto';
import { readU16 } from '../../src/net/bytes.ts';
import { ipv4Destination, ipv4HeaderLength, ipv4Source, isIpv4, PROTOCOL_TCP } from '../../src/net/ipv4.ts';
import { readTcp, tcpChecksumHolds } from '../../src/net/tcp.ts';
import type { TcpConnection, TcpEnd, TcpEvents } from '../../src/tcp/connection.ts';
import { TcpStack } from '../../src/tcp/stack.ts';
import type { Clock } from '../../src/world/clock.ts';
import { MILLISECOND } from '../../src/world/clock.ts';
import { seededRandom } from '../../src/world/random.ts';
import { address, packetOf } from '../tcp/lab.ts';
import { Namespace } from './namespace.ts';
import { Tun } from './tun.ts';

/** Only inside the namespace. */
export const KERNEL = '10.77.0.1';
export const OURS = '10.77.0.2';

export interface Impairment {
  /** Share of packets lost, each way. */
  readonly loss: number;
  /** Share of packets delayed, so that others overtake them, each way. */
  readonly reordering: number;
}

const realClock: Clock = {
  now: () => Number(process.hrtime.bigint()),
  after: (delayNs, callback) => {
    const timer = setTimeout(callback, Math.ceil(delayNs / MILLISECOND));
    return { cancel: () => clearTimeout(timer) };
  },
  call: (delayNs, callback) => {
    setTimeout(callback, Math.ceil(delayNs / MILLISECOND));
  },
};

export class HostLab {
  readonly namespace = new Namespace();
  readonly stack: TcpStack;
  readonly #tun: Tun;
  readonly #chance = seededRandom(4711).fork('impairment');
  #impairment: Impairment = { loss: 0, reordering: 0 };
  readonly #capture: Uint8Array[] = [];
  #capturing = false;

  constructor() {
    try {
      this.#tun = new Tun(this.namespace.name, 'tun0');
      this.namespace.ip('address', 'add', `${KERNEL}/24`, 'dev', 'tun0');
      this.namespace.ip('link', 'set', 'tun0', 'txqueuelen', '10000', 'up');
    } catch (error) {
      this.namespace.destroy();
      throw error;
    }
    const ours = address(OURS);
    const world = { clock: realClock, random: seededRandom(Date.now()), log: () => {} };
    this.stack = new TcpStack(world, {
      sourceFor: () => ours,
      mtuTo: () => 1500,
      send: (source, destination, segment) => this.#send(packetOf(source, destination, segment)),
    });
    void this.#tun.run((packet) => this.#impair(packet, (arriving) => this.#receive(arriving)));
  }

  impair(impairment: Impairment): void {
    this.#impairment = impairment;
  }

  /** Keeps every packet from now on. */
  capture(): void {
    this.#capturing = true;
  }

  /** What was kept, as a pcap file of raw IP packets. */
  captured(): Buffer {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(65_535, 16);
    header.writeUInt32LE(101, 20);
    return Buffer.concat([header, ...this.#capture]);
  }

  async destroy(): Promise<void> {
    await this.#tun.close();
    this.namespace.destroy();
  }

  #send(packet: Uint8Array): void {
    this.#keep(packet);
    this.#impair(packet, (leaving) => this.#tun.send(leaving));
  }

  #receive(packet: Uint8Array): void {
    this.#keep(packet);
    if (!isIpv4(packet, 0, packet.length) || packet[9] !== PROTOCOL_TCP) return;
    const at = ipv4HeaderLength(packet, 0);
    const end = readU16(packet, 2);
    if (!tcpChecksumHolds(packet, at, end, 0)) throw new Error('the kernel sent a wrong checksum');
    const segment = readTcp(packet, at, end);
    if (segment !== undefined) this.stack.receive(ipv4Source(packet, 0), ipv4Destination(packet, 0), segment);
  }

  #impair(packet: Uint8Array, pass: (packet: Uint8Array) => void): void {
    const { loss, reordering } = this.#impairment;
    if (loss > 0 && this.#chance.next() < loss) return;
    if (reordering > 0 && this.#chance.next() < reordering) {
      const copy = Uint8Array.from(packet);
      setTimeout(() => pass(copy), 1 + this.#chance.next() * 4);
    } else pass(packet);
  }

  #keep(packet: Uint8Array): void {
    if (!this.#capturing) return;
    const record = Buffer.alloc(16 + packet.length);
    record.writeUInt32LE(Math.floor(Date.now() / 1000), 0);
    record.writeUInt32LE((Date.now() % 1000) * 1000, 4);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    record.set(packet, 16);
    this.#capture.push(record);
  }
}

/** Our end: sends, hashes what it gets, and can be waited for. */
export class OurEnd implements TcpEvents {
  readonly finished: Promise<TcpEnd>;
  connection: TcpConnection | undefined;
  received = 0;
  readonly #hash: Hash = createHash('sha256');
  #toSend: Uint8Array;
  readonly #closes: 'after-sending' | 'after-the-other';
  #finish: (end: TcpEnd) => void = () => {};
  /** Asked after whatever was received. */
  onReceived: (end: OurEnd) => void = () => {};

  constructor(toSend: Uint8Array, closes: 'after-sending' | 'after-the-other') {
    this.#toSend = toSend;
    this.#closes = closes;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get hash(): string {
    return this.#hash.copy().digest('hex');
  }

  connected(connection: TcpConnection): void {
    this.connection = connection;
    this.writable(connection);
  }

  writable(connection: TcpConnection): void {
    this.#toSend = this.#toSend.subarray(connection.write(this.#toSend));
    if (this.#toSend.length === 0 && this.#closes === 'after-sending') connection.close();
  }

  readable(connection: TcpConnection): void {
    const bytes = connection.read();
    this.#hash.update(bytes);
    this.received += bytes.length;
    this.onReceived(this);
  }

  ended(connection: TcpConnection): void {
    if (this.#closes === 'after-the-other') connection.close();
  }

  closed(end: TcpEnd): void {
    this.#finish(end);
  }
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
