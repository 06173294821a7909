/** Waiting for network interfaces: under containerlab a container's appear some time after its process has started. */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Log } from '../../world/world.ts';

const LOOK_EVERY_MS = 50;

/** Returns once all are there. Throws Error, naming those that are not, after `limitS` seconds. */
export async function waitForInterfaces(
  names: readonly string[],
  limitS: number,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  let missing = missingOf(names);
  if (missing.length === 0) return;
  log('info', `waiting for ${missing.join(', ')}, at most ${limitS} s`);
  const untilMs = performance.now() + limitS * 1000;
  while (missing.length > 0) {
    if (performance.now() > untilMs) {
      throw new Error(
        `no interface ${missing.join(', ')} after ${limitS} s; there are ${present().join(', ')}`,
      );
    }
    await setTimeout(LOOK_EVERY_MS, undefined, { signal });
    missing = missingOf(names);
  }
  log('info', 'all interfaces are there');
}

function missingOf(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const there = present();
  return names.filter((name) => !there.includes(name));
}

/** Of the network namespace that this thread is in, which /sys need not show. */
export function present(): readonly string[] {
  const lines = readFileSync('/proc/thread-self/net/dev', 'utf8').split('\n');
  return lines.flatMap((line) => line.match(/^\s*([^:\s]+):/)?.[1] ?? []);
}
