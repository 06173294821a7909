import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { BROADCAST_MAC } from '../../src/net/address.ts';
import {
  ARP_LENGTH,
  ARP_REPLY,
  ARP_REQUEST,
  type ArpPacket,
  decodeArp,
  encodeArp,
} from '../../src/net/arp.ts';
import { replaceU16 } from '../../src/net/checksum.ts';
import {
  ETHERNET_HEADER,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  etherType,
  readMac,
  writeEthernet,
} from '../../src/net/ethernet.ts';
import {
  ICMP_HEADER,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  UNREACHABLE_HOST,
  UNREACHABLE_NET,
  UNREACHABLE_PORT,
  UNREACHABLE_PROTOCOL,
  writeIcmp,
} from '../../src/net/icmp.ts';
import { ipv4Destination, ipv4Dscp, PROTOCOL_ICMP, PROTOCOL_UDP } from '../../src/net/ipv4.ts';
import { UDP_HEADER, writeUdp } from '../../src/net/udp.ts';
import { PROBE_PORT, SHADOW_DSCP } from '../../src/net/wire.ts';
import type { PingOutcome } from '../../src/traffic/echo.ts';
import type { Datagram, Host } from '../../src/traffic/host.ts';
import { TrafficLimitError } from '../../src/traffic/limit.ts';
import { ipv4At, newPacket, payloadAt, planeAt } from '../../src/traffic/packet.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { type Frame, frameOf, newFrame } from '../../src/world/frame.ts';
import { ADDRESS_A, ADDRESS_B, address, hostOnBareWire, MAC_A, MAC_B, twoHosts } from './lab.ts';

const ELSEWHERE = address('192.0.2.7');
const GATEWAY = address('10.0.0.254');

function arpFrame(destination: number, packet: ArpPacket): Frame {
  const frame = newFrame(ETHERNET_HEADER + ARP_LENGTH);
  writeEthernet(frame.bytes, frame.start, destination, packet.senderMac, ETHERTYPE_ARP);
  encodeArp(frame.bytes, frame.start + ETHERNET_HEADER, packet);
  return frame;
}

const arpOf = (frame: Frame) => decodeArp(frame.bytes, frame.start + ETHERNET_HEADER, frame.end);
const isIp = (frame: Frame) => etherType(frame.bytes, frame.start) === ETHERTYPE_IPV4;

/** The neighbour at the other end of the wire says who it is. */
function introduce(lab: ReturnType<typeof hostOnBareWire>, senderAddress = ADDRESS_B): void {
  lab.portB.send(
    arpFrame(BROADCAST_MAC, {
      operation: ARP_REQUEST,
      senderMac: MAC_B,
      senderAddress,
      targetMac: 0,
      targetAddress: ADDRESS_A,
    }),
  );
  lab.clock.runUntil(lab.clock.now() + SECOND);
  lab.seen.length = 0;
}

/** A UDP datagram from the wire to the host, spoilt by `change` before it is sent. */
function udpFrame(destinationPort: number, change: (frame: Frame) => void = () => {}): Frame {
  const frame = newPacket({
    source: ADDRESS_B,
    destination: ADDRESS_A,
    protocol: PROTOCOL_UDP,
    plane: 'real',
    ttl: 64,
    payloadLength: UDP_HEADER + 4,
  });
  writeEthernet(frame.bytes, frame.start, MAC_A, MAC_B, ETHERTYPE_IPV4);
  frame.bytes.set([1, 2, 3, 4], payloadAt(frame) + UDP_HEADER);
  writeUdp(frame.bytes, payloadAt(frame), frame.end, 1000, destinationPort, ipv4At(frame));
  change(frame);
  return frame;
}

/** Changes a 16-bit word of the IPv4 header and keeps its checksum true. */
function rewrite(frame: Frame, offset: number, value: number): void {
  replaceU16(frame.bytes, ipv4At(frame) + offset, value, ipv4At(frame) + 10);
}

function pinged(host: Host, run: () => void, destination: number, options = {}): PingOutcome[] {
  const outcomes: PingOutcome[] = [];
  host.ping(destination, options, (outcome) => outcomes.push(outcome));
  run();
  return outcomes;
}

describe('a host and ARP', () => {
  it('answers requests for its own address, and no others', () => {
    const lab = hostOnBareWire();
    for (const targetAddress of [ADDRESS_A, address('10.0.0.3')]) {
      lab.portB.send(
        arpFrame(BROADCAST_MAC, {
          operation: ARP_REQUEST,
          senderMac: MAC_B,
          senderAddress: ADDRESS_B,
          targetMac: 0,
          targetAddress,
        }),
      );
    }
    lab.clock.runUntil(SECOND);
    expect(lab.seen).to.have.length(1);
    expect(readMac(lab.seen[0].frame.bytes, lab.seen[0].frame.start)).to.equal(MAC_B);
    expect(arpOf(lab.seen[0].frame)).to.deep.equal({
      operation: ARP_REPLY,
      senderMac: MAC_A,
      senderAddress: ADDRESS_A,
      targetMac: MAC_B,
      targetAddress: ADDRESS_B,
    });
  });

  it('asks three times, a second apart, then gives up what waited and says so to a ping', () => {
    const lab = hostOnBareWire();
    const outcomes = pinged(lab.host, () => lab.clock.runUntil(10 * SECOND), ADDRESS_B, {
      timeoutNs: 9 * SECOND,
    });
    expect(lab.seen.map(({ atNs }) => Math.floor(atNs / SECOND))).to.deep.equal([0, 1, 2]);
    expect(lab.seen.map(({ frame }) => arpOf(frame)?.targetAddress)).to.deep.equal(Array(3).fill(ADDRESS_B));
    expect(outcomes).to.deep.equal([{ kind: 'unreachable', from: ADDRESS_A, code: UNREACHABLE_HOST }]);
    expect(lab.host.counters().drops).to.deep.equal({ arp: 1 });
  });

  it('asks for the gateway where the destination is not on the link', () => {
    const lab = hostOnBareWire();
    lab.host.ping(ELSEWHERE, {}, () => {});
    lab.clock.runUntil(10 * MILLISECOND);
    expect(lab.seen.map(({ frame }) => arpOf(frame)?.targetAddress)).to.deep.equal([GATEWAY]);
  });

  it('keeps a bounded number of packets waiting, and sends them in order when the answer comes', () => {
    const lab = hostOnBareWire();
    for (let port = 1; port <= 100; port++) {
      lab.host.sendUdp({
        destination: ADDRESS_B,
        sourcePort: port,
        destinationPort: 9,
        plane: 'real',
        payload: new Uint8Array(1),
      });
    }
    expect(lab.host.counters().drops).to.deep.equal({ arp: 36 });
    lab.portB.send(
      arpFrame(MAC_A, {
        operation: ARP_REPLY,
        senderMac: MAC_B,
        senderAddress: ADDRESS_B,
        targetMac: MAC_A,
        targetAddress: ADDRESS_A,
      }),
    );
    lab.clock.runUntil(SECOND / 2);
    const ports = lab.seen.flatMap(({ frame }) => (isIp(frame) ? frame.bytes[payloadAt(frame) + 1] : []));
    expect(ports).to.deep.equal(Array.from({ length: 64 }, (_, i) => i + 1));
  });

  it('keeps what it learned: a second packet is sent without asking', () => {
    const { clock, a, b, portA } = twoHosts();
    expect(pinged(a, () => clock.runUntil(SECOND), b.address)).to.have.length(1);
    let arps = 0;
    const send = portA.send.bind(portA);
    portA.send = (frame) => {
      if (!isIp(frame)) arps++;
      return send(frame);
    };
    expect(pinged(a, () => clock.runUntil(100 * SECOND), b.address)[0].kind).to.equal('reply');
    expect(arps).to.equal(0);
  });

  it('learns from who asks or answers it, not from what it overhears, and is told when an address moves', () => {
    const lab = hostOnBareWire();
    const overheard = {
      operation: ARP_REQUEST,
      senderMac: MAC_B,
      senderAddress: ADDRESS_B,
      targetMac: 0,
      targetAddress: GATEWAY,
    } as const;
    const pingOnce = (): void => {
      lab.seen.length = 0;
      lab.host.ping(ADDRESS_B, {}, () => {});
      lab.clock.runUntil(lab.clock.now() + 20 * SECOND);
    };
    lab.portB.send(arpFrame(BROADCAST_MAC, overheard));
    lab.clock.runUntil(SECOND);
    pingOnce();
    expect(lab.seen.map(({ frame }) => isIp(frame))).to.deep.equal([false, false, false]);
    introduce(lab);
    lab.portB.send(arpFrame(BROADCAST_MAC, { ...overheard, senderMac: 0x020000000099 }));
    lab.clock.runUntil(lab.clock.now() + SECOND);
    pingOnce();
    expect(lab.seen.map(({ frame }) => readMac(frame.bytes, frame.start))).to.deep.equal([0x020000000099]);
  });

  it('leaves no timer behind once it has its answers', () => {
    const { clock, a, b } = twoHosts();
    pinged(a, () => clock.runUntil(SECOND / 2), b.address);
    expect(clock.pending).to.equal(0);
  });

  it('greets its gateway, so that both know each other before traffic starts', () => {
    const lab = hostOnBareWire();
    lab.host.greetGateway();
    introduce(lab, GATEWAY);
    lab.host.greetGateway();
    lab.host.ping(ELSEWHERE, {}, () => {});
    lab.clock.runUntil(2 * SECOND);
    expect(lab.seen.map(({ frame }) => isIp(frame))).to.deep.equal([true]);
  });
});

describe('a host and ping', () => {
  it('gets a reply and the round trip time', () => {
    const { clock, a, b } = twoHosts({ rateBps: 8e9, delayNs: 5 * MILLISECOND });
    pinged(a, () => clock.runUntil(SECOND), b.address);
    const [outcome] = pinged(a, () => clock.runUntil(2 * SECOND), b.address, { payloadBytes: 100 });
    // Twice 5 ms and twice 14 + 20 + 8 + 100 bytes at 1 ns a byte.
    expect(outcome).to.deep.equal({
      kind: 'reply',
      from: ADDRESS_B,
      roundTripNs: 10 * MILLISECOND + 2 * 142,
      ttl: 64,
      plane: 'real',
    });
  });

  it('stays in the shadow plane both ways when it was sent there', () => {
    const { clock, a, b } = twoHosts();
    const [outcome] = pinged(a, () => clock.runUntil(SECOND), b.address, { plane: 'shadow' });
    expect(outcome).to.include({ kind: 'reply', plane: 'shadow' });
  });

  it('times out where nothing comes back, and only once', () => {
    const lab = hostOnBareWire();
    introduce(lab);
    const outcomes = pinged(lab.host, () => lab.clock.runUntil(20 * SECOND), ADDRESS_B);
    expect(outcomes).to.deep.equal([{ kind: 'timeout' }]);
  });

  /** Pings an address behind the gateway; the gateway answers with `type`, quoting the ping as `change` left it. */
  function answered(type: number, code: number, change: (quoted: Uint8Array) => void): PingOutcome[] {
    const lab = hostOnBareWire();
    introduce(lab, GATEWAY);
    const outcomes = pinged(lab.host, () => lab.clock.runUntil(lab.clock.now() + SECOND / 2), ELSEWHERE);
    const { frame: asked } = lab.seen[0];
    const quoted = asked.bytes.slice(ipv4At(asked), ipv4At(asked) + 28);
    change(quoted);
    const answer = newPacket({
      source: GATEWAY,
      destination: ADDRESS_A,
      protocol: PROTOCOL_ICMP,
      plane: 'real',
      ttl: 64,
      payloadLength: ICMP_HEADER + 28,
    });
    writeEthernet(answer.bytes, answer.start, MAC_A, MAC_B, ETHERTYPE_IPV4);
    answer.bytes.set(quoted, payloadAt(answer) + ICMP_HEADER);
    writeIcmp(answer.bytes, payloadAt(answer), answer.end, type, code, 0);
    lab.portB.send(answer.clone());
    lab.portB.send(answer);
    lab.clock.runUntil(lab.clock.now() + 5 * SECOND);
    return outcomes;
  }

  it('hears from the router that its packet did not get through, and why', () => {
    expect(answered(ICMP_TIME_EXCEEDED, 0, () => {})).to.deep.equal([
      { kind: 'time-exceeded', from: GATEWAY, code: 0 },
    ]);
    expect(answered(ICMP_UNREACHABLE, UNREACHABLE_NET, () => {})).to.deep.equal([
      { kind: 'unreachable', from: GATEWAY, code: UNREACHABLE_NET },
    ]);
  });

  /** Offsets into the quoted IPv4 header and the ICMP header behind it. */
  const QUOTED = { protocol: 9, source: 15, destination: 19, type: 20, identifier: 25, sequence: 27 };
  for (const [what, at] of Object.entries(QUOTED)) {
    it(`is not deceived by an error about a packet with another ${what}`, () => {
      const outcomes = answered(ICMP_UNREACHABLE, UNREACHABLE_NET, (quoted) => {
        quoted[at] ^= 16;
      });
      expect(outcomes).to.deep.equal([{ kind: 'timeout' }]);
    });
  }

  it('refuses by name to have more than 1,024 pings outstanding', () => {
    const lab = hostOnBareWire();
    introduce(lab);
    for (let i = 0; i < 1024; i++) lab.host.ping(ADDRESS_B, {}, () => {});
    expect(() => lab.host.ping(ADDRESS_B, {}, () => {})).to.throw(TrafficLimitError, 'more than 1024 pings');
  });
});

describe('a host and UDP', () => {
  it('gives a datagram to who listens, with the plane it came by', () => {
    const { clock, a, b } = twoHosts();
    const got: (Pick<Datagram, 'source' | 'sourcePort' | 'plane'> & { payload: number[] })[] = [];
    b.listen(7, ({ source, sourcePort, plane, bytes, start, end }) => {
      got.push({ source, sourcePort, plane, payload: [...bytes.subarray(start, end)] });
    });
    for (const plane of ['real', 'shadow'] as const) {
      const payload = Uint8Array.of(1, 2, 3);
      a.sendUdp({ destination: ADDRESS_B, sourcePort: 5, destinationPort: 7, plane, payload });
    }
    clock.runUntil(SECOND);
    expect(got).to.deep.equal([
      { source: ADDRESS_A, sourcePort: 5, plane: 'real', payload: [1, 2, 3] },
      { source: ADDRESS_A, sourcePort: 5, plane: 'shadow', payload: [1, 2, 3] },
    ]);
  });

  it('sends shadow packets with the shadow code point and real ones without', () => {
    const lab = hostOnBareWire();
    introduce(lab);
    for (const plane of ['real', 'shadow'] as const) {
      const payload = new Uint8Array(0);
      lab.host.sendUdp({ destination: ADDRESS_B, sourcePort: 5, destinationPort: 7, plane, payload });
    }
    lab.clock.runUntil(lab.clock.now() + SECOND);
    expect(lab.seen.map(({ frame }) => ipv4Dscp(frame.bytes, ipv4At(frame)))).to.deep.equal([0, SHADOW_DSCP]);
  });

  it('answers a closed port with ICMP port unreachable in the same plane, but not that of measured traffic', () => {
    const lab = hostOnBareWire();
    introduce(lab);
    lab.portB.send(udpFrame(9));
    lab.portB.send(udpFrame(PROBE_PORT));
    lab.clock.runUntil(lab.clock.now() + SECOND);
    expect(lab.seen).to.have.length(1);
    const { frame } = lab.seen[0];
    expect([frame.bytes[payloadAt(frame)], frame.bytes[payloadAt(frame) + 1]]).to.deep.equal([
      ICMP_UNREACHABLE,
      UNREACHABLE_PORT,
    ]);
    expect(ipv4Destination(frame.bytes, ipv4At(frame))).to.equal(ADDRESS_B);
    expect(planeAt(frame.bytes, ipv4At(frame))).to.equal('real');
    expect(lab.host.counters().drops).to.deep.equal({ unreachable: 2 });
  });

  it('answers an unknown protocol with ICMP protocol unreachable', () => {
    const lab = hostOnBareWire();
    introduce(lab);
    const packet = { source: ADDRESS_B, destination: ADDRESS_A, plane: 'real', ttl: 64 } as const;
    const frame = newPacket({ ...packet, protocol: 99, payloadLength: 2 });
    writeEthernet(frame.bytes, frame.start, MAC_A, MAC_B, ETHERTYPE_IPV4);
    lab.portB.send(frame);
    lab.clock.runUntil(lab.clock.now() + SECOND);
    const [{ frame: answer }] = lab.seen;
    expect(answer.bytes[payloadAt(answer) + 1]).to.equal(UNREACHABLE_PROTOCOL);
  });

  const spoilt: readonly (readonly [string, string, (frame: Frame) => void])[] = [
    ['a flipped payload bit', 'checksum', (frame) => frame.bytes.fill(255, frame.end - 1, frame.end)],
    [
      'a flipped header bit',
      'checksum',
      (frame) => frame.bytes.fill(3, ipv4At(frame) + 8, ipv4At(frame) + 9),
    ],
    ["another's MAC address", 'not-for-us', (frame) => frame.bytes.fill(6, frame.start, frame.start + 6)],
    ["another's IP address", 'not-for-us', (frame) => rewrite(frame, 18, 0x0003)],
    ['a multicast source', 'malformed', (frame) => rewrite(frame, 12, 0xe000)],
    ['an odd number of bytes and more fragments to come', 'malformed', (frame) => rewrite(frame, 6, 0x2000)],
    ['a cut end', 'malformed', (frame) => (frame.end -= 6)],
    [
      'a UDP length beyond the packet',
      'malformed',
      (frame) => frame.bytes.fill(99, payloadAt(frame) + 5, payloadAt(frame) + 6),
    ],
  ];
  for (const [what, reason, change] of spoilt) {
    it(`drops a datagram with ${what} and counts it as ${reason}`, () => {
      const lab = hostOnBareWire();
      let got = 0;
      lab.host.listen(7, () => got++);
      lab.portB.send(udpFrame(7));
      lab.portB.send(udpFrame(7, change));
      lab.clock.runUntil(SECOND);
      expect(got).to.equal(1);
      expect(lab.host.counters().drops).to.deep.equal({ [reason]: 1 });
    });
  }

  it('counts packets and bytes, and refuses to send what the link does not carry', () => {
    const { clock, a, b } = twoHosts();
    b.listen(7, () => {});
    const send = (bytes: number) =>
      a.sendUdp({
        destination: ADDRESS_B,
        sourcePort: 5,
        destinationPort: 7,
        plane: 'real',
        payload: new Uint8Array(bytes),
      });
    send(1472);
    send(1473);
    clock.runUntil(SECOND);
    expect(a.counters()).to.deep.include({ outPackets: 1, outBytes: 1500, drops: { mtu: 1 } });
    expect(b.counters()).to.deep.include({ inPackets: 1, inBytes: 1500, drops: {} });
  });
});

describe('a host and nonsense', () => {
  it('throws at no frame whatever, and still answers a ping afterwards', () => {
    const start = udpFrame(7);
    const good = start.bytes.subarray(start.start, start.end);
    const mangled = fc
      .tuple(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 12, size: 'max' }),
        fc.nat(good.length),
        fc.constantFrom(ETHERTYPE_IPV4, ETHERTYPE_ARP, 0x8847),
        fc.constantFrom(1, 17, 6),
      )
      .map(([changes, length, type, protocol]) => {
        const bytes = good.slice();
        bytes[12] = type >> 8;
        bytes[13] = type & 255;
        bytes[23] = protocol;
        for (const [at, value] of changes) bytes[at] = value;
        return bytes.subarray(0, length);
      });
    const noise = fc.uint8Array({ maxLength: 80, size: 'max' }).map((bytes) => {
      bytes.fill(255, 0, 6);
      return bytes;
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(mangled, noise), { maxLength: 20, size: 'max' }), (frames) => {
        const { clock, a, b, portB } = twoHosts();
        for (const bytes of frames) portB.send(frameOf(bytes));
        clock.runUntil(SECOND);
        expect(pinged(b, () => clock.runUntil(2 * SECOND), a.address)[0].kind).to.equal('reply');
      }),
      { numRuns: 300 },
    );
  });

  it('throws at no ICMP message with a true checksum and a false body', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 3, 8, 11),
        fc.uint8Array({ maxLength: 60, size: 'max' }),
        (type, body) => {
          const { clock, a, portB } = twoHosts();
          const frame = newPacket({
            source: ADDRESS_B,
            destination: ADDRESS_A,
            protocol: PROTOCOL_ICMP,
            plane: 'real',
            ttl: 64,
            payloadLength: ICMP_HEADER + body.length,
          });
          writeEthernet(frame.bytes, frame.start, MAC_A, MAC_B, ETHERTYPE_IPV4);
          frame.bytes.set(body, payloadAt(frame) + ICMP_HEADER);
          writeIcmp(frame.bytes, payloadAt(frame), frame.end, type, 0, 0);
          portB.send(frame);
          clock.runUntil(SECOND);
          expect(a.counters().drops).to.deep.equal({});
          expect(a.counters().inPackets).to.equal(1);
        },
      ),
    );
  });
});
