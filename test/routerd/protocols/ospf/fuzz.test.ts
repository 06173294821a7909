import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readU16, writeU16, writeU32 } from '../../../../src/net/bytes.ts';
import { internetChecksum } from '../../../../src/net/checksum.ts';
import { LsaPool } from '../../../../src/routerd/protocols/ospf/pool.ts';
import { bytesOf, DATABASE_DESCRIPTION, HELLO, HELLO_WITH_LLS, REQUEST, UPDATE } from './golden.ts';
import { type Sent, showRoutes, TestNetwork } from './network.ts';

/** What routers of four areas say while they converge: real packets to spoil, with LSAs of all types in them. */
const recorded: readonly Sent[] = (() => {
  const { network, sent } = lively();
  network.runFor(70);
  return sent;
})();

/** Three routers of the backbone on a link and a segment; behind them an NSSA and a stub area, and two boundary routers. */
function lively() {
  const network = new TestNetwork(5, new LsaPool());
  const routers = Array.from({ length: 5 }, () => network.router());
  const [a, b, c, inNssa, inStub] = routers;
  network.link(a, b);
  network.segment([a, b, c]);
  network.link(a, inNssa, 10, 10, 1);
  network.link(b, inNssa, 10, 10, 1);
  network.link(c, inStub, 10, 10, 2);
  for (const [router, area] of [
    [inNssa, 1],
    [inStub, 2],
  ] as const)
    router.adjustAll({ area });
  for (const router of [a, b, inNssa]) router.area(1, { kind: 'nssa', defaultInformation: true });
  for (const router of [c, inStub]) router.area(2, { kind: 'stub' });
  for (const router of routers) router.settings = { ...router.settings, opaque: true };
  const sent: Sent[] = [];
  network.watch = (packet) => {
    if (sent.length < 1500) sent.push(packet);
  };
  network.start();
  inNssa.external({ prefix: { address: 0xcb007100, length: 24 }, metric: 7, metricType: 1, tag: 42 });
  b.external({ prefix: { address: 0xc6336400, length: 24 }, metric: 7, metricType: 2, tag: 0 });
  return { network, routers, sent };
}

/** Makes checksums right again, the packet's and those of LSAs in an update, so that what was spoilt is read. */
function mend(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 24) return bytes;
  const end = Math.min(bytes.length, Math.max(24, readU16(bytes, 2)));
  for (let at = 28; bytes[1] === 4 && at + 20 <= end; at += readU16(bytes, at + 18)) {
    const length = readU16(bytes, at + 18);
    if (length < 20 || at + length > end) break;
    mendLsa(bytes.subarray(at + 2, at + length));
  }
  writeU16(bytes, 12, 0);
  bytes.fill(0, 16, 24);
  writeU16(bytes, 12, internetChecksum(bytes, 0, end));
  return bytes;
}

/** Tries one check byte and works out the other: Fletcher's checksum without his formula (RFC 905 Annex B). */
function mendLsa(bytes: Uint8Array): void {
  const sums = (): [number, number] => {
    let c0 = 0;
    let c1 = 0;
    for (const byte of bytes) {
      c0 = (c0 + byte) % 255;
      c1 = (c1 + c0) % 255;
    }
    return [c0, c1];
  };
  for (let x = 0; x < 255; x++) {
    bytes[14] = x;
    bytes[15] = 0;
    bytes[15] = 255 - sums()[0];
    if (sums()[1] === 0) return;
  }
}

const goldens = [HELLO, HELLO_WITH_LLS, DATABASE_DESCRIPTION, REQUEST, UPDATE].map(bytesOf);
const anyOriginal = fc.oneof(
  fc.nat(recorded.length - 1).map((i) => recorded[i].bytes),
  fc.constantFrom(...goldens),
  fc.uint8Array({ maxLength: 100 }),
);
const anySpoilt = fc
  .record({
    original: anyOriginal,
    changes: fc.array(fc.tuple(fc.nat(1500), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    cut: fc.oneof(fc.constant(0), fc.nat(40)),
    mended: fc.boolean(),
    routerId: fc.option(fc.constantFrom(0xc0a80001, 0xc0a80002, 0xc0a80003, 0xc0a80004, 0x01010101)),
    areaId: fc.nat(2),
    /** Of the first LSA in an update. */
    lsaType: fc.option(fc.nat(12)),
  })
  .map(({ original, changes, cut, mended, routerId, areaId, lsaType }) => {
    const bytes = original.slice(0, Math.max(0, original.length - cut));
    for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
    if (routerId !== null && bytes.length >= 12) {
      writeU32(bytes, 4, routerId);
      writeU32(bytes, 8, areaId);
    }
    if (lsaType !== null && bytes[1] === 4 && bytes.length > 31) bytes[31] = lsaType;
    return mended ? mend(bytes) : bytes;
  });

describe('OSPF under packets that are spoilt or hostile', () => {
  it('never throws, and routes as before once they have stopped and the refreshed LSAs are out', () => {
    expect(recorded.length).to.be.above(50);
    const injection = fc.record({
      bytes: anySpoilt,
      victim: fc.nat(4),
      source: fc.nat(2),
      waitMs: fc.nat(3000),
    });
    fc.assert(
      fc.property(fc.array(injection, { maxLength: 60 }), (injections) => {
        const { network, routers } = lively();
        network.runFor(60);
        const before = routers.map(showRoutes);
        for (const { bytes, victim, source, waitMs } of injections) {
          const interfaces = routers[victim].settings.interfaces;
          const { name, address } = interfaces[1 + (source % (interfaces.length - 1))];
          const from = (routers[victim].wires.get(name)?.ends ?? []).map((end) => end.address);
          routers[victim].instance.handle({
            type: 'packet',
            interface: name,
            source: from.find((other) => other !== address) ?? 0,
            destination: 0xe0000005,
            bytes,
          });
          network.runFor(waitMs / 1000);
        }
        // Long enough for false neighbours to die and false LSAs to age out.
        network.runFor(3800);
        expect(routers.map(showRoutes)).to.deep.equal(before);
      }),
      { numRuns: 60 },
    );
  });

  it('counts what it refuses', () => {
    const { network, routers } = lively();
    network.runFor(60);
    const { packetsRefused } = routers[0].instance.counters;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const before = routers[0].instance.counters.packetsRefused;
        const input = { interface: 'eth1', source: 1, destination: 0xe0000005, bytes };
        routers[0].instance.handle({ type: 'packet', ...input });
        expect(routers[0].instance.counters.packetsRefused).to.equal(before + 1);
      }),
    );
    expect(packetsRefused).to.equal(0);
    expect(routers[0].log.length, 'one line a reason').to.be.below(10);
  });
});
