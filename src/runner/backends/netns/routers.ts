/**
 * The routers' daemons: processes in their namespaces, each in a session of its own, so that a Ctrl-C on the terminal
 * does not end them before the lab is taken down, and so that they can outlive the runner. Each writes its log into a
 * file itself; the file is read as it grows.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import type { LogSink } from '../../lab.ts';
import { DaemonLog } from '../daemons/daemon-log.ts';
import { entering } from '../daemons/namespace.ts';
import type { RouterMachine } from '../daemons/plan.ts';
import { DAEMON, DAEMON_ENVIRONMENT } from '../daemons/program.ts';

/** After SIGTERM. */
const END_LIMIT_MS = 3_000;
const READ_EVERY_MS = 200;
const READ_BYTES = 65_536;

export interface RouterFiles {
  readonly netns: string;
  /** The start-up file to be written. */
  readonly startUp: string;
  readonly socket: string;
  readonly log: string;
}

export class Routers {
  readonly #log: LogSink;
  readonly #processes: RouterProcess[] = [];
  #failure: string | undefined;
  readonly #reading: NodeJS.Timeout;

  constructor(log: LogSink) {
    this.#log = log;
    this.#reading = setInterval(() => {
      for (const { follow } of this.#processes) follow();
    }, READ_EVERY_MS).unref();
  }

  /** Why the lab cannot go on: the first that ended. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Throws where its files cannot be written. */
  start(machine: RouterMachine, { netns, startUp, socket, log }: RouterFiles): void {
    const settings = { ...machine.startUp, management: { socket } };
    writeFileSync(startUp, JSON.stringify(settings), { mode: 0o600 });
    const output = openSync(log, 'a', 0o644);
    const { name } = machine;
    const said = new DaemonLog(name, this.#log);
    const follow = follower(log, said);
    try {
      const child = spawn('nsenter', [entering(netns), '--', ...DAEMON, startUp], {
        detached: true,
        env: { ...process.env, ...DAEMON_ENVIRONMENT },
        stdio: ['ignore', 'ignore', output],
      });
      const ended = new Promise<void>((resolve) => {
        const end = (how: string): void => {
          follow();
          const words = said.lastWords === undefined ? '' : `; it last said: ${said.lastWords}`;
          this.#failure ??= `router ${name}: its daemon ended ${how}${words} (${log})`;
          resolve();
        };
        child.once('error', (error) => end(`before it began: ${error.message}`));
        child.once('exit', (code, signal) =>
          end(signal === null ? `with exit code ${code}` : `by ${signal}`),
        );
      });
      this.#processes.push({
        follow,
        ended,
        kill: (signal) => child.kill(signal),
        unref: () => child.unref(),
      });
    } finally {
      closeSync(output);
    }
  }

  /** Ends them all, those that do not end by themselves for good. */
  async end(): Promise<void> {
    clearInterval(this.#reading);
    // Of ends that are wanted nobody need be told.
    this.#failure ??= 'the lab was taken down';
    for (const { kill } of this.#processes) kill('SIGTERM');
    const late = setTimeout(() => {
      for (const { kill } of this.#processes) kill('SIGKILL');
    }, END_LIMIT_MS);
    await Promise.all(this.#processes.map(({ ended }) => ended));
    clearTimeout(late);
  }

  /** Lets them run; this process need not stay for them. */
  leave(): void {
    clearInterval(this.#reading);
    for (const { unref } of this.#processes) unref();
  }
}

interface RouterProcess {
  /** Reads what it has logged since. */
  readonly follow: () => void;
  /** Resolves once it has ended; never rejects. */
  readonly ended: Promise<void>;
  kill(signal: NodeJS.Signals): void;
  unref(): void;
}

/** Each call hands on what the file has more than at the last. */
function follower(file: string, said: DaemonLog): () => void {
  const bytes = Buffer.alloc(READ_BYTES);
  const decoder = new TextDecoder();
  let at = 0;
  return () => {
    const fd = openSync(file, 'r');
    try {
      for (let count = -1; count !== 0; at += count) {
        count = readSync(fd, bytes, 0, READ_BYTES, at);
        said.add(decoder.decode(bytes.subarray(0, count), { stream: true }));
      }
    } finally {
      closeSync(fd);
    }
  };
}
