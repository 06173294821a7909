/** A host's ARP (RFC 826): who has which MAC address on the link, and what waits for an answer. */
import { BROADCAST_MAC, type Ipv4, type Mac } from '../net/address.ts';
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, type ArpPacket, decodeArp, encodeArp } from '../net/arp.ts';
import { ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_IPV4, writeEthernet } from '../net/ethernet.ts';
import { type Clock, SECOND, type Timer } from '../world/clock.ts';
import { type Frame, newFrame } from '../world/frame.ts';
import type { Port } from '../world/port.ts';

/** RFC 1122 2.3.2.1 asks for at most one request a second per address. */
const RETRY_NS = SECOND;
const ATTEMPTS = 3;
const MAX_WAITING_FRAMES = 64;
const MAX_PENDING = 256;
const MAX_ENTRIES = 4096;

interface Pending {
  readonly frames: Frame[];
  attempts: number;
  timer: Timer;
}

export class Neighbours {
  readonly #clock: Clock;
  readonly #port: Port;
  readonly #address: Ipv4;
  readonly #transmit: (frame: Frame) => void;
  readonly #unresolved: (frame: Frame) => void;
  readonly #answers: boolean;
  readonly #entries = new Map<Ipv4, Mac>();
  readonly #pending = new Map<Ipv4, Pending>();

  /**
   * `transmit` gets frames that are ready for the wire; `unresolved` gets each IPv4 frame that will not be
   * sent, because nobody answered or too many waited already. `answers`: asked for the address, it says so;
   * else somebody else does.
   */
  constructor(
    clock: Clock,
    port: Port,
    address: Ipv4,
    transmit: (frame: Frame) => void,
    unresolved: (frame: Frame) => void,
    answers: boolean,
  ) {
    this.#clock = clock;
    this.#port = port;
    this.#address = address;
    this.#transmit = transmit;
    this.#unresolved = unresolved;
    this.#answers = answers;
  }

  /** The MAC address known for a neighbour. Entries are kept: links here do not change owners. */
  macOf(address: Ipv4): Mac | undefined {
    return this.#entries.get(address);
  }

  /** Completes the Ethernet header of an IPv4 frame and sends it, at once or when `nextHop` has answered. */
  send(frame: Frame, nextHop: Ipv4): void {
    const mac = this.#entries.get(nextHop);
    const pending = mac === undefined ? this.resolve(nextHop) : undefined;
    if (mac !== undefined) this.#sendTo(frame, mac);
    else if (pending !== undefined && pending.frames.length < MAX_WAITING_FRAMES) pending.frames.push(frame);
    else this.#unresolved(frame);
  }

  /** Asks for an address that is not known yet; undefined where too many are being asked for. */
  resolve(address: Ipv4): { readonly frames: Frame[] } | undefined {
    const asked = this.#pending.get(address);
    if (asked !== undefined || this.#pending.size >= MAX_PENDING) return asked;
    const pending: Pending = { frames: [], attempts: 1, timer: this.#retryLater(address) };
    this.#pending.set(address, pending);
    this.#request(address);
    return pending;
  }

  /** Takes an ARP packet from the wire. False where it is malformed. */
  receive(bytes: Uint8Array, at: number, end: number): boolean {
    const packet = decodeArp(bytes, at, end);
    if (packet === undefined) return false;
    const forUs = packet.targetAddress === this.#address;
    // RFC 826: what is known is brought up to date by any packet, but only who asks or answers us is added.
    if (forUs || this.#entries.has(packet.senderAddress)) this.#learn(packet.senderAddress, packet.senderMac);
    if (forUs && this.#answers && packet.operation === ARP_REQUEST) {
      this.#sendArp(packet.senderMac, {
        operation: ARP_REPLY,
        senderMac: this.#port.mac,
        senderAddress: this.#address,
        targetMac: packet.senderMac,
        targetAddress: packet.senderAddress,
      });
    }
    return true;
  }

  #learn(address: Ipv4, mac: Mac): void {
    if (!this.#entries.has(address) && this.#entries.size >= MAX_ENTRIES) return;
    this.#entries.set(address, mac);
    const pending = this.#pending.get(address);
    if (pending === undefined) return;
    this.#pending.delete(address);
    pending.timer.cancel();
    for (const frame of pending.frames) this.#sendTo(frame, mac);
  }

  #retryLater(address: Ipv4): Timer {
    return this.#clock.after(RETRY_NS, () => {
      const pending = this.#pending.get(address);
      if (pending === undefined) return;
      if (pending.attempts >= ATTEMPTS) {
        this.#pending.delete(address);
        for (const frame of pending.frames) this.#unresolved(frame);
        return;
      }
      pending.attempts++;
      pending.timer = this.#retryLater(address);
      this.#request(address);
    });
  }

  #request(address: Ipv4): void {
    this.#sendArp(BROADCAST_MAC, {
      operation: ARP_REQUEST,
      senderMac: this.#port.mac,
      senderAddress: this.#address,
      targetMac: 0,
      targetAddress: address,
    });
  }

  #sendArp(destination: Mac, packet: ArpPacket): void {
    const frame = newFrame(ETHERNET_HEADER + ARP_LENGTH);
    writeEthernet(frame.bytes, frame.start, destination, this.#port.mac, ETHERTYPE_ARP);
    encodeArp(frame.bytes, frame.start + ETHERNET_HEADER, packet);
    this.#transmit(frame);
  }

  #sendTo(frame: Frame, mac: Mac): void {
    writeEthernet(frame.bytes, frame.start, mac, this.#port.mac, ETHERTYPE_IPV4);
    this.#transmit(frame);
  }
}
