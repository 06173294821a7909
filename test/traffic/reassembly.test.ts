import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { writeU16 } from '../../src/net/bytes.ts';
import { internetChecksum } from '../../src/net/checksum.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, writeEthernet } from '../../src/net/ethernet.ts';
import { ipv4ChecksumHolds, ipv4TotalLength, PROTOCOL_UDP, writeIpv4 } from '../../src/net/ipv4.ts';
import { writeUdp } from '../../src/net/udp.ts';
import { SHADOW_DSCP } from '../../src/net/wire.ts';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import { ipv4At } from '../../src/traffic/packet.ts';
import { MAX_BYTES, MAX_DATAGRAMS, REASSEMBLY_NS, Reassembly } from '../../src/traffic/reassembly.ts';
import { SECOND } from '../../src/world/clock.ts';
import { Frame, newFrame } from '../../src/world/frame.ts';
import { ADDRESS_A, ADDRESS_B, hostOnBareWire, MAC_A, MAC_B, twoHosts } from './lab.ts';

interface Part {
  readonly from: number;
  readonly to: number;
  readonly more: boolean;
  readonly identification?: number;
  readonly tos?: number;
  readonly cancelled?: number;
}

/** A UDP datagram of `length` bytes, its header included, to port 7. */
function datagram(length: number): Uint8Array {
  const packet = new Uint8Array(20 + length);
  for (let at = 28; at < packet.length; at++) packet[at] = (at * 7) & 0xff;
  writeIpv4(packet, 0, header({ totalLength: packet.length }));
  writeUdp(packet, 20, packet.length, 5000, 7, 0);
  return packet.slice(20);
}

function header(more: { totalLength: number; identification?: number; tos?: number }) {
  const addresses = { source: ADDRESS_B, destination: ADDRESS_A };
  const rest = { protocol: PROTOCOL_UDP, ttl: 64, tos: 0, identification: 1, dontFragment: false };
  return { ...addresses, ...rest, ...more };
}

function fragmentOf(payload: Uint8Array, part: Part): Frame {
  const { from, to, more, identification = 1, tos = 0, cancelled = 0 } = part;
  const frame = newFrame(ETHERNET_HEADER + 20 + to - from);
  writeEthernet(frame.bytes, frame.start, MAC_A, MAC_B, ETHERTYPE_IPV4);
  const at = ipv4At(frame);
  writeIpv4(frame.bytes, at, header({ totalLength: 20 + to - from, identification, tos }));
  frame.bytes.set(payload.subarray(from, to), at + 20);
  writeU16(frame.bytes, at + 6, (more ? 0x2000 : 0) | (from / 8));
  writeU16(frame.bytes, at + 10, 0);
  writeU16(frame.bytes, at + 10, internetChecksum(frame.bytes, at, at + 20));
  frame.end -= cancelled;
  frame.cancelled = cancelled;
  return frame;
}

function reassembly() {
  const clock = new VirtualClock();
  const givenUp: (Uint8Array | undefined)[] = [];
  const table = new Reassembly(clock, (first) => givenUp.push(first));
  const add = (payload: Uint8Array, part: Part) => {
    const frame = fragmentOf(payload, part);
    return table.add(frame, ipv4At(frame));
  };
  return { clock, givenUp, table, add };
}

const payloadOf = (whole: unknown): number[] => {
  if (!(whole instanceof Frame)) return expect.fail(`${whole} is no datagram`);
  expect(ipv4ChecksumHolds(whole.bytes, ipv4At(whole))).to.equal(true);
  return [...whole.bytes.subarray(ipv4At(whole) + 20, whole.end)];
};

describe('reassembly', () => {
  it('makes the datagram of its fragments, in whatever order they come, some of them twice', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 12 });
    const orders = fc.array(fc.nat(), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(cuts, orders, fc.integer({ min: 809, max: 900 }), (cuts, order, length) => {
        const payload = datagram(length);
        const edges = [0, ...cuts.sort((a, b) => a - b).map((cut) => cut * 8), length];
        const parts = edges
          .slice(1)
          .map((to, index): Part => ({ from: edges[index], to, more: to !== length }));
        const { table, add, givenUp, clock } = reassembly();
        const early = order.map((pick) => parts[pick % parts.length]).filter((part) => part !== parts[0]);
        for (const part of early) expect(add(payload, part)).to.equal(undefined);
        const missing = parts.slice(1).filter((part) => !early.includes(part));
        for (const part of missing) expect(add(payload, part)).to.equal(undefined);
        expect(payloadOf(add(payload, parts[0]))).to.deep.equal([...payload]);
        expect([table.waiting, clock.pending, givenUp.length]).to.deep.equal([0, 0, 0]);
      }),
      { numRuns: 100 },
    );
  });

  it('gives up a datagram whose fragments overlap, and all that is still to come of it', () => {
    const payload = datagram(320);
    const { add, givenUp, clock, table } = reassembly();
    add(payload, { from: 0, to: 160, more: true });
    expect(add(payload, { from: 152, to: 320, more: false })).to.equal(undefined);
    expect(givenUp).to.deep.equal([undefined]);
    expect(add(payload, { from: 160, to: 320, more: false })).to.equal(undefined);
    clock.runUntil(REASSEMBLY_NS);
    expect([table.waiting, givenUp.length]).to.deep.equal([0, 1]);
  });

  const liars: readonly [string, Part, Part][] = [
    ['two ends', { from: 80, to: 160, more: false }, { from: 160, to: 240, more: false }],
    ['bytes behind its end', { from: 80, to: 160, more: false }, { from: 160, to: 240, more: true }],
    ['an end before its middle', { from: 160, to: 240, more: true }, { from: 80, to: 160, more: false }],
    ['an end that goes on', { from: 80, to: 160, more: false }, { from: 80, to: 160, more: true }],
  ];
  for (const [what, one, other] of liars) {
    it(`gives up a datagram with ${what}`, () => {
      const payload = datagram(320);
      const { add, givenUp } = reassembly();
      add(payload, one);
      add(payload, other);
      expect(givenUp.length).to.equal(1);
    });
  }

  it('keeps planes and identifications apart', () => {
    const payload = datagram(160);
    const { add, table } = reassembly();
    add(payload, { from: 0, to: 80, more: true });
    expect(add(payload, { from: 80, to: 160, more: false, tos: SHADOW_DSCP << 2 })).to.equal(undefined);
    expect(add(payload, { from: 80, to: 160, more: false, identification: 2 })).to.equal(undefined);
    expect(table.waiting).to.equal(3);
    expect(payloadOf(add(payload, { from: 80, to: 160, more: false }))).to.deep.equal([...payload]);
  });

  it('waits a minute and no longer, and shows the first fragment where it came', () => {
    const payload = datagram(320);
    const { add, givenUp, clock } = reassembly();
    add(payload, { from: 0, to: 160, more: true });
    clock.runUntil(REASSEMBLY_NS - 1);
    add(payload, { from: 160, to: 240, more: true });
    add(payload, { from: 160, to: 240, more: true, identification: 2 });
    expect(givenUp).to.deep.equal([]);
    clock.runUntil(REASSEMBLY_NS);
    expect(givenUp.map((first) => first?.length)).to.deep.equal([28]);
    clock.runUntil(2 * REASSEMBLY_NS);
    expect(givenUp.map((first) => first?.length)).to.deep.equal([28, undefined]);
  });

  it('keeps a bounded number of datagrams and bytes: the oldest make room', () => {
    const { add, givenUp, table, clock } = reassembly();
    for (let identification = 0; identification < 100; identification++) {
      add(datagram(16), { from: 0, to: 8, more: true, identification });
    }
    expect([table.waiting, givenUp.length]).to.deep.equal([MAX_DATAGRAMS, 100 - MAX_DATAGRAMS]);
    const long = datagram(60_000);
    for (let identification = 200; identification < 240; identification++) {
      add(long, { from: 0, to: 59_992, more: true, identification });
    }
    expect(table.waiting).to.be.at.most(Math.floor(MAX_BYTES / 59_992));
    clock.runUntil(REASSEMBLY_NS);
    expect([table.waiting, clock.pending]).to.deep.equal([0, 0]);
  });

  it('counts as cancelled what lies behind the first byte that is missing', () => {
    const payload = datagram(320);
    const { add } = reassembly();
    add(payload, { from: 160, to: 320, more: false, cancelled: 100 });
    const whole = add(payload, { from: 0, to: 160, more: true, cancelled: 120 });
    expect(payloadOf(whole)).to.deep.equal([...payload.subarray(0, 40)]);
    expect(
      whole instanceof Frame && [whole.cancelled, ipv4TotalLength(whole.bytes, ipv4At(whole))],
    ).to.deep.equal([280, 340]);
  });

  it('keeps a mark of congestion on any of the fragments', () => {
    const payload = datagram(160);
    const { add } = reassembly();
    add(payload, { from: 80, to: 160, more: false, tos: 3 });
    const whole = add(payload, { from: 0, to: 80, more: true, tos: 2 });
    expect(whole instanceof Frame && whole.bytes[ipv4At(whole) + 1] & 3).to.equal(3);
  });

  it('throws at no fragment whatever, and keeps to its bounds', () => {
    const words = fc.integer({ min: 1, max: 0x3fff });
    const pieces = fc.record({
      word: words,
      length: fc.integer({ min: 0, max: 1480 }),
      cut: fc.integer({ min: 0, max: 1480 }),
      identification: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 200 }), (pieces) => {
        const { table, clock } = reassembly();
        for (const { word, length, cut, identification } of pieces) {
          const frame = newFrame(ETHERNET_HEADER + 20 + length);
          const at = ipv4At(frame);
          writeIpv4(frame.bytes, at, header({ totalLength: 20 + length, identification }));
          writeU16(frame.bytes, at + 6, word);
          frame.end -= Math.min(cut, length);
          frame.cancelled = Math.min(cut, length);
          table.add(frame, at);
        }
        expect(table.waiting).to.be.at.most(4);
        clock.runUntil(REASSEMBLY_NS);
        expect([table.waiting, clock.pending]).to.deep.equal([0, 0]);
      }),
    );
  });
});

describe('a host that gets fragments', () => {
  it('takes the datagram that they make, as one packet', () => {
    const lab = hostOnBareWire();
    const got: number[] = [];
    lab.host.listen(7, ({ start, end }) => got.push(end - start));
    const payload = datagram(1000);
    for (const part of [
      { from: 800, to: 1000, more: false },
      { from: 0, to: 400, more: true },
      { from: 400, to: 800, more: true },
    ]) {
      lab.portB.send(fragmentOf(payload, part));
    }
    lab.clock.runUntil(SECOND);
    expect(got).to.deep.equal([992]);
    expect(lab.host.counters()).to.include({ inPackets: 1, inBytes: 1020 });
  });

  it('tells the sender when some did not come in time, and counts it', () => {
    const { a, b, clock } = twoHosts();
    b.send(fragmentOf(datagram(160), { from: 0, to: 80, more: true }));
    clock.runUntil(REASSEMBLY_NS + SECOND);
    expect(a.counters().drops).to.deep.equal({ fragment: 1 });
    expect(a.counters().outBytes, 'an ICMP error that quotes header and 8 bytes').to.equal(20 + 8 + 28);
    expect(b.counters().inPackets).to.equal(1);
  });
});
