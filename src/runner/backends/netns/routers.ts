/**
 * The routers' daemons: processes in their namespaces, each in a session of its own, so that a Ctrl-C on the terminal
 * does not end them before the lab is taken down, and so that they can outlive the runner. Each writes its log into a
 * file itself; the file is read as it grows.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../../world/message-of.ts';
import { LabError, type LogSink } from '../../lab.ts';
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
    this.#reading = setInterval(() => this.#read(), READ_EVERY_MS).unref();
  }

  /** Why the lab cannot go on: the first that ended. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Throws LabError where its files cannot be written. */
  start(machine: RouterMachine, files: RouterFiles): void {
    const failed = (reason: string): void => {
      this.#failure ??= `router ${machine.name}: ${reason} (${files.log})`;
    };
    try {
      this.#processes.push(new RouterProcess(machine, files, this.#log, failed));
    } catch (error) {
      const reason = messageOf(error);
      throw new LabError(`router ${machine.name} could not be started: ${reason}`);
    }
  }

  /** Ends them all, those that do not end by themselves for good. */
  async end(): Promise<void> {
    clearInterval(this.#reading);
    // Of ends that are wanted nobody need be told.
    this.#failure ??= 'the lab was taken down';
    this.#signal('SIGTERM');
    const late = setTimeout(() => this.#signal('SIGKILL'), END_LIMIT_MS);
    await Promise.all(this.#processes.map(({ ended }) => ended));
    clearTimeout(late);
  }

  /** Lets them run; this process need not stay for them. */
  leave(): void {
    clearInterval(this.#reading);
    for (const { child } of this.#processes) child.unref();
  }

  #read(): void {
    for (const { log } of this.#processes) log.read();
  }

  #signal(name: NodeJS.Signals): void {
    for (const { child } of this.#processes) child.kill(name);
  }
}

class RouterProcess {
  readonly child: ChildProcess;
  readonly log: Reader;
  /** Never rejects. */
  readonly ended: Promise<void>;

  constructor(
    { name, startUp }: RouterMachine,
    { netns, startUp: file, socket, log }: RouterFiles,
    sink: LogSink,
    failed: (reason: string) => void,
  ) {
    writeFileSync(file, JSON.stringify({ ...startUp, management: { socket } }), { mode: 0o600 });
    const output = openSync(log, 'a', 0o644);
    try {
      const said = new DaemonLog(name, sink);
      this.log = new Reader(log, said);
      this.child = spawn('nsenter', [entering(netns), '--', ...DAEMON, file], {
        detached: true,
        env: { ...process.env, ...DAEMON_ENVIRONMENT },
        stdio: ['ignore', 'ignore', output],
      });
      this.ended = new Promise((resolve) => {
        const end = (how: string): void => {
          this.log.close();
          failed(
            `its daemon ended ${how}${said.lastWords === undefined ? '' : `; it last said: ${said.lastWords}`}`,
          );
          resolve();
        };
        this.child.once('error', (error) => end(`before it began: ${error.message}`));
        this.child.once('exit', (code, signal) =>
          end(signal === null ? `with exit code ${code}` : `by ${signal}`),
        );
      });
    } finally {
      closeSync(output);
    }
  }
}

/** What a log file has more than at the last reading. */
class Reader {
  readonly #fd: number;
  readonly #said: DaemonLog;
  readonly #bytes = Buffer.alloc(READ_BYTES);
  readonly #decoder = new TextDecoder();
  #at = 0;
  #isClosed = false;

  constructor(file: string, said: DaemonLog) {
    this.#fd = openSync(file, 'r');
    this.#said = said;
  }

  read(): void {
    if (this.#isClosed) return;
    for (let count = -1; count !== 0; this.#at += count) {
      count = readSync(this.#fd, this.#bytes, 0, READ_BYTES, this.#at);
      this.#said.add(this.#decoder.decode(this.#bytes.subarray(0, count), { stream: true }));
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.read();
    this.#isClosed = true;
    closeSync(this.#fd);
  }
}
