/**
 * Neighbours of one port (RFC 826). Both slots share them: a link has one set of machines, whatever is
 * configured above it.
 *
 * A neighbour is asked for at once when a route names it as its gateway, or when the first packet goes to it.
 * Packets wait meanwhile, in a bounded queue. After three questions, a second apart, what waits is given up.
 * A neighbour that routes still name is then asked again ever more rarely, up to twice a minute; one that none
 * names is forgotten. What is known is not aged: a neighbour's MAC address changes when a message of its own
 * says so.
 */
import {
  BROADCAST_MAC,
  contains,
  formatIpv4,
  type Ipv4,
  type Mac,
  type Prefix,
  prefixOf,
} from '../../net/address.ts';
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, type ArpPacket, decodeArp, encodeArp } from '../../net/arp.ts';
import {
  ETHERNET_HEADER,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  etherType,
  readMac,
  writeEthernet,
} from '../../net/ethernet.ts';
import { ipv4Destination } from '../../net/ipv4.ts';
import { type Clock, SECOND, type Timer } from '../../world/clock.ts';
import { type Frame, newFrame } from '../../world/frame.ts';

const QUESTIONS = 3;
const INTERVAL_NS = SECOND;
const LONGEST_INTERVAL_NS = 32 * SECOND;
export const MAX_WAITING = 64;
export const MAX_NEIGHBOURS = 16_384;

const UNKNOWN: Mac = -1;

/** What waits for a neighbour: a packet, and what is to be done with it when it is known, or not to be had. */
export interface Waiting {
  found(): void;
  notFound(): void;
}

export class Neighbour {
  readonly address: Ipv4;
  readonly text: string;
  mac: Mac = UNKNOWN;
  /** Next-hop groups that name it. */
  references = 0;
  questions = 0;
  timer: Timer | undefined = undefined;
  waiting: Waiting[] = [];

  constructor(address: Ipv4) {
    this.address = address;
    this.text = formatIpv4(address);
  }

  get known(): boolean {
    return this.mac !== UNKNOWN;
  }
}

/** What the table needs from the engine. */
export interface ArpOutputs {
  readonly mac: Mac;
  /** The port's own addresses now, those of the real slot first. */
  addresses(): readonly Prefix[];
  send(frame: Frame): void;
}

export class ArpTable {
  readonly #clock: Clock;
  readonly #outputs: ArpOutputs;
  readonly #neighbours = new Map<Ipv4, Neighbour>();

  constructor(clock: Clock, outputs: ArpOutputs) {
    this.#clock = clock;
    this.#outputs = outputs;
  }

  /** The neighbour, and a new one where it is not known yet; undefined where the table is full. */
  neighbour(address: Ipv4): Neighbour | undefined {
    const found = this.#neighbours.get(address);
    if (found !== undefined || this.#neighbours.size >= MAX_NEIGHBOURS) return found;
    return this.#add(address);
  }

  /** Does an IPv4 frame without label go to its very destination, and not to a gateway? */
  isAtDestination({ bytes, start }: Frame): boolean {
    if (etherType(bytes, start) !== ETHERTYPE_IPV4) return false;
    const destination = ipv4Destination(bytes, start + ETHERNET_HEADER);
    return this.#neighbours.get(destination)?.mac === readMac(bytes, start);
  }

  /** A route names the neighbour from now on: a reason to ask at once, even where others asked in vain. */
  hold(address: Ipv4): Neighbour {
    const neighbour = this.#neighbours.get(address) ?? this.#add(address);
    neighbour.references++;
    if (!neighbour.known && (neighbour.questions === 0 || neighbour.questions > QUESTIONS)) {
      neighbour.timer?.cancel();
      neighbour.questions = 0;
      this.#ask(neighbour);
    }
    return neighbour;
  }

  /** A route names it no more. */
  letGo(neighbour: Neighbour): void {
    neighbour.references--;
  }

  /** Keeps what waits until the neighbour has answered. False where too much does, or it did not answer. */
  wait(neighbour: Neighbour, waiting: Waiting): boolean {
    if (neighbour.questions >= QUESTIONS && neighbour.waiting.length === 0) return false;
    if (neighbour.waiting.length >= MAX_WAITING) return false;
    neighbour.waiting.push(waiting);
    if (neighbour.timer === undefined) this.#ask(neighbour);
    return true;
  }

  /** Takes an ARP message: answers what is asked for an address of ours, and learns (RFC 826). */
  receive(bytes: Uint8Array, at: number, end: number): void {
    const message = decodeArp(bytes, at, end);
    if (message === undefined || !isUnicast(message.senderMac)) return;
    const own = this.#outputs.addresses();
    const forUs = own.some(({ address }) => address === message.targetAddress);
    this.#learn(message, forUs);
    if (forUs && message.operation === ARP_REQUEST) {
      this.#send(ARP_REPLY, message.targetAddress, message.senderMac, message.senderAddress);
    }
  }

  #learn({ senderAddress, senderMac }: ArpPacket, forUs: boolean): void {
    const neighbour = forUs ? this.neighbour(senderAddress) : this.#neighbours.get(senderAddress);
    if (neighbour === undefined) return;
    neighbour.mac = senderMac;
    neighbour.questions = 0;
    neighbour.timer?.cancel();
    neighbour.timer = undefined;
    const { waiting } = neighbour;
    neighbour.waiting = [];
    for (const one of waiting) one.found();
  }

  #add(address: Ipv4): Neighbour {
    const neighbour = new Neighbour(address);
    this.#neighbours.set(address, neighbour);
    return neighbour;
  }

  #ask(neighbour: Neighbour): void {
    neighbour.questions++;
    const beyond = neighbour.questions - QUESTIONS;
    const pauseNs = beyond <= 0 ? INTERVAL_NS : Math.min(INTERVAL_NS * 2 ** beyond, LONGEST_INTERVAL_NS);
    this.#send(ARP_REQUEST, this.#sourceFor(neighbour.address), 0, neighbour.address);
    neighbour.timer = this.#clock.after(pauseNs, () => this.#unanswered(neighbour));
  }

  #unanswered(neighbour: Neighbour): void {
    neighbour.timer = undefined;
    if (neighbour.questions >= QUESTIONS) {
      const { waiting } = neighbour;
      neighbour.waiting = [];
      for (const one of waiting) one.notFound();
      if (neighbour.references === 0) {
        this.#neighbours.delete(neighbour.address);
        return;
      }
    }
    this.#ask(neighbour);
  }

  /** The own address on the neighbour's subnet, else the first one; 0 (a probe, RFC 5227) where there is none. */
  #sourceFor(target: Ipv4): Ipv4 {
    const own = this.#outputs.addresses();
    const near = own.find(({ address, length }) => contains(prefixOf(address, length), target));
    return (near ?? own[0])?.address ?? 0;
  }

  #send(operation: ArpPacket['operation'], senderAddress: Ipv4, targetMac: Mac, targetAddress: Ipv4): void {
    const senderMac = this.#outputs.mac;
    const frame = newFrame(ETHERNET_HEADER + ARP_LENGTH);
    const destination = operation === ARP_REQUEST ? BROADCAST_MAC : targetMac;
    writeEthernet(frame.bytes, frame.start, destination, senderMac, ETHERTYPE_ARP);
    encodeArp(frame.bytes, frame.start + ETHERNET_HEADER, {
      operation,
      senderMac,
      senderAddress,
      targetMac,
      targetAddress,
    });
    this.#outputs.send(frame);
  }
}

/** The group bit is the lowest of the first octet. */
function isUnicast(mac: Mac): boolean {
  return mac !== 0 && Math.floor(mac / 0x10000000000) % 2 === 0;
}
