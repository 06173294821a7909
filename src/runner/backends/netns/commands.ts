/** Commands on a host: programs of this machine, run in the host's namespace, each in a process group of its own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { messageOf } from '../../../world/message-of.ts';
import { type Command, type ExecOutcome, type Execution, NOT_STARTED } from '../../lab.ts';
import { limitMs } from '../daemons/limit.ts';
import { entering } from '../daemons/namespace.ts';
import { Output } from '../daemons/output.ts';

/** After Ctrl-C, until it is killed. */
const STOP_LIMIT_MS = 3_000;
/** A program that ended may have left others that hold its outputs open; nobody waits for those. */
const OUTPUT_LIMIT_MS = 500;

export class Commands {
  readonly #running = new Set<number>();

  /** See `Lab.exec`. */
  run(netns: string, { words, limitNs }: Command, ended: (outcome: ExecOutcome) => void): Execution {
    let child: ChildProcessByStdio<null, Readable, Readable>;
    try {
      child = spawn('nsenter', [entering(netns), '--', ...words], {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      // Of some reasons Node tells at once: its words are too long for the kernel, or there is no memory.
      const stderr = messageOf(error);
      setImmediate(ended, { code: NOT_STARTED, stdout: '', stderr, isTruncated: false, isTimedOut: false });
      return { stop: () => {} };
    }
    const { pid } = child;
    if (pid !== undefined) this.#running.add(pid);
    const [stdout, stderr] = [new Output(), new Output()];
    child.stdout.on('data', (chunk: Uint8Array) => stdout.add(chunk));
    child.stderr.on('data', (chunk: Uint8Array) => stderr.add(chunk));

    let isTimedOut = false;
    let hasEnded = false;
    let killing: NodeJS.Timeout | undefined;
    const limit =
      limitNs === undefined
        ? undefined
        : setTimeout(() => {
            isTimedOut = true;
            signalGroup(pid, 'SIGKILL');
          }, limitMs(limitNs));
    child.once('exit', () => {
      hasEnded = true;
      clearTimeout(limit);
      clearTimeout(killing);
      const giveUp = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, OUTPUT_LIMIT_MS);
      child.once('close', () => clearTimeout(giveUp));
    });
    child.once('error', (error) => stderr.add(Buffer.from(`${error.message}\n`)));
    child.once('close', (code, signal) => {
      // One that never began has no `exit`, and an error's number for a code.
      clearTimeout(limit);
      if (pid !== undefined) this.#running.delete(pid);
      ended({
        code: code !== null && code < 0 ? NOT_STARTED : code,
        ...(signal !== null && { signal }),
        stdout: stdout.text,
        stderr: stderr.text,
        isTruncated: stdout.isTruncated || stderr.isTruncated,
        isTimedOut,
      });
    });
    return {
      stop: () => {
        // The number of one that ended may be another's by now.
        if (hasEnded || killing !== undefined) return;
        signalGroup(pid, 'SIGINT');
        killing = setTimeout(() => signalGroup(pid, 'SIGKILL'), STOP_LIMIT_MS);
      },
    };
  }

  /** Kills all that still run. */
  killAll(): void {
    for (const pid of this.#running) signalGroup(pid, 'SIGKILL');
    this.#running.clear();
  }
}

/** Of the group that the process leads; nothing where it is gone. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
