/**
 * TCP of a slot, for BGP: a stack whose segments travel as the slot's own packets, in its plane and by its routes.
 * Each neighbour has a TTL, the least TTL that is believed of it (RFC 5082) and a password (RFC 2385); segments of
 * anyone else are not even refused.
 *
 *     session ──▶ SlotTcp ──▶ TcpStack ──▶ signature, TTL ──▶ Forwarding.send
 *                    ▲                                              │
 *                    └──── neighbour, TTL, checksum, signature ◀────┘ BgpSpeaker.receive
 *
 * A host knows of no planes: its packets are those of the plane that is real, and when planes are swapped a connection
 * to it lives on in the other slot. So a segment goes to the slot that has its connection (RouterTcp), and slots take
 * local ports apart from one another's: even and odd.
 */
import type { InterfaceConfig } from '../../config/model.ts';
import { contains, type Ipv4, prefixOf } from '../../net/address.ts';
import { readU16, readU32, writeU16, writeU32 } from '../../net/bytes.ts';
import { internetChecksum, transportChecksum } from '../../net/checksum.ts';
import { ICMP_HEADER, mtuSaid } from '../../net/icmp.ts';
import {
  IPV4_HEADER,
  ipv4Destination,
  ipv4HeaderLength,
  ipv4Source,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
} from '../../net/ipv4.ts';
import { ACK, readTcp, SYN, type TcpSegment, tcpChecksumHolds, tcpLength, writeTcp } from '../../net/tcp.ts';
import { sameSignature, tcpSignature } from '../../net/tcp-md5.ts';
import { BGP_PORT } from '../../net/wire.ts';
import type { TcpSettings } from '../../tcp/settings.ts';
import { TcpLimitError, TcpStack } from '../../tcp/stack.ts';
import { SECOND } from '../../world/clock.ts';
import { otherSlot, type Slot } from '../forwarding/contract.ts';
import type { ByteStream, StreamEvents, Transport, TransportSettings } from '../protocols/bgp/contract.ts';
import type { Rib } from '../rib/rib.ts';
import {
  DEFAULT_VRF,
  type LocalPacket,
  longestOwnPacket,
  type SlotView,
  type SpeakerSurroundings,
} from './speaker.ts';

/** DSCP CS6, as for all control traffic. */
const TOS_CONTROL = 0xc0;
/** What TCP's options may take, and a signature with its two bytes of padding. */
const SIGNATURE_BYTES = 20;
const SACK_BLOCKS_BESIDE_SIGNATURE = 2;
const TCP_CHECKSUM_AT = 16;
const NO_SIGNATURE = new Uint8Array(16);
/** Nothing is known of the way: what every link carries (RFC 791 3.2). */
const LEAST_MTU = 576;
const MAX_CONNECTIONS = 4096;
/** How long a neighbour's last segments may take that is no neighbour any more. */
const FORGET_AFTER_NS = 60 * SECOND;

/** No timestamps: they and a signature do not fit into one SYN. Messages go out whole, so nothing is held back. */
const SETTINGS: Partial<TcpSettings> = {
  timestamps: false,
  noDelay: true,
  sendBufferBytes: 1 << 20,
  receiveBufferBytes: 512 << 10,
};

/** The TCPs of one router: of both slots, and of each VRF in them. */
export class RouterTcp {
  readonly #all = new Map<string, SlotTcp>();

  join(slot: Slot, vrf: string, tcp: SlotTcp): void {
    this.#all.set(`${slot} ${vrf}`, tcp);
  }

  of(slot: Slot, vrf: string): SlotTcp | undefined {
    return this.#all.get(`${slot} ${vrf}`);
  }
}

interface Neighbour {
  readonly settings: TransportSettings;
  readonly key: Uint8Array | undefined;
  /** Absent while no connection of it is taken. */
  accept: ((stream: ByteStream) => StreamEvents) | undefined;
}

export class SlotTcp implements Transport {
  readonly #surroundings: SpeakerSurroundings;
  readonly #vrf: string;
  readonly #router: RouterTcp;
  readonly #rib: Rib;
  readonly #stack: TcpStack;
  readonly #neighbours = new Map<Ipv4, Neighbour>();
  #view: SlotView | undefined;
  #isStopped = false;
  /** Asked of a first segment that nobody takes: it may `listen` to whom it is from. */
  onStranger: ((remote: Ipv4) => void) | undefined;

  constructor(surroundings: SpeakerSurroundings, vrf: string, router: RouterTcp) {
    const { world, slot, table } = surroundings;
    this.#surroundings = surroundings;
    this.#vrf = vrf;
    this.#router = router;
    this.#rib = table(vrf);
    const random = world.random.fork(`bgp ${slot} ${vrf}`);
    this.#stack = new TcpStack(
      { ...world, random },
      {
        sourceFor: (destination) => this.#sourceFor(destination) ?? 0,
        mtuTo: (destination) => this.#mtuTo(destination),
        send: (source, destination, segment) => this.#send(source, destination, segment),
      },
      { connections: MAX_CONNECTIONS, dynamicPorts: { first: slot, step: 2 } },
    );
    this.#stack.listen(
      BGP_PORT,
      (connection) => {
        const accept = this.#neighbours.get(connection.remote)?.accept;
        if (accept !== undefined) return accept(connection);
        connection.abort();
        return {};
      },
      SETTINGS,
    );
    router.join(slot, vrf, this);
  }

  /** Interfaces, their addresses and MTUs. */
  configure(view: SlotView): void {
    this.#view = view;
  }

  connect(settings: TransportSettings, events: StreamEvents): ByteStream | undefined {
    const local = settings.local ?? this.#sourceFor(settings.remote);
    if (local === undefined || this.#rib.lookup(settings.remote) === undefined) return undefined;
    try {
      return this.#stack.connect(settings.remote, BGP_PORT, events, { ...SETTINGS, local });
    } catch (error) {
      if (!(error instanceof TcpLimitError)) throw error;
      this.#surroundings.world.log('warning', error.message);
      return undefined;
    }
  }

  listen(settings: TransportSettings, accept: (stream: ByteStream) => StreamEvents): { stop(): void } {
    const { password } = settings;
    const key = password === undefined ? undefined : new TextEncoder().encode(password);
    const neighbour: Neighbour = { settings, key, accept };
    this.#neighbours.set(settings.remote, neighbour);
    return {
      stop: () => {
        neighbour.accept = undefined;
        // Its last segments still go out as they should.
        this.#surroundings.world.clock.call(FORGET_AFTER_NS, () => {
          if (this.#neighbours.get(settings.remote) === neighbour) this.#neighbours.delete(settings.remote);
        });
      },
    };
  }

  /** Is there a connection here that the segment belongs to? */
  knows(source: Ipv4, destination: Ipv4, segment: TcpSegment): boolean {
    return this.#stack.knows(source, destination, segment);
  }

  /** Takes a packet of TCP, or of ICMP about one, that forwarding has handed up. */
  receive(packet: LocalPacket): void {
    if ((packet.vrf ?? DEFAULT_VRF) !== this.#vrf || this.#isStopped) return;
    if (packet.protocol === PROTOCOL_ICMP) this.#tooBig(packet.payload);
    if (packet.protocol !== PROTOCOL_TCP) return;
    const { source, destination, ttl, payload } = packet;
    const bytes = withPseudoHeader(source, destination, payload.length);
    bytes.set(payload, IPV4_HEADER);
    if (!tcpChecksumHolds(bytes, IPV4_HEADER, bytes.length, 0)) return;
    const segment = readTcp(bytes, IPV4_HEADER, bytes.length);
    if (segment === undefined) return;
    const other = this.#router.of(otherSlot(this.#surroundings.slot), this.#vrf);
    const knows = (tcp: SlotTcp): boolean => tcp.knows(source, destination, segment);
    const taker = other !== undefined && knows(other) && !knows(this) ? other : this;
    taker.#arrives(source, destination, ttl, segment, bytes.subarray(IPV4_HEADER));
  }

  /** Drops every connection, and sends nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#stack.abortAll();
  }

  #arrives(source: Ipv4, destination: Ipv4, ttl: number, segment: TcpSegment, bytes: Uint8Array): void {
    const isFirst = (segment.flags & (SYN | ACK)) === SYN;
    if (isFirst && this.#neighbours.get(source)?.accept === undefined) this.onStranger?.(source);
    const neighbour = this.#neighbours.get(source);
    if (neighbour === undefined) return;
    const { accept, key, settings } = neighbour;
    if (ttl < (settings.minimumTtl ?? 0)) return;
    // RFC 2385 3: what is signed must be right, and what must be signed must be there.
    const { md5 } = segment.options;
    if ((md5 === undefined) !== (key === undefined)) return;
    if (key && md5 && !sameSignature(md5, tcpSignature(source, destination, bytes, key))) return;
    // One that is not taken now is silently left to try again; a refusal would keep it from that for minutes.
    if (isFirst && accept === undefined) return;
    this.#stack.receive(source, destination, segment);
  }

  /** RFC 1191: a segment that we sent, as the router quotes it that could not send it on. */
  #tooBig(bytes: Uint8Array): void {
    const quotedAt = ICMP_HEADER;
    if (internetChecksum(bytes, 0, bytes.length) !== 0) return;
    const at = quotedAt + ipv4HeaderLength(bytes, quotedAt);
    if (at + 8 > bytes.length) return;
    const ends = {
      local: ipv4Source(bytes, quotedAt),
      localPort: readU16(bytes, at),
      remote: ipv4Destination(bytes, quotedAt),
      remotePort: readU16(bytes, at + 2),
    };
    const signed = this.#neighbours.get(ends.remote)?.key === undefined ? 0 : SIGNATURE_BYTES;
    this.#stack.tooBig(ends, readU32(bytes, at + 4), mtuSaid(bytes, 0) - signed);
  }

  #send(source: Ipv4, destination: Ipv4, segment: TcpSegment): void {
    const neighbour = this.#neighbours.get(destination);
    if (neighbour === undefined || this.#isStopped) return;
    const { settings, key } = neighbour;
    const whole = key === undefined ? segment : withRoomForSignature(segment);
    const bytes = withPseudoHeader(source, destination, tcpLength(whole));
    writeTcp(bytes, IPV4_HEADER, whole, 0);
    const payload = bytes.subarray(IPV4_HEADER);
    if (key !== undefined) sign(bytes, tcpSignature(source, destination, payload, key));
    const { slot, forwarding } = this.#surroundings;
    forwarding.send(slot, {
      ...(this.#vrf === DEFAULT_VRF ? undefined : { vrf: this.#vrf }),
      source,
      destination,
      protocol: PROTOCOL_TCP,
      ttl: settings.ttl,
      tos: TOS_CONTROL,
      payload,
    });
  }

  /** The interface that the way to an address leaves by, as the configuration has it. */
  #wayTo(destination: Ipv4): InterfaceConfig | undefined {
    const hop = this.#rib.lookup(destination)?.nextHops[0];
    const name = hop !== undefined && 'port' in hop ? hop.port : undefined;
    return this.#view?.config.interfaces.find((each) => each.name === name);
  }

  /** Of the interface's addresses that on the link where the neighbour is, else the first. */
  #sourceFor(destination: Ipv4): Ipv4 | undefined {
    const addresses = this.#wayTo(destination)?.addresses ?? [];
    const near = addresses.find(({ address, length }) => contains(prefixOf(address, length), destination));
    return (near ?? addresses[0])?.address;
  }

  #mtuTo(destination: Ipv4): number {
    const way = this.#wayTo(destination);
    const port = this.#view?.ports.find(({ name }) => name === way?.name);
    const mtu = port === undefined ? LEAST_MTU : longestOwnPacket(way?.mtu, port);
    return mtu - (this.#neighbours.get(destination)?.key === undefined ? 0 : SIGNATURE_BYTES);
  }
}

/** Room for `length` bytes of TCP, behind as much of an IPv4 header as checksums cover. */
function withPseudoHeader(source: Ipv4, destination: Ipv4, length: number): Uint8Array {
  const bytes = new Uint8Array(IPV4_HEADER + length);
  bytes[9] = PROTOCOL_TCP;
  writeU32(bytes, 12, source);
  writeU32(bytes, 16, destination);
  return bytes;
}

function withRoomForSignature(segment: TcpSegment): TcpSegment {
  const { sackBlocks, ...others } = segment.options;
  const kept = sackBlocks && { sackBlocks: sackBlocks.slice(0, SACK_BLOCKS_BESIDE_SIGNATURE) };
  return { ...segment, options: { ...others, ...kept, md5: NO_SIGNATURE } };
}

/** Fills in the signature, wherever among the options it is, and mends the checksum. */
function sign(bytes: Uint8Array, signature: Uint8Array): void {
  readTcp(bytes, IPV4_HEADER, bytes.length)?.options.md5?.set(signature);
  writeU16(bytes, IPV4_HEADER + TCP_CHECKSUM_AT, 0);
  writeU16(bytes, IPV4_HEADER + TCP_CHECKSUM_AT, transportChecksum(bytes, IPV4_HEADER, bytes.length, 0));
}
