/**
 * A Docker engine of the tests' own: a `dockerd` on a socket in a folder of its own, with nothing of the machine's: no
 * network, no images, no containers but those that are made here. All of it is gone when the test is, however it ends.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import Docker from 'dockerode';

/** In order of preference. The second works on any file system, and copies. */
const STORAGE_DRIVERS = ['overlay2', 'vfs'];
const START_LIMIT_MS = 120_000;
const END_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 50;

export class TestEngine {
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly client: Docker;
  readonly #remove = (): void => this.#removeFolder();

  private constructor(folder: string, process_: ChildProcess, client: Docker) {
    this.#folder = folder;
    this.#process = process_;
    this.client = client;
    process.once('exit', this.#remove);
  }

  /** Why there can be none here. */
  static obstacle(): string | undefined {
    if (process.getuid?.() !== 0) return 'a Docker engine of its own needs root';
    if (spawnSync('dockerd', ['--version']).status !== 0)
      return 'there is no dockerd (apt install docker.io)';
    return undefined;
  }

  /** One that answers. Rejects with what it said instead. */
  static async start(): Promise<TestEngine> {
    let said = '';
    for (const driver of STORAGE_DRIVERS) {
      // The path of its socket must be short (unix(7)), whatever TMPDIR is.
      const engine = TestEngine.#spawn(mkdtempSync('/tmp/shadowlab-docker-'), driver);
      if (await engine.#answers()) return engine;
      said = readFileSync(join(engine.#folder, 'log'), 'utf8').slice(-1000);
      await engine.stop();
    }
    throw new Error(`dockerd does not start: ${said}`);
  }

  static #spawn(folder: string, storageDriver: string): TestEngine {
    const socket = join(folder, 'docker.sock');
    // Not the machine's own.
    writeFileSync(join(folder, 'daemon.json'), '{}');
    const words = [
      ...[
        '--host',
        `unix://${socket}`,
        '--data-root',
        join(folder, 'data'),
        '--exec-root',
        join(folder, 'exec'),
      ],
      ...['--pidfile', join(folder, 'pid'), '--config-file', join(folder, 'daemon.json')],
      ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
      ...['--storage-driver', storageDriver, '--log-level', 'error'],
    ];
    // A shell, for its log to go to a file that outlives any pipe. It is told to end where we are killed.
    const shell = ['sh', '-c', `exec dockerd "$@" > "${join(folder, 'log')}" 2>&1`, 'sh'];
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...shell, ...words], {
      stdio: 'ignore',
      detached: true,
    });
    return new TestEngine(folder, child, new Docker({ socketPath: socket }));
  }

  /** As DOCKER_HOST has it. */
  get host(): string {
    return `unix://${join(this.#folder, 'docker.sock')}`;
  }

  async #answers(): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < START_LIMIT_MS && this.#isRunning; waitedMs += LOOK_EVERY_MS) {
      try {
        await this.client.ping();
        return true;
      } catch {
        await after(LOOK_EVERY_MS);
      }
    }
    return false;
  }

  get #isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** As when it crashes: what its containers run goes on. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.#remove);
    if (this.#isRunning) {
      const containers = await this.client.listContainers({ all: true }).catch(() => []);
      await Promise.all(
        containers.map(({ Id }) =>
          this.client
            .getContainer(Id)
            .remove({ force: true })
            .catch(() => {}),
        ),
      );
    }
    await this.#end('SIGTERM');
    this.#removeFolder();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.#isRunning) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    const late = setTimeout(() => this.#process.kill('SIGKILL'), END_LIMIT_MS);
    await ended;
    clearTimeout(late);
  }

  /** With what a killed engine leaves: its containerd, whose containers' guardians, and mounts. */
  #removeFolder(): void {
    if (this.#isRunning) this.#process.kill('SIGKILL');
    for (const pid of processesNaming(this.#folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    for (const mount of mountsBelow(this.#folder)) spawnSync('umount', ['-l', mount]);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Those that were started with a path in the folder, which has a name that nothing else has. */
function processesNaming(folder: string): readonly number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid > 1 && pid !== process.pid);
}

function mountsBelow(folder: string): readonly string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}
