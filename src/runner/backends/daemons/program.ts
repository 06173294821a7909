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

/** From sources, types are stripped once for all daemons. */
export const DAEMON_ENVIRONMENT: Readonly<Record<string, string>> = IS_BUILT
  ? {}
  : {
      NODE_COMPILE_CACHE:
        process.env.NODE_COMPILE_CACHE ??
        fileURLToPath(new URL('../../../../node_modules/.cache/shadowlab', import.meta.url)),
    };
