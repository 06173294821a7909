import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { ARP_REPLY, ARP_REQUEST, decodeArp, encodeArp } from '../../src/net/arp.ts';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../../src/net/bytes.ts';
import { internetChecksum, replaceU16 } from '../../src/net/checksum.ts';
import { etherType, multicastMac, readMac, writeEthernet } from '../../src/net/ethernet.ts';
import { writeIcmp } from '../../src/net/icmp.ts';
import {
  ipv4ChecksumHolds,
  ipv4Destination,
  ipv4Dscp,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalLength,
  ipv4Ttl,
  isIpv4,
  setIpv4Dscp,
  setIpv4Ttl,
  writeIpv4,
} from '../../src/net/ipv4.ts';
import { isBottomOfStack, labelAt, labelTtlAt, trafficClassAt, writeLabel } from '../../src/net/mpls.ts';
import { mayBeTraced, PROBE_HEADER, probeAt, writeProbe } from '../../src/net/probe.ts';
import {
  mendUdpChecksum,
  udpChecksumHolds,
  udpDestinationPort,
  udpLength,
  udpSourcePort,
  writeUdp,
} from '../../src/net/udp.ts';
import { PROBE_PORT } from '../../src/net/wire.ts';

const u32 = fc.nat(0xffffffff);
const mac = fc.nat(0xffffffffffff);
const header = fc.record({
  source: u32,
  destination: u32,
  protocol: fc.nat(255),
  ttl: fc.nat(255),
  tos: fc.nat(255),
  totalLength: fc.integer({ min: 20, max: 1500 }),
  identification: fc.nat(65535),
  dontFragment: fc.boolean(),
});

/** RFC 1071, by its words: the sum of 16-bit words in ones' complement, complemented. */
function naiveChecksum(bytes: readonly number[]): number {
  let sum = 0n;
  bytes.forEach((octet, index) => {
    sum += BigInt(octet) << (index % 2 === 0 ? 8n : 0n);
  });
  while (sum >> 16n) sum = (sum & 0xffffn) + (sum >> 16n);
  return Number(~sum & 0xffffn);
}

describe('numbers on the wire', () => {
  it('are big-endian, and come back as they were written', () => {
    const bytes = new Uint8Array(8);
    fc.assert(
      fc.property(fc.nat(65535), u32, fc.maxSafeNat(), (a, b, c) => {
        writeU16(bytes, 0, a);
        expect([readU16(bytes, 0), bytes[0]]).to.deep.equal([a, a >>> 8]);
        writeU32(bytes, 0, b);
        expect([readU32(bytes, 0), bytes[0]]).to.deep.equal([b, b >>> 24]);
        writeU64(bytes, 0, c);
        expect(readU64(bytes, 0)).to.equal(c);
      }),
    );
  });
});

describe('the Internet checksum', () => {
  it('is what RFC 1071 says, of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        expect(internetChecksum(bytes, 0, bytes.length)).to.equal(naiveChecksum([...bytes]));
      }),
    );
  });

  it('is the same mended as made anew (RFC 1624)', () => {
    fc.assert(
      fc.property(header, fc.nat(4), fc.nat(65535), (header, word, value) => {
        const bytes = new Uint8Array(20);
        writeIpv4(bytes, 0, header);
        replaceU16(bytes, word * 2, value, 10);
        expect(internetChecksum(bytes, 0, 20)).to.equal(0);
      }),
    );
  });
});

describe('an IPv4 header', () => {
  it('is read as it was written, and holds its checksum when TTL and DSCP are set', () => {
    const bytes = new Uint8Array(1500);
    fc.assert(
      fc.property(header, fc.nat(255), fc.nat(63), (header, ttl, dscp) => {
        writeIpv4(bytes, 0, header);
        expect(isIpv4(bytes, 0, header.totalLength) && ipv4ChecksumHolds(bytes, 0)).to.equal(true);
        expect(isIpv4(bytes, 0, header.totalLength - 1), 'cut short').to.equal(false);
        expect([
          ipv4Source(bytes, 0),
          ipv4Destination(bytes, 0),
          ipv4Protocol(bytes, 0),
          ipv4TotalLength(bytes, 0),
        ]).to.deep.equal([header.source, header.destination, header.protocol, header.totalLength]);
        setIpv4Ttl(bytes, 0, ttl);
        setIpv4Dscp(bytes, 0, dscp);
        expect([ipv4Ttl(bytes, 0), ipv4Dscp(bytes, 0), bytes[1] & 3]).to.deep.equal([
          ttl,
          dscp,
          header.tos & 3,
        ]);
        expect(ipv4ChecksumHolds(bytes, 0)).to.equal(true);
      }),
    );
  });
});

describe('Ethernet, ARP and MPLS', () => {
  it('come back as they were written', () => {
    const bytes = new Uint8Array(60);
    fc.assert(
      fc.property(mac, mac, u32, u32, fc.constantFrom(ARP_REQUEST, ARP_REPLY), (a, b, x, y, operation) => {
        writeEthernet(bytes, 0, a, b, 0x0806);
        expect([readMac(bytes, 0), readMac(bytes, 6), etherType(bytes, 0)]).to.deep.equal([a, b, 0x0806]);
        const message = { operation, senderMac: a, senderAddress: x, targetMac: b, targetAddress: y };
        encodeArp(bytes, 14, message);
        expect(decodeArp(bytes, 14, 42)).to.deep.equal(message);
        expect(decodeArp(bytes, 14, 41), 'cut short').to.equal(undefined);
      }),
    );
    fc.assert(
      fc.property(
        fc.nat(0xfffff),
        fc.nat(7),
        fc.boolean(),
        fc.nat(255),
        (label, trafficClass, bottom, ttl) => {
          writeLabel(bytes, 14, label, trafficClass, bottom, ttl);
          expect([
            labelAt(bytes, 14),
            trafficClassAt(bytes, 14),
            isBottomOfStack(bytes, 14),
            labelTtlAt(bytes, 14),
          ]).to.deep.equal([label, trafficClass, bottom, ttl]);
        },
      ),
    );
  });

  it('send a group to its MAC address (RFC 1112 6.4)', () => {
    expect(multicastMac(0xe0000005)).to.equal(0x01005e000005);
    expect(multicastMac(0xefffffff)).to.equal(0x01005e7fffff);
  });
});

describe('UDP and ICMP', () => {
  it('carry checksums that hold, and that one flipped bit breaks', () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 200 }), fc.nat(7), (header, payload, bit) => {
        const end = 28 + payload.length;
        const bytes = new Uint8Array(end);
        writeIpv4(bytes, 0, { ...header, totalLength: end });
        bytes.set(payload, 28);
        writeUdp(bytes, 20, end, 5000, 53, 0);
        expect([udpSourcePort(bytes, 20), udpDestinationPort(bytes, 20), udpLength(bytes, 20)]).to.deep.equal(
          [5000, 53, end - 20],
        );
        // The pseudo header names UDP, whatever the header of this packet does.
        expect(udpChecksumHolds(bytes, 20, end, 0)).to.equal(true);
        bytes[21] ^= 1 << bit;
        expect(udpChecksumHolds(bytes, 20, end, 0)).to.equal(false);
        writeIcmp(bytes, 20, end, 8, 0, 1);
        expect(internetChecksum(bytes, 20, end)).to.equal(0);
      }),
    );
  });
});

describe('the header of measured traffic', () => {
  it('is found in nothing but a whole UDP packet to its port with its magic', () => {
    const bytes = new Uint8Array(100);
    const write = (protocol: number, port: number): void => {
      const rest = { source: 1, destination: 2, ttl: 1, tos: 0, identification: 0, dontFragment: false };
      writeIpv4(bytes, 0, { ...rest, protocol, totalLength: 100 });
      writeProbe(bytes, 28, { flow: 1, sequence: 2, traced: false, sentNs: 3 });
      writeUdp(bytes, 20, 100, 5000, port, 0);
    };
    write(17, PROBE_PORT);
    expect(probeAt(bytes, 0)).to.equal(28);
    bytes[28] ^= 1;
    expect(probeAt(bytes, 0), 'another magic').to.equal(-1);
    write(17, 53);
    expect(probeAt(bytes, 0), 'another port').to.equal(-1);
    write(6, PROBE_PORT);
    expect(probeAt(bytes, 0), 'another protocol').to.equal(-1);
    write(17, PROBE_PORT);
    writeU16(bytes, 2, 28 + PROBE_HEADER - 1);
    expect(probeAt(bytes, 0), 'too short').to.equal(-1);
    write(17, PROBE_PORT);
    bytes[7] = 1;
    expect(probeAt(bytes, 0), 'a later fragment').to.equal(-1);
  });
});

describe('what spares work on the packet path', () => {
  it('finds the same fault in an IPv4 header as the sum over all of its words', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 60, maxLength: 60 }),
        fc.boolean(),
        fc.boolean(),
        (bytes, plain, sound) => {
          bytes[0] = plain ? 0x45 : 0x40 | Math.max(5, bytes[0] & 15);
          const end = (bytes[0] & 15) * 4;
          writeU16(bytes, 10, 0);
          if (sound) writeU16(bytes, 10, naiveChecksum([...bytes.subarray(0, end)]));
          expect(ipv4ChecksumHolds(bytes, 0)).to.equal(naiveChecksum([...bytes.subarray(0, end)]) === 0);
        },
      ),
    );
  });

  it('mends a UDP checksum as if it were made anew', () => {
    fc.assert(
      fc.property(
        header,
        fc.uint8Array({ minLength: 24, maxLength: 300 }),
        fc.nat(10),
        (ip, payload, word) => {
          const [from, to] = [28 + 2 * word, 28 + Math.min(2 * word + 24, payload.length)];
          const whole = new Uint8Array(28 + payload.length);
          writeIpv4(whole, 0, { ...ip, totalLength: whole.length });
          whole.set(payload, 28);
          const mended = whole.slice();
          mended.fill(0, from, to);
          writeUdp(whole, 20, whole.length, 1, 2, 0);
          writeUdp(mended, 20, mended.length, 1, 2, 0);
          mended.set(whole.subarray(from, to), from);
          mendUdpChecksum(mended, 20, from, to);
          expect(mended).to.deep.equal(whole);
        },
      ),
    );
  });

  it('takes no traced packet for one that is not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.boolean(), (bytes, traced) => {
        const options = 4 * (bytes[0] % 3);
        writeIpv4(bytes, 0, {
          source: 1,
          destination: 2,
          protocol: 17,
          ttl: 9,
          tos: 0,
          totalLength: 64,
          identification: 0,
          dontFragment: true,
        });
        bytes[0] = 0x45 + options / 4;
        writeU16(bytes, 22 + options, PROBE_PORT);
        writeProbe(bytes, 28 + options, { flow: 1, sequence: 2, piece: 0, traced, sentNs: 3 });
        expect(probeAt(bytes, 0)).to.equal(28 + options);
        expect(mayBeTraced(bytes, 0)).to.equal(traced || options > 0);
      }),
    );
  });
});
