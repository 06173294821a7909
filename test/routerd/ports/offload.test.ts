import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readU16, readU32, writeU16, writeU32 } from '../../../src/net/bytes.ts';
import { internetChecksum, transportChecksum } from '../../../src/net/checksum.ts';
import { ETHERNET_HEADER, writeEthernet } from '../../../src/net/ethernet.ts';
import {
  IPV4_HEADER,
  ipv4TotalLength,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  writeIpv4,
} from '../../../src/net/ipv4.ts';
import { ACK, FIN, PSH } from '../../../src/net/tcp.ts';
import { finish } from '../../../src/routerd/ports/offload.ts';
import { type Frame, frameOf, newFrame } from '../../../src/world/frame.ts';

const IP = ETHERNET_HEADER;
const TRANSPORT = IP + IPV4_HEADER;
const TCP_HEADER = 32;
const CWR = 0x80;
const SEQUENCE = 0xffff_f000;

/** As a kernel leaves it: the pseudo header's sum in place of the checksum. */
function longPacket(protocol: number, payload: Uint8Array): Frame {
  const header = protocol === PROTOCOL_TCP ? TCP_HEADER : 8;
  const frame = newFrame(TRANSPORT + header + payload.length);
  const { bytes, start } = frame;
  writeEthernet(bytes, start, 1, 2, 0x0800);
  writeIpv4(bytes, start + IP, {
    totalLength: IPV4_HEADER + header + payload.length,
    identification: 0xfffe,
    tos: 0,
    dontFragment: true,
    ttl: 64,
    protocol,
    source: 0x0a000001,
    destination: 0x0a000002,
  });
  if (protocol === PROTOCOL_TCP) {
    writeU32(bytes, start + TRANSPORT + 4, SEQUENCE);
    bytes[start + TRANSPORT + 12] = (TCP_HEADER / 4) << 4;
    bytes[start + TRANSPORT + 13] = FIN | PSH | ACK | CWR;
  } else writeU16(bytes, start + TRANSPORT + 4, 8 + payload.length);
  bytes.set(payload, start + TRANSPORT + header);
  return frame;
}

function headerOf(kind: number, size: number, flags = 1): Uint8Array {
  const header = new Uint8Array(10);
  header.set([flags, kind, 0, 0, size & 255, size >>> 8, TRANSPORT, 0, kind === 5 ? 6 : 16, 0]);
  return header;
}

function finished(header: Uint8Array, frame: Frame): { readonly taken: boolean; readonly frames: Frame[] } {
  const frames: Frame[] = [];
  return { taken: finish(header, 0, frame, (part) => frames.push(part)), frames };
}

const payloads = fc.uint8Array({ minLength: 1, maxLength: 5000 });
const sizes = fc.integer({ min: 1, max: 1448 });

describe('what a sender left to hardware', () => {
  it('is cut into TCP segments that carry the same bytes at the same sequence numbers', () => {
    fc.assert(
      fc.property(payloads, sizes, (payload, size) => {
        const { frames } = finished(headerOf(1, size), longPacket(PROTOCOL_TCP, payload));
        expect(frames.length).to.equal(Math.ceil(payload.length / size));
        const together = new Uint8Array(payload.length);
        frames.forEach(({ bytes, start, end }, number) => {
          const at = (readU32(bytes, start + TRANSPORT + 4) - SEQUENCE) >>> 0;
          expect(at).to.equal(number * size);
          together.set(bytes.subarray(start + TRANSPORT + TCP_HEADER, end), at);
          expect(internetChecksum(bytes, start + IP, start + TRANSPORT)).to.equal(0);
          expect(transportChecksum(bytes, start + TRANSPORT, end, start + IP)).to.equal(0);
          expect(ipv4TotalLength(bytes, start + IP)).to.equal(end - start - IP);
          expect(readU16(bytes, start + IP + 4)).to.equal((0xfffe + number) & 0xffff);
        });
        expect(together).to.deep.equal(payload);
      }),
    );
  });

  it('ends the connection and pushes with its last segment, and tells of congestion with its first', () => {
    const { frames } = finished(headerOf(0x81, 1000), longPacket(PROTOCOL_TCP, new Uint8Array(2500)));
    const flags = frames.map(({ bytes, start }) => bytes[start + TRANSPORT + 13]);
    expect(flags).to.deep.equal([ACK | CWR, ACK, ACK | FIN | PSH]);
  });

  it('is cut into UDP datagrams of the size asked for', () => {
    fc.assert(
      fc.property(payloads, sizes, (payload, size) => {
        const { frames } = finished(headerOf(5, size), longPacket(PROTOCOL_UDP, payload));
        const contents = frames.map(({ bytes, start, end }) => {
          expect(readU16(bytes, start + TRANSPORT + 4)).to.equal(end - start - TRANSPORT);
          expect(transportChecksum(bytes, start + TRANSPORT, end, start + IP)).to.equal(0);
          return [...bytes.subarray(start + TRANSPORT + 8, end)];
        });
        expect(contents.flat()).to.deep.equal([...payload]);
        expect(contents.slice(0, -1).every(({ length }) => length === size)).to.equal(true);
      }),
    );
  });

  it('has a half-made checksum completed, and never 0 where that would say there is none', () => {
    const payload = new Uint8Array(4);
    const frame = longPacket(PROTOCOL_UDP, payload);
    const { bytes, start, end } = frame;
    // What is not there yet is chosen so that the sum comes out as 0xffff, whose complement is 0.
    const pseudo = ~transportChecksum(bytes, start + TRANSPORT, end, start + IP) & 0xffff;
    writeU16(bytes, start + TRANSPORT + 8, ~pseudo & 0xffff);
    const half = pseudoHeaderSum(bytes, start + IP, end - start - TRANSPORT);
    writeU16(bytes, start + TRANSPORT + 6, half);
    const [whole] = finished(headerOf(0, 0).fill(6, 8, 9), frame).frames;
    expect(readU16(whole.bytes, whole.start + TRANSPORT + 6)).to.equal(0xffff);
  });

  it('that makes no sense is refused, and nothing throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 10, maxLength: 10 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        (header, contents, isTcp) => {
          if (contents.length > 30) contents.set([8, 0, 0x45], 12);
          if (contents.length > 30) contents[IP + 9] = isTcp ? PROTOCOL_TCP : PROTOCOL_UDP;
          const { taken, frames } = finished(header, frameOf(contents));
          expect(frames.length > 0).to.equal(taken);
          const most = contents.length;
          for (const { length } of frames) expect(length).to.be.at.most(most);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** RFC 768: source, destination, protocol, length. */
function pseudoHeaderSum(bytes: Uint8Array, ipAt: number, length: number): number {
  let sum = bytes[ipAt + 9] + length;
  for (let at = ipAt + 12; at < ipAt + 20; at += 2) sum += readU16(bytes, at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
