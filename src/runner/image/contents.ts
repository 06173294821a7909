/** What is in the image: the router, what it runs on, and the programs that hosts are for. */
import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { LabError } from '../lab.ts';
import { isElf, trimElf } from './elf.ts';
import { smallNode } from './node.ts';
import { findProgram, librariesOf } from './programs.ts';
import { routerFiles } from './router-files.ts';
import type { Entry } from './tar.ts';

/** A container of a host stays up by these. */
const NEEDED = ['sh', 'sleep'];
/** What people type on a host, and what sends traffic. */
const WANTED = [
  'cat',
  'curl',
  'echo',
  'env',
  'head',
  'ip',
  'iperf3',
  'kill',
  'ls',
  'ping',
  'seq',
  'ss',
  'timeout',
];

export interface Contents {
  readonly entries: readonly Entry[];
  /** Programs that would be in it if this machine had them. */
  readonly missing: readonly string[];
}

/** `more`: further programs by name or path. Rejects with LabError where one of them, or what all need, is not there. */
export async function imageContents(more: readonly string[]): Promise<Contents> {
  const names = [...NEEDED, ...WANTED, ...more];
  const found = new Map(names.map((name) => [name, findProgram(name)]));
  const lacking = names.filter((name) => found.get(name) === undefined);
  const fatal = lacking.filter((name) => !WANTED.includes(name));
  if (fatal.length > 0) throw new LabError(`no program of this machine: ${fatal.join(', ')}`);

  const taken = [...found.values()].flatMap((path) => (path === undefined ? [] : [basename(path)]));
  for (const name of more) demandInterpreter(found.get(name) ?? name, ['node', ...taken]);

  const router = await routerFiles();
  const node = realpathSync(process.execPath);
  const programs = new Map([['node', node]]);
  for (const path of found.values()) if (path !== undefined) programs.set(basename(path), realpathSync(path));
  const binaries = [...new Set(programs.values())].filter((path) => isElf(readFileSync(path)));
  const libraries = await librariesOf([...binaries, ...router.binaries]);
  return {
    entries: [...system(), ...router.entries, ...programEntries(programs), ...libraries.map(libraryEntry)],
    missing: lacking,
  };
}

/** A script without its interpreter (a version manager's shim, say) would be there, and not run. */
function demandInterpreter(path: string, programs: readonly string[]): void {
  const [first] = readFileSync(path).subarray(0, 256).toString('latin1').split('\n', 1);
  if (first === undefined || !first.startsWith('#!')) return;
  const words = first
    .slice(2)
    .trim()
    .split(/\s+/)
    .map((word) => basename(word));
  const interpreter = words[0] === 'env' ? words[1] : words[0];
  if (interpreter !== undefined && programs.includes(interpreter)) return;
  throw new LabError(
    `${path} is a script (${first}), and ${interpreter ?? 'its interpreter'} is not in the image (name the program that it starts, by its path; or the interpreter, too)`,
  );
}

/** In /usr/bin. A program of many names (BusyBox) is there once, and linked to. */
function programEntries(programs: ReadonlyMap<string, string>): readonly Entry[] {
  const first = new Map<string, string>();
  return [...programs].map(([name, source]): Entry => {
    const path = `usr/bin/${name}`;
    const target = first.get(source);
    if (target !== undefined) return { path, kind: 'link', target };
    first.set(source, name);
    const contents = name === 'node' ? smallNode(source) : trimmed(source);
    return { path, kind: 'file', mode: 0o755, contents };
  });
}

/** Where the loader of this machine looks for it. */
function libraryEntry(path: string): Entry {
  return { path: path.slice(1), kind: 'file', mode: 0o755, contents: trimmed(realpathSync(path)) };
}

function trimmed(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return isElf(bytes) ? trimElf(bytes) : bytes;
}

/** What programs expect of any Linux system. The engine brings /proc, /sys, /dev, and /etc/hosts. */
function system(): readonly Entry[] {
  const text = (path: string, contents: string): Entry => ({
    path,
    kind: 'file',
    mode: 0o644,
    contents: Buffer.from(contents),
  });
  return [
    text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
    text('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
    text('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
    { path: 'bin', kind: 'link', target: 'usr/bin' },
    { path: 'sbin', kind: 'link', target: 'usr/bin' },
    ...['dev', 'proc', 'run', 'sys', 'root'].map((path): Entry => ({ path, kind: 'folder', mode: 0o755 })),
    { path: 'tmp', kind: 'folder', mode: 0o1777 },
  ];
}
