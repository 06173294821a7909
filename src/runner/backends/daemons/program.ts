/** The daemon's program, as a runner on this machine starts it. */
import { fileURLToPath } from 'node:url';

const IS_BUILT = import.meta.url.endsWith('.js');

/** The words of its command but for the start-up file. */
export const DAEMON: readonly string[] = [
  process.execPath,
  // As in containers (docs/daemon.md, Memory).
  '--max-semi-space-size=1',
  fileURLToPath(new URL(`../../../routerd/main.${IS_BUILT ? 'js' : 'ts'}`, import.meta.url)),
];

/** Threads that each had a heap of malloc's to themselves would take 2 MB more; from sources, types are stripped once for all. */
export const DAEMON_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  ...(!IS_BUILT && {
    NODE_COMPILE_CACHE:
      process.env.NODE_COMPILE_CACHE ??
      fileURLToPath(new URL('../../../../node_modules/.cache/shadowlab', import.meta.url)),
  }),
};
