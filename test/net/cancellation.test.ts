import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readU16, writeU16 } from '../../src/net/bytes.ts';
import {
  BUNDLE_HEADER,
  isBundle,
  keptLength,
  mendTransportChecksum,
  RECORD_HEADER,
  writeBundle,
  writeRecord,
} from '../../src/net/cancellation.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, writeIpv4 } from '../../src/net/ipv4.ts';
import { writeLabel } from '../../src/net/mpls.ts';
import { tcpChecksumHolds } from '../../src/net/tcp.ts';
import { udpChecksumHolds, writeUdp } from '../../src/net/udp.ts';
import { SHADOW_MARK } from '../../src/net/wire.ts';
import { takeApart } from '../../src/routerd/bandwidth/bundle.ts';
import { type Frame, frameOf } from '../../src/world/frame.ts';

const LABEL = 4;

interface Shape {
  readonly total?: number;
  readonly protocol?: number;
  readonly dscp?: number;
  /** Words of IPv4 options, of TCP options. */
  readonly ipOptions?: number;
  readonly tcpOptions?: number;
  readonly fragment?: number;
}

/** A label and behind it an IPv4 packet with a transport header. */
function labelledPacket(shape: Shape = {}): Uint8Array {
  const {
    total = 500,
    protocol = PROTOCOL_UDP,
    dscp = 0,
    ipOptions = 0,
    tcpOptions = 0,
    fragment = 0,
  } = shape;
  const bytes = new Uint8Array(LABEL + total);
  writeLabel(bytes, 0, SHADOW_MARK, 0, true, 63);
  writeIpv4(bytes, LABEL, {
    source: 0x0a000001,
    destination: 0x0a000002,
    protocol,
    ttl: 63,
    tos: dscp << 2,
    totalLength: total,
    identification: 0,
    dontFragment: false,
  });
  bytes[LABEL] += ipOptions;
  writeU16(bytes, LABEL + 6, fragment);
  const transportAt = LABEL + 20 + ipOptions * 4;
  if (protocol === PROTOCOL_UDP) writeUdp(bytes, transportAt, bytes.length, 5000, 6000, LABEL);
  if (protocol === PROTOCOL_TCP) bytes[transportAt + 12] = (5 + tcpOptions) << 4;
  return bytes;
}

const kept = (shape: Shape, headerBytes: number): number =>
  keptLength(labelledPacket(shape), LABEL, LABEL + (shape.total ?? 500), headerBytes);

describe('what packet cancellation keeps of a packet', () => {
  it('is the header bytes that are asked for, and IPv4 options on top', () => {
    expect(kept({}, 52)).to.equal(52);
    expect(kept({}, 100)).to.equal(100);
    expect(kept({ ipOptions: 3 }, 52)).to.equal(64);
    expect(kept({ protocol: PROTOCOL_TCP }, 52)).to.equal(52);
  });

  it("is the transport header at least: all of TCP's options, and behind UDP's the header of measured traffic", () => {
    expect(kept({ protocol: PROTOCOL_TCP, tcpOptions: 10 }, 52)).to.equal(80);
    expect(kept({ protocol: PROTOCOL_TCP, tcpOptions: 10, ipOptions: 10 }, 52)).to.equal(120);
    expect(kept({}, 0)).to.equal(52);
  });

  it('is never more than there is', () => {
    expect(kept({ total: 40 }, 52)).to.equal(40);
    expect(kept({ total: 28 }, 52)).to.equal(28);
    expect(keptLength(labelledPacket(), LABEL, LABEL + 60, 100), 'cut before').to.equal(60);
  });

  it('is everything of what travels whole', () => {
    const whole: readonly Shape[] = [
      { protocol: PROTOCOL_ICMP },
      { protocol: 89 },
      { dscp: 48 },
      { dscp: 63 },
      { fragment: 0x2000 },
      { fragment: 1 },
      { protocol: PROTOCOL_TCP, tcpOptions: -1 },
      { protocol: PROTOCOL_TCP, total: 50, tcpOptions: 10 },
    ];
    for (const shape of whole) expect(kept(shape, 52), JSON.stringify(shape)).to.equal(shape.total ?? 500);
    expect(kept({ dscp: 47 }, 52)).to.equal(52);
    expect(kept({ fragment: 0x4000 }, 52), 'that it must not be fragmented is no matter').to.equal(52);
  });

  it("is everything of a UDP datagram whose length is not the packet's", () => {
    const packet = labelledPacket();
    writeU16(packet, LABEL + 24, 100);
    expect(keptLength(packet, LABEL, packet.length, 52)).to.equal(500);
  });
});

describe('the payload that is put back', () => {
  it('has the checksum that zeros had', () => {
    for (const total of [53, 100, 101, 1500]) {
      const sent = labelledPacket({ total });
      const back = sent.slice();
      mendTransportChecksum(back, LABEL);
      expect(back).to.deep.equal(sent);
    }
  });

  it('has a right checksum where it was something else, and none where there was none', () => {
    const udp = labelledPacket();
    writeU16(udp, LABEL + 26, 0x1234);
    mendTransportChecksum(udp, LABEL);
    expect(udpChecksumHolds(udp, LABEL + 20, udp.length, LABEL)).to.equal(true);
    writeU16(udp, LABEL + 26, 0);
    mendTransportChecksum(udp, LABEL);
    expect(readU16(udp, LABEL + 26)).to.equal(0);
    const tcp = labelledPacket({ protocol: PROTOCOL_TCP, total: 777 });
    mendTransportChecksum(tcp, LABEL);
    expect(tcpChecksumHolds(tcp, LABEL + 20, tcp.length, LABEL)).to.equal(true);
  });
});

/** A frame, from behind its Ethernet header, with a real part and a record for each packet. */
function bundle(realType: number, realLength: number, packets: readonly (readonly [Uint8Array, number])[]) {
  const recordBytes = packets.reduce((sum, [, keptBytes]) => sum + RECORD_HEADER + keptBytes, 0);
  const bytes = new Uint8Array(BUNDLE_HEADER + realLength + recordBytes);
  writeBundle(bytes, 0, packets.length, realType, realLength);
  let at = BUNDLE_HEADER + realLength;
  for (const [packet, keptBytes] of packets) {
    writeRecord(bytes, at, packet, 0, keptBytes, 0);
    at += RECORD_HEADER + keptBytes;
  }
  return bytes;
}

const isWhole = (bytes: Uint8Array): boolean => isBundle(bytes, 0, bytes.length);

describe('a frame of packet cancellation', () => {
  it('may have a real part or none, and padding behind the last record', () => {
    expect(isWhole(bundle(0x0800, 100, [[labelledPacket(), 52]]))).to.equal(true);
    expect(
      isWhole(
        bundle(0, 0, [
          [labelledPacket(), 52],
          [labelledPacket({ protocol: PROTOCOL_ICMP }), 500],
        ]),
      ),
    ).to.equal(true);
    expect(isWhole(Uint8Array.from([...bundle(0, 0, [[labelledPacket(), 52]]), 0, 0, 0]))).to.equal(true);
  });

  it('is malformed when any part of it is', () => {
    const good = bundle(0x0800, 40, [
      [labelledPacket(), 52],
      [labelledPacket(), 52],
    ]);
    for (let length = 0; length < good.length; length++) {
      expect(isWhole(good.slice(0, length)), `cut to ${length}`).to.equal(false);
    }
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = good.slice();
      bytes[at] = value;
      return bytes;
    };
    const recordAt = BUNDLE_HEADER + 40;
    const wrong: Readonly<Record<string, Uint8Array>> = {
      'another version': changed(0, 2),
      'no record': changed(1, 0),
      'more records than there are': changed(1, 3),
      'a length but no type': Uint8Array.from([...good.slice(0, 2), 0, 0, ...good.slice(4)]),
      'one within the other': Uint8Array.from([...good.slice(0, 2), 0x88, 0xb5, ...good.slice(4)]),
      'a real part beyond the end': changed(4, 1),
      'a record beyond the end': changed(recordAt + 4, 1),
      'no IPv4': changed(recordAt + RECORD_HEADER, 0x65),
      'an IPv4 header that is no header': changed(recordAt + RECORD_HEADER, 0x44),
      'network control that was cut': changed(recordAt + RECORD_HEADER + 1, 0xc0),
      'a fragment that was cut': changed(recordAt + RECORD_HEADER + 7, 1),
      'ICMP that was cut': changed(recordAt + RECORD_HEADER + 9, PROTOCOL_ICMP),
      'more kept than there was': changed(recordAt + RECORD_HEADER + 2, 0),
      'UDP cut within its header': bundle(0, 0, [[labelledPacket(), 40]]),
      'TCP cut within its options': bundle(0, 0, [
        [labelledPacket({ protocol: PROTOCOL_TCP, tcpOptions: 10 }), 60],
      ]),
    };
    for (const [why, bytes] of Object.entries(wrong)) expect(isWhole(bytes), why).to.equal(false);
  });

  it('is read without a throw or a byte past its end, whatever it holds', () => {
    const good = bundle(0x0800, 40, [
      [labelledPacket(), 52],
      [labelledPacket({ protocol: PROTOCOL_TCP }), 52],
    ]);
    const mutated = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 })
      .map((changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    const anything = fc.oneof(mutated, fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(anything, fc.nat(200), (bytes, cut) => {
        const contents = bytes.slice(0, Math.max(0, bytes.length - (cut % 40)));
        const frame = frameOf(Uint8Array.from([...new Uint8Array(12), 0x88, 0xb5, ...contents]));
        // What lies behind the frame must not matter.
        const other = frameOf(Uint8Array.from([...new Uint8Array(12), 0x88, 0xb5, ...contents, ...good]));
        other.end -= good.length;
        const parts: Frame[] = [];
        const otherParts: Frame[] = [];
        expect(takeApart(frame, 8, parts)).to.equal(takeApart(other, 8, otherParts));
        const texts = (frames: readonly Frame[]) =>
          frames.map(({ bytes: all, start, end, cancelled }) => [
            Buffer.from(all.subarray(start, end)).toString('hex'),
            cancelled,
          ]);
        expect(texts(parts)).to.deep.equal(texts(otherParts));
        for (const part of parts) {
          expect(part.cancelled).to.be.at.least(0);
          expect(part.length).to.be.at.least(14);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
