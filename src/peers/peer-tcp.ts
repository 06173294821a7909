/**
 * TCP of an external peer: BGP's port, and a single stack for both planes. A connection is known by its ends alone,
 * and answers in the plane that its last segment came by. So it survives a commit: the slot of the router that it
 * belongs to goes on with it in the other plane, and the peer follows.
 */
import type { Ipv4 } from '../net/address.ts';
import { ipv4Destination, ipv4Source, PROTOCOL_TCP } from '../net/ipv4.ts';
import { readTcp, type TcpSegment, tcpChecksumHolds, tcpLength, writeTcp } from '../net/tcp.ts';
import { BGP_PORT, type Plane } from '../net/wire.ts';
import type { ByteStream, StreamEvents } from '../routerd/protocols/bgp/contract.ts';
import type { TcpConnection, TcpEvents } from '../tcp/connection.ts';
import { TcpStack } from '../tcp/stack.ts';
import type { Host, HostDrop, TcpTaker } from '../traffic/host.ts';
import { ipv4At, newPacket, payloadAt, planeAt } from '../traffic/packet.ts';
import type { World } from '../world/world.ts';

/** Routers that check by it how far their neighbour is (RFC 5082) find it on the link. */
const TTL = 255;
/** Routers on one link, both slots, and connections that end while others begin. */
const MAX_CONNECTIONS = 256;

/** A stream, and the plane in which it is now. */
export interface PlaneStream extends ByteStream {
  readonly plane: Plane;
}

export class PeerTcp implements TcpTaker {
  readonly #host: Host;
  readonly #stack: TcpStack;
  /** By the other end: the plane of the last segment. */
  readonly #planes = new Map<number, Plane>();

  /** Takes the host's TCP from now on, and every connection to BGP's port. */
  constructor(world: World, host: Host, accept: (stream: PlaneStream) => StreamEvents) {
    this.#host = host;
    const network = {
      sourceFor: () => host.address,
      mtuTo: () => host.mtu,
      send: (source: Ipv4, destination: Ipv4, segment: TcpSegment) =>
        this.#send(source, destination, segment),
    };
    this.#stack = new TcpStack(world, network, { connections: MAX_CONNECTIONS });
    this.#stack.listen(BGP_PORT, (connection) => this.#joined(connection, accept));
    host.listenTcp(this);
  }

  receive(bytes: Uint8Array, ipAt: number, at: number, end: number): HostDrop | undefined {
    const segment = readTcp(bytes, at, end);
    if (segment === undefined) return 'malformed';
    if (!tcpChecksumHolds(bytes, at, end, ipAt)) return 'checksum';
    const source = ipv4Source(bytes, ipAt);
    const destination = ipv4Destination(bytes, ipAt);
    // What it stands for has no servers.
    if (destination !== this.#host.address || segment.destinationPort !== BGP_PORT) return 'unreachable';
    this.#follow(endKey(source, segment.sourcePort), planeAt(bytes, ipAt));
    this.#stack.receive(source, destination, segment);
    return undefined;
  }

  /** Its only way is its own link. */
  tooBig(): void {}

  #follow(end: number, plane: Plane): void {
    if (!this.#planes.has(end) && this.#planes.size >= 2 * MAX_CONNECTIONS) {
      const [oldest] = this.#planes.keys();
      this.#planes.delete(oldest);
    }
    this.#planes.delete(end);
    this.#planes.set(end, plane);
  }

  #send(source: Ipv4, destination: Ipv4, segment: TcpSegment): void {
    const plane = this.#planes.get(endKey(destination, segment.destinationPort)) ?? 'real';
    const payloadLength = tcpLength(segment);
    const frame = newPacket({ source, destination, protocol: PROTOCOL_TCP, plane, ttl: TTL, payloadLength });
    writeTcp(frame.bytes, payloadAt(frame), segment, ipv4At(frame));
    this.#host.send(frame);
  }

  #joined(connection: TcpConnection, accept: (stream: PlaneStream) => StreamEvents): TcpEvents {
    const { local, remote, remotePort } = connection.endpoints;
    const planes = this.#planes;
    const events = accept({
      local,
      remote,
      get plane() {
        return planes.get(endKey(remote, remotePort)) ?? 'real';
      },
      write: (bytes) => connection.write(bytes),
      read: (limit) => connection.read(limit),
      close: () => connection.close(),
      abort: () => connection.abort(),
    });
    return {
      readable: () => events.readable(),
      writable: () => events.writable(),
      ended: () => events.ended(),
      closed: (why) => events.closed(why),
    };
  }
}

/** One number for an address and a port. */
function endKey(address: Ipv4, port: number): number {
  return address * 65_536 + port;
}
