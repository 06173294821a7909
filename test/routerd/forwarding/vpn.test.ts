import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatIpv4 } from '../../../src/net/address.ts';
import { readU16, writeU16 } from '../../../src/net/bytes.ts';
import { internetChecksum } from '../../../src/net/checksum.ts';
import { GRE_MPLS, writeGre } from '../../../src/net/gre.ts';
import { ICMP_ECHO_REPLY, ICMP_ECHO_REQUEST, writeIcmp } from '../../../src/net/icmp.ts';
import {
  ipv4Destination,
  ipv4Fragment,
  ipv4Source,
  ipv4Ttl,
  PROTOCOL_GRE,
  PROTOCOL_ICMP,
  PROTOCOL_OSPF,
  writeIpv4,
} from '../../../src/net/ipv4.ts';
import { labelAt, labelTtlAt, trafficClassAt, writeLabel } from '../../../src/net/mpls.ts';
import { TUNNEL_HEADERS, tunnelledAt } from '../../../src/net/tunnel.ts';
import { SHADOW_DSCP, SHADOW_MARK } from '../../../src/net/wire.ts';
import type { Frame } from '../../../src/world/frame.ts';
import { address, drops, packetBytes, prefix, up, via } from './network.ts';
import { BLUE_LABEL, into, RED_LABEL, vpnNetwork } from './vpn-network.ts';

/** A frame of the core, taken apart. */
function tunnelIn({ bytes, start }: Frame) {
  const isMarked = readU16(bytes, start + 12) === 0x8847;
  const ipAt = start + (isMarked ? 18 : 14);
  const innerAt = tunnelledAt(bytes, ipAt);
  expect(innerAt, 'a packet in a tunnel').to.be.greaterThan(0);
  return {
    ...(isMarked && { mark: labelAt(bytes, start + 14) }),
    from: formatIpv4(ipv4Source(bytes, ipAt)),
    to: formatIpv4(ipv4Destination(bytes, ipAt)),
    ttl: ipv4Ttl(bytes, ipAt),
    tos: bytes[ipAt + 1],
    dontFragment: (ipv4Fragment(bytes, ipAt) & 0x4000) !== 0,
    length: readU16(bytes, ipAt + 2),
    label: labelAt(bytes, innerAt - 4),
    labelTtl: labelTtlAt(bytes, innerAt - 4),
    trafficClass: trafficClassAt(bytes, innerAt - 4),
    innerTtl: ipv4Ttl(bytes, innerAt),
  };
}

/** A packet in a tunnel to PE2, made by hand. */
function tunnelPacket(inner: Uint8Array, label: number, labelTtl = 64, to = '10.255.0.2'): Uint8Array {
  const bytes = new Uint8Array(TUNNEL_HEADERS + inner.length);
  writeIpv4(bytes, 0, {
    source: address('10.255.0.1'),
    destination: address(to),
    protocol: PROTOCOL_GRE,
    ttl: 64,
    tos: 0,
    totalLength: bytes.length,
    identification: 0,
    dontFragment: true,
  });
  writeGre(bytes, 20, GRE_MPLS);
  writeLabel(bytes, 24, label, 0, true, labelTtl);
  bytes.set(inner, TUNNEL_HEADERS);
  return bytes;
}

describe('a packet of a VPN', () => {
  it('goes to its own customer alone, whatever addresses another has', () => {
    const { red2, blue2, send } = vpnNetwork();
    send('red1', { to: '10.2.0.2', sequence: 1 });
    send('blue1', { to: '10.2.0.2', sequence: 2 });
    expect(red2.take().map(({ sequence, ttl }) => [sequence, ttl])).to.deep.equal([[1, 62]]);
    expect(blue2.take().map(({ sequence, ttl }) => [sequence, ttl])).to.deep.equal([[2, 62]]);
  });

  it('crosses the core in GRE under the label of the far end, with its class, TTL its own', () => {
    const { core, send } = vpnNetwork();
    send('blue1', { to: '10.2.0.2', dscp: 46, length: 300 });
    const common = {
      from: '10.255.0.1',
      to: '10.255.0.2',
      tos: 46 << 2,
      dontFragment: true,
      length: 300 + TUNNEL_HEADERS,
      label: BLUE_LABEL,
      labelTtl: 63,
      trafficClass: 5,
      innerTtl: 63,
    };
    expect(core.map(tunnelIn)).to.deep.equal([
      { ...common, ttl: 254 },
      { ...common, ttl: 253 },
    ]);
  });

  it('has the mark of its plane outside all, and is forwarded by that slot from end to end', () => {
    const { core, red2, pe2, send } = vpnNetwork();
    // The shadow's slot at the far end gave out another label for RED, and the real one's leads nowhere there.
    pe2.configureLabels(1, [{ label: 99, vrf: 'RED' }]);
    send('red1', { to: '10.2.0.2', dscp: SHADOW_DSCP, sequence: 5 });
    expect(core.map((frame) => tunnelIn(frame).mark)).to.deep.equal([SHADOW_MARK, SHADOW_MARK]);
    expect(red2.take()).to.deep.equal([]);
    expect(drops(pe2)).to.deep.equal({ 'shadow unknown-label': 1 });
    send('red1', { to: '10.2.0.2', sequence: 6 });
    expect(red2.take().map(({ sequence }) => sequence)).to.deep.equal([6]);
  });

  it('keeps its slot by its tag while planes are swapped under way', () => {
    const { pe1, p, pe2, red2, send } = vpnNetwork();
    for (const router of [pe1, p, pe2]) {
      router.setTag(0, 5);
      router.setTag(1, 6);
      router.setMarking(true);
    }
    pe2.swapPlanes();
    // The other slot of PE2 would take the label for BLUE's.
    pe2.configureLabels(1, [{ label: RED_LABEL, vrf: 'BLUE' }]);
    send('red1', { to: '10.2.0.2', sequence: 7 });
    expect(red2.take().map(({ sequence }) => sequence)).to.deep.equal([7]);
  });

  it('leaves postcards on its way, also where it is in a tunnel', () => {
    const { pe1, p, pe2, send } = vpnNetwork();
    send('red1', { to: '10.2.0.2', sequence: 8 });
    const cards = [pe1, p, pe2].flatMap((router) => router.takePostcards().postcards);
    expect(
      cards.map(({ router, sequence, in: from, out, nextHop, vrf, tunnelTo, verdict }) => ({
        router,
        sequence,
        from,
        out,
        nextHop,
        vrf,
        tunnelTo,
        verdict,
      })),
    ).to.deep.equal([
      {
        router: 'PE1',
        sequence: 8,
        from: 'to-red',
        out: 'to-P',
        nextHop: '10.0.1.2',
        vrf: 'RED',
        tunnelTo: undefined,
        verdict: 'forwarded',
      },
      {
        router: 'P',
        sequence: 8,
        from: 'to-PE1',
        out: 'to-PE2',
        nextHop: '10.0.2.1',
        vrf: undefined,
        tunnelTo: '10.255.0.2',
        verdict: 'forwarded',
      },
      {
        router: 'PE2',
        sequence: 8,
        from: 'to-P',
        out: 'to-red',
        nextHop: '10.2.0.2',
        vrf: 'RED',
        tunnelTo: undefined,
        verdict: 'forwarded',
      },
    ]);
  });

  it('is dropped and its sender told, by an address of the VRF, where its TTL ends or there is no way', () => {
    const { red1, send } = vpnNetwork();
    send('red1', { to: '10.2.0.2', ttl: 1 });
    send('red1', { to: '10.2.0.2', ttl: 2 });
    send('red1', { to: '10.9.0.1' });
    const told = red1.take().map(({ source, icmp }) => [source, icmp?.type, icmp?.code]);
    expect(told).to.deep.equal([
      ['10.1.0.1', 11, 0],
      ['10.2.0.1', 11, 0],
      ['10.1.0.1', 3, 0],
    ]);
  });

  it('is answered by the router where it is to an address of the VRF, from either side', () => {
    const { red1, macs, pass } = vpnNetwork();
    for (const to of ['10.1.0.1', '10.2.0.1']) {
      const ping = packetBytes({ to, protocol: PROTOCOL_ICMP, length: 60 });
      writeIcmp(ping, 20, 60, ICMP_ECHO_REQUEST, 0, 1);
      red1.send(ping, macs.red1);
      pass();
      expect(red1.take().map(({ source, icmp }) => [source, icmp?.type])).to.deep.equal([
        [to, ICMP_ECHO_REPLY],
      ]);
    }
  });

  it('cannot reach the addresses of the core, nor of another customer', () => {
    const { red1, delivered, send } = vpnNetwork();
    for (const to of ['10.255.0.1', '10.255.0.2', '10.0.1.1', '10.0.2.2']) {
      send('red1', { to, protocol: PROTOCOL_OSPF });
    }
    expect(red1.take().map(({ icmp }) => [icmp?.type, icmp?.code])).to.deep.equal(Array(4).fill([3, 0]));
    expect(delivered).to.deep.equal([]);
  });

  it("is handed up with its VRF where it is one of the protocols', and answered in that VRF", () => {
    const { pe2, red1, blue1, delivered, pass, send } = vpnNetwork();
    send('red1', { to: '10.2.0.1', protocol: PROTOCOL_OSPF });
    send('blue2', { to: '10.2.0.1', protocol: PROTOCOL_OSPF });
    expect(delivered.map(({ vrf, port }) => [vrf, port])).to.deep.equal([
      ['RED', 'to-P'],
      ['BLUE', 'to-blue'],
    ]);
    const answer = {
      source: address('10.2.0.1'),
      protocol: PROTOCOL_OSPF,
      ttl: 9,
      tos: 0,
      payload: new Uint8Array(8),
    };
    pe2.send(0, { ...answer, vrf: 'BLUE', destination: address('10.1.0.2') });
    pass();
    expect(red1.take()).to.deep.equal([]);
    // Counted down by the router at the far end alone.
    expect(blue1.take().map(({ source, ttl }) => [source, ttl])).to.deep.equal([['10.2.0.1', 8]]);
  });

  it('may go from one VRF of a router to another where a route says so', () => {
    const { pe1, blue1, send } = vpnNetwork();
    pe1.route(0, prefix('10.7.0.0/24'), [via('to-blue', '10.1.0.2')], 'RED');
    send('red1', { to: '10.7.0.1', sequence: 3 });
    expect(blue1.take().map(({ sequence, ttl }) => [sequence, ttl])).to.deep.equal([[3, 63]]);
  });

  it('is filtered where it leaves the VPN by the list there', () => {
    const { pe2, red1, red2, send } = vpnNetwork();
    const everything = { address: 0, length: 0 };
    const rule = {
      sequence: 5,
      action: 'deny',
      protocol: 'ip',
      source: everything,
      destination: everything,
    } as const;
    const accessOut = { name: 'none', kind: 'extended', rules: [rule] } as const;
    pe2.configurePort(0, 'to-red', up('10.2.0.1/24', { vrf: 'RED', accessOut }));
    send('red1', { to: '10.2.0.2' });
    expect(red2.take()).to.deep.equal([]);
    expect(red1.take().map(({ source, icmp }) => [source, icmp?.code])).to.deep.equal([['10.2.0.1', 13]]);
  });
});

describe('a packet too long for a tunnel', () => {
  it('goes in fragments, each in a tunnel, and all of it arrives', () => {
    const { core, red2, send } = vpnNetwork({ coreMtu: 1500 });
    send('red1', { to: '10.2.0.2', length: 1500 });
    expect(core.map((frame) => tunnelIn(frame).length)).to.deep.equal([1496, 80, 1496, 80]);
    const arrived = red2.frames.map(({ bytes, start }) => ipv4Fragment(bytes, start + 14));
    expect(arrived).to.deep.equal([0x2000, 1448 / 8]);
  });

  it('is dropped where it forbids that, and its sender told what fits', () => {
    const { red1, red2, pe1, send } = vpnNetwork({ coreMtu: 1500 });
    send('red1', { to: '10.2.0.2', length: 1473, dontFragment: true });
    expect(red1.take().map(({ source, icmp }) => [source, icmp])).to.deep.equal([
      ['10.1.0.1', { type: 3, code: 4, rest: 1472 }],
    ]);
    expect(drops(pe1)).to.deep.equal({ 'real mtu': 1 });
    send('red1', { to: '10.2.0.2', length: 1472, dontFragment: true });
    expect(red2.take()).to.have.length(1);
  });

  it('is known to be so, once a router of the core has said that a link there is narrower', () => {
    const { red1, red2, p, send } = vpnNetwork({ coreMtu: 1600, farMtu: 1400 });
    send('red1', { to: '10.2.0.2', length: 1500, sequence: 1 });
    expect(drops(p)).to.deep.equal({ 'real mtu': 1 });
    send('red1', { to: '10.2.0.2', length: 1500, dontFragment: true });
    expect(red1.take().map(({ icmp }) => icmp?.rest)).to.deep.equal([1400 - TUNNEL_HEADERS]);
    send('red1', { to: '10.2.0.2', length: 1500, sequence: 2 });
    expect(red2.take()).to.have.length(2);
  });
});

describe('what a router says of how long a packet in a tunnel may be', () => {
  /** The longest packet that red1 is told to send, once P has said so of tunnel packets of `length`, one after another. */
  function toldAfter(...said: readonly { readonly mtu: number; readonly length: number }[]): number {
    const { red1, p, send, pass } = vpnNetwork();
    for (const { mtu, length } of said) {
      const payload = new Uint8Array(8 + 28);
      payload.set(tunnelPacket(packetBytes({ to: '10.2.0.2' }), RED_LABEL).subarray(0, 28), 8);
      writeU16(payload, 8 + 2, length);
      writeIcmp(payload, 0, payload.length, 3, 4, mtu);
      const ends = { source: address('10.0.1.2'), destination: address('10.255.0.1') };
      p.send(0, { ...ends, protocol: PROTOCOL_ICMP, ttl: 64, tos: 0, payload });
      pass();
    }
    send('red1', { to: '10.2.0.2', length: 1500, dontFragment: true });
    return (red1.take()[0]?.icmp?.rest ?? 0) + TUNNEL_HEADERS;
  }

  it('is the next narrower kind of link where it is older than RFC 1191 and says 0', () => {
    expect(toldAfter({ mtu: 0, length: 1600 })).to.equal(1492);
    expect(toldAfter({ mtu: 0, length: 1600 }, { mtu: 0, length: 1492 })).to.equal(1006);
  });

  it('is believed down to what every host takes, and never makes it longer again', () => {
    expect(toldAfter({ mtu: 1, length: 1600 })).to.equal(576);
    expect(toldAfter({ mtu: 0, length: 0 })).to.equal(576);
    expect(toldAfter({ mtu: 1300, length: 1600 }, { mtu: 65_535, length: 1600 })).to.equal(1300);
  });
});

describe('what comes in a tunnel', () => {
  const inner = () => packetBytes({ to: '10.2.0.2', ttl: 30 });

  it("takes the smaller TTL of its own and the label's", () => {
    const { p, red2, pass } = vpnNetwork();
    p.send(0, raw(tunnelPacket(inner(), RED_LABEL, 9)));
    pass();
    expect(red2.take().map(({ ttl }) => ttl)).to.deep.equal([8]);
  });

  it('says what the core had to say of congestion, or is lost with it (RFC 6040)', () => {
    const { p, pe2, red2, pass } = vpnNetwork();
    const [ect, ce] = [1, 3];
    for (const ecn of [0, ect]) {
      const packet = inner();
      packet[1] = ecn;
      writeU16(packet, 10, 0);
      writeU16(packet, 10, internetChecksum(packet, 0, 20));
      p.send(0, { ...raw(tunnelPacket(packet, RED_LABEL)), tos: ce });
    }
    pass();
    expect(red2.frames.map(({ bytes, start }) => bytes[start + 15] & 3)).to.deep.equal([ce]);
    expect(drops(pe2)).to.deep.equal({ 'real queue': 1 });
  });

  it("is dropped where its label is nobody's, is not the last one, or has no whole packet under it", () => {
    const { p, pe2, red2, pass } = vpnNetwork();
    const notLast = tunnelPacket(inner(), RED_LABEL);
    notLast[26] &= 0xfe;
    const broken = tunnelPacket(inner(), RED_LABEL);
    broken[TUNNEL_HEADERS + 9]++;
    for (const bytes of [
      tunnelPacket(inner(), 4711),
      notLast,
      broken,
      tunnelPacket(inner().subarray(0, 50), RED_LABEL),
      tunnelPacket(new Uint8Array(0), RED_LABEL),
    ]) {
      p.send(0, raw(bytes));
    }
    pass();
    expect(red2.take()).to.deep.equal([]);
    expect(drops(pe2)).to.deep.equal({
      'real unknown-label': 1,
      'real malformed': 3,
      'real checksum': 1,
    });
  });

  it('is taken out of one tunnel, and of none within it', () => {
    const { p, pe2, red2, pass } = vpnNetwork();
    // To the router's own loopback, and to its address in the VRF.
    for (const to of ['10.255.0.2', '10.2.0.1']) {
      p.send(0, raw(tunnelPacket(tunnelPacket(inner(), RED_LABEL, 64, to), RED_LABEL)));
    }
    pass();
    expect(red2.take()).to.deep.equal([]);
    expect(drops(pe2)).to.deep.equal({ 'real no-route': 1, 'real not-for-us': 1 });
  });

  it('goes round no longer than its TTL lets it, where two ends send it to one another', () => {
    const { pe1, pe2, core, send, pass } = vpnNetwork();
    pe1.route(0, prefix('10.66.0.0/24'), [into('10.255.0.2', RED_LABEL)], 'RED');
    pe2.route(0, prefix('10.66.0.0/24'), [into('10.255.0.1', RED_LABEL)], 'RED');
    send('red1', { to: '10.66.0.1', ttl: 10 });
    pass();
    const rounds = core.filter(({ bytes, start }) =>
      formatIpv4(ipv4Destination(bytes, start + 14)).startsWith('10.255'),
    );
    expect(rounds.length).to.be.lessThan(40);
    expect((drops(pe1)['real ttl'] ?? 0) + (drops(pe2)['real ttl'] ?? 0)).to.equal(1);
  });

  it('never makes a router throw, whatever it is', () => {
    const anything = fc.record({
      bytes: fc.uint8Array({ maxLength: 120 }),
      label: fc.constantFrom(RED_LABEL, BLUE_LABEL, 0, 3, 0xf0001),
      edits: fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 3 }),
      cut: fc.nat(100),
    });
    const { p, pe2, pass } = vpnNetwork();
    fc.assert(
      fc.property(anything, fc.boolean(), ({ bytes, label, edits, cut }, isSound) => {
        const packet = tunnelPacket(isSound ? inner() : bytes, label);
        const payload = packet.slice(20, Math.max(20, packet.length - (cut > 50 ? cut - 50 : 0)));
        for (const [at, value] of edits) if (at < payload.length) payload[at] = value;
        p.send(0, { ...raw(packet), payload });
        pass();
      }),
      { numRuns: 300 },
    );
    expect(drops(pe2)).to.include.keys('real malformed', 'real unknown-label');
  });
});

/** As P's own packet to PE2. */
function raw(bytes: Uint8Array) {
  return {
    source: address('10.255.0.1'),
    destination: address('10.255.0.2'),
    protocol: PROTOCOL_GRE,
    ttl: 64,
    tos: 0,
    payload: bytes.slice(20),
  };
}
