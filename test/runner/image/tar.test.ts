import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Entry, tarOf } from '../../../src/runner/image/tar.ts';

const file = (path: string, contents: string, mode = 0o644): Entry => {
  return { path, kind: 'file', mode, contents: Buffer.from(contents) };
};
const archive = (entries: readonly Entry[]): Buffer => Buffer.concat([...tarOf(entries)]);

describe('a tar archive', () => {
  it('is what tar itself unpacks: files, their modes, links, and folders that nobody mentioned', () => {
    const long = `${'deep/'.repeat(25)}file-with-a-name`;
    const entries: readonly Entry[] = [
      file('usr/bin/tool', '#!/bin/sh\n', 0o755),
      { path: 'bin', kind: 'link', target: 'usr/bin' },
      { path: 'tmp', kind: 'folder', mode: 0o1777 },
      file(long, 'x'.repeat(512)),
      file('empty', ''),
    ];
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-tar-'));
    try {
      const { status, stderr } = spawnSync('tar', ['-xpf', '-', '-C', folder], { input: archive(entries) });
      expect(status, String(stderr)).to.equal(0);
      expect(readFileSync(join(folder, 'usr/bin/tool'), 'utf8')).to.equal('#!/bin/sh\n');
      expect(lstatSync(join(folder, 'usr/bin/tool')).mode & 0o7777).to.equal(0o755);
      expect(readlinkSync(join(folder, 'bin'))).to.equal('usr/bin');
      expect(lstatSync(join(folder, 'tmp')).mode & 0o7777).to.equal(0o1777);
      expect(readFileSync(join(folder, long), 'utf8')).to.have.length(512);
      expect(readFileSync(join(folder, 'empty'))).to.have.length(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is the same bytes in whatever order its entries come', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        names.chain((paths) =>
          fc.tuple(fc.constant(paths), fc.shuffledSubarray([...paths], { minLength: paths.length })),
        ),
        ([paths, shuffled]) => {
          const entries = (list: readonly string[]): readonly Entry[] =>
            list.map((path) => file(`x/${path}`, path));
          expect(archive(entries(paths)).equals(archive(entries(shuffled)))).to.equal(true);
        },
      ),
    );
  });

  it('does not hold what would come out as something else', () => {
    expect(() => archive([file('a', '1'), file('a', '2')])).to.throw('a is there twice');
    expect(() => archive([file('x'.repeat(120), '')])).to.throw('is too long for a tar archive');
    expect(() => archive([{ path: 'a', kind: 'link', target: 'y'.repeat(101) }])).to.throw('points too far');
  });
});
