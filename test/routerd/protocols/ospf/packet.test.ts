import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parseIpv4 } from '../../../../src/net/address.ts';
import { PROTOCOL_OSPF, writeIpv4 } from '../../../../src/net/ipv4.ts';
import { readLsaHeader } from '../../../../src/routerd/protocols/ospf/lsa.ts';
import {
  decodePacket,
  encodeAcknowledgement,
  encodeDatabaseDescription,
  encodeHello,
  encodeRequest,
  encodeUpdate,
  type Packet,
  splitUpdate,
} from '../../../../src/routerd/protocols/ospf/packet.ts';
import { bytesOf, DATABASE_DESCRIPTION, HELLO, HELLO_WITH_LLS, hexOf, REQUEST, UPDATE } from './golden.ts';
import { type Sent, TestNetwork } from './network.ts';

const ip = (text: string): number => parseIpv4(text) ?? Number.NaN;

function decoded(bytes: Uint8Array): Packet {
  const packet = decodePacket(bytes);
  if (typeof packet === 'string') throw new Error(`refused: ${packet}`);
  return packet;
}

const word = fc.integer({ min: 0, max: 0xffffffff });
const half = fc.integer({ min: 0, max: 0xffff });
const byte = fc.integer({ min: 0, max: 255 });
const anySender = fc.record({ routerId: word, areaId: word });
const anyHello = fc.record({
  mask: word,
  helloIntervalS: half,
  options: byte,
  priority: byte,
  deadIntervalS: word,
  designatedRouter: word,
  backup: word,
  neighbours: fc.array(word, { maxLength: 20 }),
});
const anyDescription = fc.record({
  mtu: half,
  options: byte,
  initial: fc.boolean(),
  more: fc.boolean(),
  master: fc.boolean(),
  sequence: word,
});
/** A header and, behind it, a body of anything. */
const anyLsa = fc
  .record({ bytes: fc.uint8Array({ minLength: 20, maxLength: 80 }), age: fc.integer({ min: 0, max: 3599 }) })
  .map(({ bytes, age }) => {
    bytes[18] = 0;
    bytes[19] = bytes.length;
    return { bytes, at: 0, age };
  });

describe('OSPF packets', () => {
  it('reads a Hello as another implementation wrote it, and writes it the same', () => {
    const packet = decoded(bytesOf(HELLO));
    expect(packet).to.deep.equal({
      type: 'hello',
      routerId: ip('2.2.2.2'),
      areaId: ip('0.0.0.1'),
      hello: {
        mask: ip('255.255.255.0'),
        helloIntervalS: 3,
        options: 2,
        priority: 1,
        deadIntervalS: 36,
        designatedRouter: 0,
        backup: 0,
        neighbours: [ip('1.1.1.1')],
      },
    });
    if (packet.type === 'hello') expect(encodeHello(packet, packet.hello)).to.deep.equal(bytesOf(HELLO));
  });

  it('ignores what stands behind a packet: it is no part of it', () => {
    const packet = decoded(bytesOf(HELLO_WITH_LLS));
    expect(packet.type === 'hello' && packet.hello.neighbours).to.deep.equal([ip('75.1.0.1')]);
    expect(packet.type === 'hello' && packet.hello.designatedRouter).to.equal(ip('10.75.0.254'));
  });

  it('reads and writes a Database Description as another implementation wrote it', () => {
    const bytes = bytesOf(DATABASE_DESCRIPTION);
    const packet = decoded(bytes);
    if (packet.type !== 'database-description') throw new Error(packet.type);
    const { mtu, options, sequence, initial, more, master } = packet.description;
    expect({ mtu, options, sequence }).to.deep.equal({ mtu: 1500, options: 0x42, sequence: 1320718126 });
    expect({ initial, more, master }).to.deep.equal({ initial: false, more: false, master: false });
    expect(packet.headers.map(({ type, length }) => [type, length])).to.deep.equal([
      [1, 48],
      [5, 36],
    ]);
    const headers = [32, 52].map((at, i) => ({ bytes, at, age: packet.headers[i].age }));
    expect(hexOf(encodeDatabaseDescription(packet, packet.description, headers))).to.equal(hexOf(bytes));
  });

  it('reads and writes a Link State Request as another implementation wrote it', () => {
    const packet = decoded(bytesOf(REQUEST));
    if (packet.type !== 'request') throw new Error(packet.type);
    expect(packet.requests.map(({ type }) => type)).to.deep.equal([1, 5]);
    expect(encodeRequest(packet, packet.requests)).to.deep.equal(bytesOf(REQUEST));
  });

  it('reads and writes a Link State Update as another implementation wrote it', () => {
    const bytes = bytesOf(UPDATE);
    const packet = decoded(bytes);
    if (packet.type !== 'update') throw new Error(packet.type);
    const [{ header, at }] = packet.lsas;
    expect(header).to.deep.equal({
      age: 994,
      options: 2,
      type: 1,
      id: ip('192.168.170.8'),
      advertisingRouter: ip('192.168.170.8'),
      sequence: 0x80000dc3 | 0,
      checksum: 0x2506,
      length: 36,
    });
    // Sending adds InfTransDelay to the age.
    expect(encodeUpdate(packet, [{ bytes, at, age: header.age - 1 }])).to.deep.equal(bytes);
  });

  it('come back from the wire as they were sent', () => {
    fc.assert(
      fc.property(anySender, anyHello, (sender, hello) => {
        expect(decoded(encodeHello(sender, hello))).to.deep.equal({ ...sender, type: 'hello', hello });
      }),
    );
    fc.assert(
      fc.property(anySender, anyDescription, fc.array(anyLsa), (sender, description, lsas) => {
        const headers = lsas.map(({ bytes, age }) => ({ ...readLsaHeader(bytes, 0), age }));
        const described = decoded(encodeDatabaseDescription(sender, description, lsas));
        expect(described).to.deep.equal({ ...sender, type: 'database-description', description, headers });
        expect(decoded(encodeAcknowledgement(sender, lsas))).to.deep.equal({
          ...sender,
          type: 'acknowledgement',
          headers,
        });
        const requests = headers.map(({ type, id, advertisingRouter }) => ({ type, id, advertisingRouter }));
        expect(decoded(encodeRequest(sender, requests))).to.deep.equal({
          ...sender,
          type: 'request',
          requests,
        });
        const update = decoded(encodeUpdate(sender, lsas));
        expect(update.type === 'update' && update.lsas.map((lsa) => lsa.header)).to.deep.equal(
          headers.map((header) => ({ ...header, age: header.age + 1 })),
        );
      }),
    );
  });

  it('with any bit turned are refused, but for those of authentication, which was looked at before', () => {
    for (const golden of [HELLO, DATABASE_DESCRIPTION, REQUEST, UPDATE]) {
      const bytes = bytesOf(golden);
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const at = bit >> 3;
        if (at >= 14 && at < 24) continue;
        const turned = bytes.slice();
        turned[at] ^= 1 << (bit & 7);
        expect(decodePacket(turned), `bit ${bit}`).to.be.oneOf([
          'version',
          'length',
          'authentication',
          'checksum',
        ]);
      }
    }
  });

  it('cut short anywhere are refused', () => {
    for (const golden of [HELLO, DATABASE_DESCRIPTION, REQUEST, UPDATE]) {
      const bytes = bytesOf(golden);
      for (let length = 0; length < bytes.length; length++) {
        expect(decodePacket(bytes.subarray(0, length))).to.equal('length');
      }
    }
  });

  it('are split so that each fits the size, LSAs in order, a larger one alone', () => {
    const sizes = fc.array(fc.integer({ min: 20, max: 900 }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const lsas = lengths.map((length) => ({ bytes: new Uint8Array(length), at: 0, age: 1 }));
        const packets = splitUpdate(lsas, 600);
        expect(packets.flat()).to.deep.equal(lsas);
        for (const packet of packets) {
          expect(packet).to.not.have.lengthOf(0);
          const length = encodeUpdate({ routerId: 1, areaId: 0 }, packet).length;
          expect(length <= 600 || packet.length === 1).to.equal(true);
        }
      }),
    );
  });

  it('are read by tshark without a warning', function () {
    if (spawnSync('tshark', ['--version']).status !== 0) {
      console.log('      skipped: tshark is not installed');
      this.skip();
    }
    const network = new TestNetwork();
    const [a, b, c] = [network.router(), network.router(), network.router()];
    network.link(a, b);
    network.segment([a, b, c]);
    const sent: Sent[] = [];
    network.watch = (packet) => sent.push(packet);
    network.start();
    network.runFor(70);
    const types = new Set(sent.map(({ bytes }) => bytes[1]));
    expect([...types].sort(), 'all five types were sent').to.deep.equal([1, 2, 3, 4, 5]);
    const fields = ['_ws.expert.message', 'ospf.msg'];
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-ospf-'));
    const file = join(folder, 'ospf.pcap');
    writeFileSync(file, capture(sent));
    const output = spawnSync(
      'tshark',
      ['-r', file, '-T', 'fields', ...fields.flatMap((name) => ['-e', name])],
      {
        encoding: 'utf8',
      },
    );
    rmSync(folder, { recursive: true });
    const lines = output.stdout.trimEnd().split('\n');
    expect(lines, output.stderr).to.have.lengthOf(sent.length);
    lines.forEach((line, i) => {
      expect(line, `packet ${i + 1}`).to.equal(`\t${sent[i].bytes[1]}`);
    });
  });
});

/** A pcap file (LINKTYPE_RAW) of the packets with IPv4 headers. */
function capture(packets: readonly Sent[]): Uint8Array {
  const parts = [bytesOf('a1b2c3d4 0002 0004 00000000 00000000 00040000 00000065')];
  for (const { timeNs, source, destination, bytes } of packets) {
    const totalLength = 20 + bytes.length;
    const record = new Uint8Array(16 + totalLength);
    const view = new DataView(record.buffer);
    view.setUint32(0, Math.floor(timeNs / 1e9));
    view.setUint32(4, Math.floor((timeNs % 1e9) / 1e3));
    view.setUint32(8, totalLength);
    view.setUint32(12, totalLength);
    writeIpv4(record, 16, {
      source,
      destination,
      protocol: PROTOCOL_OSPF,
      ttl: 1,
      tos: 0xc0,
      totalLength,
      identification: 0,
      dontFragment: false,
    });
    record.set(bytes, 36);
    parts.push(record);
  }
  return Buffer.concat(parts);
}
