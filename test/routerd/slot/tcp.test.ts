import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EMPTY_CONFIG } from '../../../src/config/model.ts';
import { parseIpv4, parsePrefix } from '../../../src/net/address.ts';
import { writeIcmp } from '../../../src/net/icmp.ts';
import { PROTOCOL_ICMP, writeIpv4 } from '../../../src/net/ipv4.ts';
import { readTcp, type TcpSegment } from '../../../src/net/tcp.ts';
import { otherSlot, SLOTS, type Slot } from '../../../src/routerd/forwarding/contract.ts';
import type {
  ByteStream,
  StreamEvents,
  TransportSettings,
} from '../../../src/routerd/protocols/bgp/contract.ts';
import { Rib } from '../../../src/routerd/rib/rib.ts';
import type { LocalPacket, SlotView } from '../../../src/routerd/slot/speaker.ts';
import { RouterTcp, SlotTcp } from '../../../src/routerd/slot/tcp.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { engine, join, on, up } from '../forwarding/network.ts';

function ip(text: string): number {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(text);
  return address;
}

const A = ip('10.0.0.1');
const B = ip('10.0.0.2');

/** One end of a stream, and what it was told. */
class User implements StreamEvents {
  stream: ByteStream | undefined;
  readonly events: string[] = [];
  text = '';

  connected(): void {
    this.events.push('connected');
  }

  readable(): void {
    this.text += new TextDecoder().decode(this.stream?.read(1e6));
  }

  writable(): void {}

  ended(): void {
    this.events.push('ended');
  }

  closed(why: string): void {
    this.events.push(why);
  }
}

/** Two routers on a link, with both slots of each, and every segment that one handed to the other's control plane. */
function twoRouters() {
  const clock = new VirtualClock();
  const [near, far] = join(clock, 'ab', 'ba');
  const segments: { slot: Slot; ttl: number; from: number; segment: TcpSegment }[] = [];
  /** What becomes of a packet on its way up; undefined loses it. */
  const state: { change: (packet: LocalPacket) => LocalPacket | undefined } = { change: (packet) => packet };
  const make = (name: string, address: string, port: typeof near) => {
    const tcps = new Map<Slot, SlotTcp>();
    const forwarding = engine(clock, name, [{ port, edge: false }], (packet) => {
      const segment = readTcp(packet.payload.slice(), 0, packet.payload.length);
      if (segment) segments.push({ slot: packet.slot, ttl: packet.ttl, from: packet.source, segment });
      const changed = state.change({ ...packet, payload: packet.payload.slice() });
      if (changed) tcps.get(changed.slot)?.receive(changed);
    });
    const router = new RouterTcp();
    const prefix = parsePrefix('10.0.0.0/24');
    if (prefix === undefined) throw new Error();
    for (const slot of SLOTS) {
      forwarding.configurePort(slot, port.name, up(`${address}/24`));
      forwarding.route(slot, prefix, [on(port.name)]);
      const rib = new Rib(() => undefined);
      rib.set({ prefix, source: 'connected', distance: 0, metric: 0, nextHops: [on(port.name)] });
      const world = { clock, random: seededRandom(1, name), log: () => undefined };
      const tcp = new SlotTcp({ world, slot, forwarding, table: () => rib }, '', router);
      const addresses = [{ address: ip(address), length: 24 }];
      const view: SlotView = {
        config: {
          ...EMPTY_CONFIG,
          interfaces: [{ name: port.name, addresses, ospf: {} }],
        },
        ports: [port],
        isUp: () => true,
      };
      tcp.configure(view);
      tcps.set(slot, tcp);
    }
    const of = (slot: Slot): SlotTcp => {
      const tcp = tcps.get(slot);
      if (tcp === undefined) throw new Error();
      return tcp;
    };
    return { forwarding, of };
  };
  const a = make('a', '10.0.0.1', near);
  const b = make('b', '10.0.0.2', far);
  return { clock, a, b, segments, state };
}

type Routers = ReturnType<typeof twoRouters>;

/** A connection from a to b in one slot. */
function connect({ clock, a, b }: Routers, slot: Slot, toB: Partial<TransportSettings> = {}, toA = toB) {
  const client = new User();
  const server = new User();
  b.of(slot).listen({ remote: A, ttl: 1, ...toA }, (stream) => {
    server.stream = stream;
    return server;
  });
  a.of(slot).listen({ remote: B, ttl: 1, ...toB }, () => new User());
  client.stream = a.of(slot).connect({ remote: B, ttl: 1, ...toB }, client);
  clock.runUntil(clock.now() + SECOND);
  return { client, server };
}

const say = (user: User, text: string): number => user.stream?.write(new TextEncoder().encode(text)) ?? 0;

describe('TCP in a slot', () => {
  it('joins the same slots of two routers, each in its plane, by ports of its own', () => {
    const routers = twoRouters();
    for (const slot of SLOTS) {
      const { client, server } = connect(routers, slot);
      say(client, `hello ${slot}`);
      say(server, `welcome ${slot}`);
      routers.clock.runUntil(routers.clock.now() + SECOND);
      expect([client.text, server.text]).to.deep.equal([`welcome ${slot}`, `hello ${slot}`]);
    }
    for (const { slot, from, segment } of routers.segments) {
      const port = from === A ? segment.sourcePort : segment.destinationPort;
      expect(port % 2, 'even in slot 0, odd in slot 1').to.equal(slot);
    }
  });

  it('sends with the neighbour’s TTL, and believes none that came too far (RFC 5082)', () => {
    const routers = twoRouters();
    const { client } = connect(routers, 0, { ttl: 255, minimumTtl: 255 });
    expect(client.events).to.deep.equal(['connected']);
    expect(new Set(routers.segments.map(({ ttl }) => ttl))).to.deep.equal(new Set([255]));
    const far = twoRouters();
    far.state.change = (packet) => ({ ...packet, ttl: packet.ttl - 1 });
    expect(connect(far, 0, { ttl: 255, minimumTtl: 255 }).client.events).to.deep.equal([]);
  });

  it('sends shorter segments when a router older than RFC 1191 says that one was too long, and not how long it may be', () => {
    const routers = twoRouters();
    const { client, server } = connect(routers, 0);
    const { state, clock } = routers;
    // A link in the middle that carries no more than 1006 bytes.
    state.change = (packet) => {
      if (20 + packet.payload.length <= 1006) return packet;
      const quoted = new Uint8Array(8 + 28);
      writeIpv4(quoted, 8, {
        ...packet,
        tos: 0,
        totalLength: 20 + packet.payload.length,
        identification: 0,
        dontFragment: true,
      });
      quoted.set(packet.payload.subarray(0, 8), 28);
      writeIcmp(quoted, 0, quoted.length, 3, 4, 0);
      const ends = { source: packet.destination, destination: packet.source };
      clock.after(0, () =>
        routers.a.of(0).receive({ ...packet, ...ends, protocol: PROTOCOL_ICMP, payload: quoted }),
      );
      return undefined;
    };
    say(client, 'x'.repeat(20_000));
    clock.runUntil(clock.now() + 20 * SECOND);
    expect(server.text.length).to.equal(20_000);
  });

  it('answers nobody who is not a neighbour, nor one that is not taken now', () => {
    const routers = twoRouters();
    const { clock, a, b, segments } = routers;
    const client = new User();
    a.of(0).listen({ remote: B, ttl: 1 }, () => client);
    a.of(0).connect({ remote: B, ttl: 1 }, client);
    const listener = b.of(0).listen({ remote: A, ttl: 1 }, () => client);
    listener.stop();
    clock.runUntil(20 * SECOND);
    expect(client.events).to.deep.equal([]);
    expect(segments.filter(({ from }) => from === B)).to.deep.equal([]);
    expect(segments.length, 'it tries again').to.be.greaterThan(2);
  });

  it('signs every segment where there is a password (RFC 2385), and takes none that is wrong or unsigned', () => {
    const routers = twoRouters();
    const { client, server } = connect(routers, 0, { password: 'secret' });
    say(client, 'x'.repeat(100_000));
    routers.clock.runUntil(routers.clock.now() + 5 * SECOND);
    expect(server.text.length).to.equal(100_000);
    expect(routers.segments.every(({ segment }) => segment.options.md5?.length === 16)).to.equal(true);
    for (const [toB, toA] of [
      [{ password: 'secret' }, { password: 'Secret' }],
      [{ password: 'secret' }, {}],
      [{}, { password: 'secret' }],
    ] as const) {
      expect(connect(twoRouters(), 0, toB, toA).client.events).to.deep.equal([]);
    }
  });

  it('with a password survives the loss of segments, whose SACK blocks must fit beside the signature', () => {
    const routers = twoRouters();
    const { client, server } = connect(routers, 0, { password: 'secret' });
    let count = 0;
    routers.state.change = (packet) => (count++ % 7 === 3 ? undefined : packet);
    for (let left = 2_000_000; left > 0; routers.clock.runUntil(routers.clock.now() + SECOND / 10)) {
      left -= say(client, 'y'.repeat(Math.min(left, 200_000)));
    }
    routers.clock.runUntil(routers.clock.now() + 300 * SECOND);
    expect(server.text.length).to.equal(2_000_000);
    const blocks = routers.segments.map(({ segment }) => segment.options.sackBlocks?.length ?? 0);
    expect(Math.max(...blocks)).to.equal(2);
  });

  it('hands a segment to the slot that has its connection: a host’s when planes have been swapped', () => {
    const routers = twoRouters();
    const { client, server } = connect(routers, 0);
    // From now on what is sent to b arrives in its other slot, as from a host after a swap.
    routers.state.change = (packet) =>
      packet.source === A ? { ...packet, slot: otherSlot(packet.slot) } : packet;
    say(client, 'still here');
    routers.clock.runUntil(routers.clock.now() + SECOND);
    expect(server.text).to.equal('still here');
    expect(client.events).to.deep.equal(['connected']);
  });

  it('has no way where the table has none, and is silent once it is stopped', () => {
    const routers = twoRouters();
    expect(routers.a.of(0).connect({ remote: ip('192.0.2.1'), ttl: 64 }, new User())).to.equal(undefined);
    const { client } = connect(routers, 0);
    const sent = routers.segments.length;
    routers.a.of(0).stop();
    say(client, 'lost');
    routers.clock.runUntil(routers.clock.now() + 10 * SECOND);
    expect(client.events).to.deep.equal(['connected', 'aborted']);
    expect(routers.segments.filter(({ from }) => from === A).length).to.be.at.most(sent);
  });

  it('never throws, whatever packets come', () => {
    const { a } = twoRouters();
    const random = seededRandom(7);
    a.of(0).listen({ remote: B, ttl: 1, password: 'secret' }, () => new User());
    for (let i = 0; i < 3000; i++) {
      const payload = Uint8Array.from({ length: Math.floor(random.next() * 80) }, () => random.next() * 256);
      for (const protocol of [1, 6]) {
        a.of(0).receive({ slot: 0, port: 'ab', source: B, destination: A, protocol, ttl: 1, payload });
      }
    }
  });
});
