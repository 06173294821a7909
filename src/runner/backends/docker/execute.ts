/**
 * A command in a host's container. The engine can start one and tell how it ended; it cannot end one. So it is ended by
 * the number that its process has on this machine: the engine makes it the first of a session, and thereby of a group,
 * of its own.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { NO_SUCH_PROGRAM } from '../../../analysis/claims/command.ts';
import { type Command, type ExecOutcome, type Execution, NOT_STARTED } from '../../lab.ts';
import { limitMs } from '../daemons/limit.ts';
import { Output } from '../daemons/output.ts';
import { Demultiplexer, type Stream } from './demultiplexer.ts';
import { answered, reasonOf } from './engine.ts';

/** From Ctrl-C to the end for good. */
const GRACE_MS = 2_000;
const LOOK_EVERY_MS = 20;
/** What a command that was killed still holds open, its children do. */
const CLOSE_LIMIT_MS = 1_000;
const REFUSED =
  /^OCI runtime exec failed: (?:exec failed: )?(?:unable to start container process: )?(.*?)(?:: unknown)?\s*$/s;

/** `ended` is called once, later. */
export function execute(
  container: Dockerode.Container,
  command: Command,
  ended: (outcome: ExecOutcome) => void,
): Execution {
  const running = new Running(container, command);
  void running.run().then(ended);
  return running;
}

class Running implements Execution {
  readonly #container: Dockerode.Container;
  readonly #command: Command;
  readonly #outputs = { stdout: new Output(), stderr: new Output() };
  /** When it is known that the process is there. */
  readonly #exec = Promise.withResolvers<Dockerode.Exec | undefined>();
  readonly #closed = Promise.withResolvers<void>();
  #isStopped = false;
  #killedBy: 'SIGINT' | 'SIGKILL' | undefined;
  #isTimedOut = false;

  constructor(container: Dockerode.Container, command: Command) {
    this.#container = container;
    this.#command = command;
  }

  /** Never rejects: what the engine refuses is an outcome, too. */
  async run(): Promise<ExecOutcome> {
    const { words, limitNs } = this.#command;
    try {
      const what = `${words[0]} cannot be started`;
      const settings = { Cmd: [...words], AttachStdout: true, AttachStderr: true };
      const exec = await answered(what, this.#container.exec(settings));
      const stream = await answered(what, exec.start({ hijack: true, stdin: false }));
      this.#exec.resolve(exec);
      const demultiplexer = new Demultiplexer((name, bytes) => this.#keep(name, bytes));
      stream.on('data', (bytes: Uint8Array) => demultiplexer.add(bytes));
      stream.on('error', () => {});
      stream.once('close', () => this.#closed.resolve());
      const limit =
        limitNs === undefined ? undefined : setTimeout(() => void this.#timeOut(), limitMs(limitNs));
      await this.#closed.promise;
      clearTimeout(limit);
      stream.destroy();
      const { ExitCode: code } = await answered('its end', exec.inspect());
      return this.#outcome(code);
    } catch (error) {
      this.#keep('stderr', Buffer.from(reasonOf(error)));
      return this.#outcome(null);
    } finally {
      this.#exec.resolve(undefined);
      this.#closed.resolve();
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    void this.#end(['SIGINT', 'SIGKILL']);
  }

  async #timeOut(): Promise<void> {
    this.#isTimedOut = true;
    await this.#end(['SIGKILL']);
  }

  async #end(signals: readonly ('SIGINT' | 'SIGKILL')[]): Promise<void> {
    const exec = await this.#exec.promise;
    for (const signal of signals) {
      if (exec !== undefined) await this.#kill(exec, signal);
      const limit = new AbortController();
      const late = after(signal === 'SIGINT' ? GRACE_MS : CLOSE_LIMIT_MS, undefined, limit).catch(() => {});
      await Promise.race([this.#closed.promise, late]);
      limit.abort();
    }
    this.#closed.resolve();
  }

  async #kill(exec: Dockerode.Exec, signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    try {
      const pid = await this.#pidOf(exec);
      if (pid === undefined) return;
      process.kill(-pid, signal);
      this.#killedBy = signal;
    } catch {
      // Ended meanwhile, or the engine is gone, and with it the lab.
    }
  }

  /** Once the command itself runs: the engine takes it on before. Undefined where it has ended. */
  async #pidOf(exec: Dockerode.Exec): Promise<number | undefined> {
    const untilMs = performance.now() + GRACE_MS;
    for (;;) {
      const { Running: isRunning, Pid: pid, ExitCode: code } = await answered('its process', exec.inspect());
      const isLate = performance.now() > untilMs;
      if (isRunning && pid > 1 && (isLate || !isBeginning(pid))) return pid;
      if (code !== null || isLate) return undefined;
      await after(LOOK_EVERY_MS);
    }
  }

  #keep(stream: Stream, bytes: Uint8Array): void {
    this.#outputs[stream].add(bytes);
  }

  #outcome(code: number | null): ExecOutcome {
    const { stdout, stderr } = this.#outputs;
    const common = { isTruncated: stdout.isTruncated || stderr.isTruncated, isTimedOut: this.#isTimedOut };
    const refused = REFUSED.exec(stdout.text)?.[1];
    if (refused !== undefined && (code === NO_SUCH_PROGRAM || code === NOT_STARTED)) {
      const isMissing = /not found|no such file/.test(refused);
      return { code: isMissing ? NO_SUCH_PROGRAM : code, stdout: '', stderr: refused, ...common };
    }
    const outputs = { stdout: stdout.text, stderr: stderr.text };
    const signal = this.#killedBy;
    // The engine tells of a signal as a shell does.
    const isKilled = signal !== undefined && (code === null || code === (signal === 'SIGINT' ? 130 : 137));
    return isKilled ? { code: null, signal, ...outputs, ...common } : { code, ...outputs, ...common };
  }
}

/** Is the process still the engine's own (`runc init`), which takes no signal but the last, or about to be another? */
function isBeginning(pid: number): boolean {
  return /^(?:[^\0]*\0init\0)?$/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
}
