import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readU16, writeU16 } from '../../../src/net/bytes.ts';
import { internetChecksum } from '../../../src/net/checksum.ts';
import { ETHERNET_HEADER } from '../../../src/net/ethernet.ts';
import {
  ipv4ChecksumHolds,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4TotalLength,
  isIpv4,
} from '../../../src/net/ipv4.ts';
import { SHADOW_DSCP } from '../../../src/net/wire.ts';
import { fragmentsOf } from '../../../src/routerd/forwarding/fragment.ts';
import { OWN_IP_AT } from '../../../src/routerd/forwarding/own.ts';
import { type Frame, frameOf } from '../../../src/world/frame.ts';
import { drops, packetBytes, twoRouters, up } from './network.ts';

const ROUTER_ALERT = [0x94, 4, 0, 0];
const RECORD_ROUTE = [7, 7, 4, 0, 0, 0, 0];
const NO_OPERATION = [1];

/** A packet with options (padded) and a payload that counts up, of which the last bytes may be cancelled. */
function packetOf(payload: number, options: readonly number[] = [], cancelled = 0): Frame {
  const header = 20 + Math.ceil(options.length / 4) * 4;
  const bytes = new Uint8Array(header + payload);
  bytes.set(packetBytes({ to: '10.2.0.2', length: 20 }));
  bytes.set(options, 20);
  for (let at = 0; at < payload; at++) bytes[header + at] = (at * 7 + (at >> 8)) & 0xff;
  bytes[0] = 0x40 | (header / 4);
  writeU16(bytes, 2, header + payload);
  writeU16(bytes, 10, 0);
  writeU16(bytes, 10, internetChecksum(bytes, 0, header));
  const frame = frameOf(bytes.subarray(0, bytes.length - cancelled));
  frame.cancelled = cancelled;
  return frame;
}

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly isLast: boolean;
  readonly there: Uint8Array;
  readonly options: readonly number[];
}

function read(fragment: Frame): Piece {
  const { bytes, end, cancelled } = fragment;
  expect(isIpv4(bytes, OWN_IP_AT, end + cancelled), 'a whole packet').to.equal(true);
  expect(ipv4ChecksumHolds(bytes, OWN_IP_AT), 'its checksum').to.equal(true);
  const header = ipv4HeaderLength(bytes, OWN_IP_AT);
  const length = ipv4TotalLength(bytes, OWN_IP_AT) - header;
  expect(end - OWN_IP_AT - header + cancelled, 'what is there and what is not').to.equal(length);
  const word = ipv4Fragment(bytes, OWN_IP_AT);
  const from = (word & 0x1fff) * 8;
  return {
    from,
    to: from + length,
    isLast: (word & 0x2000) === 0,
    there: bytes.slice(OWN_IP_AT + header, end),
    options: [...bytes.subarray(OWN_IP_AT + 20, OWN_IP_AT + header)],
  };
}

/** Checks that the pieces, in order, are the payload and nothing else. */
function expectWhole(pieces: readonly Piece[], payload: Uint8Array): void {
  let at = 0;
  for (const [index, { from, to, isLast, there }] of pieces.entries()) {
    expect(from).to.equal(at);
    expect(to - from).to.be.above(0);
    expect(isLast).to.equal(index === pieces.length - 1);
    expect([...there]).to.deep.equal([...payload.subarray(from, from + there.length)]);
    at = to;
  }
}

describe('fragments', () => {
  it('are together what the packet was, each as long as the way out allows', () => {
    const packets = fc.record({
      payload: fc.integer({ min: 100, max: 3000 }),
      mtu: fc.integer({ min: 68, max: 1500 }),
      cancelledShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(packets, ({ payload, mtu, cancelledShare }) => {
        const frame = packetOf(payload, RECORD_ROUTE, Math.floor(payload * cancelledShare));
        const fragments = fragmentsOf(frame, frame.start, mtu);
        const pieces = fragments.map(read);
        expectWhole(pieces, packetOf(payload, RECORD_ROUTE).bytes.subarray(32 + 28));
        expect(pieces.at(-1)?.to).to.equal(payload);
        for (const fragment of fragments) {
          expect(ipv4TotalLength(fragment.bytes, OWN_IP_AT)).to.be.at.most(mtu);
        }
        const there = pieces.reduce((sum, piece) => sum + piece.there.length, 0);
        expect(there).to.equal(payload - frame.cancelled);
        expect(pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0)).to.equal(payload);
      }),
      { numRuns: 200 },
    );
  });

  it('can be taken apart once more', () => {
    const frame = packetOf(1400);
    const again = fragmentsOf(frame, frame.start, 700).flatMap((fragment) => [
      ...fragmentsOf(fragment, OWN_IP_AT, 300),
    ]);
    expect(again.length).to.equal(7);
    expectWhole(again.map(read), frame.bytes.subarray(frame.start + 20));
  });

  it('carry those options that ask for it, the first one all', () => {
    const options = [...NO_OPERATION, ...RECORD_ROUTE, ...ROUTER_ALERT];
    const frame = packetOf(400, options);
    const [first, ...later] = fragmentsOf(frame, frame.start, 200).map(read);
    expect(first.options).to.deep.equal(options);
    expect(later.map((piece) => piece.options)).to.deep.equal([ROUTER_ALERT, ROUTER_ALERT]);
  });

  it('are made of packets whose options are nonsense, too', () => {
    const options = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 });
    fc.assert(
      fc.property(options, fc.integer({ min: 68, max: 200 }), (options, mtu) => {
        const frame = packetOf(500, options);
        const header = ipv4HeaderLength(frame.bytes, frame.start);
        expectWhole(
          fragmentsOf(frame, frame.start, mtu).map(read),
          frame.bytes.subarray(frame.start + header),
        );
      }),
    );
  });
});

describe('a packet that is longer than the way out carries', () => {
  it('goes in fragments where it permits that, by the MTU of its own slot', () => {
    const { h2, r1, send } = twoRouters();
    r1.configurePort(1, 'to-R2', up('10.12.0.1/24', { mtu: 500 }));
    send({ to: '10.2.0.2', length: 1000, dscp: SHADOW_DSCP });
    const lengths = h2.frames.map(({ bytes, start }) => readU16(bytes, start + ETHERNET_HEADER + 2));
    expect(lengths).to.deep.equal([500, 500, 40]);
    expect(drops(r1)).to.deep.equal({});
    h2.take();
    send({ to: '10.2.0.2', length: 1000 });
    expect(h2.take().length, 'the real slot carries it whole').to.equal(1);
  });

  it('is one packet to lists and policies, and leaves one postcard', () => {
    const { between, r1, send } = twoRouters();
    const police = {
      rateBps: 8,
      burstBytes: 1000,
      conform: { kind: 'transmit' },
      exceed: { kind: 'drop' },
    } as const;
    const classes = [
      { config: { name: 'class-default', police }, match: 'any', criteria: [{ kind: 'any' }] },
    ] as const;
    r1.configurePort(0, 'to-R2', up('10.12.0.1/24', { mtu: 500, policyOut: { name: 'P', classes } }));
    send({ to: '10.2.0.2', length: 1000 });
    expect(between.length).to.equal(3);
    expect(r1.takePostcards().postcards.map(({ verdict }) => verdict)).to.deep.equal(['forwarded']);
    send({ to: '10.2.0.2', length: 1000 });
    expect(drops(r1)).to.deep.equal({ 'real police': 1 });
  });

  it('reaches the host in fragments, the first of them with the headers of what it carries', () => {
    const { h2, r2, send } = twoRouters();
    r2.configurePort(0, 'to-h2', up('10.2.0.1/24', { mtu: 500 }));
    send({ to: '10.2.0.2', length: 1000 });
    expect(h2.take().map(({ sequence }) => sequence)).to.deep.equal([1, undefined, undefined]);
  });
});
