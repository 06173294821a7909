/** Programs of this machine, and the libraries that they need to run elsewhere. */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { LabError } from '../lab.ts';

/** Also where a user's PATH does not look, as for those who are not root. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The path of a program by its name, as a shell would find it, or by its path; undefined where there is none. */
export function findProgram(name: string): string | undefined {
  if (name.includes('/')) return isProgram(name) ? name : undefined;
  const folders = [...(process.env.PATH ?? '').split(':').filter(Boolean), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Paths of the shared libraries that the files need, the loader among them, each once, sorted. The loader itself is
 * asked (ldd), so they are those that would be taken on this machine. Rejects with LabError.
 */
export async function librariesOf(files: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const file of files) {
    const { exitCode, stdout, stderr, shortMessage } = await execa('ldd', [file], {
      reject: false,
      env: { LC_ALL: 'C' },
    });
    if (/not a dynamic executable|statically linked/.test(`${stdout}${stderr}`)) continue;
    if (exitCode !== 0) throw new LabError(`ldd cannot tell what ${file} needs: ${stderr || shortMessage}`);
    const { libraries, missing } = readLdd(stdout);
    if (missing.length > 0) throw new LabError(`${file} needs ${missing.join(', ')}, not on this machine`);
    for (const library of libraries) found.add(library);
  }
  return [...found].sort();
}

/**
 * What ldd printed:
 *
 *         linux-vdso.so.1 (0x00007fac2cf15000)                             the kernel's own, no file
 *         libdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007fac2cefe000)
 *         libx.so.1 => not found
 *         /lib64/ld-linux-x86-64.so.2 (0x00007fac2cf17000)                 the loader
 */
export function readLdd(output: string): {
  readonly libraries: readonly string[];
  readonly missing: readonly string[];
} {
  const lines = output.split('\n').map((line) => line.trim());
  return {
    libraries: lines.flatMap((line) => /(?:^|=> )(\/.+) \(0x[0-9a-f]+\)$/.exec(line)?.[1] ?? []),
    missing: lines.flatMap((line) => /^(\S+) => not found$/.exec(line)?.[1] ?? []),
  };
}
