/**
 * `npm run bench:host`: what the project promises of real networks, measured on this machine's kernel. It needs root,
 * `ip` and two cores; it makes namespaces (and, where there is an engine, containers) of its own and removes them,
 * those of a benchmark that was killed, too. docs/benchmarks.md says what the figures mean.
 *
 *     npm run bench:host -- --only abilene --only latency --rounds 3
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { formatFigures } from '../figure.ts';
import { measureAbilene } from './abilene.ts';
import { isBuilt } from './built.ts';
import type { Circumstances } from './circumstances.ts';
import { measureForwarding } from './forward.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import { removeLeftovers } from './network.ts';

interface Table {
  readonly title: string;
  /** As Markdown. */
  readonly measure: (circumstances: Circumstances) => Promise<string>;
}

const TABLES: Readonly<Record<string, Table>> = {
  forward: {
    title: 'Packets of 300 bytes through one router over veth',
    measure: async (circumstances) => formatFigures(await measureForwarding(circumstances)),
  },
  latency: {
    title: 'What one router adds to the way of a packet, 1,000 packets a second',
    measure: async (circumstances) => formatFigures(await measureLatency(circumstances)),
  },
  memory: {
    title: 'Memory of one router daemon',
    measure: async (circumstances) => formatFigures(await measureMemory(circumstances)),
  },
  abilene: {
    title: 'Abilene, a host behind every router, hellos each second: deployed, converged, destroyed',
    measure: measureAbilene,
  },
};

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true },
    /** Goes before whatever else runs on the machine. The kernel's own forwarding does not: it has no process. */
    realtime: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
  refuse(`--rounds ${values.rounds}: a whole number from 1 to 100`);
const chosen = values.only ?? Object.keys(TABLES);
const unknown = chosen.find((name) => TABLES[name] === undefined);
if (unknown !== undefined)
  refuse(`there is no table "${unknown}"; there are ${Object.keys(TABLES).join(', ')}`);

const obstacle = whyNot();
if (obstacle === undefined)
  await measureAll({ rounds, realtime: values.realtime, signal: interruptOnSignals() });
else console.log(`skipped: ${obstacle}`);

async function measureAll(circumstances: Circumstances): Promise<void> {
  removeLeftovers();
  console.log(
    `node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)} before it began, medians of ${rounds}`,
  );
  for (const name of chosen) {
    const { title, measure } = TABLES[name];
    console.error(`${name} ...`);
    try {
      console.log(`\n**${title}**\n\n${await measure(circumstances)}`);
    } catch (error) {
      if (circumstances.signal.aborted) process.exit(130);
      process.exitCode = 1;
      console.log(`\n**${title}**\n\nfailed: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** The first lets the table that is measured remove what it made; a second one exits at once. */
function interruptOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error('interrupted'));
    });
  }
  return controller.signal;
}

function refuse(message: string): never {
  console.error(message);
  return process.exit(2);
}

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root, for network namespaces';
  for (const [command, source] of [
    ['ip', 'iproute2'],
    ['nsenter', 'util-linux'],
    ['taskset', 'util-linux'],
  ]) {
    if (spawnSync(command, ['-V']).status !== 0) return `there is no \`${command}\` command (${source})`;
  }
  if (!isBuilt()) return 'there is no dist/ (npm run build)';
  return availableParallelism() < 2 ? 'it needs a core for the router and one for the generator' : undefined;
}
