/**
 * `npm run bench:host`: what the project promises of real networks, measured on this machine's kernel. It needs root,
 * `ip` and two cores; it makes namespaces of its own and removes them. docs/ports.md says what the figures mean.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { formatTable } from '../figure.ts';
import { measureForwarding } from './forward.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    /** Goes before whatever else runs on the machine. The kernel's own forwarding does not: it has no process. */
    realtime: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds ${values.rounds}: a whole number, at least 1`);

const obstacle = whyNot();
if (obstacle === undefined) {
  console.log(
    `node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)} before it began\n`,
  );
  const title = 'Packets of 300 bytes through one router over veth';
  console.log(
    formatTable([{ name: 'forward', title, figures: await measureForwarding(rounds, values.realtime) }]),
  );
} else console.log(`skipped: ${obstacle}`);

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root, for network namespaces';
  if (spawnSync('ip', ['-V']).status !== 0) return 'there is no `ip` command (iproute2)';
  if (spawnSync('taskset', ['-V']).status !== 0) return 'there is no `taskset` command (util-linux)';
  return availableParallelism() < 2 ? 'it needs a core for the router and one for the generator' : undefined;
}
