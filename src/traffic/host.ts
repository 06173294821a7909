/**
 * An end system: one port, one IPv4 address, one gateway. It answers ARP and ping, and lets others send and
 * receive UDP. Sources (source.ts) send through a host and sinks (sink.ts) listen on one.
 *
 * A host knows nothing of labels: it says by DSCP that a packet is for the shadow plane, and learns by DSCP
 * that one came from there (src/net/wire.ts). Answers go back in the plane of the question.
 *
 * Where the kernel has the address, too, a host is only half the end system: the kernel answers, and its programs
 * have their ports. This half takes what is shadowlab's own (`#isOwn`), passes over the rest and never answers.
 *
 * What must stay true: nothing that arrives makes a host throw; what it does not take, it counts by reason.
 */
import { BROADCAST_MAC, contains, type Ipv4, type Prefix, prefixOf } from '../net/address.ts';
import { readU16, readU32 } from '../net/bytes.ts';
import { internetChecksum } from '../net/checksum.ts';
import { ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_IPV4, etherType, hasMac } from '../net/ethernet.ts';
import {
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_HEADER,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  mtuSaid,
  UNREACHABLE_FRAGMENTATION_NEEDED,
  UNREACHABLE_HOST,
  UNREACHABLE_PORT,
  UNREACHABLE_PROTOCOL,
  writeIcmp,
} from '../net/icmp.ts';
import {
  IPV4_HEADER,
  ipv4ChecksumHolds,
  ipv4Destination,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalLength,
  ipv4Ttl,
  isIpv4,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../net/ipv4.ts';
import {
  UDP_HEADER,
  udpChecksumHolds,
  udpDestinationPort,
  udpLength,
  udpSourcePort,
  writeUdp,
} from '../net/udp.ts';
import { BGP_PORT, FIRST_OWN_PORT, type Plane, PROBE_PORT } from '../net/wire.ts';
import { Frame } from '../world/frame.ts';
import type { Port } from '../world/port.ts';
import type { World } from '../world/world.ts';
import { EchoClient, type PingOptions, type PingOutcome } from './echo.ts';
import { Neighbours } from './neighbours.ts';
import { DEFAULT_TTL, ipv4At, newPacket, payloadAt, planeAt } from './packet.ts';
import { Reassembly } from './reassembly.ts';

/** From here on no address is a host's: multicast, then class E (RFC 1122 3.2.1.3). */
const FIRST_MULTICAST: Ipv4 = 0xe0000000;
/** Code of ICMP time exceeded: the fragments did not all come in time (RFC 792). */
const EXCEEDED_REASSEMBLY = 1;
/** Non-zero in every fragment of a datagram, also the first: more fragments, or an offset. */
const FRAGMENT_BITS = 0x3fff;

export interface HostSettings {
  readonly address: Ipv4;
  readonly prefixLength: number;
  readonly gateway: Ipv4;
  /** The kernel has the address as well, and takes and answers what is not shadowlab's own. Default false. */
  readonly hasKernel?: boolean;
  /**
   * It stands for the Internet: takes packets to any address and answers from there, and speaks BGP, by itself also
   * where there is a kernel. Default false.
   */
  readonly isInternet?: boolean;
}

/** A UDP datagram for a listener. Valid only during the call, `bytes` too. */
export interface Datagram {
  readonly source: Ipv4;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** The plane it arrived by. */
  readonly plane: Plane;
  readonly bytes: Uint8Array;
  /** Offset of the IPv4 header. */
  readonly ipAt: number;
  /** The payload is bytes[start, end). */
  readonly start: number;
  readonly end: number;
}

/** Takes the TCP segments of a host (tcp-host.ts). What it is handed is valid only during the call. */
export interface TcpTaker {
  /** The segment in bytes[at, end), behind the IPv4 header at `ipAt`. Says why it was not taken. */
  receive(bytes: Uint8Array, ipAt: number, at: number, end: number): HostDrop | undefined;
  /**
   * A router had no room on a link for a packet of this host's: `mtu` bytes, as it says. Its IPv4 header is at
   * `ipAt`, at least 8 bytes of the segment at `at`.
   */
  tooBig(bytes: Uint8Array, ipAt: number, at: number, mtu: number): void;
}

export type HostDrop =
  | 'malformed'
  | 'checksum'
  /** Another's MAC or IP address, or not IPv4. */
  | 'not-for-us'
  /** A datagram whose fragments did not all come, or overlapped. */
  | 'fragment'
  /** No one listens: port or protocol. */
  | 'unreachable'
  /** Sending: nobody has the next hop's address. */
  | 'arp'
  | 'mtu'
  | 'queue';

export interface HostCounters {
  /** IPv4 packets taken and sent, ICMP included. */
  readonly inPackets: number;
  readonly inBytes: number;
  readonly outPackets: number;
  readonly outBytes: number;
  readonly drops: Readonly<Partial<Record<HostDrop, number>>>;
}

export class Host {
  readonly name: string;
  readonly address: Ipv4;
  readonly #port: Port;
  readonly #subnet: Prefix;
  readonly #gateway: Ipv4;
  readonly #hasKernel: boolean;
  readonly #isInternet: boolean;
  readonly #neighbours: Neighbours;
  readonly #echo: EchoClient;
  readonly #reassembly: Reassembly;
  readonly #listeners = new Map<number, (datagram: Datagram) => void>();
  /** The datagram that came last. */
  readonly #datagram: { -readonly [Key in keyof Datagram]: Datagram[Key] } = {
    source: 0,
    sourcePort: 0,
    destinationPort: 0,
    plane: 'real',
    bytes: new Uint8Array(),
    ipAt: 0,
    start: 0,
    end: 0,
  };
  readonly #drops: Partial<Record<HostDrop, number>> = {};
  #tcp: TcpTaker | undefined;
  #inPackets = 0;
  #inBytes = 0;
  #outPackets = 0;
  #outBytes = 0;

  constructor(world: World, name: string, port: Port, settings: HostSettings) {
    this.name = name;
    this.address = settings.address;
    this.#port = port;
    this.#subnet = prefixOf(settings.address, settings.prefixLength);
    this.#gateway = settings.gateway;
    this.#hasKernel = settings.hasKernel ?? false;
    this.#isInternet = settings.isInternet ?? false;
    this.#echo = new EchoClient(world.clock, settings.address, settings.address & 0xffff);
    this.#neighbours = new Neighbours(
      world.clock,
      port,
      settings.address,
      (frame) => this.#transmit(frame),
      (frame) => this.#unresolved(frame),
      !this.#hasKernel,
    );
    this.#reassembly = new Reassembly(world.clock, (first) => this.#notWhole(first));
    port.receiver((frame) => this.#receive(frame));
  }

  counters(): HostCounters {
    return {
      inPackets: this.#inPackets,
      inBytes: this.#inBytes,
      outPackets: this.#outPackets,
      outBytes: this.#outBytes,
      drops: { ...this.#drops },
    };
  }

  /** Asks for the gateway's MAC address, so that neither side has to when traffic starts. */
  greetGateway(): void {
    if (this.#neighbours.macOf(this.#gateway) === undefined) this.#neighbours.resolve(this.#gateway);
  }

  /** Largest IPv4 packet in bytes that the host's link carries. */
  get mtu(): number {
    return this.#port.mtu;
  }

  /** Sends a frame made by `newPacket`, whose IPv4 packet is complete. The host owns the frame from here on. */
  send(frame: Frame): void {
    if (ipv4TotalLength(frame.bytes, ipv4At(frame)) > this.#port.mtu) {
      this.#drop('mtu');
      return;
    }
    const destination = ipv4Destination(frame.bytes, ipv4At(frame));
    this.#neighbours.send(frame, contains(this.#subnet, destination) ? destination : this.#gateway);
  }

  sendUdp(datagram: {
    readonly destination: Ipv4;
    readonly sourcePort: number;
    readonly destinationPort: number;
    readonly plane: Plane;
    readonly payload: Uint8Array;
  }): void {
    const frame = newPacket({
      source: this.address,
      destination: datagram.destination,
      protocol: PROTOCOL_UDP,
      plane: datagram.plane,
      ttl: DEFAULT_TTL,
      payloadLength: UDP_HEADER + datagram.payload.length,
    });
    const udpAt = payloadAt(frame);
    frame.bytes.set(datagram.payload, udpAt + UDP_HEADER);
    const { sourcePort, destinationPort } = datagram;
    writeUdp(frame.bytes, udpAt, frame.end, sourcePort, destinationPort, ipv4At(frame));
    this.send(frame);
  }

  /** Gives every good datagram for a UDP port to `receive`, until the next call for that port. */
  listen(port: number, receive: (datagram: Datagram) => void): void {
    this.#listeners.set(port, receive);
  }

  /** Gives every TCP segment to `taker` from now on; without one nobody here speaks TCP. */
  listenTcp(taker: TcpTaker): void {
    this.#tcp = taker;
  }

  /**
   * Sends one ICMP echo request; `done` is called once, with the first answer or when the time is over.
   * Throws TrafficLimitError with too many outstanding.
   */
  ping(destination: Ipv4, options: PingOptions, done: (outcome: PingOutcome) => void): void {
    this.send(this.#echo.request(destination, options, done));
  }

  #drop(reason: HostDrop): void {
    this.#drops[reason] = (this.#drops[reason] ?? 0) + 1;
  }

  #transmit(frame: Frame): void {
    const ipv4 = etherType(frame.bytes, frame.start) === ETHERTYPE_IPV4;
    const length = frame.length - ETHERNET_HEADER;
    if (!this.#port.send(frame)) this.#drop('queue');
    else if (ipv4) {
      this.#outPackets++;
      this.#outBytes += length;
    }
  }

  /** Nobody answers for the next hop: a ping learns it at once, as from a router (RFC 1812 4.3.3.1). */
  #unresolved(frame: Frame): void {
    this.#drop('arp');
    this.#icmpError(frame.bytes, ipv4At(frame), frame.end, {
      kind: 'unreachable',
      from: this.address,
      code: UNREACHABLE_HOST,
    });
  }

  #receive(frame: Frame): void {
    const reason = this.#take(frame);
    // What is not for this half is the kernel's.
    if (reason !== undefined && !(this.#hasKernel && reason === 'not-for-us')) this.#drop(reason);
    frame.release();
  }

  /** Takes what arrived as far as it goes; says why where that is not all the way. */
  #take(frame: Frame): HostDrop | undefined {
    const { bytes, start, end } = frame;
    if (end - start < ETHERNET_HEADER) return 'malformed';
    if (!hasMac(bytes, start, this.#port.mac) && !hasMac(bytes, start, BROADCAST_MAC)) return 'not-for-us';
    switch (etherType(bytes, start)) {
      case ETHERTYPE_IPV4:
        return this.#receiveIpv4(frame, start + ETHERNET_HEADER);
      case ETHERTYPE_ARP:
        return this.#neighbours.receive(bytes, start + ETHERNET_HEADER, end) ? undefined : 'malformed';
      default:
        return 'not-for-us';
    }
  }

  #receiveIpv4(frame: Frame, ipAt: number): HostDrop | undefined {
    const { bytes } = frame;
    if (!isIpv4(bytes, ipAt, frame.end)) return 'malformed';
    if (!ipv4ChecksumHolds(bytes, ipAt)) return 'checksum';
    if (!this.#answersFor(ipv4Destination(bytes, ipAt))) return 'not-for-us';
    const source = ipv4Source(bytes, ipAt);
    if (source >= FIRST_MULTICAST || source === 0) return 'malformed';
    if ((ipv4Fragment(bytes, ipAt) & FRAGMENT_BITS) !== 0) return this.#receiveFragment(frame, ipAt);
    const length = ipv4TotalLength(bytes, ipAt);
    const at = ipAt + ipv4HeaderLength(bytes, ipAt);
    if (this.#hasKernel && !this.#isOwn(bytes, ipAt, at, ipAt + length)) return 'not-for-us';
    this.#inPackets++;
    this.#inBytes += length;
    switch (ipv4Protocol(bytes, ipAt)) {
      case PROTOCOL_UDP:
        return this.#receiveUdp(bytes, ipAt, at, ipAt + length);
      case PROTOCOL_ICMP:
        return this.#receiveIcmp(bytes, ipAt, at, ipAt + length);
      case PROTOCOL_TCP:
        if (this.#tcp !== undefined) return this.#tcp.receive(bytes, ipAt, at, ipAt + length);
    }
    this.#sendUnreachable(bytes, ipAt, UNREACHABLE_PROTOCOL);
    return 'unreachable';
  }

  #answersFor(destination: Ipv4): boolean {
    return destination === this.address || (this.#isInternet && destination < FIRST_MULTICAST);
  }

  /**
   * Is the packet with its payload in bytes[at, end) one that somebody here waits for? Of ICMP those are answers, which
   * are told from the kernel's by what they answer.
   */
  #isOwn(bytes: Uint8Array, ipAt: number, at: number, end: number): boolean {
    const protocol = ipv4Protocol(bytes, ipAt);
    if (ipv4Destination(bytes, ipAt) !== this.address) return true;
    if (protocol === PROTOCOL_ICMP) return bytes[at] !== ICMP_ECHO_REQUEST;
    // Both have their destination port there.
    const port = end - at < 4 ? 0 : readU16(bytes, at + 2);
    if (protocol === PROTOCOL_UDP) return this.#listeners.has(port);
    const isOwnPort = port >= FIRST_OWN_PORT || (this.#isInternet && port === BGP_PORT);
    return protocol === PROTOCOL_TCP && this.#tcp !== undefined && isOwnPort;
  }

  #receiveFragment(fragment: Frame, ipAt: number): HostDrop | undefined {
    const whole = this.#reassembly.add(fragment, ipAt);
    return whole instanceof Frame ? this.#receiveIpv4(whole, ipv4At(whole)) : whole;
  }

  /** Its fragments did not all come. Who sent it is told where the first did, in time (RFC 1122 3.3.2). */
  #notWhole(first: Uint8Array | undefined): void {
    if (this.#hasKernel) return;
    this.#drop('fragment');
    if (first !== undefined && isNoIcmpError(first)) {
      this.#sendIcmp(first, 0, ICMP_TIME_EXCEEDED, EXCEEDED_REASSEMBLY, 0, 0, first.length);
    }
  }

  #receiveUdp(bytes: Uint8Array, ipAt: number, at: number, packetEnd: number): HostDrop | undefined {
    if (packetEnd - at < UDP_HEADER) return 'malformed';
    const end = at + udpLength(bytes, at);
    if (end < at + UDP_HEADER || end > packetEnd) return 'malformed';
    if (!udpChecksumHolds(bytes, at, end, ipAt)) return 'checksum';
    const destinationPort = udpDestinationPort(bytes, at);
    const receive = this.#listeners.get(destinationPort);
    if (receive !== undefined) {
      const datagram = this.#datagram;
      datagram.source = ipv4Source(bytes, ipAt);
      datagram.sourcePort = udpSourcePort(bytes, at);
      datagram.destinationPort = destinationPort;
      datagram.plane = planeAt(bytes, ipAt);
      datagram.bytes = bytes;
      datagram.ipAt = ipAt;
      datagram.start = at + UDP_HEADER;
      datagram.end = end;
      receive(datagram);
      return undefined;
    }
    // Measured traffic may outlive its sink; answers would only be load that no one asked for.
    if (destinationPort !== PROBE_PORT) this.#sendUnreachable(bytes, ipAt, UNREACHABLE_PORT);
    return 'unreachable';
  }

  #receiveIcmp(bytes: Uint8Array, ipAt: number, at: number, end: number): HostDrop | undefined {
    if (end - at < ICMP_HEADER) return 'malformed';
    if (internetChecksum(bytes, at, end) !== 0) return 'checksum';
    const from = ipv4Source(bytes, ipAt);
    switch (bytes[at]) {
      case ICMP_ECHO_REQUEST:
        this.#sendIcmp(bytes, ipAt, ICMP_ECHO_REPLY, 0, readU32(bytes, at + 4), at + ICMP_HEADER, end);
        break;
      case ICMP_ECHO_REPLY:
        this.#echo.reply(bytes, at, from, ipv4Ttl(bytes, ipAt), planeAt(bytes, ipAt));
        break;
      case ICMP_UNREACHABLE:
      case ICMP_TIME_EXCEEDED: {
        const kind = bytes[at] === ICMP_UNREACHABLE ? 'unreachable' : 'time-exceeded';
        this.#icmpError(bytes, at + ICMP_HEADER, end, { kind, from, code: bytes[at + 1] });
      }
    }
    return undefined;
  }

  /**
   * Tells the ping, or TCP, whose packet is quoted in bytes[quotedAt, end): an IPv4 header and at least 8 bytes
   * (RFC 792).
   */
  #icmpError(bytes: Uint8Array, quotedAt: number, end: number, outcome: PingOutcome): void {
    if (end - quotedAt < IPV4_HEADER || bytes[quotedAt] >>> 4 !== 4) return;
    const at = quotedAt + ipv4HeaderLength(bytes, quotedAt);
    if (at < quotedAt + IPV4_HEADER || end - at < ICMP_HEADER) return;
    if (ipv4Source(bytes, quotedAt) !== this.address) return;
    switch (ipv4Protocol(bytes, quotedAt)) {
      case PROTOCOL_ICMP:
        this.#echo.error(bytes, at, ipv4Destination(bytes, quotedAt), outcome);
        return;
      case PROTOCOL_TCP:
        if (outcome.kind !== 'unreachable' || outcome.code !== UNREACHABLE_FRAGMENTATION_NEEDED) return;
        this.#tcp?.tooBig(bytes, quotedAt, at, mtuSaid(bytes, quotedAt - ICMP_HEADER));
    }
  }

  /** Quotes the IPv4 header and the first 8 bytes of the payload, or what there is of them (RFC 792). */
  #sendUnreachable(bytes: Uint8Array, ipAt: number, code: number): void {
    const quote = Math.min(ipv4HeaderLength(bytes, ipAt) + 8, ipv4TotalLength(bytes, ipAt));
    this.#sendIcmp(bytes, ipAt, ICMP_UNREACHABLE, code, 0, ipAt, ipAt + quote);
  }

  /** Answers the packet at `ipAt`, in its plane, with an ICMP message whose body is a copy of bytes[from, to). */
  #sendIcmp(
    bytes: Uint8Array,
    ipAt: number,
    type: number,
    code: number,
    rest: number,
    from: number,
    to: number,
  ): void {
    const frame = newPacket({
      source: ipv4Destination(bytes, ipAt),
      destination: ipv4Source(bytes, ipAt),
      protocol: PROTOCOL_ICMP,
      plane: planeAt(bytes, ipAt),
      ttl: DEFAULT_TTL,
      payloadLength: ICMP_HEADER + to - from,
    });
    const at = payloadAt(frame);
    frame.bytes.set(bytes.subarray(from, to), at + ICMP_HEADER);
    writeIcmp(frame.bytes, at, frame.end, type, code, rest);
    this.send(frame);
  }
}

/** An error begets no error (RFC 1122 3.2.2). */
function isNoIcmpError(packet: Uint8Array): boolean {
  const type = packet.at(ipv4HeaderLength(packet, 0));
  return ipv4Protocol(packet, 0) !== PROTOCOL_ICMP || type === ICMP_ECHO_REQUEST || type === ICMP_ECHO_REPLY;
}
