import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { IPV4_HEADER } from '../../src/net/ipv4.ts';
import {
  ACK,
  readTcp,
  type TcpOptions,
  type TcpSegment,
  tcpChecksumHolds,
  tcpLength,
} from '../../src/net/tcp.ts';
import { A, B, packetOf } from './lab.ts';

const word = fc.integer({ min: 0, max: 0xffffffff });
const half = fc.integer({ min: 0, max: 0xffff });

function optional<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}

/** Options that fit the 40 bytes there are. */
const options: fc.Arbitrary<TcpOptions> = fc
  .record(
    {
      mss: half,
      windowScale: fc.integer({ min: 0, max: 14 }),
      sackPermitted: fc.constant<true>(true),
      timestamps: fc.record({ value: word, echo: word }),
    },
    { requiredKeys: [] },
  )
  .chain((fixed) => {
    const room = fixed.mss === undefined && fixed.windowScale === undefined && !fixed.sackPermitted;
    if (!room) return fc.constant(fixed);
    const blocks = fc.array(fc.record({ left: word, right: word }), {
      minLength: 1,
      maxLength: fixed.timestamps ? 3 : 4,
    });
    return optional(blocks).map((sackBlocks) => (sackBlocks ? { ...fixed, sackBlocks } : fixed));
  });

const segment: fc.Arbitrary<TcpSegment> = fc.record({
  sourcePort: half,
  destinationPort: half,
  sequence: word,
  acknowledgement: word,
  flags: fc.integer({ min: 0, max: 255 }).map((flags) => flags | ACK),
  window: half,
  options,
  payload: fc.uint8Array({ maxLength: 100 }),
});

describe('a TCP segment', () => {
  it('is read as it was written, with a right checksum', () => {
    fc.assert(
      fc.property(segment, (written) => {
        const packet = packetOf(A, B, written);
        expect(packet.length).to.equal(IPV4_HEADER + tcpLength(written));
        expect(tcpChecksumHolds(packet, IPV4_HEADER, packet.length, 0)).to.equal(true);
        const read = readTcp(packet, IPV4_HEADER, packet.length);
        expect({ ...read, payload: [...(read?.payload ?? [])] }).to.deep.equal({
          ...written,
          payload: [...written.payload],
        });
      }),
    );
  });

  it('with any one bit wrong has a wrong checksum', () => {
    fc.assert(
      fc.property(segment, fc.nat(), (written, bit) => {
        const packet = packetOf(A, B, written);
        const at = IPV4_HEADER + (Math.floor(bit / 8) % (packet.length - IPV4_HEADER));
        packet[at] ^= 1 << (bit % 8);
        expect(tcpChecksumHolds(packet, IPV4_HEADER, packet.length, 0)).to.equal(false);
      }),
    );
  });

  it('of any bytes is read without looking behind its end or before its beginning, or is none', () => {
    /** Bytes whose every index outside [at, end) throws. */
    const guarded = (bytes: Uint8Array, at: number, end: number): Uint8Array =>
      new Proxy(bytes, {
        get: (target, name) => {
          const index = typeof name === 'string' ? Number(name) : Number.NaN;
          if (Number.isInteger(index) && (index < at || index >= end)) throw new Error(`byte ${index}`);
          const value = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const options = fc.array(fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 10, 18, 34, 255), { maxLength: 40 });
    const header = fc.tuple(fc.uint8Array({ minLength: 20, maxLength: 20 }), options).map(([fixed, rest]) => {
      const bytes = Uint8Array.from([...fixed, ...rest]);
      bytes[12] = ((5 + Math.floor(rest.length / 4)) << 4) | (fixed[12] & 15);
      return bytes;
    });
    const anything = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(fc.oneof(header, anything), fc.nat(9), (bytes, at) => {
        const around = new Uint8Array(bytes.length + 20).fill(8);
        around.set(bytes, at);
        const end = at + bytes.length;
        const read = readTcp(guarded(around, at, end), at, end);
        if (read === undefined) return;
        expect(read.payload.length).to.be.at.most(bytes.length - 20);
        expect(read.options.sackBlocks?.length ?? 0).to.be.at.most(4);
        expect(read.options.windowScale ?? 0).to.be.at.most(14);
      }),
      { numRuns: 3000 },
    );
  });
});
