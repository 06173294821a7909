/** Node for the image: this one, without what a router does not need of it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trimElf } from './elf.ts';
import { withoutLocales } from './locales.ts';

const LIMIT_MS = 10_000;

/** `path`: of a Node program. A cut that this build of Node does not survive is not made. */
export function smallNode(path: string): Uint8Array {
  const trimmed = trimElf(readFileSync(path));
  const small = withoutLocales(trimmed);
  return small === trimmed || runs(small) ? small : trimmed;
}

/** Does it start, and know its Unicode? */
function runs(node: Uint8Array): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'shadowlab-node-'));
  try {
    const file = join(folder, 'node');
    writeFileSync(file, node, { mode: 0o755 });
    const said = execFileSync(file, ['-p', '"ä".normalize("NFD").length + process.version'], {
      timeout: LIMIT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {},
    });
    return said.toString() === `2${process.version}\n`;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
