/** A network namespace of its own, and processes in it; all of it gone when the test is, however it ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const PEER = new URL('peer.ts', import.meta.url).pathname;

export class Namespace {
  readonly name: string;
  readonly #children = new Set<ChildProcess>();
  readonly #remove = (): void => this.destroy();

  /** Where a test needs several, `suffix` tells them apart. */
  constructor(suffix = '') {
    this.name = `shadowlab-test-${process.pid}${suffix}`;
    ip('netns', 'add', this.name);
    process.once('exit', this.#remove);
    this.ip('link', 'set', 'lo', 'up');
  }

  /** `ip` with these words, inside. */
  ip(...words: readonly string[]): void {
    ip('-n', this.name, ...words);
  }

  /** Starts the kernel's end of a connection (peer.ts) inside. */
  peer(task: PeerTask): Peer {
    const words = ['netns', 'exec', this.name, process.execPath, PEER, JSON.stringify(task)];
    const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return new Peer(child);
  }

  destroy(): void {
    process.removeListener('exit', this.#remove);
    for (const child of this.#children) child.kill('SIGKILL');
    spawnSync('ip', ['netns', 'del', this.name]);
  }
}

/** What the kernel's end does. */
export interface PeerTask {
  readonly role: 'listen' | 'connect';
  readonly address: string;
  readonly port: number;
  /** Bytes of noise that it sends, and their seed. */
  readonly sends: number;
  readonly seed: number;
  /** `close`: after all is sent; `close-after`: when the other end has; `reset`: after so many bytes received. */
  readonly ends: 'close' | 'close-after' | { readonly resetAfter: number };
}

export interface PeerReport {
  readonly received: number;
  readonly hash: string;
  /** The error code that its socket ended with. */
  readonly error: string | null;
}

export class Peer {
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    if (child.stdout === null) throw new Error('no output');
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    void once(child, 'exit');
  }

  /** Until it listens. */
  async ready(): Promise<void> {
    const { value } = await this.#lines.next();
    if (value !== 'ready') throw new Error(`the peer says ${value}`);
  }

  /** What it saw, after its socket was closed. */
  async report(): Promise<PeerReport> {
    const { value } = await this.#lines.next();
    return JSON.parse(value ?? 'null');
  }
}

function ip(...words: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}
