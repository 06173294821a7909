/** Ports of ours on real interfaces, and the loop that serves them, in namespaces of their own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { LoopClock } from '../../src/routerd/daemon/loop-clock.ts';
import { openPacketPort, type PacketPort, type PacketPortSettings } from '../../src/routerd/ports/packet.ts';
import { SECOND } from '../../src/world/clock.ts';
import { seededRandom } from '../../src/world/random.ts';
import type { World } from '../../src/world/world.ts';
import { Namespace } from './namespace.ts';
import { inNamespace } from './tun.ts';

export const RATE_BPS = 1e10;
/** Far above what it takes until the kernel has passed a frame on, or noted a carrier, on a busy machine. */
const LIMIT_MS = 60_000;

/** Why the tests cannot run here; undefined where they can. */
export function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  if (spawnSync('ip', ['-V']).status !== 0) return 'no `ip` command';
  const made = spawnSync('ip', ['netns', 'add', `shadowlab-test-${process.pid}-try`]);
  spawnSync('ip', ['netns', 'del', `shadowlab-test-${process.pid}-try`]);
  return made.status === 0 ? undefined : 'no network namespaces';
}

export class PacketLab {
  /** Where our ports are; other namespaces hold the kernel's ends. */
  readonly ours = new Namespace('-ours');
  readonly #others: Namespace[] = [];
  readonly #ports: PacketPort[] = [];
  readonly messages: string[] = [];
  #aheadNs = 0;
  readonly clock = new LoopClock(() => Number(process.hrtime.bigint()) + this.#aheadNs);
  readonly world: World = {
    clock: this.clock,
    random: seededRandom(1),
    log: (level, text) => this.messages.push(`${level} ${text}`),
  };

  namespace(name: string): Namespace {
    const namespace = new Namespace(`-${name}`);
    this.#others.push(namespace);
    return namespace;
  }

  /** A veth pair from `name`, here, to `otherName` there; both ends are up. */
  wire(name: string, other: Namespace, otherName: string, mtu = 1500): void {
    const words = ['type', 'veth', 'peer', 'name', otherName, 'mtu', String(mtu), 'netns', other.name];
    this.ours.ip('link', 'add', 'name', name, 'mtu', String(mtu), ...words);
    this.ours.ip('link', 'set', 'dev', name, 'up');
    other.ip('link', 'set', 'dev', otherName, 'up');
  }

  open(name: string, settings: Partial<PacketPortSettings> = {}): PacketPort {
    const port = inNamespace(this.ours.name, () =>
      openPacketPort(this.world, { name, interface: name, rateBps: RATE_BPS, ...settings }),
    );
    this.#ports.push(port);
    return port;
  }

  /** One turn of the loop. */
  turn(): void {
    this.clock.tick();
    for (const port of this.#ports) port.receive(64);
    this.clock.runDue(1024);
    for (const port of this.#ports) port.flush();
  }

  /** Has the time pass after which ports look at their interfaces, without waiting for it. */
  look(): void {
    this.#aheadNs += SECOND;
    inNamespace(this.ours.name, () => this.turn());
  }

  /** Serves the ports until it is so: the kernel passes frames on when it has the time. */
  async until(what: string, isSo: () => boolean, step = (): void => this.turn()): Promise<void> {
    const endMs = performance.now() + LIMIT_MS;
    for (; !isSo(); await setImmediate()) {
      if (performance.now() > endMs) throw new Error(`${what}: not after ${LIMIT_MS / 1000} s`);
      step();
    }
  }

  /** Has ports look until one sees its interface so: the kernel notes later that there is a carrier. */
  async untilState(port: PacketPort, state: PacketPort['state']): Promise<void> {
    await this.until(
      `${port.name} is ${state}`,
      () => port.state === state,
      () => this.look(),
    );
  }

  /** Serves the ports until the promise is settled. */
  async serve<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    while (!isSettled) {
      this.turn();
      await setImmediate();
    }
    return promise;
  }

  /** Runs a command in a namespace and serves the ports meanwhile; what it printed. Throws where it failed. */
  async run(namespace: Namespace, ...words: readonly string[]): Promise<string> {
    const child = spawn('ip', ['netns', 'exec', namespace.name, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      output += text;
    });
    const [code] = await this.serve(once(child, 'close'));
    if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${output}`);
    return output;
  }

  close(port: PacketPort): void {
    this.#ports.splice(this.#ports.indexOf(port), 1);
    port.close();
  }

  destroy(): void {
    for (const port of this.#ports.splice(0)) port.close();
    for (const namespace of [this.ours, ...this.#others]) namespace.destroy();
  }
}
