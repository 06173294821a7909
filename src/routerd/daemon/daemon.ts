/**
 * A router as a process of its own: two threads that share nothing but messages (border.ts).
 *
 *     this thread         control plane: slots, OSPF, RIB, commit participant; management on its sockets
 *     forwarding thread   engine, ports, and timers of its own: nothing here delays a packet there
 *
 * Start: wait for the interfaces, open the ports, load both configurations, then listen; so whoever can connect
 * finds a router that is up. End: hang up, stop the control plane, close the ports.
 */
import { readFileSync } from 'node:fs';
import { SECOND, type TimeNs } from '../../world/clock.ts';
import { seededRandom } from '../../world/random.ts';
import type { Log, World } from '../../world/world.ts';
import { ControlPlane } from '../control-plane.ts';
import type { ManagementAnswer, ManagementRequest } from '../management/contract.ts';
import { LsaPool } from '../protocols/ospf/pool.ts';
import { type ForwardingThread, startForwarding } from './forwarding-thread.ts';
import { waitForInterfaces } from './interfaces.ts';
import { ManagementServer } from './management-server.ts';
import { releaseProgramPages } from './program-pages.ts';
import type { DaemonSettings, StartConfig } from './settings.ts';
import { TimerClock } from './timer-clock.ts';

/** By then a daemon of a lab has been given its configurations, and its adjacencies are up. */
const CONFIGURED_AFTER_MS = 10_000;

/**
 * Runs until `signal` is aborted, then ends cleanly. Rejects where the daemon cannot start, or can no longer run:
 * its forwarding thread died.
 */
export async function runDaemon(settings: DaemonSettings, log: Log, signal: AbortSignal): Promise<void> {
  const interfaces = settings.ports.flatMap((port) => (port.driver === 'packet' ? [port.interface] : []));
  await waitForInterfaces(interfaces, settings.interfaceLimitS, log, signal);
  const token = settings.management.tcp && readToken(settings.management.tcp.tokenFile);
  const thread = await startForwarding(settings, log);
  const router = new RouterOfThread(settings, thread, log);
  const failure = Promise.withResolvers<never>();
  const server = new ManagementServer(router, failure.reject);
  let later: NodeJS.Timeout | undefined;
  try {
    if (settings.real !== undefined) router.load('real', settings.real);
    if (settings.shadow !== undefined) router.load('shadow', settings.shadow);
    const { socket, tcp } = settings.management;
    await server.listenOnPath(socket);
    if (tcp !== undefined && token !== undefined) await server.listenOnTcp(tcp.listen, token);
    releaseProgramPages();
    later = setTimeout(releaseProgramPages, CONFIGURED_AFTER_MS);
    log('info', `up: ${thread.ports.length} ports, management on ${socket}`);
    await Promise.race([aborted(signal), failure.promise, thread.ended]);
  } finally {
    clearTimeout(later);
    await server.close();
    router.stop();
  }
  await thread.end();
  log('info', 'ended');
}

class RouterOfThread {
  readonly router: string;
  readonly #clock: TimerClock;
  readonly #control: ControlPlane;
  readonly #thread: ForwardingThread;

  constructor(settings: DaemonSettings, thread: ForwardingThread, log: Log) {
    this.router = settings.name;
    this.#thread = thread;
    this.#clock = new TimerClock(settings.epochNs);
    const random = seededRandom(settings.seed).fork(settings.name);
    const epochS = Date.now() / 1000 - this.#clock.now() / SECOND;
    const world: World = { clock: this.#clock, random, log, epochS };
    this.#control = new ControlPlane(world, thread.ports, thread.forwarding, {
      fibUpdateNs: settings.fibUpdateNs,
      lsaPool: new LsaPool(),
    });
    thread.deliverTo(this.#control.receive);
    thread.wiresTo((port, isUp) => this.#control.wire(port, isUp));
  }

  now(): TimeNs {
    return this.#clock.now();
  }

  /**
   * Answers when the forwarding thread has done its part as well: a commit's next phase begins once all routers
   * have confirmed, and must find every one of them so.
   */
  manage(request: ManagementRequest): ManagementAnswer {
    const answer = this.#control.manage(request);
    this.#thread.settle();
    return answer;
  }

  /** Throws Error, naming the plane, where the configuration is not sound. */
  load(plane: 'real' | 'shadow', { tag, source }: StartConfig): void {
    const config = 'text' in source ? source.text : readFileSync(source.file, 'utf8');
    const answer = this.manage({ op: 'load', plane, config, tag });
    if (!answer.ok) throw new Error(`the ${plane} configuration: ${answer.error}`);
  }

  stop(): void {
    this.#control.stop();
  }
}

const MIN_TOKEN = 16;

function readToken(file: string): string {
  const token = readFileSync(file, 'utf8').trim();
  if (token.length < MIN_TOKEN)
    throw new Error(`the token in ${file} is shorter than ${MIN_TOKEN} characters`);
  return token;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
