import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { peerIndexTable } from '../../scripts/mrt-writer.ts';
import type { MrtRecord } from '../../src/peers/mrt.ts';
import { TableReader } from '../../src/peers/mrt-table.ts';
import { readUpdate, UpdateReader } from '../../src/peers/mrt-updates.ts';
import type { RouteTable } from '../../src/peers/route-table.ts';
import { AttributePool } from '../../src/routerd/protocols/bgp/attribute-pool.ts';
import { readMrtFile } from '../../src/runner/mrt-file.ts';
import { SECOND } from '../../src/world/clock.ts';

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

  it('updates of RouteViews: 45,062 messages of 31 ASes, 126,042 routes announced, 10,838 withdrawn', function () {
    const file = `${DATA}/updates.example.bz2`;
    if (!existsSync(file)) this.skip();
    const pool = new AttributePool();
    const seen = { messages: 0, announced: 0, withdrawn: 0 };
    const feeds = new Set<number>();
    const take = (record: MrtRecord): boolean => {
      if (record.kind !== 'message') return true;
      seen.messages++;
      feeds.add(record.peerAs);
      for (const { announced, withdrawn } of readUpdate(record, pool)) {
        seen.announced += announced.length;
        seen.withdrawn += withdrawn.length;
      }
      return true;
    };
    expect(readMrtFile(file, take)).to.equal(undefined);
    expect(seen).to.deep.equal({ messages: 45_062, announced: 126_042, withdrawn: 10_838 });
    expect(feeds.size).to.equal(31);
  });

  it('one feed of them, ten times as fast: in order, within a tenth of the fifteen minutes', function () {
    const file = `${DATA}/updates.example.bz2`;
    if (!existsSync(file)) this.skip();
    const announcer = { as: 64500, address: 0x0a000002 };
    const reader = new UpdateReader({ as: 7018 }, announcer, { startNs: SECOND, speed: 10 });
    readMrtFile(file, (record) => reader.take(record));
    const found = reader.finish();
    if ('wrong' in found) expect.fail(found.wrong);
    const times = found.changes.map(({ afterNs }) => afterNs);
    expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
    expect(times[0]).to.be.at.least(SECOND);
    expect(times.at(-1)).to.be.within(80 * SECOND, 91 * SECOND);
    for (const { announced } of found.changes) {
      if (announced === undefined) continue;
      expect(announced.attributes.nextHop).to.equal(announcer.address);
      expect(announced.attributes.asPath[0].numbers.slice(0, 2)).to.deep.equal([64500, 7018]);
    }
    const several = new UpdateReader({ as: 3549 }, announcer, { startNs: 0, speed: 1 });
    readMrtFile(file, (record) => several.take(record));
    expect(several.finish()).to.deep.equal({
      wrong:
        'has several peers in AS 3549, so one is named by its address: 3549 (208.51.134.246), 3549 (67.17.82.114)',
    });
  });

  it('a feed is the same table whoever reads it, less what was not asked for', () => {
    const file = 'experiments/data/jinx-2014-05-30.mrt.gz';
    const read = (limit?: number): RouteTable => {
      const choice = { feed: { as: 37105 }, ...(limit === undefined ? {} : { limit }) };
      const reader = new TableReader(choice, { as: 37105, address: 1 });
      expect(readMrtFile(file, (record) => reader.take(record))).to.equal(undefined);
      const table = reader.finish();
      return 'wrong' in table ? expect.fail(table.wrong) : table;
    };
    expect(read().prefixes).to.equal(292);
    expect(read(10).prefixes).to.equal(10);
    for (const { attributes, prefixes } of read().groups) {
      expect(attributes.asPath[0].numbers[0]).to.equal(37105);
      expect(new Set(prefixes).size).to.equal(prefixes.length);
    }
  });
});
