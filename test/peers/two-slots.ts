/** A router as an external peer sees it: two slots, each with TCP and a BGP session of its own, whose planes can be swapped. */
import type { Ipv4 } from '../../src/net/address.ts';
import { ipv4Destination, ipv4Source, PROTOCOL_TCP } from '../../src/net/ipv4.ts';
import { readTcp, type TcpSegment, tcpLength, writeTcp } from '../../src/net/tcp.ts';
import { BGP_PORT, type Plane } from '../../src/net/wire.ts';
import { AttributePool } from '../../src/routerd/protocols/bgp/attribute-pool.ts';
import type { PathAttributes } from '../../src/routerd/protocols/bgp/attributes.ts';
import type { Session, Update } from '../../src/routerd/protocols/bgp/contract.ts';
import { sessionsOver } from '../../src/routerd/protocols/bgp/session.ts';
import { keyOf } from '../../src/routerd/rib/prefix-map.ts';
import { TcpStack } from '../../src/tcp/stack.ts';
import type { Host, TcpTaker } from '../../src/traffic/host.ts';
import { ipv4At, newPacket, payloadAt, planeAt } from '../../src/traffic/packet.ts';
import type { World } from '../../src/world/world.ts';

export class TwoSlots implements TcpTaker {
  readonly slots: readonly [SlotSession, SlotSession];
  #realSlot: 0 | 1 = 0;
  /** Segments of a connection of the slot that does not have the plane any more. */
  strays = 0;

  constructor(world: World, host: Host, peer: Ipv4, as: number) {
    const slot = (index: 0 | 1) => new SlotSession(world, host, peer, as, index, () => this.planeOf(index));
    this.slots = [slot(0), slot(1)];
    host.listenTcp(this);
  }

  planeOf(slot: 0 | 1): Plane {
    return slot === this.#realSlot ? 'real' : 'shadow';
  }

  swap(): void {
    this.#realSlot = this.#realSlot === 0 ? 1 : 0;
  }

  receive(bytes: Uint8Array, ipAt: number, at: number, end: number): undefined {
    const segment = readTcp(bytes, at, end);
    if (segment === undefined) return undefined;
    // Their ports are even and odd, so that a segment is known by its end whichever plane it came by.
    const slot = segment.destinationPort % 2 === 0 ? 0 : 1;
    if (planeAt(bytes, ipAt) !== this.planeOf(slot)) this.strays++;
    this.slots[slot].stack.receive(ipv4Source(bytes, ipAt), ipv4Destination(bytes, ipAt), segment);
    return undefined;
  }

  tooBig(): void {}
}

/** One slot's session, and what it was told. */
export class SlotSession {
  readonly stack: TcpStack;
  readonly session: Session;
  readonly routes = new Map<number, PathAttributes>();
  readonly updates: Update[] = [];
  readonly lost: string[] = [];

  constructor(world: World, host: Host, peer: Ipv4, as: number, slot: 0 | 1, planeNow: () => Plane) {
    const random = world.random.fork(`slot ${slot}`);
    const own = { ...world, random };
    this.stack = new TcpStack(own, {
      sourceFor: () => host.address,
      mtuTo: () => host.mtu,
      send: (source: Ipv4, destination: Ipv4, segment: TcpSegment) => {
        const payloadLength = tcpLength(segment);
        const plane = planeNow();
        const frame = newPacket({
          source,
          destination,
          protocol: PROTOCOL_TCP,
          plane,
          ttl: 1,
          payloadLength,
        });
        writeTcp(frame.bytes, payloadAt(frame), segment, ipv4At(frame));
        host.send(frame);
      },
    });
    let nextPort = 50_000 + slot;
    const make = sessionsOver(
      own,
      {
        connect: ({ remote }, events) => {
          nextPort += 2;
          const connection = this.stack.connect(remote, BGP_PORT, events, { localPort: nextPort });
          return {
            local: host.address,
            remote,
            read: (limit) => connection.read(limit),
            write: (bytes) => connection.write(bytes),
            close: () => connection.close(),
            abort: () => connection.abort(),
          };
        },
        listen: () => ({ stop: () => {} }),
      },
      new AttributePool(),
    );
    const settings = {
      localAs: as,
      remoteAs: 'external',
      routerId: 10 + slot,
      families: ['ipv4'],
      holdS: 90,
      keepaliveS: 30,
      connectRetryS: 5,
      passive: false,
    } as const;
    this.session = make({ remote: peer, ttl: 1 }, () => settings, {
      established: () => {},
      update: (update) => this.#take(update),
      refresh: () => {},
      writable: () => {},
      lost: (reason) => {
        this.lost.push(reason);
        this.routes.clear();
      },
    });
  }

  #take(update: Update): void {
    this.updates.push(update);
    for (const { prefix } of update.withdrawn) this.routes.delete(keyOf(prefix));
    const { attributes } = update;
    if (attributes === undefined) return;
    for (const { prefix } of update.announced) this.routes.set(keyOf(prefix), attributes);
  }
}
