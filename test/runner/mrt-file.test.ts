import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { peerIndexTable } from '../../scripts/mrt-writer.ts';
import type { MrtRecord } from '../../src/peers/mrt.ts';
import { readMrtFile } from '../../src/runner/mrt-file.ts';

const DATA = '../shared/data/bgp';
const FILE = peerIndexTable(0, [{ as: 64500, address: 1 }]);

describe('files of MRT', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mrt-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const written = (bytes: Uint8Array): string => {
    const file = join(folder, 'file');
    writeFileSync(file, bytes);
    return file;
  };
  const kinds = (file: string): readonly string[] => {
    const found: string[] = [];
    expect(readMrtFile(file, ({ kind }) => found.push(kind) > 0)).to.equal(undefined);
    return found;
  };
  const wrong = (file: string): string | undefined => readMrtFile(file, () => true)?.wrong;

  it('are read as they are, or packed by gzip', () => {
    expect(kinds(written(FILE))).to.deep.equal(['peer-index-table']);
    expect(kinds(written(gzipSync(FILE)))).to.deep.equal(['peer-index-table']);
  });

  it('say what is wrong with them', () => {
    expect(wrong(join(folder, 'none'))).to.equal('does not exist');
    expect(wrong(written(gzipSync(FILE).subarray(0, 30)))).to.match(/^cannot be unpacked by gzip: /);
    expect(wrong(written(Buffer.from('BZh9 is no bzip2')))).to.match(/^cannot be unpacked by bzip2: /);
    expect(wrong(written(FILE.subarray(0, 20)))).to.equal(
      'is damaged at byte 0: it ends within the record that begins there',
    );
  });

  it('packed by bzip2: cut, it is an error that says so, never a shorter file', function () {
    const file = `${DATA}/jinx.updates.1401493500.bz2`;
    if (!existsSync(file)) this.skip();
    const bytes = readFileSync(file);
    for (const length of [5, 100, 3000, bytes.length - 4]) {
      expect(wrong(written(bytes.subarray(0, length)))).to.equal('cannot be unpacked by bzip2: it is cut');
    }
    const flipped = Buffer.from(bytes);
    flipped[2000] ^= 0x10;
    expect(wrong(written(flipped))).to.match(/^cannot be unpacked by bzip2: /);
    expect(kinds(written(Buffer.concat([bytes, bytes])))).to.have.length(2 * 644);
  });

  it('the table of JINX: 497,323 prefixes of 14 peers', function () {
    const file = `${DATA}/jinx.ribs.1401487200.bz2`;
    if (!existsSync(file)) this.skip();
    this.timeout(60_000);
    let prefixes = 0;
    let skipped = 0;
    let peers = 0;
    const full = new Set<number>();
    const take = (record: MrtRecord): boolean => {
      if (record.kind === 'peer-index-table') {
        peers = record.peers.length;
        for (const [index, { as }] of record.peers.entries()) if (as === 30844) full.add(index);
      } else if (record.kind === 'rib') prefixes++;
      else skipped++;
      return true;
    };
    expect(readMrtFile(file, take)).to.equal(undefined);
    expect({ prefixes, peers, skipped, full: full.size }).to.deep.equal({
      prefixes: 497_323,
      peers: 14,
      skipped: 84,
      full: 1,
    });
  });
});
