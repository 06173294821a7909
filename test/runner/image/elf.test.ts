import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { cutOut, isElf, trimElf } from '../../../src/runner/image/elf.ts';
import { withoutLocales } from '../../../src/runner/image/locales.ts';

describe('a program without what is not loaded', () => {
  it('runs: Node without its symbols, and without the languages of the world', function () {
    if (process.platform !== 'linux') this.skip();
    const node = readFileSync(process.execPath);
    const trimmed = trimElf(node);
    const small = withoutLocales(trimmed);
    expect(trimmed.length).to.be.at.most(node.length);
    expect(small.length).to.be.at.most(trimmed.length);
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-elf-'));
    try {
      for (const program of [trimmed, small]) {
        const file = join(folder, 'node');
        writeFileSync(file, program, { mode: 0o755 });
        expect(execFileSync(file, ['-p', UNICODE]).toString()).to.equal(`${process.version},2,2,7.5,x\n`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('keeps every byte but the pages that are cut out of a segment that is only read, each at its address', () => {
    const [offset, size] = [4096, 5 * 4096];
    const program = elfOf(
      [{ type: 4, offset: 0, size: 10 }, { offset, size, address: 0x40_1000 }, LATER],
      32_768,
    );
    const cut = cutOut(program, { from: offset + 100, to: offset + 3 * 4096 + 100 });
    expect(cut.length).to.equal(program.length - 2 * 4096);
    const pages = (bytes: Uint8Array, ...numbers: readonly number[]): Buffer =>
      Buffer.concat(numbers.map((number) => bytes.subarray(number * 4096, (number + 1) * 4096)));
    expect(pages(cut, 1, 2, 3, 4, 5).equals(pages(program, 1, 4, 5, 6, 7))).to.equal(true);
    const table = (bytes: Uint8Array): readonly string[] => {
      const view = new DataView(bytes.buffer);
      return [0, 1, 2].map((index) => {
        const long = (place: number): string => view.getBigUint64(64 + 56 * index + place, true).toString(16);
        return `${view.getUint32(64 + 56 * index, true)}: ${long(8)}+${long(32)} at ${long(16)}`;
      });
    };
    expect(table(cut)).to.deep.equal([
      '1: 1000+1000 at 401000',
      '1: 2000+2000 at 404000',
      '1: 4000+1000 at 500000',
    ]);
  });

  it('stays as it is where a segment is written to, where nothing gives its place, and for less than a page', () => {
    const readOnly = { offset: 4096, size: 5 * 4096, address: 0x40_1000 };
    const note = { type: 4, offset: 0, size: 10 };
    for (const [segments, from, to] of [
      [[note, { ...readOnly, flags: 6 }, LATER], 4200, 16_000],
      [[readOnly, LATER], 4200, 16_000],
      [[note, readOnly, LATER], 4200, 8000],
    ] as const) {
      const program = elfOf(segments, 32_768);
      expect(cutOut(program, { from, to })).to.equal(program);
    }
  });

  it('keeps every byte that a segment holds, and points at no sections', () => {
    const program = elfOf(
      [
        { offset: 0, size: 200 },
        { offset: 256, size: 44 },
      ],
      1000,
    );
    const trimmed = trimElf(program);
    expect(trimmed).to.have.length(300);
    expect(trimmed.subarray(64)).to.deep.equal(program.subarray(64, 300));
    expect(new DataView(trimmed.buffer).getBigUint64(40, true)).to.equal(0n);
  });

  it('is not made twice smaller: what is trimmed stays as it is', () => {
    const once = trimElf(elfOf([{ offset: 0, size: 500 }], 4096));
    expect(trimElf(once)).to.deep.equal(once);
  });

  for (const [what, bytes, why] of [
    ['a script', Buffer.from(`#!/bin/sh\n${'#'.repeat(100)}`), /no 64-bit little-endian ELF/],
    ['nothing', new Uint8Array(0), /no 64-bit little-endian ELF/],
    ['a program of 32 bits', elfOf([{ offset: 0, size: 100 }], 200, 1), /no 64-bit little-endian ELF/],
    ['a program that is cut off', elfOf([{ offset: 0, size: 900 }], 200), /ends before its last segment/],
    ['an object file', elfOf([], 200), /no segments/],
  ] as const) {
    it(`is not made of ${what}`, () => {
      expect(() => trimElf(bytes)).to.throw(why);
    });
  }

  it('is refused or trimmed, never anything else, whatever the bytes behind the magic number are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 60, maxLength: 300 }), (tail) => {
        const bytes = Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, ...tail]);
        expect(isElf(bytes)).to.equal(bytes.length >= 64);
        try {
          expect(trimElf(bytes).length).to.be.at.most(bytes.length);
        } catch (error) {
          expect(error)
            .to.be.instanceOf(Error)
            .with.property('message')
            .that.matches(/^it (is|has|ends)/);
        }
      }),
    );
  });
});

/** What is there in any Node: its version, Unicode, a number of a language, text in another encoding. */
const UNICODE = `[process.version, "ä".normalize("NFD").length, "ß".toUpperCase().length,
  (7.5).toLocaleString("en"), new TextDecoder("latin1").decode(Buffer.from("x"))].join()`;

interface TestSegment {
  readonly type?: number;
  readonly flags?: number;
  readonly offset: number;
  readonly size: number;
  readonly address?: number;
}

const LATER: TestSegment = { offset: 6 * 4096, size: 4096, address: 0x50_0000, flags: 6 };

/** A file of so many bytes, numbered, with a header and a table of segments at its beginning. */
function elfOf(segments: readonly TestSegment[], length: number, wordClass = 2): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, index) => (index ^ (index >> 8)) & 0xff);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wordClass, 1]);
  view.setBigUint64(32, 64n, true);
  view.setBigUint64(40, BigInt(length - 64), true);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  for (const [index, { type = 1, flags = 4, offset, size, address = offset }] of segments.entries()) {
    const at = 64 + 56 * index;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    for (const [place, value] of [offset, address, address, size, size, 4096].entries()) {
      view.setBigUint64(at + 8 + 8 * place, BigInt(value), true);
    }
  }
  return bytes;
}
