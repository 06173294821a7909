import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseIpv4 } from '../../src/net/address.ts';
import { writeU16 } from '../../src/net/bytes.ts';
import {
  ETHERTYPE_CANCELLATION,
  firstRecordAt,
  MAX_LATE,
  MAX_RECORDS,
  RECORD_HEADER,
  writeRecord,
} from '../../src/net/cancellation.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_MPLS, writeEthernet } from '../../src/net/ethernet.ts';
import { ipv4ChecksumHolds, ipv4Dscp, ipv4Ttl, isIpv4, PROTOCOL_UDP, writeIpv4 } from '../../src/net/ipv4.ts';
import { isBottomOfStack, labelAt, labelTtlAt, trafficClassAt, writeLabel } from '../../src/net/mpls.ts';
import { encodePieceRequest } from '../../src/net/piece-request.ts';
import {
  PROBE_HEADER,
  probeAt,
  probeFlow,
  probeSentNs,
  probeSequence,
  probeTraced,
  SMALLEST_PROBE_PACKET,
  writeProbe,
} from '../../src/net/probe.ts';
import { writeUdp } from '../../src/net/udp.ts';
import {
  isShadowlabLabel,
  labelOf,
  MAX_TAG,
  NO_TAG,
  type Plane,
  PROBE_PORT,
  planeOfLabel,
  REQUEST_PORT,
  SHADOW_DSCP,
  SHADOW_MARK,
  tagOfLabel,
} from '../../src/net/wire.ts';
import { MIN_HEADER_BYTES } from '../../src/routerd/bandwidth/bandwidth.ts';
import { bundleOf, inflated, takeApart } from '../../src/routerd/bandwidth/bundle.ts';
import { type Frame, frameOf, newFrame } from '../../src/world/frame.ts';

const DOCUMENT = readFileSync(new URL('../../docs/wire-format.md', import.meta.url), 'utf8');

/** The frames that the document shows in its blocks of hex: a measured packet, and one of packet cancellation. */
function exampleFrame(place = 0): Uint8Array {
  const block =
    [...DOCUMENT.matchAll(/```hex\n([^`]*)```/g)][place]?.[1] ?? expect.fail('there is no such frame');
  return Uint8Array.from(block.trim().split(/\s+/), (octet) => Number.parseInt(octet, 16));
}

const address = (text: string): number => parseIpv4(text) ?? expect.fail(`${text} is no address`);

describe('the wire format in docs/wire-format.md', () => {
  it('shows a frame that the code writes, byte for byte', () => {
    const frame = new Uint8Array(14 + 4 + 52);
    writeEthernet(frame, 0, 0x020000000002, 0x020000000001, ETHERTYPE_MPLS);
    writeLabel(frame, 14, labelOf(12, 'shadow'), SHADOW_DSCP >>> 3, true, 63);
    writeIpv4(frame, 18, {
      source: address('10.1.0.2'),
      destination: address('10.2.0.2'),
      protocol: PROTOCOL_UDP,
      ttl: 63,
      tos: SHADOW_DSCP << 2,
      totalLength: 52,
      identification: 0,
      dontFragment: true,
    });
    writeU16(frame, 38, 5000);
    writeU16(frame, 40, PROBE_PORT);
    writeU16(frame, 42, 32);
    writeProbe(frame, 46, { flow: 3, sequence: 258, traced: true, sentNs: 1_500_000_000 });
    expect(Buffer.from(exampleFrame()).toString('hex')).to.equal(Buffer.from(frame).toString('hex'));
  });

  it('shows a frame that the code reads as the document says', () => {
    const frame = exampleFrame();
    const label = labelAt(frame, 14);
    expect([label, tagOfLabel(label), planeOfLabel(label), isShadowlabLabel(label)]).to.deep.equal([
      0xf0019,
      12,
      'shadow',
      true,
    ]);
    expect([trafficClassAt(frame, 14), isBottomOfStack(frame, 14), labelTtlAt(frame, 14)]).to.deep.equal([
      5,
      true,
      63,
    ]);
    expect(isIpv4(frame, 18, frame.length) && ipv4ChecksumHolds(frame, 18)).to.equal(true);
    expect([ipv4Dscp(frame, 18), ipv4Ttl(frame, 18)]).to.deep.equal([SHADOW_DSCP, 63]);
    const probe = probeAt(frame, 18);
    expect([
      probe,
      probeTraced(frame, probe),
      probeFlow(frame, probe),
      probeSequence(frame, probe),
      probeSentNs(frame, probe),
    ]).to.deep.equal([46, true, 3, 258, 1_500_000_000]);
  });

  it('shows a frame of packet cancellation that the code writes, byte for byte', () => {
    const real = packetFrame('real', REAL_PACKET, [0x70, 0x69, 0x6e, 0x67]);
    const shadow = packetFrame('shadow', SHADOW_PACKET, []);
    const frame = bundleOf(real, 1, RECORD_HEADER + 52);
    const recordAt = firstRecordAt(frame.bytes, frame.start + 14);
    writeRecord(frame.bytes, recordAt, shadow.bytes, shadow.start + 14, 52, 10);
    expect(hexOf(contentsOf(frame))).to.equal(hexOf(exampleFrame(1)));
  });

  it('shows a frame of packet cancellation that comes apart into what the document says', () => {
    const parts: Frame[] = [];
    expect(takeApart(frameOf(exampleFrame(1)), 8, parts)).to.equal(true);
    const [real, shadow] = parts;
    expect(hexOf(contentsOf(real))).to.equal(
      hexOf(contentsOf(packetFrame('real', REAL_PACKET, [0x70, 0x69, 0x6e, 0x67]))),
    );
    expect([shadow.length, shadow.cancelled, shadow.lateNs]).to.deep.equal([14 + 4 + 52, 1148, 80]);
    expect(hexOf(contentsOf(inflated(shadow))), 'bit for bit').to.equal(
      hexOf(contentsOf(packetFrame('shadow', SHADOW_PACKET, []))),
    );
  });

  it('gives the numbers that the code has', () => {
    const numbers = [
      `0x${ETHERTYPE_CANCELLATION.toString(16).toUpperCase()}`,
      `number of records, 1 to ${MAX_RECORDS}`,
      `${MAX_LATE} stands for more`,
      `configured number of header bytes (${MIN_HEADER_BYTES} or more`,
      `**shadow DSCP** ${SHADOW_DSCP}`,
      `\`0xF${(SHADOW_MARK & 0xffff).toString(16).padStart(4, '0')}\` is the plain **shadow mark**`,
      `1 to ${MAX_TAG}`,
      `UDP to destination port ${PROBE_PORT}`,
      `UDP between the ports ${REQUEST_PORT}, ${encodePieceRequest({ flow: 1, count: 1, first: 0 }).length} bytes`,
      `at least ${SMALLEST_PROBE_PACKET} bytes`,
    ];
    for (const number of numbers) expect(DOCUMENT).to.contain(number);
    expect(PROBE_HEADER).to.equal(24);
  });
});

interface ExamplePacket {
  readonly source: string;
  readonly destination: string;
  readonly tos: number;
  readonly totalLength: number;
  readonly ports: readonly [number, number];
}

const REAL_PACKET: ExamplePacket = {
  source: '10.1.0.2',
  destination: '10.2.0.2',
  tos: 0,
  totalLength: 32,
  ports: [5001, 5002],
};
const SHADOW_PACKET: ExamplePacket = {
  source: '10.1.0.3',
  destination: '10.2.0.3',
  tos: SHADOW_DSCP << 2,
  totalLength: 1200,
  ports: [5000, PROBE_PORT],
};

/** The packet as it travels by itself: the shadow's labelled and measured. */
function packetFrame(plane: Plane, packet: ExamplePacket, payload: readonly number[]): Frame {
  const label = plane === 'shadow' ? 4 : 0;
  const frame = newFrame(14 + label + packet.totalLength);
  const { bytes, start, end } = frame;
  const ipAt = start + 14 + label;
  writeEthernet(
    bytes,
    start,
    0x020000000002,
    0x020000000001,
    plane === 'shadow' ? ETHERTYPE_MPLS : ETHERTYPE_IPV4,
  );
  writeIpv4(bytes, ipAt, {
    source: address(packet.source),
    destination: address(packet.destination),
    protocol: PROTOCOL_UDP,
    ttl: 63,
    tos: packet.tos,
    totalLength: packet.totalLength,
    identification: 0,
    dontFragment: true,
  });
  bytes.set(payload, ipAt + 28);
  if (plane === 'shadow') {
    writeLabel(bytes, start + 14, SHADOW_MARK, 5, true, 63);
    writeProbe(bytes, ipAt + 28, { flow: 3, sequence: 258, traced: true, sentNs: 1_500_000_000 });
  }
  writeUdp(bytes, ipAt + 20, end, packet.ports[0], packet.ports[1], ipAt);
  return frame;
}

const contentsOf = ({ bytes, start, end }: Frame): Uint8Array => bytes.subarray(start, end);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a label', () => {
  it('says tag and plane, for every tag and plane', () => {
    for (const plane of ['real', 'shadow'] satisfies Plane[]) {
      for (let tag = NO_TAG; tag <= MAX_TAG; tag++) {
        const label = labelOf(tag, plane);
        if (tagOfLabel(label) !== tag || planeOfLabel(label) !== plane || !isShadowlabLabel(label)) {
          expect.fail(`${tag} ${plane} became ${label}`);
        }
      }
    }
    expect(labelOf(NO_TAG, 'shadow')).to.equal(SHADOW_MARK);
    expect(labelOf(MAX_TAG, 'shadow')).to.equal(0xfffff);
    expect(isShadowlabLabel(0xeffff)).to.equal(false);
  });
});
