import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { InputError } from '../../src/cli/exit.ts';
import { readSizes } from '../../src/cli/plan-sizes.ts';
import { temporaryFolder } from './shadowlab.ts';

describe('packet sizes for a plan', () => {
  const tmp = temporaryFolder();
  const fileOf = (name: string, contents: string | Uint8Array): string => {
    writeFileSync(join(tmp, name), contents);
    return join(tmp, name);
  };

  it('are given in words: each with its share, or one for all packets', () => {
    expect(readSizes('--real-sizes', '40B:62.5%, 1.5kB:37.5%')).to.deep.equal([
      { bytes: 40, weight: 0.625 },
      { bytes: 1500, weight: 0.375 },
    ]);
    expect(readSizes('--real-sizes', '300B')).to.deep.equal([{ bytes: 300, weight: 1 }]);
  });

  it('are counted in a CSV file, with a line of titles or without', () => {
    for (const title of ['bytes,count\n', '']) {
      expect(readSizes('--real-sizes', fileOf('sizes.csv', `${title}40,3\r\n\n1500, 1\n`))).to.deep.equal([
        { bytes: 40, weight: 3 },
        { bytes: 1500, weight: 1 },
      ]);
    }
  });

  it('are those of the packets of a capture', () => {
    expect(readSizes('--real-sizes', fileOf('three.pcap', capture([100, 300, 100])))).to.deep.equal([
      { bytes: 100, weight: 2 },
      { bytes: 300, weight: 1 },
    ]);
  });

  it('are refused with the option or the line, and what would be right', () => {
    let files = 0;
    const csv = (contents: string): string => fileOf(`wrong${++files}.csv`, contents);
    mkdirSync(join(tmp, 'folder.csv'));
    // More than can be read at once, of which nothing is on the disk.
    const big = fileOf('big.pcap', '');
    truncateSync(big, 3 * 1024 ** 3);
    const refused: readonly (readonly [string, RegExp])[] = [
      ['300', /^--real-sizes: "300" is no packet size with its share of the packets \(write 40B:50%,/],
      ['', /^--real-sizes: "" is no packet size/],
      ['40B:50%:1,60B:50%', /^--real-sizes: "40B:50%:1" is no packet size/],
      ['40B,1500B', /^--real-sizes: "40B" is no packet size with its share/],
      ['19B', /^--real-sizes: 19B is no size of an IPv4 packet \(20B to 65535B\)$/],
      ['1MB', /^--real-sizes: 1MB is no size of an IPv4 packet/],
      ['40B:50%,1500B:40%', /^--real-sizes: the shares add up to 90%, not to 100%$/],
      [join(tmp, 'folder.csv'), /folder\.csv is no file$/],
      [big, /big\.pcap: larger than 256 MiB \(give a part of it\)$/],
      ['nosuch.csv', /^--real-sizes: nosuch\.csv: no such file or folder$/],
      [
        csv('1500,2\nlong,1\n'),
        /wrong\d\.csv:2: "long,1" is not a size in bytes and how many packets have it/,
      ],
      [csv('1500,2\n10,1\n'), /wrong\d\.csv:2: 10 is no size of an IPv4 packet/],
      [csv('1500,0\n'), /wrong\d\.csv: counts no packets/],
      [csv('40,1\n'.repeat(65_537)), /wrong\d\.csv: more than 65536 lines/],
      [fileOf('wrong.pcap', 'no capture'), /wrong\.pcap is no pcap or pcapng file/],
      [fileOf('empty.pcap', capture([])), /empty\.pcap holds no IP packet/],
    ];
    for (const [text, message] of refused) {
      expect(() => readSizes('--real-sizes', text), text.slice(0, 40)).to.throw(InputError, message);
    }
  });
});

/** A pcap file of raw IPv4 packets (link type 101) of these lengths. */
function capture(lengths: readonly number[]): Uint8Array {
  const packets = lengths.map((length) => {
    const record = Buffer.alloc(16 + length);
    record.writeUInt32LE(length, 8);
    record.writeUInt32LE(length, 12);
    record[16] = 0x45;
    record.writeUInt16BE(length, 18);
    return record;
  });
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(101, 20);
  return Buffer.concat([header, ...packets]);
}
