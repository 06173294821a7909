import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { writeU16, writeU32 } from '../../src/net/bytes.ts';
import { keptLength, mendTransportChecksum } from '../../src/net/cancellation.ts';
import { internetChecksum } from '../../src/net/checksum.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_MPLS, writeEthernet } from '../../src/net/ethernet.ts';
import { GRE_MPLS, grePayloadAt, writeGre } from '../../src/net/gre.ts';
import { IPV4_HEADER, ipv4ChecksumHolds, PROTOCOL_UDP, writeIpv4 } from '../../src/net/ipv4.ts';
import { MPLS_ENTRY, writeLabel } from '../../src/net/mpls.ts';
import { mayBeTraced, PROBE_HEADER, probeAt, probeSequence, writeProbe } from '../../src/net/probe.ts';
import { TUNNEL_HEADERS, tunnelledAt, writeTunnel } from '../../src/net/tunnel.ts';
import { UDP_HEADER, udpChecksumHolds, writeUdp } from '../../src/net/udp.ts';
import { PROBE_PORT, SHADOW_MARK } from '../../src/net/wire.ts';
import { choosePath } from '../../src/routerd/forwarding/ecmp.ts';

const TUNNEL = { source: 0x0aff0001, destination: 0x0aff0002, label: 16 };

/** A measured packet in a tunnel, with `room` bytes before it. */
function probeInTunnel(
  total = 200,
  more: { readonly source?: number; readonly traced?: boolean } = {},
  room = 0,
) {
  const bytes = new Uint8Array(room + TUNNEL_HEADERS + total);
  const at = room + TUNNEL_HEADERS;
  writeIpv4(bytes, at, {
    source: more.source ?? 0x0a010002,
    destination: 0x0a020002,
    protocol: PROTOCOL_UDP,
    ttl: 60,
    tos: 46 << 2,
    totalLength: total,
    identification: 1,
    dontFragment: false,
  });
  const traced = more.traced ?? true;
  writeProbe(bytes, at + IPV4_HEADER + UDP_HEADER, { flow: 7, sequence: 4711, traced, sentNs: 0 });
  writeUdp(bytes, at + IPV4_HEADER, bytes.length, 5000, PROBE_PORT, at);
  writeTunnel(bytes, at, TUNNEL);
  return bytes;
}

describe('a packet in a tunnel', () => {
  it('is found in it, and so is what was measured of it', () => {
    const bytes = probeInTunnel();
    expect(ipv4ChecksumHolds(bytes, 0)).to.equal(true);
    expect(tunnelledAt(bytes, 0)).to.equal(TUNNEL_HEADERS);
    const probe = probeAt(bytes, 0);
    expect(probeSequence(bytes, probe)).to.equal(4711);
    expect(mayBeTraced(bytes, 0)).to.equal(true);
  });

  it('is not found where lengths, label, type or version say something else', () => {
    const edits: readonly ((bytes: Uint8Array) => void)[] = [
      (bytes) => writeU16(bytes, 2, bytes.length - 1),
      (bytes) => writeU16(bytes, 6, 0x2000),
      (bytes) => writeGre(bytes, 20, 0x0800),
      (bytes) => writeU16(bytes, 20, 0x2000),
      (bytes) => writeLabel(bytes, 24, 16, 0, false, 60),
      (bytes) => {
        bytes[TUNNEL_HEADERS] = 0x65;
      },
      (bytes) => {
        bytes[TUNNEL_HEADERS] = 0x44;
      },
    ];
    for (const edit of edits) {
      const bytes = probeInTunnel();
      edit(bytes);
      expect(tunnelledAt(bytes, 0), edit.toString()).to.equal(-1);
      expect(probeAt(bytes, 0)).to.equal(-1);
    }
  });

  it('is cancelled down to both headers and that of measured traffic, and its checksum mended', () => {
    const bytes = probeInTunnel(900);
    const kept = keptLength(bytes, 0, bytes.length, 52);
    expect(kept).to.equal(TUNNEL_HEADERS + IPV4_HEADER + UDP_HEADER + PROBE_HEADER);
    bytes.fill(0x55, kept);
    bytes.fill(0, kept);
    mendTransportChecksum(bytes, 0);
    expect(udpChecksumHolds(bytes, TUNNEL_HEADERS + IPV4_HEADER, bytes.length, TUNNEL_HEADERS)).to.equal(
      true,
    );
  });

  it('goes whole where it is cut off before what is to be kept of it', () => {
    const bytes = probeInTunnel(900);
    for (const end of [TUNNEL_HEADERS, TUNNEL_HEADERS + IPV4_HEADER - 1, TUNNEL_HEADERS + IPV4_HEADER + 3]) {
      expect(keptLength(bytes, 0, end, 52)).to.equal(end);
    }
  });

  it('takes of equal paths the one that its own flow does, not that of the tunnel', () => {
    const chosen = new Set<number>();
    for (let flow = 0; flow < 64; flow++) {
      const bytes = probeInTunnel(100, { source: 0x0a010000 + flow });
      const path = choosePath(bytes, 0, 1, 4);
      expect(path).to.equal(choosePath(bytes, TUNNEL_HEADERS, 1, 4));
      chosen.add(path);
    }
    expect(chosen.size).to.equal(4);
  });

  it('never makes a reader throw or read beyond what it says of its length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 200 }),
        fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
        fc.nat(200),
        (total, edits, cut) => {
          const bytes = probeInTunnel(total);
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
          const end = Math.max(IPV4_HEADER, bytes.length - cut);
          const probe = probeAt(bytes, 0);
          expect(probe).to.be.lessThan(bytes.length);
          const kept = keptLength(bytes, 0, end, 52);
          expect(kept).to.be.within(0, end);
          choosePath(bytes, 0, 1, 3);
        },
      ),
    );
  });

  it('is read by tshark without a warning, also under the mark of its plane', function () {
    if (spawnSync('tshark', ['--version']).status !== 0) {
      console.log('      skipped: tshark is not installed');
      this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-'));
    try {
      const file = join(folder, 'tunnel.pcap');
      writeFileSync(file, pcapOf([frame(ETHERTYPE_IPV4), frame(ETHERTYPE_MPLS)]));
      const fields = ['frame.protocols', 'ip.src', 'mpls.label', 'udp.dstport', '_ws.expert.message'];
      const args = [
        '-r',
        file,
        '-o',
        'ip.check_checksum:TRUE',
        '-o',
        'udp.check_checksum:TRUE',
        '-T',
        'fields',
      ];
      const { stdout } = spawnSync('tshark', [...args, ...fields.flatMap((field) => ['-e', field])], {
        encoding: 'utf8',
      });
      expect(
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => line.trimEnd().split('\t')),
      ).to.deep.equal([
        ['eth:ethertype:ip:gre:mpls:ip:udp:data', '10.255.0.1,10.1.0.2', '16', String(PROBE_PORT)],
        [
          'eth:ethertype:mpls:ip:gre:mpls:ip:udp:data',
          '10.255.0.1,10.1.0.2',
          `${SHADOW_MARK},16`,
          String(PROBE_PORT),
        ],
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a GRE header', () => {
  it('is refused with what RFC 2784 does not have, and with a checksum that does not hold', () => {
    const bytes = new Uint8Array(20);
    writeGre(bytes, 0, GRE_MPLS);
    expect(grePayloadAt(bytes, 0, 20)).to.equal(4);
    for (const flags of [0x4000, 0x2000, 0x1000, 0x0400, 0x0001]) {
      writeU16(bytes, 0, flags);
      expect(grePayloadAt(bytes, 0, 20), flags.toString(16)).to.equal(-1);
    }
    writeU16(bytes, 0, 0x8000);
    writeU32(bytes, 8, 0x12345678);
    expect(grePayloadAt(bytes, 0, 20)).to.equal(-1);
    writeU16(bytes, 4, internetChecksum(bytes, 0, 20));
    expect(grePayloadAt(bytes, 0, 20)).to.equal(8);
    for (let end = 0; end < 8; end++) expect(grePayloadAt(bytes, 0, end)).to.equal(-1);
  });
});

/** A frame with a probe in a tunnel: bare, or under the shadow's label. */
function frame(type: number): Uint8Array {
  const room = ETHERNET_HEADER + (type === ETHERTYPE_MPLS ? MPLS_ENTRY : 0);
  const bytes = probeInTunnel(120, {}, room);
  writeEthernet(bytes, 0, 0x020000000002, 0x020000000001, type);
  if (type === ETHERTYPE_MPLS) writeLabel(bytes, ETHERNET_HEADER, SHADOW_MARK, 0, true, 255);
  return bytes;
}

/** libpcap's format, LINKTYPE_ETHERNET. */
function pcapOf(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  const records = frames.flatMap((bytes) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    return [record, Buffer.from(bytes)];
  });
  return Buffer.concat([header, ...records]);
}
