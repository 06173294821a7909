import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ARP_REQUEST } from '../../../src/net/arp.ts';
import { ETHERTYPE_CANCELLATION } from '../../../src/net/cancellation.ts';
import { ETHERNET_HEADER, writeEthernet } from '../../../src/net/ethernet.ts';
import { ipv4ChecksumHolds, PROTOCOL_TCP, PROTOCOL_UDP, setIpv4Ttl } from '../../../src/net/ipv4.ts';
import { tcpChecksumHolds } from '../../../src/net/tcp.ts';
import { udpChecksumHolds } from '../../../src/net/udp.ts';
import { SHADOW_DSCP } from '../../../src/net/wire.ts';
import { type BandwidthSettings, DEFAULT_CANCELLATION } from '../../../src/routerd/bandwidth/bandwidth.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import { type Frame, frameOf } from '../../../src/world/frame.ts';
import {
  address,
  drops,
  engine,
  join,
  on,
  packetBytes,
  prefix,
  up,
  via,
  WireEnd,
} from '../forwarding/network.ts';

const FAIR: BandwidthSettings = { mode: 'fair' };

/** h1 ── R1 ══ R2 ══ R3 ── h2: the links between routers, of 8 Mbit/s, in the given modes. */
function threeRouters(first: BandwidthSettings, second: BandwidthSettings, mtu = 1500) {
  const clock = new VirtualClock();
  const slow = { rateBps: 8e6, delayNs: 0, mtu };
  const [h1Port, r1Edge] = join(clock, 'eth0', 'h1');
  const [r1Core, r2Left] = join(clock, 'R2', 'R1', slow);
  const [r2Right, r3Core] = join(clock, 'R3', 'R2', slow);
  const [r3Edge, h2Port] = join(clock, 'h2', 'eth0');
  const ports = [
    [
      { port: r1Edge, edge: true },
      { port: r1Core, edge: false, bandwidth: first },
    ],
    [
      { port: r2Left, edge: false, bandwidth: first },
      { port: r2Right, edge: false, bandwidth: second },
    ],
    [
      { port: r3Core, edge: false, bandwidth: second },
      { port: r3Edge, edge: true },
    ],
  ];
  const [r1, r2, r3] = ports.map((own, index) => engine(clock, `R${index + 1}`, own));
  const h1 = new WireEnd(clock, h1Port, '10.1.0.2');
  const h2 = new WireEnd(clock, h2Port, '10.2.0.2');
  for (const slot of [0, 1] as const) {
    r1.configurePort(slot, 'h1', up('10.1.0.1/24'));
    r1.configurePort(slot, 'R2', up('10.12.0.1/24', { mtu }));
    r2.configurePort(slot, 'R1', up('10.12.0.2/24', { mtu }));
    r2.configurePort(slot, 'R3', up('10.23.0.2/24', { mtu }));
    r3.configurePort(slot, 'R2', up('10.23.0.3/24', { mtu }));
    r3.configurePort(slot, 'h2', up('10.2.0.1/24'));
    r1.route(slot, prefix('10.1.0.0/24'), [on('h1')]);
    r1.route(slot, prefix('10.2.0.0/24'), [via('R2', '10.12.0.2')]);
    r2.route(slot, prefix('10.1.0.0/24'), [via('R1', '10.12.0.1')]);
    r2.route(slot, prefix('10.2.0.0/24'), [via('R3', '10.23.0.3')]);
    r3.route(slot, prefix('10.1.0.0/24'), [via('R2', '10.23.0.2')]);
    r3.route(slot, prefix('10.2.0.0/24'), [on('h2')]);
  }
  h1.arp(ARP_REQUEST, 0, address('10.1.0.1'));
  h2.arp(ARP_REQUEST, 0, address('10.2.0.1'));
  clock.runUntil(SECOND);
  return {
    clock,
    r2,
    r3,
    r2Left,
    r1Core,
    send: (packet: Uint8Array) => h1.send(packet, r1Edge.mac),
    toR2: (bytes: Uint8Array) => r1Core.send(frameOf(bytes)),
    /** The IPv4 packets that h2 has got since it was asked last, and h1. */
    arrived: () => h2.frames.splice(0).map(contents),
    returned: () => h1.frames.splice(0).map(contents),
    pass: (ns = SECOND) => clock.runUntil(clock.now() + ns),
  };
}

const contents = ({ bytes, start, end }: Frame): Uint8Array => bytes.slice(start + ETHERNET_HEADER, end);

const shadowPacket = (length: number, protocol = PROTOCOL_UDP): Uint8Array =>
  packetBytes({ to: '10.2.0.2', dscp: SHADOW_DSCP, length, protocol });

describe('routers on links with packet cancellation', () => {
  for (const [name, second] of [
    ['on both links', DEFAULT_CANCELLATION],
    ['on the first of two links', FAIR],
  ] as const) {
    it(`bring a measured packet to its host bit for bit, ${name}`, () => {
      const { send, pass, arrived } = threeRouters(DEFAULT_CANCELLATION, second);
      for (const length of [28, 52, 53, 200, 1499, 1500]) {
        const packet = shadowPacket(length);
        send(packet);
        pass();
        setIpv4Ttl(packet, 0, 61);
        expect(arrived(), `${length} bytes`).to.deep.equal([packet]);
      }
    });
  }

  it('bring other payload as zeros, with a right checksum', () => {
    const { send, pass, arrived } = threeRouters(DEFAULT_CANCELLATION, DEFAULT_CANCELLATION);
    const udp = shadowPacket(1000).fill(0xaa, 300);
    const tcp = shadowPacket(1001, PROTOCOL_TCP).fill(0xaa, 40);
    tcp[32] = 0x50;
    send(udp);
    send(tcp);
    pass();
    const [gotUdp, gotTcp] = arrived();
    expect(gotUdp.slice(52).every((octet) => octet === 0)).to.equal(true);
    expect(udpChecksumHolds(gotUdp, 20, 1000, 0)).to.equal(true);
    expect([gotTcp.length, gotTcp.slice(52).every((octet) => octet === 0)]).to.deep.equal([1001, true]);
    expect(tcpChecksumHolds(gotTcp, 20, 1001, 0)).to.equal(true);
  });

  it('take as long for a shadow packet as for a whole one, and count it as a whole one', () => {
    const times = [DEFAULT_CANCELLATION, FAIR].map((mode) => {
      const { clock, send, pass, arrived, r2 } = threeRouters(mode, mode);
      for (let count = 0; count < 5; count++) send(shadowPacket(1000));
      const begin = clock.now();
      let end = begin;
      for (let got = 0; got < 5; end = clock.now()) {
        pass(10_000);
        got += arrived().length;
      }
      const counted = r2.counters().filter(({ plane, port }) => plane === 'shadow' && port === 'R3');
      expect(counted.map(({ outPackets, outBytes }) => [outPackets, outBytes])).to.deep.equal([[5, 5000]]);
      return end - begin;
    });
    expect(times[0]).to.equal(times[1]);
  });

  it('carry both planes at full rate at once', () => {
    const { send, pass, arrived } = threeRouters(
      { ...DEFAULT_CANCELLATION, realDelayFrames: 1000 },
      DEFAULT_CANCELLATION,
    );
    for (let count = 0; count < 200; count++) {
      send(packetBytes({ to: '10.2.0.2', length: 900 }));
      send(shadowPacket(900));
    }
    pass(0.25 * SECOND);
    expect(arrived().length, '360 kB in a quarter of a second, by links of 1 MB/s').to.equal(400);
  });

  it('quote of a cancelled packet what there is when its time is over', () => {
    const { send, pass, returned } = threeRouters(DEFAULT_CANCELLATION, DEFAULT_CANCELLATION);
    const packet = shadowPacket(1000);
    setIpv4Ttl(packet, 0, 2);
    send(packet);
    pass();
    const [error] = returned();
    expect(error.length).to.equal(20 + 8 + 52);
    expect([error[20], error[21]], 'time exceeded').to.deep.equal([11, 0]);
    expect(error.slice(28 + 12, 28 + 52)).to.deep.equal(packet.slice(12, 52));
  });

  it('put payload back before they cut a packet in fragments', () => {
    const { send, pass, arrived } = threeRouters(DEFAULT_CANCELLATION, FAIR, 1500);
    const narrow = threeRouters(DEFAULT_CANCELLATION, FAIR, 1500);
    for (const slot of [0, 1] as const) narrow.r2.configurePort(slot, 'R3', up('10.23.0.2/24', { mtu: 576 }));
    send(shadowPacket(1400));
    narrow.send(shadowPacket(1400));
    pass();
    narrow.pass();
    const [whole] = arrived();
    const fragments = narrow.arrived();
    expect(fragments.length).to.equal(3);
    const payload = Buffer.concat(fragments.map((fragment) => fragment.slice(20)));
    expect(payload.toString('hex')).to.equal(Buffer.from(whole.slice(20)).toString('hex'));
    for (const fragment of fragments) expect(ipv4ChecksumHolds(fragment, 0)).to.equal(true);
  });

  it('count a frame that is malformed, and nothing comes of it', () => {
    const { r2, r2Left, r1Core, toR2, pass, arrived } = threeRouters(
      DEFAULT_CANCELLATION,
      DEFAULT_CANCELLATION,
    );
    const frame = new Uint8Array(100);
    writeEthernet(frame, 0, r2Left.mac, r1Core.mac, ETHERTYPE_CANCELLATION);
    toR2(frame);
    toR2(frame.slice(0, 15));
    pass();
    expect(drops(r2)).to.deep.equal({ 'real malformed': 2 });
    expect(arrived()).to.deep.equal([]);
  });
});
