/**
 * The router daemon: `node main.ts START-UP-FILE`. Logs JSON lines to the standard error. Exit codes: 0 ended by
 * SIGTERM or SIGINT, 2 the start-up file is wrong, 3 it could not start or go on.
 */
import { readFileSync } from 'node:fs';
import { messageOf } from '../world/message-of.ts';
import type { Log } from '../world/world.ts';
import { runDaemon } from './daemon/daemon.ts';
import { readSettings } from './daemon/settings.ts';
import { monotonic } from './daemon/timer-clock.ts';

const WRONG_INPUT = 2;
const FAILED = 3;

const [file, ...more] = process.argv.slice(2);
let router = '';
const log: Log = (level, text) => {
  const line = { time: new Date().toISOString(), level, ...(router && { router }), text };
  process.stderr.write(`${JSON.stringify(line)}\n`);
};

process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  if (file === undefined || more.length > 0) {
    log('error', 'usage: node main.js START-UP-FILE');
    return WRONG_INPUT;
  }
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());
  try {
    const settings = readSettings(await parse(file), monotonic(0)());
    router = settings.name;
    try {
      await runDaemon(settings, log, ending.signal);
      return 0;
    } catch (error) {
      if (ending.signal.aborted && error instanceof Error && error.name === 'AbortError') return 0;
      log('error', messageOf(error));
      return FAILED;
    }
  } catch (error) {
    log('error', `${file}: ${messageOf(error)}`);
    return WRONG_INPUT;
  }
}

/** YAML's reader is only loaded for YAML: daemons are many, and small. */
async function parse(path: string): Promise<unknown> {
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('.json')) return JSON.parse(text);
  const { parse: parseYaml } = await import('yaml');
  return parseYaml(text);
}
