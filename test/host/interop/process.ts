/** A program in a namespace, ended with the test however that ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Namespace } from '../namespace.ts';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class Program {
  readonly #child: ChildProcess;
  /** What it said on its standard error, the end of it. */
  said = '';

  constructor(namespace: Namespace, words: readonly string[]) {
    // `ip netns exec` becomes the program itself.
    this.#child = spawn('ip', ['netns', 'exec', namespace.name, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said = (this.said + text).slice(-10_000);
    });
    running.add(this.#child);
    this.#child.once('exit', () => running.delete(this.#child));
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async end(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    if (this.hasEnded) return;
    const end = once(this.#child, 'close');
    this.#child.kill(signal);
    await end;
  }
}

/** What a command printed. Throws with what it said where it failed. */
export function run(command: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** The kernel of a router's namespace forwards. */
export function letForward(namespace: Namespace): void {
  run('ip', 'netns', 'exec', namespace.name, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
}
