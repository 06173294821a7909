/** Commands on a host: programs of this machine, run in the host's namespace, each in a process group of its own. */
import { spawn } from 'node:child_process';
import { MILLISECOND } from '../../../world/clock.ts';
import type { Command, ExecOutcome, Execution } from '../../lab.ts';
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
    const child = spawn('nsenter', [entering(netns), '--', ...words], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = child;
    if (pid !== undefined) this.#running.add(pid);
    const [stdout, stderr] = [new Output(), new Output()];
    child.stdout.on('data', (chunk: Uint8Array) => stdout.add(chunk));
    child.stderr.on('data', (chunk: Uint8Array) => stderr.add(chunk));

    let isTimedOut = false;
    let killing: NodeJS.Timeout | undefined;
    const limit =
      limitNs === undefined
        ? undefined
        : setTimeout(() => {
            isTimedOut = true;
            signalGroup(pid, 'SIGKILL');
          }, limitNs / MILLISECOND);
    child.once('exit', () => {
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
      if (pid !== undefined) this.#running.delete(pid);
      ended({
        code,
        ...(signal !== null && { signal }),
        stdout: stdout.text,
        stderr: stderr.text,
        isTruncated: stdout.isTruncated || stderr.isTruncated,
        isTimedOut,
      });
    });
    return {
      stop: () => {
        if (killing !== undefined) return;
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
