import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Capture, readCapture } from '../../src/traffic/capture.ts';
import { pcap, pcapng, type Recorded } from './captures.ts';

const PACKETS: readonly Recorded[] = [
  { timeNs: 0, bytes: 1500, from: 1, to: 2 },
  { timeNs: 1_500_000, bytes: 40, from: 2, to: 1 },
  { timeNs: 3_000_001_000, bytes: 700, from: 1, to: 2 },
];

const READ = PACKETS.map(({ timeNs, bytes, from, to }) => ({
  timeNs,
  bytes,
  from: `10.0.0.${from}`,
  to: `10.0.0.${to}`,
}));

function captureOf(file: Uint8Array): Capture {
  const capture = readCapture(file);
  return 'wrong' in capture ? expect.fail(capture.wrong) : capture;
}

function wrongOf(file: Uint8Array): string {
  const capture = readCapture(file);
  return 'wrong' in capture ? capture.wrong : expect.fail('it was read');
}

describe('a capture', () => {
  for (const little of [true, false]) {
    for (const linkType of [1, 101, 113, 276]) {
      const order = little ? 'little' : 'big';
      it(`is read from pcap and pcapng, ${order} endian, link type ${linkType}`, () => {
        for (const options of [{}, { nanoseconds: true }, { snapLength: 64 }]) {
          expect(captureOf(pcap(PACKETS, { little, linkType, ...options })).packets).to.deep.equal(READ);
        }
        for (const options of [{}, { resolution: 9 }, { resolution: 6 }, { snapLength: 64 }]) {
          expect(captureOf(pcapng(PACKETS, { little, linkType, ...options })).packets).to.deep.equal(READ);
        }
      });
    }
  }

  it('has nanoseconds where the file has them', () => {
    const odd = [PACKETS[0], { ...PACKETS[1], timeNs: 123_456_789 }];
    expect(captureOf(pcap(odd, { nanoseconds: true })).packets[1].timeNs).to.equal(123_456_789);
    expect(captureOf(pcapng(odd, { resolution: 9 })).packets[1].timeNs).to.equal(123_456_789);
    expect(captureOf(pcapng(odd)).packets[1].timeNs).to.equal(123_456_000);
  });

  it('is read through VLAN tags', () => {
    for (const vlans of [1, 2]) expect(captureOf(pcap(PACKETS, { vlans })).packets).to.deep.equal(READ);
  });

  it('counts what is no IP packet, and leaves it out', () => {
    const file = pcap(PACKETS);
    // The first frame becomes ARP.
    file.set([0x08, 0x06], 24 + 16 + 12);
    expect(captureOf(file)).to.deep.include({ packets: READ.slice(1), others: 1 });
  });

  it('that is damaged is refused with the byte where that shows', () => {
    const file = pcap(PACKETS);
    const second = 24 + 16 + 1514;
    expect(wrongOf(file.subarray(0, second + 3))).to.equal(
      `is damaged at byte ${second}: the file ends within the head of a record`,
    );
    expect(wrongOf(file.subarray(0, second + 20))).to.equal(
      `is damaged at byte ${second}: a record of 60 bytes goes past the end of the file`,
    );
    const blocks = pcapng(PACKETS);
    const first = 28 + 20 + 16;
    blocks[first + 4] ^= 0x40;
    expect(wrongOf(blocks)).to.match(/^is damaged at byte \d+: a block/);
    expect(wrongOf(pcapng(PACKETS).subarray(0, first + 5))).to.equal(
      `is damaged at byte ${first}: the file ends within a block`,
    );
  });

  it('that is something else is refused, too', () => {
    const nothing = 'is no pcap or pcapng file: it begins like neither';
    for (const text of ['', 'abc', 'from,to,bps\nA,B,100\n']) {
      expect(wrongOf(new TextEncoder().encode(text))).to.equal(nothing);
    }
    expect(wrongOf(Uint8Array.of(0x1f, 0x8b, 8, 0))).to.contain('it is compressed: unpack it first');
    expect(wrongOf(pcap([]))).to.equal('holds no IP packet (0 records)');
    expect(wrongOf(pcap(PACKETS, { linkType: 127 }))).to.contain('holds no IP packet (link type 127;');
  });

  it('however mangled neither throws nor is read past its end', () => {
    const files = [
      pcap(PACKETS),
      pcapng(PACKETS, { resolution: 9 }),
      pcap(PACKETS, { linkType: 276, little: false }),
    ];
    const mangled = fc.record({
      file: fc.constantFrom(...files),
      changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }),
      cut: fc.nat(),
    });
    fc.assert(
      fc.property(mangled, ({ file, changes, cut }) => {
        const copy = Uint8Array.from(file);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        const capture = readCapture(copy.subarray(0, cut % 2 === 0 ? copy.length : cut % copy.length));
        if ('wrong' in capture) expect(capture.wrong).to.match(/^(is|holds) /);
        else for (const packet of capture.packets) expect(packet.bytes).to.be.at.least(20);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        readCapture(bytes);
      }),
    );
  });

  const real: readonly [string, number][] = [
    ['netflix', 1793],
    ['webex', 1110],
    ['wa_video', 781],
    ['rtsp', 568],
    ['sanitized4k', 4096],
  ];
  for (const [name, packets] of real) {
    it(`of real traffic is read: ${name}`, function () {
      const file = `../shared/data/pcap/${name}.pcap`;
      if (!existsSync(file)) this.skip();
      expect(captureOf(readFileSync(file)))
        .to.include({ others: 0 })
        .and.have.property('packets')
        .of.length(packets);
    });
  }
});
