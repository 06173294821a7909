/**
 * Router daemons as processes of their own on this machine, joined by UDP ports, and a lab made of them: hosts are in
 * the test's process, behind UDP ports of the same kind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatConfig } from '../../../src/config/writer.ts';
import { formatMac } from '../../../src/net/address.ts';
import { monotonic, TimerClock } from '../../../src/routerd/daemon/timer-clock.ts';
import type { DrivenPort } from '../../../src/routerd/ports/driven.ts';
import { openUdpPort, type UdpAddress } from '../../../src/routerd/ports/udp.ts';
import {
  type ManagementClient,
  managementClient,
} from '../../../src/runner/backends/daemons/management-client.ts';
import type { Experiment } from '../../../src/runner/experiment/resolved.ts';
import type { Lab } from '../../../src/runner/lab.ts';
import { Host } from '../../../src/traffic/host.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import { seededRandom } from '../../../src/world/random.ts';

const MAIN = new URL('../../../src/routerd/main.ts', import.meta.url).pathname;

/** A daemon, from its start-up file on. */
export class Daemon {
  readonly folder: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly process: ChildProcess;
  /** What it logged, as lines. */
  log = '';

  /** In the folder. `before`: the words of a command that runs it, in a network namespace for example. */
  constructor(folder: string, settings: Readonly<Record<string, unknown>>, before: readonly string[] = []) {
    this.folder = folder;
    this.settings = settings;
    const file = join(folder, `${settings.name}.json`);
    writeFileSync(file, JSON.stringify({ management: { socket: this.socket }, ...settings }));
    const [command, ...words] = [...before, process.execPath, MAIN, file];
    this.process = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    running.add(this.process);
    this.process.once('exit', () => running.delete(this.process));
  }

  get socket(): string {
    return join(this.folder, `${this.settings.name}.sock`);
  }

  get leavesSocket(): boolean {
    return existsSync(this.socket);
  }

  client(): ManagementClient {
    return managementClient(String(this.settings.name), { path: this.socket });
  }

  /** Its exit code, or the signal that killed it. */
  async ended(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | string | null> {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) return exitCode ?? signalCode;
    const end = once(this.process, 'close');
    if (signal !== undefined) this.process.kill(signal);
    const [code, by] = await end;
    return code ?? by;
  }
}

/** Whatever happens to the test, its daemons end with it. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A folder of the test's own, for sockets and start-up files. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'shadowlab-daemon-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** UDP ports of this machine that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly UdpAddress[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  const addresses = await Promise.all(
    sockets.map(async (socket): Promise<UdpAddress> => {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      return { address: '127.0.0.1', port: socket.address().port };
    }),
  );
  await Promise.all(
    sockets.map(async (socket) => {
      socket.close();
      await once(socket, 'close');
    }),
  );
  return addresses;
}

const written = ({ address, port }: UdpAddress): string => `${address}:${port}`;

export interface DaemonLab extends Lab {
  readonly daemons: ReadonlyMap<string, Daemon>;
}

/** The experiment's network, its configurations loaded, in real time. */
export async function deployDaemons(experiment: Experiment): Promise<DaemonLab> {
  const { topology, seed } = experiment;
  const folder = makeFolder();
  const epochNs = monotonic(0)();
  const clock = new TimerClock(epochNs);
  const random = seededRandom(seed);
  const addresses = await freePorts(2 * topology.links.length);

  const portsOf = new Map<string, object[]>();
  const hostPorts = new Map<string, DrivenPort>();
  for (const [index, { ends, rateBps, delayNs, mtu, queueBytes, bandwidth }] of topology.links.entries()) {
    const edge = ends.some(({ kind }) => kind === 'host');
    for (const [side, { node, kind, port: name, mac }] of ends.entries()) {
      const [local, peer] = [addresses[2 * index + side], addresses[2 * index + 1 - side]];
      if (kind === 'host') hostPorts.set(node, openUdpPort({ name, mac, mtu, rateBps, local, peer }));
      const port = { name, driver: 'udp', edge, mtu, rateBps, delayNs, queueBytes, mac: formatMac(mac) };
      const own = portsOf.get(node) ?? [];
      portsOf.set(node, own);
      own.push({
        ...port,
        ...(edge ? {} : { bandwidth }),
        local: written(local),
        peer: written(peer),
      });
    }
  }
  const daemons = new Map(
    experiment.configs.map(({ router, real, shadow }) => {
      const settings = {
        name: router,
        seed,
        epochNs,
        ports: portsOf.get(router),
        real: { tag: 1, config: formatConfig(real) },
        ...(shadow && { shadow: { tag: 2, config: formatConfig(shadow) } }),
      };
      return [router, new Daemon(folder, settings)];
    }),
  );
  const routers = new Map([...daemons].map(([name, daemon]) => [name, daemon.client()]));
  await Promise.all([...routers.values()].map((client) => client.reached(180_000)));

  const world = { clock, random, log: () => {} };
  const hosts = new Map(
    topology.hosts.map(({ name, address, gateway }) => {
      const port = hostPorts.get(name);
      if (port === undefined) throw new Error(`host ${name} has no link`);
      const settings = { address: address.address, prefixLength: address.length, gateway };
      return [name, new Host(world, name, port, settings)];
    }),
  );
  const pump = setInterval(() => {
    for (const port of hostPorts.values()) {
      port.receive(64);
      port.flush();
    }
  }, 1);

  return {
    ...world,
    backend: 'daemons',
    marginNs: 50 * MILLISECOND,
    routers,
    hosts,
    daemons,
    runUntil: async (condition, untilNs) => {
      while (!condition() && clock.now() < untilNs) await new Promise((resume) => setTimeout(resume, 1));
      return condition();
    },
    destroy: async () => {
      clearInterval(pump);
      for (const client of routers.values()) client.close();
      for (const port of hostPorts.values()) port.close();
      await Promise.all([...daemons.values()].map((daemon) => daemon.ended('SIGTERM')));
      removeFolder(folder);
    },
  };
}

/** Asks until the answer is as wanted; the limit is far above what it takes on a busy machine. */
export async function askUntil<Answer>(
  lab: Lab,
  ask: () => Promise<Answer>,
  isWanted: (answer: Answer) => boolean,
): Promise<Answer> {
  const limitNs = lab.clock.now() + 180 * SECOND;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (lab.clock.now() > limitNs) throw new Error(`still ${JSON.stringify(answer).slice(0, 2000)}`);
    await lab.runUntil(() => false, lab.clock.now() + SECOND / 20);
  }
}
