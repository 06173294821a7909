/**
 * Starting Node, and making code of what was loaded, touches some 50 MB of its program that a running router hardly
 * comes back to. The kernel keeps them mapped, so they count as resident in every daemon, though the page cache holds
 * them once for all. This lets go of the mappings; what is needed again is mapped again, sixteen pages at a fault.
 */
import { readFileSync, realpathSync } from 'node:fs';
import * as libc from '../ports/libc.ts';

/** A mapping that nobody may write to, as /proc/self/smaps describes it: from, to, path, and kB that are no file's. */
const READ_ONLY =
  /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ \S+ +(\S.*)\n(?:[A-Z]\S+: .*\n)*?Anonymous: +(\d+) kB$/gm;

/** Where it cannot be done, nothing is lost but memory. */
export function releaseProgramPages(): void {
  try {
    const program = realpathSync(process.execPath);
    for (const [, from, to, path, anonymous] of readFileSync('/proc/self/smaps', 'utf8').matchAll(
      READ_ONLY,
    )) {
      // What the loader wrote addresses into is in no file any more.
      if (path !== program || anonymous !== '0') continue;
      const start = BigInt(`0x${from}`);
      libc.madvise(start, Number(BigInt(`0x${to}`) - start), libc.MADV_DONTNEED);
    }
  } catch {
    // Without /proc they stay mapped.
  }
}
