/** The router as a program: its built files, and the packages that they load. */
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { LabError } from '../lab.ts';
import type { Entry } from './tar.ts';

/** Where it lies in the image. */
export const ROUTER_HOME = 'opt/shadowlab';
export const ROUTER_MAIN = `/${ROUTER_HOME}/dist/routerd/main.js`;

/** What `routerd` may import (scripts/check-imports.ts), and itself. */
const FOLDERS = ['net', 'world', 'config', 'tcp', 'routerd'];

/** The package's own folder: of a checkout, or as it was installed. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface RouterFiles {
  readonly entries: readonly Entry[];
  /** Files of this machine whose libraries the router needs: koffi's binary. */
  readonly binaries: readonly string[];
}

/** The router's files. In a checkout they are built first, so that they are those of the sources. Rejects with LabError. */
export async function routerFiles(): Promise<RouterFiles> {
  const isCheckout = statSync(join(ROOT, 'src/routerd/main.ts'), { throwIfNoEntry: false }) !== undefined;
  const built = isCheckout ? await buildCheckout(programFiles) : programFiles(join(ROOT, 'dist'));
  const { entries, binaries } = koffiFiles();
  const manifest = file('package.json', Buffer.from('{ "type": "module" }\n'));
  return { entries: [manifest, ...built, ...entries, ...hashFiles()], binaries };
}

async function buildCheckout<Result>(take: (folder: string) => Result): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'shadowlab-image-'));
  try {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const words = [compiler, '-p', join(ROOT, 'tsconfig.build.json'), '--noCheck', '--outDir', folder];
    const { exitCode, stdout, stderr } = await execa(process.execPath, words, { reject: false });
    if (exitCode !== 0) {
      throw new LabError(
        `the router cannot be built (is \`npm ci\` done?):\n${stdout}${stderr}`.slice(0, 2000),
      );
    }
    return take(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function programFiles(folder: string): readonly Entry[] {
  const paths = FOLDERS.flatMap((name) => globSync(`${name}/**/*.js`, { cwd: folder }));
  if (!paths.includes('routerd/main.js')) {
    throw new LabError(`there is no router in ${folder}: this installation of shadowlab is not complete`);
  }
  return paths.map((path) => file(`dist/${path}`, readFileSync(join(folder, path))));
}

/** What of koffi is loaded on a machine like this one. */
function koffiFiles(): RouterFiles {
  const koffi = dirname(createRequire(import.meta.url).resolve('koffi'));
  const native = `@koromix/koffi-linux-${process.arch}`;
  const platform = dirname(createRequire(join(koffi, 'index.js')).resolve(native));
  return {
    entries: [
      ...take('koffi', koffi, ['package.json', 'index.js', 'src/koffi/*.js', 'src/koffi/src/*.js']),
      ...take(native, platform, ['package.json', 'index.js', 'linux_*/koffi.node']),
    ],
    binaries: globSync('linux_*/koffi.node', { cwd: platform }).map((path) => join(platform, path)),
  };
}

/** Digests for the authentication of routing protocols: md5, SHA-1, SHA-2, HMAC. */
function hashFiles(): readonly Entry[] {
  const name = '@noble/hashes';
  const folder = dirname(createRequire(import.meta.url).resolve(`${name}/utils.js`));
  return take(name, folder, ['package.json', '{_md,_u64,hmac,legacy,sha2,utils}.js']);
}

/** Files of an installed package. */
function take(name: string, from: string, patterns: readonly string[]): readonly Entry[] {
  return globSync(patterns, { cwd: from }).map((path) =>
    file(`node_modules/${name}/${path}`, readFileSync(join(from, path))),
  );
}

function file(path: string, contents: Uint8Array): Entry {
  return { path: `${ROUTER_HOME}/${path}`, kind: 'file', mode: 0o644, contents };
}
