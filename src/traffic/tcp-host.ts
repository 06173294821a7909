/**
 * TCP on a host: one stack for each plane, so that a connection lives in one plane from its SYN on. The host tells
 * by DSCP which plane a packet came by (packet.ts); which one it is sent in, the stack's user chose.
 */
import type { Ipv4 } from '../net/address.ts';
import { readU16, readU32 } from '../net/bytes.ts';
import { ipv4Destination, ipv4Source, PROTOCOL_TCP } from '../net/ipv4.ts';
import { readTcp, type TcpSegment, tcpChecksumHolds, tcpLength, writeTcp } from '../net/tcp.ts';
import type { Plane } from '../net/wire.ts';
import { type TcpNetwork, TcpStack } from '../tcp/stack.ts';
import { SECOND, type TimeNs } from '../world/clock.ts';
import type { World } from '../world/world.ts';
import type { Host, HostDrop, TcpTaker } from './host.ts';
import { DEFAULT_TTL, ipv4At, newPacket, payloadAt, planeAt } from './packet.ts';

export class TcpHost implements TcpTaker {
  readonly host: Host;
  readonly #stacks: Readonly<Record<Plane, TcpStack>>;
  readonly #paths: Readonly<Record<Plane, PathMtus>>;

  /** Takes the host's TCP from now on. One for a host. */
  constructor(world: World, host: Host) {
    this.host = host;
    this.#paths = { real: new PathMtus(world), shadow: new PathMtus(world) };
    this.#stacks = {
      real: new TcpStack(forkOf(world, `${host.name} real`), this.#networkIn('real')),
      shadow: new TcpStack(forkOf(world, `${host.name} shadow`), this.#networkIn('shadow')),
    };
    host.listenTcp(this);
  }

  stack(plane: Plane): TcpStack {
    return this.#stacks[plane];
  }

  receive(bytes: Uint8Array, ipAt: number, at: number, end: number): HostDrop | undefined {
    const segment = readTcp(bytes, at, end);
    if (segment === undefined) return 'malformed';
    if (!tcpChecksumHolds(bytes, at, end, ipAt)) return 'checksum';
    const stack = this.#stacks[planeAt(bytes, ipAt)];
    stack.receive(ipv4Source(bytes, ipAt), ipv4Destination(bytes, ipAt), segment);
    return undefined;
  }

  tooBig(bytes: Uint8Array, ipAt: number, at: number, mtu: number): void {
    const plane = planeAt(bytes, ipAt);
    const ends = {
      local: ipv4Source(bytes, ipAt),
      localPort: readU16(bytes, at),
      remote: ipv4Destination(bytes, ipAt),
      remotePort: readU16(bytes, at + 2),
    };
    // Only of a segment that is on its way: anyone could say so otherwise.
    const believed = this.#stacks[plane].tooBig(ends, readU32(bytes, at + 4), mtu);
    if (believed) this.#paths[plane].learn(ends.remote, mtu);
  }

  #networkIn(plane: Plane): TcpNetwork {
    const { host } = this;
    return {
      sourceFor: () => host.address,
      mtuTo: (destination) => Math.min(host.mtu, this.#paths[plane].to(destination)),
      send: (source: Ipv4, destination: Ipv4, segment: TcpSegment) => {
        const payloadLength = tcpLength(segment);
        const protocol = PROTOCOL_TCP;
        const frame = newPacket({ source, destination, protocol, plane, ttl: DEFAULT_TTL, payloadLength });
        writeTcp(frame.bytes, payloadAt(frame), segment, ipv4At(frame));
        host.send(frame);
      },
    };
  }
}

/** RFC 1191 6.3: after so long a larger packet is tried again. */
const FORGET_AFTER_NS = 600 * SECOND;
const MAX_PATHS = 1024;

/** What routers said of paths that carry less than the host's own link. */
class PathMtus {
  readonly #world: World;
  readonly #known = new Map<Ipv4, { readonly mtu: number; readonly untilNs: TimeNs }>();

  constructor(world: World) {
    this.#world = world;
  }

  to(destination: Ipv4): number {
    const known = this.#known.get(destination);
    return known !== undefined && this.#world.clock.now() < known.untilNs
      ? known.mtu
      : Number.POSITIVE_INFINITY;
  }

  learn(destination: Ipv4, mtu: number): void {
    this.#known.delete(destination);
    if (this.#known.size >= MAX_PATHS) this.#known.clear();
    this.#known.set(destination, { mtu, untilNs: this.#world.clock.now() + FORGET_AFTER_NS });
  }
}

function forkOf({ clock, random, log }: World, name: string): World {
  return { clock, random: random.fork(name), log };
}
