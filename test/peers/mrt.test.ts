import { expect } from 'chai';
import fc from 'fast-check';
import { bgp4mpMessage, peerIndexTable, record, ribIpv4 } from '../../scripts/mrt-writer.ts';
import { MrtError, MrtReader, type MrtRecord } from '../../src/peers/mrt.ts';

const PEER = { as: 4200000001, address: 0xc0000201 };
const OTHER = { as: 64500, address: 0xc0000202 };
const ATTRIBUTES = Uint8Array.of(0x40, 1, 1, 0);
const MESSAGE = Uint8Array.from({ length: 23 }, (_, index) =>
  index < 16 ? 255 : [0, 23, 2, 0, 0, 0, 0][index - 16],
);
const FILE = Buffer.concat([
  peerIndexTable(1_400_000_000, [PEER, OTHER]),
  ribIpv4(1_400_000_000, 0, { address: 0xc6336400, length: 22 }, [
    { peer: 0, originatedS: 1_399_999_999, attributes: ATTRIBUTES },
    { peer: 1, originatedS: 1_399_999_998, attributes: new Uint8Array(0) },
  ]),
  ribIpv4(1_400_000_000, 1, { address: 0, length: 0 }, []),
  bgp4mpMessage({ s: 1_400_000_007 }, PEER, MESSAGE),
  bgp4mpMessage({ s: 1_400_000_007, us: 250_000 }, OTHER, MESSAGE),
]);

/** All records, in chunks as large as `sizes` says in turn, then in one. */
function read(file: Uint8Array, sizes: readonly number[] = []): readonly MrtRecord[] {
  const records: MrtRecord[] = [];
  const reader = new MrtReader((each) => records.push(structuredClone(each)));
  let at = 0;
  for (const size of sizes) {
    reader.push(file.subarray(at, at + size));
    at = Math.min(file.length, at + size);
  }
  reader.push(file.subarray(at));
  reader.end();
  return records;
}

function damage(file: Uint8Array): string {
  try {
    read(file);
  } catch (error) {
    expect(error).to.be.instanceOf(MrtError);
    return String((error as MrtError).message);
  }
  return 'nothing';
}

describe('MRT', () => {
  it('a table is its feeds, then each prefix with what each feed said of it', () => {
    const [index, rib, defaultRoute] = read(FILE);
    expect(index).to.deep.include({ kind: 'peer-index-table', timeS: 1_400_000_000 });
    expect(index).to.have.deep.property('peers', [
      { ...PEER, routerId: PEER.address },
      { ...OTHER, routerId: OTHER.address },
    ]);
    expect(rib).to.deep.include({ kind: 'rib', prefix: { address: 0xc6336400, length: 22 } });
    expect(rib).to.have.deep.property('entries', [
      { peer: 0, originatedS: 1_399_999_999, attributes: ATTRIBUTES },
      { peer: 1, originatedS: 1_399_999_998, attributes: new Uint8Array(0) },
    ]);
    expect(defaultRoute).to.deep.include({ prefix: { address: 0, length: 0 }, entries: [] });
  });

  it('messages carry their time: whole seconds, in the extended form microseconds', () => {
    const [, , , plain, extended] = read(FILE);
    expect(plain).to.deep.include({
      kind: 'message',
      timeUs: 1_400_000_007e6,
      peerAs: PEER.as,
      message: MESSAGE,
    });
    expect(extended).to.deep.include({
      timeUs: 1_400_000_007.25e6,
      peerAddress: OTHER.address,
      fourByteAs: true,
    });
  });

  it('two-byte AS numbers and changes of state are read, as is what came over IPv6', () => {
    const change = record(7, 16, 0, [
      Buffer.from('fde8fde90000000110000001100000020006000100', 'hex').subarray(0, 20),
    ]);
    expect(read(change)).to.deep.equal([
      {
        kind: 'state-change',
        at: 0,
        timeUs: 7e6,
        peerAs: 65000,
        localAs: 65001,
        peerAddress: 0x10000001,
        oldState: 6,
        newState: 1,
      },
    ]);
    const ipv6 = record(7, 16, 1, [Buffer.from(`fde8fde900000002${'00'.repeat(32)}`, 'hex'), MESSAGE]);
    expect(read(ipv6)[0]).to.deep.include({
      peerAs: 65000,
      peerAddress: undefined,
      fourByteAs: false,
      message: MESSAGE,
    });
  });

  it('what is of another kind is named and passed over', () => {
    expect(
      read(Buffer.concat([record(1, 13, 4, [Buffer.alloc(7)]), FILE])).map(({ kind }) => kind),
    ).to.deep.equal(['other', 'peer-index-table', 'rib', 'rib', 'message', 'message']);
  });

  it('chunks of any size give the same records', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 30 }), (sizes) => {
        expect(read(FILE, sizes)).to.deep.equal(read(FILE));
      }),
    );
  });

  it('a file that is cut says where its last record begins', () => {
    const records = read(FILE);
    for (let length = 1; length < FILE.length; length++) {
      const begun = records.findLast(({ at }) => at < length)?.at;
      if (records.some(({ at }) => at === length))
        expect(read(FILE.subarray(0, length))).to.have.length.lessThan(5);
      else
        expect(damage(FILE.subarray(0, length))).to.equal(
          `is damaged at byte ${begun}: it ends within the record that begins there`,
        );
    }
    expect(damage(new Uint8Array(0))).to.equal('is damaged at byte 0: it is empty');
  });

  it('a field that says more than its record holds is named by its byte', () => {
    const index = peerIndexTable(0, [PEER]);
    const more = Buffer.from(index);
    more.writeUInt16BE(2, 12 + 4 + 2 + 9);
    expect(damage(more)).to.match(/^is damaged at byte 42: the record that it belongs to ends/);
    const rib = Buffer.from(ribIpv4(0, 0, { address: 0, length: 24 }, []));
    rib[16] = 33;
    expect(damage(Buffer.concat([index, rib]))).to.equal(
      `is damaged at byte ${index.length + 16}: an IPv4 prefix of length 33`,
    );
    expect(damage(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).to.equal(
      'is damaged at byte 0: there is no MRT record of type 12064',
    );
  });

  it('no mutation makes it throw anything else, or read what is not there', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(FILE.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        fc.nat(FILE.length),
        (changes, length) => {
          const file = Buffer.from(FILE.subarray(0, length));
          for (const [at, value] of changes) if (at < length) file[at] = value;
          const records: MrtRecord[] = [];
          const reader = new MrtReader((each) => records.push(each));
          try {
            reader.push(file);
            reader.end();
          } catch (error) {
            if (!(error instanceof MrtError)) throw error;
            expect(error.at).to.be.within(0, length);
          }
          for (const each of records) if (each.kind === 'rib') expect(each.prefix.length).to.be.within(0, 32);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
