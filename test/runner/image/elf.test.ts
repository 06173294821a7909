import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { isElf, trimElf } from '../../../src/runner/image/elf.ts';

describe('a program without what is not loaded', () => {
  it('runs: Node without its symbols is smaller, and Node', function () {
    if (process.platform !== 'linux') this.skip();
    const node = readFileSync(process.execPath);
    const trimmed = trimElf(node);
    expect(trimmed.length).to.be.at.most(node.length);
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-elf-'));
    try {
      const file = join(folder, 'node');
      writeFileSync(file, trimmed, { mode: 0o755 });
      const said = execFileSync(file, ['-p', '[process.version, "ä".normalize("NFD").length].join()']);
      expect(said.toString()).to.equal(`${process.version},2\n`);
    } finally {
      rmSync(folder, { recursive: true });
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

/** A file of so many bytes, numbered, with a header and a table of segments at its beginning. */
function elfOf(
  segments: readonly { offset: number; size: number }[],
  length: number,
  wordClass = 2,
): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, index) => index & 0xff);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wordClass, 1]);
  view.setBigUint64(32, 64n, true);
  view.setBigUint64(40, BigInt(length - 64), true);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  for (const [index, { offset, size }] of segments.entries()) {
    view.setBigUint64(64 + 56 * index + 8, BigInt(offset), true);
    view.setBigUint64(64 + 56 * index + 32, BigInt(size), true);
  }
  return bytes;
}
