/** Our router as a daemon, its ports on the lab's links. */
import type { ManagementAnswer, ManagementRequest } from '../../../src/routerd/management/contract.ts';
import type { ManagementClient } from '../../../src/runner/backends/daemons/management-client.ts';
import type { NeighbourEntry, RibEntry, RouteSource } from '../../../src/world/observation.ts';
import { Daemon } from '../../routerd/daemon/daemons.ts';
import type { Namespace } from '../namespace.ts';
import { bestRoutes, type Router, type Routes } from './router.ts';

type Plane = 'real' | 'shadow';
type Asked<Op> = Extract<ManagementAnswer, { readonly ok: true; readonly op: Op }>;

const START_LIMIT_MS = 180_000;
/** A connection that broke takes what was asked on it with it: who gets no answer in this time asks again. */
const ANSWER_LIMIT_MS = 20_000;
/** Times that something is asked. */
const TRIES = 5;
const TAGS = { real: 1, shadow: 2 };

export class OurRouter implements Router {
  readonly name: string;
  readonly namespace: Namespace;
  readonly #folder: string;
  readonly #ports: string[] = [];
  readonly #configs: Partial<Record<Plane, string>> = {};
  #daemon: Daemon | undefined;
  #client: ManagementClient | undefined;

  constructor(name: string, namespace: Namespace, folder: string) {
    this.name = name;
    this.namespace = namespace;
    this.#folder = folder;
  }

  /** What it logged since it was started, as JSON lines. */
  get log(): string {
    return this.#daemon?.log ?? '';
  }

  /** `shadow`: the shadow plane's configuration, where it is to have one. */
  async start(real = this.#configs.real, shadow = this.#configs.shadow): Promise<void> {
    await this.kill();
    Object.assign(this.#configs, { real, shadow });
    const plane = (name: Plane): object =>
      this.#configs[name] === undefined ? {} : { [name]: { tag: TAGS[name], config: this.#configs[name] } };
    const settings = {
      name: this.name,
      ports: this.#ports.map((name) => ({ name, driver: 'packet' })),
      ...plane('real'),
      ...plane('shadow'),
    };
    this.#daemon = new Daemon(this.#folder, settings, ['ip', 'netns', 'exec', this.namespace.name]);
    this.#client = this.#daemon.client();
    const ended = this.#daemon.ended().then(() => {
      throw new Error(`the daemon ended: ${this.log}`);
    });
    ended.catch(() => {});
    await Promise.race([this.#client.reached(START_LIMIT_MS), ended]);
  }

  async configure(config: string, plane: Plane = 'real'): Promise<void> {
    this.#configs[plane] = config;
    await this.ask({ op: 'load', plane, config, tag: TAGS[plane] });
  }

  async kill(): Promise<void> {
    this.#client?.close();
    await this.#daemon?.ended('SIGKILL');
  }

  async rib(plane: Plane = 'real'): Promise<readonly RibEntry[]> {
    return (await this.ask({ op: 'rib', plane })).entries;
  }

  async routes(source: RouteSource, plane: Plane = 'real'): Promise<Routes> {
    return bestRoutes(await this.rib(plane), source);
  }

  /** Of all its protocols. */
  async neighbours(plane: Plane = 'real'): Promise<readonly NeighbourEntry[]> {
    return (await this.ask({ op: 'neighbours', plane })).entries;
  }

  /** Any management request, which may be repeated; rejects with the router's error where it says no. */
  async ask<Request extends ManagementRequest>(request: Request): Promise<Asked<Request['op']>> {
    if (this.#client === undefined) throw new Error(`${this.name} was not started`);
    const answer = await answerOf(this.#client, request);
    if (!answer.ok) throw new Error(`${this.name}: ${request.op}: ${answer.error}`);
    // The answer to a request is of its kind (management/contract.ts).
    return answer as Asked<Request['op']>;
  }

  attach(interfaceName: string): void {
    this.#ports.push(interfaceName);
  }

  close(): void {
    this.#client?.close();
  }
}

/** Of a request that may be repeated. Rejects where nothing is answered. */
export async function answerOf(
  client: ManagementClient,
  request: ManagementRequest,
): Promise<ManagementAnswer> {
  for (let tries = TRIES; tries > 0; tries--) {
    const { promise, resolve } = Promise.withResolvers<ManagementAnswer | undefined>();
    const limit = setTimeout(resolve, ANSWER_LIMIT_MS, undefined);
    client.ask(request, resolve);
    const answer = await promise;
    clearTimeout(limit);
    if (answer !== undefined) return answer;
  }
  throw new Error(`${client.name}: ${request.op}: no answer`);
}
