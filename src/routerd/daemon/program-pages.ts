/**
 * Starting Node touches some 30 MB of its program that a running router never comes back to. The kernel keeps them
 * mapped, so they count as resident in every daemon and in its container's limit, though the page cache holds them
 * once for all. This lets go of the mapping; what is needed again is mapped again, sixteen pages at a fault.
 */
import { readFileSync, realpathSync } from 'node:fs';
import * as libc from '../ports/libc.ts';

/** Readable, executable, not writable, private: code, which no process has a copy of its own of. */
const CODE = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \S+ +(.+)$/;

/** Where it cannot be done, nothing is lost but memory. */
export function releaseProgramPages(): void {
  try {
    const program = realpathSync(process.execPath);
    for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
      const [, from, to, path] = line.match(CODE) ?? [];
      if (path !== program) continue;
      const start = BigInt(`0x${from}`);
      libc.madvise(start, Number(BigInt(`0x${to}`) - start), libc.MADV_DONTNEED);
    }
  } catch {
    // Without /proc they stay mapped.
  }
}
