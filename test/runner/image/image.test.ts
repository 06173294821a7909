import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { imageContents } from '../../../src/runner/image/contents.ts';
import { parseImageName } from '../../../src/runner/image/image.ts';
import { findProgram, readLdd } from '../../../src/runner/image/programs.ts';
import { LabError } from '../../../src/runner/lab.ts';
import { version } from '../../../src/runner/version.ts';

describe('the image of routers and hosts', () => {
  it('holds Node, the router and what it imports, koffi, libraries with their loader, and programs for hosts', async function () {
    if (process.platform !== 'linux') this.skip();
    const { entries } = await imageContents([]);
    const paths = entries.map(({ path }) => path);
    expect(paths).to.include.members([
      'usr/bin/node',
      'usr/bin/sh',
      'usr/bin/sleep',
      'opt/shadowlab/package.json',
      'opt/shadowlab/dist/routerd/main.js',
      'opt/shadowlab/dist/routerd/daemon/worker.js',
      'opt/shadowlab/dist/net/ipv4.js',
      'opt/shadowlab/node_modules/koffi/package.json',
      'opt/shadowlab/node_modules/@noble/hashes/hmac.js',
      'etc/passwd',
      'tmp',
    ]);
    expect(paths.some((path) => /\/koffi\.node$/.test(path))).to.equal(true);
    expect(
      paths.some((path) => /(^|\/)ld-[^/]*\.so/.test(path)),
      'the loader',
    ).to.equal(true);
    expect(paths.filter((path) => /dist\/(cli|runner|analysis|traffic)\//.test(path))).to.deep.equal([]);
  });

  it('is not built without a program that was asked for', async () => {
    const failure = await imageContents(['no-such-program', '/etc/passwd']).catch((error: unknown) => error);
    expect(failure)
      .to.be.instanceOf(LabError)
      .with.property('message', 'no program of this machine: no-such-program, /etc/passwd');
  });

  it('takes a script only where its interpreter is taken, too', async function () {
    if (process.platform !== 'linux') this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-image-'));
    try {
      const script = (name: string, first: string): string => {
        writeFileSync(join(folder, name), `${first}\n`, { mode: 0o755 });
        return join(folder, name);
      };
      const shim = script('shim', '#!/usr/bin/env no-such-shell');
      const failure = await imageContents([shim]).catch((error: unknown) => error);
      expect(failure)
        .to.be.instanceOf(LabError)
        .with.property('message')
        .that.includes(
          `${shim} is a script (#!/usr/bin/env no-such-shell), and no-such-shell is not in the image`,
        );
      const { entries } = await imageContents([script('probe', '#! /bin/sh -e')]);
      expect(entries.map(({ path }) => path)).to.include('usr/bin/probe');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has a name with or without a tag, on a registry or not', () => {
    expect(parseImageName('shadowlab')).to.deep.equal({ repository: 'shadowlab', tag: 'latest' });
    expect(parseImageName('shadowlab:lab-1')).to.deep.equal({ repository: 'shadowlab', tag: 'lab-1' });
    expect(parseImageName('localhost:5000/team/shadowlab')).to.deep.equal({
      repository: 'localhost:5000/team/shadowlab',
      tag: 'latest',
    });
    for (const wrong of ['', 'Shadowlab', '-x', 'a b', 'shadowlab:', ':lab']) {
      expect(() => parseImageName(wrong), wrong).to.throw(LabError);
    }
  });

  it('is of the same version where it is built from the Dockerfile', () => {
    const text = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');
    expect(text).to.match(new RegExp(`^LABEL shadowlab\\.version=${version.replaceAll('.', '\\.')}$`, 'm'));
  });
});

describe('libraries of a program', () => {
  it('are what ldd says, the loader too, without what is no file', () => {
    const said = `\tlinux-vdso.so.1 (0x00007fac2cf15000)
\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007fac2cefe000)
\tlibx.so.1 => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007fac2cf17000)
`;
    expect(readLdd(said)).to.deep.equal({
      libraries: ['/lib/x86_64-linux-gnu/libdl.so.2', '/lib64/ld-linux-x86-64.so.2'],
      missing: ['libx.so.1'],
    });
  });

  it('are not looked for where there is no such program', () => {
    expect(findProgram('sh')).to.match(/\/sh$/);
    expect(findProgram('no-such-program')).to.equal(undefined);
  });
});
